package surrealsql

import (
	"context"
	"database/sql/driver"
	"fmt"
	"strconv"
	"time"
)

var errQueryTimeout = fmt.Errorf("query_timeout is over: %w", context.DeadlineExceeded)

// bound adds query_timeout and the context of the open transaction to a
// context. cancel must be called.
func (c *Conn) bound(ctx context.Context) (context.Context, context.CancelFunc) {
	leave := func() {}
	if c.tx != nil {
		ctx, leave = c.tx.bound(ctx)
	}
	if limit := c.cfg.QueryTimeout; limit > 0 {
		ctx, cancel := context.WithTimeoutCause(ctx, limit, errQueryTimeout)
		return ctx, func() { cancel(); leave() }
	}
	return ctx, leave
}

// observeStart tells the tracer of a query that is about to be sent.
func (c *Conn) observeStart(ctx context.Context, text string, args int) (context.Context, time.Time) {
	ctx = c.connector.tracers.queryStart(ctx, QueryStart{Conn: c.id, Addr: c.addr, Query: text, Args: args})
	if !c.cfg.logsQueries() {
		return ctx, time.Time{}
	}
	return ctx, time.Now()
}

// observeEnd tells the tracer, and returns what is to be logged, or nil.
func (c *Conn) observeEnd(ctx context.Context, text string, args []driver.NamedValue, started time.Time, err error) *queryLog {
	c.connector.tracers.queryEnd(ctx, QueryEnd{Conn: c.id, Addr: c.addr, Err: err})
	if !c.cfg.logsQueries() {
		return nil
	}
	return &queryLog{conn: c, ctx: ctx, text: text, args: redacted(args), started: started, took: time.Since(started), err: err}
}

func redacted(args []driver.NamedValue) []string {
	shown := make([]string, len(args))
	ordinal := 0
	for i, a := range args {
		name := a.Name
		if name == "" {
			ordinal++
			name = strconv.Itoa(ordinal)
		}
		shown[i] = fmt.Sprintf("$%s: %T", name, a.Value)
	}
	return shown
}

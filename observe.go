package surrealsql

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"log/slog"
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
	if !c.cfg.LogQueries {
		return ctx, time.Time{}
	}
	return ctx, time.Now()
}

// observeEnd tells the tracer, and returns what is to be logged, or nil.
func (c *Conn) observeEnd(ctx context.Context, text string, args []driver.NamedValue, started time.Time, err error) *queryLog {
	c.connector.tracers.queryEnd(ctx, QueryEnd{Conn: c.id, Addr: c.addr, Err: err})
	if !c.cfg.LogQueries {
		return nil
	}
	return &queryLog{conn: c, ctx: ctx, text: text, args: redacted(args), started: started, took: time.Since(started), err: err}
}

// queryLog is a query that was answered and is not logged yet: how many rows it has
// is known when they are closed. A nil one logs nothing.
type queryLog struct {
	conn    *Conn
	ctx     context.Context
	text    string
	args    []string
	started time.Time
	took    time.Duration // until the answer was there; until the rows were closed
	err     error
}

// noRows is the number of rows of a request that is no query.
const noRows = -1

// failed notes an error that came up after the answer. The first one counts.
func (l *queryLog) failed(err error) {
	if l != nil && l.err == nil {
		l.err = err
	}
}

// write logs the query with its arguments' types, never their values. The text is
// logged as it is: what must not be seen belongs into an argument.
func (l *queryLog) write(rows int) {
	if l == nil {
		return
	}
	attrs := []slog.Attr{l.conn.attr(), slog.String("query", l.text), slog.Any("args", l.args), slog.Duration("duration", l.took)}
	if rows > 0 || rows == 0 && l.err == nil {
		attrs = append(attrs, slog.Int("rows", rows))
	}
	if l.err != nil {
		attrs = append(attrs, slog.String("error", withoutValues(l.err)))
	}
	l.conn.connector.log.write(l.ctx, slog.LevelInfo, "query", attrs...)
}

// writeRows logs a query whose rows were read, and closed now.
func (l *queryLog) writeRows(rows int) {
	if l != nil {
		l.took = time.Since(l.started)
		l.write(rows)
	}
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

// withoutValues says what a query's error is without its text where that may
// hold the value of an argument: the server's ("already contains 'x'"), and that
// of an argument which cannot be sent. The caller gets the whole error.
func withoutValues(err error) string {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.withoutMessage()
	}
	if lost, ok := errors.AsType[*ConnError](err); ok {
		return lost.Error()
	}
	if isContextError(err) {
		return err.Error()
	}
	return "the request was refused before it was sent"
}

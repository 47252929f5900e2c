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

// observeEnd tells the tracer and, on request, the log.
func (c *Conn) observeEnd(ctx context.Context, text string, args []driver.NamedValue, started time.Time, err error) {
	c.connector.tracers.queryEnd(ctx, QueryEnd{Conn: c.id, Addr: c.addr, Err: err})
	if c.cfg.LogQueries {
		c.connector.log.query(ctx, c, text, args, time.Since(started), err)
	}
}

// query logs a query with its arguments' types, never their values. The text is
// logged as it is: what must not be seen belongs into an argument.
func (l logger) query(ctx context.Context, c *Conn, text string, args []driver.NamedValue, took time.Duration, err error) {
	attrs := []slog.Attr{c.attr(), slog.String("query", text), slog.Any("args", redacted(args)), slog.Duration("duration", took)}
	if err != nil {
		attrs = append(attrs, slog.String("error", withoutValues(err)))
	}
	l.write(ctx, slog.LevelInfo, "query", attrs...)
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

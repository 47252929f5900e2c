package surrealsql

import (
	"cmp"
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/surrealsql/surrealsql/internal/surrealql"
)

// The logger, and what is logged of queries: without the values in them. log_conn.go has what
// is logged of connections.

// queryLog is a query that was answered and is not logged yet: how many rows it has
// is known when they are closed. A nil one logs nothing.
type queryLog struct {
	log     logger
	conn    slog.Attr     // which connection
	all     bool          // not only slow and failed ones
	slow    time.Duration // from what duration on it is slow; 0 is never
	ctx     context.Context
	text    string
	args    []string
	started time.Time
	took    time.Duration // until the reply was there, or its rows were closed
	err     error
	late    bool // the error came up after the reply
}

// noRows is the number of rows of a request that is no query.
const noRows = -1

// failed notes an error that came up after the reply. The first one counts.
func (l *queryLog) failed(err error) {
	if l != nil && l.err == nil && err != nil {
		l.err, l.late = err, true
	}
}

// write logs the query with its arguments' types, never their values. The text is
// logged as it is, but for the passwords and keys of definitions: what must not be seen
// belongs into an argument, which the server does not take there.
func (l *queryLog) write(rows int) {
	if l == nil {
		return
	}
	slow := l.slow > 0 && l.took >= l.slow
	if !slow && !l.all {
		return
	}
	level, msg := slog.LevelInfo, "query"
	if slow {
		level, msg = slog.LevelWarn, "slow query"
	}
	attrs := []slog.Attr{l.conn, slog.String("query", surrealql.HideSecrets(l.text)), slog.Any("args", l.args), slog.Duration("duration", l.took)}
	if rows > 0 || rows == 0 && l.err == nil {
		attrs = append(attrs, slog.Int("rows", rows))
	}
	if l.err != nil {
		level, msg = max(level, failureLevel(l.err)), "query failed"
		attrs = append(attrs, failureAttrs(l.err, l.late)...)
	}
	l.log.write(l.ctx, level, msg, attrs...)
}

// writeRows logs a query whose rows were read, and closed now.
func (l *queryLog) writeRows(rows int) {
	if l != nil {
		l.took = time.Since(l.started)
		l.write(rows)
	}
}

// failureLevel is how much a failed query is worth. That the caller gave it up is its
// own will; what the program, its data or a neighbour did is a warning; the rest is of
// the server and the network, and for who runs them.
func failureLevel(err error) slog.Level {
	switch {
	case errors.Is(err, context.Canceled):
		return slog.LevelInfo
	case className(err) != "", IsTimeout(err), errors.Is(err, ErrAmbiguousColumns),
		errors.Is(err, driver.ErrBadConn): // at which database/sql takes another connection
		return slog.LevelWarn
	}
	return slog.LevelError
}

// failureAttrs tell of an error without the values that may be in it.
func failureAttrs(err error, late bool) []slog.Attr {
	attrs := []slog.Attr{slog.String("error", withoutValues(err, late))}
	add := func(name, value string) {
		if value != "" {
			attrs = append(attrs, slog.String(name, value))
		}
	}
	add("class", failureClass(err))
	e, ok := errors.AsType[*Error](err)
	if !ok {
		return attrs
	}
	add("kind", e.Kind)
	if e.Statement > 0 {
		attrs = append(attrs, slog.Int("statement", e.Statement))
	}
	add("message", e.withoutValues())
	add("hint", e.Hint)
	return attrs
}

// failureClass is a word or two for what kind of error it is.
func failureClass(err error) string {
	switch name := className(err); {
	case name != "":
		return name
	case errors.Is(err, context.Canceled):
		return "cancelled"
	case IsTimeout(err):
		return "timeout"
	case errors.Is(err, ErrMessageTooLarge):
		return "message too large"
	case errors.Is(err, ErrOutcomeUnknown):
		return "outcome unknown"
	case errors.Is(err, ErrAmbiguousColumns):
		return "ambiguous columns"
	case IsConnectivity(err):
		return "connection lost"
	}
	return ""
}

// withoutValues says what a query's error is without its text where that may
// hold the value of an argument: the server's ("already contains 'x'"), and that
// of an argument which cannot be sent. The caller gets the whole error.
func withoutValues(err error, late bool) string {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.withoutMessage()
	}
	if lost, ok := errors.AsType[*ConnError](err); ok {
		return lost.Error()
	}
	if u, ok := errors.AsType[*encodeError](err); ok {
		return u.withoutValue()
	}
	switch {
	case isContextError(err):
		return err.Error()
	case errors.Is(err, ErrAmbiguousColumns):
		return ErrAmbiguousColumns.Error()
	case late:
		return "the server's answer could not be used"
	}
	return cmp.Or(failureClass(err), "the request") + " was refused before it was sent"
}

func redacted(args []driver.NamedValue) []string {
	shown := argumentNames(args)
	for i, a := range args {
		of := fmt.Sprintf("%T", a.Value)
		if kept, ok := a.Value.(*keptArg); ok {
			of = kept.of
		}
		shown[i] = "$" + shown[i] + ": " + of
	}
	return shown
}

// WithLogAttrs returns a context whose attributes are added to what is logged
// about calls that are made with it, such as a request's id.
func WithLogAttrs(ctx context.Context, attrs ...slog.Attr) context.Context {
	return context.WithValue(ctx, logAttrsKey{}, append(slices.Clip(logAttrs(ctx)), attrs...))
}

type logAttrsKey struct{}

func logAttrs(ctx context.Context) []slog.Attr {
	attrs, _ := ctx.Value(logAttrsKey{}).([]slog.Attr)
	return attrs
}

// logger writes what the driver does by itself; what a call does, it returns. Ends of idle
// connections that a pool expects are Debug, a server that seems to be gone is Warn.
// Without a slog.Logger nothing is logged.
type logger struct{ to *slog.Logger }

func (l logger) write(ctx context.Context, level slog.Level, msg string, attrs ...slog.Attr) {
	if l.to != nil && l.to.Enabled(ctx, level) {
		l.to.LogAttrs(ctx, level, "surrealsql: "+msg, append(attrs, logAttrs(ctx)...)...)
	}
}

func errAttr(err error) slog.Attr { return slog.String("error", err.Error()) }

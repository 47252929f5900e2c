package surrealsql

import (
	"context"
	"errors"
	"log/slog"
	"slices"

	"github.com/surrealsql/surrealsql/internal/ws"
)

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

// logger writes what the driver does by itself; what a call does, it returns.
// Ends of idle connections that a pool expects are Debug, a server that seems to
// be gone is Warn. Without a slog.Logger nothing is
// logged.
type logger struct{ to *slog.Logger }

func (l logger) write(ctx context.Context, level slog.Level, msg string, attrs ...slog.Attr) {
	if l.to != nil && l.to.Enabled(ctx, level) {
		l.to.LogAttrs(ctx, level, "surrealsql: "+msg, append(attrs, logAttrs(ctx)...)...)
	}
}

func errAttr(err error) slog.Attr { return slog.String("error", err.Error()) }

func (c *Conn) attr() slog.Attr {
	return slog.Group("conn", slog.Uint64("id", c.id), slog.String("addr", c.addr))
}

func (l logger) connected(ctx context.Context, c *Conn) {
	l.write(ctx, slog.LevelDebug, "connected", c.attr(), slog.String("server", c.version))
}

// connectRetried tells of a failure that the caller will not hear of if a later
// attempt succeeds.
func (l logger) connectRetried(ctx context.Context, attempt int, err error) {
	l.write(ctx, slog.LevelWarn, "cannot connect yet", slog.Int("attempt", attempt), errAttr(err))
}

func (l logger) closed(c *Conn, err error) {
	if err != nil {
		l.write(context.Background(), slog.LevelDebug, "closed without a goodbye", c.attr(), errAttr(err))
		return
	}
	l.write(context.Background(), slog.LevelDebug, "closed", c.attr())
}

// idleLost tells of a connection that ended while nobody used it. Only a peer
// that broke the protocol is worth more than a word.
func (l logger) idleLost(c *Conn, err error) {
	level := slog.LevelDebug
	var broke *ws.ProtocolError
	if errors.As(err, &broke) {
		level = slog.LevelError
	}
	l.write(context.Background(), level, "idle connection ended", c.attr(), errAttr(err))
}

func (l logger) serverGone(addr string, err error) {
	l.write(context.Background(), slog.LevelWarn, "the server seems to be gone; idle connections are checked", slog.String("addr", addr), errAttr(err))
}

package surrealsql

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/surrealsql/surrealsql/internal/ws"
)

// What the driver logs of connections, which it makes and gives up by itself.

func (l logger) connected(ctx context.Context, conn slog.Attr, version string, p Protocol) {
	l.write(ctx, slog.LevelDebug, "connected", conn, slog.String("server", version), slog.String("protocol", string(p)))
}

// connectRetried tells of a failure that the caller will not hear of if a later
// attempt succeeds.
func (l logger) connectRetried(ctx context.Context, attempt int, err error) {
	l.write(ctx, slog.LevelWarn, "cannot connect yet", slog.Int("attempt", attempt), errAttr(err))
}

// liveNotRenewed tells why a live query will end with its session.
func (l logger) liveNotRenewed(ctx context.Context, conn slog.Attr, err error) {
	l.write(ctx, slog.LevelWarn, "the session of a live query cannot be renewed", conn, errAttr(err))
}

func (l logger) closed(conn slog.Attr, err error) {
	if err != nil {
		l.write(context.Background(), slog.LevelDebug, "closed without a closing handshake", conn, errAttr(err))
		return
	}
	l.write(context.Background(), slog.LevelDebug, "closed", conn)
}

// idleLost tells of a connection that ended while nobody used it. Only a peer
// that broke the protocol is worth more than a word.
func (l logger) idleLost(conn slog.Attr, err error) {
	level := slog.LevelDebug
	var broke *ws.ProtocolError
	if errors.As(err, &broke) {
		level = slog.LevelError
	}
	l.write(context.Background(), level, "idle connection ended", conn, errAttr(err))
}

// hostPassedOver tells of a host that the others stand in for, which nobody else hears of
// where one of them serves.
func (l logger) hostPassedOver(addr string, rest time.Duration, err error) {
	l.write(context.Background(), slog.LevelWarn, "a host does not serve; the others are tried before it", slog.String("addr", addr), slog.Duration("rest", rest), errAttr(err))
}

func (l logger) rebalanced(addr string, n int) {
	l.write(context.Background(), slog.LevelDebug, "connections to other hosts end, for one that is back", slog.String("addr", addr), slog.Int("connections", n))
}

func (l logger) hostBack(addr string) {
	l.write(context.Background(), slog.LevelInfo, "a host serves again", slog.String("addr", addr))
}

func (l logger) serverGone(addr string, err error) {
	l.write(context.Background(), slog.LevelWarn, "the server seems to be gone; idle connections are checked", slog.String("addr", addr), errAttr(err))
}

package surrealsql

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/surrealsql/surrealsql/internal/ctxerr"
	"github.com/surrealsql/surrealsql/internal/ws"
)

// lingering are the sockets of a connector that were given up and are not closed
// yet. database/sql counts a connection no more once its Close has returned, or its
// Connect has failed, and dials another one. But it is the watcher of a context that
// closes the socket of a call that is given up, and that may be a moment late; so
// 9 sockets were seen of a pool of 8. A maximum is a promise, and servers count: each
// dial waits until these are closed. Mostly there are none.
type lingering struct {
	mu      sync.Mutex
	sockets []<-chan struct{} // each is closed with its socket
}

// add notes a socket that is being closed.
func (l *lingering) add(closed <-chan struct{}) {
	if isClosed(closed) {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sockets = append(l.sockets, closed)
}

// closeFrameTimeout bounds the write of a Close frame to a connection on which nothing is under
// way. These few bytes wait only if the peer has let megabytes pile up unread.
const closeFrameTimeout = 100 * time.Millisecond

// giveUp closes a socket on which nothing was asked yet.
func (l *lingering) giveUp(socket *ws.Conn) {
	_ = socket.Close(time.Now().Add(closeFrameTimeout))
	l.add(socket.Closed())
}

// await waits until none is left, or the context ends.
func (l *lingering) await(ctx context.Context) error {
	for {
		next, n := l.next()
		if n == 0 {
			return nil
		}
		select {
		case <-next:
		case <-ctx.Done():
			return fmt.Errorf("%d sockets of connections that were given up are not closed yet, and the new one would be one too many: %w", n, ctxerr.Of(ctx))
		}
	}
}

// next forgets those that are closed, and returns one of the others and their number.
func (l *lingering) next() (<-chan struct{}, int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	kept := l.sockets[:0]
	for _, s := range l.sockets {
		if !isClosed(s) {
			kept = append(kept, s)
		}
	}
	clear(l.sockets[len(kept):])
	if l.sockets = kept; len(kept) == 0 {
		return nil, 0
	}
	return kept[0], len(kept)
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

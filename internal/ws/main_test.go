package ws

import (
	"context"
	"net"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/surrealsql/surrealsql/internal/scripted"
)

// What the tests of the package share.

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// to gives the options for a scripted server.
func to(srv *scripted.Server) Options {
	return Options{Addr: srv.Addr(), Path: "/rpc", Protocols: []string{"cbor"}}
}

func connect(t *testing.T, o Options) *Conn {
	t.Helper()
	c, err := Dial(context.Background(), o)
	require.NoError(t, err)
	t.Cleanup(c.Abort)
	return c
}

// piped returns a connection over a transport that is no socket, and its peer.
func piped(t *testing.T) (*Conn, net.Conn) {
	near, far := net.Pipe()
	c := newConn(near, near, 0, nil)
	t.Cleanup(func() { c.Abort(); _ = far.Close() })
	return c, far
}

// send writes one message.
func send(c *Conn, payload []byte) (int, error) {
	c.End(append(c.Begin(), payload...))
	return c.Flush()
}

// request is a message that a scripted server can read.
func request(id int, text string) []byte {
	return scripted.Value(map[string]any{"id": id, "method": "query", "params": []any{text}})
}

func noMessage(t *testing.T) func([]byte) error {
	return func(b []byte) error {
		t.Errorf("a message nobody expected: %x", b)
		return nil
	}
}

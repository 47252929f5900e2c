package surrealsql_test

import (
	"bytes"
	"context"
	"net"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// lateConn has the context end, and the socket be closed for it, while the answer
// to a request is already on its way up.
type lateConn struct {
	net.Conn
	last   []byte // a part of that answer
	end    func()
	once   sync.Once
	closed chan struct{}
}

func (c *lateConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if bytes.Contains(b[:n], c.last) {
		c.end()
		<-c.closed
	}
	return n, err
}

func (c *lateConn) Close() error {
	c.once.Do(func() { close(c.closed) })
	return c.Conn.Close()
}

func TestAConnectionWhoseContextEndsWithTheLastAnswerIsNotReturned(t *testing.T) {
	t.Parallel()
	cfg, err := surrealsql.ParseDSN(surrealtest.DSN(t))
	require.NoError(t, err)
	cfg.Init = []string{`RETURN "the last answer"`}
	ctx, cancel := context.WithCancel(t.Context())
	cfg.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, network, addr)
		return &lateConn{Conn: conn, last: []byte("the last answer"), end: cancel, closed: make(chan struct{})}, err
	}
	connector, err := surrealsql.NewConnector(cfg)
	require.NoError(t, err)
	conn, err := connector.Connect(ctx)
	require.ErrorIs(t, err, context.Canceled)
	require.Nil(t, conn)
}

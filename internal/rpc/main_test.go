package rpc

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/surrealsql/surrealsql/internal/cbor"
	"github.com/surrealsql/surrealsql/internal/scripted"
	"github.com/surrealsql/surrealsql/internal/ws"
)

// What the tests of the package share.

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func connect(t *testing.T, srv *scripted.Server) *Conn {
	t.Helper()
	w, err := ws.Dial(context.Background(), ws.Options{Addr: srv.Addr(), Path: "/rpc", Protocols: []string{"cbor"}})
	require.NoError(t, err)
	t.Cleanup(w.Abort)
	return NewConn(w)
}

// query puts a query into the pipeline.
func query(c *Conn, text string) uint64 {
	return c.End(cbor.AppendText(c.Start("query", NoTxn, NoTrace, 1), text))
}

// ask makes the round trip of a query.
func ask(ctx context.Context, c *Conn, text string) (Reply, error) {
	query(c, text)
	return c.RoundTrip(ctx)
}

// echo answers each query with its text.
func echo(c *scripted.Conn) {
	c.Serve(func(r scripted.Request) { c.Reply(r.ID, scripted.Value(r.Text)) })
}

func requireFailure(t *testing.T, err error, op string, sent bool) {
	t.Helper()
	var f *Failure
	require.ErrorAs(t, err, &f)
	require.Equal(t, op, f.Op)
	require.Equal(t, sent, f.Sent)
}

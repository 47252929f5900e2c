package scripted_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/gobwas/ws"
	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql/internal/scripted"
)

// Servers that are reached through pipes, for tests in fake time.

func TestPipesLetTimePass(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		started := time.Now()
		srv := scripted.Pipes(t, func(c *scripted.Conn) {
			c.Serve(func(r scripted.Request) {
				time.Sleep(time.Hour)
				c.QueryResult(r.ID, 1)
			})
		})
		d := ws.Dialer{Protocols: []string{"cbor"}, NetDial: srv.Dial}
		nc, _, _, err := d.Dial(t.Context(), "ws://"+srv.Addr()+"/rpc")
		require.NoError(t, err)
		c := &client{t, nc, nc}
		c.send(1, "query", "SELECT 1")
		c.expect(scripted.Result(1, scripted.Entries(scripted.OK([]any{1}))))
		require.Equal(t, time.Hour, time.Since(started))
		require.NoError(t, nc.Close())
		srv.AwaitOpen(0)
	})
}

func TestPipesRefuseWhenTheirServerIsClosed(t *testing.T) {
	srv := scripted.Pipes(t, nil)
	srv.Close()
	_, err := srv.Dial(t.Context(), "tcp", srv.Addr())
	require.Error(t, err)
}

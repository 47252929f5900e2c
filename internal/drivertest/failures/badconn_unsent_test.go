package failures

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"net"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/drivertest"
	"github.com/surrealsql/surrealsql/internal/scripted"
)

// A request of which nothing was sent is sent again on another connection, and no other is.

// clipped is a connection of which a write fails.
type clipped struct {
	*net.TCPConn
	after *atomic.Int64 // how many bytes of the next write leave; negative: all
}

func (c clipped) Write(b []byte) (int, error) {
	after := c.after.Swap(-1)
	if after < 0 {
		return c.TCPConn.Write(b)
	}
	n, err := c.TCPConn.Write(b[:after])
	_ = c.TCPConn.Close()
	if err == nil {
		err = syscall.EPIPE
	}
	return n, err
}

// clipping opens a database through clipped connections.
func clipping(t testing.TB, srv *scripted.Server) (*sql.DB, *atomic.Int64) {
	after := new(atomic.Int64)
	after.Store(-1)
	return drivertest.OpenDB(t, srv.DSN(), func(cfg *surrealsql.Config) {
		cfg.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
			nc, err := new(net.Dialer).DialContext(ctx, network, addr)
			if err != nil {
				return nil, err
			}
			return clipped{nc.(*net.TCPConn), after}, nil
		}
	}), after
}

func TestBadConnHasOnlyWhatWasNeverSentSentAgain(t *testing.T) {
	t.Parallel()
	for _, call := range doomedCalls() {
		leased := call.name == "Exec on a leased connection"
		t.Run(call.name, func(t *testing.T) {
			t.Parallel()
			for _, sent := range []int64{0, 1} {
				srv := scripted.New(t, func(c *scripted.Conn) {
					c.Serve(func(r scripted.Request) {
						if r.Method != "query" {
							c.Answer(r)
							return
						}
						c.QueryResult(r.ID, map[string]any{"id": "x:1"})
					})
				})
				db, after := clipping(t, srv)
				require.NoError(t, db.PingContext(t.Context()))
				err := call.call(t.Context(), db, func() { after.Store(sent) })
				if call.inTx {
					require.Error(t, err)
					require.NotErrorIs(t, err, driver.ErrBadConn)
				}
				switch {
				case sent > 0:
					require.ErrorIs(t, err, surrealsql.ErrOutcomeUnknown)
					require.NotErrorIs(t, err, driver.ErrBadConn)
					require.Zero(t, srv.Count(call.request))
				case call.inTx:
					require.NotErrorIs(t, err, surrealsql.ErrOutcomeUnknown)
					require.True(t, surrealsql.IsRetryable(err), "the whole transaction may be tried again: %v", err)
					require.Zero(t, srv.Count(call.request))
				case leased: // there is no other connection to take
					require.ErrorIs(t, err, driver.ErrBadConn)
					require.ErrorIs(t, err, syscall.EPIPE, "the cause")
					require.Zero(t, srv.Count(call.request))
				default:
					require.NoError(t, err)
					require.Equal(t, 1, srv.Count(call.request))
				}
				require.NoError(t, drivertest.Exec(t.Context(), db, "UPDATE y"))
			}
		})
	}
}

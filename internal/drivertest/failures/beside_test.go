package failures

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/drivertest"
	"github.com/surrealsql/surrealsql/internal/scripted"
)

// A call beside open rows on one lease, whose connection is lost, or whose context has ended.

func TestCallBesideOpenRowsOnALostConnectionReturns(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{"always", "never"} {
		synctest.Test(t, func(t *testing.T) {
			srv := scripted.Pipes(t, func(c *scripted.Conn) {
				c.Serve(func(r scripted.Request) {
					switch {
					case r.Text == streamed && r.Method == "query_stream":
						c.Stream(r.ID, begun, scripted.StreamRows(0, 1), scripted.StreamRows(0, 2))
						c.Drop()
					case r.Text == streamed:
						c.QueryResult(r.ID, 1, 2)
						c.Drop()
					default:
						c.Answer(r)
					}
				})
			}).Streaming()
			db := drivertest.OpenDB(t, srv.DSN("stream="+mode, "health_check_interval=0"), drivertest.DialTo(srv))
			conn, err := db.Conn(t.Context())
			require.NoError(t, err)
			rows, err := conn.QueryContext(t.Context(), streamed)
			require.NoError(t, err)
			require.True(t, rows.Next())
			synctest.Wait()
			for range 2 {
				require.Error(t, drivertest.Exec(t.Context(), conn, "UPDATE y"), "database/sql waits for ever at driver.ErrBadConn")
			}
			_ = rows.Close()
			require.Error(t, drivertest.Exec(t.Context(), conn, "UPDATE y"))
			_ = conn.Close()
			require.NoError(t, drivertest.Exec(t.Context(), db, "UPDATE y"))
		})
	}
}

// Nothing is sent for it, so what is under way need not make way for it either.
func TestCallWhoseContextHasEndedCostsNoRowsThatAreOpenBesideIt(t *testing.T) {
	t.Parallel()
	const n = 20_000
	db := drivertest.NewDB(t)
	drivertest.MustExec(t, db, "DEFINE TABLE x")
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for _, mode := range []surrealsql.StreamMode{surrealsql.StreamAlways, surrealsql.StreamNever} {
		t.Run(string(mode), func(t *testing.T) {
			conn := drivertest.Lease(t, db)
			tx, err := conn.BeginTx(t.Context(), nil)
			require.NoError(t, err)
			drivertest.MustExec(t, tx, "CREATE x")
			rows, err := conn.QueryContext(surrealsql.WithStream(t.Context(), mode), "SELECT $this AS i FROM $1", drivertest.Numbers(n))
			require.NoError(t, err)
			defer rows.Close()
			for want := range n {
				require.True(t, rows.Next(), "%v", rows.Err())
				var i int
				require.NoError(t, rows.Scan(&i))
				require.Equal(t, want, i)
				if want%1000 == 10 {
					require.ErrorIs(t, drivertest.Exec(ended, conn, "CREATE x"), context.Canceled)
				}
			}
			require.False(t, rows.Next())
			require.NoError(t, rows.Err())
			require.NoError(t, tx.Commit())
		})
	}
	require.Equal(t, 2, drivertest.QueryOne[int](t, db, "RETURN count(SELECT * FROM x)"))
}

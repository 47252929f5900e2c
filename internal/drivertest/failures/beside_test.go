package failures

import (
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql/internal/drivertest"
	"github.com/surrealsql/surrealsql/internal/scripted"
)

// A call beside open rows on one lease, whose connection is lost.

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

package failures

import (
	"database/sql/driver"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/drivertest"
	"github.com/surrealsql/surrealsql/internal/scripted"
)

// Connections that are lost while an answer streams, at every frame and inside of each:
// never a short result, never a text sent twice.

// losses are ways to lose a connection.
func losses() map[string]func(c *scripted.Conn) {
	return map[string]func(c *scripted.Conn){
		"FIN":                   func(c *scripted.Conn) { c.Drop() },
		"RST":                   func(c *scripted.Conn) { c.Reset() },
		"a Close frame":         func(c *scripted.Conn) { c.CloseFrame(1001, "going away"); c.AwaitClose() },
		"a Close frame and FIN": func(c *scripted.Conn) { c.CloseFrame(1012, ""); c.Drop() },
	}
}

func TestFramesThatWereCutShortAreNeverTakenForAll(t *testing.T) {
	t.Parallel()
	for name, lose := range losses() {
		for k := range len(plainFrames()) {
			for _, part := range []int{0, 1, 10, -1} {
				if part != 0 && strings.Contains(name, "Close") {
					continue // which would be read as the rest of the frame
				}
				t.Run(fmt.Sprintf("by %s, after %d frames and %d bytes", name, k, part), func(t *testing.T) {
					t.Parallel()
					for _, text := range []string{streamed, "CREATE x"} {
						srv := streaming(t, func(c *scripted.Conn, id uint64) {
							c.Stream(id, plainFrames()[:k]...)
							next := scripted.Streamed(id, plainFrames()[k])
							c.Write(next[:(part+len(next))%len(next)])
							lose(c)
						}, text)
						for _, a := range askings() {
							db, before, sent := streams(t, srv), srv.Connections(), len(srv.Queries())
							got, err := a.ask(t.Context(), db, text)
							require.ErrorIs(t, err, surrealsql.ErrOutcomeUnknown, "%s of %q gave %v", a.name, text, got)
							require.NotErrorIs(t, err, driver.ErrBadConn, "database/sql would send it again")
							require.True(t, surrealsql.IsConnectivity(err), err)
							require.Len(t, srv.Queries(), sent+1, "%s of %q: it was sent again", a.name, text)
							require.NoError(t, drivertest.Exec(t.Context(), db, "UPDATE y"))
							require.Equal(t, before+2, srv.Connections())
							require.NoError(t, db.Close())
						}
					}
				})
			}
		}
	}
}

// What was read is not taken back, but the end of the rows is an error.
func TestFramesBeforeALossAreReadAndItsErrorComesLast(t *testing.T) {
	t.Parallel()
	srv := streaming(t, func(c *scripted.Conn, id uint64) {
		c.Stream(id, plainFrames()[:3]...)
		c.Drop()
	})
	got, err := readFrom(t.Context(), streams(t, srv), streamed)
	require.ErrorIs(t, err, surrealsql.ErrOutcomeUnknown)
	require.Equal(t, plainRows, got)
}

func TestFramesThatStopAreBoundedByQueryTimeout(t *testing.T) {
	t.Parallel()
	for k := range len(plainFrames()) {
		t.Run(fmt.Sprint("after frame ", k), func(t *testing.T) {
			t.Parallel()
			for _, bound := range []time.Duration{100 * time.Millisecond, time.Second, drivertest.Patience} {
				if framesThatStopAreBoundedBy(t, bound, k) {
					return
				}
				t.Logf("within %s a request was not sent", bound)
			}
			t.Fatal("the connection was given up")
		})
	}
}

// framesThatStopAreBoundedBy reports whether the connection was kept by each call. It is
// given up where a busy machine has not sent all of a request by then.
func framesThatStopAreBoundedBy(t *testing.T, bound time.Duration, k int) bool {
	s := stoppings()[0]
	sent := make(chan struct{}, 1)
	srv := stoppable(t, k, plainFrames(), s, sent, streamed)
	var used drivertest.Sockets
	db := streams(t, srv, s.hurried, used.Use, func(cfg *surrealsql.Config) { cfg.QueryTimeout = bound })
	for _, a := range askings() {
		_, err := a.ask(t.Context(), db, streamed)
		require.True(t, surrealsql.IsTimeout(err), "%s: %v", a.name, err)
		require.ErrorContains(t, err, "query_timeout is over", a.name)
		select {
		case <-sent:
		case <-time.After(bound):
			return false
		}
	}
	if err := drivertest.Exec(t.Context(), db, "UPDATE y"); surrealsql.IsTimeout(err) {
		return false
	} else {
		require.NoError(t, err)
	}
	open, opened := used.Count()
	return opened == 1 || drivertest.ThroughPool && open == opened // which may make another one meanwhile
}

package failures

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/drivertest"
	"github.com/surrealsql/surrealsql/internal/scripted"
)

// Streamed answers as bytes: frames in pieces, between other messages, larger than is
// taken, and those of streams that are none of the reader's.

// plainFrames are two rows, and plainRows what they are read as.
func plainFrames() []scripted.Raw {
	return []scripted.Raw{begun, scripted.StreamRows(0, 1), scripted.StreamRows(0, 2), finished, ended}
}

var plainRows = []any{int64(1), int64(2)}

func TestFramesThatComeInPiecesAreWhole(t *testing.T) {
	t.Parallel()
	inFragments := func(c *scripted.Conn, id uint64, sizes ...int) {
		for _, f := range plainFrames() {
			c.Write(scripted.Fragments(scripted.Result(id, f), sizes...))
		}
	}
	for name, send := range map[string]func(c *scripted.Conn, id uint64){
		"one byte at a time": func(c *scripted.Conn, id uint64) {
			c.Drip(scripted.Streamed(id, plainFrames()...), 20*time.Microsecond)
		},
		"all at once":              func(c *scripted.Conn, id uint64) { c.Write(scripted.Streamed(id, plainFrames()...)) },
		"fragments of one byte":    func(c *scripted.Conn, id uint64) { inFragments(c, id, 1, 1, 1, 1, 1) },
		"fragments without bytes":  func(c *scripted.Conn, id uint64) { inFragments(c, id, 0, 3, 0, 0) },
		"a fragment and a ping":    func(c *scripted.Conn, id uint64) { pingInside(c, id) },
		"a ping between all":       func(c *scripted.Conn, id uint64) { between(c, id, func() { c.Ping("here?") }) },
		"a pong between all":       func(c *scripted.Conn, id uint64) { between(c, id, func() { c.Pong("here") }) },
		"a live query between all": func(c *scripted.Conn, id uint64) { between(c, id, func() { c.Message(notified()) }) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := streaming(t, send)
			db := streams(t, srv)
			for _, a := range askings() {
				got, err := a.ask(t.Context(), db, streamed)
				require.NoError(t, err, a.name)
				if a.rows < 0 {
					require.Equal(t, plainRows, got, a.name)
				}
			}
			require.Equal(t, 1, srv.Connections())
		})
	}
}

func pingInside(c *scripted.Conn, id uint64) {
	for _, f := range plainFrames() {
		msg := scripted.Result(id, f)
		c.Write(scripted.Fragment(scripted.OpBinary, msg[:4]))
		c.Ping("inside")
		c.Write(scripted.Frame(scripted.OpContinuation, msg[4:]))
	}
}

func between(c *scripted.Conn, id uint64, other func()) {
	for _, f := range plainFrames() {
		other()
		c.Stream(id, f)
	}
	other()
}

// notified is what a live query sends. It holds what looks like a frame, as any record may.
func notified() []byte {
	return scripted.Notification(map[string]any{
		"action": "CREATE", "id": "u", "record": "x:1",
		"result": map[string]any{"index": 0, "stream": "rows", "values": []any{99}},
	})
}

// A row that looks like a frame is a row: the id of a message tells what it is.
func TestFramesInsideOfRowsAreRows(t *testing.T) {
	t.Parallel()
	srv := streaming(t, func(c *scripted.Conn, id uint64) {
		c.Stream(id, begun, scripted.StreamRows(0, scripted.StreamFailed(0, "no"), scripted.StreamEnd(1)), finished, ended)
	})
	db := streams(t, srv)
	got, err := readFrom(t.Context(), db, streamed)
	require.NoError(t, err)
	require.Len(t, got, 2)
}

// The reply to an idle ping may come after the next request has gone.
func TestFramesMayFollowTheReplyToAnIdlePing(t *testing.T) {
	t.Parallel()
	for k := range len(plainFrames()) + 1 {
		t.Run(fmt.Sprint("before frame ", k), func(t *testing.T) {
			t.Parallel()
			srv := scripted.New(t, func(c *scripted.Conn) {
				c.Greet()
				c.Answer(c.Request()) // the first call
				ping := c.Request()
				if ping.Method != "ping" {
					t.Errorf("a %s instead of the idle ping", ping.Method)
				}
				r := c.Request()
				for i, f := range plainFrames() {
					if i == k {
						c.Answer(ping)
					}
					c.Stream(r.ID, f)
				}
				if k == len(plainFrames()) {
					c.Answer(ping)
				}
				c.Serve(nil)
			}).Streaming()
			db := streams(t, srv, func(cfg *surrealsql.Config) {
				cfg.HealthCheckInterval, cfg.PingAfterIdle = 10*time.Millisecond, 10*time.Millisecond
			})
			require.NoError(t, drivertest.Exec(t.Context(), db, "UPDATE y"))
			srv.AwaitCount("ping", 1)
			got, err := readFrom(t.Context(), db, streamed)
			require.NoError(t, err)
			require.Equal(t, plainRows, got)
			require.NoError(t, drivertest.Exec(t.Context(), db, "UPDATE y"))
			require.Equal(t, 1, srv.Connections())
		})
	}
}

// Frames of a request that nobody waits for mean that this side and the server disagree.
func TestFramesOfAnUnknownStreamEndTheConnection(t *testing.T) {
	t.Parallel()
	for k := range plainFrames() {
		t.Run(fmt.Sprint("before frame ", k), func(t *testing.T) {
			t.Parallel()
			srv := streaming(t, func(c *scripted.Conn, id uint64) {
				for i, f := range plainFrames() {
					if i == k {
						c.Stream(id+1000, f)
					}
					c.Stream(id, f)
				}
			})
			for _, a := range askings() {
				db, before := streams(t, srv), srv.Connections()
				got, err := a.ask(t.Context(), db, streamed)
				require.ErrorIs(t, err, surrealsql.ErrOutcomeUnknown, "%s gave %v", a.name, got)
				require.NoError(t, drivertest.Exec(t.Context(), db, "UPDATE y"))
				require.Equal(t, before+2, srv.Connections(), a.name)
			}
		})
	}
}

func TestFramesThatAreTooLargeAreRefused(t *testing.T) {
	t.Parallel()
	const most = 64 << 10
	large := scripted.StreamRows(0, bytes.Repeat([]byte("x"), most+1))
	fits := scripted.StreamRows(0, bytes.Repeat([]byte("x"), most-200))
	srv := streaming(t, func(c *scripted.Conn, id uint64) { c.Stream(id, begun, fits, fits, fits, large, finished, ended) })
	for _, a := range askings() {
		db := streams(t, srv, func(cfg *surrealsql.Config) { cfg.MaxMessageSize = most })
		got, err := a.ask(t.Context(), db, streamed)
		require.ErrorIs(t, err, surrealsql.ErrMessageTooLarge, "%s gave %d rows", a.name, len(got))
		require.ErrorContains(t, err, "stream=never")
		require.NoError(t, drivertest.Exec(t.Context(), db, "UPDATE y"))
	}
}

// The bound is one message's, so an answer in many frames may be as large as it likes.
func TestFramesMayBeLargerThanAMessageAltogether(t *testing.T) {
	t.Parallel()
	row := strings.Repeat("x", 50<<10)
	srv := streaming(t, func(c *scripted.Conn, id uint64) {
		c.Stream(id, begun)
		for range 40 {
			c.Stream(id, scripted.StreamRows(0, row))
		}
		c.Stream(id, finished, ended)
	})
	db := streams(t, srv, func(cfg *surrealsql.Config) { cfg.MaxMessageSize = 64 << 10 })
	got, err := readFrom(t.Context(), db, streamed)
	require.NoError(t, err)
	require.Len(t, got, 40)
	require.Equal(t, row, got[39])
}

// What a server sends without rhyme or reason ends the call, one way or the other.
func TestFramesOfNoSenseEndTheCall(t *testing.T) {
	t.Parallel()
	single := func(index any) scripted.Raw {
		return scripted.Object("index", index, "single", true, "stream", "finished")
	}
	for name, frames := range map[string][]scripted.Raw{
		"rows that are called single":            {begun, scripted.StreamRows(0, 1, 2), single(0), ended},
		"a value that is not called so":          {begun, scripted.StreamValue(0, 1), finished, ended},
		"single and nothing":                     {begun, single(0), ended},
		"an end after nothing":                   {begun, scripted.StreamEnd(0)},
		"an end of more than came":               {begun, scripted.StreamRows(0, 1), finished, scripted.StreamEnd(7)},
		"an end of less than came":               {begun, scripted.StreamRows(0, 1), finished, scripted.StreamEnd(-1)},
		"no statement announced":                 {scripted.StreamBegin(0), scripted.StreamRows(0, 1), finished, ended},
		"fewer than none announced":              {scripted.StreamBegin(-1), scripted.StreamRows(0, 1), finished, ended},
		"a number of statements in words":        {scripted.Object("statements", "one", "stream", "begin", "version", 1), scripted.StreamRows(0, 1), finished, ended},
		"a number of statements too large to be": {scripted.Object("statements", announced(0, 1<<63), "stream", "begin", "version", 1), scripted.StreamRows(0, 1), finished, ended},
		"a kind said twice":                      {begun, scripted.Object("index", 0, "stream", "rows", "stream", "end", "values", []any{1}), finished, ended},
		"an index said twice":                    {begun, scripted.Object("index", 0, "index", 1, "stream", "rows", "values", []any{1}), finished, ended},
		"values said twice":                      {begun, scripted.Object("index", 0, "stream", "rows", "values", []any{1}, "values", []any{2}), finished, ended},
		"an empty frame":                         {begun, scripted.Object(), finished, ended},
		"an unknown frame first":                 {scripted.Object("stream", "hello"), begun, finished, ended},
		"an unknown frame after the end":         {begun, finished, ended, scripted.Object("stream", "bye")},
		"two ends":                               {begun, finished, ended, ended},
		"rows after the end":                     {begun, finished, ended, scripted.StreamRows(0, 1)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := streaming(t, func(c *scripted.Conn, id uint64) { c.Stream(id, frames...) })
			for _, a := range askings() {
				db := streams(t, srv)
				within(t, a.name, func() {
					got, err := a.ask(t.Context(), db, streamed)
					if err == nil && a.rows < 0 {
						require.LessOrEqual(t, len(got), 2, a.name)
					}
				})
				// What comes after the end may be met by the next call, which then says so.
				if err := drivertest.Exec(t.Context(), db, "UPDATE y"); err != nil {
					require.ErrorIs(t, err, surrealsql.ErrOutcomeUnknown, a.name)
				}
				require.NoError(t, drivertest.Exec(t.Context(), db, "UPDATE y"), a.name)
			}
		})
	}
}

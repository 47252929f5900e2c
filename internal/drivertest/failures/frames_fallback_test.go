package failures

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/drivertest"
	"github.com/surrealsql/surrealsql/internal/scripted"
)

// Servers that do not stream: each text runs once, and by `query`.

// refusing is a server of 3.3 that refuses query_stream.
func refusing(t testing.TB, code int, kind, message string) *scripted.Server {
	return scripted.New(t, func(c *scripted.Conn) {
		c.Serve(func(r scripted.Request) {
			switch {
			case r.Method == "query_stream":
				c.ReplyError(r.ID, code, kind, message)
			case r.Method == "query":
				c.QueryResult(r.ID, 1, 2)
			default:
				c.Answer(r)
			}
		})
	}).Streaming()
}

func TestFramesThatAServerDoesNotHaveAreAskedForOnce(t *testing.T) {
	t.Parallel()
	for name, make := range map[string]func() *scripted.Server{
		"an older server":                    func() *scripted.Server { return scripted.New(t, rowsOfQueries) },
		"an older one that calls itself new": func() *scripted.Server { return scripted.New(t, rowsOfQueries).UseVersion("surrealdb-3.3.5") },
		"an older one without a number":      func() *scripted.Server { return scripted.New(t, rowsOfQueries).UseVersion("surrealdb-nightly") },
		"one that does not allow it":         func() *scripted.Server { return refusing(t, -32602, "NotAllowed", "Method not allowed") },
		"one that does not find it":          func() *scripted.Server { return refusing(t, -32601, "NotFound", "Method not found") },
		"an old one's words":                 func() *scripted.Server { return refusing(t, -32601, "", "Method not found") },
	} {
		for _, mode := range []string{"always", "auto"} {
			t.Run(name+", "+mode, func(t *testing.T) {
				t.Parallel()
				srv := make()
				db := drivertest.Solo(drivertest.OpenDB(t, srv.DSN("stream="+mode)))
				for i := range 3 {
					for _, a := range askings() {
						got, err := a.ask(t.Context(), db, streamed)
						require.NoError(t, err, a.name)
						if a.rows < 0 {
							require.Equal(t, plainRows, got, a.name)
						}
						require.Equal(t, i*len(askings())+indexOf(a)+1, srv.Count("query"), "%s: each runs once", a.name)
					}
				}
				require.LessOrEqual(t, srv.Count("query_stream"), 1, "it is remembered")
				require.Equal(t, 1, srv.Connections())
			})
		}
	}
}

// rowsOfQueries answers every query with two rows.
func rowsOfQueries(c *scripted.Conn) {
	c.Serve(func(r scripted.Request) {
		if r.Method == "query" {
			c.QueryResult(r.ID, 1, 2)
		} else {
			c.Answer(r)
		}
	})
}

func indexOf(a asking) int {
	for i, other := range askings() {
		if other.name == a.name {
			return i
		}
	}
	return -1
}

// A server may be replaced by a newer one while the program runs.
func TestFramesAreAskedForAgainAfterAReconnect(t *testing.T) {
	t.Parallel()
	srv := scripted.New(t, func(c *scripted.Conn) {
		c.Serve(func(r scripted.Request) {
			switch r.Method {
			case "query_stream":
				c.Stream(r.ID, plainFrames()...)
			case "query":
				c.QueryResult(r.ID, 1, 2)
			default:
				c.Answer(r)
			}
		})
	})
	db := drivertest.Solo(drivertest.OpenDB(t, srv.DSN("stream=always")))
	read := func() {
		t.Helper()
		got, err := readFrom(t.Context(), db, streamed)
		require.NoError(t, err)
		require.Equal(t, plainRows, got)
	}
	read()
	read()
	require.Equal(t, 2, srv.Count("query"))
	srv.Streaming().HangUp()
	srv.AwaitOpen(0)
	asked := srv.Count("query_stream")
	require.Eventually(t, func() bool { // the loss may be found by a call, as an error
		_, err := readFrom(t.Context(), db, streamed)
		return err == nil
	}, drivertest.Patience, drivertest.Late)
	read()
	require.Greater(t, srv.Count("query_stream"), asked+1)
	require.Equal(t, 2, srv.Count("query"), "all went by frames")

	srv.UseVersion("surrealdb-3.0.2")
	require.Equal(t, 2, srv.Connections())
}

// The words of a statement's error are no refusal of the method: the text has run.
func TestFramesThatSayMethodNotFoundAreNoReasonToRunATextAgain(t *testing.T) {
	t.Parallel()
	refusal := func(c *scripted.Conn, id uint64) { c.ReplyError(id, -32601, "NotFound", "Method not found") }
	for name, send := range map[string]func(c *scripted.Conn, id uint64){
		"as a statement's": func(c *scripted.Conn, id uint64) {
			c.Stream(id, begun, scripted.StreamFailed(0, "Method not found"), ended)
		},
		"as the end's":    func(c *scripted.Conn, id uint64) { c.Stream(id, begun, scripted.StreamBroken(0, "Method not found")) },
		"after the begin": func(c *scripted.Conn, id uint64) { c.Stream(id, begun); refusal(c, id) },
		"after a row":     func(c *scripted.Conn, id uint64) { c.Stream(id, begun, scripted.StreamRows(0, 1)); refusal(c, id) },
		"after the statement's end": func(c *scripted.Conn, id uint64) {
			c.Stream(id, begun, scripted.StreamRows(0, 1), finished)
			refusal(c, id)
		},
		"as a thrown error": func(c *scripted.Conn, id uint64) { c.ReplyError(id, -32006, "Thrown", "Method not found") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, text := range []string{streamed, "CREATE x"} {
				srv := streaming(t, send, text)
				db := streams(t, srv)
				for _, a := range askings() {
					sent := len(srv.Queries())
					_, err := a.ask(t.Context(), db, text)
					require.ErrorContains(t, err, "Method not found", a.name)
					require.Len(t, srv.Queries(), sent+1, a.name)
				}
				require.Zero(t, srv.Count("query"))
				require.Equal(t, 1, srv.Connections())
			}
		})
	}
}

// What the server says before it begins is what it would say to a query.
func TestFramesThatAreRefusedAreTheErrorOfTheText(t *testing.T) {
	t.Parallel()
	for message, class := range map[string]string{
		"Parse error: Unexpected end of file":              "parse",
		"Too many concurrent streaming queries":            "",
		"There was a problem with a datastore transaction": "",
	} {
		t.Run(message, func(t *testing.T) {
			t.Parallel()
			srv := streaming(t, func(c *scripted.Conn, id uint64) { c.ReplyError(id, -32000, "Validation", message) })
			db := streams(t, srv)
			for _, a := range askings() {
				_, err := a.ask(t.Context(), db, streamed)
				require.ErrorContains(t, err, message, a.name)
				if class != "" {
					require.True(t, surrealsql.IsParse(err), err)
				}
				require.NotErrorIs(t, err, surrealsql.ErrOutcomeUnknown, a.name)
			}
			require.Zero(t, srv.Count("query"))
			require.Equal(t, 1, srv.Connections())
		})
	}
}

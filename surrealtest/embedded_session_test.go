package surrealtest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/surrealdb/surrealdb.go/pkg/models"
)

// That sessions, transactions and live queries of the embedded engine end with
// what they belong to, as on SurrealDB's own server.

// attached is the session that tests attach.
var attached = models.UUID{UUID: [16]byte([]byte("0123456789abcdef"))}

func TestConnectionHasASessionOfItsOwn(t *testing.T) {
	t.Parallel()
	address := embeddedEngine(t).Addr(0)
	nsA, nsB := fresh("a"), fresh("b")
	a := dialWire(t, address, nil).signIn(nsA, "main")
	b := dialWire(t, address, nil).signIn(nsB, "main")
	a.result("let", "x", 1)
	require.Equal(t, nsA, a.query("RETURN session::ns()"))
	require.Equal(t, nsB, b.query("RETURN session::ns()"))
	require.Nil(t, b.query("RETURN $x"))
	require.Empty(t, a.result("sessions"), "only what the client attached is listed")
}

func TestAttachedSessionsAnswerWithTheirName(t *testing.T) {
	t.Parallel()
	ns := fresh("attached")
	w := dialWire(t, embeddedEngine(t).Addr(0), nil).signIn(ns, "main")
	require.Equal(t, attached, w.callIn(attached, "attach")["session"])
	require.Equal(t, []any{attached}, w.result("sessions"))
	require.Contains(t, w.callIn(attached, "query", "RETURN 1"), "error", "it is not signed in")
	w.callIn(attached, "signin", object{"user": "root", "pass": "root"})
	w.callIn(attached, "use", "other", "main")
	require.NotContains(t, w.callIn(attached, "query", "RETURN 1"), "error")
	require.Equal(t, ns, w.query("RETURN session::ns()"))
	w.callIn(attached, "detach")
	require.Empty(t, w.result("sessions"))
}

func TestTransactionsBelongToTheirConnection(t *testing.T) {
	t.Parallel()
	address := embeddedEngine(t).Addr(0)
	ns := fresh("txns")
	a := dialWire(t, address, nil).signIn(ns, "main")
	b := dialWire(t, address, nil).signIn(ns, "main")
	txn := a.result("begin")
	within := func(w *wire, text string) object {
		w.send(object{"id": 1, "method": "query", "txn": txn, "params": []any{text}})
		return w.receive()
	}
	require.NotContains(t, within(a, "CREATE person:1"), "error")
	require.Equal(t, "Transaction not found", messageOf(within(b, "CREATE person:2")))
	require.Equal(t, "Transaction not found", messageOf(b.call("commit", txn)))
	require.Equal(t, "Expected transaction UUID", messageOf(a.call("commit", "text")))
	a.result("commit", txn)
	require.Equal(t, "Transaction not found", messageOf(a.call("cancel", txn)))
	require.Len(t, b.query("SELECT * FROM person"), 1)
}

func TestTransactionsOfAClosedConnectionAreCancelled(t *testing.T) {
	t.Parallel()
	s := New(t, Options{Engine: EngineNPM})
	w := dialWire(t, s.Addr(0), nil).signIn("left", "main")
	for range 3 {
		w.result("begin")
	}
	w.result("commit", w.result("begin"))
	w.result("cancel", w.result("begin"))
	require.Equal(t, 3, statsOf(t, s).Transactions)
	require.NoError(t, w.conn.Close())
	require.Eventually(t, func() bool {
		return statsOf(t, s) == Stats{MaxOpen: 1, Accepted: 1}
	}, 10*time.Second, time.Millisecond)
}

func statsOf(t testing.TB, s *Server) Stats {
	t.Helper()
	stats, err := s.Stats()
	require.NoError(t, err)
	return stats
}

func TestLiveNotificationsReachTheConnectionThatAsked(t *testing.T) {
	t.Parallel()
	s := embeddedEngine(t)
	ns := fresh("live")
	watcher := dialWire(t, s.Addr(0), nil).signIn(ns, "main")
	writer := dialWire(t, s.Addr(1), nil).signIn(ns, "main")
	writer.query("DEFINE TABLE person; DEFINE TABLE pet")
	person := watcher.result("live", "person")
	pet := watcher.query("LIVE SELECT * FROM pet")

	writer.query("CREATE person:1")
	note := watcher.receive()
	require.NotContains(t, note, "id")
	require.NotContains(t, note, "session")
	content := note["result"].(object)
	require.Equal(t, person, content["id"])
	require.Equal(t, "CREATE", content["action"])
	require.Nil(t, content["session"], "the connection's own session has no name")

	writer.query("CREATE pet:1")
	require.Equal(t, pet, watcher.receive()["result"].(object)["id"])

	watcher.send(object{"id": 9, "method": "kill", "params": []any{person}})
	first, second := watcher.receive(), watcher.receive()
	if _, isReply := first["id"]; isReply {
		first, second = second, first
	}
	require.Equal(t, "KILLED", first["result"].(object)["action"])
	require.EqualValues(t, 9, second["id"])
	require.EqualValues(t, 1, writer.query("RETURN 1"), "nothing came to the writer")
}

func TestLiveQueriesOfAClosedConnectionAreKilled(t *testing.T) {
	t.Parallel()
	s := New(t, Options{Engine: EngineNPM})
	watcher := dialWire(t, s.Addr(0), nil).signIn("gone", "main")
	watcher.query("DEFINE TABLE person")
	uuidOf(t, watcher.result("live", "person"))
	other := dialWire(t, s.Addr(0), nil).signIn("gone", "main")
	require.Equal(t, 1, other.liveQueries("person"))
	require.Equal(t, 1, statsOf(t, s).LiveQueries)
	require.NoError(t, watcher.conn.Close())
	require.Eventually(t, func() bool { return other.liveQueries("person") == 0 }, 10*time.Second, time.Millisecond)
	require.Zero(t, statsOf(t, s).LiveQueries)
}

func TestLiveQueryCountsUntilWhateverEndsIt(t *testing.T) {
	t.Parallel()
	s := New(t, Options{Engine: EngineNPM})
	other := dialWire(t, s.Addr(0), nil).signIn("ends", "main")
	other.query("DEFINE TABLE person; DEFINE TABLE pet")
	there := func() int { return other.liveQueries("person") + other.liveQueries("pet") }
	for name, c := range map[string]struct {
		end  func(*wire, any)
		left int
	}{
		"reset": {func(w *wire, _ any) { w.result("reset") }, 0},
		"the kill method": {func(w *wire, id any) {
			w.send(object{"id": 9, "method": "kill", "params": []any{id}})
			w.receive()
			w.receive()
		}, 1},
		// The other connection makes the table anew, for it to be counted in.
		"the end of a table": {func(*wire, any) { other.query("REMOVE TABLE person; DEFINE TABLE person") }, 1},
		"invalidate":         {func(w *wire, _ any) { w.result("invalidate") }, 2},
		"use":                {func(w *wire, _ any) { w.result("use", "ends", "side") }, 2},
		"another sign-in":    {func(w *wire, _ any) { w.signIn("ends", "main") }, 2},
		"closing its sock":   {func(w *wire, _ any) { require.NoError(t, w.conn.Close()) }, 0},
	} {
		w := dialWire(t, s.Addr(0), nil).signIn("ends", "main")
		id := w.result("live", "person")
		w.query("LIVE SELECT * FROM pet")
		require.Equal(t, 2, statsOf(t, s).LiveQueries, name)
		c.end(w, id)
		require.Eventually(t, func() bool {
			return statsOf(t, s).LiveQueries == c.left && there() == c.left
		}, 10*time.Second, time.Millisecond, "%s: %d are counted, %d are there", name, statsOf(t, s).LiveQueries, there())
		_ = w.conn.Close()
		require.Eventually(t, func() bool {
			return statsOf(t, s).LiveQueries == 0 && there() == 0
		}, 10*time.Second, time.Millisecond, name)
	}
}

func TestLiveQueryEndsWithItsOwnSessionOnly(t *testing.T) {
	t.Parallel()
	s := New(t, Options{Engine: EngineNPM})
	other := dialWire(t, s.Addr(0), nil).signIn("sessions", "main")
	other.query("DEFINE TABLE person; DEFINE TABLE pet")
	for _, c := range []struct {
		end         string
		ofOwn       bool // whether it is asked of the connection's own session
		person, pet int
	}{
		{"detach", false, 0, 1},
		{"reset", false, 0, 1},
		{"reset", true, 1, 0},
	} {
		w := dialWire(t, s.Addr(0), nil).signIn("sessions", "main")
		ask := func(method string, params ...any) {
			require.NotContains(t, w.callIn(attached, method, params...), "error", method)
		}
		ask("attach")
		ask("signin", object{"user": "root", "pass": "root"})
		ask("use", "sessions", "main")
		ask("query", "LIVE SELECT * FROM person; RETURN 1")
		w.result("live", "pet")
		require.Equal(t, 2, statsOf(t, s).LiveQueries)
		if c.ofOwn {
			w.result(c.end)
		} else {
			ask(c.end)
		}
		left := []int{statsOf(t, s).LiveQueries, other.liveQueries("person"), other.liveQueries("pet")}
		require.Equal(t, []int{1, c.person, c.pet}, left, c.end)
		require.NoError(t, w.conn.Close())
		require.Eventually(t, func() bool {
			return statsOf(t, s).LiveQueries == 0 && other.liveQueries("person")+other.liveQueries("pet") == 0
		}, 10*time.Second, time.Millisecond)
	}
}

func TestPortsOfOneServerShareItsData(t *testing.T) {
	t.Parallel()
	s := embeddedEngine(t)
	require.NotEqual(t, s.Addr(0), s.Addr(1))
	ns := fresh("ports")
	dialWire(t, s.Addr(0), nil).signIn(ns, "main").query("CREATE person:1")
	require.Len(t, dialWire(t, s.Addr(1), nil).signIn(ns, "main").query("SELECT * FROM person"), 1)
}

package surrealtest

import (
	"encoding/hex"
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"

	"github.com/gobwas/ws"
	"github.com/stretchr/testify/require"
	"github.com/surrealdb/surrealdb.go/surrealcbor"
)

// These tests are about what the small WebSocket server adds to the embedded
// engine: that it behaves as SurrealDB's own server does.

// embedded is one engine for the tests below, which keep apart by namespaces. It
// ends with the test binary.
var embedded = sync.OnceValues(func() (*Server, error) {
	return Start(testContext, Options{Engine: EngineNPM, Ports: 2})
})

func embeddedEngine(t testing.TB) *Server {
	t.Helper()
	s, err := embedded()
	require.NoError(t, err)
	return s
}

func TestReplyCarriesTheIDOfItsRequestAsItWasSent(t *testing.T) {
	t.Parallel()
	w := dialWire(t, embeddedEngine(t).Addr(0), nil)
	for _, id := range []any{"a", uint64(1), uint64(1) << 40, int64(-3), ""} {
		w.send(object{"id": id, "method": "ping"})
		require.EqualValues(t, id, w.receive()["id"])
	}
	w.send(object{"method": "ping"})
	require.NotContains(t, w.receive(), "id")
}

func TestAnonymousMayDoNothingUntilSignedIn(t *testing.T) {
	t.Parallel()
	w := dialWire(t, embeddedEngine(t).Addr(0), nil)
	refused := "Anonymous access not allowed: Not enough permissions to perform this action"
	require.Equal(t, refused, messageOf(w.call("query", "INFO FOR ROOT")))
	require.Equal(t, "There was a problem with authentication", messageOf(w.call("signin", object{"user": "root", "pass": "wrong"})))
	require.Equal(t, refused, messageOf(w.call("query", "RETURN 1")))
	w.result("signin", object{"user": "root", "pass": "root"})
	require.EqualValues(t, 1, w.query("RETURN 1"))
	w.result("invalidate")
	require.Equal(t, refused, messageOf(w.call("query", "RETURN 1")))
}

func TestHandshakeHeadersSeedTheSession(t *testing.T) {
	t.Parallel()
	address := embeddedEngine(t).Addr(0)
	dialWire(t, address, nil).signIn("seeded", "main").query("DEFINE USER OVERWRITE clerk ON DATABASE PASSWORD 'clerk' ROLES EDITOR")

	headers := basic("root", "root")
	headers.Set("surreal-ns", "seeded")
	headers.Set("surreal-db", "main")
	require.Equal(t, []any{"seeded", "main"}, dialWire(t, address, headers).query("RETURN [session::ns(), session::db()]"))

	headers = basic("clerk", "clerk")
	headers.Set("surreal-auth-ns", "seeded")
	headers.Set("surreal-auth-db", "main")
	headers.Set("surreal-ns", "seeded")
	headers.Set("surreal-db", "main")
	w := dialWire(t, address, headers)
	require.Equal(t, "main", w.query("RETURN session::db()"))
	token := w.result("signin", object{"user": "clerk", "pass": "clerk", "ns": "seeded", "db": "main"})

	headers = http.Header{"Authorization": {"Bearer " + token.(string)}}
	require.Equal(t, "main", dialWire(t, address, headers).query("RETURN session::db()"), "a token selects its own database")
}

func TestHandshakeWithBadCredentialsIs401(t *testing.T) {
	t.Parallel()
	lonely := basic("root", "root")
	lonely.Set("surreal-auth-db", "main")
	for name, headers := range map[string]http.Header{
		"wrong password":             basic("root", "wrong"),
		"unknown user":               basic("nobody", "root"),
		"bad token":                  {"Authorization": {"Bearer x.y.z"}},
		"database without namespace": lonely,
	} {
		_, err := tryWire(t, embeddedEngine(t).Addr(0), headers)
		require.Equal(t, ws.StatusError(401), err, name)
	}
}

func TestMalformedRequestsAreAnsweredWithoutAnID(t *testing.T) {
	t.Parallel()
	w := dialWire(t, embeddedEngine(t).Addr(0), nil).signIn("malformed", "main")
	for name, sent := range map[string]struct{ bytes, message string }{
		"no CBOR":            {"ff", "Parse error"},
		"empty":              {"", "Parse error"},
		"an array":           {"8101", "Parse error"},
		"cut short":          {"a2626964", "Parse error"},
		"key is no text":     {"a10102", "Parse error"},
		"no method":          {"a1626964" + "01", "Invalid request"},
		"method is a number": {"a2626964" + "01" + "666d6574686f64" + "01", "Invalid request"},
		"unknown tag":        {"a3626964" + "01" + "666d6574686f64" + "657175657279" + "66706172616d73" + "81d903e701", "Parse error"},
	} {
		bytes, err := hex.DecodeString(sent.bytes)
		require.NoError(t, err, name)
		w.sendBytes(bytes)
		reply := w.receive()
		require.NotContains(t, reply, "id", name)
		require.Equal(t, sent.message, messageOf(reply), name)
	}
	require.EqualValues(t, 1, w.query("RETURN 1"), "the connection goes on")
}

func TestBrokenRequestsDoNotEndTheServer(t *testing.T) {
	t.Parallel()
	w := dialWire(t, embeddedEngine(t).Addr(0), nil).signIn("broken", "main")
	whole, err := surrealcbor.Marshal(object{
		"id": 1, "method": "query", "session": nil, "params": []any{"RETURN $a; LIVE SELECT * FROM nothing", object{"a": []any{1, "x"}}},
	})
	require.NoError(t, err)
	random := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		b := append([]byte{}, whole...)
		for range 1 + random.IntN(3) {
			b[random.IntN(len(b))] = byte(random.Uint32())
		}
		w.sendBytes(b[:random.IntN(len(b)+1)])
		w.receive()
	}
	require.EqualValues(t, 1, w.query("RETURN 1"))
}

func TestResultWithoutCBORFormFailsItsOwnReply(t *testing.T) {
	t.Parallel()
	w := dialWire(t, embeddedEngine(t).Addr(0), nil).signIn("regex", "main")
	reply := w.call("query", "RETURN /a/")
	require.Equal(t, "1", reply["id"])
	require.Equal(t, "Parse error", messageOf(reply))
}

func TestServerPingsAtOnceWithoutPayload(t *testing.T) {
	t.Parallel()
	w := dialWire(t, embeddedEngine(t).Addr(0), nil)
	header, err := ws.ReadHeader(w.conn)
	require.NoError(t, err)
	require.Equal(t, ws.OpPing, header.OpCode)
	require.Zero(t, header.Length)
}

func TestRequestsOfOneConnectionRunConcurrently(t *testing.T) {
	t.Parallel()
	w := dialWire(t, embeddedEngine(t).Addr(0), nil).signIn("concurrent", "main")
	w.send(object{"id": "slow", "method": "query", "params": []any{"SLEEP 300ms"}})
	w.send(object{"id": "quick", "method": "ping"})
	require.Equal(t, "quick", w.receive()["id"])
	require.Equal(t, "slow", w.receive()["id"])
}

func TestSessionChangesKeepTheirPlaceInAPipeline(t *testing.T) {
	t.Parallel()
	w := dialWire(t, embeddedEngine(t).Addr(0), nil)
	for range 20 {
		w.send(object{"id": 1, "method": "signin", "params": []any{object{"user": "root", "pass": "root"}}})
		w.send(object{"id": 2, "method": "use", "params": []any{"pipelined", "main"}})
		w.send(object{"id": 3, "method": "let", "params": []any{"x", 7}})
		w.send(object{"id": 4, "method": "query", "params": []any{"RETURN [$x, session::ns()]"}})
		w.send(object{"id": 5, "method": "reset"})
		for id := range 5 {
			reply := w.receive()
			require.EqualValues(t, id+1, reply["id"])
			require.NotContains(t, reply, "error")
			if id == 3 {
				require.EqualValues(t, []any{uint64(7), "pipelined"}, reply["result"].([]any)[0].(object)["result"])
			}
		}
	}
}

func TestUseOfADatabaseAloneEndsTheConnectionNotTheServer(t *testing.T) {
	t.Parallel()
	address := embeddedEngine(t).Addr(0)
	w := dialWire(t, address, nil)
	w.send(object{"id": 1, "method": "use", "params": []any{nil, "main"}})
	_, err := ws.ReadHeader(w.conn) // the ping
	require.NoError(t, err)
	_, err = ws.ReadHeader(w.conn)
	require.Error(t, err)
	dialWire(t, address, nil).signIn("alive", "main")
}

func TestHandshakeForAnotherPathOrProtocolIsRefused(t *testing.T) {
	t.Parallel()
	address := embeddedEngine(t).Addr(0)
	_, _, _, err := ws.Dialer{Protocols: []string{"cbor"}}.Dial(t.Context(), "ws://"+address+"/other")
	require.Equal(t, ws.StatusError(404), err)
	_, _, _, err = ws.Dialer{Protocols: []string{"json"}}.Dial(t.Context(), "ws://"+address+"/rpc")
	require.Equal(t, ws.StatusError(400), err)
	version, err := get(t.Context(), "http://"+address+"/version")
	require.NoError(t, err)
	require.Equal(t, "surrealdb-3.0.2", version)
	_, err = get(t.Context(), "http://"+address+"/health")
	require.NoError(t, err)
}

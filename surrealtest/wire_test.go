package surrealtest

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
	"github.com/stretchr/testify/require"
	"github.com/surrealdb/surrealdb.go/pkg/models"
	"github.com/surrealdb/surrealdb.go/surrealcbor"
)

// The client of the embedded engine's tests, and their helpers.

// wire is a client that shows what is on the wire, where the driver would hide
// or refuse it.
type wire struct {
	t    testing.TB
	conn net.Conn
}

// object is a CBOR map.
type object = map[string]any

func dialWire(t testing.TB, address string, headers http.Header) *wire {
	t.Helper()
	conn, err := tryWire(t, address, headers)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	require.NoError(t, conn.SetDeadline(time.Now().Add(20*time.Second)))
	return &wire{t, conn}
}

func tryWire(t testing.TB, address string, headers http.Header) (net.Conn, error) {
	t.Helper()
	d := ws.Dialer{Protocols: []string{"cbor"}, Header: ws.HandshakeHeaderHTTP(headers), Timeout: 20 * time.Second}
	conn, br, _, err := d.Dial(context.Background(), "ws://"+address+"/rpc")
	if br != nil {
		conn = bufferedConn{conn, br}
	}
	return conn, err
}

// bufferedConn reads first what came with the handshake's reply.
type bufferedConn struct {
	net.Conn
	br interface{ Read([]byte) (int, error) }
}

func (c bufferedConn) Read(b []byte) (int, error) { return c.br.Read(b) }

func (w *wire) sendBytes(b []byte) {
	w.t.Helper()
	require.NoError(w.t, wsutil.WriteClientBinary(w.conn, b))
}

func (w *wire) send(request object) {
	w.t.Helper()
	b, err := surrealcbor.Marshal(request)
	require.NoError(w.t, err)
	w.sendBytes(b)
}

// receive reads the next message that is no ping.
func (w *wire) receive() object {
	w.t.Helper()
	b, err := wsutil.ReadServerBinary(w.conn)
	require.NoError(w.t, err)
	var reply object
	require.NoError(w.t, surrealcbor.Unmarshal(b, &reply))
	return reply
}

func (w *wire) call(method string, params ...any) object {
	w.t.Helper()
	w.send(object{"id": "1", "method": method, "params": append([]any{}, params...)})
	return w.receive()
}

// callIn is call in a session that the client has attached.
func (w *wire) callIn(session models.UUID, method string, params ...any) object {
	w.t.Helper()
	w.send(object{"id": "1", "method": method, "session": session, "params": append([]any{}, params...)})
	return w.receive()
}

// result is call where it must succeed.
func (w *wire) result(method string, params ...any) any {
	w.t.Helper()
	reply := w.call(method, params...)
	require.NotContains(w.t, reply, "error")
	return reply["result"]
}

// query runs a text and gives the result of its last statement.
func (w *wire) query(text string) any {
	w.t.Helper()
	entries := w.result("query", text).([]any)
	last := entries[len(entries)-1].(object)
	require.Equal(w.t, "OK", last["status"], "%v", last["result"])
	return last["result"]
}

// liveQueries is how many the engine has on a table.
func (w *wire) liveQueries(table string) int {
	w.t.Helper()
	return len(w.query("INFO FOR TABLE " + table).(object)["lives"].(object))
}

// signIn makes the connection a root user's in a namespace and database.
func (w *wire) signIn(ns, db string) *wire {
	w.t.Helper()
	w.result("signin", object{"user": "root", "pass": "root"})
	w.result("use", ns, db)
	return w
}

// fresh is a namespace that no other test has, nor this one in another round.
func fresh(name string) string { return fmt.Sprintf("%s_%d", name, round.Add(1)) }

var round atomic.Int64

func messageOf(reply object) any {
	e, _ := reply["error"].(object)
	return e["message"]
}

func basic(user, pass string) http.Header {
	r := http.Request{Header: http.Header{}}
	r.SetBasicAuth(user, pass)
	return r.Header
}

func uuidOf(t testing.TB, v any) models.UUID {
	t.Helper()
	id, ok := v.(models.UUID)
	require.True(t, ok, "%T is no UUID", v)
	return id
}

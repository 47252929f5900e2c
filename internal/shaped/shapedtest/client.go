package shapedtest

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql/internal/cbor"
)

// A client of a real server that shows the bytes of its answers, and sends what it is told.

// Client is one connection. A call that fails ends the test.
type Client struct {
	t     testing.TB
	conn  net.Conn
	next  int64
	notes [][]byte // the results of the notifications that came before a reply
}

// Dial connects to the database of a DSN by one subprotocol, as its user, until the test ends.
func Dial(t testing.TB, dsn, protocol string) *Client {
	t.Helper()
	u, err := url.Parse(dsn)
	require.NoError(t, err)
	d := ws.Dialer{Protocols: []string{protocol}, Timeout: 20 * time.Second}
	conn, br, agreed, err := d.Dial(context.Background(), "ws://"+u.Host+"/rpc")
	require.NoError(t, err)
	require.Equal(t, protocol, agreed.Protocol)
	t.Cleanup(func() { _ = conn.Close() })
	require.NoError(t, conn.SetDeadline(time.Now().Add(5*time.Minute)))
	if br != nil {
		conn = early{conn, br}
	}
	c := &Client{t: t, conn: conn}
	password, _ := u.User.Password()
	c.Must("signin", map[string]any{"user": u.User.Username(), "pass": password})
	ns, db, _ := strings.Cut(strings.Trim(u.Path, "/"), "/")
	c.Must("use", ns, db)
	return c
}

// early reads first what came with the answer to the upgrade.
type early struct {
	net.Conn
	first io.Reader
}

func (e early) Read(b []byte) (int, error) { return e.first.Read(b) }

// Call sends a request and returns the first message that answers it.
func (c *Client) Call(method string, params ...any) []byte {
	c.t.Helper()
	c.next++
	request := map[string]any{"id": c.next, "method": method, "params": params}
	require.NoError(c.t, wsutil.WriteClientBinary(c.conn, AppendCBOR(nil, request)))
	return c.Next()
}

// Next waits for a message that is no notification.
func (c *Client) Next() []byte {
	c.t.Helper()
	for {
		b, err := wsutil.ReadServerBinary(c.conn)
		require.NoError(c.t, err)
		if Field(c.t, b, "id") != nil {
			return b
		}
		c.notes = append(c.notes, Field(c.t, b, "result"))
	}
}

// Notifications are what live queries have told so far, once it is n of them.
func (c *Client) Notifications(n int) [][]byte {
	c.t.Helper()
	for len(c.notes) < n {
		c.Must("ping")
	}
	return c.notes
}

// Stream is the results of a text, as its frames have them: of rows the list, or a value.
func (c *Client) Stream(text string) (results [][]byte) {
	c.t.Helper()
	for reply := c.Call("query_stream", text, map[string]any{}); ; reply = c.Next() {
		frame := Field(c.t, reply, "result")
		require.Nil(c.t, Field(c.t, frame, "error"), Show(reply))
		switch Show(Field(c.t, frame, "stream")) {
		case `"rows"`:
			results = append(results, bytes.Clone(Field(c.t, frame, "values")))
		case `"value"`:
			results = append(results, bytes.Clone(Field(c.t, frame, "value")))
		case `"end"`:
			return results
		}
	}
}

// Must is the result of a call that must succeed, as CBOR.
func (c *Client) Must(method string, params ...any) []byte {
	c.t.Helper()
	reply := c.Call(method, params...)
	result := Field(c.t, reply, "result")
	require.NotNil(c.t, result, "%s: %s", method, Show(reply))
	return result
}

// Query is the results of a text's statements, all of which must succeed.
func (c *Client) Query(text string) (results [][]byte) {
	c.t.Helper()
	for _, entry := range Elements(c.t, c.Must("query", text, map[string]any{})) {
		require.Equal(c.t, `"OK"`, Show(Field(c.t, entry, "status")), "%s: %s", text, Show(entry))
		results = append(results, bytes.Clone(Field(c.t, entry, "result")))
	}
	return results
}

// Return sends a block in a request and shows what the server read in it, or its refusal.
func (c *Client) Return(block Block) (rows, refused string) {
	c.t.Helper()
	reply := c.Call("query", "RETURN $rows", map[string]any{"rows": Raw(block.Append(nil))})
	if failure := Field(c.t, reply, "error"); failure != nil {
		return "", Show(Field(c.t, failure, "message"))
	}
	results := Elements(c.t, Field(c.t, reply, "result"))
	return Show(Field(c.t, results[0], "result")), ""
}

// Field is an item of a map, and nil where there is none.
func Field(t testing.TB, item []byte, name string) (found []byte) {
	t.Helper()
	var d cbor.Decoder
	d.Reset(item)
	for key, err := range d.Pairs() {
		require.NoError(t, err)
		is := string(key) == name
		value, err := d.Raw()
		require.NoError(t, err)
		if is {
			found = value
		}
	}
	return found
}

// Elements are the items of an array.
func Elements(t testing.TB, item []byte) (all [][]byte) {
	t.Helper()
	var d cbor.Decoder
	d.Reset(item)
	for _, err := range d.Items() {
		require.NoError(t, err)
		element, err := d.Raw()
		require.NoError(t, err)
		all = append(all, element)
	}
	return all
}

package scripted_test

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"syscall"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql/internal/cbor"
	"github.com/surrealsql/surrealsql/internal/scripted"
)

// client is another's WebSocket client.
type client struct {
	t *testing.T
	net.Conn
	r io.Reader
}

func dial(t *testing.T, srv *scripted.Server, trust *tls.Config) *client {
	t.Helper()
	scheme := "ws"
	if trust != nil {
		scheme = "wss"
	}
	d := ws.Dialer{Protocols: []string{"cbor"}, TLSConfig: trust, Header: ws.HandshakeHeaderHTTP{"X-Who": {"me"}}}
	nc, br, hs, err := d.Dial(context.Background(), scheme+"://"+srv.Addr()+"/rpc")
	require.NoError(t, err)
	require.Equal(t, "cbor", hs.Protocol)
	t.Cleanup(func() { _ = nc.Close() })
	c := &client{t, nc, nc}
	if br != nil {
		c.r = br
	}
	return c
}

func (c *client) send(id int, method string, params ...any) {
	c.t.Helper()
	msg := scripted.Value(map[string]any{"id": id, "method": method, "params": append([]any{}, params...)})
	c.frame(ws.NewBinaryFrame(msg))
}

func (c *client) frame(f ws.Frame) {
	c.t.Helper()
	require.NoError(c.t, ws.WriteFrame(c, ws.MaskFrame(f)))
}

func (c *client) expect(payload []byte) {
	c.t.Helper()
	h, err := ws.ReadHeader(c.r)
	require.NoError(c.t, err)
	got := make([]byte, h.Length)
	_, err = io.ReadFull(c.r, got)
	require.NoError(c.t, err)
	require.Equal(c.t, payload, got)
}

func TestServeAnswersSessionAndLeavesRestToScript(t *testing.T) {
	srv := scripted.New(t, func(c *scripted.Conn) {
		c.Serve(func(r scripted.Request) {
			if r.Text == "SELECT 1" {
				c.QueryResult(r.ID, 1)
			} else {
				c.Answer(r)
			}
		})
	})
	c := dial(t, srv, nil)
	c.send(1, "signin", map[string]any{"user": "root"})
	c.expect(scripted.Result(1, scripted.Value("token")))
	c.send(2, "query", "SELECT 1", nil)
	c.expect(scripted.Result(2, scripted.Entries(scripted.OK([]any{1}))))
	c.send(3, "query", "CREATE x")
	c.expect(scripted.Result(3, scripted.Entries(scripted.OK([]any{}))))
	c.frame(ws.NewPingFrame([]byte("hi")))
	c.expect([]byte("hi"))

	require.Equal(t, []string{"SELECT 1", "CREATE x"}, srv.Queries())
	require.Equal(t, 1, srv.Count("signin"))
	require.Equal(t, uint64(2), srv.Requests()[1].ID)
	require.Equal(t, [][]byte{scripted.Value("SELECT 1"), scripted.Value(nil)}, srv.Requests()[1].Params)
	require.Equal(t, 1, srv.Connections())
	require.NoError(t, c.Close())
	srv.AwaitOpen(0)
}

func TestStreamsAreUnknownBefore33(t *testing.T) {
	srv := scripted.New(t, nil)
	c := dial(t, srv, nil)
	c.send(1, "query_stream", "SELECT 1", nil)
	details := map[string]any{"kind": "Method", "details": map[string]any{"name": "unknown"}}
	c.expect(scripted.Value(map[string]any{"id": 1, "error": map[string]any{
		"code": -32601, "details": details, "kind": "NotFound", "message": "Method not found",
	}}))
	c.send(2, "version")
	c.expect(scripted.Result(2, scripted.Value("surrealdb-3.0.2")))
	require.Empty(t, srv.Queries())
	require.Equal(t, 1, srv.Count("query_stream"))
}

func TestStreamsReachScriptOfStreamingServer(t *testing.T) {
	srv := scripted.New(t, func(c *scripted.Conn) {
		c.Serve(func(r scripted.Request) {
			switch {
			case r.Text == "SELECT 1":
				c.Stream(r.ID, scripted.StreamBegin(1), scripted.StreamRows(0, 1))
			case r.Method == "query_cancel":
				id, err := r.Cancels()
				if err != nil || id != 1 {
					t.Errorf("cancels %d, %v", id, err)
				}
				c.Reply(r.ID, scripted.None)
				c.Stream(id, scripted.StreamStopped(0))
			default:
				c.Answer(r)
			}
		})
	}).Streaming()
	c := dial(t, srv, nil)
	expect := func(id uint64, frames ...scripted.Raw) {
		t.Helper()
		for _, f := range frames {
			c.expect(scripted.Result(id, f))
		}
	}
	c.send(1, "query_stream", "SELECT 1", nil)
	expect(1, scripted.StreamBegin(1), scripted.StreamRows(0, 1))
	c.send(2, "query_cancel", 1)
	expect(2, scripted.None)
	expect(1, scripted.StreamStopped(0))
	c.send(3, "query_stream", "CREATE x", nil)
	expect(3, scripted.StreamBegin(1), scripted.StreamFinished(0), scripted.StreamEnd(1))
	c.send(4, "version")
	expect(4, scripted.Value("surrealdb-3.3.5"))
	require.Equal(t, []string{"SELECT 1", "CREATE x"}, srv.Queries())
}

func TestDropEndsInFINAlsoWithUnreadBytes(t *testing.T) {
	srv := scripted.New(t, func(c *scripted.Conn) {
		c.Arrived()
		c.Drop()
	})
	c := dial(t, srv, nil)
	c.send(1, "query", "CREATE x")
	_, err := c.r.Read(make([]byte, 1))
	require.ErrorIs(t, err, io.EOF)
	require.Zero(t, srv.Open())
	require.Empty(t, srv.Requests(), "nothing was read")
}

func TestResetEndsInRST(t *testing.T) {
	srv := scripted.New(t, func(c *scripted.Conn) {
		c.Request()
		c.Reset()
	})
	c := dial(t, srv, nil)
	c.send(1, "query", "CREATE x")
	_, err := c.r.Read(make([]byte, 1))
	require.ErrorIs(t, err, syscall.ECONNRESET)
	require.Equal(t, []string{"CREATE x"}, srv.Queries())
}

func TestAwaitCloseTellsHowClientLeft(t *testing.T) {
	left := make(chan scripted.ClientEnd, 2)
	srv := scripted.New(t, func(c *scripted.Conn) { left <- c.AwaitClose() })

	c := dial(t, srv, nil)
	c.frame(ws.NewCloseFrame(ws.NewCloseFrameBody(1000, "")))
	require.NoError(t, c.Close())
	require.Equal(t, scripted.ClientEnd{Code: 1000, Err: io.EOF}, <-left)

	c = dial(t, srv, nil)
	_, err := c.Write([]byte{0x82})
	require.NoError(t, err)
	require.NoError(t, c.Close())
	require.Equal(t, scripted.ClientEnd{Err: io.ErrUnexpectedEOF}, <-left)
}

func TestStallAndDripEndWithTheirTest(t *testing.T) {
	t.Run("inner", func(t *testing.T) {
		srv := scripted.New(t, func(c *scripted.Conn) {
			if c.Number() == 1 {
				c.Stall()
			}
			c.Drip(scripted.Claim(scripted.OpBinary, 1<<40), time.Hour)
		})
		dial(t, srv, nil)
		dial(t, srv, nil)
		srv.AwaitOpen(2)
		srv.HangUp()
	})
}

func TestTLSAndHeadersReachScript(t *testing.T) {
	ca := scripted.NewAuthority(t)
	srv := scripted.Listen(t, func(c *scripted.Conn) {
		c.Upgrade(scripted.Frame(scripted.OpPing, []byte("early"))...)
		r := c.Request()
		c.Reply(r.ID, scripted.Value([]any{c.Path(), c.Header().Get("X-Who"), c.TLS().HandshakeComplete, string(c.AwaitPong())}))
	}).UseTLS(ca.ServerConfig())
	require.Contains(t, srv.DSN("null=none"), "surrealdb+wss://root:root@127.0.0.1:")
	c := dial(t, srv, ca.ClientConfig())
	c.expect([]byte("early"))
	c.send(7, "query")
	c.frame(ws.NewPongFrame([]byte("late")))
	c.expect(scripted.Result(7, scripted.Value([]any{"/rpc", "me", true, "late"})))
}

func TestUpgradeCanBeRefused(t *testing.T) {
	srv := scripted.Listen(t, func(c *scripted.Conn) { c.Refuse(401, "no") })
	_, _, _, err := ws.Dial(context.Background(), "ws://"+srv.Addr()+"/rpc")
	require.Equal(t, ws.StatusError(401), err)
}

func TestFramesAreWhatTheirNamesSay(t *testing.T) {
	require.Equal(t, []byte{0x02, 1, 'a', 0x00, 0, 0x80, 2, 'b', 'c'}, scripted.Fragments([]byte("abc"), 1, 0))
	require.Equal(t, []byte{0x82, 0x81, 1, 2, 3, 4, 'a' ^ 1}, scripted.Masked([]byte("a")))
	require.Equal(t, []byte{0x82, 127, 0, 0, 1, 0, 0, 0, 0, 0}, scripted.Claim(scripted.OpBinary, 1<<40))
	require.Equal(t, []byte{0x88, 3, 0x03, 0xE9, '!'}, scripted.CloseFrame(1001, "!"))
	require.Equal(t, []byte{0x88, 0}, scripted.CloseFrame(0, ""))
	require.Equal(t, []byte{0x81, 0x81, 0xF6}, scripted.Nested(2))
}

func TestMessagesAreReadableCBOR(t *testing.T) {
	for _, msg := range [][]byte{
		scripted.Result(1, scripted.Entries(scripted.OK(nil), scripted.Failed("no"))),
		scripted.Error(1, -32000, "Internal", "no"),
		scripted.NamelessError(-32700, "Parse error"),
		scripted.Result(1, scripted.StreamFailed(0, "no")),
		scripted.Result(1, scripted.StreamValue(0, scripted.Object("b", 1, "a", 2, "b", 3))),
		scripted.Result(1, scripted.StreamSingle(0)),
		scripted.Notification(map[string]any{"action": "CREATE", "n": 1.5, "b": []byte{1}, "none": scripted.None, "t": true}),
	} {
		var d cbor.Decoder
		d.Reset(msg)
		require.NoError(t, d.Skip())
		require.NoError(t, d.Tail())
	}
	require.Panics(t, func() { scripted.Value(struct{}{}) })
}

func TestServerTakesTheFirstOfItsOwnSubprotocolsThatIsOffered(t *testing.T) {
	asked := make(chan *scripted.Conn, 1)
	srv := scripted.New(t, func(c *scripted.Conn) { asked <- c; c.Serve(nil) }).UseProtocols("json", "cbor.2", "cbor", "shaped")
	for _, tc := range []struct {
		offered []string
		want    string
	}{
		{[]string{"shaped", "cbor.2", "cbor"}, "cbor.2"},
		{[]string{"shaped", "cbor"}, "cbor"},
		{[]string{"shaped"}, "shaped"},
		{[]string{"flatbuffers"}, ""},
	} {
		d := ws.Dialer{Protocols: tc.offered}
		nc, _, hs, err := d.Dial(t.Context(), "ws://"+srv.Addr()+"/rpc")
		require.NoError(t, err)
		require.Equal(t, tc.want, hs.Protocol)
		c := <-asked
		require.Equal(t, tc.offered, c.Offered())
		require.Equal(t, tc.want, c.Protocol())
		require.NoError(t, nc.Close())
	}
}

package rpc

import (
	"context"
	"fmt"
	"io"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql/internal/cbor"
	"github.com/surrealsql/surrealsql/internal/scripted"
	"github.com/surrealsql/surrealsql/internal/wire"
	"github.com/surrealsql/surrealsql/internal/ws"
)

// Requests, pipelines, and the replies that belong to them or do not.

func TestRequestCarriesMethodParamsAndTransaction(t *testing.T) {
	srv := scripted.New(t, echo)
	c := connect(t, srv)
	txn := TxnID{1, 2, 15: 0xFF}
	b := c.Start("query", txn, NoTrace, 2)
	b = cbor.AppendText(b, "SELECT $a")
	b = cbor.AppendMapHeader(b, 0)
	id := c.End(b)
	reply, err := c.RoundTrip(context.Background())
	require.NoError(t, err)
	require.Equal(t, id, reply.ID)
	require.Nil(t, reply.Err)
	require.Equal(t, scripted.Value("SELECT $a"), reply.Result)

	_, err = ask(context.Background(), c, "outside")
	require.NoError(t, err)
	got := srv.Requests()
	require.Equal(t, [][]byte{scripted.Value("SELECT $a"), {0xA0}}, got[0].Params)
	require.Equal(t, wire.AppendUUID(nil, txn), got[0].Txn)
	require.Equal(t, []byte{0xD8, 37, 0x50, 1, 2}, got[0].Txn[:5], "tag 37, 16 bytes")
	require.Nil(t, got[1].Txn)
	require.NotEqual(t, got[0].ID, got[1].ID)
}

func TestPipelineTakesItsRepliesInAnyOrder(t *testing.T) {
	srv := scripted.New(t, func(c *scripted.Conn) {
		var rs []scripted.Request
		for range 3 {
			rs = append(rs, c.Request())
		}
		slices.Reverse(rs)
		for _, r := range rs {
			if r.Text == "b" {
				c.ReplyError(r.ID, 1, "Thrown", "no "+r.Text)
			} else {
				c.Reply(r.ID, scripted.Value(r.Text))
			}
		}
		echo(c)
	})
	c := connect(t, srv)
	var ids []uint64
	for _, text := range []string{"a", "b", "c"} {
		ids = append(ids, query(c, text))
	}
	got := map[uint64]string{}
	require.NoError(t, c.Pipeline(context.Background(), func(r Reply) {
		if r.Err != nil {
			got[r.ID] = r.Err.Message
		} else {
			got[r.ID] = string(r.Result)
		}
	}))
	require.Equal(t, map[uint64]string{ids[0]: "\x61a", ids[1]: "no b", ids[2]: "\x61c"}, got)

	reply, err := ask(context.Background(), c, "again")
	require.NoError(t, err)
	require.Equal(t, scripted.Value("again"), reply.Result)
}

func TestDiscardNeitherSendsNorWaits(t *testing.T) {
	srv := scripted.New(t, echo)
	c := connect(t, srv)
	query(c, "first of a pipeline")
	_ = cbor.AppendText(c.Start("query", NoTxn, NoTrace, 1), "broken off")
	c.Discard()
	reply, err := ask(context.Background(), c, "kept")
	require.NoError(t, err)
	require.Equal(t, scripted.Value("kept"), reply.Result)
	require.Equal(t, []string{"kept"}, srv.Queries())
}

func TestReplyThatFitsNoRequestEndsTheConnection(t *testing.T) {
	for name, script := range map[string]func(*scripted.Conn, scripted.Request){
		"a foreign id":         func(c *scripted.Conn, r scripted.Request) { c.Reply(r.ID+1000, scripted.None) },
		"id 0":                 func(c *scripted.Conn, _ scripted.Request) { c.Reply(0, scripted.None) },
		"a negative id":        func(c *scripted.Conn, _ scripted.Request) { c.Message(message("id", -1, "result", nil)) },
		"an id that is a text": func(c *scripted.Conn, _ scripted.Request) { c.Message(message("id", "1", "result", nil)) },
		"an id with a tag": func(c *scripted.Conn, _ scripted.Request) {
			c.Message(message("id", scripted.Raw{0xC9, 1}, "result", nil))
		},
		"a foreign error":          func(c *scripted.Conn, r scripted.Request) { c.ReplyError(r.ID+1, 0, "", "no") },
		"neither result nor error": func(c *scripted.Conn, r scripted.Request) { c.Message(message("id", int(r.ID))) },
		"no map":                   func(c *scripted.Conn, _ scripted.Request) { c.Message(scripted.Value("hello")) },
		"an empty message":         func(c *scripted.Conn, _ scripted.Request) { c.Message(nil) },
		"truncated CBOR": func(c *scripted.Conn, r scripted.Request) {
			m := scripted.Result(r.ID, scripted.Value("hello"))
			c.Message(m[:len(m)-1])
		},
		"something after it": func(c *scripted.Conn, r scripted.Request) {
			c.Message(append(scripted.Result(r.ID, scripted.None), 0))
		},
		"too deep a nesting":    func(c *scripted.Conn, r scripted.Request) { c.Reply(r.ID, scripted.Nested(1_000_000)) },
		"a key that is no text": func(c *scripted.Conn, _ scripted.Request) { c.Message([]byte{0xA1, 1, 2}) },
		"a text message":        func(c *scripted.Conn, _ scripted.Request) { c.Write(scripted.Frame(scripted.OpText, []byte("{}"))) },
		"a masked frame": func(c *scripted.Conn, r scripted.Request) {
			c.Write(scripted.Masked(scripted.Result(r.ID, scripted.None)))
		},
	} {
		t.Run(name, func(t *testing.T) {
			srv := scripted.New(t, func(c *scripted.Conn) {
				script(c, c.Request())
				c.AwaitClose()
			})
			c := connect(t, srv)
			_, err := ask(context.Background(), c, "CREATE x")
			requireFailure(t, err, "read", true)
			require.True(t, c.Broken())
			srv.AwaitOpen(0)
			_, err = ask(context.Background(), c, "CREATE y")
			requireFailure(t, err, "write", false)
			require.ErrorIs(t, err, ws.ErrClosed)
		})
	}
}

// message is a map of alternating keys and values.
func message(pairs ...any) []byte {
	m := map[string]any{}
	for i := 0; i < len(pairs); i += 2 {
		m[pairs[i].(string)] = pairs[i+1]
	}
	return scripted.Value(m)
}

func TestReplyGivenTwiceEndsTheConnectionAtTheNextRequest(t *testing.T) {
	srv := scripted.New(t, func(c *scripted.Conn) {
		r := c.Request()
		c.Write(append(scripted.Binary(scripted.Result(r.ID, scripted.Value(1))), scripted.Binary(scripted.Result(r.ID, scripted.Value(2)))...))
		c.Serve(nil)
	})
	c := connect(t, srv)
	reply, err := ask(context.Background(), c, "a")
	require.NoError(t, err)
	require.Equal(t, scripted.Value(1), reply.Result)
	_, err = ask(context.Background(), c, "b")
	requireFailure(t, err, "read", true)
	require.ErrorContains(t, err, fmt.Sprintf("request %d, which is not in flight", reply.ID))
}

func TestErrorWithoutAnIDBelongsToTheOneRequestInFlight(t *testing.T) {
	for name, msg := range map[string][]byte{
		"no id": scripted.NamelessError(-32700, "Parse error"),
		"null":  message("id", nil, "error", map[string]any{"code": -32700, "message": "Parse error"}),
		"NONE":  message("id", scripted.None, "error", map[string]any{"code": -32700, "message": "Parse error"}),
	} {
		t.Run(name, func(t *testing.T) {
			srv := scripted.New(t, func(c *scripted.Conn) {
				c.Request()
				c.Message(msg)
				echo(c)
			})
			c := connect(t, srv)
			id := query(c, "a")
			reply, err := c.RoundTrip(context.Background())
			require.NoError(t, err)
			require.Equal(t, id, reply.ID)
			require.Equal(t, &ServerError{Code: -32700, Message: "Parse error"}, reply.Err)
			require.False(t, c.Broken())
			_, err = ask(context.Background(), c, "b")
			require.NoError(t, err)
		})
	}
}

func TestErrorWithoutAnIDAmongSeveralRequestsEndsTheConnection(t *testing.T) {
	srv := scripted.New(t, func(c *scripted.Conn) {
		c.Request()
		c.Message(scripted.NamelessError(-32700, "Parse error"))
		c.AwaitClose()
	})
	c := connect(t, srv)
	query(c, "a")
	query(c, "b")
	err := c.Pipeline(context.Background(), func(Reply) { t.Error("nobody's reply") })
	requireFailure(t, err, "read", true)
	require.ErrorContains(t, err, "2 requests in flight: Parse error")
	var refused *ServerError
	require.ErrorAs(t, err, &refused)
	require.True(t, c.Broken())
}

func TestNotificationsGoTheirOwnWay(t *testing.T) {
	srv := scripted.New(t, func(c *scripted.Conn) {
		r := c.Request()
		c.Message(scripted.Notification("one"))
		c.Message(message("id", nil, "result", "two", "session", nil))
		c.Reply(r.ID, scripted.Value("reply"))
		c.Message(scripted.Notification("three"))
		c.AwaitClose()
	})
	c := connect(t, srv)
	var got []string
	c.Notify = func(b []byte) { got = append(got, string(b[1:])) }
	reply, err := ask(context.Background(), c, "LIVE")
	require.NoError(t, err)
	require.Equal(t, scripted.Value("reply"), reply.Result)
	for len(got) < 3 {
		require.NoError(t, c.Poll(true))
	}
	require.Equal(t, []string{"one", "two", "three"}, got)
}

func TestNotificationsThatNobodyWantsAreDropped(t *testing.T) {
	srv := scripted.New(t, func(c *scripted.Conn) {
		c.Message(scripted.Notification("one"))
		echo(c)
	})
	c := connect(t, srv)
	reply, err := ask(context.Background(), c, "a")
	require.NoError(t, err)
	require.Equal(t, scripted.Value("a"), reply.Result)
}

func TestFailureOfALostConnectionSaysThatItWasSent(t *testing.T) {
	reply := func(r scripted.Request) []byte {
		return scripted.Binary(scripted.Result(r.ID, scripted.Value("hello")))
	}
	for name, tc := range map[string]struct {
		script func(*scripted.Conn)
		want   error
	}{
		"before it is read": {func(c *scripted.Conn) { c.Arrived(); c.Drop() }, io.ErrUnexpectedEOF},
		"after it is read":  {func(c *scripted.Conn) { c.Request(); c.Drop() }, io.ErrUnexpectedEOF},
		"by a reset":        {func(c *scripted.Conn) { c.Request(); c.Reset() }, syscall.ECONNRESET},
		"in a frame's head": {func(c *scripted.Conn) { c.Write(reply(c.Request())[:1]); c.Drop() }, io.ErrUnexpectedEOF},
		"in the reply":      {func(c *scripted.Conn) { c.Write(reply(c.Request())[:9]); c.Drop() }, io.ErrUnexpectedEOF},
		"between fragments": {func(c *scripted.Conn) {
			c.Request()
			c.Write(scripted.Fragment(scripted.OpBinary, []byte{0xA2}))
			c.Drop()
		}, io.ErrUnexpectedEOF},
		"by a Close frame": {func(c *scripted.Conn) { c.Request(); c.CloseFrame(1011, "x"); c.AwaitClose() }, &ws.CloseError{Code: 1011, Reason: "x"}},
	} {
		t.Run(name, func(t *testing.T) {
			srv := scripted.New(t, tc.script)
			c := connect(t, srv)
			_, err := ask(context.Background(), c, "CREATE x")
			requireFailure(t, err, "read", true)
			if want, ok := tc.want.(*ws.CloseError); ok {
				var gone *ws.CloseError
				require.ErrorAs(t, err, &gone)
				require.Equal(t, want, gone)
			} else {
				require.ErrorIs(t, err, tc.want)
			}
			require.True(t, c.Broken())
		})
	}
}

// A server whose memory is used up closes the connection in place of reading what has come.
// Which request that was the Close frame does not say, so it must be alone.
func TestFailureByACloseFrameForWantOfMemoryIsNotSentWhereTheRequestWasAlone(t *testing.T) {
	const words = "The server is unable to handle the request"
	for _, tc := range []struct {
		name     string
		requests int
		answered int
		code     uint16
		reason   string
		sent     bool
	}{
		{"one request", 1, 0, 1013, words, false},
		{"two requests", 2, 0, 1013, words, true},
		{"the last of two", 2, 1, 1013, words, false},
		{"another code", 1, 0, 1012, words, true},
		{"another reason", 1, 0, 1013, "Notifications were produced faster than this connection read them", true},
		{"no reason", 1, 0, 1013, "", true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			srv := scripted.New(t, func(c *scripted.Conn) {
				for n := range tc.requests {
					if r := c.Request(); n < tc.answered {
						c.Reply(r.ID, scripted.None)
					}
				}
				c.CloseFrame(tc.code, tc.reason)
				c.AwaitClose()
			})
			c := connect(t, srv)
			for range tc.requests {
				query(c, "x")
			}
			err := c.Pipeline(context.Background(), func(Reply) {})
			requireFailure(t, err, "read", tc.sent)
			require.Equal(t, tc.reason == words && tc.code == 1013, IsOutOfMemory(err))
			require.Equal(t, tc.name == "another reason", IsLagging(err))
		})
	}
}

// The server may have read the request and be running it when a later message is refused.
func TestFailureByACloseFrameIsSentWhereSomethingWasSentAfterTheRequest(t *testing.T) {
	c := &Conn{lastID: 2, waiting: []uint64{1}}
	require.False(t, c.unread(&ws.CloseError{Code: 1013, Reason: "The server is unable to handle the request"}))
}

func TestReplyThatIsSlowArrivesWhole(t *testing.T) {
	srv := scripted.New(t, func(c *scripted.Conn) {
		r := c.Request()
		c.Drip(scripted.Binary(scripted.Result(r.ID, scripted.Value("hello"))), time.Microsecond)
		c.AwaitClose()
	})
	c := connect(t, srv)
	reply, err := ask(context.Background(), c, "a")
	require.NoError(t, err)
	require.Equal(t, scripted.Value("hello"), reply.Result)
}

func TestCloseSendsACloseFrame(t *testing.T) {
	left := make(chan scripted.ClientEnd, 1)
	srv := scripted.New(t, func(c *scripted.Conn) { left <- c.AwaitClose() })
	c := connect(t, srv)
	require.NoError(t, c.Close(time.Now().Add(time.Second)))
	require.Equal(t, scripted.ClientEnd{Code: 1000, Err: io.EOF}, <-left)
	require.True(t, c.Broken())
	require.True(t, c.WebSocket().Broken())
}

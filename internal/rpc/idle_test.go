package rpc

import (
	"context"
	"io"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql/internal/scripted"
	"github.com/surrealsql/surrealsql/internal/ws"
)

// Pings and polls of an idle connection.

func TestPingIsAnsweredLater(t *testing.T) {
	answer := make(chan struct{})
	srv := scripted.New(t, func(c *scripted.Conn) {
		r := c.Request()
		c.Wait(answer)
		c.Answer(r)
		echo(c)
	})
	c := connect(t, srv)
	require.Zero(t, c.Unanswered())
	require.NoError(t, c.Ping())
	require.NoError(t, c.Ping(), "at most one is under way")
	require.NoError(t, c.Poll(true))
	require.Positive(t, c.Unanswered())
	close(answer)
	for c.Unanswered() > 0 {
		require.NoError(t, c.Poll(true))
	}
	require.Equal(t, 1, srv.Count("ping"))
	require.NoError(t, c.Ping(), "the next one may go")
	srv.AwaitCount("ping", 2)
}

func TestPingAnswerIsSkippedByARequest(t *testing.T) {
	srv := scripted.New(t, func(c *scripted.Conn) {
		ping, a := c.Request(), c.Request()
		c.Answer(ping)
		c.Reply(a.ID, scripted.Value("a"))
		ping, b := c.Request(), c.Request()
		c.Reply(b.ID, scripted.Value("b")) // the ping's answer comes after it
		c.Answer(ping)
		echo(c)
	})
	c := connect(t, srv)
	for _, text := range []string{"a", "b", "c"} {
		if text != "c" {
			require.NoError(t, c.Ping())
		}
		reply, err := ask(context.Background(), c, text)
		require.NoError(t, err)
		require.Equal(t, scripted.Value(text), reply.Result)
	}
	require.Zero(t, c.Unanswered())
}

func TestPingThatIsRefusedIsAnsweredAllTheSame(t *testing.T) {
	srv := scripted.New(t, func(c *scripted.Conn) {
		c.ReplyError(c.Request().ID, -32000, "NotAllowed", "The session has expired")
		echo(c)
	})
	c := connect(t, srv)
	require.NoError(t, c.Ping())
	for c.Unanswered() > 0 {
		require.NoError(t, c.Poll(true))
	}
	require.False(t, c.Broken())
}

func TestPollEndsAConnectionThatSaysWhatNobodyAsked(t *testing.T) {
	for name, tc := range map[string]struct {
		msg  []byte
		want string
	}{
		"a reply":         {scripted.Result(77, scripted.None), "request 77, which is not in flight"},
		"an error":        {scripted.NamelessError(0, "bye"), "0 requests in flight: bye"},
		"something else":  {[]byte{0xFF}, "unreadable"},
		"an empty object": {[]byte{0xA0}, "neither result nor error"},
	} {
		t.Run(name, func(t *testing.T) {
			srv := scripted.New(t, func(c *scripted.Conn) {
				c.Message(tc.msg)
				c.AwaitClose()
			})
			c := connect(t, srv)
			var err error
			for err == nil {
				err = c.Poll(true)
			}
			require.ErrorContains(t, err, tc.want)
			require.True(t, c.Broken())
			srv.AwaitOpen(0)
		})
	}
}

func TestPollNoticesThatTheServerLeft(t *testing.T) {
	srv := scripted.New(t, (*scripted.Conn).Drop)
	c := connect(t, srv)
	var err error
	for err == nil {
		err = c.Poll(false)
	}
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	require.True(t, c.Broken())
	require.ErrorIs(t, c.Ping(), ws.ErrClosed)
}

package rpc

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql/internal/cbor"
	"github.com/surrealsql/surrealsql/internal/scripted"
)

// Contexts that end before, during and after a request.

// atOnce is what a cancelled call may take on a loaded machine.
const atOnce = time.Second

func TestContextThatHasEndedSendsNothingAndCostsNothing(t *testing.T) {
	srv := scripted.New(t, echo)
	c := connect(t, srv)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := ask(ctx, c, "CREATE x")
	requireFailure(t, err, "write", false)
	require.ErrorIs(t, err, context.Canceled)
	require.False(t, c.Broken())

	reply, err := ask(context.Background(), c, "CREATE y")
	require.NoError(t, err)
	require.Equal(t, scripted.Value("CREATE y"), reply.Result)
	require.Equal(t, []string{"CREATE y"}, srv.Queries())
}

func TestCancelReturnsAtOnceAndClosesTheSocket(t *testing.T) {
	for name, behave := range map[string]func(c *scripted.Conn, read func()){
		"a server that never answers": func(c *scripted.Conn, read func()) { c.Request(); read() },
		"a server that never reads":   func(c *scripted.Conn, read func()) { c.Arrived(); read() },
		"a server that only pings": func(c *scripted.Conn, read func()) {
			c.Request()
			c.Ping("")
			c.AwaitPong()
			read()
		},
		"half a reply": func(c *scripted.Conn, read func()) {
			m := scripted.Binary(scripted.Result(c.Request().ID, scripted.Value("hello")))
			c.Write(m[:len(m)/2])
			read()
		},
		"a reply of one byte a millisecond": func(c *scripted.Conn, read func()) {
			c.Request()
			c.Write(scripted.Claim(scripted.OpBinary, 60_000))
			read()
			c.Drip(make([]byte, 60_000), time.Millisecond)
		},
		"half of a long reply": func(c *scripted.Conn, read func()) {
			c.Request()
			c.Write(scripted.Claim(scripted.OpBinary, 100_000_000))
			c.Write(make([]byte, 1_000_000))
			read()
		},
	} {
		t.Run(name, func(t *testing.T) {
			read := make(chan struct{})
			srv := scripted.New(t, func(c *scripted.Conn) {
				behave(c, func() { close(read) })
				c.AwaitClose()
			})
			c := connect(t, srv)
			reason := errors.New("the user went home")
			ctx, cancel := context.WithCancelCause(context.Background())
			failed := make(chan error, 1)
			go func() { _, err := ask(ctx, c, "CREATE x"); failed <- err }()
			<-read
			began := time.Now()
			cancel(reason)
			err := <-failed
			require.Less(t, time.Since(began), atOnce)
			requireFailure(t, err, "read", true)
			require.ErrorIs(t, err, context.Canceled)
			require.ErrorIs(t, err, reason)
			require.True(t, c.Broken())
			srv.AwaitOpen(0)
		})
	}
}

func TestCancelOfAWriteTellsThatSomeOfItLeft(t *testing.T) {
	arrived := make(chan struct{})
	srv := scripted.New(t, func(c *scripted.Conn) {
		c.Arrived()
		close(arrived)
		c.Stall()
	})
	c := connect(t, srv)
	ctx, cancel := context.WithCancel(context.Background())
	failed := make(chan error, 1)
	go func() {
		c.End(cbor.AppendBytes(c.Start("query", NoTxn, NoTrace, 1), make([]byte, 16<<20)))
		_, err := c.RoundTrip(ctx)
		failed <- err
	}()
	<-arrived
	began := time.Now()
	cancel()
	err := <-failed
	require.Less(t, time.Since(began), atOnce)
	requireFailure(t, err, "write", true)
	require.ErrorIs(t, err, context.Canceled)
	require.True(t, c.Broken())
}

func TestContextDeadlineIsADeadlineExceeded(t *testing.T) {
	srv := scripted.New(t, func(c *scripted.Conn) { c.AwaitClose() })
	c := connect(t, srv)
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Millisecond)
	defer cancel()
	_, err := ask(ctx, c, "a")
	requireFailure(t, err, "read", true)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.EqualError(t, err, "read: context deadline exceeded")
}

func TestCancelKeepsAReplyThatCameInTimeAndClosesTheSocket(t *testing.T) {
	srv := scripted.New(t, echo)
	c := connect(t, srv)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	query(c, "a")
	got := 0
	err := c.Pipeline(ctx, func(Reply) {
		got++
		cancel()
	})
	require.NoError(t, err)
	require.Equal(t, 1, got)
	require.True(t, c.Broken())
	srv.AwaitOpen(0)
}

func TestCancelBetweenTwoRepliesFailsThePipeline(t *testing.T) {
	srv := scripted.New(t, func(c *scripted.Conn) {
		c.Reply(c.Request().ID, scripted.None)
		c.AwaitClose()
	})
	c := connect(t, srv)
	ctx, cancel := context.WithCancel(context.Background())
	query(c, "a")
	query(c, "b")
	got := 0
	err := c.Pipeline(ctx, func(Reply) {
		got++
		cancel()
	})
	requireFailure(t, err, "read", true)
	require.Equal(t, 1, got)
}

func TestContextThatEndsAfterTheReplyDoesNoHarm(t *testing.T) {
	srv := scripted.New(t, echo)
	c := connect(t, srv)
	for range 100 {
		ctx, cancel := context.WithCancel(context.Background())
		_, err := ask(ctx, c, "a")
		require.NoError(t, err)
		cancel()
	}
	require.False(t, c.Broken())
	require.Equal(t, 100, srv.Count("query"))
}

func TestAbortFromAnotherGoroutineEndsARoundTrip(t *testing.T) {
	srv := scripted.New(t, func(c *scripted.Conn) { c.AwaitClose() })
	c := connect(t, srv)
	failed := make(chan error, 1)
	go func() { _, err := ask(context.Background(), c, "a"); failed <- err }()
	srv.AwaitCount("query", 1)
	c.Abort()
	requireFailure(t, <-failed, "read", true)
}

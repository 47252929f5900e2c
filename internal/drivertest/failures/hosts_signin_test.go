package failures

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/scripted"
)

// Hosts that take a connection, and then say nothing.

// mute is a server that upgrades, and answers no sign-in.
func mute(t *testing.T) *scripted.Server {
	return scripted.New(t, func(c *scripted.Conn) {
		for {
			c.Request()
		}
	})
}

func TestHostThatIsSilentAtTheSignInIsNotWaitedFor(t *testing.T) {
	t.Parallel()
	silent, quick := mute(t), serving(t)
	var hooks atomic.Int64
	c := connectorOf(t, across([]*scripted.Server{silent, quick}, "connect_timeout=60s"), func(cfg *surrealsql.Config) {
		cfg.AfterConnect = func(context.Context, *surrealsql.Conn) error { hooks.Add(1); return nil }
	})
	began := time.Now()
	connecting(t, c)
	require.Less(t, time.Since(began), 20*time.Second, "an equal share of connect_timeout is 30 s")
	require.Equal(t, []int{1, 1}, []int{silent.Connections(), quick.Connections()})
	silent.AwaitOpen(0)
	began = time.Now()
	connecting(t, c)
	require.Less(t, time.Since(began), 20*time.Second)
	require.Equal(t, []int{1, 2}, []int{silent.Connections(), quick.Connections()}, "it is left alone")
	require.EqualValues(t, 2, hooks.Load())
}

func TestHostsThatAreSignedInAtOnceAreSetUpOneAfterTheOther(t *testing.T) {
	t.Parallel()
	answer := make(chan struct{})
	var first, second *scripted.Server
	late := func(c *scripted.Conn) {
		r := c.Request()
		c.Wait(answer)
		c.Answer(r)
		c.Serve(nil)
	}
	first, second = scripted.New(t, late), scripted.New(t, late)
	var setUp atomic.Int64
	c := connectorOf(t, across([]*scripted.Server{first, second}, "connect_timeout=60s"), func(cfg *surrealsql.Config) {
		cfg.Schema, cfg.Init, cfg.NoTokenReuse = "DEFINE TABLE a", []string{"RETURN 1"}, true
		cfg.AfterConnect = func(context.Context, *surrealsql.Conn) error { setUp.Add(1); return nil }
	})
	go func() {
		second.AwaitCount("signin", 1)
		close(answer)
	}()
	connecting(t, c)
	require.EqualValues(t, 1, setUp.Load())
	require.Len(t, append(first.Queries(), second.Queries()...), 2, "the schema and Init, once each")
}

func TestHostThatRefusesThePasswordIsTheLastThoughAnotherIsSilent(t *testing.T) {
	t.Parallel()
	silent := mute(t)
	strict := scripted.New(t, func(c *scripted.Conn) {
		c.ReplyError(c.Request().ID, -32002, "NotAllowed", "There was a problem with authentication")
		c.Serve(nil)
	})
	began := time.Now()
	_, err := connectorOf(t, across([]*scripted.Server{silent, strict}, "connect_timeout=60s")).Connect(t.Context())
	require.True(t, surrealsql.IsAuth(err), err)
	require.Less(t, time.Since(began), 20*time.Second)
}

func TestHostsThatAreAllSilentAtTheSignInAreNamed(t *testing.T) {
	t.Parallel()
	silent := []*scripted.Server{mute(t), mute(t)}
	_, err := connectorOf(t, across(silent, "connect_timeout=3s&connect_attempts=1")).Connect(t.Context())
	for _, srv := range silent {
		require.ErrorContains(t, err, srv.Addr())
		srv.AwaitOpen(0)
	}
}

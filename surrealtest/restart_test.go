package surrealtest_test

import (
	"context"
	"errors"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql/surrealtest"
)

// While a server is down its port is free, and the system may lend it to anybody.

func TestRestartWaitsForItsPortToBeGivenBack(t *testing.T) {
	t.Parallel()
	s, err := surrealtest.Start(t.Context(), surrealtest.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Close() })
	require.NoError(t, s.Stop())

	squatter, err := net.Listen("tcp", s.Addr(0))
	require.NoError(t, err)
	restarted := make(chan error, 1)
	go func() { restarted <- s.Restart(t.Context()) }()
	select {
	case err := <-restarted:
		t.Fatalf("restarted on a port that is taken: %v", err)
	case <-time.After(500 * time.Millisecond):
	}
	require.NoError(t, squatter.Close())
	require.NoError(t, <-restarted)
}

func TestRestartOnPortThatStaysTakenSaysSo(t *testing.T) {
	t.Parallel()
	s, err := surrealtest.Start(t.Context(), surrealtest.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Close() })
	require.NoError(t, s.Stop())

	squatter, err := net.Listen("tcp", s.Addr(0))
	require.NoError(t, err)
	defer squatter.Close()
	// It tries nine times, which a busy machine may not have done by then: its first try may
	// even be under way still.
	for _, patience := range []time.Duration{3 * time.Second, 12 * time.Second, 48 * time.Second} {
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		err = s.Restart(ctx)
		cancel()
		if !errors.Is(err, context.DeadlineExceeded) {
			break
		}
	}
	require.ErrorContains(t, err, "ddress")
}

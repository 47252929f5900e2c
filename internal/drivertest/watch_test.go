package drivertest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// What tells of tests that hang.

func TestHangIsToldOfByTheNameOfItsTest(t *testing.T) {
	t.Parallel()
	const limit = 200 * time.Millisecond
	var w watched
	stop := make(chan struct{})
	hung := make(chan []string, 1)
	go func() { hung <- w.look(stop, time.Millisecond, limit) }()
	w.watch(t)
	for range 5 {
		t.Run("it ends", func(t *testing.T) { w.watch(t) })
		time.Sleep(limit / 5)
	}
	t.Run("it hangs", func(t *testing.T) {
		w.watch(t)
		w.watch(t)
		began := time.Now()
		require.Equal(t, []string{"TestHangIsToldOfByTheNameOfItsTest", t.Name()}, Receive(t, hung, "the names"))
		require.GreaterOrEqual(t, time.Since(began), limit*9/10, "from the last that came or went")
	})
	require.Equal(t, []string{t.Name()}, w.names())

	go func() { hung <- w.look(stop, time.Millisecond, time.Hour) }()
	close(stop)
	require.Empty(t, Receive(t, hung, "the end"))
}

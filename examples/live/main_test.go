package main

import (
	"bufio"
	"bytes"
	"context"
	"flag"
	"io"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/surrealsql/surrealsql/surrealtest"
)

// The program from its arguments to its end.

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// lines is what a program prints, which a test reads while it runs.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// started runs the program until stop is called, which returns how it ended.
func started(t *testing.T, args ...string) (out *lines, url string, stop func() error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	out = new(lines)
	ended := make(chan error, 1)
	go func() { ended <- program(ctx, append([]string{"-listen", "127.0.0.1:0"}, args...), out, io.Discard) }()
	stop = sync.OnceValue(func() error { cancel(); return <-ended })
	t.Cleanup(func() { _ = stop() })
	address := regexp.MustCompile(`http://\S+`)
	require.Eventually(t, func() bool {
		url = address.FindString(out.String())
		return url != "" || len(ended) > 0
	}, time.Minute, time.Millisecond)
	if url == "" {
		t.Fatal("the program ended early:", stop())
	}
	return out, url, stop
}

func TestProgramPrintsWhatItWritesAndWhatTheLiveQueryTells(t *testing.T) {
	t.Parallel()
	out, _, stop := started(t, "-dsn", surrealtest.DSN(t), "-every", "5ms")
	for _, line := range []string{"BEGUN ", "written ", "CREATE ", "UPDATE ", "DELETE "} {
		require.Eventually(t, func() bool { return strings.Contains(out.String(), "\n"+line) }, time.Minute, time.Millisecond, line)
	}
	require.NoError(t, stop())
}

func TestSecondProgramSeesWhatTheFirstWrites(t *testing.T) {
	t.Parallel()
	dsn := surrealtest.DSN(t)
	_, _, _ = started(t, "-dsn", dsn, "-every", "10ms")
	out, _, stop := started(t, "-dsn", dsn, "-write=false")
	require.Eventually(t, func() bool { return strings.Contains(out.String(), "\nUPDATE ") }, time.Minute, time.Millisecond)
	require.NoError(t, stop())
	require.NotContains(t, out.String(), "\nwritten ")
}

func TestProgramEndsWithItsContextStreamsIncluded(t *testing.T) {
	t.Parallel()
	_, url, stop := started(t, "-dsn", surrealtest.DSN(t), "-every", "10ms")
	events := open(t, url+"events")
	_, err := bufio.NewReader(events).ReadString('\n')
	require.NoError(t, err)
	began := time.Now()
	require.NoError(t, stop())
	require.Less(t, time.Since(began), shutdownTimeout)
	_, _ = io.Copy(io.Discard, events) // it returns, because the stream has ended
}

func TestArgumentsThatAreWrongAreErrors(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{
		{"-every", "0s"},
		{"-dsn", "postgres://x"},
		{"-dsn", "surrealdb://127.0.0.1:1/a/b"},
		{"-listen", "nowhere:x", "-dsn", surrealtest.DSN(t)},
	} {
		require.Error(t, program(t.Context(), args, io.Discard, io.Discard), args)
	}
	require.ErrorIs(t, program(t.Context(), []string{"-help"}, io.Discard, io.Discard), flag.ErrHelp)
}

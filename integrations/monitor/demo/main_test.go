package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"iter"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/surrealsql/surrealsql/surrealtest"
)

// The program from its arguments to its end.

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// started runs the program, and returns where its page is and how it ended.
func started(t *testing.T, args ...string) (url string, stop func() error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	out, in := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		err := program(ctx, append([]string{"-listen", "127.0.0.1:0"}, args...), in, io.Discard)
		ended <- err
		in.CloseWithError(err)
	}()
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if m := regexp.MustCompile(`http://\S+`).FindString(lines.Text()); m != "" {
			url = m
			break
		}
	}
	stop = func() error {
		cancel()
		return <-ended
	}
	if url == "" {
		t.Fatal("the program ended early:", stop())
	}
	return url, stop
}

func TestProgramShowsItsLoadAndEndsWithItsContextStreamsIncluded(t *testing.T) {
	t.Parallel()
	url, stop := started(t, "-dsn", surrealtest.DSN(t), "-every", "10ms")
	events := open(t, url+"events")
	for s := range samples(t, events) {
		if s.begun() != "0" && s.Held+s.Idle > 0 {
			break // the load has leased connections
		}
	}
	began := time.Now()
	require.NoError(t, stop())
	require.Less(t, time.Since(began), shutdownTimeout)
	_, _ = io.Copy(io.Discard, events) // it returns, because the stream has ended
}

func TestPoolIsIdleWithoutALoad(t *testing.T) {
	t.Parallel()
	url, stop := started(t, "-dsn", surrealtest.DSN(t), "-load=false", "-every", "5ms")
	n := 0
	for s := range samples(t, open(t, url+"events")) {
		require.Equal(t, "0", s.begun())
		if n++; n == 10 {
			break
		}
	}
	require.NoError(t, stop())
}

func TestArgumentsThatAreWrongAreErrors(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{
		{"-every", "0s"},
		{"-dsn", "postgres://x"},
		{"-listen", "nowhere:x", "-dsn", "surrealdb://127.0.0.1:1/a/b"},
	} {
		require.Error(t, program(t.Context(), args, io.Discard, io.Discard), args)
	}
	require.True(t, errors.Is(program(t.Context(), []string{"-help"}, io.Discard, io.Discard), flag.ErrHelp))
}

// sample is what the test reads of a sample.
type sample struct {
	Held, Idle int
	Groups     []struct {
		Rows []struct{ Label, Value string }
	}
}

// begun is how many leases have begun, as the page shows it.
func (s sample) begun() string { return s.Groups[0].Rows[0].Value }

// samples are those of a stream of events, until it ends.
func samples(t *testing.T, events io.Reader) iter.Seq[sample] {
	return func(yield func(sample) bool) {
		lines := bufio.NewScanner(events)
		lines.Buffer(nil, 1<<20)
		kind := ""
		for lines.Scan() {
			name, value, _ := strings.Cut(lines.Text(), ": ")
			switch {
			case name == "event":
				kind = value
			case name == "data" && kind == "sample":
				var s sample
				require.NoError(t, json.Unmarshal([]byte(value), &s))
				if !yield(s) {
					return
				}
			}
		}
	}
}

// open sends a GET and returns the body, which is closed with the test.
func open(t *testing.T, url string) io.Reader {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	require.NoError(t, err)
	res, err := client.Do(req)
	require.NoError(t, err)
	t.Cleanup(func() { _ = res.Body.Close() })
	require.Equal(t, http.StatusOK, res.StatusCode)
	return res.Body
}

package surrealmonitor

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"iter"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/surrealsql/surrealsql/pool"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// What comes over HTTP: the page, its files and the events.

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// opened is a pool with one connection held, which counts as leaked soon.
func opened(t *testing.T) *pool.Pool {
	t.Helper()
	p, err := pool.Open(t.Context(), surrealtest.DSN(t), func(s *pool.Settings) {
		s.Min, s.Max, s.LeakAfter = 2, 2, time.Millisecond
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, p.Close()) })
	conn, err := p.DB().Conn(t.Context())
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	return p
}

// served watches the pool and serves its page, until the test ends.
func served(t *testing.T, w *watcher) (url string) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		w.run(ctx)
	}()
	srv := httptest.NewServer(routes(w, "a <server>"))
	t.Cleanup(func() {
		srv.CloseClientConnections()
		srv.Close()
		cancel()
		<-done
	})
	return srv.URL + "/"
}

// event is one of the stream.
type event struct{ kind, data string }

func eventsIn(body io.Reader) iter.Seq[event] {
	return func(yield func(event) bool) {
		var e event
		lines := bufio.NewScanner(body)
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			name, value, _ := strings.Cut(lines.Text(), ": ")
			switch name {
			case "event":
				e.kind = value
			case "data":
				e.data = value
			case "":
				if !yield(e) {
					return
				}
			}
		}
	}
}

func samples(t *testing.T, body io.Reader) iter.Seq[sample] {
	return func(yield func(sample) bool) {
		for e := range eventsIn(body) {
			var s sample
			if e.kind != "sample" {
				continue
			}
			require.NoError(t, json.Unmarshal([]byte(e.data), &s))
			if !yield(s) {
				return
			}
		}
	}
}

func TestEventsBeginWithTheHistoryAreJSONAndEndWithTheClient(t *testing.T) {
	t.Parallel()
	w := newWatcher(opened(t), 5*time.Millisecond)
	url := served(t, w)
	require.Eventually(t, func() bool { return w.now().At > 0 && len(w.history()) > 3 }, 5*time.Second, time.Millisecond)

	ctx, leave := context.WithCancel(t.Context())
	defer leave()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"events", nil)
	require.NoError(t, err)
	res, err := http.DefaultTransport.RoundTrip(req)
	require.NoError(t, err)
	defer res.Body.Close()
	require.Equal(t, "text/event-stream", res.Header.Get("Content-Type"))
	var kinds []string
	for e := range eventsIn(res.Body) {
		require.True(t, json.Valid([]byte(e.data)), e.data)
		if kinds = append(kinds, e.kind); len(kinds) == 4 {
			break
		}
	}
	require.Equal(t, []string{"history", "sample", "sample", "sample"}, kinds)
	leave()
	require.Eventually(t, func() bool { return w.readers() == 0 }, 5*time.Second, time.Millisecond)
}

func TestSampleHasTheNumbersAndTheLeakWithItsStack(t *testing.T) {
	t.Parallel()
	url := served(t, newWatcher(opened(t), 5*time.Millisecond))
	for s := range samples(t, open(t, url+"events")) {
		require.Equal(t, 1, s.Held)
		require.Equal(t, 1, s.Idle)
		if len(s.Leaks) == 1 {
			require.Contains(t, s.Leaks[0].Stack, "monitor.opened")
			return
		}
	}
	t.Fatal("the stream ended")
}

func TestPageHasTheNumbersWithoutJavaScript(t *testing.T) {
	t.Parallel()
	p := opened(t)
	require.Eventually(t, func() bool { return len(p.Leaks()) == 1 }, 5*time.Second, time.Millisecond)
	page, err := io.ReadAll(open(t, served(t, newWatcher(p, time.Hour))))
	require.NoError(t, err)
	require.Contains(t, string(page), `<b id="held">1</b> in use`)
	require.Contains(t, string(page), `<dt>made</dt><dd>2</dd>`)
	require.Contains(t, string(page), `monitor.opened`)
	require.Contains(t, string(page), `a &lt;server&gt;`)
	require.Contains(t, string(page), `content="width=device-width, initial-scale=1"`)
}

func TestPageLoadsNothingFromElsewhere(t *testing.T) {
	t.Parallel()
	handler := routes(newWatcher(opened(t), time.Hour), "a server")
	for path, kind := range map[string]string{"/": "text/html", "/style.css": "text/css", "/monitor.js": "text/javascript"} {
		rec := httptest.NewRecorder()
		handler.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, path, nil))
		require.Equal(t, http.StatusOK, rec.Code)
		require.Contains(t, rec.Header().Get("Content-Type"), kind)
		require.Contains(t, rec.Header().Get("Content-Security-Policy"), "default-src 'self'")
		require.NotRegexp(t, `(src|href)="(https?:)?//`, rec.Body.String())
	}
	rec := httptest.NewRecorder()
	handler.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/page/index.html", nil))
	require.Equal(t, http.StatusNotFound, rec.Code)
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

package surrealmonitor

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql/pool"
)

// The monitor as a program has it: under a path of its own, until it is closed.

// routesOf are what a program serves beside its own pages.
func routesOf(p *pool.Pool) (*http.ServeMux, *Monitor) {
	monitor := New(p, Settings{Name: "orders", Every: time.Millisecond})
	mux := http.NewServeMux()
	mux.Handle("/debug/pool/", http.StripPrefix("/debug/pool", monitor))
	return mux, monitor
}

func TestMonitorIsServedUnderAPathAndEndsItsStreams(t *testing.T) {
	t.Parallel()
	mux, monitor := routesOf(opened(t))
	srv := httptest.NewServer(mux)
	defer srv.Close()
	page, err := io.ReadAll(open(t, srv.URL+"/debug/pool")) // and is led to /debug/pool/
	require.NoError(t, err)
	require.Contains(t, string(page), "orders, looked at every 1ms")
	for _, file := range []string{"style.css", "monitor.js"} {
		require.Contains(t, string(page), `"`+file+`"`)
		_, err := io.ReadAll(open(t, srv.URL+"/debug/pool/"+file))
		require.NoError(t, err)
	}
	events := open(t, srv.URL+"/debug/pool/events")
	seen := 0
	for lines := bufio.NewScanner(events); seen < 3 && lines.Scan(); {
		if strings.HasPrefix(lines.Text(), "event: sample") {
			seen++
		}
	}
	require.Equal(t, 3, seen)
	require.NoError(t, monitor.Close())
	_, err = io.Copy(io.Discard, events) // the stream has ended
	require.NoError(t, err)
	_, err = io.Copy(io.Discard, open(t, srv.URL+"/debug/pool/events"))
	require.NoError(t, err, "and a later one does at once")
	require.NoError(t, monitor.Close())
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	require.NoError(t, srv.Config.Shutdown(ctx))
}

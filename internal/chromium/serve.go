//go:build browser

package chromium

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// A page as it is served to the browser, which looks at it when it is loaded: so it loads a script
// that comes late.

const (
	waiting = "/waiting" // the page, which waits
	phone   = "/phone"   // the page in a frame as wide as a phone

	phoneWidth = 360
)

// shown is how long the browser has to show what has come.
const shown = 700 * time.Millisecond

// Serve serves a program's pages until the test ends. What the browser is to see has happened
// when ready returns, whose context ends when the browser goes.
func Serve(t *testing.T, pages http.Handler, ready func(context.Context)) (url string) {
	t.Helper()
	mux := http.NewServeMux()
	mux.Handle("/", pages)
	mux.HandleFunc(waiting, func(rw http.ResponseWriter, r *http.Request) {
		rec := httptest.NewRecorder()
		pages.ServeHTTP(rec, httptest.NewRequestWithContext(r.Context(), http.MethodGet, "/", nil))
		rw.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = rw.Write(rec.Body.Bytes())
		_, _ = io.WriteString(rw, `<script src="/wait.js" async></script>`)
	})
	mux.HandleFunc(phone, func(rw http.ResponseWriter, _ *http.Request) { fmt.Fprintf(rw, frame, phoneWidth) })
	mux.HandleFunc("/wait.js", func(rw http.ResponseWriter, r *http.Request) {
		ready(r.Context())
		Pause(r.Context(), shown)
		rw.Header().Set("Content-Type", "text/javascript")
		_, _ = io.WriteString(rw, "if (window.measure) measure();")
	})
	srv := httptest.NewServer(mux)
	t.Cleanup(func() {
		srv.CloseClientConnections()
		srv.Close()
	})
	return srv.URL
}

// frame shows the page in a frame, and how wide it is in there with all that can be unfolded.
const frame = `<!DOCTYPE html><body><iframe id="frame" src="/" width="%d" height="740"></iframe><p id="width"></p>
<script>function measure() {
	const page = document.getElementById("frame").contentDocument;
	page.querySelectorAll("details").forEach((d) => { d.open = true; });
	document.getElementById("width").textContent = page.documentElement.scrollWidth;
}</script><script src="/wait.js" async></script></body>`

// Pause waits, unless the browser has gone.
func Pause(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

// Until waits until something holds, unless the browser has gone.
func Until(ctx context.Context, holds func() bool) {
	for !holds() && ctx.Err() == nil {
		Pause(ctx, 10*time.Millisecond)
	}
}

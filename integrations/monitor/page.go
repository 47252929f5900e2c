package surrealmonitor

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"html/template"
	"net/http"
	"time"
)

// The page over HTTP: itself, its two files and its stream of events.

//go:embed page
var files embed.FS

var index = template.Must(template.ParseFS(files, "page/index.html"))

// writeTimeout is how long a page may take to read one event.
const writeTimeout = 10 * time.Second

// routes are the page, its files and its events.
func routes(w *watcher, name string) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(rw http.ResponseWriter, _ *http.Request) { showPage(rw, w, name) })
	mux.HandleFunc("GET /events", func(rw http.ResponseWriter, r *http.Request) { stream(rw, r, w) })
	for _, file := range []string{"style.css", "monitor.js"} {
		mux.HandleFunc("GET /"+file, func(rw http.ResponseWriter, r *http.Request) {
			http.ServeFileFS(rw, r, files, "page/"+file)
		})
	}
	return guarded(mux)
}

// guarded lets the page load nothing from elsewhere, and nobody else frame it.
func guarded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		h := rw.Header()
		h.Set("Content-Security-Policy", "default-src 'self'; img-src data:; frame-ancestors 'self'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cache-Control", "no-store")
		next.ServeHTTP(rw, r)
	})
}

// showPage writes the page with the numbers of this moment, which it also has
// without JavaScript.
func showPage(rw http.ResponseWriter, w *watcher, name string) {
	var page bytes.Buffer
	err := index.Execute(&page, struct {
		Server string
		Every  time.Duration
		Now    sample
	}{name, w.every, w.now()})
	if err != nil {
		http.Error(rw, err.Error(), http.StatusInternalServerError)
		return
	}
	rw.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = page.WriteTo(rw) // who has gone needs no page
}

// stream sends the history, the newest sample and each further one, until the
// page has gone, does not read, or the program ends.
func stream(rw http.ResponseWriter, r *http.Request, w *watcher) {
	points, last, page := w.subscribe()
	defer w.unsubscribe(page)
	rw.Header().Set("Content-Type", "text/event-stream")
	rw.Header().Set("X-Accel-Buffering", "no") // a proxy would wait for more
	if send(rw, "history", points) != nil || send(rw, "sample", last) != nil {
		return
	}
	for {
		select {
		case s, ok := <-page:
			if !ok || send(rw, "sample", s) != nil {
				return
			}
		case <-r.Context().Done():
			return
		}
	}
}

// send writes one event, and sees that it leaves.
func send(rw http.ResponseWriter, event string, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	control := http.NewResponseController(rw)
	_ = control.SetWriteDeadline(time.Now().Add(writeTimeout)) // a recorder in a test has none
	if _, err := fmt.Fprintf(rw, "event: %s\ndata: %s\n\n", event, data); err != nil {
		return err
	}
	return control.Flush()
}

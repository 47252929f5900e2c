package main

import (
	"bytes"
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/surrealsql/surrealsql"
)

// The page over HTTP: itself, its two files, its stream of events, and its form.

//go:embed page
var files embed.FS

var index = template.Must(template.New("index.html").Funcs(template.FuncMap{
	"clock": func(t time.Time) string { return t.Local().Format("15:04:05") },
}).ParseFS(files, "page/index.html"))

const (
	// writeTimeout is how long a browser may take to read one event. Until then its live query
	// waits in memory (live_buffer_size), and no other one with it.
	writeTimeout = 10 * time.Second
	// heartbeat is the longest silence: a browser that has gone is found out by it.
	heartbeat = 15 * time.Second
)

// routes are the page, its files, its events and its form.
func (k *kitchen) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", k.showPage)
	mux.HandleFunc("GET /events", k.stream)
	mux.HandleFunc("POST /tickets", k.order)
	for _, file := range []string{"style.css", "live.js"} {
		mux.HandleFunc("GET /"+file, func(rw http.ResponseWriter, r *http.Request) {
			http.ServeFileFS(rw, r, files, "page/"+file)
		})
	}
	return guarded(http.NewCrossOriginProtection().Handler(mux))
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

// whereOf is the kitchen that a request asks for: "" is all.
func whereOf(r *http.Request) string {
	where := r.FormValue("kitchen")
	if slices.Contains(kitchens, where) {
		return where
	}
	return ""
}

// showPage writes the page with the tickets of this moment, which it also has without JavaScript.
func (k *kitchen) showPage(rw http.ResponseWriter, r *http.Request) {
	where := whereOf(r)
	all, err := k.tickets(r.Context(), where)
	if err != nil {
		k.failed(rw, err)
		return
	}
	type column struct {
		State   string
		Tickets []ticket
	}
	var columns []column
	for _, state := range states {
		of := column{State: state}
		for _, t := range all {
			if t.State == state {
				of.Tickets = append(of.Tickets, t)
			}
		}
		columns = append(columns, of)
	}
	var page bytes.Buffer
	err = index.Execute(&page, map[string]any{"Where": where, "Columns": columns, "Kitchens": kitchens, "Dishes": dishes})
	if err != nil {
		k.failed(rw, err)
		return
	}
	rw.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = page.WriteTo(rw) // who has gone needs no page
}

// stream has a browser follow the tickets, until it has gone, does not read, or the program
// ends. It then comes again by itself, and is told what there is.
func (k *kitchen) stream(rw http.ResponseWriter, r *http.Request) {
	rw.Header().Set("Content-Type", "text/event-stream")
	rw.Header().Set("X-Accel-Buffering", "no") // a proxy would wait for more
	ctx, cancel := context.WithCancel(r.Context())
	updates := make(chan update) // hands over one by one: what waits, waits in the driver
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		err := k.follow(ctx, whereOf(r), func(u update) error {
			select {
			case updates <- u:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
		if err != nil && ctx.Err() == nil {
			k.printf("live: a browser's live query: %v", err)
		}
	}()
	defer func() { cancel(); <-ended }() // the handler leaves no live query behind
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	for {
		var err error
		select {
		case u := <-updates:
			err = sendUpdate(rw, u)
		case <-beat.C:
			err = send(rw, ": here\n\n")
		case <-ended:
			return
		}
		if err != nil {
			return
		}
	}
}

// sendUpdate writes an update as an event: "all" with the tickets, or "change" with one.
func sendUpdate(rw http.ResponseWriter, u update) error {
	event, v := "all", any(u.all)
	if u.all == nil {
		event, v = "change", struct {
			Action surrealsql.Action `json:"action"`
			Ticket ticket            `json:"ticket"`
		}{u.action, u.ticket}
	}
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return send(rw, fmt.Sprintf("event: %s\ndata: %s\n\n", event, data))
}

// send writes a piece of the stream, and sees that it leaves.
func send(rw http.ResponseWriter, text string) error {
	control := http.NewResponseController(rw)
	if err := control.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
		return err
	}
	if _, err := rw.Write([]byte(text)); err != nil {
		return err
	}
	return control.Flush()
}

// maxForm is how long a form may be, in bytes.
const maxForm = 4096

// order writes the ticket of the form, and sends a browser without JavaScript back to the page.
func (k *kitchen) order(rw http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(rw, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		http.Error(rw, err.Error(), http.StatusBadRequest)
		return
	}
	dish, note := strings.TrimSpace(r.PostFormValue("dish")), strings.TrimSpace(r.PostFormValue("note"))
	where := r.PostFormValue("kitchen")
	if dish == "" || len(dish) > 60 || len(note) > 120 || !slices.Contains(kitchens, where) {
		http.Error(rw, "a ticket has a dish of 60 bytes at most, a note of 120 and a kitchen", http.StatusBadRequest)
		return
	}
	if err := k.place(r.Context(), dish, note, where); err != nil {
		k.failed(rw, err)
		return
	}
	http.Redirect(rw, r, "/", http.StatusSeeOther)
}

// failed says that the database did not answer. What it said is for the terminal alone.
func (k *kitchen) failed(rw http.ResponseWriter, err error) {
	k.printf("live: %v", err)
	http.Error(rw, "the database does not answer", http.StatusBadGateway)
}

package surrealhealth

// The answers over HTTP.

import (
	"encoding/json"
	"net/http"
)

// Live says that the program lives, as long as it answers at all: 200 and {"status":"ok"}. It
// does not ask the database.
func (h *Health) Live() http.Handler {
	return answer(func(*http.Request) (any, int) {
		return struct {
			Status string `json:"status"`
		}{ok}, http.StatusOK
	})
}

// Ready says whether the program is ready: 200, or 503 where the database cannot be reached
// within the Timeout, or after Stop. The body is a [Report].
func (h *Health) Ready() http.Handler {
	return answer(func(r *http.Request) (any, int) {
		report := h.Check(r.Context())
		if report.Status != ok {
			return report, http.StatusServiceUnavailable
		}
		return report, http.StatusOK
	})
}

// answer serves GET and HEAD by JSON that nobody may keep.
func answer(ask func(*http.Request) (body any, code int)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, http.StatusText(http.StatusMethodNotAllowed), http.StatusMethodNotAllowed)
			return
		}
		body, code := ask(r)
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.WriteHeader(code)
		if r.Method == http.MethodGet {
			_ = json.NewEncoder(w).Encode(body) // who has gone needs no answer
		}
	})
}

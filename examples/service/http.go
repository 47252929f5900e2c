package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/trace"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/pool"
)

// The API over HTTP: its routes, and what they have in common.

const (
	requestTimeout = 30 * time.Second // of what is no stream
	maxBody        = 64 << 10         // of a request, in bytes
	statusGone     = 499              // for logs and metrics: the client has gone, or was cut off at the end
)

// routes are those of the API. All but signing up and in are for users.
func (s *service) routes() http.Handler {
	mux := http.NewServeMux()
	open := func(pattern string, h handler) { mux.Handle(pattern, s.inShop(bounded(h))) }
	user := func(pattern string, h handler) { mux.Handle(pattern, s.inShop(s.asUser(bounded(h)))) }
	export := func(pattern string, h handler) { mux.Handle(pattern, s.inShop(s.asUser(h))) }

	open("POST /shops/{shop}/users", s.signUp)
	open("POST /shops/{shop}/sessions", s.signIn)
	open("POST /shops/{shop}/sessions/refresh", s.refresh)
	user("GET /shops/{shop}/me", s.me)
	user("GET /shops/{shop}/products", s.listProducts)
	user("PUT /shops/{shop}/products/{sku}", s.putProduct)
	user("GET /shops/{shop}/orders", s.listOrders)
	user("GET /shops/{shop}/orders/{id}", s.getOrder)
	user("PUT /shops/{shop}/orders/{id}", s.placeOrder)
	user("POST /shops/{shop}/orders/{id}/shipment", s.shipOrder)
	mux.Handle("GET /shops/{shop}/events", s.inShop(s.events)) // finds out by itself who asks
	export("GET /shops/{shop}/export/products.csv", s.exportProducts)
	export("GET /shops/{shop}/export/orders.ndjson", s.exportOrders)
	return otelhttp.NewHandler(s.logged(mux), "request", otelhttp.WithTracerProvider(s.traces),
		otelhttp.WithMeterProvider(noop.NewMeterProvider())) // Prometheus has them
}

// handler is an http.HandlerFunc that may fail; s.inShop answers with its error.
type handler func(http.ResponseWriter, *http.Request) error

// problem is an error that is the client's: its text is the answer.
type problem struct {
	status int
	text   string
}

func (p problem) Error() string { return p.text }

// shopKey is the key of the request's shop in its context.
type shopKey struct{}

func shopOf(r *http.Request) *shop { return r.Context().Value(shopKey{}).(*shop) }

// inShop finds the shop that the path names, and answers for a handler that fails.
func (s *service) inShop(next handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		sh := s.shops[r.PathValue("shop")]
		if sh == nil {
			s.fail(rw, r, problem{http.StatusNotFound, "there is no such shop"})
			return
		}
		r = r.WithContext(context.WithValue(r.Context(), shopKey{}, sh))
		if err := next(rw, r); err != nil {
			s.fail(rw, r, err)
		}
	})
}

// asUser has the database calls of a handler run as the user whose access token the request has.
func (s *service) asUser(next handler) handler {
	return func(rw http.ResponseWriter, r *http.Request) error {
		token, _, err := bearer(r)
		if err != nil {
			return err
		}
		return next(rw, r.WithContext(shopOf(r).asUser(r.Context(), token)))
	}
}

// bearer is the access token of a request, if it is one of the request's shop that has not expired.
// The database finds out whether it is genuine.
func bearer(r *http.Request) (token string, c claims, err error) {
	token, found := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	c, ok := claimsOf(token)
	if !found || !ok || c.Database != shopOf(r).name || !time.Now().Before(c.expiry()) {
		return "", c, problem{http.StatusUnauthorized, "sign in, and send the access token: Authorization: Bearer …"}
	}
	return token, c, nil
}

// bounded gives a handler a time to end in, and its client one to send the body. A ReadTimeout of the
// server would end streams as well.
func bounded(next handler) handler {
	return func(rw http.ResponseWriter, r *http.Request) error {
		_ = http.NewResponseController(rw).SetReadDeadline(time.Now().Add(requestTimeout))
		ctx, cancel := context.WithTimeout(r.Context(), requestTimeout)
		defer cancel()
		return next(rw, r.WithContext(ctx))
	}
}

// fail answers with an error. Of one that is not the client's it tells what to do, and the log the
// rest. Where the answer has begun it is cut off, so that nobody takes it for the whole.
func (s *service) fail(rw http.ResponseWriter, r *http.Request, err error) {
	p := problemOf(err)
	if p.status >= http.StatusInternalServerError && r.Context().Err() == nil {
		s.log.ErrorContext(r.Context(), "request failed", "route", r.Pattern, "error", err)
	}
	if w, ok := rw.(*loggedWriter); ok && w.status != 0 {
		w.status = p.status // the log and the metrics do not take it for the whole either
		panic(http.ErrAbortHandler)
	}
	if p.status == http.StatusServiceUnavailable {
		rw.Header().Set("Retry-After", "1")
	}
	_ = writeJSON(rw, p.status, map[string]string{"error": p.text})
}

// problemOf is what an error is to the client.
func problemOf(err error) problem {
	if p, ok := errors.AsType[problem](err); ok {
		return p
	}
	if _, ok := errors.AsType[*pool.AcquireTimeoutError](err); ok {
		return problem{http.StatusServiceUnavailable, "too much is asked at once: try again"}
	}
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return problem{http.StatusNotFound, "there is no such thing that you may see"}
	case surrealsql.IsAuth(err):
		return problem{http.StatusUnauthorized, "the database does not let you in: sign in"}
	case surrealsql.IsInvalid(err):
		return problem{http.StatusUnprocessableEntity, "the database refuses these values"}
	case errors.Is(err, surrealsql.ErrOutcomeUnknown):
		return problem{http.StatusServiceUnavailable, "it may have been done or not: send the same again"}
	case surrealsql.IsRetryable(err), surrealsql.IsConnectivity(err), errors.Is(err, surrealsql.ErrClosed):
		return problem{http.StatusServiceUnavailable, "nothing was done: try again"}
	case errors.Is(err, context.Canceled):
		return problem{statusGone, "nobody waits for the answer any more"}
	case surrealsql.IsTimeout(err):
		return problem{http.StatusGatewayTimeout, "the database took too long"}
	}
	return problem{http.StatusInternalServerError, "something is wrong here"}
}

// readJSON reads the body of a request.
func readJSON(rw http.ResponseWriter, r *http.Request, into any) error {
	d := json.NewDecoder(http.MaxBytesReader(rw, r.Body, maxBody))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return problem{http.StatusBadRequest, fmt.Sprintf("the body: %v", err)}
	}
	return nil
}

func writeJSON(rw http.ResponseWriter, status int, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	rw.Header().Set("Content-Type", "application/json")
	rw.Header().Set("Cache-Control", "no-store")
	rw.WriteHeader(status)
	_, _ = rw.Write(append(data, '\n')) // who has gone needs no answer
	return nil
}

// loggedWriter notes what was answered.
type loggedWriter struct {
	http.ResponseWriter
	status int // 0: nothing yet
	bytes  int
}

func (w *loggedWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *loggedWriter) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *loggedWriter) Write(p []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	n, err := w.ResponseWriter.Write(p)
	w.bytes += n
	return n, err
}

// logged writes a line for each request, once it has ended.
func (s *service) logged(next http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		began := time.Now()
		w := &loggedWriter{ResponseWriter: rw}
		defer func() {
			line := []slog.Attr{
				slog.String("method", r.Method), slog.String("path", r.URL.Path), slog.Int("status", w.status),
				slog.Int("bytes", w.bytes), slog.Duration("took", time.Since(began)),
			}
			if span := trace.SpanContextFromContext(r.Context()); span.IsSampled() {
				line = append(line, slog.String("trace", span.TraceID().String()))
			}
			s.log.LogAttrs(r.Context(), slog.LevelInfo, "request", line...)
			s.metrics.observe(r.Pattern, w.status, time.Since(began)) // the mux has noted the pattern
		}()
		next.ServeHTTP(w, r)
	})
}

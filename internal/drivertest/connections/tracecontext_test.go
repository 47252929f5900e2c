package connections

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/drivertest"
	"github.com/surrealsql/surrealsql/internal/scripted"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// The trace context that requests carry: on the wire, on the real engine, and in what a
// server exports.

const traceID = "0af7651916cd43dd8448eb211c80319c"

// traced is a tracer whose spans have numbers, from 1; the queries' are named by their text.
type traced struct {
	spans int
	state string
}

type tracedKey struct{}

func (tr *traced) start(ctx context.Context) context.Context {
	tr.spans++
	return context.WithValue(ctx, tracedKey{}, fmt.Sprintf("00-%s-%016x-01", traceID, tr.spans))
}

func (tr *traced) QueryStart(ctx context.Context, _ surrealsql.QueryStart) context.Context {
	return tr.start(ctx)
}
func (*traced) QueryEnd(context.Context, surrealsql.QueryEnd) {}
func (tr *traced) ResetStart(ctx context.Context, _ surrealsql.ResetStart) context.Context {
	return tr.start(ctx)
}
func (*traced) ResetEnd(context.Context, surrealsql.ResetEnd) {}

func (tr *traced) TraceContext(ctx context.Context) (traceparent, tracestate string) {
	parent, _ := ctx.Value(tracedKey{}).(string)
	return parent, tr.state
}

// carried is the trace contexts of the requests that a server has read, by their
// method or text: the number of the span.
func carried(srv *scripted.Server) (all []string) {
	for _, r := range srv.Requests() {
		name := r.Method
		if name == "query" {
			name = r.Text
		}
		span := "none"
		if parent := r.TraceContext["traceparent"]; parent != "" {
			span = strings.TrimLeft(strings.Split(parent, "-")[2], "0") + r.TraceContext["tracestate"]
		}
		all = append(all, name+" "+span)
	}
	return all
}

func TestTraceContextGoesWithEachRequestOfAKnownServer(t *testing.T) {
	t.Parallel()
	srv := scripted.New(t, func(c *scripted.Conn) { c.Serve(nil) })
	db := drivertest.Solo(drivertest.PlainDB(t, srv.DSN(), func(c *surrealsql.Config) { c.Tracer = &traced{state: "a=b"} }))

	drivertest.MustExec(t, db, `RETURN 1`)
	tx := drivertest.Begin(t, db)
	drivertest.MustExec(t, tx, `RETURN 2`)
	require.NoError(t, tx.Commit())
	require.NoError(t, drivertest.Begin(t, db).Rollback())
	drivertest.Leased(t, db, func(c *surrealsql.Conn) error { return c.Let(t.Context(), "x", 1) })
	require.NoError(t, db.PingContext(t.Context()))
	require.Equal(t, []string{
		"signin none", "use none", "version none", "RETURN 1 1a=b",
		"begin 2a=b", "RETURN 2 3a=b", "commit 4a=b", "begin 5a=b", "cancel 6a=b", "let 7a=b",
		"reset 8a=b", "authenticate 8a=b", "use 8a=b", "ping 9a=b",
	}, carried(srv))
}

func TestTraceContextGoesWithAStreamedQuery(t *testing.T) {
	t.Parallel()
	srv := scripted.New(t, func(c *scripted.Conn) { c.Serve(nil) }).Streaming()
	db := drivertest.PlainDB(t, srv.DSN(), func(c *surrealsql.Config) { c.Tracer = &traced{} })
	_, err := db.ExecContext(surrealsql.WithStream(t.Context(), surrealsql.StreamAlways), `RETURN 1`)
	require.NoError(t, err)
	require.Equal(t, "query_stream 1", carried(srv)[len(carried(srv))-1])
}

// servedBy is what a server of a version reads of one query.
func servedBy(t *testing.T, version string, tracer surrealsql.Tracer) scripted.Request {
	t.Helper()
	srv := scripted.New(t, func(c *scripted.Conn) {
		for {
			if r := c.Request(); r.Method == "version" {
				c.Reply(r.ID, scripted.Value("surrealdb-"+version))
			} else {
				c.Answer(r)
			}
		}
	})
	db := drivertest.PlainDB(t, srv.DSN(), func(c *surrealsql.Config) { c.Tracer = tracer })
	drivertest.MustExec(t, db, `RETURN 1`)
	got := srv.Requests()
	return got[len(got)-1]
}

func TestServerOf2xIsToldNoTrace(t *testing.T) {
	t.Parallel()
	require.Nil(t, servedBy(t, "2.6.5", &traced{}).TraceContext)
	require.NotNil(t, servedBy(t, "3.3.5", &traced{}).TraceContext)
	require.NotNil(t, servedBy(t, "nightly", &traced{}).TraceContext)
}

// propagator gives what it holds.
type propagator struct {
	counting
	parent, state string
}

func (p propagator) TraceContext(context.Context) (string, string) { return p.parent, p.state }

// counting is a tracer that has nothing to say of a trace.
type counting struct{}

func (counting) QueryStart(ctx context.Context, _ surrealsql.QueryStart) context.Context { return ctx }
func (counting) QueryEnd(context.Context, surrealsql.QueryEnd)                           {}

func TestMalformedTraceContextIsNotSent(t *testing.T) {
	t.Parallel()
	const parent = "00-" + traceID + "-b7ad6b7169203331-01"
	for _, test := range []struct {
		tracer surrealsql.Tracer
		want   map[string]string
	}{
		{counting{}, nil},
		{propagator{}, nil},
		{propagator{parent: "rubbish", state: "a=b"}, nil},
		{propagator{parent: parent, state: "rubbish"}, map[string]string{"traceparent": parent}},
		{propagator{parent: parent, state: "a=b"}, map[string]string{"traceparent": parent, "tracestate": "a=b"}},
		{surrealsql.JoinTracers(counting{}, propagator{}, propagator{parent: parent}, &traced{}), map[string]string{"traceparent": parent}},
		{surrealsql.JoinTracers(surrealsql.JoinTracers(counting{}, propagator{parent: parent}), &traced{}), map[string]string{"traceparent": parent}},
		{surrealsql.JoinTracers(counting{}, counting{}), nil},
	} {
		require.Equal(t, test.want, servedBy(t, "3.3.5", test.tracer).TraceContext, "%#v", test.tracer)
	}
}

func TestRealServerTakesATraceContextWithEverything(t *testing.T) {
	t.Parallel()
	db := drivertest.Solo(drivertest.PlainDB(t, surrealtest.DSN(t), func(c *surrealsql.Config) { c.Tracer = &traced{state: "a=b"} }))
	drivertest.RequireGood(t, db)
	tx := drivertest.Begin(t, db)
	drivertest.MustExec(t, tx, `CREATE x`)
	require.NoError(t, tx.Commit())
	require.NoError(t, drivertest.Begin(t, db).Rollback())
	drivertest.Leased(t, db, func(c *surrealsql.Conn) error { return c.Let(t.Context(), "x", 1) })
	require.NoError(t, db.PingContext(t.Context()))
	require.Equal(t, 1, drivertest.CountOf(t, db, "x"))
}

// A server of 3.1 and later exports spans to a collector, and those of a request that
// carries a trace context belong to that trace.
func TestSpansOfTheServerJoinTheTraceOfTheRequest(t *testing.T) {
	t.Parallel()
	spans := newCollector(t)
	srv, err := surrealtest.Start(t.Context(), surrealtest.Options{Engine: surrealtest.EngineBinary, Env: []string{
		"SURREAL_TELEMETRY_PROVIDER=otlp", "OTEL_EXPORTER_OTLP_ENDPOINT=http://" + spans.addr, "OTEL_BSP_SCHEDULE_DELAY=20", // milliseconds
	}})
	const needs = "the test needs SurrealDB 3.1 or newer as a program, "
	if errors.Is(err, exec.ErrNotFound) {
		t.Skip(needs+"and there is none:", err)
	}
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, srv.Close()) })
	if v := srv.Version(); strings.HasPrefix(v, "3.0.") || strings.HasPrefix(v, "2.") {
		t.Skip(needs+"and the one on PATH is", v)
	}
	db := drivertest.PlainDB(t, srv.DSN(), func(c *surrealsql.Config) { c.Tracer = &traced{} })
	drivertest.MustExec(t, db, `RETURN 1`)
	require.Eventually(t, func() bool { return spans.told(traceID, "0000000000000001") }, 20*time.Second, 10*time.Millisecond,
		"no span of that trace whose parent is the driver's")
}

// collector takes the spans that a server exports by OTLP over gRPC, and only keeps the
// bytes: ids stand in them as they are.
type collector struct {
	addr string
	mu   sync.Mutex
	got  [][]byte
}

func newCollector(t *testing.T) *collector {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	c := &collector{addr: ln.Addr().String()}
	srv := &http.Server{Handler: c, Protocols: new(http.Protocols)}
	srv.Protocols.SetUnencryptedHTTP2(true)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		assert.ErrorIs(t, srv.Serve(ln), http.ErrServerClosed)
	}()
	t.Cleanup(func() { assert.NoError(t, srv.Close()); <-ended })
	return c
}

func (c *collector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err == nil {
		c.mu.Lock()
		c.got = append(c.got, body)
		c.mu.Unlock()
	}
	w.Header().Set("Content-Type", "application/grpc")
	w.Header().Set("Trailer", "Grpc-Status")
	_, _ = w.Write(make([]byte, 5)) // an empty message
	w.Header().Set("Grpc-Status", "0")
}

// told reports whether a span has come that names a trace and a parent.
func (c *collector) told(trace, parent string) bool {
	traceID, _ := hex.DecodeString(trace)
	parentID, _ := hex.DecodeString(parent)
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, b := range c.got {
		if bytes.Contains(b, traceID) && bytes.Contains(b, parentID) {
			return true
		}
	}
	return false
}

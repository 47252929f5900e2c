package surrealsql_test

import (
	"context"
	"fmt"
	"log"
	"log/slog"
	"os"

	"github.com/surrealsql/surrealsql"
)

// Examples of tracers, of the query log, and of names for what a query does.

// span is what a tracing library would keep; here it is a name.
type span struct{ name string }

type spanKey struct{}

// tracer prints what it is told. It is a Tracer and a ConnectTracer; the others
// are optional too.
type tracer struct{}

func (tracer) QueryStart(ctx context.Context, q surrealsql.QueryStart) context.Context {
	return context.WithValue(ctx, spanKey{}, &span{q.Query})
}

func (tracer) QueryEnd(ctx context.Context, end surrealsql.QueryEnd) {
	s := ctx.Value(spanKey{}).(*span)
	fmt.Printf("%s: %v\n", s.name, end.Err)
}

func (tracer) ConnectStart(ctx context.Context, _ surrealsql.ConnectStart) context.Context {
	return ctx
}

func (tracer) ConnectEnd(_ context.Context, end surrealsql.ConnectEnd) {
	fmt.Printf("connected: %v\n", end.Err)
}

func ExampleTracer() {
	db, done := exampleDB(func(cfg *surrealsql.Config) { cfg.Tracer = tracer{} })
	defer done()
	ctx := context.Background()

	tx, err := db.BeginTx(ctx, nil)
	must(err)
	_, err = tx.ExecContext(ctx, `CREATE person:ada`)
	must(err)
	must(tx.Commit())
	_, err = db.ExecContext(ctx, `CREATE person:ada`)
	fmt.Println(surrealsql.IsDuplicate(err))
	// Output:
	// connected: <nil>
	// begin: <nil>
	// CREATE person:ada: <nil>
	// commit: <nil>
	// CREATE person:ada: surrealdb: Database record `person:ada` already exists
	// true
}

// counter is what metrics would be.
type counter struct{ queries, failed int }

func (c *counter) QueryStart(ctx context.Context, _ surrealsql.QueryStart) context.Context {
	c.queries++
	return ctx
}

func (c *counter) QueryEnd(_ context.Context, end surrealsql.QueryEnd) {
	if end.Err != nil {
		c.failed++
	}
}

// connLog writes a line for each connection that is made.
type connLog struct{ *log.Logger }

func (connLog) QueryStart(ctx context.Context, _ surrealsql.QueryStart) context.Context { return ctx }
func (connLog) QueryEnd(context.Context, surrealsql.QueryEnd)                           {}

func (connLog) ConnectStart(ctx context.Context, _ surrealsql.ConnectStart) context.Context {
	return ctx
}

func (l connLog) ConnectEnd(_ context.Context, end surrealsql.ConnectEnd) {
	l.Printf("connection %d, error %v", end.Conn, end.Err)
}

// Spans, metrics and a log at once: each is told of what it implements.
func ExampleJoinTracers() {
	metrics := new(counter)
	db, done := exampleDB(func(cfg *surrealsql.Config) {
		cfg.Tracer = surrealsql.JoinTracers(tracer{}, metrics, connLog{log.New(os.Stdout, "log: ", 0)})
	})
	defer done()

	_, err := db.ExecContext(context.Background(), `CREATE person:ada`)
	must(err)
	fmt.Println(metrics.queries, "query,", metrics.failed, "failed")
	// Output:
	// log: connection 1, error <nil>
	// connected: <nil>
	// CREATE person:ada: <nil>
	// 1 query, 0 failed
}

// handOn is a tracer that hands on the trace that came with the context.
type handOn struct{}

type traceparentKey struct{}

func (handOn) QueryStart(ctx context.Context, _ surrealsql.QueryStart) context.Context { return ctx }
func (handOn) QueryEnd(context.Context, surrealsql.QueryEnd)                           {}

func (handOn) TraceContext(ctx context.Context) (traceparent, tracestate string) {
	traceparent, _ = ctx.Value(traceparentKey{}).(string)
	fmt.Println("traceparent:", traceparent)
	return traceparent, ""
}

// The server's spans become part of the caller's trace.
func ExampleTracePropagator() {
	db, done := exampleDB(func(cfg *surrealsql.Config) { cfg.Tracer = handOn{} })
	defer done()

	ctx := context.WithValue(context.Background(), traceparentKey{}, "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
	_, err := db.ExecContext(ctx, `CREATE person:ada`)
	must(err)
	// Output:
	// traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01
}

// Queries are logged on request, without the values of their arguments.
func ExampleWithLogAttrs() {
	logger := slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{ReplaceAttr: stableAttrs}))
	db, done := exampleDB(func(cfg *surrealsql.Config) { cfg.Logger, cfg.LogQueries = logger, true })
	defer done()

	ctx := surrealsql.WithLogAttrs(context.Background(), slog.String("request", "r-17"))
	_, err := db.ExecContext(ctx, `CREATE person:ada SET name = $1`, "Ada")
	must(err)
	// Output:
	// level=INFO msg="surrealsql: query" conn.id=1 query="CREATE person:ada SET name = $1" args="[$1: string]" rows=1 request=r-17
}

// stableAttrs drops what differs from run to run.
func stableAttrs(_ []string, a slog.Attr) slog.Attr {
	switch a.Key {
	case slog.TimeKey, "duration", "addr":
		return slog.Attr{}
	}
	return a
}

// Names for spans and labels for metrics.
func ExampleOutlineOf() {
	o := surrealsql.OutlineOf(`SELECT name FROM person WHERE age > 18`)
	fmt.Printf("%s, %s, %q\n", o.Operation, o.Table, o.Summary)
	fmt.Println(surrealsql.OutlineOf(`CREATE sale:1 SET n = 2; UPDATE stock SET n -= 2`).Summary)
	// Output:
	// SELECT, person, "SELECT person"
	// CREATE sale; UPDATE stock
}

func ExampleWithoutLiterals() {
	fmt.Println(surrealsql.WithoutLiterals(`UPDATE person:ada SET mail = 'ada@example.com', age = $1`))
	// Output: UPDATE person:? SET mail = ?, age = $1
}

func ExampleWithoutSecrets() {
	fmt.Println(surrealsql.WithoutSecrets(`DEFINE USER ada ON ROOT PASSWORD 's3cret' ROLES VIEWER`))
	// Output: DEFINE USER ada ON ROOT PASSWORD '…' ROLES VIEWER
}

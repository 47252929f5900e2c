package surrealsql_test

import (
	"context"
	"fmt"

	"github.com/surrealsql/surrealsql"
)

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

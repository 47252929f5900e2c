package surrealsql_test

import (
	"context"
	"log/slog"
	"os"

	"github.com/surrealsql/surrealsql"
)

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

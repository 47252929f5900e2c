package surrealotel_test

import (
	"context"
	"database/sql"
	"fmt"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/surrealtest"

	surrealotel "github.com/surrealsql/surrealsql/integrations/otel"
)

// open opens a database whose queries are traced.
func open(dsn string, provider *sdktrace.TracerProvider) (*sql.DB, error) {
	cfg, err := surrealsql.ParseDSN(dsn)
	if err != nil {
		return nil, err
	}
	tracer, err := surrealotel.New(
		surrealotel.WithTracerProvider(provider), // otel.GetTracerProvider() without it
		surrealotel.WithQueryText(surrealotel.TextWithoutLiterals),
	)
	if err != nil {
		return nil, err
	}
	tracer.Install(cfg)
	connector, err := surrealsql.NewConnector(cfg)
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(connector), nil
}

func Example() {
	ctx := context.Background()
	srv, err := surrealtest.Start(ctx, surrealtest.Options{})
	if err != nil {
		panic(err)
	}
	defer srv.Close()
	spans := tracetest.NewInMemoryExporter()
	provider := sdktrace.NewTracerProvider(sdktrace.WithSyncer(spans))
	db, err := open(srv.DSN()+"/test/test", provider)
	if err != nil {
		panic(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(ctx, `CREATE person:ada SET name = $1, age = 36`, "Ada"); err != nil {
		panic(err)
	}
	for _, s := range spans.GetSpans() {
		fmt.Println(s.Name)
		for _, a := range s.Attributes {
			if a.Key == "db.query.text" {
				fmt.Println(" ", a.Value.AsString())
			}
		}
	}
	// Output:
	// connect
	// CREATE person
	//   CREATE person:? SET name = $1, age = ?
}

// Quickstart walks through the driver on a real SurrealDB: the one that
// SURREALDB_URL names, or one that it starts by itself and ends when it is done.
//
//	go run ./examples/quickstart
package main

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/surrealtest"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx)
	interrupted := ctx.Err() != nil
	stop()
	switch {
	case interrupted:
		fmt.Fprintln(os.Stderr, "\nquickstart: interrupted; everything is closed")
		os.Exit(130)
	case err != nil:
		fmt.Fprintln(os.Stderr, "quickstart:", err)
		os.Exit(1)
	}
}

// run is the program; whatever happens, what it opened is closed when it
// returns.
func run(ctx context.Context) error {
	began := time.Now()
	cfg, stop, err := server(ctx)
	if err != nil {
		return err
	}
	defer stop()

	connector, err := surrealsql.NewConnector(cfg)
	if err != nil {
		return err
	}
	db := sql.OpenDB(connector) // or: sql.Open("surrealdb", dsn)
	defer db.Close()
	db.SetMaxOpenConns(10)
	db.SetMaxIdleConns(10)

	for _, chapter := range []struct {
		title string
		tell  func(context.Context, *sql.DB) error
	}{
		{"A schema", schema},
		{"Inserting, by name and by number", insert},
		{"Reading, in the order you wrote the columns", read},
		{"A prepared statement", prepared},
		{"Transactions: one committed, one rolled back", transactions},
		{"100 goroutines over 10 connections", workers},
	} {
		fmt.Printf("\n%s\n", chapter.title)
		if err := chapter.tell(ctx, db); err != nil {
			return fmt.Errorf("%s: %w", chapter.title, err)
		}
	}
	poolStats(db.Stats())
	if _, err := db.ExecContext(ctx, "REMOVE DATABASE IF EXISTS "+cfg.Database); err != nil {
		return err
	}
	fmt.Printf("\nDone in %s.\n", time.Since(began).Round(time.Millisecond))
	return nil
}

// server finds the server to use. Every run has a database of its own, so that
// nothing of yours is touched.
func server(ctx context.Context) (*surrealsql.Config, func(), error) {
	stop := func() {}
	var cfg *surrealsql.Config
	var err error
	if os.Getenv("SURREALDB_URL") != "" {
		cfg, err = surrealsql.ConfigFromEnv()
	} else {
		fmt.Println("SURREALDB_URL names no server: starting an embedded one.")
		var engine *surrealtest.Server
		engine, err = surrealtest.Start(ctx, surrealtest.Options{Output: os.Stdout})
		if err == nil {
			stop = func() { _ = engine.Close() }
			cfg, err = surrealsql.ParseDSN(engine.DSN())
		}
	}
	if err != nil {
		stop()
		return nil, nil, err
	}
	// A namespace and a database that do not exist are created by using them.
	if cfg.Namespace == "" {
		cfg.Namespace = "quickstart"
	}
	cfg.Database = fmt.Sprintf("run_%d", time.Now().UnixNano())
	fmt.Printf("Using %s\n", cfg)
	return cfg, stop, nil
}

// Package tour is what the programs of integrations/ have in common: each tours a tool on
// the server that SURREALDB_URL names, or on one that it starts by itself.
package tour

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// Main tours a tool, and ends the program with 1 if that fails.
func Main(tool string, tour func(ctx context.Context, dsn string, out io.Writer) error) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := start(ctx, tool, tour); err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", tool, err)
		os.Exit(1)
	}
}

// start finds a server and tours it.
func start(ctx context.Context, tool string, tour func(context.Context, string, io.Writer) error) error {
	if os.Getenv("SURREALDB_URL") != "" {
		cfg, err := surrealsql.ConfigFromEnv()
		if err != nil {
			return err
		}
		return tour(ctx, cfg.FormatDSN(), os.Stdout)
	}
	engine, err := surrealtest.Start(ctx, surrealtest.Options{Output: os.Stdout})
	if err != nil {
		return err
	}
	defer engine.Close()
	return tour(ctx, engine.DSN()+"/integrations/"+tool, os.Stdout)
}

// Chapter is a part of a tour, with what it needs of the database as DB.
type Chapter[DB any] struct {
	Title string
	Tell  func(context.Context, DB, io.Writer) error
}

// Read tells chapters, up to the first that fails.
func Read[DB any](ctx context.Context, db DB, out io.Writer, chapters []Chapter[DB]) error {
	for _, chapter := range chapters {
		fmt.Fprintf(out, "\n%s\n", chapter.Title)
		if err := chapter.Tell(ctx, db, out); err != nil {
			return fmt.Errorf("%s: %w", strings.ToLower(chapter.Title), err)
		}
	}
	return nil
}

package main

import (
	"context"
	"database/sql"
	"embed"
	"io/fs"
	"log/slog"

	"github.com/pressly/goose/v3"

	"github.com/surrealsql/surrealsql"
	surrealgoose "github.com/surrealsql/surrealsql/integrations/goose"
)

// The migrations of a shop's database.

//go:embed migrations/*.sql
var migrationFiles embed.FS

// migrate brings the database of a shop to the newest version. Of several processes that begin at
// once one does it, and the others wait.
func migrate(ctx context.Context, cfg *surrealsql.Config, log *slog.Logger) error {
	connector, err := surrealsql.NewConnector(cfg)
	if err != nil {
		return err
	}
	db := sql.OpenDB(connector)
	defer db.Close()
	files, err := fs.Sub(migrationFiles, "migrations")
	if err != nil {
		return err
	}
	store := surrealgoose.New(nil)
	provider, err := goose.NewProvider(goose.DialectCustom, db, files,
		goose.WithStore(store), goose.WithLocker(store))
	if err != nil {
		return err
	}
	results, err := provider.Up(ctx)
	for _, r := range results {
		log.InfoContext(ctx, "migrated", "database", cfg.Database, "migration", r.Source.Path, "took", r.Duration)
	}
	return err
}

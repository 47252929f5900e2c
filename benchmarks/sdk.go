package main

import (
	"context"
	"log/slog"
	"net/url"

	surrealdb "github.com/surrealdb/surrealdb.go"
	"github.com/surrealdb/surrealdb.go/pkg/connection"
	"github.com/surrealdb/surrealdb.go/pkg/connection/gorillaws"
	"github.com/surrealdb/surrealdb.go/pkg/logger"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/benchmarks/internal/record"
)

// The official SDK.

// sdk is a client of the official SDK over its default connection for ws://,
// gorillaws, with its session prepared.
func (e *env) sdk(cfg *surrealsql.Config) (*surrealdb.DB, error) {
	db, err := sdkConnect(cfg)
	if err != nil {
		return nil, err
	}
	e.atEnd(func() error { return db.Close(context.Background()) })
	return db, nil
}

func sdkConnect(cfg *surrealsql.Config) (*surrealdb.DB, error) {
	ctx := context.Background()
	c := gorillaws.New(connection.NewConfig(&url.URL{Scheme: "ws", Host: cfg.Hosts[0]}))
	c.Logger(logger.New(slog.DiscardHandler)) // else a line for each reply whose caller has given up
	db, err := surrealdb.FromConnection(ctx, c)
	if err != nil {
		return nil, err
	}
	if _, err := db.SignIn(ctx, surrealdb.Auth{Username: cfg.User, Password: cfg.Password}); err != nil {
		return nil, err
	}
	return db, db.Use(ctx, cfg.Namespace, cfg.Database)
}

// sdkQuery asks for rows as T and checks how many come.
func sdkQuery[T any](db *surrealdb.DB, q record.Query, rows int) error {
	results, err := surrealdb.Query[[]T](context.Background(), db, q.Wire, q.Vars())
	if err != nil {
		return err
	}
	return counted(len((*results)[0].Result), rows)
}

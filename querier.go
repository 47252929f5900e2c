package surrealsql

import (
	"context"
	"database/sql"
)

// What the functions that stand on database/sql ask of it.

// Querier runs queries: [*sql.DB], [*sql.Conn] and [*sql.Tx] do, and what wraps one of them.
type Querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// ExecQuerier runs what gives rows and what gives none: the same do.
type ExecQuerier interface {
	Querier
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

var (
	_ ExecQuerier = (*sql.DB)(nil)
	_ ExecQuerier = (*sql.Conn)(nil)
	_ ExecQuerier = (*sql.Tx)(nil)
)

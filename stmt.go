package surrealsql

import (
	"context"
	"database/sql/driver"
	"errors"
)

// stmt is a prepared statement: a text that has been analysed and checked once.
// SurrealDB keeps nothing for it, so preparing and closing cost no round trip.
type stmt struct {
	conn  *Conn
	query *analysis
}

var (
	_ driver.Stmt              = (*stmt)(nil)
	_ driver.StmtExecContext   = (*stmt)(nil)
	_ driver.StmtQueryContext  = (*stmt)(nil)
	_ driver.NamedValueChecker = (*stmt)(nil)
)

func (s *stmt) Close() error { return nil }

// NumInput leaves the count to the driver, whose errors say more than
// database/sql's.
func (s *stmt) NumInput() int { return -1 }

func (s *stmt) CheckNamedValue(nv *driver.NamedValue) error { return s.conn.CheckNamedValue(nv) }

func (s *stmt) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	return s.conn.exec(ctx, s.query, args)
}

func (s *stmt) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	return s.conn.query(ctx, s.query, args)
}

// errNoContext answers the methods that database/sql replaced by ones with a
// context; it never calls them on this driver.
var errNoContext = errors.New("surrealsql: use the method that takes a context")

func (s *stmt) Exec([]driver.Value) (driver.Result, error) { return nil, errNoContext }

func (s *stmt) Query([]driver.Value) (driver.Rows, error) { return nil, errNoContext }

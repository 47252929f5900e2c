package pool

import (
	"context"
	"database/sql/driver"
	"errors"
)

// routedStmt is a prepared statement of a RoutedConn: a text, as it is for the
// driver, whose analysis is remembered.
type routedStmt struct {
	conn *RoutedConn
	text string
}

var (
	_ driver.Stmt              = (*routedStmt)(nil)
	_ driver.StmtExecContext   = (*routedStmt)(nil)
	_ driver.StmtQueryContext  = (*routedStmt)(nil)
	_ driver.NamedValueChecker = (*routedStmt)(nil)
)

// PrepareContext costs no round trip, and leases nothing: a text that the server
// cannot parse fails when it is executed.
func (c *RoutedConn) PrepareContext(_ context.Context, query string) (driver.Stmt, error) {
	return &routedStmt{conn: c, text: query}, nil
}

// Prepare is PrepareContext without a context.
func (c *RoutedConn) Prepare(query string) (driver.Stmt, error) {
	return c.PrepareContext(context.Background(), query)
}

func (s *routedStmt) Close() error { return nil }

// NumInput leaves the count to the driver, whose errors say more.
func (s *routedStmt) NumInput() int { return -1 }

func (s *routedStmt) CheckNamedValue(nv *driver.NamedValue) error { return s.conn.CheckNamedValue(nv) }

func (s *routedStmt) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	return s.conn.ExecContext(ctx, s.text, args)
}

func (s *routedStmt) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	return s.conn.QueryContext(ctx, s.text, args)
}

// errNoContext answers the methods that database/sql replaced by ones with a
// context; it does not call them.
var errNoContext = errors.New("pool: use the method that takes a context")

func (s *routedStmt) Exec([]driver.Value) (driver.Result, error) { return nil, errNoContext }

func (s *routedStmt) Query([]driver.Value) (driver.Rows, error) { return nil, errNoContext }

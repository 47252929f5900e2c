// Package floor is a database/sql driver that does nothing: its rows are values
// that lie ready in memory. What a query costs through it is what database/sql
// costs, and no driver can cost less.
//
// Its connections implement the same interfaces as surrealsql's, so that
// database/sql takes the same ways with both.
package floor

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
)

// Table is what every query answers.
type Table struct {
	Columns []string
	Rows    [][]driver.Value
}

// Read keeps the rest of a result as a Table: the values are those that the
// driver which made it gives for an *any.
func Read(rows *sql.Rows) (*Table, error) {
	columns, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	t := &Table{Columns: columns}
	for rows.Next() {
		values := make([]driver.Value, len(columns))
		dest := make([]any, len(columns))
		for i := range values {
			dest[i] = (*any)(&values[i])
		}
		if err := rows.Scan(dest...); err != nil {
			return nil, err
		}
		t.Rows = append(t.Rows, values)
	}
	return t, rows.Err()
}

// Repeat is the table with so many rows: its own, again and again.
func (t *Table) Repeat(rows int) *Table {
	long := &Table{Columns: t.Columns, Rows: make([][]driver.Value, rows)}
	for i := range long.Rows {
		long.Rows[i] = t.Rows[i%len(t.Rows)]
	}
	return long
}

// Open makes a database whose queries answer the table.
func Open(t *Table) *sql.DB { return sql.OpenDB(connector{t}) }

type connector struct{ table *Table }

func (c connector) Connect(context.Context) (driver.Conn, error) { return &conn{c.table}, nil }
func (c connector) Driver() driver.Driver                        { return nil }

type conn struct{ table *Table }

var (
	_ driver.Pinger            = (*conn)(nil)
	_ driver.ExecerContext     = (*conn)(nil)
	_ driver.QueryerContext    = (*conn)(nil)
	_ driver.NamedValueChecker = (*conn)(nil)
	_ driver.SessionResetter   = (*conn)(nil)
	_ driver.Validator         = (*conn)(nil)
)

var errUnused = errors.New("floor: not made for this")

func (*conn) Prepare(string) (driver.Stmt, error)      { return nil, errUnused }
func (*conn) Begin() (driver.Tx, error)                { return nil, errUnused }
func (*conn) Close() error                             { return nil }
func (*conn) Ping(context.Context) error               { return nil }
func (*conn) CheckNamedValue(*driver.NamedValue) error { return nil }
func (*conn) ResetSession(context.Context) error       { return nil }
func (*conn) IsValid() bool                            { return true }

func (*conn) ExecContext(context.Context, string, []driver.NamedValue) (driver.Result, error) {
	return driver.ResultNoRows, nil
}

func (c *conn) QueryContext(context.Context, string, []driver.NamedValue) (driver.Rows, error) {
	return &rows{table: c.table}, nil
}

type rows struct {
	table *Table
	next  int
}

func (r *rows) Columns() []string { return r.table.Columns }
func (r *rows) Close() error      { return nil }

func (r *rows) Next(dest []driver.Value) error {
	if r.next == len(r.table.Rows) {
		return io.EOF
	}
	copy(dest, r.table.Rows[r.next])
	r.next++
	return nil
}

package drivertest

import (
	"context"
	"database/sql"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
)

// Calls of a database, in one line of a test.

// Execer is what *sql.DB, *sql.Conn and *sql.Tx have in common for writing.
type Execer interface {
	ExecContext(ctx context.Context, text string, args ...any) (sql.Result, error)
}

// Queryer is what *sql.DB, *sql.Conn and *sql.Tx have in common for reading.
type Queryer interface {
	QueryContext(ctx context.Context, text string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, text string, args ...any) *sql.Row
}

// MustExec runs a text that must succeed.
func MustExec(t testing.TB, db Execer, text string, args ...any) sql.Result {
	t.Helper()
	res, err := db.ExecContext(t.Context(), text, args...)
	require.NoError(t, err, text)
	return res
}

// MustExecAtEnd is MustExec for cleanups, when the context of the test has ended.
func MustExecAtEnd(t testing.TB, db *sql.DB, text string) {
	t.Helper()
	_, err := db.ExecContext(context.Background(), text)
	require.NoError(t, err)
}

// QueryOne scans the one value of a text's first row.
func QueryOne[T any](t testing.TB, db Queryer, text string, args ...any) T {
	t.Helper()
	var v T
	require.NoError(t, db.QueryRowContext(t.Context(), text, args...).Scan(&v), text)
	return v
}

// Exec is the error of ExecContext.
func Exec(ctx context.Context, db Execer, text string, args ...any) error {
	_, err := db.ExecContext(ctx, text, args...)
	return err
}

// Scan is the error of scanning a text's first row into one value.
func Scan(ctx context.Context, db Queryer, text string, args ...any) error {
	var v any
	return db.QueryRowContext(ctx, text, args...).Scan(&v)
}

// ResultSets reads all result sets of a text: the columns and the rows of each, and
// the error that Rows ends with.
func ResultSets(t testing.TB, db Queryer, text string, args ...any) (sets []string, err error) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), text, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for {
		columns, err := rows.Columns()
		require.NoError(t, err)
		set := fmt.Sprint(columns)
		for rows.Next() {
			values := make([]any, len(columns))
			dest := make([]any, len(columns))
			for i := range dest {
				dest[i] = &values[i]
			}
			require.NoError(t, rows.Scan(dest...))
			set += " " + fmt.Sprint(values)
		}
		sets = append(sets, set)
		if !rows.NextResultSet() {
			break
		}
	}
	if err := rows.Err(); err != nil {
		return sets, err
	}
	return sets, rows.Close()
}

// Lease takes a connection out of the pool until its Close or the end of the test.
func Lease(t testing.TB, db *sql.DB) *sql.Conn {
	t.Helper()
	conn, err := db.Conn(t.Context())
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// Raw runs f on the driver's connection below a lease.
func Raw(t testing.TB, conn *sql.Conn, f func(*surrealsql.Conn) error) {
	t.Helper()
	require.NoError(t, conn.Raw(func(c any) error { return f(c.(*surrealsql.Conn)) }))
}

// Leased runs f on the driver's connection of one lease, which it gives back.
func Leased(t testing.TB, db *sql.DB, f func(c *surrealsql.Conn) error) {
	t.Helper()
	conn := Lease(t, db)
	Raw(t, conn, f)
	require.NoError(t, conn.Close())
}

// ConnOf is the driver's connection that serves the next call.
func ConnOf(t testing.TB, db *sql.DB) (c *surrealsql.Conn) {
	t.Helper()
	Leased(t, db, func(below *surrealsql.Conn) error { c = below; return nil })
	return c
}

// Begin opens a transaction that ends with the test.
func Begin(t testing.TB, db *sql.DB, opts ...*sql.TxOptions) *sql.Tx {
	t.Helper()
	var o *sql.TxOptions
	if len(opts) > 0 {
		o = opts[0]
	}
	tx, err := db.BeginTx(t.Context(), o)
	require.NoError(t, err)
	t.Cleanup(func() { _ = tx.Rollback() })
	return tx
}

// CountOf is the number of records in a table.
func CountOf(t testing.TB, db Queryer, table string) int {
	t.Helper()
	return QueryOne[int](t, db, `RETURN count(SELECT * FROM type::table($1))`, table)
}

// NewAccounts makes the records account:a and account:b, with a balance of 10 each.
func NewAccounts(t testing.TB, db *sql.DB) {
	t.Helper()
	MustExec(t, db, `CREATE account:a SET balance = 10; CREATE account:b SET balance = 10`)
}

// Balance is that of one of the records that NewAccounts makes.
func Balance(t testing.TB, db Queryer, id string) int {
	t.Helper()
	return QueryOne[int](t, db, `SELECT VALUE balance FROM ONLY type::record('account', $1)`, id)
}

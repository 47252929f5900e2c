package failures

import (
	"context"
	"database/sql"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/drivertest"
	"github.com/surrealsql/surrealsql/internal/scripted"
)

// What the tests of streamed answers (query_stream, from 3.3.0 on) have in common: a
// server that streams, and the ways in which a program asks it.

// streamed is the text that the server of streaming answers by its script.
const streamed = "SELECT VALUE n FROM x"

// streaming is a server that answers the texts given by a script, and all else as a
// server without data does.
func streaming(t testing.TB, answer func(c *scripted.Conn, id uint64), texts ...string) *scripted.Server {
	if len(texts) == 0 {
		texts = []string{streamed}
	}
	return scripted.New(t, func(c *scripted.Conn) {
		c.Serve(func(r scripted.Request) {
			if r.Method == "query_stream" && asks(r, texts) {
				answer(c, r.ID)
			} else {
				c.Answer(r)
			}
		})
	}).Streaming()
}

// asks reports whether a request has one of the texts. Exec adds to a write what has it
// counted.
func asks(r scripted.Request, texts []string) bool {
	return slices.ContainsFunc(texts, func(text string) bool { return strings.HasPrefix(r.Text, text) })
}

// streams opens a database that streams every answer.
func streams(t testing.TB, srv *scripted.Server, change ...func(*surrealsql.Config)) *sql.DB {
	t.Helper()
	return drivertest.Solo(drivertest.OpenDB(t, srv.DSN("stream=always"), change...))
}

// asking is a way to ask for rows, of which it returns what it got.
type asking struct {
	name string
	rows int // how many it returns at most; -1 for all
	ask  func(ctx context.Context, db *sql.DB, text string) ([]any, error)
}

// askings are all ways to run a text.
func askings() []asking { return askingsThat(func() {}) }

// askingsThat are askings that call back when a text's call has returned, which is before its
// lease or transaction ends.
func askingsThat(back func()) []asking {
	list := []asking{}
	for _, on := range []struct {
		name string
		run  func(ctx context.Context, db *sql.DB, f func(on calls) error) error
	}{
		{"the pool", func(_ context.Context, db *sql.DB, f func(calls) error) error { return f(db) }},
		{"a lease", func(ctx context.Context, db *sql.DB, f func(calls) error) error {
			conn, err := db.Conn(ctx)
			if err != nil {
				return err
			}
			defer conn.Close()
			return f(conn)
		}},
		{"a transaction", func(_ context.Context, db *sql.DB, f func(calls) error) error {
			tx, err := db.BeginTx(context.Background(), nil)
			if err != nil {
				return err
			}
			defer tx.Rollback()
			return f(tx)
		}},
	} {
		add := func(name string, rows int, ask func(ctx context.Context, on calls, text string) ([]any, error)) {
			list = append(list, asking{name + " on " + on.name, rows, func(ctx context.Context, db *sql.DB, text string) (got []any, err error) {
				err = on.run(ctx, db, func(c calls) (err error) {
					defer back()
					got, err = ask(ctx, c, text)
					return err
				})
				return got, err
			}})
		}
		add("Query", -1, func(ctx context.Context, c calls, text string) ([]any, error) { return readFrom(ctx, c, text) })
		add("QueryRow", 1, func(ctx context.Context, c calls, text string) ([]any, error) {
			var v any
			if err := c.QueryRowContext(ctx, text).Scan(&v); err != nil {
				return nil, err
			}
			return []any{v}, nil
		})
		add("Exec", 0, func(ctx context.Context, c calls, text string) ([]any, error) {
			return nil, drivertest.Exec(ctx, c, text)
		})
		add("Query of a prepared statement", -1, func(ctx context.Context, c calls, text string) ([]any, error) {
			stmt, err := c.PrepareContext(ctx, text)
			if err != nil {
				return nil, err
			}
			defer stmt.Close()
			return readRows(stmt.QueryContext(ctx))
		})
	}
	return list
}

// calls is what *sql.DB, *sql.Conn and *sql.Tx have in common.
type calls interface {
	drivertest.Queryer
	drivertest.Execer
	PrepareContext(ctx context.Context, text string) (*sql.Stmt, error)
}

// readFrom reads the one column of a text's first result.
func readFrom(ctx context.Context, db drivertest.Queryer, text string) ([]any, error) {
	return readRows(db.QueryContext(ctx, text))
}

// readRows reads one column to the end, or to an error.
func readRows(rows *sql.Rows, err error) (got []any, _ error) {
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var v any
		if err := rows.Scan(&v); err != nil {
			return got, err
		}
		got = append(got, v)
	}
	if err := rows.Err(); err != nil {
		return got, err
	}
	return got, rows.Close()
}

// within fails the test where f takes longer than anything here may.
func within(t testing.TB, what string, f func()) {
	t.Helper()
	done := make(chan struct{})
	go func() { defer close(done); f() }()
	select {
	case <-done:
	case <-time.After(drivertest.Patience):
		t.Fatalf("%s hangs", what)
	}
}

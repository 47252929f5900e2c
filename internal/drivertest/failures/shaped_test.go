package failures

import (
	"context"
	"database/sql"
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/drivertest"
	"github.com/surrealsql/surrealsql/internal/scripted"
	"github.com/surrealsql/surrealsql/internal/shaped/shapedtest"
)

// Rows in blocks (SurrealDB 4.0) that a server or the network has got wrong. What must hold for
// all of them: no panic, no memory for what was only announced, rows that are right or an
// error that says what is wrong, and a connection that is as good as before or gone.

// blocks is a server that answers in blocks.
type blocks struct {
	*scripted.Server
	send atomic.Pointer[func(c *scripted.Conn, r scripted.Request)]
}

// knownAnswer is what `RETURN 7` is answered with, whatever else the server sends: who gets
// another answer got that of another request.
const knownAnswer = 7

func newBlocks(t testing.TB) *blocks {
	b := new(blocks)
	b.Server = scripted.New(t, func(c *scripted.Conn) {
		c.Serve(func(r scripted.Request) {
			switch {
			case r.Method == "query" && r.Text == "RETURN 7":
				c.QueryResults(r.ID, scripted.OK(knownAnswer))
			case r.Method == "query_stream" && r.Text == "RETURN 7":
				c.Stream(r.ID, begun, scripted.StreamValue(0, knownAnswer), scripted.StreamSingle(0), ended)
			case r.Method == "query" || r.Method == "query_stream":
				(*b.send.Load())(c, r)
			default:
				c.Answer(r)
			}
		})
	}).Streaming().UseVersion("surrealdb-4.0.0-beta.1").UseProtocols("shaped")
	return b
}

// answer says what every text is answered with but `RETURN 7`.
func (b *blocks) answer(send func(c *scripted.Conn, r scripted.Request)) { b.send.Store(&send) }

// results answers each statement with a result, as a whole or streamed in one frame.
func (b *blocks) results(results ...scripted.Raw) {
	b.answer(func(c *scripted.Conn, r scripted.Request) { c.Write(replied(r, results...)) })
}

// block is a result that is a block.
func block(b shapedtest.Block) scripted.Raw { return b.Append(nil) }

// replied are the messages that answer a request with the results of its statements.
func replied(r scripted.Request, results ...scripted.Raw) []byte {
	if r.Method == "query" {
		entries := make([]scripted.Raw, len(results))
		for i, result := range results {
			entries[i] = scripted.OK(result)
		}
		return scripted.Binary(scripted.Result(r.ID, scripted.Entries(entries...)))
	}
	frames := []scripted.Raw{scripted.StreamBegin(len(results))}
	for i, result := range results {
		frames = append(frames, rowsFrame(i, result), scripted.StreamFinished(i))
	}
	return scripted.Streamed(r.ID, append(frames, scripted.StreamEnd(len(results)))...)
}

// rowsFrame is a frame whose rows are in a block.
func rowsFrame(index int, rows scripted.Raw) scripted.Raw {
	return scripted.Object("index", index, "stream", "rows", "values", rows)
}

// open opens a database of the server whose answers are streamed or not.
func (b *blocks) open(t testing.TB, mode surrealsql.StreamMode) *sql.DB {
	t.Helper()
	return drivertest.OpenDB(t, b.DSN("protocol=shaped", "connect_backoff=1ms"), func(cfg *surrealsql.Config) { cfg.Stream = mode })
}

var modes = []surrealsql.StreamMode{surrealsql.StreamNever, surrealsql.StreamAlways}

// outcome is what became of a query whose rows were read to their end, set by set.
type outcome struct {
	rows []string // of all sets
	err  error    // the first one, whoever said it
}

// readEverything reads all that a query gives into variables of any type.
func readEverything(ctx context.Context, db drivertest.Queryer, text string) (o outcome) {
	rows, err := db.QueryContext(ctx, text)
	if err != nil {
		return outcome{err: err}
	}
	defer func() {
		if err := rows.Close(); o.err == nil {
			o.err = err
		}
	}()
	for {
		if err := o.readSet(rows); err != nil {
			o.err = err
			return o
		}
		if !rows.NextResultSet() {
			o.err = rows.Err()
			return o
		}
	}
}

func (o *outcome) readSet(rows *sql.Rows) error {
	names, err := rows.Columns()
	if err != nil {
		return err
	}
	if _, err := rows.ColumnTypes(); err != nil {
		return err
	}
	values, into := make([]any, len(names)), make([]any, len(names))
	for i := range values {
		into[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		o.rows = append(o.rows, shown(names, values))
	}
	return rows.Err()
}

// shown writes a row out, with the types of its values.
func shown(names []string, values []any) string {
	parts := make([]string, len(names))
	for i, name := range names {
		parts[i] = fmt.Sprintf("%s=%T(%v)", name, values[i], values[i])
	}
	return strings.Join(parts, " ")
}

// requireUnmixed asserts that the next answer is that to the next request.
func requireUnmixed(t testing.TB, db drivertest.Queryer, said ...any) {
	t.Helper()
	var n int
	require.NoError(t, db.QueryRowContext(t.Context(), "RETURN 7").Scan(&n), said...)
	require.Equal(t, knownAnswer, n, said...)
}

// starAndValue are texts whose rows are read whole, whatever they are.
var starAndValue = []string{"SELECT * FROM t", "SELECT VALUE x FROM t", "RETURN x"}

func TestBlockThatIsRightGivesTheRowsOfTheArrayThatItStandsFor(t *testing.T) {
	t.Parallel()
	for _, mode := range modes {
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			srv := newBlocks(t)
			db := drivertest.Solo(srv.open(t, mode))
			for _, right := range shapedtest.AllRight() {
				for _, text := range append(starAndValue, "SELECT c FROM t", "SELECT c, n FROM t") {
					srv.results(shapedtest.AppendCBOR(nil, append([]any{}, right.Rows...)))
					want := readEverything(t.Context(), db, text)
					srv.results(block(right.Block))
					got := readEverything(t.Context(), db, text)
					require.Equal(t, want.err == nil, got.err == nil, "%s: %s: %v, expected %v", right.Name, text, got.err, want.err)
					if want.err == nil {
						require.Equal(t, want.rows, got.rows, "%s: %s", right.Name, text)
					}
				}
			}
			requireUnmixed(t, db)
		})
	}
}

func TestBlockThatIsWrongIsAnErrorThatNamesIt(t *testing.T) {
	t.Parallel()
	for _, mode := range modes {
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			srv := newBlocks(t)
			db := drivertest.Solo(srv.open(t, mode))
			for _, wrong := range shapedtest.AllWrong() {
				srv.results(block(wrong.Block))
				for _, text := range starAndValue {
					began := time.Now()
					got := readEverything(t.Context(), db, text)
					require.Less(t, time.Since(began), drivertest.Patience, wrong.Name)
					if !wrong.Inside {
						require.Error(t, got.err, "%s: %s gave %v", wrong.Name, text, got.rows)
						require.ErrorContains(t, got.err, "surrealsql: ", wrong.Name)
					}
					requireUnmixed(t, db, wrong.Name)
				}
			}
		})
	}
}

// What is wrong in a place where the caller does not look, no one need notice; but nothing
// may come of it.
func TestBlockThatIsWrongLeavesEveryCallerUnharmed(t *testing.T) {
	t.Parallel()
	for _, mode := range modes {
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			srv := newBlocks(t)
			db := drivertest.Solo(srv.open(t, mode))
			for _, wrong := range shapedtest.AllWrong() {
				srv.results(block(wrong.Block), block(wrong.Block))
				for name, call := range wrongCalls() {
					_ = call(t.Context(), db)
					requireUnmixed(t, db, "%s: %s", wrong.Name, name)
				}
			}
		})
	}
}

// wrongCalls are callers of texts of two statements who look at their answers in other ways
// than by reading all.
func wrongCalls() map[string]func(context.Context, *sql.DB) error {
	const text = "SELECT c, a FROM t; SELECT * FROM t"
	each := func(f func(*sql.Rows) error) func(context.Context, *sql.DB) error {
		return func(ctx context.Context, db *sql.DB) error {
			rows, err := db.QueryContext(ctx, text)
			if err != nil {
				return err
			}
			defer rows.Close()
			return f(rows)
		}
	}
	return map[string]func(context.Context, *sql.DB) error{
		"Exec": func(ctx context.Context, db *sql.DB) error {
			r, err := db.ExecContext(ctx, "UPDATE t; CREATE t")
			if err != nil {
				return err
			}
			_, err = r.RowsAffected()
			return err
		},
		"QueryRow": func(ctx context.Context, db *sql.DB) error {
			var a, b any
			return db.QueryRowContext(ctx, "SELECT c, a FROM t").Scan(&a, &b)
		},
		"QueryRow of one": func(ctx context.Context, db *sql.DB) error {
			var v map[string]any
			return db.QueryRowContext(ctx, "SELECT * FROM ONLY t:1").Scan(surrealsql.Into(&v))
		},
		"Close at once":  each((*sql.Rows).Close),
		"the second set": each(func(rows *sql.Rows) error { rows.NextResultSet(); rows.Next(); return rows.Err() }),
		"the types alone": each(func(rows *sql.Rows) error {
			types, err := rows.ColumnTypes()
			for _, ct := range types {
				_, _ = ct.Nullable()
				_ = ct.ScanType()
			}
			return err
		}),
		"a row and the types": each(func(rows *sql.Rows) error { rows.Next(); _, err := rows.ColumnTypes(); return err }),
		"into structs": each(func(rows *sql.Rows) error {
			for rows.Next() {
				var a struct{ B bool }
				var c []string
				if err := rows.Scan(surrealsql.Into(&c), surrealsql.Into(&a)); err != nil {
					return err
				}
			}
			return rows.Err()
		}),
		"a transaction": func(ctx context.Context, db *sql.DB) error {
			tx, err := db.BeginTx(ctx, nil)
			if err != nil {
				return err
			}
			defer func() { _ = tx.Rollback() }()
			if o := readEverything(ctx, tx, "UPDATE t; SELECT * FROM t"); o.err != nil {
				return o.err
			}
			return tx.Commit()
		},
		"a row kept while another is asked for": func(ctx context.Context, db *sql.DB) error {
			conn, err := db.Conn(ctx)
			if err != nil {
				return err
			}
			defer conn.Close()
			rows, err := conn.QueryContext(ctx, text)
			if err != nil {
				return err
			}
			defer rows.Close()
			rows.Next()
			var n int
			if err := conn.QueryRowContext(ctx, "RETURN 7").Scan(&n); err == nil && n != knownAnswer {
				panic("an answer to another question")
			}
			for rows.Next() {
			}
			return rows.Err()
		},
	}
}

func TestBlockThatIsTornGivesThePrefixOfItsRowsAndAnError(t *testing.T) {
	t.Parallel()
	right, rows := threeRows()
	for _, mode := range modes {
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			srv := newBlocks(t)
			db := drivertest.Solo(srv.open(t, mode))
			for _, text := range []string{"SELECT a, s FROM t", "SELECT * FROM t", "SELECT VALUE x FROM t"} {
				srv.results(block(right))
				want := readEverything(t.Context(), db, text)
				require.NoError(t, want.err)
				require.Len(t, want.rows, rows)
				whole := len(replied(scripted.Request{Method: methodOf(mode), ID: 99}, block(right)))
				for cut := range whole {
					srv.answer(func(c *scripted.Conn, r scripted.Request) {
						b := replied(r, block(right))
						c.Write(b[:min(cut, len(b)-1)]) // an id may take fewer bytes
						c.Drop()
					})
					got := readEverything(t.Context(), db, text)
					require.Error(t, got.err, "cut after %d of %d bytes", cut, whole)
					require.LessOrEqual(t, len(got.rows), len(want.rows))
					require.Equal(t, want.rows[:len(got.rows)], append([]string{}, got.rows...), "cut after %d bytes", cut)
					requireUnmixed(t, db, "cut after %d bytes", cut)
				}
				srv.answer(func(c *scripted.Conn, r scripted.Request) { c.Drip(replied(r, block(right)), 10*time.Microsecond) })
				got := readEverything(t.Context(), db, text)
				require.NoError(t, got.err)
				require.Equal(t, want.rows, got.rows, "byte by byte")
			}
		})
	}
}

func methodOf(mode surrealsql.StreamMode) string {
	if mode == surrealsql.StreamAlways {
		return "query_stream"
	}
	return "query"
}

// threeRows are rows of two shapes.
func threeRows() (shapedtest.Block, int) {
	one := shapedtest.Object(false, shapedtest.Column{Name: "a", Kind: shapedtest.Int}, shapedtest.Column{Name: "s", Kind: shapedtest.String})
	two := shapedtest.Object(false, shapedtest.Column{Name: "a", Kind: shapedtest.U8, Flags: 3}, shapedtest.Column{Name: "s", Kind: shapedtest.Dynamic})
	return shapedtest.New().Announce(0, one).
		Batch(0, one.Row(map[string]any{"a": int64(1), "s": "first"}), one.Row(map[string]any{"a": int64(2), "s": "second"})).
		Announce(1, two).Batch(1, two.Row(map[string]any{"a": nil, "s": []any{true}})), 3
}

// A count, a length or a size costs nothing before there are bytes for it.
func TestBlockThatAnnouncesMoreThanItHasTakesNoMemoryForIt(t *testing.T) {
	const limit = 32 << 20 // for all answers to one text, of which most announce 4 GiB
	for _, mode := range modes {
		srv := newBlocks(t)
		db := drivertest.Solo(srv.open(t, mode))
		requireUnmixed(t, db)
		for _, wrong := range shapedtest.AllWrong() {
			if !strings.Contains(wrong.Name, "4,294,967,295") && !strings.Contains(wrong.Name, "GiB") && !strings.Contains(wrong.Name, "1,073,741,824") {
				continue
			}
			srv.results(block(wrong.Block))
			for _, text := range append(starAndValue, "SELECT c FROM t") {
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				_ = readEverything(t.Context(), db, text)
				runtime.ReadMemStats(&after)
				require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(limit/8), "%s: %s", wrong.Name, text)
			}
		}
	}
}

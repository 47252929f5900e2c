package failures

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/drivertest"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// Streamed answers of a real server that are given up at random moments: what was told of
// a write is true, and nothing is left of a thousand calls.

// withKeys adds keys to a DSN.
func withKeys(dsn string, keys ...string) string {
	separator := "?"
	if strings.Contains(dsn, separator) {
		separator = "&"
	}
	return dsn + separator + strings.Join(keys, "&")
}

// promises are what was told of writes, by their keys.
type promises struct {
	mu sync.Mutex
	of map[int]error
}

func (told *promises) write(key int, err error) {
	told.mu.Lock()
	defer told.mu.Unlock()
	told.of[key] = err
}

// A writing is a way to make the two records a and b of a key.
type writing struct {
	name   string
	atomic bool // both or none
	begins bool // a transaction of its own
	write  func(ctx context.Context, db *sql.Conn, key int) error
}

func writings() []writing {
	one := func(text string) func(ctx context.Context, db *sql.Conn, key int) error {
		return func(ctx context.Context, db *sql.Conn, key int) error { return drivertest.Exec(ctx, db, text, key) }
	}
	query := func(text string) func(ctx context.Context, db *sql.Conn, key int) error {
		return func(ctx context.Context, db *sql.Conn, key int) error {
			rows, err := db.QueryContext(ctx, text, key)
			if err != nil {
				return err
			}
			defer rows.Close()
			for rows.Next() {
			}
			if err := rows.Err(); err != nil { // database/sql's: it does not ask the driver
				return fmt.Errorf("%w: %w", surrealsql.ErrOutcomeUnknown, err)
			}
			return nil
		}
	}
	const a, b = "CREATE ledger SET key = $1, part = 'a'", "CREATE ledger SET key = $1, part = 'b'"
	const both = "INSERT INTO ledger [{ key: $1, part: 'a' }, { key: $1, part: 'b' }]"
	return []writing{
		{"a statement", true, false, one(both)},
		{"a statement whose records are read", true, false, query(both)},
		{"two statements", false, false, one(a + ";" + b)},
		{"a block", true, false, one("BEGIN;" + a + ";" + b + "; COMMIT")},
		{"a block whose records are read", true, false, query("BEGIN;" + a + ";" + b + "; COMMIT")},
		{"a transaction", true, true, func(ctx context.Context, db *sql.Conn, key int) error {
			tx, err := db.BeginTx(ctx, nil)
			if err != nil {
				return err
			}
			defer tx.Rollback()
			if err := drivertest.Exec(ctx, tx, a, key); err != nil {
				return err
			}
			if err := drivertest.Exec(ctx, tx, b, key); err != nil {
				return err
			}
			return tx.Commit()
		}},
	}
}

func TestFramesOfWritesThatAreGivenUpTellTheTruth(t *testing.T) {
	t.Parallel()
	surrealtest.Needs(t, "3.3")
	for store, open := range map[string]func(t testing.TB) string{
		"in memory": surrealtest.DSN,
		"on disk": func(t testing.TB) string {
			return surrealtest.New(t, surrealtest.Options{Path: t.TempDir()}).TestDSN(t)
		},
	} {
		t.Run(store, func(t *testing.T) {
			t.Parallel()
			dsn := withKeys(open(t), "stream=always")
			for _, w := range writings() {
				t.Run(w.name, func(t *testing.T) {
					db := drivertest.OpenDB(t, dsn)
					drivertest.MustExec(t, db, "REMOVE TABLE IF EXISTS ledger; DEFINE TABLE ledger")
					w.check(t, db, w.run(t, db))
				})
			}
		})
	}
}

// run writes many keys under random deadlines, of which some are long enough for a write.
func (w writing) run(t testing.TB, db *sql.DB) *promises {
	const writers = 8
	each, most := 60, 3*time.Millisecond
	if w.begins {
		each, most = 10, 40*time.Millisecond // what ends in the middle of a begin or a commit costs its connection
	}
	db.SetMaxOpenConns(writers)
	drivertest.KeepIdle(db, writers)
	most = max(most, 3*w.takes(t, db, writers))
	told := &promises{of: make(map[int]error)}
	var wg sync.WaitGroup
	for i := range writers {
		wg.Go(func() {
			for j := range each {
				conn, err := db.Conn(t.Context()) // which may take longer than all of the rest
				if err != nil {
					t.Error(err)
					return
				}
				key := i*each + j
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration(rand.Int64N(int64(most))))
				told.write(key, w.write(ctx, conn, key))
				cancel()
				_ = conn.Close() // it may be lost
			}
		})
	}
	wg.Wait()
	return told
}

// takes is how long a write of each of so many writers takes here: how fast a disk is differs
// more than anything else. Their keys are below those that are compared.
func (w writing) takes(t testing.TB, db *sql.DB, writers int) time.Duration {
	t.Helper()
	write := func() {
		var wg sync.WaitGroup
		for i := range writers {
			wg.Go(func() {
				conn, err := db.Conn(t.Context())
				if err != nil {
					t.Error(err)
					return
				}
				defer conn.Close()
				if err := w.write(t.Context(), conn, -1-i); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
	}
	write() // connects
	drivertest.MustExec(t, db, "DELETE ledger")
	began := time.Now()
	write()
	return time.Since(began)
}

// check compares what was told with what is there.
func (w writing) check(t testing.TB, db *sql.DB, told *promises) {
	t.Helper()
	drivertest.MustExec(t, db, "SLEEP 300ms") // what was given up may still be at work
	there := make(map[int][]string)
	rows, err := db.QueryContext(t.Context(), "SELECT key, part FROM ledger")
	require.NoError(t, err)
	defer rows.Close()
	for rows.Next() {
		var key int
		var part string
		require.NoError(t, rows.Scan(&key, &part))
		there[key] = append(there[key], part)
	}
	require.NoError(t, rows.Err())

	var done, unknown, unknownDone, not int
	for key, err := range told.of {
		parts := there[key]
		what := fmt.Sprintf("key %d has %v, and its writer was told %v", key, parts, err)
		require.LessOrEqual(t, len(parts), 2, "written twice: %s", what)
		if len(parts) == 2 {
			require.NotEqual(t, parts[0], parts[1], "written twice: %s", what)
		}
		if w.atomic {
			require.NotEqual(t, 1, len(parts), "half is there: %s", what)
		}
		switch {
		case err == nil:
			done++
			require.Len(t, parts, 2, "a write is lost: %s", what)
		case errors.Is(err, surrealsql.ErrOutcomeUnknown):
			unknown++
			if len(parts) > 0 {
				unknownDone++
			}
		default:
			not++
			if w.atomic || errors.Is(err, context.DeadlineExceeded) {
				require.Empty(t, parts, "it was said not to be done: %s", what)
			}
		}
	}
	t.Logf("%d done, %d unknown (%d of them there), %d not done", done, unknown, unknownDone, not)
	require.NotZero(t, done)
	require.NotZero(t, unknown+not)
}

// A thousand calls given up on a few connections cost few of these, and nothing stays
// behind on either side. It runs alone: it counts what the process holds.
func TestFramesOfAThousandCallsGivenUpLeaveNothing(t *testing.T) {
	surrealtest.Needs(t, "3.3")
	const callers, most, calls = 16, 8, 1000
	dsn := withKeys(surrealtest.DSN(t), "stream=always", "cancel_timeout=5s")
	before := goleak.IgnoreCurrent()
	var used drivertest.Sockets
	db := drivertest.OpenDB(t, dsn, used.Use)
	db.SetMaxOpenConns(most)
	drivertest.KeepIdle(db, most)
	drivertest.MustExec(t, db, "DEFINE TABLE late; DEFINE TABLE x; CREATE |x:3000| SET n = rand::int() RETURN NONE")
	texts := []string{
		"SLEEP 5s; CREATE late",
		"SELECT * FROM x ORDER BY n; SLEEP 5s; CREATE late",
		"SELECT VALUE n FROM x; SLEEP 5s",
		"FOR $i IN 0..100000 { UPSERT x:upserted SET n = $i }; CREATE late",
		"UPDATE x SET n += 1; SLEEP 5s",
	}
	var wg sync.WaitGroup
	for i := range callers {
		wg.Go(func() {
			for j := range calls / callers {
				text := texts[(i+j)%len(texts)]
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration(1+rand.IntN(20))*time.Millisecond)
				_, err := readFrom(ctx, db, text)
				if !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("%q ended with %v", text, err)
				}
				cancel()
			}
		})
	}
	wg.Wait()
	for range 64 { // more than a connection may have streams
		drivertest.RequireGood(t, db)
	}
	require.Zero(t, drivertest.QueryOne[int](t, db, "RETURN count(SELECT * FROM late)"), "a call that was given up went on")
	_, opened := used.Count()
	t.Logf("%d calls were given up on %d connections", calls, opened)
	require.LessOrEqual(t, opened, 4*most, "connections were lost")
	require.NoError(t, db.Close())
	used.AwaitOpen(t, 0)
	require.NoError(t, goleak.Find(before))
}

// One connection has two answers at once.
func TestFramesOfTwoAnswersOnOneConnectionAreNotMixed(t *testing.T) {
	t.Parallel()
	conn := drivertest.Lease(t, drivertest.OpenDB(t, withKeys(surrealtest.DSN(t), "stream=always")))
	drivertest.MustExec(t, conn, "FOR $i IN 0..3000 { CREATE type::record('x', $i) SET n = $i }")
	open := func(add int) *sql.Rows {
		t.Helper()
		rows, err := conn.QueryContext(t.Context(), "SELECT VALUE n + $1 FROM x", add)
		require.NoError(t, err)
		t.Cleanup(func() { _ = rows.Close() })
		return rows
	}
	next := func(rows *sql.Rows, want int) {
		t.Helper()
		var n int
		require.True(t, rows.Next(), "%d rows: %v", want, rows.Err())
		require.NoError(t, rows.Scan(&n))
		require.Equal(t, want, n)
	}

	// In step.
	first, second := open(0), open(10_000)
	for i := range 3000 {
		next(first, i)
		next(second, 10_000+i)
	}
	require.False(t, first.Next())
	require.False(t, second.Next())
	require.NoError(t, first.Err())
	require.NoError(t, second.Err())

	// A query in the loop over another's rows, which may leave early.
	outer := open(0)
	for i := range 3000 {
		next(outer, i)
		if i%100 == 0 {
			inner := open(20_000)
			for j := range 10 * (1 + i/100) {
				next(inner, 20_000+j)
			}
			require.NoError(t, inner.Close())
			require.Equal(t, 42, drivertest.QueryOne[int](t, conn, "RETURN $1 + 1", 41))
		}
	}
	require.False(t, outer.Next())
	require.NoError(t, outer.Err())
}

// Given up, an answer does not take another of its connection with it.
func TestFramesOfAnAnswerGivenUpLeaveAnotherWhole(t *testing.T) {
	t.Parallel()
	surrealtest.Needs(t, "3.3")
	conn := drivertest.Lease(t, drivertest.OpenDB(t, withKeys(surrealtest.DSN(t), "stream=always")))
	drivertest.MustExec(t, conn, "FOR $i IN 0..3000 { CREATE type::record('x', $i) SET n = $i }")
	for _, leave := range []int{0, 1, 20, 700} {
		whole, err := conn.QueryContext(t.Context(), "SELECT VALUE n FROM x")
		require.NoError(t, err)
		require.True(t, whole.Next())
		ctx, cancel := context.WithCancel(t.Context())
		other, err := conn.QueryContext(ctx, "SELECT VALUE n FROM x")
		require.NoError(t, err)
		for range leave {
			require.True(t, other.Next())
		}
		cancel()
		for other.Next() {
		}
		n := 1
		for ; whole.Next(); n++ {
		}
		require.NoError(t, whole.Err())
		require.Equal(t, 3000, n)
		require.NoError(t, whole.Close())
	}
}

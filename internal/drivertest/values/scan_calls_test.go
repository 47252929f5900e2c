package values

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/drivertest"
)

// Methods of destinations may use the connection that they are scanned from, whatever
// lock database/sql holds.

// duringScan is what the methods below do, by the text that they read.
var (
	duringScan sync.Map // of string to func() error
	scanKeys   atomic.Int64
)

func runDuringScan(text string) error {
	if do, ok := duringScan.Load(text); ok {
		return do.(func() error)()
	}
	return nil
}

type (
	byScan  struct{ Text string }
	byJSON  struct{ Text string }
	byText  struct{ Text string }
	byCBOR  struct{ Text string }
	textKey struct{ Text string }
	toFunc  func(src any) error
)

func (b *byScan) Scan(src any) error {
	b.Text, _ = src.(string)
	return runDuringScan(b.Text)
}

func (b *byJSON) UnmarshalJSON(raw []byte) error {
	if err := json.Unmarshal(raw, &b.Text); err != nil {
		return err
	}
	return runDuringScan(b.Text)
}

func (b *byText) UnmarshalText(text []byte) error {
	b.Text = string(text)
	return runDuringScan(b.Text)
}

func (b *byCBOR) UnmarshalCBOR(raw []byte) error {
	b.Text = string(raw[1:]) // of a short text, whose head is a byte
	return runDuringScan(b.Text)
}

func (k *textKey) UnmarshalText(text []byte) error {
	k.Text = string(text)
	return runDuringScan(k.Text)
}

func (f toFunc) Scan(src any) error { return f(src) }

// within fails with all stacks where f hangs.
func within(t testing.TB, f func()) {
	t.Helper()
	done := make(chan struct{})
	go func() { defer close(done); f() }()
	select {
	case <-done:
	case <-time.After(30 * time.Second):
		stacks := make([]byte, 1<<20)
		t.Fatalf("it hangs:\n%s", stacks[:runtime.Stack(stacks, true)])
	}
}

// shape is how a destination's method comes to a text that is a column.
type shape struct {
	value string // SurrealQL with one %q
	dest  func() any
}

var shapes = map[string]shape{
	"itself":               {"%q", func() any { return new(byScan) }},
	"a pointer":            {"%q", func() any { return new(*byScan) }},
	"pointers to pointers": {"%q", func() any { return new(***byScan) }},
	"a func":               {"%q", func() any { return toFunc(func(src any) error { return runDuringScan(src.(string)) }) }},
	"an interface's":       {"%q", func() any { return struct{ sql.Scanner }{new(byScan)} }},
	"a pointer to that":    {"%q", func() any { return &struct{ sql.Scanner }{new(byScan)} }},
	"Null":                 {"%q", func() any { return new(sql.Null[byScan]) }},
	"Null of a pointer":    {"%q", func() any { return new(sql.Null[*byScan]) }},
	"Value":                {"%q", func() any { return new(surrealsql.Value[byScan]) }},
	"Value of a Null":      {"%q", func() any { return new(surrealsql.Value[sql.Null[byScan]]) }},
	"Value of a slice":     {"[%q]", func() any { return new(surrealsql.Value[[]byText]) }},
	"Into":                 {"%q", func() any { return surrealsql.Into(new(byScan)) }},
	"Into JSON":            {"%q", func() any { return surrealsql.Into(new(byJSON)) }},
	"Into text":            {"%q", func() any { return surrealsql.Into(new(byText)) }},
	"Into CBOR":            {"%q", func() any { return surrealsql.Into(new(*byCBOR)) }},
	"Into a slice":         {"[%q]", func() any { return surrealsql.Into(new([]byScan)) }},
	"Into an array":        {"[%q]", func() any { return surrealsql.Into(new([1]*byJSON)) }},
	"Into a map":           {"{ A: %q }", func() any { return surrealsql.Into(new(map[string]byText)) }},
	"Into a map's key":     {"{ %q: 1 }", func() any { return surrealsql.Into(new(map[textKey]int)) }},
	"Into a struct":        {"{ A: %q }", func() any { return surrealsql.Into(new(struct{ A byScan })) }},
	"Into Value":           {"{ A: [%q] }", func() any { return surrealsql.Into(new(struct{ A surrealsql.Value[[]*byScan] })) }},
	"Into an embedded":     {"%q", func() any { return surrealsql.Into(new(struct{ byScan })) }},
}

// session is what a result's connection is asked by; tx or conn is nil.
type session struct {
	db   *sql.DB
	conn *sql.Conn
	tx   *sql.Tx
	rows *sql.Rows
}

func (s *session) query(ctx context.Context, text string) (*sql.Rows, error) {
	if s.tx != nil {
		return s.tx.QueryContext(ctx, text)
	}
	return s.conn.QueryContext(ctx, text)
}

// calls are what a method may ask for.
var calls = map[string]func(ctx context.Context, s *session) error{
	"rows.Columns":     func(_ context.Context, s *session) error { _, err := s.rows.Columns(); return err },
	"rows.ColumnTypes": func(_ context.Context, s *session) error { _, err := s.rows.ColumnTypes(); return err },
	"rows.Err":         func(_ context.Context, s *session) error { return s.rows.Err() },
	"rows.Scan":        func(_ context.Context, s *session) error { var v, w any; return s.rows.Scan(&v, &w) },
	"rows.NextResultSet": func(_ context.Context, s *session) error {
		if !s.rows.NextResultSet() {
			return errors.New("no set")
		}
		return nil
	},
	"Query": func(ctx context.Context, s *session) error {
		rows, err := s.query(ctx, `SELECT * FROM [1, 2, 3]`)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			if err := rows.Scan(new(int)); err != nil {
				return err
			}
		}
		return rows.Err()
	},
	"Exec": func(ctx context.Context, s *session) error {
		if s.tx != nil {
			_, err := s.tx.ExecContext(ctx, `CREATE seen`)
			return err
		}
		_, err := s.conn.ExecContext(ctx, `CREATE seen`)
		return err
	},
	"Query of others": func(ctx context.Context, s *session) error {
		errs := make(chan error, 2)
		for range cap(errs) {
			go func() {
				rows, err := s.query(ctx, `RETURN "of somebody else"`)
				if err == nil {
					err = rows.Close()
				}
				errs <- err
			}()
		}
		return errors.Join(<-errs, <-errs)
	},
	"Prepare": func(ctx context.Context, s *session) error {
		prepare := s.db.PrepareContext
		if s.tx != nil {
			prepare = s.tx.PrepareContext
		} else if s.conn != nil {
			prepare = s.conn.PrepareContext
		}
		stmt, err := prepare(ctx, `RETURN 1`)
		if err != nil {
			return err
		}
		defer stmt.Close()
		return stmt.QueryRowContext(ctx).Scan(new(int))
	},
	"conn.PingContext": func(ctx context.Context, s *session) error {
		if s.conn == nil {
			return s.db.PingContext(ctx)
		}
		return s.conn.PingContext(ctx)
	},
	"conn.Raw": func(_ context.Context, s *session) error {
		if s.conn == nil {
			return nil
		}
		return s.conn.Raw(func(any) error { return nil })
	},
	"db.Query": func(ctx context.Context, s *session) error {
		return s.db.QueryRowContext(ctx, `RETURN 1`).Scan(new(int))
	},
}

// scanCalling scans a row of which one column calls; the other columns, and what comes
// after them, must be what they are without.
func scanCalling(t *testing.T, s *session, sh shape, call func(context.Context, *session) error, elsewhere bool) {
	key, called := fmt.Sprintf("k%d", scanKeys.Add(1)), 0
	duringScan.Store(key, func() error { called++; return call(t.Context(), s) })
	defer duringScan.Delete(key)
	value := fmt.Sprintf(sh.value, key)
	rows, err := s.query(t.Context(), `SELECT u, v FROM [{ u: 6, v: 7 }]; SELECT v, w FROM [{ v: `+value+`, w: "a long text that lies in the buffer of the connection" }, { v: "", w: "8" }]; RETURN 9`)
	require.NoError(t, err)
	s.rows = rows
	defer func() { require.NoError(t, rows.Close()) }()
	require.True(t, rows.NextResultSet())
	require.True(t, rows.Next())
	var w string
	require.NoError(t, rows.Scan(sh.dest(), &w))
	require.NotZero(t, called)
	require.Equal(t, "a long text that lies in the buffer of the connection", w)
	if !elsewhere {
		require.True(t, rows.Next())
		require.NoError(t, rows.Scan(new(any), &w))
		require.Equal(t, "8", w)
		require.False(t, rows.Next())
		require.True(t, rows.NextResultSet(), rows.Err())
	}
	require.True(t, rows.Next(), rows.Err())
	var n int
	require.NoError(t, rows.Scan(&n))
	require.Equal(t, 9, n)
}

func TestScanMethodMayUseTheConnectionItIsScannedFrom(t *testing.T) {
	t.Parallel()
	for call, do := range calls {
		t.Run(call, func(t *testing.T) {
			t.Parallel()
			db := drivertest.NewDB(t)
			for name, sh := range shapes {
				within(t, func() {
					conn, err := db.Conn(t.Context())
					require.NoError(t, err)
					defer conn.Close()
					t.Log("from a connection:", name)
					scanCalling(t, &session{db: db, conn: conn}, sh, do, call == "rows.NextResultSet")
				})
				within(t, func() {
					t.Log("from a transaction:", name)
					scanCalling(t, &session{db: db, tx: drivertest.Begin(t, db)}, sh, do, call == "rows.NextResultSet")
				})
			}
		})
	}
}

// asksAgain is an error whose text comes from the connection.
type asksAgain struct{ s *session }

func (e asksAgain) Error() string {
	_, err := e.s.rows.ColumnTypes()
	return fmt.Sprint("the columns could be asked for: ", err)
}

func TestScanMethodsErrorMayUseTheConnection(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	within(t, func() {
		rows, err := db.QueryContext(t.Context(), `SELECT v FROM [{ v: 1 }]`)
		require.NoError(t, err)
		defer rows.Close()
		require.True(t, rows.Next())
		fails := asksAgain{&session{rows: rows}}
		err = rows.Scan(toFunc(func(any) error { return fails }))
		require.ErrorIs(t, err, fails)
		require.ErrorContains(t, err, "the columns could be asked for: <nil>")
	})
}

func TestScanMethodThatReadsAheadLetsTheRowsGoOn(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	within(t, func() {
		rows, err := db.QueryContext(t.Context(), `SELECT v, w FROM [{ v: 1, w: 10 }, { v: 2, w: 20 }, { v: 3, w: 30 }]`)
		require.NoError(t, err)
		defer rows.Close()
		require.True(t, rows.Next())
		var w int
		require.NoError(t, rows.Scan(toFunc(func(any) error { require.True(t, rows.Next()); return nil }), &w))
		require.Equal(t, 20, w, "database/sql has one row at a time")
		require.True(t, rows.Next())
		require.NoError(t, rows.Scan(new(int), &w))
		require.Equal(t, 30, w)
	})
}

func TestScanMethodMayUseAConnectionWhoseRowsAreStillArriving(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	within(t, func() {
		conn, err := db.Conn(t.Context())
		require.NoError(t, err)
		defer conn.Close()
		all := make([]map[string]any, 20000)
		for i := range all {
			all[i] = map[string]any{"v": i, "w": fmt.Sprint(i)}
		}
		rows, err := conn.QueryContext(t.Context(), `SELECT v, w FROM $1`, all)
		require.NoError(t, err)
		defer rows.Close()
		n := 0
		for ; rows.Next(); n++ {
			var v int64
			var w string
			require.NoError(t, rows.Scan(toFunc(func(src any) error {
				v = src.(int64)
				if n%5000 != 10 {
					return nil
				}
				return conn.QueryRowContext(t.Context(), `SELECT VALUE v FROM [{ v: "something else in the buffer" }]`).Scan(new(string))
			}), &w))
			require.Equal(t, fmt.Sprint(v), w)
			require.EqualValues(t, n, v)
		}
		require.NoError(t, rows.Err())
		require.Equal(t, 20000, n)
	})
}

// ownScan embeds a Value and has a Scan method of its own.
type ownScan struct {
	surrealsql.Value[int]
	seen any
}

func (o *ownScan) Scan(src any) error { o.seen = src; return nil }

func TestScanMethodOfATypeThatEmbedsAValueIsTheOneItSays(t *testing.T) {
	t.Parallel()
	var own ownScan
	require.NoError(t, drivertest.NewDB(t).QueryRowContext(t.Context(), `RETURN 1`).Scan(&own))
	require.EqualValues(t, 1, own.seen)
}

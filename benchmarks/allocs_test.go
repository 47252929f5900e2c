package main

import (
	"context"
	"database/sql"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql/benchmarks/internal/measure"
	"github.com/surrealsql/surrealsql/benchmarks/internal/record"
)

// The bounds of allocations and of round trips.

// pageRows are enough that what a query costs once disappears in what a row
// costs.
const pageRows = 1_000

// allocationBounds are what may be allocated, database/sql's own allocations
// with it. Who brings a count down brings its bound down too.
var allocationBounds = []struct {
	name  string
	open  func(*testing.T, *env) func() error
	rows  int     // the bound is per row; 0 is per operation
	bound float64 // on this version of Go
	race  float64 // what the race detector may add, per operation
}{
	{"one row with Background", oneRowCase(context.Background()), 0, bounds.oneRow, 3},
	{"one row with a cancellable context", oneRowCancellable, 0, bounds.oneRowCancellable, 5},
	{"one row by a prepared statement", oneRowPrepared, 0, bounds.oneRowPrepared, 4},
	{"a row of four columns", pageCase(record.Page4, page4), pageRows, bounds.row4, 100},
	{"a row of eight columns", pageCase(record.Page8, page8), pageRows, bounds.row8, 100},
	{"a row of eight columns by shaped", memberCase(record.MembersShaped), pageRows, bounds.memberShaped, 100},
	{"the same row by cbor", memberCase(record.Members), pageRows, bounds.member, 100},
	{"a row of eight columns by All", allCase[row8](record.Page8, record.Page8.Text), pageRows, bounds.record, 100},
	{"a member by All", allCase[typedMember](record.Members, record.Members.Text), pageRows, bounds.record, 100},
	{"a member by All, by shaped", allCase[typedMember](record.MembersShaped, record.Members.Text), pageRows, bounds.record, 100},
	{"one row by shaped", memberRowCase(record.MemberShaped), 0, bounds.oneRow, 3},
	{"a nested document, Into", documentCase(into), 100, bounds.document, 100},
	{"a nested document by All", allDocuments, 100, bounds.documentByAll, 100},
	{"an array of objects into an *any", arrayCase, pageRows, bounds.object, 1_000},
	{"Exec", execCase, 0, bounds.exec, 3},
	{"Ping", pingCase, 0, bounds.ping, 2},
}

// allocationTable is what each of them may cost on a version of Go.
type allocationTable struct {
	oneRow, oneRowCancellable, oneRowPrepared float64
	row4, row8, document, object              float64
	member, memberShaped                      float64 // a row of eight columns, with four strings
	documentByAll                             float64 // two slices and a map of two parts, and its strings
	record                                    float64 // a row that All reads into a struct with two to four strings
	exec, ping                                float64
}

func TestAllocationsStayWithinTheirBounds(t *testing.T) {
	for _, c := range allocationBounds {
		t.Run(c.name, func(t *testing.T) {
			got := allocations(t, c.open(t, storedEnv(t)))
			bound, each := c.bound, max(c.rows, 1)
			if underRace {
				bound += c.race / float64(each)
			}
			got /= float64(each)
			t.Logf("%.3f allocations, at most %.3f", got, bound)
			require.LessOrEqual(t, got, bound)
		})
	}
}

// TestCleanCheckoutAllocatesNothingOfItsOwn compares with a driver that does
// nothing at all.
func TestCleanCheckoutAllocatesNothingOfItsOwn(t *testing.T) {
	e := storedEnv(t)
	g, err := checkoutClean(e)
	require.NoError(t, err)
	count := func(name string) float64 { return allocations(t, opOf(t, g, name)) }
	floor := count(theFloor)
	for _, name := range []string{cleanDriver, cleanTCP} {
		if got := count(name); underRace {
			require.LessOrEqual(t, got, floor+1, name)
		} else {
			require.Equal(t, floor, got, name)
		}
	}
}

func TestDirtyCheckoutIsOneFlight(t *testing.T) {
	e := storedEnv(t)
	g, err := dirtyLoopback(e)
	require.NoError(t, err)
	requireFlights(t, g, dirtyDriver, 1)
}

func TestConnectingIsTwoFlights(t *testing.T) {
	e := storedEnv(t)
	g, err := connectLoopback(e)
	require.NoError(t, err)
	requireFlights(t, g, theDriver, 2) // the upgrade, and all the rest
}

func requireFlights(t *testing.T, g *measure.Group, name string, want float64) {
	t.Helper()
	for _, c := range g.Cases {
		if c.Name != name {
			continue
		}
		extras, err := c.Extras()
		require.NoError(t, err)
		require.Equal(t, "round trips", extras[0].Name)
		require.Equal(t, want, extras[0].Value)
		return
	}
	t.Fatalf("no case %q", name)
}

func opOf(t *testing.T, g *measure.Group, name string) func() error {
	t.Helper()
	for _, c := range g.Cases {
		if c.Name == name {
			return func() error { return c.Op(0) }
		}
	}
	t.Fatalf("no case %q", name)
	return nil
}

// allocations counts what one run of f allocates, once it is warm.
func allocations(t *testing.T, f func() error) float64 {
	t.Helper()
	var failed error
	got := testing.AllocsPerRun(100, func() {
		if err := f(); err != nil {
			failed = err
		}
	})
	require.NoError(t, failed)
	return got
}

func memoryDB(t *testing.T, e *env, q record.Query, rows int) *sql.DB {
	t.Helper()
	db, err := e.memory(e.set[q.Key].Reply(rows))
	require.NoError(t, err)
	return db
}

func oneRowCase(ctx context.Context) func(*testing.T, *env) func() error {
	return func(t *testing.T, e *env) func() error {
		db, o := memoryDB(t, e, record.One, 1), new(one)
		return func() error { return o.ask(ctx, db) }
	}
}

func oneRowCancellable(t *testing.T, e *env) func() error {
	return oneRowCase(e.cancellable())(t, e)
}

func oneRowPrepared(t *testing.T, e *env) func() error {
	stmt, err := memoryDB(t, e, record.One, 1).Prepare(record.One.Text)
	require.NoError(t, err)
	e.atEnd(stmt.Close)
	o := new(one)
	return func() error { return o.askPrepared(context.Background(), stmt) }
}

func allCase[T any](q record.Query, text string) func(*testing.T, *env) func() error {
	return func(t *testing.T, e *env) func() error {
		db := memoryDB(t, e, q, pageRows)
		return func() error { return readAll[T](db, text, pageRows) }
	}
}

func allDocuments(t *testing.T, e *env) func() error {
	db := memoryDB(t, e, record.Nested, 100)
	return func() error { return readAll[record.Document](db, record.Nested.Text, 100) }
}

func pageCase(q record.Query, scan func(context.Context, *sql.DB, int) error) func(*testing.T, *env) func() error {
	return func(t *testing.T, e *env) func() error {
		db := memoryDB(t, e, q, pageRows)
		return func() error { return scan(context.Background(), db, pageRows) }
	}
}

func memberCase(q record.Query) func(*testing.T, *env) func() error {
	return func(t *testing.T, e *env) func() error {
		db := memoryDB(t, e, q, pageRows)
		return func() error { return readMembers(db, q.Text, record.MemberColumns, pageRows) }
	}
}

func memberRowCase(q record.Query) func(*testing.T, *env) func() error {
	return func(t *testing.T, e *env) func() error {
		do := askingMember(memoryDB(t, e, q, 1))
		return func() error { return do(0) }
	}
}

func documentCase(dest func(*record.Document) any) func(*testing.T, *env) func() error {
	return func(t *testing.T, e *env) func() error {
		db := memoryDB(t, e, record.Nested, 100)
		return func() error { return documents(db, 100, dest) }
	}
}

func arrayCase(t *testing.T, e *env) func() error {
	db := memoryDB(t, e, record.Page, pageRows)
	return func() error {
		var v any
		return db.QueryRow(record.Page.Text).Scan(&v)
	}
}

func execCase(t *testing.T, e *env) func() error {
	db := memoryDB(t, e, record.One, 1)
	return func() error { return execute(db, "UPDATE person SET seen = $1", true) }
}

func pingCase(t *testing.T, e *env) func() error {
	db := memoryDB(t, e, record.One, 1)
	return func() error { return db.PingContext(context.Background()) }
}

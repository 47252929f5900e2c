package bulk

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/drivertest"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// What the error of an insertion says, and that the table agrees with it.

// failure is the InsertError of an error, which must be one.
func failure(t *testing.T, err error) *surrealsql.InsertError {
	t.Helper()
	failed, ok := errors.AsType[*surrealsql.InsertError](err)
	require.True(t, ok, "%v", err)
	return failed
}

type row = map[string]any

func rowsWithout(n int, fields func(i int) row) []row {
	rows := make([]row, n)
	for i := range rows {
		rows[i] = fields(i)
	}
	return rows
}

func TestInsertNamesTheRowAtFault(t *testing.T) {
	t.Parallel()
	const schema = `DEFINE TABLE member SCHEMAFULL; DEFINE FIELD name ON member TYPE string;
		DEFINE FIELD age ON member TYPE option<int> ASSERT $value = NONE OR $value < 200;
		DEFINE INDEX name ON member FIELDS name UNIQUE; CREATE member:old SET name = 'taken'`
	plain := func(i int) row { return row{"name": fmt.Sprint("name ", i)} }
	withID := func(i int) row { return row{"id": i, "name": fmt.Sprint("name ", i)} }
	for name, c := range map[string]struct {
		rows  func(i int) row
		wrong map[int]row
		row   int
		id    surrealsql.RecordID
		is    func(error) bool
	}{
		"an id that is there":           {withID, map[int]row{33: {"id": "old", "name": "x"}}, 33, "member:old", surrealsql.IsDuplicate},
		"an id that comes twice":        {withID, map[int]row{34: {"id": 21, "name": "x"}}, 34, "member:21", surrealsql.IsDuplicate},
		"an indexed value that is":      {plain, map[int]row{20: {"name": "taken"}, 25: {"name": "taken"}}, 20, "", surrealsql.IsDuplicate},
		"an indexed value that repeats": {plain, map[int]row{39: {"name": "name 21"}}, 39, "", surrealsql.IsDuplicate},
		"the last row of a batch":       {plain, map[int]row{39: {"name": "taken"}}, 39, "", surrealsql.IsDuplicate},
		"a type":                        {withID, map[int]row{47: {"id": 47, "name": 5}}, 47, "member:47", surrealsql.IsInvalid},
		"a type without an id":          {plain, map[int]row{47: {"name": 5}}, 47, "", surrealsql.IsInvalid},
		"an assertion":                  {withID, map[int]row{59: {"id": 59, "name": "x", "age": 999}}, 59, "member:59", surrealsql.IsInvalid},
		"a field that is not defined":   {plain, map[int]row{22: {"name": "x", "shoe": 999}}, 22, "", surrealsql.IsInvalid},
		"a text that is not UTF-8":      {withID, map[int]row{41: {"id": 41, "name": "\xff"}}, 41, "", surrealsql.IsInvalid},
		"no record":                     {plain, map[int]row{41: nil}, 41, "", surrealsql.IsInvalid},
	} {
		for _, connections := range []int{1, 3} {
			t.Run(fmt.Sprint(name, " ", connections), func(t *testing.T) {
				t.Parallel()
				db := drivertest.NewDB(t)
				drivertest.MustExec(t, db, schema)
				rows := rowsWithout(60, c.rows)
				for i, r := range c.wrong {
					rows[i] = r
				}
				got, err := surrealsql.Bulk{BatchRecords: 20, Connections: connections}.Insert(t.Context(), db, "member", rows)
				require.True(t, c.is(err), "%v", err)
				failed := failure(t, err)
				require.Equal(t, c.row, failed.Row, "%v", err)
				require.Equal(t, c.id, failed.ID)
				require.Equal(t, c.row/20*20, failed.Batch.From)
				require.Empty(t, failed.Unknown)
				inForce := 0
				for _, r := range failed.Done {
					inForce += r.To - r.From
				}
				require.Equal(t, got.Rows, inForce)
				require.Equal(t, 1+inForce, drivertest.CountOf(t, db, "member"))
				if connections == 1 {
					require.Equal(t, c.row/20*20, inForce)
				}
				require.False(t, surrealsql.IsRetryable(err))
			})
		}
	}
}

func TestInsertErrorReadsWell(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	drivertest.MustExec(t, db, "CREATE person:33")
	_, err := surrealsql.Bulk{BatchRecords: 20}.Insert(t.Context(), db, "person", people(60))
	require.EqualError(t, err, "surrealsql: inserting into person: row 33 (person:33) of rows 20 to 39: surrealdb: Database record `person:33` already exists; in force: rows 0 to 19")
	_, err = surrealsql.Insert(t.Context(), db, "person", people(1)[:1])
	require.EqualError(t, err, "surrealsql: inserting into person: row 0 (person:0): surrealdb: Database record `person:0` already exists; no row is in force")
	_, err = surrealsql.Insert(t.Context(), db, "person", []*person{nil})
	require.EqualError(t, err, "surrealsql: inserting into person: row 0: argument $rows: it is nil: expected a struct, a map or a pointer to one; no row is in force")
}

func TestInsertInATransactionNamesTheRowThatTheServerNames(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	drivertest.MustExec(t, db, "CREATE person:33")
	tx := drivertest.Begin(t, db)
	_, err := surrealsql.Bulk{BatchRecords: 20}.Insert(t.Context(), tx, "person", people(60))
	require.Equal(t, 33, failure(t, err).Row)
	require.NotContains(t, err.Error(), "in force")
	require.ErrorIs(t, tx.Commit(), surrealsql.ErrTxDoomed)
	require.Equal(t, 1, drivertest.CountOf(t, db, "person"))
}

func TestInsertIsRefusedWhereOnlyReadingIsAllowed(t *testing.T) {
	t.Parallel()
	db, proxy := drivertest.Proxied(t, func(cfg *surrealsql.Config) { cfg.ReadOnly = true })
	require.NoError(t, db.Ping())
	before := proxy.Stats().BytesToServer
	_, err := surrealsql.Insert(t.Context(), db, "person", people(3))
	require.ErrorIs(t, err, surrealsql.ErrReadOnly)
	require.Equal(t, -1, failure(t, err).Row)
	drivertest.RequireNothingSent(t, proxy, before)
}

// endless are people for ever.
func endless(yield func(person) bool) {
	for i := 0; yield(person{ID: i, Name: "name"}); i++ {
	}
}

// requireAgrees asserts that the records of a table are those that the error says: all of
// those that are done, and of those that are not known all of a batch or none. These may still
// be on their way.
func requireAgrees(t *testing.T, db *sql.DB, failed *surrealsql.InsertError) {
	t.Helper()
	there := map[int]bool{}
	for _, p := range stored(t, db) {
		there[p.ID] = true
	}
	for _, r := range failed.Done {
		for i := r.From; i < r.To; i++ {
			require.True(t, there[i], "row %d is to be there: %v", i, failed)
			delete(there, i)
		}
	}
	for _, r := range failed.Unknown {
		first := there[r.From]
		for i := r.From; i < r.To; i++ {
			require.Equal(t, first, there[i], "row %d: %v", i, failed)
			delete(there, i)
		}
	}
	require.Empty(t, there, "%v", failed)
}

func TestInsertEndsWithItsContext(t *testing.T) {
	t.Parallel()
	for _, connections := range []int{1, 3} {
		db := drivertest.NewDB(t)
		emptied(t, db, "person")
		ctx, cancel := context.WithCancel(t.Context())
		got, err := surrealsql.Bulk{BatchRecords: 10, Connections: connections, Progress: func(so surrealsql.Inserted) {
			if so.Batches == 20 {
				time.AfterFunc(time.Millisecond, cancel)
			}
		}}.Insert(ctx, db, "person", endless)
		cancel()
		require.ErrorIs(t, err, context.Canceled)
		require.GreaterOrEqual(t, got.Rows, 200)
		requireAgrees(t, db, failure(t, err))
	}
}

func TestInsertOfASilentChannelEndsWithItsContext(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, err := surrealsql.Insert(ctx, db, "person", make(chan person))
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.EqualError(t, err, "surrealsql: inserting into person: context deadline exceeded; no row is in force")
}

func TestInsertOverALostConnectionSaysWhatIsInForce(t *testing.T) {
	t.Parallel()
	for i := range drivertest.FromEnv(t, "SURREALSQL_TEST_INSERT_LOSSES", 6) {
		direct, proxy := drivertest.Proxied(t)
		connections := 1 + i%3
		emptied(t, direct, "person")
		cut := surrealtest.Direction(i % 2)
		var ids int
		b := surrealsql.Bulk{BatchRecords: 50, Connections: connections, Progress: func(so surrealsql.Inserted) {
			if so.Batches == 5 {
				proxy.CutAfter(cut, int64(100+700*i), surrealtest.CutRST)
			}
		}}
		if i%2 == 1 {
			b.IDs = func(batch []surrealsql.RecordID) { ids += len(batch) }
		}
		got, err := b.Insert(t.Context(), direct, "person", endlessUntil(5000))
		proxy.Heal()
		if err == nil { // what was cut off had not reached the server, and was sent again
			require.Equal(t, 5000, drivertest.CountOf(t, direct, "person"))
			continue
		}
		failed := failure(t, err)
		require.ErrorIs(t, err, surrealsql.ErrOutcomeUnknown)
		require.NotEmpty(t, failed.Unknown)
		require.False(t, surrealsql.IsRetryable(err))
		if b.IDs != nil {
			require.Equal(t, got.Rows, ids)
		}
		requireAgrees(t, direct, failed)
	}
}

func endlessUntil(n int) func(func(person) bool) { return slices.Values(people(n)) }

func TestInsertIsRepeatedAfterConflicts(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	emptied(t, db, "person")
	rows := people(20)
	var writers sync.WaitGroup
	errs := make([]error, 6)
	for w := range errs {
		writers.Go(func() {
			for range 5 {
				_, err := surrealsql.Bulk{BatchRecords: 10, Retry: surrealsql.Retry{Attempts: -1}, Update: "age += 1000"}.
					Insert(t.Context(), db, "person", rows)
				errs[w] = errors.Join(errs[w], err)
			}
		})
	}
	writers.Wait()
	require.NoError(t, errors.Join(errs...))
	for i, p := range stored(t, db) {
		want := i%100 + 29*1000
		if strings.HasPrefix(surrealtest.Version(t), "3.0.") {
			// It loses writes that it has confirmed, where many write the same record.
			require.LessOrEqual(t, p.Age, want, "never twice")
			continue
		}
		require.Equal(t, want, p.Age)
	}
}

// busy refuses the statements after the first few, and says when to come back.
type busy struct {
	*sql.DB
	left *int
}

type comeBack struct{}

func (comeBack) Error() string { return "not now" }

func (comeBack) RetryAfter() time.Duration { return time.Millisecond }

func (b busy) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	if *b.left--; *b.left < 0 {
		return nil, comeBack{}
	}
	return b.DB.ExecContext(ctx, query, args...)
}

func TestInsertOfWhichAPartIsInForceIsNotRepeated(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	for done, want := range []int{3, 1} {
		calls, left := 0, done
		err := surrealsql.Retry{Attempts: 3}.Do(t.Context(), func(ctx context.Context) error {
			calls++
			_, err := surrealsql.Bulk{BatchRecords: 10, Retry: surrealsql.Retry{Attempts: 1}}.Insert(ctx, busy{db, &left}, "person", people(20))
			return err
		})
		require.ErrorIs(t, err, comeBack{})
		require.Equal(t, want, calls)
	}
}

func TestInsertOfManyRowsHoldsFewOfThem(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	n := drivertest.FromEnv(t, "SURREALSQL_TEST_INSERT_ROWS", 20_000)
	text := strings.Repeat("x", 500)
	var most uint64
	for _, connections := range []int{1, 3} {
		emptied(t, db, "note")
		got, err := surrealsql.Bulk{Connections: connections, Progress: func(so surrealsql.Inserted) {
			if so.Batches%10 == 0 {
				var m runtime.MemStats
				runtime.GC()
				runtime.ReadMemStats(&m)
				most = max(most, m.HeapAlloc)
			}
		}}.Insert(t.Context(), db, "note", func(yield func(row) bool) {
			for i := range n {
				if !yield(row{"n": i, "text": fmt.Sprint(text, i)}) {
					return
				}
			}
		})
		require.NoError(t, err)
		require.EqualValues(t, n, got.Records)
	}
	require.Less(t, most, uint64(n)*500, "all rows at once take more than this")
}

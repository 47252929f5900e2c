package bulk

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/drivertest"
)

// What is inserted, from where, and in which batches.

type person struct {
	ID   int    `json:"id"`
	Name string `json:"name"`
	Age  int    `json:"age,omitempty"`
}

func people(n int) []person {
	all := make([]person, n)
	for i := range all {
		all[i] = person{ID: i, Name: fmt.Sprint("name ", i), Age: i % 100}
	}
	return all
}

func mapsOf(people []person) []map[string]any {
	maps := make([]map[string]any, len(people))
	for i, p := range people {
		maps[i] = map[string]any{"id": p.ID, "name": p.Name}
		if p.Age != 0 {
			maps[i]["age"] = p.Age
		}
	}
	return maps
}

func withoutErrors[T any](all []T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for _, v := range all {
			if !yield(v, nil) {
				return
			}
		}
	}
}

func sent[T any](all []T) <-chan T {
	ch := make(chan T, 7)
	go func() {
		defer close(ch)
		for _, v := range all {
			ch <- v
		}
	}()
	return ch
}

// emptied makes an empty table.
func emptied(t *testing.T, db *sql.DB, table string) {
	t.Helper()
	drivertest.MustExec(t, db, "DEFINE TABLE IF NOT EXISTS "+table+"; DELETE "+table)
}

// stored are the people of a table, by their ids.
func stored(t *testing.T, db surrealsql.Querier) []person {
	t.Helper()
	all, err := surrealsql.All[person](t.Context(), db, "SELECT record::id(id) AS id, name, age FROM person ORDER BY id")
	require.NoError(t, err)
	return all
}

func TestInsertTakesRowsFromWhateverHasThem(t *testing.T) {
	t.Parallel()
	all := people(501)
	pointers, anything := make([]*person, len(all)), make([]any, len(all))
	for i := range all {
		pointers[i] = &all[i]
		anything[i] = all[i]
		if i%2 == 0 {
			anything[i] = mapsOf(all[i : i+1])[0]
		}
	}
	db := drivertest.NewDB(t)
	for name, rows := range map[string]func() any{
		"structs":              func() any { return all },
		"pointers":             func() any { return pointers },
		"maps":                 func() any { return mapsOf(all) },
		"anything":             func() any { return anything },
		"a sequence":           func() any { return slices.Values(all) },
		"a sequence of any":    func() any { return slices.Values(anything) },
		"a sequence of maps":   func() any { return slices.Values(mapsOf(all)) },
		"a sequence of errors": func() any { return withoutErrors(pointers) },
		"a channel":            func() any { return sent(all) },
		"a channel of maps":    func() any { return sent(mapsOf(all)) },
	} {
		emptied(t, db, "person")
		got, err := surrealsql.Insert(t.Context(), db, "person", rows())
		require.NoError(t, err, name)
		require.Equal(t, 501, got.Rows, name)
		require.Equal(t, int64(501), got.Records, name)
		require.GreaterOrEqual(t, got.Batches, 3, name)
		require.Equal(t, all, stored(t, db), name)
	}
}

func TestInsertRefusesWhatIsNoRowsBeforeAnythingIsSent(t *testing.T) {
	t.Parallel()
	db, proxy := drivertest.Proxied(t)
	require.NoError(t, db.Ping())
	before := proxy.Stats().BytesToServer
	var noSeq iter.Seq[person]
	for _, rows := range []any{
		nil, 5, "person", person{}, &person{}, map[string]any{"id": 1}, []byte("person"), noSeq, make(chan<- person), func() {}, func(func(int, string) bool) {},
	} {
		_, err := surrealsql.Insert(t.Context(), db, "person", rows)
		require.ErrorContains(t, err, "expected a slice, an iter.Seq[T], an iter.Seq2[T, error] or a channel", "%T", rows)
	}
	for table, want := range map[string]string{"": "a table needs a name", "\xff": "no table's name", "a\x00b": "no table's name"} {
		_, err := surrealsql.Insert(t.Context(), db, table, people(1))
		require.ErrorContains(t, err, want)
	}
	for want, b := range map[string]surrealsql.Bulk{
		"both Ignore":    {Ignore: true, Update: "n = 1"},
		"without Update": {UpdateArgs: []any{1}},
		"2 statements":   {Update: "n = 1; DELETE person"},
	} {
		_, err := b.Insert(t.Context(), db, "person", people(1))
		require.ErrorContains(t, err, want)
	}
	drivertest.RequireNothingSent(t, proxy, before)
}

func TestInsertOfNothingSendsNothing(t *testing.T) {
	t.Parallel()
	db, proxy := drivertest.Proxied(t)
	require.NoError(t, db.Ping())
	before := proxy.Stats().BytesToServer
	closed := make(chan person)
	close(closed)
	for _, rows := range []any{[]person{}, []person(nil), []map[string]any{}, slices.Values([]person{}), withoutErrors([]person{}), closed} {
		got, err := surrealsql.Insert(t.Context(), db, "person", rows)
		require.NoError(t, err)
		require.Zero(t, got)
	}
	drivertest.RequireNothingSent(t, proxy, before)
}

func TestInsertBatchesByCountAndByBytes(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	large := people(60)
	for i := range large {
		large[i].Name = strings.Repeat("x", 1000)
	}
	for _, c := range []struct {
		bulk    surrealsql.Bulk
		rows    any
		batches int
	}{
		{surrealsql.Bulk{BatchRecords: 25}, people(60), 3},
		{surrealsql.Bulk{BatchRecords: 30}, people(60), 2},
		{surrealsql.Bulk{BatchRecords: 60}, slices.Values(people(60)), 1},
		{surrealsql.Bulk{BatchBytes: 10_000}, large, 6},
		{surrealsql.Bulk{BatchBytes: 10_000}, mapsOf(large), 6},
		{surrealsql.Bulk{BatchBytes: 10_000, Connections: 3}, slices.Values(large), 6},
		{surrealsql.Bulk{BatchBytes: 1}, large[:20], 20},
	} {
		emptied(t, db, "person")
		progress := 0
		c.bulk.Progress = func(so surrealsql.Inserted) {
			progress++
			require.Equal(t, progress, so.Batches)
		}
		got, err := c.bulk.Insert(t.Context(), db, "person", c.rows)
		require.NoError(t, err)
		require.Equal(t, c.batches, got.Batches)
		require.Equal(t, c.batches, progress)
		require.Equal(t, got.Rows, drivertest.CountOf(t, db, "person"))
	}
}

func TestInsertTakesAnyNameForATable(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	for _, table := range []string{"person", "a b", "person; DELETE person", "`x`", "person:1", "SELECT", "é⟩", `back\slash`, "$rows", "2024_orders", "1h", "1e5", "value"} {
		got, err := surrealsql.Insert(t.Context(), db, table, []map[string]any{{"n": 1}})
		require.NoError(t, err, table)
		require.EqualValues(t, 1, got.Records)
		require.Equal(t, 1, drivertest.QueryOne[int](t, db, "SELECT VALUE n FROM $1", surrealsql.Table(table)), table)
	}
}

func TestInsertReturnsIDsInTheOrderOfTheRows(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	type item struct {
		N int `json:"n"`
	}
	items := make([]item, 1234)
	for i := range items {
		items[i].N = i
	}
	for _, connections := range []int{1, 4} {
		emptied(t, db, "item")
		var ids []surrealsql.RecordID
		got, err := surrealsql.Bulk{
			BatchRecords: 100, Connections: connections,
			IDs: func(batch []surrealsql.RecordID) { ids = append(ids, batch...) },
		}.Insert(t.Context(), db, "item", slices.Values(items))
		require.NoError(t, err)
		require.Equal(t, surrealsql.Inserted{Rows: 1234, Records: 1234, Batches: 13}, got)
		require.Len(t, ids, 1234)
		ns, err := surrealsql.All[int](t.Context(), db, "RETURN $1.map(|$id| $id.n)", ids)
		require.NoError(t, err)
		for i, n := range ns {
			require.Equal(t, i, n)
		}
	}
}

func TestInsertLeavesRecordsAloneOrUpdatesThem(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	drivertest.MustExec(t, db, "CREATE person:1, person:3 SET name = 'old', age = 7")
	var ids []surrealsql.RecordID
	keep := func(batch []surrealsql.RecordID) { ids = append(ids, batch...) }
	rows := people(5)

	got, err := surrealsql.Bulk{Ignore: true}.Insert(t.Context(), db, "person", rows)
	require.NoError(t, err)
	require.Equal(t, surrealsql.Inserted{Rows: 5, Records: 3, Batches: 1}, got)
	require.Equal(t, "old", stored(t, db)[3].Name)
	got, err = surrealsql.Bulk{Ignore: true, IDs: keep}.Insert(t.Context(), db, "person", people(6))
	require.NoError(t, err)
	require.Equal(t, surrealsql.Inserted{Rows: 6, Records: 1, Batches: 1}, got)
	require.Equal(t, []surrealsql.RecordID{"person:5"}, ids)

	ids = nil
	got, err = surrealsql.Bulk{Update: surrealsql.FromInput("name", "a b", "2fa") + " -- and no more", IDs: keep}.Insert(t.Context(), db, "person", rows)
	require.NoError(t, err)
	require.EqualValues(t, 5, got.Records)
	require.Equal(t, []surrealsql.RecordID{"person:0", "person:1", "person:2", "person:3", "person:4"}, ids)
	require.Equal(t, person{3, "name 3", 7}, stored(t, db)[3])

	_, err = surrealsql.Bulk{Update: "age += $1, name = $name + $input.name", UpdateArgs: []any{100, sql.Named("name", "the ")}}.Insert(t.Context(), db, "person", rows)
	require.NoError(t, err)
	require.Equal(t, person{3, "the name 3", 107}, stored(t, db)[3])
}

func TestInsertWritesRelations(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	_, err := surrealsql.Insert(t.Context(), db, "person", people(50))
	require.NoError(t, err)
	type likes struct {
		In   surrealsql.RecordID `json:"in"`
		Out  surrealsql.RecordID `json:"out"`
		Much int                 `json:"much"`
	}
	edges := func(yield func(likes) bool) {
		for i := range 50 {
			if !yield(likes{In: surrealsql.RecordID(fmt.Sprint("person:", i)), Out: "person:7", Much: i}) {
				return
			}
		}
	}
	var ids []surrealsql.RecordID
	got, err := surrealsql.Bulk{
		Relation: true, BatchRecords: 20, IDs: func(batch []surrealsql.RecordID) { ids = append(ids, batch...) },
	}.Insert(t.Context(), db, "likes", edges)
	require.NoError(t, err)
	require.Equal(t, surrealsql.Inserted{Rows: 50, Records: 50, Batches: 3}, got)
	require.Len(t, ids, 50)
	require.Equal(t, 50, drivertest.QueryOne[int](t, db, "RETURN count(person:7<-likes<-person)"))
	require.Equal(t, 9, drivertest.QueryOne[int](t, db, "RETURN person:9->likes[0].much"))
}

func TestInsertFlushesRowsOfAChannelThatHaveWaitedForLong(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	for _, connections := range []int{1, 2} {
		emptied(t, db, "person")
		ch := make(chan person)
		settled := make(chan surrealsql.Inserted, 10)
		over := make(chan error, 1)
		go func() {
			_, err := surrealsql.Bulk{
				MaxWait: 10 * time.Millisecond, Connections: connections, Progress: func(so surrealsql.Inserted) { settled <- so },
			}.Insert(t.Context(), db, "person", ch)
			over <- err
		}()
		for i, p := range people(3) {
			ch <- p
			so := drivertest.Receive(t, settled, "a batch of one")
			require.Equal(t, i+1, so.Rows)
		}
		close(ch)
		require.NoError(t, drivertest.Receive(t, over, "the end"))
		require.Equal(t, 3, drivertest.CountOf(t, db, "person"))
	}
}

func TestInsertOfAChannelWaitsForAFullBatchWhereItIsToldTo(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	ch := make(chan person)
	go func() {
		for _, p := range people(4) {
			ch <- p
			time.Sleep(5 * time.Millisecond)
		}
		close(ch)
	}()
	got, err := surrealsql.Bulk{MaxWait: -1, BatchRecords: 3}.Insert(t.Context(), db, "person", ch)
	require.NoError(t, err)
	require.Equal(t, surrealsql.Inserted{Rows: 4, Records: 4, Batches: 2}, got)
}

func TestInsertInATransactionIsAllOrNothing(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	tx := drivertest.Begin(t, db)
	got, err := surrealsql.Bulk{Connections: 5}.Insert(t.Context(), tx, "person", people(450))
	require.NoError(t, err)
	require.Equal(t, surrealsql.Inserted{Rows: 450, Records: 450, Batches: 3}, got)
	require.NoError(t, tx.Rollback())
	drivertest.MustExec(t, db, "DEFINE TABLE IF NOT EXISTS person")
	require.Zero(t, drivertest.CountOf(t, db, "person"))

	err = surrealsql.Retry{}.RunTx(t.Context(), db, nil, func(ctx context.Context, tx *sql.Tx) error {
		_, err := surrealsql.Insert(ctx, tx, "person", people(450))
		return err
	})
	require.NoError(t, err)
	require.Equal(t, 450, drivertest.CountOf(t, db, "person"))
}

func TestInsertStopsAtAnErrorOfTheIterator(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	broken := errors.New("the file ends here")
	for _, connections := range []int{1, 3} {
		emptied(t, db, "person")
		got, err := surrealsql.Bulk{BatchRecords: 10, Connections: connections}.Insert(t.Context(), db, "person",
			func(yield func(person, error) bool) {
				for _, p := range people(45) {
					if !yield(p, nil) {
						return
					}
				}
				yield(person{}, broken)
			})
		require.ErrorIs(t, err, broken)
		failed, ok := errors.AsType[*surrealsql.InsertError](err)
		require.True(t, ok)
		require.Equal(t, []surrealsql.RowRange{{From: 0, To: 40}}, failed.Done)
		require.Empty(t, failed.Unknown)
		require.Equal(t, 40, got.Rows)
		require.Equal(t, 40, drivertest.CountOf(t, db, "person"))
		require.EqualError(t, err, "surrealsql: inserting into person: the iterator: the file ends here; in force: rows 0 to 39")
		require.False(t, surrealsql.IsRetryable(err))
	}
}

func TestInsertLetsPanicsThrough(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	for _, connections := range []int{1, 3} {
		emptied(t, db, "person")
		b := surrealsql.Bulk{BatchRecords: 10, Connections: connections}
		require.PanicsWithValue(t, "no more", func() {
			_, _ = b.Insert(t.Context(), db, "person", func(yield func(person) bool) {
				slices.Values(people(45))(yield)
				panic("no more")
			})
		})
		require.Equal(t, 40, drivertest.CountOf(t, db, "person"))
		require.PanicsWithValue(t, "no text", func() {
			_, _ = b.Insert(t.Context(), db, "person", []any{map[string]any{"name": panicking{}}})
		})
		drivertest.RequireGood(t, db)
	}
}

type panicking struct{}

func (panicking) MarshalText() ([]byte, error) { panic("no text") }

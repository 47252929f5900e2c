package queries

import (
	"context"
	"database/sql"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/drivertest"
	"github.com/surrealsql/surrealsql/internal/scripted"
)

// A batch's results as values of a type, and what cannot be read of one of them.

type batchPerson struct {
	ID      surrealsql.RecordID
	Name    string
	Address struct{ City string }
}

func newBatchPeople(t *testing.T) *sql.DB {
	t.Helper()
	db := drivertest.NewDB(t)
	drivertest.MustExec(t, db, `CREATE person:ada SET name = 'Ada', address.city = 'London'; CREATE person:bob SET name = 'Bob', address.city = 'Paris', age = 7`)
	return db
}

func TestBatchResultsAreReadAsValuesOfTypes(t *testing.T) {
	t.Parallel()
	db := newBatchPeople(t)
	results := send(t, db,
		query(`SELECT * FROM person ORDER BY name`),
		query(`SELECT VALUE name FROM person WHERE name = $1`, "Bob"),
		query(`SELECT name FROM person ORDER BY name`), // by columns
		query(`SELECT count() FROM person GROUP ALL`),
		query(`SELECT * FROM person WHERE name = 'Cid'`),
		query(`SELECT name, address.city FROM ONLY person:ada`),
		query(`RETURN [1, 2, 3]`),
		query(`SELECT * FROM person`), query(`SELECT * FROM person WHERE false`), query(``))
	people, err := surrealsql.BatchAll[batchPerson](results)
	require.NoError(t, err)
	require.Len(t, people, 2)
	require.Equal(t, "London", people[0].Address.City)
	require.EqualValues(t, "person:bob", people[1].ID)
	name, err := surrealsql.BatchOne[string](results)
	require.NoError(t, err)
	require.Equal(t, "Bob", name)
	require.Equal(t, "Ada", scanRow(t, results))
	n, err := surrealsql.BatchOne[int](results)
	require.NoError(t, err)
	require.Equal(t, 2, n)
	none, err := surrealsql.BatchAll[*batchPerson](results)
	require.NoError(t, err)
	require.Equal(t, []*batchPerson{}, none)
	ada, err := surrealsql.BatchOne[map[string]any](results)
	require.NoError(t, err)
	require.Equal(t, map[string]any{"name": "Ada", "address": map[string]any{"city": "London"}}, ada)
	numbers, err := surrealsql.BatchAll[int](results)
	require.NoError(t, err)
	require.Equal(t, []int{1, 2, 3}, numbers)
	_, err = surrealsql.BatchOne[batchPerson](results)
	require.ErrorIs(t, err, surrealsql.ErrManyRows)
	_, err = surrealsql.BatchOne[batchPerson](results)
	require.ErrorIs(t, err, sql.ErrNoRows)
	all, err := surrealsql.BatchAll[batchPerson](results)
	require.NoError(t, err)
	require.Empty(t, all)
	_, err = surrealsql.BatchAll[batchPerson](results)
	require.ErrorContains(t, err, "all results")
	require.NoError(t, results.Close())
	drivertest.RequireGood(t, db)
}

func TestBatchStoresRowsWhereTheQueryIsQueued(t *testing.T) {
	t.Parallel()
	db := newBatchPeople(t)
	var (
		b      surrealsql.Batch
		people []batchPerson
		ada    *batchPerson
		count  int
	)
	surrealsql.AllInto(b.Queue(`SELECT *, name, address.city, person.city FROM person ORDER BY name`), &people) // columns could not be told apart
	surrealsql.OneInto(b.Queue(`SELECT * FROM ONLY $1`, surrealsql.RecordID("person:ada")), &ada)
	surrealsql.OneInto(b.Queue(`RETURN count(SELECT * FROM person)`), &count)
	for range 2 {
		results, err := surrealsql.SendBatch(t.Context(), db, &b)
		require.NoError(t, err)
		require.NoError(t, results.Close())
		require.Len(t, people, 2)
		require.Equal(t, "Ada", ada.Name)
		require.Equal(t, 2, count)
	}
	drivertest.MustExec(t, db, `DELETE person`)
	results, err := surrealsql.SendBatch(t.Context(), db, &b)
	require.NoError(t, err)
	require.ErrorIs(t, results.Close(), sql.ErrNoRows)
	require.Empty(t, people)
	require.Nil(t, ada)
	require.Zero(t, count, "what comes after is read all the same")
}

func TestBatchRowThatDoesNotFitIsItsQuerysError(t *testing.T) {
	t.Parallel()
	db := newBatchPeople(t)
	ctx := surrealsql.WithStrictFields(t.Context())
	results, err := surrealsql.SendBatch(ctx, db, batchOf(
		query(`SELECT * FROM person ORDER BY name`), query(`SELECT VALUE name FROM person`), query(`SELECT name FROM person`), query(`RETURN 1`)))
	require.NoError(t, err)
	defer results.Close()
	var failed *surrealsql.BatchError
	_, err = surrealsql.BatchAll[batchPerson](results)
	require.ErrorAs(t, err, &failed)
	require.Equal(t, 1, failed.Query)
	require.ErrorContains(t, err, "age")
	_, err = surrealsql.BatchAll[int](results)
	require.ErrorAs(t, err, &failed)
	require.Equal(t, 2, failed.Query)
	err = results.QueryRow().Scan(new(int))
	require.ErrorAs(t, err, &failed)
	require.Equal(t, 3, failed.Query)
	n, err := surrealsql.BatchOne[int](results)
	require.NoError(t, err)
	require.Equal(t, 1, n)
}

// What no driver of today can decode, as a value of a later server.
func TestBatchRowThatCannotBeDecodedEndsItsQuerysRowsAlone(t *testing.T) {
	t.Parallel()
	unknown := scripted.Raw{0xd8, 0xff, 0x01} // tag 255
	answer := scripted.Raw(scripted.Entries(
		scripted.OK([]any{pair(1, 2), pair(unknown, 3), pair(4, 5)}),
		scripted.OK([]any{pair(6, 7)}),
		scripted.OK([]any{map[string]any{"a": unknown}}),
		scripted.OK(8),
	))
	srv := scripted.New(t, func(c *scripted.Conn) {
		c.Serve(func(r scripted.Request) { c.Reply(r.ID, answer) })
	})
	db := drivertest.OpenDB(t, srv.DSN())
	queries := [][]any{query(`SELECT a, b FROM x`), query(`SELECT a, b FROM y`), query(`SELECT * FROM z`), query(`RETURN 8`)}
	for range 2 {
		results := send(t, db, queries...)
		for i := range 4 {
			rows, err := results.Query()
			require.NoError(t, err)
			n := 0
			for rows.Next() {
				var a, b any
				dest := []any{&a, &b}
				if i >= 2 {
					dest = dest[:1]
				}
				if err = rows.Scan(dest...); err != nil {
					break
				}
				n++
			}
			err = errors.Join(err, rows.Err())
			if i%2 == 0 {
				var failed *surrealsql.BatchError
				require.ErrorAs(t, err, &failed)
				require.Equal(t, i+1, failed.Query)
				require.ErrorContains(t, err, "tag 255")
				continue
			}
			require.NoError(t, err)
			require.Equal(t, 1, n)
		}
		require.NoError(t, results.Close())

		results = send(t, db, queries...)
		for i := range 4 {
			all, err := surrealsql.BatchAll[any](results)
			if i%2 == 0 {
				var failed *surrealsql.BatchError
				require.ErrorAs(t, err, &failed)
				require.Equal(t, i+1, failed.Query)
				continue
			}
			require.NoError(t, err)
			require.Len(t, all, 1)
		}
		require.NoError(t, results.Close())
	}
	require.Equal(t, 1, srv.Connections())
}

func TestBatchRowThatNobodyScansHidesNoError(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	var b surrealsql.Batch
	b.Queue(`THROW 'unseen'`).QueryRow(func(*surrealsql.BatchRow) error { return nil })
	b.Queue(`RETURN 1`).QueryRow(func(row *surrealsql.BatchRow) error { return row.Scan(new(int)) })
	results, err := surrealsql.SendBatch(t.Context(), db, &b)
	require.NoError(t, err)
	err = results.Close()
	var failed *surrealsql.BatchError
	require.ErrorAs(t, err, &failed)
	require.Equal(t, 1, failed.Query)
	require.ErrorContains(t, err, "unseen")

	results = send(t, db, query(`THROW 'one'`), query(`THROW 'two'`))
	results.QueryRow()
	require.ErrorContains(t, results.QueryRow().Scan(new(any)), "two")
	require.ErrorContains(t, results.Close(), "one")
	require.NoError(t, results.Close())

	mine := errors.New("the program's")
	b = surrealsql.Batch{}
	b.Queue(`THROW 'seen'`).QueryRow(func(row *surrealsql.BatchRow) error {
		if err := row.Scan(new(int)); err != nil {
			return mine
		}
		return nil
	})
	results, err = surrealsql.SendBatch(context.Background(), db, &b)
	require.NoError(t, err)
	require.ErrorIs(t, results.Close(), mine)
	drivertest.RequireGood(t, db)
}

package live

import (
	"context"
	"database/sql"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/drivertest"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// What the rows of a live query are, on a real server.

func TestLiveRowsAreTheChangesOfATable(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	drivertest.MustExec(t, db, `DEFINE TABLE person; CREATE person:old SET age = 9`)
	rows := follow(t, db, `LIVE SELECT * FROM person WHERE age > $1`, 18)
	columns, err := rows.Columns()
	require.NoError(t, err)
	require.Equal(t, []string{"action", "id", "record"}, columns)

	drivertest.MustExec(t, db, `CREATE person:young SET age = 3`)
	drivertest.MustExec(t, db, `CREATE person:a SET age = 20`)
	action, id, record := next(t, rows)
	require.Equal(t, []any{"CREATE", "person:a"}, []any{action, id})
	require.Equal(t, map[string]any{"id": surrealsql.RecordID("person:a"), "age": int64(20)}, record)

	drivertest.MustExec(t, db, `UPDATE person:a SET age = 21, tags = ['x']`)
	action, _, record = next(t, rows)
	require.Equal(t, "UPDATE", action)
	require.Equal(t, map[string]any{"id": surrealsql.RecordID("person:a"), "age": int64(21), "tags": []any{"x"}}, record)

	drivertest.MustExec(t, db, `DELETE person:a`)
	action, id, record = next(t, rows)
	require.Equal(t, []any{"DELETE", "person:a"}, []any{action, id})
	require.Equal(t, int64(21), record.(map[string]any)["age"], "the record as it was")
	require.NoError(t, rows.Close())
	require.NoError(t, rows.Err())
}

func TestLiveRowsHaveTheColumnsThatTheProjectionNames(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		text    string
		columns []string
		want    []any
	}{
		{`LIVE SELECT name, age FROM person`, []string{"name", "age"}, []any{"Ann", int64(20)}},
		{`LIVE SELECT age AS years, name, missing FROM person`, []string{"years", "name", "missing"}, []any{int64(20), "Ann", nil}},
		{`LIVE SELECT id, at.city, age + $1 FROM person`, []string{"id", "at.city", "age + $1"}, []any{surrealsql.RecordID("person:a"), "Rome", int64(21)}},
		{`LIVE SELECT $1 FROM person`, []string{"_1"}, []any{int64(1)}},
		{`LIVE SELECT friend FROM person FETCH friend`, []string{"friend"}, []any{map[string]any{"id": surrealsql.RecordID("person:b"), "n": int64(2)}}},
		{`LIVE SELECT VALUE age FROM person`, []string{"value"}, []any{int64(20)}},
		{`LIVE SELECT DIFF FROM person`, []string{"patches"}, nil},
		{`LIVE SELECT *, age * 2 AS twice FROM person`, []string{"record"}, nil},
		{`LIVE SELECT count() FROM type::table('person')`, []string{"count"}, []any{int64(1)}},
	} {
		t.Run(tc.text, func(t *testing.T) {
			t.Parallel()
			db := drivertest.NewDB(t)
			drivertest.MustExec(t, db, `DEFINE TABLE person; CREATE person:b SET n = 2`)
			var args []any
			if tc.text != `LIVE SELECT VALUE age FROM person` && len(tc.want) > 0 && (tc.columns[0] == "id" || tc.columns[0] == "_1") {
				args = append(args, 1)
			}
			rows := follow(t, db, tc.text, args...)
			columns, err := rows.Columns()
			require.NoError(t, err)
			require.Equal(t, append([]string{"action", "id"}, tc.columns...), columns)
			drivertest.MustExec(t, db, `CREATE person:a SET name = 'Ann', age = 20, at = { city: 'Rome' }, friend = person:b`)
			require.True(t, rows.Next(), "%v", rows.Err())
			got := make([]any, len(columns))
			dest := make([]any, len(columns))
			for i := range got {
				dest[i] = &got[i]
			}
			require.NoError(t, rows.Scan(dest...))
			require.Equal(t, []any{"CREATE", surrealsql.RecordID("person:a")}, got[:2])
			switch tc.columns[0] {
			case "patches":
				patch := got[2].([]any)[0].(map[string]any)
				require.Equal(t, "replace", patch["op"])
				require.Equal(t, "Ann", patch["value"].(map[string]any)["name"])
			case "record":
				require.Equal(t, int64(40), got[2].(map[string]any)["twice"])
			default:
				require.Equal(t, tc.want, got[2:])
			}
		})
	}
}

func TestLiveRowsScanAsOtherRowsDo(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	drivertest.MustExec(t, db, `DEFINE TABLE person SCHEMAFULL; DEFINE FIELD name ON person TYPE string; DEFINE FIELD at ON person TYPE option<datetime>; DEFINE FIELD price ON person TYPE option<decimal>`)
	ctx := surrealsql.WithExactTypes(patiently(t))
	rows, err := db.QueryContext(ctx, `LIVE SELECT * FROM person`)
	require.NoError(t, err)
	defer rows.Close()
	names, err := db.QueryContext(ctx, `LIVE SELECT name, at, price FROM person`)
	require.NoError(t, err)
	defer names.Close()
	for i := range 3 {
		drivertest.MustExec(t, db, `CREATE person SET name = $1, price = 1.5dec`, string(rune('a'+i)))
		type person struct {
			ID    surrealsql.RecordID `surreal:"id"`
			Name  string              `surreal:"name"`
			Price surrealsql.Decimal  `surreal:"price"`
		}
		var p person
		var id surrealsql.RecordID
		var action string
		require.True(t, rows.Next(), "%v", rows.Err())
		require.NoError(t, rows.Scan(&action, &id, surrealsql.Into(&p)))
		require.Equal(t, person{id, string(rune('a' + i)), "1.5"}, p)

		var name, price string
		var at surrealsql.Value[time.Time]
		require.True(t, names.Next(), "%v", names.Err())
		require.NoError(t, names.Scan(&action, &id, &name, &at, &price))
		require.Equal(t, []any{p.Name, "1.5", true}, []any{name, price, at.None})
	}
	types, err := names.ColumnTypes()
	require.NoError(t, err)
	require.Equal(t, "string", types[0].DatabaseTypeName())
	require.Equal(t, "record", types[1].DatabaseTypeName())
	require.Empty(t, types[2].DatabaseTypeName())
	nullable, ok := types[1].Nullable()
	require.True(t, ok && !nullable)
}

func TestLiveQueryRowIsTheFirstChange(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	drivertest.MustExec(t, db, `DEFINE TABLE person`)
	stop := make(chan struct{})
	var changes sync.WaitGroup
	changes.Go(func() {
		for {
			select {
			case <-stop:
				return
			case <-time.After(5 * time.Millisecond):
				assertExec(t, db, `CREATE person:one SET n = 1; DELETE person:one`)
			}
		}
	})
	var action, id, record any
	err := db.QueryRowContext(patiently(t), `LIVE SELECT VALUE n FROM person`).Scan(&action, &id, &record)
	close(stop)
	changes.Wait()
	require.NoError(t, err)
	require.Equal(t, []any{surrealsql.RecordID("person:one"), int64(1)}, []any{id, record})
	drivertest.RequireGood(t, db)
}

func assertExec(t *testing.T, db *sql.DB, text string) {
	if _, err := db.ExecContext(context.WithoutCancel(t.Context()), text); err != nil {
		t.Error(err)
	}
}

func TestLiveSelectIsRefusedWhereItsRowsHaveNoPlace(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	drivertest.MustExec(t, db, `DEFINE TABLE person`)
	ctx := t.Context()
	require.ErrorContains(t, drivertest.Exec(ctx, db, `LIVE SELECT * FROM person`), "call QueryContext")
	for _, text := range []string{`LIVE SELECT * FROM person; RETURN 1`, `LET $a = 1; LIVE SELECT * FROM person`, `BEGIN; LIVE SELECT * FROM person; COMMIT`} {
		require.ErrorContains(t, drivertest.Scan(ctx, db, text), "stands alone in its text", text)
		require.ErrorContains(t, drivertest.Exec(ctx, db, text), "stands alone in its text", text)
	}
	tx := drivertest.Begin(t, db)
	require.ErrorContains(t, drivertest.Scan(ctx, tx, `LIVE SELECT * FROM person`), "cannot be a part of a transaction")
	require.NoError(t, tx.Rollback())

	err := drivertest.Scan(ctx, db, `LIVE SELECT * FROM person:1`)
	require.ErrorContains(t, err, "Cannot execute LIVE statement")
	err = drivertest.Scan(ctx, db, `LIVE SELECT * FORM person`)
	require.True(t, surrealsql.IsParse(err), "%v", err)
	drivertest.RequireGood(t, db)
}

func TestLiveStatementThatIsPreparedGivesRows(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	drivertest.MustExec(t, db, `DEFINE TABLE person`)
	stmt, err := db.PrepareContext(t.Context(), `LIVE SELECT * FROM person WHERE n = $n`)
	require.NoError(t, err)
	defer stmt.Close()
	rows, err := stmt.QueryContext(patiently(t), sql.Named("n", 2))
	require.NoError(t, err)
	defer rows.Close()
	drivertest.MustExec(t, db, `CREATE person:1 SET n = 1`)
	drivertest.MustExec(t, db, `CREATE person:2 SET n = 2`)
	_, id, _ := next(t, rows)
	require.Equal(t, "person:2", id)
}

func TestLiveQueryEndsWithItsContext(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	drivertest.MustExec(t, db, `DEFINE TABLE person`)
	drivertest.RequireUnbroken(t, db, func() {
		ctx, cancel := context.WithCancel(patiently(t))
		rows, err := db.QueryContext(ctx, `LIVE SELECT * FROM person`)
		require.NoError(t, err)
		time.AfterFunc(20*time.Millisecond, cancel)
		require.False(t, rows.Next())
		require.ErrorIs(t, rows.Err(), context.Canceled)
		require.NoError(t, rows.Close())
	})
	require.Empty(t, liveQueriesOf(t, db, "person"), "the server has killed it")
}

func TestLiveQueryIsKilledWhenItsRowsAreClosed(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	drivertest.MustExec(t, db, `DEFINE TABLE person`)
	drivertest.RequireUnbroken(t, db, func() {
		for range 3 {
			rows := follow(t, db, `LIVE SELECT * FROM person`)
			require.NoError(t, rows.Close())
			require.NoError(t, rows.Close())
			require.False(t, rows.Next())
			require.NoError(t, rows.Err())
			drivertest.MustExec(t, db, `CREATE person`)
		}
	})
	require.Empty(t, liveQueriesOf(t, db, "person"))
}

// liveQueriesOf are the live queries that the server has of a table.
func liveQueriesOf(t testing.TB, db surrealsql.Querier, table string) map[string]any {
	t.Helper()
	info, err := surrealsql.One[struct{ Lives map[string]any }](t.Context(), db, `INFO FOR TABLE `+table)
	require.NoError(t, err)
	return info.Lives
}

func TestLiveQueryIsOverWhenItIsKilledOrItsTableRemoved(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	for _, end := range []string{`REMOVE TABLE person`, `REMOVE DATABASE `} {
		drivertest.MustExec(t, db, `DEFINE TABLE person`)
		if end == `REMOVE DATABASE ` {
			if surrealtest.Version(t) < "3.1" {
				continue // 3.0.2 says nothing of it
			}
			end += drivertest.QueryOne[string](t, db, `RETURN session::db()`)
		}
		rows := follow(t, db, `LIVE SELECT * FROM person`)
		drivertest.MustExec(t, db, end)
		require.False(t, rows.Next())
		require.NoError(t, rows.Err(), "KILLED ends the rows as the last row ends others'")
		require.NoError(t, rows.Close())
	}
}

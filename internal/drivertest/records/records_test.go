package records

import (
	"context"
	"database/sql"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/surrealdb/surrealdb.go/pkg/models"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/drivertest"
)

// Rows as whole records, in what programs have for them.

type address struct {
	City string `json:"city"`
	Zip  *int   `json:"zip"`
}

type audited struct {
	Created time.Time `json:"created"`
}

type role string

type team struct {
	ID   surrealsql.RecordID `json:"id"`
	Name string
}

type person struct {
	audited
	ID      surrealsql.RecordID `surreal:"id" json:"other"`
	Name    string              `json:"name"`
	Role    role                `json:"role"`
	Age     uint8               `json:"age"`
	Home    *address            `json:"home"`
	Tags    []string            `json:"tags"`
	Scores  map[string]float64  `json:"scores"`
	Team    team                `json:"team"`
	Past    []team              `json:"past"`
	Spent   time.Duration       `json:"spent"`
	Model   models.RecordID     `json:"model"`
	Nick    sql.Null[string]    `json:"nick"`
	Skipped string              `json:"-"`
}

func people(t *testing.T) *sql.DB {
	t.Helper()
	db := drivertest.NewDB(t)
	drivertest.MustExec(t, db, `CREATE team:red SET Name = 'Red'; CREATE team:blue SET Name = 'Blue';
		CREATE person:ada SET name = 'Ada', role = 'admin', age = 36, home = { city: 'London', zip: 7 }, tags = ['a', 'b'],
			scores = { x: 1, y: 2.5 }, team = team:red, past = [team:blue, team:red], spent = 90s, model = team:red, nick = NULL,
			created = d'2026-11-26T10:00:00Z';
		CREATE person:kim SET name = 'Kim', role = 'guest', age = 41, created = d'2026-11-26T11:00:00Z', nick = 'K',
			team = team:blue, model = team:blue, past = []`)
	return db
}

func TestRecordsAreReadWholeAsTheTextSaysIt(t *testing.T) {
	t.Parallel()
	db := people(t)
	all, err := surrealsql.All[person](t.Context(), db, "SELECT *, team.*, past.* FROM person WHERE age > $1 ORDER BY name", 10)
	require.NoError(t, err)
	zip := 7
	red, blue := team{"team:red", "Red"}, team{"team:blue", "Blue"}
	require.Equal(t, []person{
		{
			audited: audited{time.Date(2026, 11, 26, 10, 0, 0, 0, time.UTC)},
			ID:      "person:ada", Name: "Ada", Role: "admin", Age: 36, Home: &address{"London", &zip}, Tags: []string{"a", "b"},
			Scores: map[string]float64{"x": 1, "y": 2.5}, Team: red, Past: []team{blue, red}, Spent: 90 * time.Second,
			Model: models.NewRecordID("team", "red"),
		},
		{
			audited: audited{time.Date(2026, 11, 26, 11, 0, 0, 0, time.UTC)},
			ID:      "person:kim", Name: "Kim", Role: "guest", Age: 41, Team: blue, Model: models.NewRecordID("team", "blue"),
			Nick: sql.Null[string]{V: "K", Valid: true}, Past: []team{},
		},
	}, all)
}

func TestOneRowIsReadAsWhatItIs(t *testing.T) {
	t.Parallel()
	db := people(t)
	one := func(want any, read func() (any, error)) {
		t.Helper()
		got, err := read()
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	ctx := t.Context()
	one(2, func() (any, error) { return surrealsql.One[int](ctx, db, "SELECT count() FROM person GROUP ALL") })
	one("Ada", func() (any, error) {
		return surrealsql.One[string](ctx, db, "SELECT VALUE name FROM ONLY person:ada")
	})
	one(surrealsql.RecordID("person:kim"), func() (any, error) {
		return surrealsql.One[surrealsql.RecordID](ctx, db, "SELECT id FROM person WHERE name = 'Kim'")
	})
	one("London", func() (any, error) {
		p, err := surrealsql.One[*person](ctx, db, "SELECT home.city FROM ONLY person:ada")
		if err != nil {
			return nil, err
		}
		return p.Home.City, nil
	})
	one(map[string]any{"name": "Ada", "age": int64(36)}, func() (any, error) {
		return surrealsql.One[map[string]any](ctx, db, "SELECT name, age FROM ONLY person:ada")
	})
	one(any(map[string]any{"x": int64(1)}), func() (any, error) { return surrealsql.One[any](ctx, db, "RETURN { x: 1 }") })
	one([]int{1, 2, 3}, func() (any, error) { return surrealsql.One[[]int](ctx, db, "RETURN [1, 2, 3]") })
	one([]string{"a", "b"}, func() (any, error) {
		return surrealsql.One[[]string](ctx, db, "SELECT tags FROM ONLY person:ada")
	})
	one(time.Date(2026, 11, 26, 10, 0, 0, 0, time.UTC), func() (any, error) {
		return surrealsql.One[time.Time](ctx, db, "SELECT created FROM ONLY person:ada")
	})
	one((*string)(nil), func() (any, error) {
		return surrealsql.One[*string](ctx, db, "SELECT nick FROM ONLY person:ada")
	})
	one("x", func() (any, error) {
		p, err := surrealsql.One[person](ctx, db, "CREATE person:new SET name = 'x'")
		return p.Name, err
	})
	all := func(want any, read func() (any, error)) { t.Helper(); one(want, read) }
	all([]int{1, 2, 3}, func() (any, error) { return surrealsql.All[int](ctx, db, "RETURN [1, 2, 3]") })
	all([]int{}, func() (any, error) { return surrealsql.All[int](ctx, db, "RETURN []") })
	all([]team{{"team:blue", "Blue"}, {"team:red", "Red"}}, func() (any, error) {
		return surrealsql.All[team](ctx, db, "RETURN (SELECT * FROM team)")
	})
	all([]surrealsql.Value[string]{{V: "K", Valid: true}, {None: true}}, func() (any, error) {
		return surrealsql.All[surrealsql.Value[string]](surrealsql.WithExactTypes(ctx), db, "RETURN ['K', NONE]")
	})
}

func TestRowThatIsNotThereIsErrNoRows(t *testing.T) {
	t.Parallel()
	db := people(t)
	for _, text := range []string{"SELECT * FROM ONLY person:nobody", "SELECT * FROM person WHERE age > 99", "RETURN NONE", "LET $x = 1"} {
		_, err := surrealsql.One[person](t.Context(), db, text)
		require.ErrorIs(t, err, sql.ErrNoRows, text)
	}
	_, err := surrealsql.One[team](t.Context(), db, "SELECT * FROM team")
	require.ErrorIs(t, err, surrealsql.ErrManyRows)
	_, err = surrealsql.One[string](t.Context(), db, "SELECT nick FROM ONLY person:ada")
	require.ErrorContains(t, err, "nick: NULL or NONE is nothing that a string can hold")
}

func TestStreamGivesRowsWhileTheyArrive(t *testing.T) {
	t.Parallel()
	for _, mode := range []surrealsql.StreamMode{surrealsql.StreamAlways, surrealsql.StreamNever} {
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			db := drivertest.Solo(drivertest.NewDB(t))
			const count = 5_000
			drivertest.MustExec(t, db, fmt.Sprintf("FOR $i IN 0..%d { CREATE type::record('item', $i) SET n = $i, text = <string> $i }", count))
			ctx := surrealsql.WithStream(t.Context(), mode)
			type item struct {
				ID   surrealsql.RecordID `json:"id"`
				N    int                 `json:"n"`
				Text string              `json:"text"`
			}
			next := 0
			for it, err := range surrealsql.Stream[item](ctx, db, "SELECT * FROM item ORDER BY n") {
				require.NoError(t, err)
				require.Equal(t, item{surrealsql.RecordID(fmt.Sprint("item:", next)), next, fmt.Sprint(next)}, it)
				next++
			}
			require.Equal(t, count, next)
			for _, err := range surrealsql.Stream[item](ctx, db, "SELECT * FROM item") {
				require.NoError(t, err)
				break
			}
			n, err := surrealsql.One[int](ctx, db, "SELECT count() FROM item GROUP ALL") // the connection is free
			require.NoError(t, err)
			require.Equal(t, count, n)
		})
	}
}

func TestRowsOfSeveralResultSetsAreReadOneAfterTheOther(t *testing.T) {
	t.Parallel()
	db := people(t)
	rows, err := surrealsql.Query[team](t.Context(), db, "LET $x = 1; SELECT * FROM team; SELECT Name FROM team:red; SELECT * FROM team WHERE Name = 'x'; RETURN { Name: 'y' }")
	require.NoError(t, err)
	defer rows.Close()
	var names []string
	for {
		for rows.Next() {
			names = append(names, rows.Value().Name)
		}
		names = append(names, ";")
		if !rows.NextResultSet() {
			break
		}
	}
	require.NoError(t, rows.Err())
	require.NoError(t, rows.Close())
	require.Equal(t, []string{"Blue", "Red", ";", "Red", ";", ";", "y", ";"}, names)
}

func TestRecordsAreReadInATransactionAndOnAConnection(t *testing.T) {
	t.Parallel()
	db := people(t)
	tx, err := db.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	defer tx.Rollback()
	_, err = surrealsql.One[team](t.Context(), tx, "CREATE team:tx SET Name = 'Tx'")
	require.NoError(t, err)
	n, err := surrealsql.One[int](t.Context(), tx, "SELECT count() FROM team GROUP ALL")
	require.NoError(t, err)
	require.Equal(t, 3, n)
	for one, err := range surrealsql.Stream[team](t.Context(), tx, "SELECT * FROM team") { // and another meanwhile
		require.NoError(t, err)
		again, err := surrealsql.One[team](t.Context(), tx, "SELECT * FROM ONLY $1", one.ID)
		require.NoError(t, err)
		require.Equal(t, one.Name, again.Name) // SurrealDB 3.0.2 gives no id of a record that the transaction has made
	}
	require.NoError(t, tx.Rollback())
	conn, err := db.Conn(t.Context())
	require.NoError(t, err)
	defer conn.Close()
	all, err := surrealsql.All[team](t.Context(), conn, "SELECT * FROM team")
	require.NoError(t, err)
	require.Len(t, all, 2)
}

func TestContextThatEndsIsTheErrorOfRecords(t *testing.T) {
	t.Parallel()
	db := people(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := surrealsql.All[person](ctx, db, "SELECT * FROM person")
	require.ErrorIs(t, err, context.Canceled)
}

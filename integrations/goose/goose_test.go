package surrealgoose_test

import (
	"context"
	"database/sql"
	"errors"
	"testing"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/database"
	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	surrealgoose "github.com/surrealsql/surrealsql/integrations/goose"
)

// table is a migration that defines a table.
func table(name string) string {
	return "-- +goose Up\nDEFINE TABLE " + name + ";\n-- +goose Down\nREMOVE TABLE " + name + ";\n"
}

func TestProviderGoesUpAndDownAndTellsWhereItIs(t *testing.T) {
	t.Parallel()
	db := newDB(t)
	p := newProvider(t, db, files("00001_a.sql", table("a"), "00002_b.sql", table("b"), "00003_c.sql", table("c")))
	require.Zero(t, version(t, p))
	pending, err := p.HasPending(t.Context())
	require.NoError(t, err)
	require.True(t, pending)

	results, err := p.UpTo(t.Context(), 2)
	require.NoError(t, err)
	require.Len(t, results, 2)
	require.Equal(t, []string{"a", "b"}, tables(t, db))
	status, err := p.Status(t.Context())
	require.NoError(t, err)
	require.Len(t, status, 3)
	require.Equal(t, goose.StateApplied, status[1].State)
	require.NotZero(t, status[1].AppliedAt)
	require.Equal(t, goose.StatePending, status[2].State)

	require.Equal(t, []int64{3}, up(t, p))
	require.Empty(t, up(t, p))
	require.EqualValues(t, 3, version(t, p))
	current, target, err := p.GetVersions(t.Context())
	require.NoError(t, err)
	require.Equal(t, []int64{3, 3}, []int64{current, target})

	// Another provider, as of another process, finds what was done.
	again := newProvider(t, db, files("00001_a.sql", table("a"), "00002_b.sql", table("b"), "00003_c.sql", table("c")))
	require.Empty(t, up(t, again))
	down, err := again.Down(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 3, down.Source.Version)
	require.Equal(t, []string{"a", "b"}, tables(t, db))
	// Redo: down, and up again.
	_, err = again.ApplyVersion(t.Context(), 2, false)
	require.NoError(t, err)
	require.Equal(t, []string{"a"}, tables(t, db))
	_, err = again.ApplyVersion(t.Context(), 2, true)
	require.NoError(t, err)
	_, err = again.ApplyVersion(t.Context(), 2, true)
	require.ErrorIs(t, err, goose.ErrAlreadyApplied)
	_, err = again.ApplyVersion(t.Context(), 3, false)
	require.ErrorIs(t, err, goose.ErrNotApplied)
	one, err := again.UpByOne(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 3, one.Source.Version)
	_, err = again.UpByOne(t.Context())
	require.ErrorIs(t, err, goose.ErrNoNextVersion)
	_, err = p.DownTo(t.Context(), 0)
	require.NoError(t, err)
	require.Empty(t, tables(t, db))
	require.Zero(t, version(t, p))
	_, err = p.Down(t.Context())
	require.ErrorIs(t, err, goose.ErrNoNextVersion)
}

func TestProviderTakesMissingMigrationsOutOfOrder(t *testing.T) {
	t.Parallel()
	db := newDB(t)
	require.Equal(t, []int64{1, 3}, up(t, newProvider(t, db, files("1_a.sql", table("a"), "3_c.sql", table("c")))))
	later := files("1_a.sql", table("a"), "2_b.sql", table("b"), "3_c.sql", table("c"), "4_d.sql", table("d"))
	_, err := newProvider(t, db, later).Up(t.Context())
	require.ErrorContains(t, err, "missing (out-of-order) migration")
	p := newProvider(t, db, later, goose.WithAllowOutofOrder(true))
	require.Equal(t, []int64{2, 4}, up(t, p))
	// They go down in the order in which they came.
	for _, want := range []int64{4, 2, 3, 1} {
		r, err := p.Down(t.Context())
		require.NoError(t, err)
		require.Equal(t, want, r.Source.Version)
	}
}

// A statement of goose's ends with a line that ends with a semicolon, or with its annotation.
func TestMigrationsHaveBlocksFunctionsEventsAndComments(t *testing.T) {
	t.Parallel()
	db := newDB(t)
	p := newProvider(t, db, files("00001_all.sql", `
-- +goose Up
-- A comment; with a semicolon.
DEFINE TABLE person SCHEMAFULL; -- and one behind;
DEFINE FIELD name ON person TYPE string
	ASSERT string::len($value) > 0;
# SurrealQL has these; too;
/* and these; */
DEFINE TABLE log;
DEFINE FUNCTION fn::greet($name: string, $n: int) { RETURN 'hi; ' + $name };
DEFINE PARAM $rate VALUE 3;
-- +goose StatementBegin
DEFINE EVENT made ON person WHEN $event = 'CREATE' THEN {
	LET $text = fn::greet($after.name, 1);
	CREATE log SET text = $text, rate = $rate;
	CREATE log SET text = 'and "goose"; too';
};
-- +goose StatementEnd
-- +goose StatementBegin
LET $names = ['Ada', 'Kim'];
FOR $name IN $names {
	CREATE person SET name = $name;
};
CREATE person SET name = 'a;
b';
-- +goose StatementEnd
-- +goose Down
REMOVE EVENT made ON person;
REMOVE FUNCTION fn::greet;
REMOVE PARAM $rate;
REMOVE TABLE person;
REMOVE TABLE log;
`))
	require.Equal(t, []int64{1}, up(t, p))
	require.Equal(t, []string{"Ada", "Kim", "a;\nb"}, query[[]string](t, db, `RETURN { v: (SELECT VALUE name FROM person ORDER BY name) }`))
	require.Equal(t, 6, query[int](t, db, `RETURN count(SELECT * FROM log)`))
	require.Equal(t, 1, query[int](t, db, `RETURN count(SELECT * FROM log WHERE text = 'hi; Ada' AND rate = 3)`))
	_, err := p.Down(t.Context())
	require.NoError(t, err)
	require.Empty(t, tables(t, db))
}

// What lacks its annotation is cut in pieces that no server takes for statements.
func TestBlockWithoutItsAnnotationIsAnErrorThatLeavesNothing(t *testing.T) {
	t.Parallel()
	db := newDB(t)
	for _, text := range []string{
		"DEFINE EVENT e ON a WHEN true THEN {\n\tCREATE b;\n\tCREATE b;\n};\n",
		"DEFINE FUNCTION fn::f($x: int) {\n\tLET $y = $x;\n\tRETURN $y;\n};\n",
		"FOR $i IN 0..3 {\n\tCREATE a;\n};\n",
		"IF true {\n\tCREATE a;\n};\n",
		"CREATE a SET text = 'one;\ntwo';\n",
		"/* a comment;\nDEFINE TABLE a;\n*/\nDEFINE TABLE b;\n",
	} {
		p := newProvider(t, db, files("1_x.sql", "-- +goose Up\n"+text))
		_, err := p.Up(t.Context())
		require.True(t, surrealsql.IsParse(err), "%s: %v", text, err)
		require.Empty(t, tables(t, db), text)
		require.Zero(t, version(t, p))
	}
}

// A variable of LET ends with its statement of goose's, and that is an error.
func TestVariableOfAnotherStatementIsRefused(t *testing.T) {
	t.Parallel()
	db := newDB(t)
	p := newProvider(t, db, files("1_x.sql", "-- +goose Up\nDEFINE TABLE a;\nLET $x = 5;\nCREATE a SET n = $x;\n"))
	_, err := p.Up(t.Context())
	require.ErrorContains(t, err, "no value for $x")
	require.Empty(t, tables(t, db))
}

func TestFailedMigrationLeavesNothingAndIsMended(t *testing.T) {
	t.Parallel()
	db := newDB(t)
	broken := files("1_a.sql", table("a"), "2_b.sql", `-- +goose Up
DEFINE TABLE b SCHEMAFULL;
DEFINE FIELD n ON b TYPE int;
CREATE b:1 SET n = 1;
UPDATE a SET n = 1;
CREATE b:2 SET n = 'not a number';
`, "3_c.sql", table("c"))
	p := newProvider(t, db, broken)
	_, err := p.Up(t.Context())
	var partial *goose.PartialError
	require.ErrorAs(t, err, &partial)
	require.Len(t, partial.Applied, 1)
	require.EqualValues(t, 2, partial.Failed.Source.Version)
	require.ErrorContains(t, err, "not a number")
	require.Equal(t, []string{"a"}, tables(t, db))
	require.EqualValues(t, 1, version(t, p))

	broken["2_b.sql"] = files("", table("b"))[""]
	require.Equal(t, []int64{2, 3}, up(t, newProvider(t, db, broken)))
	require.Equal(t, []string{"a", "b", "c"}, tables(t, db))
}

// Without a transaction each statement is in force at once.
func TestFailedMigrationWithoutTransactionLeavesWhatWasDone(t *testing.T) {
	t.Parallel()
	db := newDB(t)
	p := newProvider(t, db, files("1_a.sql", "-- +goose NO TRANSACTION\n-- +goose Up\nDEFINE TABLE a;\nTHROW 'no';\nDEFINE TABLE b;\n"))
	_, err := p.Up(t.Context())
	require.True(t, surrealsql.IsThrown(err), "%v", err)
	require.Equal(t, []string{"a"}, tables(t, db))
	require.Zero(t, version(t, p))

	// IF NOT EXISTS lets it be done again.
	p = newProvider(t, db, files("1_a.sql", "-- +goose NO TRANSACTION\n-- +goose Up\n"+
		"DEFINE TABLE IF NOT EXISTS a;\nDEFINE INDEX n ON a FIELDS n CONCURRENTLY;\nDEFINE TABLE b;\n"))
	require.Equal(t, []int64{1}, up(t, p))
	require.Equal(t, []string{"a", "b"}, tables(t, db))
}

func TestGoMigrationsHaveTransactionsOrTheDatabase(t *testing.T) {
	t.Parallel()
	db := newDB(t)
	failure := errors.New("out of order")
	var fails error
	inTx := goose.NewGoMigration(2, &goose.GoFunc{RunTx: func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `CREATE city:ottawa SET name = $1`, "Ottawa")
		return errors.Join(err, fails)
	}}, &goose.GoFunc{RunTx: func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `DELETE city:ottawa`)
		return err
	}})
	onDB := goose.NewGoMigration(3, &goose.GoFunc{RunDB: func(ctx context.Context, db *sql.DB) error {
		_, err := db.ExecContext(ctx, `CREATE city:kyoto SET name = $1`, "Kyoto")
		return err
	}}, nil)
	p := newProvider(t, db, cities, goose.WithGoMigrations(inTx, onDB))
	fails = failure
	_, err := p.Up(t.Context())
	require.ErrorIs(t, err, failure)
	require.EqualValues(t, 1, version(t, p))
	require.Zero(t, query[int](t, db, `RETURN count(SELECT * FROM city)`))
	fails = nil
	require.Equal(t, []int64{2, 3}, up(t, p))
	require.Equal(t, 2, query[int](t, db, `RETURN count(SELECT * FROM city)`))
	_, err = p.DownTo(t.Context(), 1)
	require.NoError(t, err)
	require.Equal(t, "Kyoto", query[string](t, db, `SELECT VALUE name FROM city`))
}

// A migration that says nothing of a statement's failure is not half in force either.
func TestGoMigrationThatIgnoresAFailureIsNotCommitted(t *testing.T) {
	t.Parallel()
	db := newDB(t)
	careless := goose.NewGoMigration(2, &goose.GoFunc{RunTx: func(ctx context.Context, tx *sql.Tx) error {
		_, _ = tx.ExecContext(ctx, `CREATE city:ottawa`)
		_, _ = tx.ExecContext(ctx, `CREATE city:ottawa`)
		return nil
	}}, nil)
	p := newProvider(t, db, cities, goose.WithGoMigrations(careless))
	_, err := p.Up(t.Context())
	require.ErrorIs(t, err, surrealsql.ErrTxDoomed)
	require.EqualValues(t, 1, version(t, p))
	require.Zero(t, query[int](t, db, `RETURN count(SELECT * FROM city)`))
}

// USE holds for its own statement of goose's, so nothing leads the version to another database.
func TestUseHoldsForItsStatement(t *testing.T) {
	t.Parallel()
	for _, transaction := range []string{"", "-- +goose NO TRANSACTION\n"} {
		db := newDB(t)
		p := newProvider(t, db, files("1_x.sql", transaction+"-- +goose Up\nDEFINE DATABASE other;\nUSE DB other;\nDEFINE TABLE here;\n"+
			"-- +goose StatementBegin\nUSE DB other;\nDEFINE TABLE there;\n-- +goose StatementEnd\n"))
		require.Equal(t, []int64{1}, up(t, p))
		require.EqualValues(t, 1, version(t, p))
		require.Equal(t, []string{"here"}, tables(t, db))
		var there []string
		require.NoError(t, db.QueryRowContext(t.Context(), `USE DB other; RETURN object::keys((INFO FOR DB).tables)`).Scan(surrealsql.Into(&there)))
		require.Equal(t, []string{"there"}, there)
	}
}

func TestStoreKeepsToItsTable(t *testing.T) {
	t.Parallel()
	db := newDB(t)
	name := "my `versions`"
	store := surrealgoose.New(&surrealgoose.Config{Table: name})
	require.Equal(t, name, store.Tablename())
	ctx := t.Context()
	exists, err := store.TableExists(ctx, db)
	require.NoError(t, err)
	require.False(t, exists)
	require.NoError(t, store.CreateVersionTable(ctx, db))
	exists, err = store.TableExists(ctx, db)
	require.NoError(t, err)
	require.True(t, exists)
	_, err = store.GetLatestVersion(ctx, db)
	require.ErrorIs(t, err, database.ErrVersionNotFound)
	_, err = store.GetMigration(ctx, db, 0)
	require.ErrorIs(t, err, database.ErrVersionNotFound)
	list, err := store.ListMigrations(ctx, db)
	require.NoError(t, err)
	require.Empty(t, list)

	for _, v := range []int64{0, 20261127030000, 7} {
		require.NoError(t, store.Insert(ctx, db, database.InsertRequest{Version: v}))
	}
	require.True(t, surrealsql.IsDuplicate(store.Insert(ctx, db, database.InsertRequest{Version: 7})))
	list, err = store.ListMigrations(ctx, db)
	require.NoError(t, err)
	require.Equal(t, []*database.ListMigrationsResult{
		{Version: 7, IsApplied: true}, {Version: 20261127030000, IsApplied: true}, {Version: 0, IsApplied: true},
	}, list)
	latest, err := store.GetLatestVersion(ctx, db)
	require.NoError(t, err)
	require.EqualValues(t, 20261127030000, latest)
	require.NoError(t, store.Delete(ctx, db, 7))
	require.ErrorContains(t, store.Delete(ctx, db, 7), "not recorded")
	m, err := store.GetMigration(ctx, db, 20261127030000)
	require.NoError(t, err)
	require.True(t, m.IsApplied)
	require.NotZero(t, m.Timestamp)
}

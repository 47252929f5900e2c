package main

import (
	"bytes"
	"testing"

	"github.com/jmoiron/sqlx"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// The tour, and what sqlx does to texts, on the real engine.

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const story = `
NamedExec: a struct, a map, a slice
  records: 1
  records: 2

Get and Select: structs
  Ada is 37 and lives in London: [math]
  person:ada is 37
  person:grace is 85
  [Ada Grace Kim]

StructScan and MapScan: row by row
  Ada, tags: true
  Grace, tags: false
  Kim, tags: false
  surrealsql.RecordID int64 map[string]interface {} []interface {}

In: lists
  a slice: [7 37]
  sqlx.In: SELECT VALUE age FROM person WHERE name IN [$1, $2] ORDER BY age [7 37]

The colon trap
  sqlx sends: RETURN math:sum([1, $1]) [2]
  or refuses: could not find name  in map[string]interface {}{"n":2}
  $n and sql.Named: 3
  $n and surrealsql.Args: 3
  :n and doubled colons: 3
`

func TestTourOfSqlxWorksOnTheRealEngine(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), surrealtest.DSN(t), &out))
	require.Equal(t, story, out.String())
}

func connect(t *testing.T) *sqlx.DB {
	t.Helper()
	db, err := sqlx.ConnectContext(t.Context(), surrealsql.DriverName, surrealtest.DSN(t))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}

// A trap that sqlx sets silently has to fail loudly here.
func TestColonTrapIsAnErrorAndNeverAnotherRecord(t *testing.T) {
	t.Parallel()
	db := connect(t)
	_, err := db.ExecContext(t.Context(), `CREATE person:ada SET name = "Ada"; CREATE person:kim SET name = "Kim"`)
	require.NoError(t, err)
	type named struct{ N, Ada string }

	// person:ada becomes person$1.
	_, err = db.NamedExecContext(t.Context(), `UPDATE person:ada SET name = :n`, named{N: "x", Ada: "y"})
	require.True(t, surrealsql.IsParse(err), "%v", err)
	// string::uppercase becomes string:uppercase, a record that is called.
	_, err = db.NamedExecContext(t.Context(), `UPDATE person SET name = string::uppercase(:n)`, named{N: "x"})
	require.ErrorContains(t, err, "'record' is not a function")

	var names []string
	require.NoError(t, db.SelectContext(t.Context(), &names, `SELECT VALUE name FROM person`))
	require.Equal(t, []string{"Ada", "Kim"}, names)

	_, err = db.NamedExecContext(t.Context(), `UPDATE person::ada SET name = string::::uppercase(:n)`, named{N: "x"})
	require.NoError(t, err)
	require.NoError(t, db.SelectContext(t.Context(), &names, `SELECT VALUE name FROM person`))
	require.Equal(t, []string{"X", "Kim"}, names)
}

func TestListInParenthesesIsNoListForSurrealDB(t *testing.T) {
	t.Parallel()
	db := connect(t)
	text, args, err := sqlx.In(`RETURN 1 IN (?)`, []int{1, 2})
	require.NoError(t, err)
	var in bool
	require.Error(t, db.GetContext(t.Context(), &in, db.Rebind(text), args...))

	// Of one element it is no error: a text is looked for in another one.
	text, args, err = sqlx.In(`RETURN "Ada" IN (?)`, []string{"Adam"})
	require.NoError(t, err)
	require.NoError(t, db.GetContext(t.Context(), &in, db.Rebind(text), args...))
	require.True(t, in, "though the list has no Ada")

	text, args, err = sqlx.In(`RETURN 1 IN [?]`, []int{1, 2})
	require.NoError(t, err)
	require.NoError(t, db.GetContext(t.Context(), &in, db.Rebind(text), args...))
	require.True(t, in)
}

func TestNamedStatementsAndTransactionsWork(t *testing.T) {
	t.Parallel()
	db := connect(t)
	tx, err := db.BeginTxx(t.Context(), nil)
	require.NoError(t, err)
	defer tx.Rollback()
	stmt, err := tx.PrepareNamedContext(t.Context(), `CREATE person SET name = :name`)
	require.NoError(t, err)
	defer stmt.Close()
	for _, name := range []string{"Ada", "Kim"} {
		_, err := stmt.ExecContext(t.Context(), map[string]any{"name": name})
		require.NoError(t, err)
	}
	require.NoError(t, tx.Commit())

	var n int
	require.NoError(t, db.GetContext(t.Context(), &n, `RETURN count(SELECT * FROM person)`))
	require.Equal(t, 2, n)
}

// The error of a statement after the rows comes from Rows.Close, which Select does not look
// at. Get does.
func TestSelectHidesTheErrorOfALaterStatement(t *testing.T) {
	t.Parallel()
	db := connect(t)
	const text = `SELECT VALUE $this FROM ["a"]; THROW "later"`
	var names []string
	require.NoError(t, db.SelectContext(t.Context(), &names, text))
	var name string
	require.True(t, surrealsql.IsThrown(db.GetContext(t.Context(), &name, text)))
}

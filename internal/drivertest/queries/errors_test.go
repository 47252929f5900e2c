package queries

import (
	"database/sql"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/drivertest"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// Errors of the real engine are of the classes that the driver's functions ask for.

func TestErrorsOfTheRealEngineAreOfTheirClasses(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	drivertest.MustExec(t, db, `CREATE a:1 SET n = 1; DEFINE INDEX i ON a FIELDS n UNIQUE; DEFINE TABLE made; DEFINE PARAM $p VALUE 1;
		DEFINE FIELD whole ON a TYPE option<int>; DEFINE FUNCTION fn::thrower() { THROW 'from a function' }`)
	for _, c := range []struct {
		text string
		want []string
	}{
		{`CREATE a:1`, []string{"duplicate"}},
		{`INSERT INTO a { id: 1 }`, []string{"duplicate"}},
		{`CREATE a:2 SET n = 1`, []string{"duplicate"}},
		{`DEFINE TABLE made`, []string{"duplicate"}},
		{`DEFINE INDEX i ON a FIELDS n`, []string{"duplicate"}},
		{`DEFINE PARAM $p VALUE 2`, []string{"duplicate"}},

		{`SELECT * FROM missing`, []string{"not found"}},
		{`SELECT * FROM missing:1`, []string{"not found"}},
		{`UPDATE missing SET n = 1`, []string{"not found"}},
		{`REMOVE TABLE missing`, []string{"not found"}},
		{`REMOVE INDEX missing ON a`, []string{"not found"}},
		{`REMOVE USER missing ON DATABASE`, []string{"not found"}},
		{`RETURN fn::missing()`, []string{"not found"}},

		{`SELEC * FROM a`, []string{"parse"}},
		{`SELECT * FROM`, []string{"parse"}},
		{`CREATE a SET n = `, []string{"parse"}},
		{`RETURN 'not closed`, []string{"parse"}},
		{`RETURN { a: 1`, []string{"parse"}},
		{`RETURN no::such::builtin()`, []string{"parse"}},

		{`SELECT *, sleep(10s) FROM a TIMEOUT 1ms`, []string{"timeout"}},
		{`UPDATE a SET n = { sleep(10s); RETURN 1 } TIMEOUT 1ms`, []string{"timeout"}},

		{`THROW 'x'`, []string{"thrown"}},
		{`THROW "Database record ` + "`a:1`" + ` already exists"`, []string{"thrown"}},
		{`RETURN fn::thrower()`, []string{"thrown"}},
		{`IF true { THROW 'This transaction can be retried' }`, []string{"thrown"}},

		{`CREATE a:9 SET whole = 'x'`, []string{"invalid"}},
		{`RETURN math::sum('x')`, []string{"invalid"}},
		{`RETURN <int>'x'`, []string{"invalid"}},

		// Errors of none of the classes.
		{`CREATE ONLY a:7, a:8`, nil},
	} {
		drivertest.RequireUnbroken(t, db, func() {
			err := drivertest.Exec(t.Context(), db, c.text)
			drivertest.RequireClasses(t, err, c.want...)
			var e *surrealsql.Error
			require.ErrorAs(t, err, &e, c.text)
			require.NotEmpty(t, e.Message)
			drivertest.RequireClasses(t, queryAll(t, db, c.text), c.want...)
			// After others it is the same error.
			drivertest.RequireClasses(t, queryAll(t, db, `RETURN 1; `+c.text), c.want...)
		})
	}
}

// queryAll is the error that reading all of a text's results ends with.
func queryAll(t *testing.T, db *sql.DB, text string) error {
	t.Helper()
	_, err := drivertest.ResultSets(t, db, text)
	return err
}

func TestErrorOfParsingCarriesItsPlaceAndTheTextAroundIt(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	for _, c := range []struct {
		text         string
		args         []any
		line, column int
		around       string
	}{
		{"SELEC * FROM a", nil, 1, 14, "SELEC * FROM a"},
		{"SELECT *\nFROM a\nWHERE a ==== 3", nil, 3, 11, "WHERE a ==== 3"},
		{"SELECT 'äöü€', ==", nil, 1, 16, "SELECT 'äöü€', =="},
		// The place is the one in the author's text, whatever was sent.
		{"SELECT $1, $2, ==", []any{1, 2}, 1, 16, "=="},
		{"SELECT $1,\n$2, ==", []any{1, 2}, 2, 5, "=="},
		{"CREATE a; CREATE b SET n = 1; SELEC * FROM a", nil, 1, 44, "* FROM a"},
		{"CREATE a SET n = $1;\nUPDATE b SET `ä` = $1; DELETE c; SELEC * FROM a", []any{1}, 2, 47, "* FROM a"},
	} {
		drivertest.RequireUnbroken(t, db, func() {
			for _, err := range []error{drivertest.Exec(t.Context(), db, c.text, c.args...), drivertest.Scan(t.Context(), db, c.text, c.args...)} {
				require.True(t, surrealsql.IsParse(err), "%s: %v", c.text, err)
				var e *surrealsql.Error
				require.ErrorAs(t, err, &e)
				require.Equal(t, []int{c.line, c.column}, []int{e.Line, e.Column}, "%s: %s", c.text, e.Message)
				require.Contains(t, e.Snippet, c.around, c.text)
				require.Contains(t, e.Snippet, "^", c.text)
				require.NotContains(t, err.Error(), c.text, "a query text may hold secrets")
			}
		})
	}
}

func TestErrorOfParsingMeansThatNothingRan(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	drivertest.MustExec(t, db, `DEFINE TABLE a`)
	require.True(t, surrealsql.IsParse(drivertest.Exec(t.Context(), db, `CREATE a:1; SELEC 1; CREATE a:2`)))
	require.Equal(t, 0, drivertest.CountOf(t, db, "a"))
}

// Between transactions the engine tells a conflict at commit; two blocks in two
// texts conflict in their reply.
func TestErrorOfAConflictIsRecognisedWhereverItIsTold(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	drivertest.NewAccounts(t, db)
	tx := drivertest.Begin(t, db)
	drivertest.MustExec(t, tx, `UPDATE account:a SET balance += 1`)
	drivertest.MustExec(t, db, `UPDATE account:a SET balance += 1`)
	drivertest.RequireClasses(t, tx.Commit(), "conflict", "retryable")
	drivertest.RequireGood(t, db)

	// A single statement that loses against others says so too. The engine
	// repeats none of them by itself, so with enough writers some lose.
	const writers = 8
	errs := make(chan error, writers)
	for range writers {
		go func() {
			for range 10 {
				if err := drivertest.Exec(t.Context(), db, `UPDATE account SET balance += 1`); err != nil {
					errs <- err
					return
				}
			}
			errs <- nil
		}()
	}
	for range writers {
		if err := <-errs; err != nil {
			drivertest.RequireClasses(t, err, "conflict", "retryable")
		}
	}
	drivertest.RequireGood(t, db)
}

func TestErrorOfMissingPermissionsIsAuth(t *testing.T) {
	t.Parallel()
	dsn := surrealtest.DSN(t)
	db := drivertest.OpenDB(t, dsn)
	drivertest.MustExec(t, db, `DEFINE USER viewer ON DATABASE PASSWORD 'p' ROLES VIEWER; CREATE a:1`)
	viewer := drivertest.OpenDB(t, dsn, func(c *surrealsql.Config) {
		c.Auth, c.User, c.Password = surrealsql.AuthDatabase, "viewer", "p"
	})
	drivertest.RequireUnbroken(t, viewer, func() {
		require.Equal(t, 1, drivertest.CountOf(t, viewer, "a"))
		drivertest.RequireClasses(t, drivertest.Exec(t.Context(), viewer, `DEFINE TABLE b`), "auth")
		drivertest.RequireClasses(t, drivertest.Exec(t.Context(), viewer, `DEFINE USER x ON DATABASE PASSWORD 'x'`), "auth")
	})
}

func TestErrorsThatAreCollateralGiveWayToTheirRoot(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	drivertest.MustExec(t, db, `CREATE a:1`)
	drivertest.RequireUnbroken(t, db, func() {
		const text = `BEGIN; CREATE b:1; CREATE b:2; CREATE a:1; CREATE b:3; COMMIT`
		drivertest.RequireClasses(t, drivertest.Exec(t.Context(), db, text), "duplicate")
		drivertest.RequireClasses(t, queryAll(t, db, text), "duplicate")
	})
	drivertest.RequireUnbroken(t, db, func() {
		err := drivertest.Exec(t.Context(), db, `BEGIN; CREATE b:1; CANCEL`)
		drivertest.RequireClasses(t, err)
		require.ErrorContains(t, err, "cancelled transaction", "there is no other root")
	})
}

func TestErrorOfNoRowsIsNotThatOfNoTable(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	drivertest.MustExec(t, db, `DEFINE TABLE a`)
	err := drivertest.Scan(t.Context(), db, `SELECT * FROM a`)
	require.ErrorIs(t, err, sql.ErrNoRows)
	drivertest.RequireClasses(t, err)
}

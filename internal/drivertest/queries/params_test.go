package queries

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/drivertest"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// Names without an argument: parameters of the database are found, and unknown ones are
// refused before anything is written.

// requireUnwritten asserts that a text is refused, and that the record it would have
// changed is as it was.
func requireUnwritten(t *testing.T, db drivertest.Queryer, write string) {
	t.Helper()
	require.ErrorContains(t, drivertest.Scan(t.Context(), db, write), "no value for $", write)
	require.Equal(t, 41, drivertest.QueryOne[int](t, db, `SELECT VALUE n FROM ONLY t:1`), write)
}

func TestParamWithoutAValueKeepsAWriteFromTheServer(t *testing.T) {
	t.Parallel()
	db := drivertest.Solo(drivertest.NewDB(t))
	drivertest.MustExec(t, db, `CREATE t:1 SET n = 41`)
	for _, text := range []string{
		`UPDATE t SET n = $typo`,
		`{ LET $x = 5 }; UPDATE t SET n = $x`,
		`IF true { LET $x = 5 }; UPDATE t SET n = $x`,
		`FOR $x IN [1] { LET $y = $x }; UPDATE t SET n = $x`,
		`LET $f = |$x: int| $x; UPDATE t SET n = $x`,
		`UPDATE t SET n = $x; LET $x = 5`,
		`UPDATE t SET n = $⟨typo⟩`,
		`UPDATE t SET n = [1].map(|$v| $typo)[0]`,
	} {
		requireUnwritten(t, db, text)
	}
}

func TestParamThatWasRemovedIsUnknownAgain(t *testing.T) {
	t.Parallel()
	dsn := surrealtest.DSN(t)
	db, other := drivertest.Solo(drivertest.OpenDB(t, dsn)), drivertest.OpenDB(t, dsn)
	drivertest.MustExec(t, db, `CREATE t:1 SET n = 41; DEFINE PARAM $p VALUE 41; DEFINE PARAM $q VALUE 41`)
	drivertest.MustExec(t, db, `UPDATE t SET n = $p; UPDATE t SET n = $q`)
	drivertest.MustExec(t, db, `REMOVE PARAM $p`)
	requireUnwritten(t, db, `UPDATE t SET n = $p`)
	drivertest.MustExec(t, other, `REMOVE PARAM $q`)
	requireUnwritten(t, db, `UPDATE t SET n = $q`)
	requireUnwritten(t, db, `DEFINE PARAM $r VALUE 1; REMOVE PARAM $r; UPDATE t SET n = $r`)
	drivertest.MustExec(t, other, `DEFINE PARAM $p VALUE 42`)
	drivertest.MustExec(t, db, `UPDATE t SET n = $p`)
	require.Equal(t, 42, drivertest.QueryOne[int](t, db, `SELECT VALUE n FROM ONLY t:1`))
}

func TestParamThatARollbackTookBackIsUnknown(t *testing.T) {
	t.Parallel()
	db := drivertest.Solo(drivertest.NewDB(t))
	drivertest.MustExec(t, db, `CREATE t:1 SET n = 41`)
	tx, err := db.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	drivertest.MustExec(t, tx, `DEFINE PARAM $p VALUE 1`)
	require.Equal(t, 1, drivertest.QueryOne[int](t, tx, `RETURN $p`), "the transaction sees it")
	require.NoError(t, tx.Rollback())
	requireUnwritten(t, db, `UPDATE t SET n = $p`)
	require.Error(t, drivertest.Exec(t.Context(), db, `BEGIN; DEFINE PARAM $p VALUE 1; CANCEL; UPDATE t SET n = $p`))
	requireUnwritten(t, db, `UPDATE t SET n = $p`)
}

func TestParamBelongsToTheDatabaseThatIsUsed(t *testing.T) {
	t.Parallel()
	db := drivertest.Solo(drivertest.NewDB(t))
	name := "other_" + strings.ToLower(t.Name())
	drivertest.MustExec(t, db, `DEFINE PARAM $p VALUE 1; CREATE t:1 SET n = 41`)
	drivertest.MustExec(t, db, `USE DB `+name+`; DEFINE PARAM $q VALUE 2; CREATE t:1 SET n = 41`)
	drivertest.MustExec(t, db, `USE DB `+name+`; UPDATE t SET m = $q`)
	drivertest.MustExec(t, db, `UPDATE t SET m = $p; USE DB `+name+`; UPDATE t SET m = $q`)
	for _, text := range []string{
		`USE DB ` + name + `; UPDATE t SET n = $p`,
		`UPDATE t SET n = $q; USE DB ` + name,
		`UPDATE t SET n = $q`,
		`USE DB ` + name + `; UPDATE t SET n = $typo`,
		`DEFINE PARAM $r VALUE 1; USE DB ` + name + `; UPDATE t SET n = $r`,
	} {
		requireUnwritten(t, db, text)
	}
	ns := drivertest.QueryOne[string](t, db, `RETURN session::ns()`)
	drivertest.Leased(t, db, func(c *surrealsql.Conn) error {
		require.NoError(t, c.Use(t.Context(), ns, name))
		_, err := c.ExecContext(t.Context(), `UPDATE t SET m = $q`, nil)
		require.NoError(t, err)
		_, err = c.ExecContext(t.Context(), `UPDATE t SET n = $p`, nil)
		require.ErrorContains(t, err, "no value for $p")
		require.NoError(t, c.Use(t.Context(), ns, ""))
		_, err = c.ExecContext(t.Context(), `UPDATE t SET n = $q`, nil)
		require.ErrorContains(t, err, "no value for $q")
		return nil
	})
}

func TestParamWhoseValueIsNoneIsOneAllTheSame(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	drivertest.MustExec(t, db, "DEFINE PARAM $nothing VALUE NONE; DEFINE PARAM $null VALUE NULL; DEFINE PARAM $no VALUE false; DEFINE PARAM $`odd name` VALUE 5")
	require.Equal(t, "NONE", drivertest.QueryOne[string](t, db, `RETURN <string>$nothing`))
	require.Equal(t, "NULL", drivertest.QueryOne[string](t, db, `RETURN <string>$null`))
	require.Equal(t, "false", drivertest.QueryOne[string](t, db, `RETURN <string>$no`))
	require.Equal(t, 5, drivertest.QueryOne[int](t, db, "RETURN $`odd name`"))
	require.ErrorContains(t, drivertest.Scan(t.Context(), db, `RETURN [$nothing, $typo]`), "no value for $typo")
}

// The session of a user with DURATION FOR SESSION ends while the connection lives.
func TestParamThatIsUnknownIsUnknownStillAfterTheSessionHasExpired(t *testing.T) {
	t.Parallel()
	dsn := surrealtest.DSN(t)
	admin := drivertest.OpenDB(t, dsn)
	drivertest.MustExec(t, admin, `DEFINE USER brief ON DATABASE PASSWORD 'p' ROLES OWNER DURATION FOR SESSION 1s; CREATE t:1 SET n = 41; DEFINE PARAM $p VALUE 42`)
	db := drivertest.Solo(drivertest.OpenDB(t, dsn, func(c *surrealsql.Config) {
		c.Auth, c.User, c.Password = surrealsql.AuthDatabase, "brief", "p"
	}))
	awaitExpiry := func() {
		t.Helper()
		time.Sleep(1100 * time.Millisecond) // only the server's clock ends it
	}
	require.Equal(t, 41, drivertest.QueryOne[int](t, db, `SELECT VALUE n FROM ONLY t:1`))
	awaitExpiry()
	requireUnwritten(t, db, `UPDATE t SET n = $typo`)
	awaitExpiry()
	drivertest.MustExec(t, db, `UPDATE t SET n = $p`)
	require.Equal(t, 42, drivertest.QueryOne[int](t, admin, `SELECT VALUE n FROM ONLY t:1`))
	conn := drivertest.Lease(t, db)
	ns := drivertest.QueryOne[string](t, conn, `RETURN session::ns()`)
	for _, change := range []func(*surrealsql.Conn) error{
		func(c *surrealsql.Conn) error { return c.Let(t.Context(), "set", 1) },
		func(c *surrealsql.Conn) error { return c.Unset(t.Context(), "other") },
		func(c *surrealsql.Conn) error { return c.Use(t.Context(), ns, strings.ToLower(t.Name())) },
	} {
		awaitExpiry()
		require.NoError(t, conn.Raw(func(c any) error { return change(c.(*surrealsql.Conn)) }))
	}
	require.Equal(t, 1, drivertest.QueryOne[int](t, conn, `RETURN $set`), "what was set before is set still")
}

func TestParamsServeARecordUserWhoDoesNotSeeTheSchema(t *testing.T) {
	t.Parallel()
	dsn := surrealtest.DSN(t)
	admin := drivertest.OpenDB(t, dsn)
	drivertest.MustExec(t, admin, `
		DEFINE PARAM $open VALUE 5; DEFINE PARAM $closed VALUE 6 PERMISSIONS NONE;
		DEFINE TABLE t PERMISSIONS FULL; CREATE t:1 SET n = 41;
		CREATE user:1 SET name = 'a', pass = 'b';
		DEFINE ACCESS account ON DATABASE TYPE RECORD SIGNIN (SELECT * FROM user WHERE name = $user AND pass = $pass)`)
	db := drivertest.OpenDB(t, dsn, func(c *surrealsql.Config) {
		c.Auth, c.Access, c.User, c.Password = surrealsql.AuthRecord, "account", "a", "b"
	})
	require.Equal(t, 5, drivertest.QueryOne[int](t, db, `RETURN $open`))
	requireUnwritten(t, db, `UPDATE t SET n = $typo`)
	require.Error(t, drivertest.Exec(t.Context(), db, `UPDATE t SET n = $closed`))
	require.Equal(t, 41, drivertest.QueryOne[int](t, db, `SELECT VALUE n FROM ONLY t:1`))
}

func TestParamIsFoundInALargeSchema(t *testing.T) {
	t.Parallel()
	dsn := surrealtest.DSN(t)
	admin := drivertest.OpenDB(t, dsn)
	for i := range 40 {
		drivertest.MustExec(t, admin, fmt.Sprintf(`DEFINE TABLE table_%d COMMENT $1`, i), strings.Repeat("x", 1000))
	}
	drivertest.MustExec(t, admin, `DEFINE PARAM $p VALUE 5; DEFINE PARAM $none VALUE NONE`)
	db := drivertest.Solo(drivertest.OpenDB(t, dsn, func(c *surrealsql.Config) { c.MaxMessageSize = 8 << 10 }))
	drivertest.RequireUnbroken(t, db, func() {
		require.Equal(t, 5, drivertest.QueryOne[int](t, db, `RETURN $p`))
		require.Equal(t, "NONE", drivertest.QueryOne[string](t, db, `RETURN <string>$none`))
		require.ErrorContains(t, drivertest.Scan(t.Context(), db, `RETURN $typo`), "no value for $typo")
	})
}

// What keeps the server from answering is what the caller hears of.
func TestParamThatIsAskedForHidesNoError(t *testing.T) {
	t.Parallel()
	t.Run("the deadline", func(t *testing.T) {
		t.Parallel()
		db, proxy := drivertest.Proxied(t)
		drivertest.RequireGood(t, db)
		proxy.BlackHole(true)
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		err := drivertest.Exec(ctx, db, `UPDATE t SET n = $p`)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.NotContains(t, err.Error(), "no value")
	})
	t.Run("the connection", func(t *testing.T) {
		t.Parallel()
		db, proxy := drivertest.Proxied(t)
		conn := drivertest.Lease(t, db)
		drivertest.RequireGood(t, conn)
		tx, err := conn.BeginTx(t.Context(), nil)
		require.NoError(t, err)
		proxy.CutAll(surrealtest.CutRST)
		_, err = tx.ExecContext(t.Context(), `UPDATE t SET n = $p`)
		require.True(t, surrealsql.IsConnectivity(err), "%v", err)
		require.NotErrorIs(t, err, surrealsql.ErrOutcomeUnknown, "the text has not been sent")
		require.NotContains(t, err.Error(), "no value")
		_ = tx.Rollback()
	})
}

func TestParamErrorHasAdviceThatCanBeFollowed(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	for _, c := range []struct{ text, says, not string }{
		{"RETURN $x", `sql.Named("x"`, "rename"},
		{"RETURN $⟨x y⟩", "no value for $`x y`: rename it", "sql.Named(\"x y\""},
		{"RETURN $`1`", "rename it", ""},
		{"RETURN $_x", `Conn.Let(ctx, "_x", …)`, "pass sql.Named"},
		{"UPDATE t SET n = $value", "only within definitions", "sql.Named"},
		{"UPDATE t SET n = $request", "only within definitions", "sql.Named"},
		{"UPDATE t SET n = $before.n", "in the RETURN clause of a write", "sql.Named"},
		{"UPDATE t SET n = 1 WHERE $after.n = 2", "in the RETURN clause of a write", "sql.Named"},
		{"UPDATE t SET n = $input.n", "in ON DUPLICATE KEY UPDATE", "sql.Named"},
	} {
		err := drivertest.Scan(t.Context(), db, c.text)
		require.ErrorContains(t, err, c.says, c.text)
		if c.not != "" {
			require.NotContains(t, err.Error(), c.not, c.text)
		}
	}
	drivertest.Leased(t, db, func(c *surrealsql.Conn) error {
		require.NoError(t, c.Let(t.Context(), "_x", 5))
		_, err := c.QueryContext(t.Context(), `RETURN $_x`, nil)
		return err
	})
}

func TestParamOfAnyNameIsAskedForByIt(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	for _, name := range []string{"2h", "1st", "a b", "value_of"} {
		drivertest.MustExec(t, db, "DEFINE PARAM $`"+name+"` VALUE 7")
		require.Equal(t, 7, drivertest.QueryOne[int](t, db, "RETURN $`"+name+"`"), name)
	}
}

func TestParamsOfTheServerAreTakenWhereTheyHaveAValue(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	drivertest.MustExec(t, db, `CREATE t:1 SET n = 41`)
	for text, want := range map[string]int{
		`UPDATE ONLY t:1 SET n = n RETURN VALUE $before.n + $after.n`:                                          82,
		`UPDATE ONLY t:1 SET n = n RETURN VALUE { LET $was = $before.n; RETURN $was }`:                         41,
		`RETURN (UPDATE ONLY t:1 SET n = n RETURN VALUE $before.n)`:                                            41,
		`INSERT INTO t { id: 1, n: 1 } ON DUPLICATE KEY UPDATE m = $input.n RETURN VALUE $before.n + $after.m`: 42,
		`LET $before = 5; UPDATE ONLY t:1 SET m = $before RETURN VALUE m`:                                      5,
		`RETURN [1, 2].map(|$value| $value + 1)[1]`:                                                            3,
		`SELECT VALUE $this.n FROM ONLY t:1`:                                                                   41,
		`SELECT VALUE (SELECT VALUE n + $parent.n FROM ONLY t:1) FROM ONLY t:1`:                                82,
	} {
		require.Equal(t, want, drivertest.QueryOne[int](t, db, text), text)
	}
	drivertest.MustExec(t, db, `DEFINE FIELD m ON t VALUE $value + 1 ASSERT $input < 9 AND $before != $after`)
	drivertest.MustExec(t, db, `FOR $event IN [6] { UPDATE t SET m = $event }`)
	require.Equal(t, 7, drivertest.QueryOne[int](t, db, `SELECT VALUE m FROM ONLY t:1`))
}

func TestParamNamesThatAreReservedAreOneList(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	for _, name := range []string{
		"auth", "token", "session", "access", "this", "self", "parent", "value", "input", "before", "after", "event", "request", "reference",
	} {
		says := "the name $" + name + " is SurrealDB's own"
		require.ErrorContains(t, drivertest.Scan(t.Context(), db, `RETURN 1`, sql.Named(name, 1)), says)
		require.ErrorContains(t, drivertest.Scan(t.Context(), db, `RETURN $`+name, sql.Named(name, 1)), says)
		drivertest.Leased(t, db, func(c *surrealsql.Conn) error {
			require.ErrorContains(t, c.Let(t.Context(), name, 1), says)
			require.ErrorContains(t, c.Unset(t.Context(), name), says)
			return nil
		})
		_, err := surrealsql.NewConnector(&surrealsql.Config{Variables: map[string]any{name: 1}})
		require.ErrorContains(t, err, "surrealsql: Config.Variables: "+says)
		require.Equal(t, 1, strings.Count(err.Error(), "surrealsql: "))
	}
}

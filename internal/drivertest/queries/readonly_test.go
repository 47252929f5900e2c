package queries

import (
	"database/sql"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/drivertest"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// Connections and transactions that read only refuse what may write before it is sent.

var readOnly = &sql.TxOptions{ReadOnly: true}

func TestReadOnlyTxRefusesWhatMayWriteBeforeSendingIt(t *testing.T) {
	t.Parallel()
	db, proxy := drivertest.Proxied(t)
	drivertest.MustExec(t, db, `CREATE a:1 SET n = 1; DEFINE FUNCTION fn::make() { CREATE made:1 }; DEFINE TABLE made`)
	tx := drivertest.Begin(t, db, readOnly)
	before := proxy.Stats().BytesToServer
	for _, text := range []string{
		`CREATE a:2`, `INSERT INTO a { id: 2 }`, `INSERT RELATION INTO e { in: a:1, out: a:1 }`, `UPDATE a SET n = 2`, `UPSERT a:2`, `DELETE a`,
		`RELATE a:1->e->a:1`, `DEFINE TABLE b`, `REMOVE TABLE a`, `ALTER TABLE a SCHEMAFULL`, `REBUILD INDEX i ON a`,
		`create a:2`, "-- x\nCREATE a:2", `/* */CREATE a:2`, `RETURN 1; CREATE a:2`, `;;CREATE a:2`,
		// Nested.
		`(CREATE a:2)`, `RETURN (CREATE a:2)`, `RETURN CREATE a:2`, `LET $x = (CREATE a:2)`, `LET $x = CREATE a:2`,
		`SELECT * FROM (CREATE a:2)`, `SELECT (CREATE a:2) AS x FROM a`, `SELECT * FROM a WHERE (DELETE a) = 1`,
		`{ CREATE a:2 }`, `{ { CREATE a:2 } }`, `IF true { CREATE a:2 }`, `IF false { RETURN 1 } ELSE { CREATE a:2 }`,
		`IF true THEN (CREATE a:2) END`, `FOR $i IN [1] { CREATE a:2 }`, `RETURN [1, [(CREATE a:2)]]`, `RETURN { a: { b: (CREATE a:2) } }`,
		`RETURN { CREATE a:2 }`, `RETURN [1].map(|$x| { CREATE a:2 })`, `RETURN array::map([1], |$x| (CREATE a:2))`,
		`LET $f = |$x| { CREATE a:2 }; RETURN $f(1)`, `RETURN math::sum((CREATE a:2).n)`, `RETURN <string>(CREATE a:2)`, `THROW (CREATE a:2)`,
		// What the text does not show.
		`fn::make()`, `RETURN fn::make()`, `LET $x = fn::make()`, `SELECT fn::make() FROM a`, `SELECT * FROM a WHERE fn::make()`,
		`IF fn::make() { RETURN 1 }`, `RETURN [1].map(|$x| fn::make())`, `RETURN fn /* */ ::make()`,
	} {
		err := drivertest.Exec(t.Context(), tx, text)
		require.ErrorIs(t, err, surrealsql.ErrReadOnly, text)
		require.ErrorIs(t, drivertest.Scan(t.Context(), tx, text), surrealsql.ErrReadOnly, text)
	}
	drivertest.RequireNothingSent(t, proxy, before)
	drivertest.RequireGood(t, tx)
	require.NoError(t, tx.Commit(), "refusals doom nothing")
	require.Equal(t, 1, drivertest.CountOf(t, db, "a"))
	require.Equal(t, 0, drivertest.CountOf(t, db, "made"))
}

// Whether a server would take each of them or not, none may reach it.
func TestReadOnlyTxFindsAWriteInAnySyntax(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	tx := drivertest.Begin(t, db, readOnly)
	for _, text := range []string{
		`SELECT ->(k WHERE (CREATE a) != NONE) FROM b`, `SELECT l[WHERE (CREATE a) != NONE] FROM b`, `SELECT * FROM b LIMIT array::len((CREATE a))`,
		`SELECT * FROM b LIMIT 1 START (CREATE ONLY a RETURN VALUE 0)`, `SELECT l.{ x, y: (CREATE a) } FROM b`, `SELECT * FROM CREATE a`,
		`SELECT VALUE (CREATE a) FROM ONLY b:1`, `SELECT (SELECT * FROM (CREATE a)) AS z FROM b`, `SELECT * FROM [CREATE a]`,
		`RETURN b:1.{ f, g: (CREATE a) }`, `RETURN b:[(CREATE a)]`, `RETURN b:{ n: (CREATE a) }`, `RETURN [1][(CREATE ONLY a RETURN VALUE 0)]`,
		`RETURN (CREATE a).id`, `RETURN [CREATE a]`, `RETURN 1 + CREATE a`, `RETURN !CREATE a`, `RETURN NONE ?? CREATE a`, `RETURN <array>(CREATE a)`,
		`RETURN (1..(CREATE ONLY a RETURN VALUE 2))`, `RETURN { "x": (CREATE a) }`, "RETURN { `CREATE`: (CREATE a) }", `RETURN /CREATE/ = 'x' OR (CREATE a)`,
		`IF (CREATE a) THEN 1 END`, `FOR $x IN (CREATE a) {}`, `SLEEP (CREATE ONLY a RETURN VALUE 1ns)`,
		// Closures and functions by other spellings.
		`RETURN [1].map(fn::w)`, `LET $f = fn::w; RETURN $f()`, `RETURN FN::w()`, "RETURN fn::`n`::w(1)", "RETURN fn\n::\nw()",
		`LET $c = |$x| CREATE a; RETURN $c(1)`, `RETURN (|$x| (CREATE a))(1)`, `RETURN 1.chain(|$v| CREATE a)`, `RETURN array::fold([1], 0, |$s, $v| { CREATE a; RETURN 1 })`,
		`RETURN function() { return 1; }`, `RETURN sequence::nextval('s')`, `RETURN api::invoke('/x')`, `RETURN file::put(f"b:/x", "y")`, `EXPLAIN CREATE a`,
		`ACCESS keys ON DATABASE GRANT FOR USER u`,
		// What may look like a string, a comment or a regex that swallows the rest.
		`RETURN 'it''s'; CREATE a`, `RETURN "\""; CREATE a`, "RETURN 1 -- x\n; CREATE a", `RETURN 1 /* ; */; CREATE a`, `RETURN r'b:1'; CREATE a`,
		`RETURN 5 / 2; CREATE a; RETURN 1 / 1`, `RETURN a/b/c; CREATE a`, `RETURN (1)/2; CREATE a; RETURN 4/3`, `RETURN [1]/1; CREATE a/*/*/`,
		`USE DB x; CREATE a`, `INFO FOR DB; CREATE a`, `SHOW CHANGES FOR TABLE a SINCE 0; CREATE a`,
	} {
		require.ErrorIs(t, drivertest.Exec(t.Context(), tx, text), surrealsql.ErrReadOnly, text)
		require.False(t, surrealsql.ReadsOnly(text), text)
	}
	drivertest.RequireGood(t, tx)
}

func TestReadOnlyTxReads(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	drivertest.MustExec(t, db, `CREATE a:1 SET n = 1, create = 'x', note = 'DELETE a'`)
	tx := drivertest.Begin(t, db, readOnly)
	for _, text := range []string{
		`SELECT * FROM a`, "SELECT `create` FROM a", `SELECT note FROM a WHERE note = 'DELETE a'`, `LET $x = 1; SELECT * FROM a WHERE n = $x`,
		`RETURN 'CREATE a:2'`, `RETURN 1 -- CREATE a:2`, `RETURN { create: 1, delete: 2 }`, `INFO FOR DB`, `INFO FOR TABLE a`,
		`RETURN [1].map(|$x| $x + 1)`, `SELECT ->e->a AS x FROM a`, `IF true { RETURN 1 } ELSE { RETURN 2 }`, `FOR $i IN [1] { LET $y = $i }; RETURN 1`,
		`RETURN count(SELECT * FROM a)`, `SELECT math::max(n) FROM a GROUP ALL`, "SELECT `delete`, ⟨update⟩ FROM a", `RETURN d'2024-01-01T00:00:00Z'`,
	} {
		drivertest.MustExec(t, tx, text)
		require.True(t, surrealsql.ReadsOnly(text), text)
	}
	drivertest.MustExec(t, db, `UPDATE a:1 SET n = 2`)
	require.Equal(t, 1, drivertest.QueryOne[int](t, tx, `SELECT VALUE n FROM ONLY a:1`), "it is a snapshot")
	require.NoError(t, tx.Commit())
	require.Equal(t, 2, drivertest.QueryOne[int](t, db, `SELECT VALUE n FROM ONLY a:1`))
}

// What writes without the text showing it, as a field that is computed by a
// function of the database, is undone: a read-only transaction is never
// committed. Servers from 3.3 on refuse such a field when it is read.
func TestReadOnlyTxIsCancelledEvenWhenItIsCommitted(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	drivertest.MustExec(t, db, `DEFINE TABLE made; DEFINE TABLE a; DEFINE FIELD sneaky ON a COMPUTED fn::make(); DEFINE FUNCTION fn::make() { CREATE made; RETURN 1 }; CREATE a:1`)
	drivertest.MustExec(t, db, `DELETE made`)
	tx := drivertest.Begin(t, db, readOnly)
	if err := drivertest.Scan(t.Context(), tx, `SELECT VALUE sneaky FROM a`); err != nil {
		t.Logf("the server refuses it: %v", err)
	}
	require.NoError(t, tx.Commit())
	require.Equal(t, 0, drivertest.CountOf(t, db, "made"))
}

func TestReadOnlyTxLetsTheNextTxWrite(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	drivertest.RequireUnbroken(t, db, func() {
		tx := drivertest.Begin(t, db, readOnly)
		require.ErrorIs(t, drivertest.Exec(t.Context(), tx, `CREATE a:1`), surrealsql.ErrReadOnly)
		require.NoError(t, tx.Rollback())
		tx = drivertest.Begin(t, db)
		drivertest.MustExec(t, tx, `CREATE a:1`)
		require.NoError(t, tx.Commit())
	})
	require.Equal(t, 1, drivertest.CountOf(t, db, "a"))
}

func TestReadOnlyConnRefusesWhatMayWriteBeforeSendingIt(t *testing.T) {
	t.Parallel()
	setUp := func(c *surrealsql.Config) {
		c.ReadOnly = true
		c.Init = []string{`UPSERT a:1 SET n = 1`} // what the Config itself does may write
	}
	db, proxy := drivertest.Proxied(t, setUp)
	drivertest.Solo(db)
	require.Equal(t, 1, drivertest.CountOf(t, db, "a"))
	before := proxy.Stats().BytesToServer
	for _, text := range []string{`CREATE a:2`, `RETURN 1; DELETE a`, `BEGIN; CREATE a:2; COMMIT`, `RETURN fn::make()`, `SELECT * FROM (CREATE a:2)`} {
		require.ErrorIs(t, drivertest.Exec(t.Context(), db, text), surrealsql.ErrReadOnly, text)
		require.ErrorIs(t, drivertest.Scan(t.Context(), db, text), surrealsql.ErrReadOnly, text)
	}
	drivertest.RequireNothingSent(t, proxy, before)

	tx := drivertest.Begin(t, db)
	require.ErrorIs(t, drivertest.Exec(t.Context(), tx, `CREATE a:2`), surrealsql.ErrReadOnly)
	require.Equal(t, 1, drivertest.CountOf(t, tx, "a"))
	require.NoError(t, tx.Commit(), "it has nothing to commit")

	stmt, err := db.PrepareContext(t.Context(), `CREATE a:2`)
	require.NoError(t, err)
	_, err = stmt.ExecContext(t.Context())
	require.ErrorIs(t, err, surrealsql.ErrReadOnly)
	require.NoError(t, stmt.Close())
	require.Equal(t, 1, drivertest.CountOf(t, db, "a"))
	drivertest.RequireGood(t, db)
}

func TestReadOnlyConnIsReadOnlyAfterItsSessionWasReset(t *testing.T) {
	t.Parallel()
	// A plain database: sql.DB counts the connections it keeps.
	db := drivertest.Solo(drivertest.PlainDB(t, surrealtest.DSN(t), func(c *surrealsql.Config) { c.ReadOnly = true }))
	conn := drivertest.Lease(t, db)
	drivertest.Raw(t, conn, func(c *surrealsql.Conn) error { return c.Let(t.Context(), "x", 1) })
	require.NoError(t, conn.Close())
	require.ErrorIs(t, drivertest.Exec(t.Context(), db, `CREATE a`), surrealsql.ErrReadOnly)
	require.Equal(t, 1, db.Stats().OpenConnections)
}

func TestReadsOnlyIfNothingInATextMayWriteOrOutlivesIt(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`SELECT * FROM a`, `LET $x = 1; SELECT * FROM a WHERE n = $x`, `RETURN 'CREATE a'`, `INFO FOR DB`, ``,
	} {
		require.True(t, surrealsql.ReadsOnly(text), text)
		require.True(t, surrealsql.ReadsOnly(text), "again: %s", text)
	}
	for _, text := range []string{
		`CREATE a`, `SELECT * FROM a; CREATE a`, `SELECT * FROM (CREATE a)`, `RETURN fn::f()`, `BEGIN; SELECT * FROM a; COMMIT`, `CANCEL`,
		`FROBNICATE TABLE a`, `ANALYZE INDEX i ON a`, `SELECT * FROM a; VACUUM TABLE a`, `RETURN (`, `LIVE SELECT * FROM a`, `KILL $id`, `DEFINE TABLE a`, `ACCESS a ON DATABASE GRANT FOR USER u`,
	} {
		require.False(t, surrealsql.ReadsOnly(text), text)
	}
}

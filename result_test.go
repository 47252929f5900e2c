package surrealsql_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/drivertest"
)

// The result of Exec: how many records a text has written.

// affected is RowsAffected of a text that must succeed.
func affected(t *testing.T, db drivertest.Execer, text string, args ...any) int64 {
	t.Helper()
	n, err := drivertest.MustExec(t, db, text, args...).RowsAffected()
	require.NoError(t, err, text)
	return n
}

func TestRowsAffectedCountsTheRecordsOfEveryKindOfWrite(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	drivertest.MustExec(t, db, `DEFINE TABLE person; DEFINE TABLE knows TYPE RELATION; DEFINE TABLE empty; DEFINE TABLE strict SCHEMAFULL; DEFINE FIELD n ON strict TYPE int`)
	for _, c := range []struct { // in this order: each builds on those before
		text string
		want int64
	}{
		{`CREATE person:1`, 1},
		{`CREATE person:2, person:3 SET age = 1`, 2},
		{`CREATE |person:5|`, 5},
		{`CREATE ONLY person:one`, 1},
		{`CREATE person CONTENT { name: 'x' }`, 1},
		{`INSERT INTO person { id: 10, name: 'a' }`, 1},
		{`INSERT INTO person [{ id: 11 }, { id: 12 }, { id: 13 }]`, 3},
		{`INSERT INTO person (id, age) VALUES (14, 1), (15, 2)`, 2},
		{`INSERT IGNORE INTO person [{ id: 15 }, { id: 16 }]`, 1},
		{`INSERT INTO person { id: 16, age: 1 } ON DUPLICATE KEY UPDATE age = 9`, 1},
		{`INSERT INTO person []`, 0},
		{`RELATE person:1->knows->person:2`, 1},
		{`RELATE [person:1, person:2]->knows->[person:3, person:10]`, 4},
		{`INSERT RELATION INTO knows { in: person:1, out: person:11 }`, 1},
		{`UPDATE person:1 SET age = 5`, 1},
		{`UPDATE person:nobody SET age = 5`, 0},
		{`UPDATE ONLY person:1 SET age = 5`, 1},
		{`UPDATE ONLY person:nobody SET age = 5`, 0},
		{`UPDATE person SET seen = true`, 17},
		{`UPDATE person MERGE { seen: false } WHERE age = 5`, 1},
		{`UPDATE person SET seen = true WHERE age = 12345`, 0},
		{`UPDATE empty SET n = 1`, 0},
		{`UPSERT person:1 SET age = 6`, 1},
		{`UPSERT person:new SET age = 6`, 1},
		{`UPSERT person SET hit = true WHERE age = 6`, 2},
		{`UPSERT ONLY person:new SET age = 6`, 1},
		{`DELETE knows WHERE out = person:11`, 1},
		{`DELETE person:2, person:3`, 2},
		{`DELETE person:nobody`, 0},
		{`DELETE ONLY person:new`, 1},
		{`DELETE FROM person WHERE age = 6`, 1},
		{`DELETE empty`, 0},
		{`DELETE person`, 14},
		{`CREATE strict:1 SET n = 1; UPDATE strict SET n = 2; DELETE strict`, 3},
		{`BEGIN; CREATE a:1; CREATE a:2; UPDATE a SET n = 1; COMMIT`, 4},
		{`LET $x = 1; CREATE a:3 SET n = $x; RETURN [1, 2, 3]`, 1},
		// What returns something on request is counted by what it returns.
		{`CREATE b:1 RETURN AFTER`, 1},
		{`CREATE b:2 RETURN id, name`, 1},
		{`UPDATE b SET n = 1 RETURN DIFF`, 2},
		{`UPDATE b SET n = 2 RETURN VALUE n`, 2},
		{`DELETE b:1 RETURN BEFORE`, 1},
		{`UPDATE ONLY b:2 SET n = 3 RETURN DIFF`, 1},
		{`UPDATE ONLY b:2 SET n = 3 RETURN BEFORE`, 1},
		{`UPDATE ONLY b:nobody SET n = 3 RETURN AFTER`, 0},
		{`UPDATE ONLY b:nobody SET n = 3 RETURN n`, 0},
		{`CREATE ONLY b:3 RETURN missing`, 1},
		{`DELETE b:3 RETURN AFTER`, 1},
		// What writes nothing affects nothing.
		{`SELECT * FROM a`, 0},
		{`RETURN [1, 2]`, 0},
		{`DEFINE TABLE c; DEFINE INDEX i ON c FIELDS n; REMOVE TABLE c`, 0},
		{`INFO FOR DB`, 0},
		{`LET $x = (SELECT * FROM a); FOR $y IN $x { LET $z = $y }; IF true { RETURN 1 }`, 0},
		{`DELETE a EXPLAIN`, 0},
		{``, 0},
	} {
		require.Equal(t, c.want, affected(t, db, c.text), c.text)
	}
}

func TestRowsAffectedInATxAndOfAPreparedStatement(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	tx, err := db.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	require.EqualValues(t, 2, affected(t, tx, `CREATE a:1, a:2 SET n = $1`, 1))
	require.EqualValues(t, 2, affected(t, tx, `DELETE a`))
	require.NoError(t, tx.Commit())

	stmt, err := db.PrepareContext(t.Context(), `INSERT INTO b $1`)
	require.NoError(t, err)
	defer stmt.Close()
	for range 2 {
		res, err := stmt.ExecContext(t.Context(), []map[string]any{{"n": 1}, {"n": 2}})
		require.NoError(t, err)
		n, err := res.RowsAffected()
		require.NoError(t, err)
		require.EqualValues(t, 2, n)
	}
}

// A wrong 0 would say that nothing was there to change.
func TestRowsAffectedOfWhatCannotBeCountedIsAnError(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	drivertest.MustExec(t, db, `DEFINE TABLE t; DEFINE TABLE made; CREATE t:1, t:2, t:3, t:4, t:5, t:6, t:7, t:8; DEFINE FUNCTION fn::writes() { CREATE made; RETURN 1 }`)
	for _, c := range []struct {
		text      string
		statement int
	}{
		{`LET $x = (CREATE made)`, 1},
		{`CREATE made; LET $x = (CREATE made RETURN NONE)`, 2},
		{`FOR $i IN [1, 2] { CREATE made }`, 1},
		{`IF true { CREATE made }`, 1},
		{`IF true { CREATE made; RETURN NONE }`, 1},
		{`IF false { CREATE other } ELSE { CREATE made }`, 1},
		{`IF true THEN (CREATE made) END`, 1},
		{`{ CREATE made; }`, 1},
		{`{ CREATE made; RETURN [] }`, 1},
		{`RETURN { CREATE made; RETURN 1 }`, 1},
		{`RETURN (CREATE made RETURN VALUE id)[0]`, 1},
		{`RETURN fn::writes()`, 1},
		{`SELECT fn::writes() FROM [1]`, 1},
		{`SELECT * FROM (CREATE made)`, 1},
		{`(CREATE made RETURN NONE)`, 1},
		{`CREATE made RETURN NONE`, 1},
		{`CREATE made; CREATE made return none TIMEOUT 5s`, 2},
		{`CREATE ONLY made RETURN NONE`, 1},
		{`CREATE ONLY made RETURN BEFORE`, 1},
		{`INSERT INTO made {} RETURN NONE`, 1},
		{`INSERT IGNORE INTO made [{}, {}] RETURN NONE`, 1},
		{`UPSERT made SET n = 1 WHERE false RETURN NONE`, 1},
		{`RELATE t:5->made->t:5 RETURN NONE`, 1},
		{`UPDATE t:5 SET n = 1 RETURN NONE; CREATE made`, 1},
		{`DELETE t:7 RETURN NONE; CREATE made`, 1},
		{`DELETE ONLY t:8 RETURN AFTER; CREATE made`, 1},
		{`BEGIN; CREATE made RETURN NONE; COMMIT`, 2},
		{`RETURN (CREATE made RETURN NONE)`, 1},
		{`(DELETE t:1); CREATE made`, 1},
		{`RETURN (DELETE t:2); CREATE made`, 1},
		{`RETURN (DELETE ONLY t:3); CREATE made`, 1},
		{`RETURN DELETE ONLY t:4 RETURN AFTER; CREATE made`, 1},
		{`CREATE ONLY made RETURN VALUE missing`, 1},
		{`UPDATE ONLY t:5 SET n = 1 RETURN VALUE $after.missing; CREATE made`, 1},
		{`DELETE t:6 EXPLAIN FULL; CREATE made`, 1},
	} {
		before := drivertest.QueryOne[int](t, db, `RETURN count(SELECT * FROM made)`)
		res := drivertest.MustExec(t, db, c.text)
		require.Greater(t, drivertest.QueryOne[int](t, db, `RETURN count(SELECT * FROM made)`), before, c.text)
		_, err := res.RowsAffected()
		require.ErrorContains(t, err, fmt.Sprintf("statement %d (", c.statement), c.text)
		require.ErrorContains(t, err, "QueryRow", c.text)
		_, err = res.LastInsertId()
		require.ErrorContains(t, err, "RETURN VALUE id")
	}
}

// After OPTION IMPORT the server answers nothing of what is written.
func TestRowsAffectedOfAnImportIsAnError(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	drivertest.MustExec(t, db, `DEFINE TABLE a`)
	for text, statement := range map[string]int{
		`OPTION IMPORT; CREATE a:1`:                                      2,
		`OPTION IMPORT = true; INSERT INTO a [{ id: 2 }, { id: 3 }]`:     2,
		`OPTION IMPORT; CREATE a:4 RETURN AFTER`:                         2,
		`OPTION IMPORT; RETURN (CREATE a:5)`:                             2,
		`CREATE a:6; OPTION IMPORT; CREATE a:7`:                          3,
		`OPTION IMPORT; DEFINE TABLE b; LET $x = 1; UPSERT ONLY a:8`:     4,
		`option import; BEGIN; CREATE a:9; COMMIT`:                       3,
		`OPTION IMPORT; UPDATE a SET n = 1 RETURN VALUE id; DELETE a:99`: 2,
	} {
		_, err := drivertest.MustExec(t, db, text).RowsAffected()
		require.ErrorContains(t, err, fmt.Sprintf("statement %d (", statement), text)
		require.ErrorContains(t, err, "OPTION IMPORT")
	}
	require.Equal(t, 9, drivertest.QueryOne[int](t, db, `RETURN count(SELECT * FROM a)`))
	require.EqualValues(t, 1, affected(t, db, `OPTION IMPORT = false; CREATE a:10`))
	require.Zero(t, affected(t, db, `OPTION IMPORT; DEFINE TABLE c; LET $x = 1; SELECT * FROM a`))
}

func TestLastInsertIdSaysWhatToUseInstead(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	_, err := drivertest.MustExec(t, db, `CREATE a`).LastInsertId()
	require.ErrorContains(t, err, "RETURN")
	require.Regexp(t, `^a:`, drivertest.QueryOne[string](t, db, `CREATE a RETURN VALUE id`))
}

// A thousand records of a kilobyte go out; what comes back is counted at a proxy.
func TestExecBringsBackNoRecords(t *testing.T) {
	t.Parallel()
	db, proxy := drivertest.Proxied(t)
	drivertest.Solo(db)
	drivertest.RequireGood(t, db)
	records := make([]map[string]any, 1000)
	for i := range records {
		records[i] = map[string]any{"id": i, "text": strings.Repeat("x", 1000)}
	}
	cost := func(f func()) (out, in int64) {
		before := proxy.Stats()
		f()
		after := proxy.Stats()
		return after.BytesToServer - before.BytesToServer, after.BytesToClient - before.BytesToClient
	}
	// Each record would be 1,000 bytes and more; what counts it is not.
	const perRecord = 50
	out, in := cost(func() { require.EqualValues(t, 1000, affected(t, db, `INSERT INTO person $1`, records)) })
	require.Greater(t, out, int64(1_000_000))
	require.Less(t, in, int64(1000*perRecord))
	for _, text := range []string{
		`UPDATE person SET n = 1`, `UPSERT person SET n = 2 WHERE true`, `LET $x = 3; UPDATE person SET n = $x`, `DELETE person WHERE n = 3`,
	} {
		_, in := cost(func() { require.EqualValues(t, 1000, affected(t, db, text), text) })
		require.Less(t, in, int64(1000*perRecord), text)
	}

	_, in = cost(func() {
		require.EqualValues(t, 1000, affected(t, db, `INSERT INTO person $1 RETURN AFTER`, records), "who asks for records gets them")
	})
	require.Greater(t, in, int64(1_000_000))
	drivertest.RequireGood(t, db)
}

// Query shows what the statement returns by itself; only Exec asks for less.
func TestExecLeavesTextsAloneThatItMustNotTouch(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	drivertest.MustExec(t, db, `DEFINE TABLE log; DEFINE TABLE t`)
	for text, want := range map[string]int64{
		// Strings, comments and names that look like clauses.
		"CREATE t SET a = 'RETURN NONE'":                                1,
		"CREATE t SET a = \"x RETURN VALUE\" -- RETURN NONE":            1,
		"CREATE t SET a = 1 /* RETURN NONE */":                          1,
		"CREATE t SET `return` = 'x', ⟨RETURN NONE⟩ = 1":                1,
		"CREATE t CONTENT { return: 1, b: 'TIMEOUT 5s' }":               1,
		"CREATE t SET timeout = 1, a = 's'; -- DELETE t":                1,
		"CREATE t SET a = 1 TIMEOUT 5s":                                 1,
		"UPDATE t:none SET a = (SELECT VALUE id FROM t RETURN)":         -1, // no SurrealQL
		"CREATE t SET a = (CREATE log SET b = 1)":                       1,
		"CREATE t SET a = (CREATE log SET b = 1 RETURN NONE)":           1,
		"CREATE t SET a = { LET $x = (CREATE ONLY log); RETURN $x.id }": 1,
	} {
		err := drivertest.Exec(t.Context(), db, text)
		if want < 0 {
			require.True(t, surrealsql.IsParse(err), "%s: %v", text, err)
			continue
		}
		require.EqualValues(t, want, affected(t, db, text), text)
	}
	// Blocks and subqueries: their inner writes happen unchanged.
	for _, text := range []string{
		`{ CREATE t; CREATE t }`, `IF true { CREATE t } ELSE { CREATE t }`, `FOR $i IN [1, 2] { CREATE t }`,
		`LET $x = (CREATE t)`, `(CREATE t)`, `SELECT * FROM (CREATE t)`,
	} {
		before := drivertest.QueryOne[int](t, db, `RETURN count(SELECT * FROM t)`)
		drivertest.MustExec(t, db, text)
		require.Greater(t, drivertest.QueryOne[int](t, db, `RETURN count(SELECT * FROM t)`), before, text)
	}
	// What the text returns is used by the text: it must see whole records.
	drivertest.MustExec(t, db, `LET $made = (CREATE ONLY t:seen SET a = 'kept'); CREATE t:copy SET a = $made.a`)
	require.Equal(t, "kept", drivertest.QueryOne[string](t, db, `SELECT VALUE a FROM ONLY t:copy`))
}

func TestRowsAffectedCountsAReturnedWrite(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	require.EqualValues(t, 2, affected(t, db, `RETURN (CREATE a:1, a:2)`))
	require.EqualValues(t, 1, affected(t, db, `RETURN CREATE ONLY a:3`))
}

func TestRowsAffectedOfAWriteThatFailsIsNone(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	drivertest.MustExec(t, db, `DEFINE FIELD n ON a ASSERT $value < 3; CREATE a:1 SET n = 1; CREATE a:2 SET n = 2`)
	drivertest.RequireUnbroken(t, db, func() {
		res, err := db.ExecContext(t.Context(), `UPDATE a SET n += 1`)
		require.Error(t, err)
		require.Nil(t, res)
	})
	require.Equal(t, 1, drivertest.QueryOne[int](t, db, `SELECT VALUE n FROM ONLY a:1`), "outside a transaction a statement fails as a whole")
}

// A record user who may create but not select gets no records, and so no count;
// the write happens.
func TestRowsAffectedCountsWhatTheUserMaySee(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	drivertest.MustExec(t, db, `DEFINE TABLE box PERMISSIONS FOR create FULL, FOR select NONE;
		DEFINE TABLE user; CREATE user:1 SET name = 'u';
		DEFINE ACCESS account ON DATABASE TYPE RECORD SIGNIN (SELECT * FROM user WHERE name = $name)`)
	conn := drivertest.Lease(t, db)
	drivertest.Raw(t, conn, func(c *surrealsql.Conn) error {
		ns := drivertest.QueryOne[string](t, db, `RETURN session::ns()`)
		dbName := drivertest.QueryOne[string](t, db, `RETURN session::db()`)
		return c.SignIn(t.Context(), surrealsql.Credentials{Namespace: ns, Database: dbName, Access: "account", AuthParams: map[string]any{"name": "u"}})
	})
	seen := affected(t, conn, `CREATE box SET a = 1`)
	require.LessOrEqual(t, seen, int64(1))
	require.Equal(t, 1, drivertest.QueryOne[int](t, db, `RETURN count(SELECT * FROM box)`))
}

package surrealsql_test

import (
	"database/sql"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
)

// refusedTexts succeed on the server, or halfway, and do not what they say.
var refusedTexts = map[string]string{
	`BEGIN`:              "BeginTx",
	`begin transaction;`: "BeginTx",
	`BEGIN; CREATE t`:    "BeginTx",
	`CREATE t; BEGIN`:    "statement 2 (BEGIN)",
	`CREATE t; BEGIN; CREATE t; COMMIT; BEGIN`: "statement 5 (BEGIN)",
	`COMMIT`:             "BeginTx",
	`CANCEL`:             "BeginTx",
	`commit transaction`: "BeginTx",
	`CREATE t; COMMIT`:   "statement 2 (COMMIT)",
	`CREATE t; CANCEL`:   "statement 2 (CANCEL)",
	`BEGIN; CREATE t; COMMIT; CREATE t; COMMIT`: "statement 5 (COMMIT)",
	`BEGIN; CREATE t; COMMIT; CANCEL`:           "statement 4 (CANCEL)",
	`BEGIN; CREATE t; BEGIN; CREATE t; COMMIT`:  "statement 3 (BEGIN)",
	`BEGIN; BEGIN; CREATE t; COMMIT; COMMIT`:    "statement 2 (BEGIN)",
	`ROLLBACK`:                                  "BeginTx",
	`rollback ;`:                                "BeginTx",
	"-- undo\nROLLBACK -- all":                  "BeginTx",
	`BEGIN; CREATE t; ROLLBACK; COMMIT`:         "statement 3 (ROLLBACK)",
	`CREATE t; ROLLBACK`:                        "statement 2 (ROLLBACK)",
	`START`:                                     "BeginTx",
	`END`:                                       "BeginTx",
	`ABORT`:                                     "BeginTx",
	`VACUUM`:                                    "`VACUUM`",
	`ANALYZE; CREATE t`:                         "`ANALYZE`",
	`PING`:                                      "`PING`",
	`CREATE t; MERGE`:                           "statement 2 is the name `MERGE`",
	`EXIT`:                                      "RETURN EXIT",
	`person`:                                    "`person`",
	"`ROLLBACK`":                                "`ROLLBACK`",
	`person.name`:                               "`person.name`",
	`CREATE t; count`:                           "`count`",
	`(ROLLBACK)`:                                "statement 1 (ROLLBACK)",
	"( (rollback /* all */ ) )":                 "statement 1 (ROLLBACK)",
	`(BEGIN); CREATE t; (CANCEL)`:               "statement 1 (BEGIN)",
	`(person)`:                                  "`person`",
	// The record of BEGIN; CREATE t; IF true { CANCEL }; COMMIT would stay.
	`BEGIN; CREATE t; IF true { CANCEL }; COMMIT`:                                  "statement 3 (IF): CANCEL",
	`BEGIN; CREATE t; IF true THEN CANCEL END; COMMIT`:                             "statement 3 (IF): CANCEL",
	`BEGIN; CREATE t; IF true THEN { ROLLBACK; } END; COMMIT`:                      "statement 3 (IF): ROLLBACK",
	`BEGIN; CREATE t; IF false { 1 } ELSE IF true { 2 } ELSE { ROLLBACK }; COMMIT`: "THROW",
	`(IF true { CANCEL })`:                         "statement 1 (IF): CANCEL",
	`{ BEGIN; CREATE t; CANCEL; }`:                 "statement 1 (block): BEGIN",
	`{ BEGIN TRANSACTION; CREATE t; }`:             "statement 1 (block): BEGIN",
	`{ { CREATE t; ROLLBACK; }; RETURN 1 }`:        "statement 1 (block): ROLLBACK",
	`FOR $i IN [1, 2] { BEGIN; CREATE t; COMMIT }`: "statement 1 (FOR): BEGIN",
	`FOR $i IN [1, 2] { IF $i = 2 { abort } }`:     "statement 1 (FOR): ABORT",
}

func TestATextThatWouldNotDoWhatItSaysIsRefusedBeforeAnythingIsSent(t *testing.T) {
	t.Parallel()
	db, proxy := proxied(t)
	solo(db)
	mustExec(t, db, `DEFINE TABLE t`)
	sent := proxy.Stats().BytesToServer
	for text, says := range refusedTexts {
		for way, run := range statementWays {
			require.ErrorContains(t, run(t.Context(), db, text), says, "%s: %s", way, text)
		}
	}
	requireNothingSent(t, proxy, sent)
	require.Zero(t, queryOne[int](t, db, `RETURN count(SELECT * FROM t)`))

	for _, text := range []string{`START TRANSACTION`, `END TRANSACTION`, `SAVEPOINT a`, `ROLLBACK TO a`, `ROLLBACK TRANSACTION`, `BEGIN WORK; CREATE t; COMMIT WORK`} {
		require.True(t, surrealsql.IsParse(exec(t.Context(), db, `CREATE t; `+text)), text)
	}
	require.Zero(t, queryOne[int](t, db, `RETURN count(SELECT * FROM t)`), "a text that does not parse has not run")

	tx, err := db.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	for text := range refusedTexts {
		require.Error(t, exec(t.Context(), tx, text), text)
	}
	mustExec(t, tx, `CREATE t:kept`)
	require.NoError(t, tx.Commit(), "nothing was sent, so nothing is doomed")
	require.Equal(t, 1, queryOne[int](t, db, `RETURN count(SELECT * FROM t)`))
}

func TestWordsThatAreStatementsOrValuesAreNotRefused(t *testing.T) {
	t.Parallel()
	db := newDB(t)
	for _, text := range []string{
		`BEGIN; COMMIT`, `BEGIN TRANSACTION; RETURN 1; COMMIT TRANSACTION;`, `BEGIN; COMMIT; BEGIN; COMMIT`, `BEGIN;; RETURN 1;; COMMIT;;`,
		`true`, `NONE`, `null`, `1`, `'ROLLBACK'`, `person:1`, `rollback:1`, `$p`, `[person]`, `{ a: 1 }`, `math::pi`, `time::now()`, `rand()`,
		`RETURN ROLLBACK`, `RETURN person.name`, `-1`, `1 + 1`, `a = 1`, `IF a { b }`, `LET $x = a`, `SELECT begin, commit, rollback FROM [{}]`,
		`->knows`, `<string> 1`, ``, `;`,
		// Names of fields, where there may be a record that has them.
		`SELECT (IF true { start } ELSE { end }) AS x, { cancel } AS y FROM [{ start: 1, end: 2, cancel: 3 }]`,
		`FOR $i IN [1] { SELECT VALUE { end } FROM [{ end: 1 }] }`, `IF true { SELECT * FROM [{}] WHERE { start } }`,
		`DEFINE FIELD x ON t VALUE { IF start { end } ELSE { start } }`, `DEFINE EVENT x ON t WHEN start THEN { end }`,
		`DEFINE FUNCTION fn::x() { BEGIN; RETURN 1; COMMIT; }`, `UPDATE t SET x = { LET $y = start; end }`,
		`{ start, end }`, `{ 1, end }`, `{ start: 1 }`, `{ end:1 }`, `{ cancelled }`, `{ RETURN end }`, `IF end { 1 }`, `IF true { end.x }`, `RETURN { end }`,
	} {
		var args []any
		if text == `$p` {
			args = append(args, sql.Named("p", 1))
		}
		mustExec(t, db, text, args...)
	}
}

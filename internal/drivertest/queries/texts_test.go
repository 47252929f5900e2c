package queries

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/drivertest"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// Texts that are refused before they are sent, because they would not do what they say or
// cannot be read.

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

func TestTextThatWouldNotDoWhatItSaysIsRefusedBeforeAnythingIsSent(t *testing.T) {
	t.Parallel()
	db, proxy := drivertest.Proxied(t)
	drivertest.Solo(db)
	drivertest.MustExec(t, db, `DEFINE TABLE t`)
	sent := proxy.Stats().BytesToServer
	for text, says := range refusedTexts {
		for way, run := range statementWays {
			require.ErrorContains(t, run(t.Context(), db, text), says, "%s: %s", way, text)
		}
	}
	drivertest.RequireNothingSent(t, proxy, sent)
	require.Zero(t, drivertest.QueryOne[int](t, db, `RETURN count(SELECT * FROM t)`))

	for _, text := range []string{`START TRANSACTION`, `END TRANSACTION`, `SAVEPOINT a`, `ROLLBACK TO a`, `ROLLBACK TRANSACTION`, `BEGIN WORK; CREATE t; COMMIT WORK`} {
		require.True(t, surrealsql.IsParse(drivertest.Exec(t.Context(), db, `CREATE t; `+text)), text)
	}
	require.Zero(t, drivertest.QueryOne[int](t, db, `RETURN count(SELECT * FROM t)`), "a text that does not parse has not run")

	tx, err := db.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	for text := range refusedTexts {
		require.Error(t, drivertest.Exec(t.Context(), tx, text), text)
	}
	drivertest.MustExec(t, tx, `CREATE t:kept`)
	require.NoError(t, tx.Commit(), "nothing was sent, so nothing is doomed")
	require.Equal(t, 1, drivertest.QueryOne[int](t, db, `RETURN count(SELECT * FROM t)`))
}

func TestTextWithWordsThatAreStatementsOrValuesIsNotRefused(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
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
		drivertest.MustExec(t, db, text, args...)
	}
}

func TestTextThatTheServerCannotReadIsRefusedWithTheReason(t *testing.T) {
	t.Parallel()
	db, proxy := drivertest.Proxied(t)
	for text, says := range map[string]string{
		"\ufeffRETURN 1":                  "begins with a byte order mark",
		"\xff\xfeR\x00E\x00":              "is UTF-16",
		"\xfe\xff\x00R\x00E":              "is UTF-16",
		"RETURN 1;\nRETURN 'caf\xe9'":     "line 2 has the byte 0xE9 (at byte 21)",
		"RETURN '\ufffd\xff'":             "0xFF (at byte 11)",
		"CREATE t SET v = '\xed\xa0\x80'": "not UTF-8",
	} {
		requireUnsent(t, db, proxy, text, nil, says)
		require.True(t, surrealsql.IsParse(drivertest.Exec(t.Context(), db, text)), text)
	}
	require.Equal(t, "\ufffd\ufeff", drivertest.QueryOne[string](t, db, "RETURN '\ufffd\ufeff'"), "in a string they are characters")
	require.ErrorContains(t, drivertest.Exec(t.Context(), db, "RETURN 1;\ufeff RETURN 2"), "byte order mark")
}

func TestTextOfASchemaFileThatTheServerCannotReadSaysWhich(t *testing.T) {
	t.Parallel()
	for content, says := range map[string]string{
		"\ufeffDEFINE TABLE t":          "begins with a byte order mark",
		"\xff\xfeD\x00E\x00F\x00":       "is UTF-16",
		"DEFINE TABLE t COMMENT '\xe9'": "not UTF-8",
	} {
		path := filepath.Join(t.TempDir(), "schema.surql")
		require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
		db := drivertest.PlainDB(t, surrealtest.DSN(t), func(c *surrealsql.Config) { c.SchemaFile = path })
		err := db.PingContext(t.Context())
		require.ErrorContains(t, err, says)
		require.ErrorContains(t, err, "schema_file "+path)
	}
}

func TestTextWithNamesThatAreNotUTF8IsRefused(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	drivertest.Leased(t, db, func(c *surrealsql.Conn) error {
		require.ErrorContains(t, c.Use(t.Context(), "n\xff", "d"), "not UTF-8")
		require.ErrorContains(t, c.Use(t.Context(), "n", "d\xff"), "not UTF-8")
		return nil
	})
	_, err := surrealsql.NewConnector(&surrealsql.Config{Hosts: []string{"h"}, Namespace: "n\xff"})
	require.ErrorContains(t, err, "UTF-8")
}

func TestTextOfAVariableThatCannotBeSentIsNamed(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	drivertest.Leased(t, db, func(c *surrealsql.Conn) error {
		for _, v := range []any{make(chan int), func() {}, map[string]any{"a": make(chan int)}, "\xff", surrealsql.RecordID("x")} {
			err := c.Let(t.Context(), "tenant", v)
			require.ErrorContains(t, err, "surrealsql: variable $tenant: ", "%T", v)
			require.ErrorIs(t, err, surrealsql.ErrInvalid, "%T", v)
		}
		return nil
	})
	drivertest.RequireGood(t, db)
	bad := drivertest.PlainDB(t, surrealtest.DSN(t), func(c *surrealsql.Config) { c.Variables = map[string]any{"tenant": make(chan int), "a": 1} })
	require.ErrorContains(t, bad.PingContext(t.Context()), "surrealsql: cannot connect: variable $tenant: a chan int")
}

func TestTextOfAnOrdinalIsNoVariablesName(t *testing.T) {
	t.Parallel()
	const says = "the name $_1 is what the argument $1 is sent as"
	drivertest.Leased(t, drivertest.NewDB(t), func(c *surrealsql.Conn) error {
		require.ErrorContains(t, c.Let(t.Context(), "_1", 1), says)
		return c.Let(t.Context(), "_01", 1)
	})
	_, err := surrealsql.NewConnector(&surrealsql.Config{Variables: map[string]any{"_1": 1}})
	require.ErrorContains(t, err, says)
}

func TestErrorPrefixStandsAtItsBeginningOnly(t *testing.T) {
	t.Parallel()
	for says, set := range map[string]func(*surrealsql.Config){
		"cannot connect: text 1 of Init: parse error: the text begins":        func(c *surrealsql.Config) { c.Init = []string{"\ufeffRETURN 1"} },
		"cannot connect: Config.Schema: parse error: the text begins":         func(c *surrealsql.Config) { c.Schema = "\ufeffRETURN 1" },
		"cannot connect: text 1 of Init: no value for $typo":                  func(c *surrealsql.Config) { c.Init = []string{"RETURN $typo"} },
		"cannot connect: variable $a: a chan int cannot be sent to SurrealDB": func(c *surrealsql.Config) { c.Variables = map[string]any{"a": make(chan int)} },
		"cannot connect: AfterConnect: Let: ": func(c *surrealsql.Config) {
			c.AfterConnect = func(ctx context.Context, conn *surrealsql.Conn) error { return conn.Let(ctx, "", 1) }
		},
	} {
		err := drivertest.PlainDB(t, surrealtest.DSN(t), set).PingContext(t.Context())
		require.ErrorContains(t, err, "surrealsql: "+says)
		require.Equal(t, 1, strings.Count(err.Error(), "surrealsql: "), "%v", err)
	}
}

func TestErrorHintIsThereForListsAndOrdinalsOfOtherDatabases(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	for _, c := range []struct {
		text string
		args []any
		says string
	}{
		{"SELECT * FROM t WHERE a IN ($1, $2)", []any{1, 2}, "write [$1, $2], or pass one slice"},
		{"SELECT * FROM t\nWHERE a NOT IN ($1, $2, $3)", []any{1, 2, 3}, "write [$1, $2]"},
		{"DELETE t WHERE a INSIDE ('a', 'b')", nil, "write [$1, $2]"},
		{"SELECT * FROM t WHERE a IN (1, 2, 3)", nil, "write [$1, $2]"},
		{"SELECT * FROM t WHERE a IN (1, $1)", []any{2}, "write [$1, $2]"},
		{"SELECT * FROM t WHERE a IN (1,\n 'b')", nil, "write [$1, $2]"},
		{"RETURN $0", nil, "numbered from $1"},
		{"RETURN $0", []any{1}, "1 positional argument, but the text has no $1: the first one is $1, not $0 (at byte 7)"},
		{"RETURN [$0, $1]", []any{1, 2}, "uses $1 to $1, but 2 positional arguments are given: the first one is $1, not $0"},
		{"RETURN $01", []any{1}, "not $01"},
		{"RETURN 1", []any{1}, "1 positional argument, but"},
		{"RETURN 1", []any{1, 2}, "2 positional arguments, but"},
		{"RETURN $1 + $2", []any{1}, "but 1 positional argument is given"},
		{"RETURN ?", []any{1}, "1 positional argument, but `?`"},
	} {
		err := drivertest.Scan(t.Context(), db, c.text, c.args...)
		require.ErrorContains(t, err, c.says, c.text)
	}
	for _, text := range []string{"RETURN (1, 2)", "RETURN [1, 2][$]", "RETURN '$0'", "RETURN /$0/ = 'a'"} {
		require.NoError(t, drivertest.Scan(t.Context(), db, text), text)
	}
	drivertest.MustExec(t, db, "CREATE t:1 SET a = 1")
	require.Equal(t, 1, drivertest.QueryOne[int](t, db, "RETURN count(SELECT * FROM t WHERE a IN [$1, $2])", 1, 2))
	require.Equal(t, 1, drivertest.QueryOne[int](t, db, "RETURN count(SELECT * FROM t WHERE a IN $1)", []int{1, 2}))
}

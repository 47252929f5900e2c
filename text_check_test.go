package surrealsql_test

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/surrealtest"
)

func TestATextThatTheServerCannotReadIsRefusedWithTheReason(t *testing.T) {
	t.Parallel()
	db, proxy := proxied(t)
	for text, says := range map[string]string{
		"\ufeffRETURN 1":                  "begins with a byte order mark",
		"\xff\xfeR\x00E\x00":              "is UTF-16",
		"\xfe\xff\x00R\x00E":              "is UTF-16",
		"RETURN 1;\nRETURN 'caf\xe9'":     "line 2 has the byte 0xE9 (at byte 21)",
		"RETURN '\ufffd\xff'":             "0xFF (at byte 11)",
		"CREATE t SET v = '\xed\xa0\x80'": "not UTF-8",
	} {
		requireUnsent(t, db, proxy, text, nil, says)
		require.True(t, surrealsql.IsParse(exec(t.Context(), db, text)), text)
	}
	require.Equal(t, "\ufffd\ufeff", queryOne[string](t, db, "RETURN '\ufffd\ufeff'"), "in a string they are characters")
	require.ErrorContains(t, exec(t.Context(), db, "RETURN 1;\ufeff RETURN 2"), "byte order mark")
}

func TestASchemaFileThatTheServerCannotReadSaysWhich(t *testing.T) {
	t.Parallel()
	for content, says := range map[string]string{
		"\ufeffDEFINE TABLE t":          "begins with a byte order mark",
		"\xff\xfeD\x00E\x00F\x00":       "is UTF-16",
		"DEFINE TABLE t COMMENT '\xe9'": "not UTF-8",
	} {
		path := filepath.Join(t.TempDir(), "schema.surql")
		require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
		db := plainDB(t, surrealtest.DSN(t), func(c *surrealsql.Config) { c.SchemaFile = path })
		err := db.PingContext(t.Context())
		require.ErrorContains(t, err, says)
		require.ErrorContains(t, err, "schema_file "+path)
	}
}

func TestNamesThatAreNotUTF8AreRefused(t *testing.T) {
	t.Parallel()
	db := newDB(t)
	leased(t, db, func(c *surrealsql.Conn) error {
		require.ErrorContains(t, c.Use(t.Context(), "n\xff", "d"), "not UTF-8")
		require.ErrorContains(t, c.Use(t.Context(), "n", "d\xff"), "not UTF-8")
		return nil
	})
	_, err := surrealsql.NewConnector(&surrealsql.Config{Hosts: []string{"h"}, Namespace: "n\xff"})
	require.ErrorContains(t, err, "UTF-8")
}

func TestAVariableThatCannotBeSentIsNamed(t *testing.T) {
	t.Parallel()
	db := newDB(t)
	leased(t, db, func(c *surrealsql.Conn) error {
		for _, v := range []any{make(chan int), func() {}, map[string]any{"a": make(chan int)}, "\xff", uint64(math.MaxUint64), surrealsql.RecordID("x")} {
			err := c.Let(t.Context(), "tenant", v)
			require.ErrorContains(t, err, "surrealsql: variable $tenant: ", "%T", v)
			require.ErrorIs(t, err, surrealsql.ErrInvalid, "%T", v)
		}
		return nil
	})
	requireGood(t, db)
	bad := plainDB(t, surrealtest.DSN(t), func(c *surrealsql.Config) { c.Variables = map[string]any{"tenant": make(chan int), "a": 1} })
	require.ErrorContains(t, bad.PingContext(t.Context()), "surrealsql: cannot connect: variable $tenant: a chan int")
}

func TestTheNameOfAnOrdinalIsNoVariables(t *testing.T) {
	t.Parallel()
	const says = "the name $_1 is what the argument $1 is sent as"
	leased(t, newDB(t), func(c *surrealsql.Conn) error {
		require.ErrorContains(t, c.Let(t.Context(), "_1", 1), says)
		return c.Let(t.Context(), "_01", 1)
	})
	_, err := surrealsql.NewConnector(&surrealsql.Config{Variables: map[string]any{"_1": 1}})
	require.ErrorContains(t, err, says)
}

func TestThePrefixOfAnErrorStandsAtItsBeginningOnly(t *testing.T) {
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
		err := plainDB(t, surrealtest.DSN(t), set).PingContext(t.Context())
		require.ErrorContains(t, err, "surrealsql: "+says)
		require.Equal(t, 1, strings.Count(err.Error(), "surrealsql: "), "%v", err)
	}
}

func TestListsAndOrdinalsOfOtherDatabasesGetAHint(t *testing.T) {
	t.Parallel()
	db := newDB(t)
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
		err := scan(t.Context(), db, c.text, c.args...)
		require.ErrorContains(t, err, c.says, c.text)
	}
	for _, text := range []string{"RETURN (1, 2)", "RETURN [1, 2][$]", "RETURN '$0'", "RETURN /$0/ = 'a'"} {
		require.NoError(t, scan(t.Context(), db, text), text)
	}
	mustExec(t, db, "CREATE t:1 SET a = 1")
	require.Equal(t, 1, queryOne[int](t, db, "RETURN count(SELECT * FROM t WHERE a IN [$1, $2])", 1, 2))
	require.Equal(t, 1, queryOne[int](t, db, "RETURN count(SELECT * FROM t WHERE a IN $1)", []int{1, 2}))
}

package queries

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/drivertest"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// Arguments reach the query as data, by name and by number, or are refused before anything is
// sent.

func TestArgsNamedAndNumberedReachTheQuery(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	for _, c := range []struct {
		text string
		args []any
		want string
	}{
		{"RETURN $1", []any{"a"}, "a"},
		{"RETURN $_1", []any{"a"}, "a"},
		{"RETURN $2 + $1", []any{"a", "b"}, "ba"},
		{"RETURN $1 + $_2 + $1", []any{"a", "b"}, "aba"},
		{"RETURN $x", []any{sql.Named("x", "a")}, "a"},
		{"RETURN $x + $y + $x", []any{sql.Named("y", "b"), sql.Named("x", "a")}, "aba"},
		{"RETURN $1 + $x + $2", []any{"a", sql.Named("x", "x"), "b"}, "axb"},
		{"RETURN $1 + $x + $_2", []any{sql.Named("x", "x"), "a", "b"}, "axb"},
		{"RETURN $1 + $2 + $3 + $4 + $5 + $6 + $7 + $8 + $9 + $10 + $11", []any{"a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k"}, "abcdefghijk"},
		{"RETURN $x_1 + $X_", []any{sql.Named("x_1", "a"), sql.Named("X_", "b")}, "ab"},
		{"LET $y = $1; RETURN $y + $y", []any{"a"}, "aa"},
		{"RETURN (SELECT VALUE s FROM ONLY { s: $1 })", []any{"a"}, "a"},
		{"RETURN { a: $1 }.a", []any{"a"}, "a"},
		{"RETURN [1, 2].map(|$v| $1)[0]", []any{"a"}, "a"},
		{"RETURN IF $1 = 'a' { $2 } ELSE { $1 }", []any{"a", "b"}, "b"},
	} {
		require.Equal(t, c.want, drivertest.QueryOne[string](t, db, c.text, c.args...), c.text)
	}
}

func TestArgOrdinalIsNotRewrittenWhereItIsNoPlaceholder(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	for text, want := range map[string]string{
		"RETURN '$1' + $1":                              "$1a",
		`RETURN "$1" + $1`:                              "$1a",
		`RETURN '\'$1' + $1`:                            "'$1a",
		"-- $2\nRETURN $1":                              "a",
		"# $2\nRETURN $1":                               "a",
		"// $2\nRETURN $1":                              "a",
		"/* $2 */ RETURN $1 /* $3 */":                   "a",
		"RETURN { `$1`: $1 }.`$1`":                      "a",
		"RETURN { `$2`: $1 }['$2']":                     "a",
		"RETURN { ⟨$2⟩: $1 }['$2']":                     "a",
		"RETURN IF /^\\$2$/ = 'x' { 'no' } ELSE { $1 }": "a",
	} {
		require.Equal(t, want, drivertest.QueryOne[string](t, db, text, "a"), text)
	}
}

func TestArgsNamedAreSentWholeIfStructsOrSlices(t *testing.T) {
	t.Parallel()
	type address struct {
		Street string `json:"street"`
		Number int    `json:"no"`
	}
	type person struct {
		Name    string            `json:"name"`
		Tags    []string          `json:"tags"`
		Address *address          `json:"address,omitempty"`
		Notes   map[string]any    `json:"notes,omitempty"`
		Extra   map[string]string `json:"-"`
	}
	db := drivertest.NewDB(t)
	tobie := person{
		Name: "Tobie", Tags: []string{"a", "b"}, Address: &address{"Baker Street", 221},
		Notes: map[string]any{"n": 1, "list": []int{1, 2}}, Extra: map[string]string{"not": "sent"},
	}
	drivertest.MustExec(t, db, `CREATE person:tobie CONTENT $person`, sql.Named("person", tobie))
	var (
		name, street, tag string
		number, n, second int
		extra             any
	)
	require.NoError(t, db.QueryRowContext(t.Context(),
		`SELECT name, address.street AS street, address.no AS no, tags[1] AS tag, notes.n AS n, notes.list[1] AS second, Extra FROM person:tobie`).
		Scan(&name, &street, &number, &tag, &n, &second, &extra))
	require.Equal(t, []any{"Tobie", "Baker Street", 221, "b", 1, 2, nil}, []any{name, street, number, tag, n, second, extra})

	people := []person{{Name: "A"}, {Name: "B"}, {Name: "C"}}
	n64, err := drivertest.MustExec(t, db, `INSERT INTO person $people`, sql.Named("people", people)).RowsAffected()
	require.NoError(t, err)
	require.EqualValues(t, 3, n64)
	require.Equal(t, 2, drivertest.QueryOne[int](t, db, `SELECT VALUE count() FROM ONLY person WHERE name IN $names GROUP ALL LIMIT 1`,
		sql.Named("names", []string{"A", "C", "Z"})))
	require.Equal(t, 3, drivertest.QueryOne[int](t, db, `RETURN count(SELECT * FROM person WHERE name IN $1)`, []any{"A", "B", "C"}))
	require.Equal(t, 6, drivertest.QueryOne[int](t, db, `RETURN math::sum($1)`, [3]int{1, 2, 3}))
	require.Equal(t, "Tobie", drivertest.QueryOne[string](t, db, `RETURN $p.name`, sql.Named("p", &tobie)))
}

func TestArgsMakesArgumentsOfMapsAndStructs(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	require.Equal(t, "ab", drivertest.QueryOne[string](t, db, `RETURN $x + $y`, surrealsql.Args(map[string]any{"x": "a", "y": "b"})...))
	type pair struct {
		X string `json:"x"`
		Y string `surreal:"y"`
	}
	require.Equal(t, "ab", drivertest.QueryOne[string](t, db, `RETURN $x + $y`, surrealsql.Args(pair{"a", "b"})...))
	require.Equal(t, "ab", drivertest.QueryOne[string](t, db, `RETURN $x + $y`, surrealsql.Args(&pair{"a", "b"})...))
	drivertest.RequireUnbroken(t, db, func() {
		require.ErrorContains(t, drivertest.Scan(t.Context(), db, `RETURN $x`, surrealsql.Args(7)...), "surrealsql.Args takes a map")
	})
}

// Whatever the server would bind to NONE without a word is refused, and nothing
// of the request leaves: the proxy counts.
func TestArgsThatMismatchAreRefusedBeforeAnythingIsSent(t *testing.T) {
	t.Parallel()
	db, proxy := drivertest.Proxied(t)
	for _, c := range []struct {
		text string
		args []any
		says string
	}{
		{"RETURN $1", nil, "uses $1 to $1, but 0 positional"},
		{"RETURN $1 + $2", []any{1}, "uses $1 to $2, but 1 positional"},
		{"RETURN $1", []any{1, 2}, "uses $1 to $1, but 2 positional"},
		{"RETURN $1 + $3", []any{1, 2, 3}, "argument 2 is not used"},
		{"RETURN $_1 + $_3", []any{1, 2, 3}, "argument 2 is not used"},
		{"RETURN $2", []any{1, 2}, "argument 1 is not used"},
		{"RETURN 1", []any{1}, "has no $1"},
		{"RETURN $x", []any{1}, "has no $1: it has $x"},
		{"SELECT * FROM person WHERE age > ?", []any{1}, "write $1, $2"},
		{"CREATE person SET age = ?, name = ?", []any{1, "x"}, "write $1, $2"},
		{"RETURN $x", []any{sql.Named("y", 1)}, `"y" is not used: the text has $x`},
		{"RETURN $x", []any{sql.Named("x", 1), sql.Named("x", 2)}, "given twice"},
		{"RETURN $x", []any{sql.Named("x", 1), sql.Named("z", 2)}, `"z" is not used`},
		{"LET $x = 1; RETURN $x", []any{sql.Named("x", 2)}, `"x" is not used`},
		{"RETURN '$x'", []any{sql.Named("x", 2)}, `"x" is not used`},
		{"RETURN $1 + $x", []any{"a", sql.Named("X", 1)}, `"X" is not used`},
	} {
		requireUnsent(t, db, proxy, c.text, c.args, c.says)
	}
}

func TestArgNamesOfTheServersOwnAreRefused(t *testing.T) {
	t.Parallel()
	db, proxy := drivertest.Proxied(t)
	for _, name := range []string{
		"auth", "token", "session", "access",
		"this", "self", "value", "before", "after", "event", "input", "parent",
	} {
		requireUnsent(t, db, proxy, "RETURN $"+name, []any{sql.Named(name, 1)}, "SurrealDB's own")
	}
	for _, name := range []string{"a-b", "a b", "$a", "é", "a;", "a.b", "a`"} {
		requireUnsent(t, db, proxy, "RETURN $a", []any{sql.Named(name, 1)}, "")
	}
}

// requireUnsent asserts that Exec, Query and a prepared statement refuse the
// arguments, that no byte leaves, and that the connection is as good as before.
func requireUnsent(t *testing.T, db *sql.DB, proxy *surrealtest.Proxy, text string, args []any, says string) {
	t.Helper()
	drivertest.RequireUnbroken(t, db, func() {
		before := proxy.Stats().BytesToServer
		for how, err := range map[string]error{
			"Exec":  drivertest.Exec(t.Context(), db, text, args...),
			"Query": drivertest.Scan(t.Context(), db, text, args...),
			"Stmt":  prepareAndExec(t.Context(), db, text, args...),
		} {
			require.Error(t, err, "%s %s", how, text)
			require.ErrorContains(t, err, says, "%s %s", how, text)
			require.False(t, surrealsql.IsConnectivity(err), "%s %s", how, text)
		}
		drivertest.RequireNothingSent(t, proxy, before, "for %s", text)
	})
}

func prepareAndExec(ctx context.Context, db *sql.DB, text string, args ...any) error {
	stmt, err := db.PrepareContext(ctx, text)
	if err != nil {
		return err
	}
	_, err = stmt.ExecContext(ctx, args...)
	return errors.Join(err, stmt.Close())
}

func TestArgNameThatIsMisspeltIsRefused(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	drivertest.MustExec(t, db, `CREATE person:1 SET age = 41`)
	drivertest.RequireUnbroken(t, db, func() {
		err := drivertest.Exec(t.Context(), db, `UPDATE person SET age = $agee`, sql.Named("age", 42))
		require.ErrorContains(t, err, `"age" is not used: the text has $agee`)
		err = drivertest.Exec(t.Context(), db, `UPDATE person SET age = $agee`)
		require.ErrorContains(t, err, `no value for $agee`)
		err = drivertest.Exec(t.Context(), db, `UPDATE person SET age = $age, n = $agee`, sql.Named("age", 42))
		require.ErrorContains(t, err, `no value for $agee`)
	})
	require.Equal(t, 41, drivertest.QueryOne[int](t, db, `SELECT VALUE age FROM ONLY person:1`))
}

func TestArgIsNotNeededForAParameterThatTheDatabaseDefines(t *testing.T) {
	t.Parallel()
	db, proxy := drivertest.Proxied(t)
	drivertest.MustExec(t, db, `DEFINE PARAM $answer VALUE 42`)
	for range 2 {
		require.Equal(t, 42, drivertest.QueryOne[int](t, db, `RETURN $answer`))
	}
	// The question whether there is one is small, and asked each time.
	before := proxy.Stats().BytesToServer
	require.Equal(t, 42, drivertest.QueryOne[int](t, db, `RETURN $answer`))
	first := proxy.Stats().BytesToServer - before
	require.Less(t, first, int64(120), "two small requests")

	drivertest.RequireUnbroken(t, db, func() {
		require.ErrorContains(t, drivertest.Scan(t.Context(), db, `RETURN $anwser`), "no value for $anwser")
	})
	require.Equal(t, 7, drivertest.QueryOne[int](t, db, `RETURN $answer`, sql.Named("answer", 7)), "an argument wins")

	// It is asked inside a transaction too, which it does not harm.
	drivertest.MustExec(t, db, `DEFINE PARAM $later VALUE 'later'`)
	tx, err := db.BeginTx(t.Context(), &sql.TxOptions{ReadOnly: true})
	require.NoError(t, err)
	require.Equal(t, "later", drivertest.QueryOne[string](t, tx, `RETURN $later`))
	require.ErrorContains(t, drivertest.Scan(t.Context(), tx, `RETURN $latter`), "no value for $latter")
	drivertest.RequireGood(t, tx)
	require.NoError(t, tx.Commit())
	drivertest.RequireGood(t, db)
}

func TestArgsLeaveSpecialParametersTheirMeaning(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	drivertest.MustExec(t, db, `CREATE person:1 SET age = 41`)
	drivertest.MustExec(t, db, `CREATE person:2 SET age = 42, friend = person:1`)
	require.Equal(t, 1, drivertest.QueryOne[int](t, db, `RETURN count(SELECT * FROM person WHERE $this.age = 42)`))
	require.Equal(t, "person:1", drivertest.QueryOne[string](t, db, `UPDATE ONLY person:1 SET age = $1 RETURN VALUE $before.id`, 43))
	require.Equal(t, 43, drivertest.QueryOne[int](t, db, `UPDATE ONLY person:1 SET age = age RETURN VALUE $before.age`))
}

func TestArgsThatAreInjectionsStayData(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	drivertest.MustExec(t, db, `CREATE person:1 SET name = 'Tobie'; CREATE victim:1`)
	for _, hostile := range []string{
		`'; DELETE victim; --`, `" OR true; DELETE victim; "`, "`; DELETE victim;", `⟩; DELETE victim; ⟨`,
		`$1; DELETE victim`, `\'; DELETE victim; --`, `*/ DELETE victim /*`, "\x00'; DELETE victim", "person:1", `r'person:1'`,
		`{ DELETE victim }`, "\n; DELETE victim\n#", "'-- \u2028DELETE victim", `$_1`, `true`, `NONE`, `1..`, `<future> { DELETE victim }`,
	} {
		require.Equal(t, hostile, drivertest.QueryOne[string](t, db, `RETURN $1`, hostile))
		require.Equal(t, hostile, drivertest.QueryOne[string](t, db, `RETURN $s`, sql.Named("s", hostile)))
		require.Equal(t, hostile, drivertest.QueryOne[string](t, db, `RETURN $l[0].k`, sql.Named("l", []any{map[string]string{"k": hostile}})))
		require.Equal(t, hostile, drivertest.QueryOne[string](t, db, `RETURN object::keys($1)[0]`, map[string]int{hostile: 1}))
		require.Equal(t, 0, drivertest.QueryOne[int](t, db, `RETURN count(SELECT * FROM person WHERE name = $1)`, hostile), hostile)
		drivertest.MustExec(t, db, `CREATE note SET text = $1`, hostile)
		require.Equal(t, hostile, drivertest.QueryOne[string](t, db, `SELECT VALUE text FROM ONLY note WHERE text = $1 LIMIT 1`, hostile))

		id, err := surrealsql.NewRecordID("person", hostile)
		require.NoError(t, err)
		drivertest.MustExec(t, db, `CREATE $1 SET name = 'x'`, id)
		require.Equal(t, hostile, drivertest.QueryOne[string](t, db, `RETURN record::id($1)`, id))
		drivertest.MustExec(t, db, `DELETE $1`, id)
	}
	require.Equal(t, 1, drivertest.QueryOne[int](t, db, `RETURN count(SELECT * FROM victim)`))
	require.Equal(t, 1, drivertest.QueryOne[int](t, db, `RETURN count(SELECT * FROM person)`))
}

// A name is no way in either.
func TestArgNameThatIsHostileIsRefused(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	drivertest.RequireUnbroken(t, db, func() {
		err := drivertest.Exec(t.Context(), db, `RETURN $x`, sql.Named("x; DELETE person", 1))
		require.ErrorContains(t, err, "cannot be a variable's name")
	})
}

func TestStmtServesOnAllConnections(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	db.SetMaxOpenConns(5)
	drivertest.KeepIdle(db, 5)
	drivertest.MustExec(t, db, `DEFINE TABLE person`) // the first CREATEs would conflict in making it
	stmt, err := db.PrepareContext(t.Context(), `CREATE person SET n = $1, name = $name RETURN VALUE n`)
	require.NoError(t, err)
	defer stmt.Close()
	var wg sync.WaitGroup
	for n := range 20 {
		wg.Go(func() {
			var got int
			err := stmt.QueryRowContext(t.Context(), n, sql.Named("name", fmt.Sprint(n))).Scan(&got)
			if err != nil || got != n {
				t.Errorf("%d: got %d, %v", n, got, err)
			}
		})
	}
	wg.Wait()
	require.Equal(t, 20, drivertest.QueryOne[int](t, db, `RETURN count(SELECT * FROM person)`))

	// In a transaction it runs inside of it.
	tx, err := db.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	_, err = tx.StmtContext(t.Context(), stmt).ExecContext(t.Context(), 99, sql.Named("name", "tx"))
	require.NoError(t, err)
	require.NoError(t, tx.Rollback())
	require.Equal(t, 20, drivertest.QueryOne[int](t, db, `RETURN count(SELECT * FROM person)`))

	// After a failure it is as good as before.
	_, err = stmt.ExecContext(t.Context(), 1)
	require.Error(t, err)
	_, err = stmt.ExecContext(t.Context(), 21, sql.Named("name", "x"))
	require.NoError(t, err)
}

func TestStmtThatDoesNotParseFailsWhenItIsExecuted(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	drivertest.RequireUnbroken(t, db, func() {
		stmt, err := db.PrepareContext(t.Context(), `SELEC $1`)
		require.NoError(t, err)
		_, err = stmt.ExecContext(t.Context(), 1)
		require.True(t, surrealsql.IsParse(err), "%v", err)
		require.NoError(t, stmt.Close())
	})
}

func TestArgThatADefinitionWouldKeepIsRefusedBeforeAnythingIsSent(t *testing.T) {
	t.Parallel()
	db, proxy := drivertest.Proxied(t)
	for _, c := range []struct {
		text string
		args []any
	}{
		{"DEFINE FIELD tier ON account DEFAULT $1", []any{"basic"}},
		{"DEFINE FIELD tier ON account DEFAULT $tier", []any{sql.Named("tier", "basic")}},
		{"DEFINE FIELD tier ON account VALUE $_1", []any{"basic"}},
		{"DEFINE FIELD tier ON account TYPE string ASSERT $value IN $1", []any{[]string{"a"}}},
		{"DEFINE FIELD tier ON account COMPUTED $1", []any{"basic"}},
		{"DEFINE FIELD tier ON account PERMISSIONS FOR select WHERE owner = $1", []any{"basic"}},
		{"DEFINE EVENT e ON account THEN { CREATE log SET v = $1 }", []any{"basic"}},
		{"DEFINE FUNCTION fn::f() { RETURN $1 }", []any{"basic"}},
		{"DEFINE TABLE v AS SELECT * FROM account WHERE tier = $1", []any{"basic"}},
		{"DEFINE ACCESS a ON DATABASE TYPE RECORD SIGNIN (SELECT * FROM user WHERE name = $name)", []any{sql.Named("name", "x")}},
		{"ALTER FIELD tier ON account DEFAULT $1", []any{"basic"}},
		{"DEFINE PARAM $p VALUE $1 PERMISSIONS WHERE $auth.a = $2", []any{1, 2}},
		{"IF true { DEFINE FIELD tier ON account DEFAULT $1 }", []any{"basic"}},
		{"FOR $f IN ['a'] { DEFINE FIELD tier ON account DEFAULT $1 }", []any{"basic"}},
		{"BEGIN; DEFINE FIELD tier ON account DEFAULT $1; COMMIT", []any{"basic"}},
		{"CREATE account SET tier = $1; DEFINE FIELD tier ON account DEFAULT $1", []any{"basic"}},
	} {
		requireUnsent(t, db, proxy, c.text, c.args, "surrealsql.Literal")
	}
	requireUnsent(t, db, proxy, "LET $tier = 'basic'; DEFINE FIELD tier ON account DEFAULT $tier", nil, "keeps $tier by its name")
	requireUnsent(t, db, proxy, "FOR $tier IN ['basic'] { DEFINE FIELD tier ON account DEFAULT $tier }", nil, "keeps $tier by its name")
}

func TestArgThatADefinitionComputesAtOnceIsTaken(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	drivertest.MustExec(t, db, "DEFINE TABLE account")
	drivertest.MustExec(t, db, "DEFINE FIELD tier ON account COMMENT $1", "what they pay")
	drivertest.MustExec(t, db, "DEFINE PARAM $limit VALUE { most: $1 } COMMENT $2", 5, "x")
	require.Equal(t, 5, drivertest.QueryOne[int](t, db, "RETURN $limit.most"))
	drivertest.MustExec(t, db, "CREATE account:1 SET tier = $1", "basic")
	drivertest.MustExec(t, db, "REMOVE TABLE $1", "account")
	require.Equal(t, 0, drivertest.QueryOne[int](t, db, "RETURN count(object::keys((INFO FOR DB).tables))"))
}

func TestArgWrittenAsALiteralInADefinitionMeansItsValue(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	tier, err := surrealsql.Literal(`ba"s'ic`)
	require.NoError(t, err)
	drivertest.MustExec(t, db, "DEFINE TABLE account; DEFINE FIELD tier ON account DEFAULT "+tier)
	require.Equal(t, `ba"s'ic`, drivertest.QueryOne[string](t, db, "CREATE ONLY account SET name = $1 RETURN VALUE tier", "Bob"))
}

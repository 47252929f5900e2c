package queries

import (
	"database/sql"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/drivertest"
)

// Data that the server refuses is of the class invalid, and the error names its field.

// ruledDB is a database whose tables have rules.
func ruledDB(t *testing.T, options ...func(*surrealsql.Config)) *sql.DB {
	t.Helper()
	db := drivertest.NewDB(t, options...)
	drivertest.MustExec(t, db, `
		DEFINE TABLE s SCHEMAFULL;
		DEFINE FIELD n ON s TYPE option<int>;
		DEFINE FIELD name ON s TYPE option<string> ASSERT $value = NONE OR string::len($value) > 3;
		DEFINE FIELD at ON s TYPE option<datetime>;
		DEFINE FIELD amount ON s TYPE option<decimal>;
		DEFINE FIELD u ON s TYPE option<uuid>;
		DEFINE FIELD d ON s TYPE option<duration>;
		DEFINE FIELD ok ON s TYPE option<bool>;
		DEFINE FIELD f ON s TYPE option<float>;
		DEFINE FIELD raw ON s TYPE option<bytes>;
		DEFINE FIELD friend ON s TYPE option<record<person>>;
		DEFINE FIELD tags ON s TYPE option<array<string, 3>>;
		DEFINE FIELD o ON s TYPE option<object>;
		DEFINE FIELD o.inner ON s TYPE option<int>;
		DEFINE FIELD `+"`by`"+` ON s TYPE option<int>;
		DEFINE FIELD fixed ON s TYPE option<int> READONLY;
		DEFINE FIELD kind ON s TYPE option<'a' | 'b'>;
		DEFINE TABLE must SCHEMAFULL; DEFINE FIELD name ON must TYPE string;
		DEFINE TABLE normal TYPE NORMAL; DEFINE TABLE free; DEFINE TABLE person;
		DEFINE TABLE likes TYPE RELATION IN person OUT person ENFORCED;
		DEFINE TABLE target; DEFINE TABLE holder; DEFINE FIELD r ON holder TYPE record<target> REFERENCE ON DELETE REJECT;
		DEFINE FUNCTION fn::whole($a: int) -> string { RETURN $a };
		CREATE s:1 SET n = 1, fixed = 1; CREATE person:1; CREATE person:2; CREATE target:1; CREATE holder:1 SET r = target:1`)
	return db
}

func TestErrorOfDataThatTheServerRefusesIsInvalidAndNamesItsField(t *testing.T) {
	t.Parallel()
	db := ruledDB(t)
	for _, c := range []struct {
		text                string
		args                []any
		table, field, value string
		alsoNotFound        bool
	}{
		// Coercion, in every statement that writes.
		{text: `CREATE s SET n = $1`, args: []any{"five"}, table: "s", field: "n", value: "'five'"},
		{text: `CREATE s SET n = $1`, args: []any{nil}, table: "s", field: "n", value: "NULL"},
		{text: `CREATE s SET n = $1`, args: []any{1.5}, table: "s", field: "n", value: "1.5f"},
		{text: `CREATE s SET n = $1`, args: []any{map[string]any{"a": "b"}}, table: "s", field: "n", value: "{ a: 'b' }"},
		{text: `CREATE s SET n = $1`, args: []any{"it's `x` of `t:1`: Expected `int`"}, table: "s", field: "n", value: "\"it's `x` of `t:1`: Expected `int`\""},
		{text: "UPSERT s:`a b` SET n = $1", args: []any{surrealsql.RecordID("person:`x y`")}, table: "s", field: "n", value: "person:`x y`"},
		{text: `UPDATE s:1 MERGE $1`, args: []any{map[string]any{"n": true}}, table: "s", field: "n", value: "true"},
		{text: `INSERT INTO s $1`, args: []any{[]map[string]any{{"n": 1}, {"n": "x"}}}, table: "s", field: "n", value: "'x'"},
		{text: `UPDATE s:1 PATCH [{ op: 'replace', path: '/n', value: 'x' }]`, table: "s", field: "n", value: "'x'"},
		{text: `BEGIN; CREATE free; CREATE s SET n = 'x'; COMMIT`, table: "s", field: "n", value: "'x'"},
		{text: `CREATE s SET o.inner = 'x'`, table: "s", field: "o.inner", value: "'x'"},
		{text: "CREATE s SET `by` = 'x'", table: "s", field: "by", value: "'x'"},
		{text: `CREATE s SET kind = 'c'`, table: "s", field: "kind", value: "'c'"},
		{text: `CREATE s SET tags = ['a', 'b', 'c', 'd']`, table: "s", field: "tags", value: "['a', 'b', 'c', 'd']"},
		{text: `CREATE must`, table: "must", field: "name", value: "NONE"},
		{text: `RELATE person:1->likes->target:1`, table: "likes", field: "out", value: "target:1"},
		// The table's other rules.
		{text: `CREATE s SET name = $1`, args: []any{"abc"}, table: "s", field: "name", value: "'abc'"},
		{text: `CREATE s SET nosuch = 1`, table: "s", field: "nosuch"},
		{text: `CREATE s SET o.nosuch = 1`, table: "s", field: "o.nosuch"},
		{text: "CREATE s CONTENT { `a b`: 1 }", table: "s", field: "a b"},
		{text: `UPDATE s:1 SET fixed = 2`, table: "s", field: "fixed"},
		{text: `RELATE person:1->likes->person:77`, table: "person", alsoNotFound: true},
		{text: `RELATE person:1->normal->person:2`, table: "normal"},
		{text: `CREATE likes`, table: "likes"},
		{text: `DELETE target:1`, table: "target"},
		// What makes no record, or no such one.
		{text: `CREATE $1`, args: []any{"person:7"}, value: "'person:7'"},
		{text: `UPDATE $1 SET a = 1`, args: []any{"person:7"}, value: "'person:7'"},
		{text: `UPSERT $1`, args: []any{5}, value: "5"},
		{text: `DELETE $1`, args: []any{"person:7"}, value: "'person:7'"},
		{text: `INSERT INTO free $1`, args: []any{"x"}, value: "'x'"},
		{text: `INSERT RELATION INTO likes { in: $1, out: person:2 }`, args: []any{"person:1"}, field: "in", value: "'person:1'"},
		{text: `RELATE $1->likes->person:2`, args: []any{"person:1"}, field: "in", value: "'person:1'"},
		{text: `CREATE s CONTENT $1`, args: []any{"x"}, value: "'x'"},
		{text: `UPDATE s:1 MERGE $1`, args: []any{5}, value: "5"},
		{text: `UPDATE s:1 PATCH $1`, args: []any{"x"}},
		{text: `UPDATE s:1 PATCH [{ op: 'test', path: '/n', value: 77 }]`},
		{text: `CREATE s:5 SET id = 2`, field: "id", value: "2"},
		// Arguments of functions, operators, casts, clauses.
		{text: `RETURN math::sum($1)`, args: []any{"x"}, value: "'x'"},
		{text: `RETURN string::len($1)`, args: []any{5}, value: "5"},
		{text: `RETURN fn::whole($1)`, args: []any{"x"}, value: "'x'"},
		{text: `RETURN fn::whole(1)`, value: "1"},
		{text: `RETURN [1].map($1)`, args: []any{"x"}, value: "'x'"},
		{text: `RETURN string::repeat('x', 99999999999)`},
		{text: `LET $x: int = $1; RETURN $x`, args: []any{"x"}, value: "'x'"},
		{text: `RETURN <int>$1`, args: []any{"x"}, value: "'x'"},
		{text: `RETURN <array<int>>$1`, args: []any{[]string{"x"}}, value: "'x'"},
		{text: `RETURN <array<int, 1>>[1, 2]`},
		{text: `RETURN type::datetime($1)`, args: []any{"x"}, value: "'x'"},
		{text: `RETURN type::record($1)`, args: []any{"xxx"}, value: "'xxx'"},
		{text: `RETURN $1 + 5`, args: []any{"it's"}},
		{text: `RETURN -$1`, args: []any{"x"}},
		{text: `RETURN 9223372036854775807 + 1`},
		{text: `RETURN 1d - 2d`},
		{text: `SELECT * FROM person LIMIT $1`, args: []any{"x"}},
		{text: `SELECT * FROM person START $1`, args: []any{-1}},
		{text: `RETURN time::set_hour(d'2024-01-01T00:00:00Z', $1)`, args: []any{77}},
		{text: `SELECT type::field($1) FROM person`, args: []any{"1 +"}},
	} {
		drivertest.RequireUnbroken(t, db, func() {
			want := []string{"invalid"}
			if c.alsoNotFound {
				want = append(want, "not found")
			}
			for _, err := range []error{drivertest.Exec(t.Context(), db, c.text, c.args...), drivertest.Scan(t.Context(), db, c.text, c.args...)} {
				drivertest.RequireClasses(t, err, want...)
				require.ErrorIs(t, err, surrealsql.ErrInvalid)
				var e *surrealsql.Error
				require.ErrorAs(t, err, &e, c.text)
				require.Equal(t, []string{c.table, c.field, c.value}, []string{e.Table, e.Field, e.Value}, "%s: %s", c.text, e.Message)
				if strings.HasPrefix(c.text, "UPDATE s:1 SET") {
					require.Equal(t, "s:1", e.Record)
				}
			}
		})
	}
}

// 3.x tells the errors of an event, and of some clauses, as texts within another.
func TestErrorWithinAnEventOrAClauseIsOfItsOwnClass(t *testing.T) {
	t.Parallel()
	db := ruledDB(t)
	drivertest.MustExec(t, db, `
		DEFINE TABLE told; DEFINE TABLE again;
		DEFINE EVENT e ON told WHEN $event = 'CREATE' THEN { IF $after.throw { THROW 'said by an event' }; CREATE again:1; CREATE s SET n = $after.n };
		DEFINE EVENT outer ON free WHEN $event = 'CREATE' THEN (CREATE told SET n = $after.n)`)
	for _, c := range []struct {
		text  string
		class string
		field string
	}{
		{`CREATE told SET throw = true`, "thrown", ""},
		{`CREATE told SET n = 'five'`, "invalid", "n"},
		{`CREATE free SET n = 'five'`, "invalid", "n"},
		{`CREATE told; CREATE told`, "duplicate", ""},
		{`SELECT * FROM person LIMIT <int>'x'`, "invalid", ""},
		{`SELECT * FROM person START <int>'x'`, "invalid", ""},
		{`RETURN [1, 2]['x'..]`, "invalid", ""},
	} {
		drivertest.RequireUnbroken(t, db, func() {
			err := drivertest.Exec(t.Context(), db, c.text)
			drivertest.RequireClasses(t, err, c.class)
			var e *surrealsql.Error
			require.ErrorAs(t, err, &e)
			require.Equal(t, c.field, e.Field, e.Message)
		})
	}
}

func TestErrorOfTheTextIsNotInvalidData(t *testing.T) {
	t.Parallel()
	db := ruledDB(t)
	for _, text := range []string{
		`RETURN string::len()`, `RETURN 'abc'.len(1, 2, 3)`, `RETURN fn::whole()`, `CREATE ONLY free:1, free:2`, `RETURN 'abc'.nosuch()`,
		`THROW "Couldn't coerce value for field ` + "`n` of `s:1`: Expected `int` but found `1`" + `"`,
		`CREATE s:1`, `SELEC * FROM s`, `RETURN fn::nosuch()`,
	} {
		err := drivertest.Exec(t.Context(), db, text)
		require.Error(t, err, text)
		require.False(t, surrealsql.IsInvalid(err), "%s: %v", text, err)
	}
	drivertest.MustExec(t, db, `DEFINE INDEX i ON person FIELDS email UNIQUE; CREATE person:9 SET email = 'x@y'`)
	err := drivertest.Exec(t.Context(), db, `CREATE person SET email = 'x@y'`)
	drivertest.RequireClasses(t, err, "duplicate")
	var e *surrealsql.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, []string{"person", "person:9", "'x@y'"}, []string{e.Table, e.Record, e.Value})
}

func TestErrorOfAnArgThatCannotBeSentIsInvalid(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	type deep struct{ Next any }
	loop := &deep{}
	loop.Next = loop
	for _, arg := range []any{
		"\xff", -time.Second, surrealsql.Decimal("12,5"), surrealsql.Decimal("0." + strings.Repeat("1", 40)),
		surrealsql.RecordID("no id"), surrealsql.RecordID(""), surrealsql.UUID("x"), surrealsql.Table(""), make(chan int), func() {}, loop,
		[]any{1, "\xff"}, map[string]any{"a": "\xff"}, struct{ A string }{"\xff"},
	} {
		drivertest.RequireUnbroken(t, db, func() {
			err := drivertest.Exec(t.Context(), db, `RETURN $1`, arg)
			require.True(t, surrealsql.IsInvalid(err), "%T: %v", arg, err)
			require.ErrorContains(t, err, "argument $1")
			err = drivertest.Scan(t.Context(), db, `RETURN $named`, sql.Named("named", arg))
			require.True(t, surrealsql.IsInvalid(err), "%T: %v", arg, err)
			require.ErrorContains(t, err, "named")
		})
	}
	for _, wrong := range []error{
		drivertest.Exec(t.Context(), db, `RETURN $1`), drivertest.Exec(t.Context(), db, `RETURN 1`, 5), drivertest.Exec(t.Context(), db, `RETURN $a`, sql.Named("b", 1)),
	} {
		require.Error(t, wrong)
		require.False(t, surrealsql.IsInvalid(wrong), "that is the text's fault: %v", wrong)
	}
	_, err := surrealsql.ParseRecordID("no id")
	require.True(t, surrealsql.IsInvalid(err))
	_, err = surrealsql.NewRecordID("", 1)
	require.True(t, surrealsql.IsInvalid(err))
	require.False(t, surrealsql.IsInvalid(errors.New("x")))
	require.False(t, surrealsql.IsInvalid(nil))
}

package queries

import (
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/drivertest"
)

// Random projections, tried on the server: each column holds the value of its expression.

// randomColumns are expressions, with names that have dots, quotes, brackets and
// blanks, and parameters whose objects have keys of the parameter's name.
var randomColumns = []string{
	"a", "b", "a.b", "a.b.c", "`a.b`", "`a`", "⟨a.b⟩", "b.a", "`b.a`", "w", "x", "x.y", "`x.y`", "a.`b.c`", "`a.b`.c", "`a b`", "`a``b`", "`a\\`b`", "⟨a⟩.b",
	"`a[0]`", "list[0]", "list", "`list[0]`", "`(a)`", "`a + 1`", "n", "n + 1", "`n + 1`", "-n", "`-n`", "n = 1", "`$p`", "`1`", "1", "1.5", "`1.5`", "'s'", "s", "`'s'`",
	"$this", "$this.a", "$this.n", "$p", "$p.p", "$p.q", "$m", "p", "this", "q", "`$p.p`", "`$this`", "($p)", "($this)", "$p.p.p",
	"count()", "count(list)", "`count`", "count", "math::max(list)", "`math::max`", "math::max([n, 2])", "math :: max([n, 2])", "type::field('n')", "type :: field('n')", "type::field('a.b')",
	"id", "`id`", "value", "`value`", "table", "rand", "select", "`select`", "from_", "in", "out",
	"a.*", "list.*", "list[WHERE $this > 1]", "list.len()", "a.b AS z", "n AS a", "n AS a.b", "n AS `a.b`", "n AS `a`.b", "n AS p", "n AS this", "$p AS p", "$this AS `x.y`", "n AS `1`",
	"{ a: 1 }", "{ p: n }", "[n]", "[n, 2][0]", "(n)", "(a).b", "(n + 1)", "<string> n", "IF n THEN 1 ELSE 2 END", "(SELECT VALUE 1 FROM ONLY [1])", "a ?? 1", "a.b ?: 2",
	"ref", "ref.n", "ref.a.b", "->e", "->e->doc", "->e->doc.n", "doc:2.n", "doc:2", "@.n", "a?.b", "a.?.b", "a['b']", "list[$]", "list.first()", "s.uppercase()",
}

var randomSources = []string{"doc:1", "ONLY doc:1", "doc WHERE n = 1", "[{ a: { b: 5, `b.c`: 6 }, `a.b`: 7, n: 1, p: { p: 3 }, this: { this: 4 }, s: 'str', list: [1, 2] }]", "[1]", "[{ this: 1 }]", "[{ p: 7 }]", "{ p: 7, n: 1 }"}

const randomDocuments = "CREATE doc:1 SET a = { b: { c: 1, d: 9 }, `b.c`: 2 }, `a.b` = 3, `a.b.c` = 31, b = { a: 4 }, `b.a` = 5, x = { y: 6, `y.z`: 7 }, `x.y` = 8, " +
	"`a b` = 9, `a\\`b` = 10, `a[0]` = 11, list = [12, 13], `list[0]` = 14, `(a)` = 15, `a + 1` = 16, n = 1, `n + 1` = 17, `-n` = 18, `$p` = 19, `1` = 20, `1.5` = 21, s = 'str', `'s'` = 22, " +
	"p = { p: 23, q: 24 }, this = { this: 25 }, q = 26, `$p.p` = 27, `$this` = 28, `count` = 29, `math::max` = 30, `value` = 32, `table` = 33, rand = 34, `select` = 35, from_ = 36, ref = doc:2;" +
	"CREATE doc:2 SET n = 2, a = { b: 50 }; RELATE doc:1->e->doc:2 SET n = 3"

// The value of a column alone cannot be misread: what a projection gives for an
// expression is what SELECT VALUE gives, or an error that asks for an alias.
func TestColumnsAtRandomHoldTheValueOfTheirExpression(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	drivertest.MustExec(t, db, randomDocuments)
	args := []any{sql.Named("p", map[string]any{"p": map[string]any{"p": 40, "q": 41}, "q": 42}), sql.Named("m", 43)}
	want := func(column, source string) (string, error) {
		expr, _, _ := strings.Cut(column, " AS ")
		return printedValue(db, "SELECT VALUE "+expr+" FROM "+source, used(expr+source, args)...)
	}
	random := rand.New(rand.NewPCG(33, 13))
	right, ambiguous := 0, 0
	for range 1000 {
		source := randomSources[random.IntN(len(randomSources))]
		columns := make([]string, 1+random.IntN(3))
		for i := range columns {
			columns[i] = randomColumns[random.IntN(len(randomColumns))]
		}
		text := "SELECT " + strings.Join(columns, ", ") + " FROM " + source
		row, err := printedRow(db, text, used(text, args)...)
		if errors.Is(err, surrealsql.ErrAmbiguousColumns) {
			ambiguous++
			require.Equal(t, 1, strings.Count(err.Error(), "surrealsql"), err)
			require.Equal(t, 1, strings.Count(err.Error(), "alias"), err)
			continue
		}
		if err != nil {
			continue // the server does not take it
		}
		for i, column := range columns {
			value, err := want(column, source)
			if err != nil {
				continue
			}
			require.Equal(t, value, row[i], "%s: %s", text, column)
			right++
		}
	}
	require.Greater(t, right, 1000)
	require.Less(t, ambiguous, right/10)
}

// used are the arguments that a text names.
func used(text string, args []any) []any {
	return slices.DeleteFunc(slices.Clone(args), func(a any) bool {
		name := "$" + a.(sql.NamedArg).Name
		rest := text
		for {
			_, after, found := strings.Cut(rest, name)
			if !found {
				return true
			}
			if before := text[:len(text)-len(after)-len(name)]; !strings.HasSuffix(before, "`") {
				return false
			}
			rest = after
		}
	})
}

func printedValue(db *sql.DB, text string, args ...any) (string, error) {
	row, err := printedRow(db, text, args...)
	if err != nil {
		return "", err
	}
	return row[0], nil
}

// printedRow prints the values of the first row.
func printedRow(db *sql.DB, text string, args ...any) ([]string, error) {
	rows, err := db.Query(text, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	values := make([]any, len(columns))
	dest := make([]any, len(columns))
	for i := range dest {
		dest[i] = &values[i]
	}
	if !rows.Next() {
		return nil, errors.Join(rows.Err(), sql.ErrNoRows)
	}
	if err := rows.Scan(dest...); err != nil {
		return nil, err
	}
	shown := make([]string, len(values))
	for i, v := range values {
		shown[i] = fmt.Sprint(v)
	}
	return shown, errors.Join(rows.Err(), rows.Close())
}

// A record loses a name with a dot beside the name before the dot on 3.0.2: [{ a: 2 }]
// is what comes for `a.b`, a. With an alias it does not.
func TestColumnOfANameWithADotIsItsOwnInEachOrder(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	drivertest.MustExec(t, db, "CREATE t:1 SET `a.b` = 1, a = 2, x = { y: 3 }")
	for _, source := range []string{"t", "t:1", "ONLY t:1", "[{ `a.b`: 1, a: 2, x: { y: 3 } }]"} {
		for columns, want := range map[string][]string{
			"`a.b`, a": {"1", "2"}, "a, `a.b`": {"2", "1"}, "`a.b`": {"1"}, "`a.b`, x.y": {"1", "3"}, "x.y, ⟨a.b⟩, a": {"3", "1", "2"},
		} {
			row, err := printedRow(db, "SELECT "+columns+" FROM "+source)
			if errors.Is(err, surrealsql.ErrAmbiguousColumns) {
				continue
			}
			require.NoError(t, err)
			require.Equal(t, want, row, "%s FROM %s", columns, source)
		}
		row, err := printedRow(db, "SELECT `a.b` AS one, a FROM "+source)
		require.NoError(t, err)
		require.Equal(t, []string{"1", "2"}, row, source)
	}
}

// 3.0.2 answers the value itself where one parameter is selected from values.
func TestColumnOfAWholeValueIsOneWhateverKeysItHas(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	person := sql.Named("p", map[string]any{"p": 1, "q": 2})
	for _, c := range []struct {
		text, want string
		args       []any
	}{
		{"SELECT $this FROM [1, 2]", "1", nil},
		{"SELECT $this FROM [{ this: 1, other: 2 }]", "map[other:2 this:1]", nil},
		{"SELECT $this FROM [{ this: 1 }]", "map[this:1]", nil},
		{"SELECT $this FROM [{ this: { this: 1 } }]", "map[this:map[this:1]]", nil},
		{"SELECT $this FROM ONLY { this: 1 }", "map[this:1]", nil},
		{"SELECT $p FROM [{}]", "map[p:1 q:2]", []any{person}},
		{"SELECT $p FROM [{ p: 7 }]", "map[p:1 q:2]", []any{person}},
		{"SELECT ($p) FROM [{}]", "map[p:1 q:2]", []any{person}},
		{"SELECT $1 FROM [{}]", "map[_1:5]", []any{map[string]any{"_1": 5}}},
		{"SELECT $p FROM [1] WHERE $1 = 1", "map[p:1 q:2]", []any{person, 1}},
		{"RETURN (SELECT $this FROM [{ this: 1, other: 2 }])", "map[other:2 this:1]", nil},
		{"SELECT $this FROM [{ this: 1 }] ORDER BY this LIMIT 1", "map[this:1]", nil},
	} {
		row, err := printedRow(db, c.text, c.args...)
		require.NoError(t, err, c.text)
		require.Equal(t, []string{c.want}, row, c.text)
	}
}

package surrealql

import (
	"encoding/json"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// engineCase is one projection as the embedded engine 3.0.2 answered it: the
// first row, and the values of the same columns when each had an alias of its
// own, in the author's order. The aliased answer cannot be misread, so it is
// the proof that Resolve finds the right values.
type engineCase struct {
	Text string `json:"text"`
	Row  any    `json:"row"`
	Want []any  `json:"want"`
}

func engineCases(t testing.TB) []engineCase {
	raw, err := os.ReadFile("testdata/engine.json")
	require.NoError(t, err)
	var cases []engineCase
	require.NoError(t, json.Unmarshal(raw, &cases))
	require.Greater(t, len(cases), 200)
	return cases
}

func keysIn(row any) func(Path) []string {
	return func(path Path) []string {
		m, _ := valueAt(row, path).(map[string]any)
		if m == nil {
			return nil
		}
		return slices.Sorted(maps.Keys(m))
	}
}

func valueAt(row any, path Path) any {
	for _, key := range path {
		m, _ := row.(map[string]any)
		row = m[key]
	}
	return row
}

// What the engine answers for these texts holds two values under one key, or a
// key that cannot be told from the text: the author is asked for an alias.
var needAlias = []string{
	"SELECT age + 1.5, age + 1.50, name FROM person:1",
	"SELECT d'2020-01-01T00:00:00.5Z', b.c FROM person:1",
	"SELECT id, id.id() FROM person:1",
	"UPDATE person:1 SET age=31 RETURN $before.age, name",
}

func TestResolveFindsValuesThatEngineGivesUnderAliases(t *testing.T) {
	t.Parallel()
	static := 0
	for _, c := range engineCases(t) {
		if c.Want == nil {
			continue
		}
		q := Analyze(c.Text)
		pr := &q.Statements[len(q.Statements)-1].Projection
		require.Equal(t, Columns, pr.Form, c.Text)
		require.Len(t, pr.Columns, len(c.Want), c.Text)
		paths, err := pr.Resolve(keysIn(c.Row))
		if slices.Contains(needAlias, c.Text) {
			require.ErrorIs(t, err, ErrAmbiguous, c.Text)
			require.ErrorContains(t, err, "alias", c.Text)
			continue
		}
		require.NoError(t, err, c.Text)
		if known := pr.Static(); known != nil {
			require.Equal(t, known, paths, c.Text)
			static++
		}
		for i, path := range paths {
			require.Equal(t, c.Want[i], valueAt(c.Row, path), "%s: column %q at %q of %v", c.Text, pr.Columns[i].Name, path, c.Row)
		}
	}
	require.Greater(t, static, 50)
}

// rowKeys makes a row of nested keys such as "a", "b.c".
func rowKeys(keys ...string) any {
	row := map[string]any{}
	for _, k := range keys {
		m := row
		for i, step := range splitSlash(k) {
			if i == len(splitSlash(k))-1 {
				m[step] = k
				break
			}
			next, _ := m[step].(map[string]any)
			if next == nil {
				next = map[string]any{}
				m[step] = next
			}
			m = next
		}
	}
	return row
}

func splitSlash(s string) []string { return strings.Split(s, "//") }

func TestResolveAsksForAliasOfColumnsThatLandOnOneKey(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		fields string
		row    any
	}{
		{"tags[0], tags[1]", rowKeys("tags")},
		{"tags, tags[0]", rowKeys("tags")},
		{"name, name.len()", rowKeys("name")},
		{"count(a), count(b)", rowKeys("count")},
		{"math::sum(a), count(), math::sum(b)", rowKeys("count", "math::sum")},
		{"a AS x, b AS x", rowKeys("x")},
		{"a, b AS a", rowKeys("a")},
		{"b, b.c", rowKeys("b//c")},
		{"b.c, b", rowKeys("b")},
		{"a AS b, b.c", rowKeys("b//c")},
		{"list[0].x, list[1].x", rowKeys("list//x")},
		{"->knows, ->knows->person", rowKeys("->knows//->person")},
		{"->knows[0], ->knows[1]", rowKeys("->knows")},
		{"$p[0], $p[1]", rowKeys("$p")},
		{"a = 1, a IS 1", rowKeys("a = 1")},
		{"'x', x", rowKeys("x")},
		{"type::field($a), type::field($b)", rowKeys("a", "b")},
		{"type::field($a), b + 1 + 1", rowKeys("z", "y")},
		{"a + 1, b + 1", rowKeys("new rendering of a", "new rendering of b")},
		{"a, b", rowKeys("a", "c")},
		{"(a + b) * c, a + (b * c)", rowKeys("a + b * c")},
	} {
		pr := projectionOf(t, "SELECT "+c.fields+" FROM t")
		_, err := pr.Resolve(keysIn(c.row))
		require.ErrorIs(t, err, ErrAmbiguous, "%s: %v", c.fields, c.row)
		require.ErrorContains(t, err, "give", c.fields)
	}
}

func TestResolveMakesColumnThatRowLacksNil(t *testing.T) {
	t.Parallel()
	pr := projectionOf(t, "SELECT a, b.c, d FROM t")
	row := rowKeys("d", "b")
	paths, err := pr.Resolve(keysIn(row))
	require.NoError(t, err)
	require.Nil(t, valueAt(row, paths[0]))
	require.Nil(t, valueAt(row, paths[1]))
	require.Equal(t, "d", valueAt(row, paths[2]))
}

func TestResolveTakesSingleParameterForWholeRow(t *testing.T) {
	t.Parallel()
	pr := projectionOf(t, "SELECT $this FROM [{ a: 1 }]")
	paths, err := pr.Resolve(keysIn(rowKeys("a")))
	require.NoError(t, err)
	require.Equal(t, []Path{{}}, paths)
	paths, err = pr.Resolve(keysIn(rowKeys("this")))
	require.NoError(t, err)
	require.Equal(t, []Path{{"this"}}, paths)
}

func TestResolveTakesOneKeyLeftOverForOneColumnLeftOver(t *testing.T) {
	t.Parallel()
	pr := projectionOf(t, "SELECT a, b + c, d FROM t")
	row := rowKeys("a", "d", "ADD(b, c)")
	paths, err := pr.Resolve(keysIn(row))
	require.NoError(t, err)
	require.Equal(t, []Path{{"a"}, {"ADD(b, c)"}, {"d"}}, paths)
}

func TestResolveIsSafeForConcurrentUse(t *testing.T) {
	t.Parallel()
	q := Analyze("SELECT a, b + 1, c AS x.y FROM t")
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			_, err := q.Statements[0].Projection.Resolve(keysIn(rowKeys("a", "b + 1", "x//y")))
			require.NoError(t, err)
			require.NotEmpty(t, q.ExecText())
		})
	}
	wg.Wait()
}

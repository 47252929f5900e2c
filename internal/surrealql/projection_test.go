package surrealql

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// Which columns a statement has, in which order and by which names.

func projectionOf(t *testing.T, text string) Projection {
	t.Helper()
	q := Analyze(text)
	require.NotEmpty(t, q.Statements, text)
	return q.Statements[len(q.Statements)-1].Projection
}

func namesOf(pr Projection) []string {
	var names []string
	for _, c := range pr.Columns {
		names = append(names, c.Name)
	}
	return names
}

func TestProjectionNamesColumnsInAuthorsOrder(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		fields string
		want   []string
	}{
		{"name, age", []string{"name", "age"}},
		{"age, name", []string{"age", "name"}},
		{"b.c, a", []string{"b.c", "a"}},
		{"name, name", []string{"name", "name"}},
		{"name AS n, age as a", []string{"n", "a"}},
		{"name AS x.y, age AS x.z", []string{"x.y", "x.z"}},
		{"name AS `odd one`, age AS ⟨été⟩", []string{"odd one", "été"}},
		{"name AS select, age AS from", []string{"select", "from"}},
		{"age AS name, name AS age", []string{"name", "age"}},
		{"`odd name`, ⟨a,b⟩", []string{"odd name", "a,b"}},
		{"`a\\`b`, `日本語`, `a FROM b`", []string{"a`b", "日本語", "a FROM b"}},
		{"tags[0]", []string{"tags"}},
		{"tags[$], list[*].x, list...", []string{"tags", "list.x", "list"}},
		{"list[WHERE x = 1, y].z", []string{"list.z"}},
		{"list[? x > 1].y", []string{"list.y"}},
		{"b.{c, d: e.f}, b.*", []string{"b", "b"}},
		{"a.?.b, a.b.len()", []string{"a.b", "a.b"}},
		{"@.name, @.{a, b}", []string{"name", "@.{a, b}"}},
		{"->knows->person", []string{"->knows->person"}},
		{"<-knows<-person.name, <->knows<->person", []string{"<-knows<-person.name", "<->knows<->person"}},
		{"<~comment, ->?", []string{"<~comment", "->?"}},
		{"->(knows WHERE since > 1, b)->person[0].name", []string{"->(knows WHERE since > 1, b)->person.name"}},
		{"->(SELECT a, b FROM knows, likes ORDER BY a)", []string{"->(SELECT a, b FROM knows, likes ORDER BY a)"}},
		{"->knows->person AS friends, id->knows", []string{"friends", "id->knows"}},
		{"id.{1..3}->knows->person, id.{..+collect}(->knows->person)", []string{"id->knows->person", "id"}},
		{"count(), math::sum(x)", []string{"count", "math::sum"}},
		{"COUNT(), Math::Sum( x )", []string{"count", "math::sum"}},
		{"fn::My::F(a, b), ml::m<1.0.0>(x)", []string{"fn::My::F", "ml::m<1.0.0>"}},
		{"function(a, b) { return {a: ',FROM '}; }, x", []string{"function", "x"}},
		{"type::field('b.c'), type::field($f)", []string{"b.c", "type::field($f)"}},
		{"type::fields(['x', 'y']), z", []string{"x", "y", "z"}},
		{"type::fields(['x', 'y']) AS both, type::fields($f) AS some", []string{"both", "some"}},
		{"time::now(), rand::uuid::v7()", []string{"time::now", "rand::uuid::v7"}},
		{"math::pi, NONE, true", []string{"math::pi", "NONE", "true"}},
		{"a+b, a  -  b", []string{"a+b", "a - b"}},
		{"a /* , b */ + -- , c\n d # , e\n, f", []string{"a + d", "f"}},
		{"-a, !b, !!c", []string{"-a", "!b", "!!c"}},
		{"a IN [1, 2], a NOT IN [3, 4], a IS NOT NONE", []string{"a IN [1, 2]", "a NOT IN [3, 4]", "a IS NOT NONE"}},
		{"a ∈ b, a ⊇ [1,2], a × 2", []string{"a ∈ b", "a ⊇ [1,2]", "a × 2"}},
		{"a AND b OR c, a && b || c", []string{"a AND b OR c", "a && b || c"}},
		{"a ?? b, a ?: c, a ?= d", []string{"a ?? b", "a ?: c", "a ?= d"}},
		{"a < b, a <= -1, a > b, a >= c", []string{"a < b", "a <= -1", "a > b", "a >= c"}},
		{"text @@ 'a, b', text @1@ 'c', text @1,OR@ 'd'", []string{"text @@ 'a, b'", "text @1@ 'c'", "text @1,OR@ 'd'"}},
		{"v <|3,EUCLIDEAN|> [1,2], v <|3,40|> $q", []string{"v <|3,EUCLIDEAN|> [1,2]", "v <|3,40|> $q"}},
		{"<int>a, <option<int | string>>b, <array<record<x|y>, 3>>c", []string{"<int>a", "<option<int | string>>b", "<array<record<x|y>, 3>>c"}},
		{"<future> { a + 1, b }, c", []string{"<future> { a + 1, b }", "c"}},
		{"'a, b', \"c FROM d\", 'it\\'s, so'", []string{"'a, b'", "\"c FROM d\"", "'it\\'s, so'"}},
		{"d'2020-01-01T00:00:00Z', u'0190d3a5-0000-7000-8000-000000000000', r'a:1', b'00', s'x', f\"b:/x\"", []string{"d'2020-01-01T00:00:00Z'", "u'0190d3a5-0000-7000-8000-000000000000'", "r'a:1'", "b'00'", "s'x'", "f\"b:/x\""}},
		{"1, 1.5, 2f, 3dec, 1e-3, 1h30m, 5µs", []string{"1", "1.5", "2f", "3dec", "1e-3", "1h30m", "5µs"}},
		{"[1, 2], {a: 1, b: 2}, {1, 2}, {,}", []string{"[1, 2]", "{a: 1, b: 2}", "{1, 2}", "{,}"}},
		{"(1, 2), (a), ((a.b))", []string{"(1, 2)", "a", "a.b"}},
		{"$p, $p.a.b, $p[0], $this.x, $`odd p`", []string{"p", "$p.a.b", "$p", "$this.x", "odd p"}},
		{"$1, $2 + 1", []string{"_1", "$2 + 1"}},
		{"person:1, person:⟨a b⟩, person:[1, 2], person:{a: 1, b: 2}, person:rand()", []string{"person:1", "person:⟨a b⟩", "person:[1, 2]", "person:{a: 1, b: 2}", "person:rand()"}},
		{"person:1.name, person:1->knows->person, (person:1).b", []string{"person:1.name", "person:1->knows->person", "(person:1).b"}},
		{"person:1..5, person:..=3, person:'a'..'b', 1..3, 1>..=3, ..", []string{"person:1..5", "person:..=3", "person:'a'..'b'", "1..3", "1>..=3", ".."}},
		{"|person:10|, |person:1..5|", []string{"|person:10|", "|person:1..5|"}},
		{"/a, b/, string::matches(a, /[,\\/]/)", []string{"/a, b/", "string::matches"}},
		{"a / b, c / d", []string{"a / b", "c / d"}},
		{"tags.map(|$v, $i| $v + $i), array::map(a, |$x: int| -> int { RETURN $x, 1 })", []string{"tags", "array::map"}},
		{"(SELECT a, b FROM c WHERE d = 'x'), e", []string{"(SELECT a, b FROM c WHERE d = 'x')", "e"}},
		{"(SELECT VALUE a FROM b)[0], (SELECT a FROM b).a", []string{"(SELECT VALUE a FROM b)", "(SELECT a FROM b).a"}},
		{"IF a THEN b ELSE IF c THEN d ELSE e END, f", []string{"IF a THEN b ELSE IF c THEN d ELSE e END", "f"}},
		{"IF a { b, c } ELSE { d }, f", []string{"IF a { b, c } ELSE { d }", "f"}},
		{"{ LET $x = 1; RETURN $x }, f", []string{"{ LET $x = 1; RETURN $x }", "f"}},
		{"type, value.x, count, user, in, out, `value`", []string{"type", "value.x", "count", "user", "in", "out", "value"}},
	} {
		text := "SELECT " + c.fields + " FROM t, u WHERE x = 1 ORDER BY a, b LIMIT 5"
		pr := projectionOf(t, text)
		require.Equal(t, Columns, pr.Form, text)
		require.Equal(t, c.want, namesOf(pr), text)
		for _, col := range pr.Columns {
			require.LessOrEqual(t, col.pos, col.end, text)
		}
		update := "UPDATE t SET x = 1 WHERE y RETURN " + c.fields + " TIMEOUT 1s"
		require.Equal(t, c.want, namesOf(projectionOf(t, update)), update)
	}
}

func TestProjectionIsLaidOutByStatement(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text  string
		form  Form
		shape Shape
		names []string
	}{
		{"SELECT * FROM t", Star, Many, nil},
		{"SELECT a, *, b FROM t", Star, Many, nil},
		{"SELECT * OMIT a FROM ONLY t:1", Star, One, nil},
		{"SELECT a FROM ONLY t:1", Columns, One, []string{"a"}},
		{"SELECT a, b, c OMIT b FROM t", Columns, Many, []string{"a", "c"}},
		{"SELECT VALUE a FROM t", Value, Many, nil},
		{"SELECT VALUE a AS b FROM ONLY t:1", Value, One, nil},
		{"SELECT ->(knows AS k)->(person AS p) FROM t", Star, Many, nil},
		{"SELECT type::fields($f) FROM t", Star, Many, nil},
		{"SELECT a FROM t EXPLAIN", Dynamic, AsIs, nil},
		{"SELECT a FROM t EXPLAIN FULL", Dynamic, AsIs, nil},
		{"EXPLAIN ANALYZE FORMAT JSON SELECT a FROM t", Dynamic, AsIs, nil},
		{"CREATE t", Star, Many, nil},
		{"CREATE ONLY t", Star, One, nil},
		{"CREATE t RETURN NONE", Star, Many, nil},
		{"CREATE t RETURN a, b", Columns, Many, []string{"a", "b"}},
		{"UPDATE ONLY t:1 SET x = 1 RETURN VALUE x", Value, One, nil},
		{"UPDATE t RETURN BEFORE", Star, Many, nil},
		{"UPDATE t RETURN AFTER", Star, Many, nil},
		{"UPDATE t RETURN DIFF", Value, Many, nil},
		{"UPDATE t RETURN NULL", Value, Many, nil},
		{"DELETE t", Star, Many, nil},
		{"DELETE t RETURN $before.a AS a, x", Columns, Many, []string{"a", "x"}},
		{"DELETE t EXPLAIN", Dynamic, AsIs, nil},
		{"INSERT INTO t (a, b) VALUES (1, 2) RETURN b, a", Columns, Many, []string{"b", "a"}},
		{"INSERT RELATION INTO k {} RETURN id", Columns, Many, []string{"id"}},
		{"RELATE a:1->k->b:2 SET x = 1 RETURN in, x", Columns, Many, []string{"in", "x"}},
		{"RELATE ONLY $a->k->(SELECT * FROM b) RETURN VALUE id", Value, One, nil},
		{"UPSERT t:1 CONTENT {a: 1} RETURN a", Columns, Many, []string{"a"}},
		{"RETURN 1", Dynamic, AsIs, nil},
		{"RETURN NONE", Dynamic, AsIs, nil},
		{"RETURN $x.a", Dynamic, AsIs, nil},
		{"RETURN { z: 1, 'a b': 2, `m`: 3, 4: 5 }", Columns, One, []string{"z", "a b", "m", "4"}},
		{"RETURN ({ z: 1, a: 2 })", Columns, One, []string{"z", "a"}},
		{"RETURN { a: 1, a: 2 }", Dynamic, AsIs, nil},
		{"RETURN {}", Dynamic, AsIs, nil},
		{"RETURN { z: 1 }.z", Dynamic, AsIs, nil},
		{"RETURN [{ z: 1, a: 2 }, { a: 3, z: 4 }]", Columns, Many, []string{"z", "a"}},
		{"RETURN [{ z: 1 }, { a: 3 }]", Dynamic, AsIs, nil},
		{"RETURN []", Dynamic, AsIs, nil},
		{"RETURN SELECT b, a FROM t", Columns, Many, []string{"b", "a"}},
		{"RETURN (SELECT b, a FROM ONLY t:1)", Columns, One, []string{"b", "a"}},
		{"RETURN (SELECT b, a FROM t)[0]", Dynamic, AsIs, nil},
		{"RETURN CREATE t RETURN b, a", Columns, Many, []string{"b", "a"}},
		{"(SELECT b, a FROM t)", Columns, Many, []string{"b", "a"}},
		{"{ z: 1, a: 2 }", Columns, One, []string{"z", "a"}},
		{"{ RETURN 1 }", Dynamic, AsIs, nil},
		{"IF true { SELECT b, a FROM t }", Dynamic, AsIs, nil},
		{"INFO FOR DB", Dynamic, AsIs, nil},
		{"SHOW CHANGES FOR TABLE t SINCE 0", Dynamic, AsIs, nil},
		{"LIVE SELECT a, b FROM t", Columns, One, []string{"a", "b"}},
		{"LIVE SELECT b AS x, $p FROM t WHERE a > 1 FETCH c", Columns, One, []string{"x", "p"}},
		{"LIVE SELECT *, a FROM t", Star, One, nil},
		{"LIVE SELECT VALUE a FROM t", Value, One, nil},
		{"LIVE SELECT DIFF FROM t", Value, One, nil},
		{"KILL u'x'", Nothing, AsIs, nil},
		{"DEFINE TABLE t", Nothing, AsIs, nil},
		{"FOR $x IN [1] { CREATE t }", Nothing, AsIs, nil},
		{"SLEEP 1s", Nothing, AsIs, nil},
		{"LET $x = 1", Nothing, AsIs, nil},
		{"BEGIN", Nothing, AsIs, nil},
		{"1 + 1", Dynamic, AsIs, nil},
		{"LET $x = 1; SELECT b, a FROM t", Columns, Many, []string{"b", "a"}},
	} {
		pr := projectionOf(t, c.text)
		require.Equal(t, c.form, pr.Form, c.text)
		require.Equal(t, c.shape, pr.Shape, c.text)
		require.Equal(t, c.names, namesOf(pr), c.text)
	}
}

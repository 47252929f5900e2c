package queries

import (
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/drivertest"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// The columns of a result: their names, their order, and what is refused because it cannot be
// told.

const columnsSetup = `
	DEFINE FUNCTION fn::twice($n: int) { RETURN $n * 2; };
	CREATE person:1 SET name = 'Ann', age = 30, tags = ['a', 'b'], b = { c: 1, d: { e: 2 } },
		list = [{ x: 1, y: 2 }, { x: 3, y: 4 }], friend = person:2, ` + "`odd name`" + ` = 7, ⟨größe⟩ = 8, ⟨日本⟩ = 9, zip = 'z', ` + "`create`" + ` = true;
	CREATE person:2 SET name = 'Bob', age = 40, tags = ['c'], b = { c: 3, d: { e: 4 } };
	INSERT RELATION INTO knows { id: 1, in: person:1, out: person:2, since: 2001 };
	CREATE thing:1 SET p = 1, a = 'x';
	CREATE thing:2 SET q = 2, a = 'y';`

// TestColumnsComeInTheAuthorsOrder scans each projection as its author would:
// the columns' names and the values of the first row, as fmt prints them.
func TestColumnsComeInTheAuthorsOrder(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	drivertest.MustExec(t, db, columnsSetup)
	for _, c := range []struct{ text, columns, row string }{
		// Fields and aliases.
		{`SELECT name, age FROM person:1`, "name|age", "Ann|30"},
		{`SELECT age, name FROM person:1`, "age|name", "30|Ann"},
		{`SELECT zip, id, age, b FROM person:1`, "zip|id|age|b", "z|person:1|30|map[c:1 d:map[e:2]]"},
		{`SELECT name AS z, age AS a FROM person:1`, "z|a", "Ann|30"},
		{`SELECT age AS name, name AS age FROM person:1`, "name|age", "30|Ann"},
		{`SELECT name AS x.y, age AS x.a FROM person:1`, "x.y|x.a", "Ann|30"},
		{`select Name as n, age from person:1`, "n|age", "<nil>|30"},
		{`SELECT name, name, age FROM person:1`, "name|name|age", "Ann|Ann|30"},
		{`SELECT missing, age FROM person:1`, "missing|age", "<nil>|30"},
		// Idioms.
		{`SELECT b.d.e, b.c, name FROM person:1`, "b.d.e|b.c|name", "2|1|Ann"},
		{`SELECT list.y, list.x FROM person:1`, "list.y|list.x", "[2 4]|[1 3]"},
		{`SELECT tags[0], age FROM person:1`, "tags|age", "a|30"},
		{`SELECT tags[0] AS one, tags[1] AS two FROM person:1`, "one|two", "a|b"},
		{`SELECT tags.*, age FROM person:1`, "tags|age", "[a b]|30"},
		{`SELECT list[WHERE x = 3].y, age FROM person:1`, "list.y|age", "[4]|30"},
		{`SELECT b.{ c }, age FROM person:1`, "b|age", "map[c:1]|30"},
		{`SELECT name.uppercase(), age FROM person:1`, "name|age", "ANN|30"},
		{`SELECT friend.name, name FROM person:1`, "friend.name|name", "Bob|Ann"},
		{`SELECT friend.b.c, b.c FROM person:1`, "friend.b.c|b.c", "3|1"},
		// Graph arrows.
		{`SELECT ->knows->person, name FROM person:1`, "->knows->person|name", "[person:2]|Ann"},
		{`SELECT name, <-knows<-person.name FROM person:2`, "name|<-knows<-person.name", "Bob|[Ann]"},
		{`SELECT ->knows->person AS friends, age FROM person:1`, "friends|age", "[person:2]|30"},
		{`SELECT ->(knows WHERE since > 2000)->person AS f, name FROM person:1`, "f|name", "[person:2]|Ann"},
		{`SELECT ->knows.since, ->knows->person FROM person:1`, "->knows.since|->knows->person", "[2001]|[person:2]"},
		// Functions and expressions.
		{`SELECT string::len(name), age FROM person:1`, "string::len|age", "3|30"},
		{`SELECT math::sum([age, 1]), age FROM person:1`, "math::sum|age", "31|30"},
		{`SELECT fn::twice(age), age FROM person:1`, "fn::twice|age", "60|30"},
		{`SELECT type::field('name'), age FROM person:1`, "name|age", "Ann|30"},
		{`SELECT type::fields(['name', 'age']), b.c FROM person:1`, "name|age|b.c", "Ann|30|1"},
		{`SELECT type::fields(['name', 'age']) AS both, b.c FROM person:1`, "both|b.c", "[Ann 30]|1"},
		{`SELECT age+1, name FROM person:1`, "age+1|name", "31|Ann"},
		{`SELECT name + ', ' + name, age FROM person:1`, "name + ', ' + name|age", "Ann, Ann|30"},
		{`SELECT age - 1, age + 1, age FROM person:1`, "age - 1|age + 1|age", "29|31|30"},
		{`SELECT -age, !name, age FROM person:1`, "-age|!name|age", "-30|false|30"},
		{`SELECT age IN [30], age NOT IN [30], name FROM person:1`, "age IN [30]|age NOT IN [30]|name", "true|false|Ann"},
		{`SELECT missing ?? 'none', age FROM person:1`, "missing ?? 'none'|age", "none|30"},
		{`SELECT age = 30 AND true, age > 31 FROM person:1`, "age = 30 AND true|age > 31", "true|false"},
		{`SELECT <string>age AS s, age FROM person:1`, "s|age", "30|30"},
		{`SELECT <int>'7', age FROM person:1`, "<int>'7'|age", "7|30"},
		{`SELECT 1..3 AS r, age FROM person:1`, "r|age", "1..3|30"},
		{`SELECT tags.map(|$v| $v + '!'), age FROM person:1`, "tags|age", "[a! b!]|30"},
		{`SELECT array::map(tags, |$v| $v + ', '), age FROM person:1`, "array::map|age", "[a,  b, ]|30"},
		{`SELECT IF age > 1 THEN 'old' ELSE 'new' END, name FROM person:1`, "IF age > 1 THEN 'old' ELSE 'new' END|name", "old|Ann"},
		{`SELECT IF age > 1 { 'old' } ELSE { 'new' } AS how, name FROM person:1`, "how|name", "old|Ann"},
		{`SELECT (SELECT VALUE age FROM person:2) AS ages, name FROM person:1`, "ages|name", "[40]|Ann"},
		{`SELECT 'a, b', name FROM person:1`, "'a, b'|name", "a, b|Ann"},
		{`SELECT "FROM x", name FROM person:1`, "\"FROM x\"|name", "FROM x|Ann"},
		{`SELECT { z: 1, a: age }, name FROM person:1`, "{ z: 1, a: age }|name", "map[a:30 z:1]|Ann"},
		// Comments and names.
		{"SELECT zip /* , a */, -- no, b\n age # c, d\n FROM person:1", "zip|age", "z|30"},
		{"SELECT `odd name`, age FROM person:1", "odd name|age", "7|30"},
		{`SELECT ⟨größe⟩, age, ⟨日本⟩ FROM person:1`, "größe|age|日本", "8|30|9"},
		{"SELECT `create`, age FROM person:1", "create|age", "true|30"},
		{"SELECT name AS `an alias`, age FROM person:1", "an alias|age", "Ann|30"},
		// Clauses around the projection.
		{`SELECT name, age FROM ONLY person:1`, "name|age", "Ann|30"},
		{`SELECT name, count() FROM person GROUP BY name ORDER BY name`, "name|count", "Ann|1"},
		{`SELECT count(), name FROM person GROUP BY name ORDER BY name`, "count|name", "1|Ann"},
		{`SELECT math::max(age), count() FROM person GROUP ALL`, "math::max|count", "40|2"},
		{`SELECT name, friend.age FROM person:1 FETCH friend`, "name|friend.age", "Ann|40"},
		{`SELECT tags, name FROM person:1 SPLIT tags`, "tags|name", "a|Ann"},
		{`SELECT name, age, zip OMIT age FROM person:1`, "name|zip", "Ann|z"},
		{`SELECT VALUE name FROM person:1`, "value", "Ann"},
		{`SELECT VALUE { z: age, a: name } FROM person:1`, "value", "map[a:Ann z:30]"},
		{`SELECT VALUE tags FROM ONLY person:1`, "value", "[a b]"},
		{`SELECT z, a FROM [{ a: 1, z: 2 }]`, "z|a", "2|1"},
		// Stars.
		{`SELECT * FROM thing:1`, "id|a|p", "thing:1|x|1"},
		{`SELECT *, a AS first FROM thing:1`, "id|a|first|p", "thing:1|x|x|1"},
		{`SELECT * OMIT a FROM thing:1`, "id|p", "thing:1|1"},
		// Several statements, RETURN, and what writes return.
		{`LET $n = 30; SELECT name, age FROM person WHERE age = $n`, "name|age", "Ann|30"},
		{`RETURN { z: 1, a: 2 }`, "z|a", "1|2"},
		{`RETURN SELECT zip, age FROM person:1`, "zip|age", "z|30"},
		{`RETURN 5 + 5`, "value", "10"},
		{`RETURN [1, 2]`, "value", "[1 2]"},
		{`CREATE new:1 SET z = 1, a = 2 RETURN z, a, id`, "z|a|id", "1|2|new:1"},
		{`CREATE new:2 SET z = 1, a = 2`, "id|a|z", "new:2|2|1"},
		{`UPDATE new:1 SET z = 5 RETURN $before.z AS was, z AS is`, "was|is", "1|5"},
		{`UPDATE new:1 SET z = 6 RETURN z + 1, a`, "z + 1|a", "7|2"},
		{`UPSERT new:3 SET z = 1, b = { c: 2 } RETURN b.c, z`, "b.c|z", "2|1"},
		{`RELATE person:2->knows->person:1 SET since = 3 RETURN since, in, out`, "since|in|out", "3|person:2|person:1"},
		{`INSERT INTO new { id: 4, z: 1, a: 2 } RETURN z, a`, "z|a", "1|2"},
		{`INSERT INTO new (id, z, a) VALUES (5, 1, 2) RETURN VALUE z`, "value", "1"},
		{`DELETE new:1 RETURN $before.z AS z, $before.a AS a`, "z|a", "6|2"},
		{`DELETE new:2 RETURN BEFORE`, "id|a|z", "new:2|2|1"},
	} {
		columns, row := firstRow(t, db, c.text)
		require.Equal(t, c.columns, columns, c.text)
		require.Equal(t, c.row, row, c.text)
	}
}

// firstRow gives the names of the columns and the values of the first row of a
// text, separated by bars. Database types that fmt prints by themselves do.
func firstRow(t *testing.T, db *sql.DB, text string, args ...any) (columns, row string) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), text, args...)
	require.NoError(t, err, text)
	defer rows.Close()
	names, err := rows.Columns()
	require.NoError(t, err, text)
	require.True(t, rows.Next(), text)
	values := make([]any, len(names))
	dest := make([]any, len(names))
	for i := range dest {
		dest[i] = &values[i]
	}
	require.NoError(t, rows.Scan(dest...), text)
	shown := make([]string, len(values))
	for i, v := range values {
		shown[i] = fmt.Sprint(v)
	}
	require.NoError(t, rows.Close(), text)
	return strings.Join(names, "|"), strings.Join(shown, "|")
}

func TestColumnsThatCannotBeToldApartAskForAnAlias(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	drivertest.MustExec(t, db, columnsSetup)
	for _, text := range []string{
		`SELECT tags[0], tags[1] FROM person:1`,
		`SELECT count(name), count(missing) FROM person:1`,
		`SELECT string::len(name), string::len(zip) FROM person:1`,
		`SELECT name AS x, age AS x FROM person:1`,
		`SELECT id, id.id() FROM person:1`,
		`UPDATE person:1 SET age = 99 RETURN tags[0], tags[1]`,
	} {
		_, err := db.QueryContext(t.Context(), text)
		require.ErrorIs(t, err, surrealsql.ErrAmbiguousColumns, text)
		require.ErrorContains(t, err, "alias", text)
	}
	require.Equal(t, 30, drivertest.QueryOne[int](t, db, `SELECT age FROM person:1`), "the UPDATE was refused before it was sent")
}

func TestColumnsOfStarAreNilForWhatARecordLacks(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	drivertest.MustExec(t, db, columnsSetup)
	rows, err := db.QueryContext(t.Context(), `SELECT * FROM thing ORDER BY id`)
	require.NoError(t, err)
	defer rows.Close()
	columns, err := rows.Columns()
	require.NoError(t, err)
	require.Equal(t, []string{"id", "a", "p", "q"}, columns)
	var got []string
	for rows.Next() {
		var id, a, p, q any
		require.NoError(t, rows.Scan(&id, &a, &p, &q))
		got = append(got, fmt.Sprint(id, a, p, q))
	}
	require.NoError(t, rows.Err())
	require.Equal(t, []string{fmt.Sprint("thing:1", "x", int64(1), nil), fmt.Sprint("thing:2", "y", nil, int64(2))}, got)
}

func TestColumnsAreThereWithoutRows(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	drivertest.MustExec(t, db, columnsSetup)
	for text, want := range map[string][]string{
		`SELECT zip, age + 1, b.c FROM person WHERE false`: {"zip", "age + 1", "b.c"},
		`SELECT VALUE name FROM person WHERE false`:        {"value"},
		`SELECT * FROM person WHERE false`:                 nil,
		`SELECT name FROM ONLY person:nobody`:              {"name"},
	} {
		rows, err := db.QueryContext(t.Context(), text)
		require.NoError(t, err, text)
		columns, err := rows.Columns()
		require.NoError(t, err)
		require.Equal(t, want, columns, text)
		require.False(t, rows.Next(), text)
		require.NoError(t, rows.Close())
	}
}

// Callers do with the names of columns what they like: strip prefixes, sort them.
func TestColumnsThatACallerChangesAreHisAlone(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	drivertest.MustExec(t, db, columnsSetup)
	for _, text := range []string{
		`SELECT name, age FROM person:1`,
		`SELECT * FROM ONLY thing:1`,
		`SELECT VALUE name FROM person`,
		`RETURN 1`,
		`RETURN [{ a: 1, b: 2 }]`,
		`SELECT b.c, age + 1 FROM person`,
		`SELECT name, age FROM person:99; SELECT name FROM person`,
	} {
		want := columnsAfter(t, db, text, func([]string) {})
		require.NotEmpty(t, want, text)
		got := columnsAfter(t, db, text, func(names []string) {
			for i := range names {
				names[i] = "changed"
			}
			_ = append(names, "more")
		})
		require.Equal(t, want, got, text)
		require.Equal(t, want, columnsAfter(t, db, text, func([]string) {}), text)
	}
}

// columnsAfter shows the names to change, and returns those that are then told by the
// rows, their types and the next call.
func columnsAfter(t *testing.T, db *sql.DB, text string, change func([]string)) (names []string) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), text)
	require.NoError(t, err, text)
	defer func() { require.NoError(t, rows.Close()) }()
	for {
		first, err := rows.Columns()
		require.NoError(t, err)
		second, err := rows.Columns()
		require.NoError(t, err)
		change(first)
		third, err := rows.Columns()
		require.NoError(t, err)
		require.Equal(t, second, third, "one call's names are not another's")
		types, err := rows.ColumnTypes()
		require.NoError(t, err)
		for i := range types {
			require.Equal(t, third[i], types[i].Name())
		}
		names = append(names, third...)
		if !rows.NextResultSet() {
			return names
		}
	}
}

func TestColumnsAreRenamedByManyQueriesAtOnceWithoutARace(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	drivertest.MustExec(t, db, columnsSetup)
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for range 50 {
				_ = columnsAfter(t, db, `SELECT name, age FROM person:1`, func(names []string) { slices.Sort(names) })
			}
		})
	}
	group.Wait()
	require.Equal(t, []string{"name", "age"}, columnsAfter(t, db, `SELECT name, age FROM person:1`, func([]string) {}))
}

// Since 4.0 numbers may have a width, which is part of what the server calls the column.
func TestColumnsOfNumbersThatHaveAWidthAreFound(t *testing.T) {
	t.Parallel()
	surrealtest.Needs(t, "4.0")
	db := drivertest.NewDB(t)
	drivertest.MustExec(t, db, "CREATE c:1 SET n = 1")
	for _, c := range []struct{ text, columns, row string }{
		{`SELECT 5i8, 1.50f32, 5i64, 1.10f64, 1_0u16, 1e3f32, -5i8, 007u8, n FROM c`, "5i8|1.50f32|5i64|1.10f64|1_0u16|1e3f32|-5i8|007u8|n", "5|1.5|5|1.1|10|1000|-5|7|1"},
		{`SELECT n + 5i8, n - -5i8, <i8>n, <f32> 1.5, [1i8, 2u16], { a: 1i8 }, 1i8..5i8, n FROM c`, "n + 5i8|n - -5i8|<i8>n|<f32> 1.5|[1i8, 2u16]|{ a: 1i8 }|1i8..5i8|n", "6|6|1|1.5|[1 2]|map[a:1]|1i8..5i8|1"},
		{`SELECT n = 1u8 AS same, 1i8, 1, 1u8 FROM c WHERE n = 1i16 LIMIT 1`, "same|1i8|1|1u8", "true|1|1|1"},
	} {
		columns, row := firstRow(t, db, c.text)
		require.Equal(t, c.columns, columns, c.text)
		require.Equal(t, c.row, row, c.text)
	}
}

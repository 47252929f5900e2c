package surrealql

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestATextIsSplitIntoItsStatements(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text string
		want []string
	}{
		{"", nil},
		{" ;; -- nothing\n ; ", nil},
		{"RETURN 1", []string{"RETURN 1"}},
		{";;RETURN 1;; ;RETURN 2 ; ", []string{"RETURN 1", "RETURN 2"}},
		{"RETURN ';' ; RETURN \"a;b\"; RETURN `a;b`", []string{"RETURN ';'", "RETURN \"a;b\"", "RETURN `a;b`"}},
		{"RETURN 1 -- ; x\n + 2 /* ; */; RETURN 3 # ;", []string{"RETURN 1 -- ; x\n + 2", "RETURN 3"}},
		{"{ LET $a = 1; RETURN $a; }; RETURN 2", []string{"{ LET $a = 1; RETURN $a; }", "RETURN 2"}},
		{"IF a THEN CREATE b; ELSE CREATE c; END; RETURN 2", []string{"IF a THEN CREATE b; ELSE CREATE c; END", "RETURN 2"}},
		{"FOR $x IN [1, 2] { CREATE a; CREATE b; }; RETURN 2", []string{"FOR $x IN [1, 2] { CREATE a; CREATE b; }", "RETURN 2"}},
		{"DEFINE FUNCTION fn::a($x: int) { CREATE a; RETURN /;/; }; RETURN 2", []string{"DEFINE FUNCTION fn::a($x: int) { CREATE a; RETURN /;/; }", "RETURN 2"}},
		{"DEFINE EVENT e ON t WHEN $event = 'CREATE' THEN { CREATE a; }; RETURN 2", []string{"DEFINE EVENT e ON t WHEN $event = 'CREATE' THEN { CREATE a; }", "RETURN 2"}},
		{"RETURN function() { let a = ';'; return `;}` }; RETURN 2", []string{"RETURN function() { let a = ';'; return `;}` }", "RETURN 2"}},
		{"RETURN /;/; RETURN 2", []string{"RETURN /;/", "RETURN 2"}},
		{"RETURN a / b; RETURN c / d", []string{"RETURN a / b", "RETURN c / d"}},
		{"RETURN |$x| { $x; }; RETURN 2", []string{"RETURN |$x| { $x; }", "RETURN 2"}},
		{"BEGIN; CREATE a; COMMIT", []string{"BEGIN", "CREATE a", "COMMIT"}},
		{"this is no query; RETURN 2", []string{"this is no query", "RETURN 2"}},
		{"RETURN (; RETURN 2", []string{"RETURN (", "RETURN 2"}},
		{") RETURN 2", []string{"RETURN 2"}},
		{"RETURN 'unended; RETURN 2", []string{"RETURN 'unended; RETURN 2"}},
	} {
		var got []string
		for _, s := range Analyze(c.text).Statements {
			got = append(got, c.text[s.Pos:s.End])
		}
		require.Equal(t, c.want, got, c.text)
	}
}

func TestStatementsAreToldByKind(t *testing.T) {
	t.Parallel()
	silent := map[Kind]bool{Let: true, Use: true, Begin: true, Commit: true, Cancel: true, Option: true}
	for _, c := range []struct {
		text   string
		kind   Kind
		writes bool
	}{
		{"select * from t", Select, false},
		{"CREATE t", Create, true},
		{"create t", Create, true},
		{"INSERT INTO t []", Insert, true},
		{"INSERT IGNORE INTO t {}", Insert, true},
		{"UPDATE t", Update, true},
		{"UPSERT t", Upsert, true},
		{"DELETE t", Delete, true},
		{"DELETE FROM t", Delete, true},
		{"RELATE a:1->b->c:1", Relate, true},
		{"DEFINE TABLE t", Define, true},
		{"REMOVE TABLE t", Remove, true},
		{"ALTER TABLE t", Alter, true},
		{"REBUILD INDEX i ON t", Rebuild, true},
		{"LET $x = 1", Let, false},
		{"USE NS a DB b", Use, false},
		{"BEGIN TRANSACTION", Begin, false},
		{"COMMIT TRANSACTION", Commit, false},
		{"CANCEL", Cancel, false},
		{"OPTION IMPORT = false", Option, false},
		{"LIVE SELECT * FROM t", Live, false},
		{"KILL $id", Kill, false},
		{"INFO FOR DB", Info, false},
		{"SHOW CHANGES FOR TABLE t SINCE 1", Show, false},
		{"ACCESS a SHOW ALL", Access, false},
		{"ACCESS a ON DATABASE GRANT FOR USER b", Access, true},
		{"ACCESS a REVOKE ALL", Access, true},
		{"ACCESS a PURGE EXPIRED", Access, true},
		{"RETURN 1", Return, false},
		{"THROW 'x'", Throw, false},
		{"SLEEP 1s", Sleep, false},
		{"sleep(1s)", Expression, false},
		{"BREAK", Break, false},
		{"CONTINUE", Continue, false},
		{"IF a { b }", If, false},
		{"FOR $x IN 1..3 { RETURN $x }", For, false},
		{"{ RETURN 1 }", Block, false},
		{"EXPLAIN SELECT * FROM t", Explain, false},
		{"EXPLAIN || { 42 }", Explain, false},
		{"(SELECT * FROM t)", Select, false},
		{"(CREATE t)", Create, true},
		{"1 + 1", Expression, false},
		{"create", Expression, false},
	} {
		q := Analyze(c.text)
		require.Len(t, q.Statements, 1, c.text)
		s := q.Statements[0]
		require.Equal(t, c.kind, s.Kind, c.text)
		require.Equal(t, c.writes, s.MayWrite, c.text)
		require.Equal(t, !silent[c.kind], s.Yields, c.text)
	}
}

func TestReadsAreNotTakenForWrites(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"SELECT `create`, a.create, x AS delete FROM t",
		"SELECT * FROM update WHERE a.delete = 1 ORDER BY create, b.update",
		"SELECT * FROM t:create WHERE id = t:update",
		"SELECT * FROM t GROUP BY create FETCH delete, b.insert",
		"SELECT ->create->update FROM t",
		"SELECT ->(delete WHERE x)->relate FROM t SPLIT define",
		"RETURN 'CREATE t'; RETURN \"DELETE t\"",
		"RETURN { create: 1, delete: 2, 'update': 3 }",
		"RETURN { create: { delete: [1, { insert: 2 }] } }.create.delete",
		"SELECT * FROM t -- CREATE x\n WHERE a /* ; DELETE t */ = 1 # UPDATE t",
		"SELECT a.{ create, delete: update.b } FROM t",
		"RETURN array::insert([1], 2, 3) + set::remove({1}, 1)",
		"RETURN $x.remove(1).insert(2)",
		"RETURN string::matches('a', /; CREATE t/)",
		"SELECT count(), math::sum(a), (SELECT VALUE b FROM c) FROM t",
		"IF a { SELECT * FROM t } ELSE IF b { RETURN 1 } ELSE { THROW 'CREATE t' }",
		"LET $create = |$delete| $delete + 1",
		"RETURN [1, 2].map(|$x| $x * 2)",
		"SELECT * FROM (SELECT * FROM t WHERE created > $1) WHERE updated",
		"RETURN http::get('http://x')",
		"SELECT ml::m<1.0.0>(x) FROM t",
		"LIVE SELECT create FROM t",
		"INFO FOR TABLE create",
		"FOR $x IN [1] { LET $y = $x; }",
		"SELECT type, value.create FROM t",
	} {
		for _, s := range Analyze(text).Statements {
			require.False(t, s.MayWrite, text)
		}
	}
}

func TestWritesAreSeenWhereverTheyStand(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"SELECT (CREATE t) FROM u",
		"SELECT *, (UPDATE t SET a = 1) AS x FROM u",
		"SELECT * FROM (DELETE t RETURN BEFORE)",
		"SELECT * FROM t WHERE (CREATE u)",
		"SELECT [CREATE t] FROM u",
		"SELECT { a: CREATE t } FROM u",
		"RETURN CREATE t",
		"RETURN {a:CREATE t}",
		"LET $x = CREATE t",
		"LET $x = (SELECT * FROM (UPSERT t))",
		"LET $f = |$x| { CREATE t }",
		"IF a { CREATE t }",
		"IF a THEN 1 ELSE CREATE t END",
		"IF (CREATE t) { 1 }",
		"FOR $x IN [1] { CREATE t }",
		"FOR $x IN (CREATE t) { }",
		"{ RETURN 1; CREATE t }",
		"{ { { DEFINE TABLE t } } }",
		"THROW (CREATE t)",
		"RETURN fn::a()",
		"SELECT fn::a(x) FROM t",
		"SELECT mod::a::b(x), 1 FROM t",
		"RETURN silo::a::b<1.0.0>()",
		"RETURN function() { return 1 }",
		"RETURN $f(1)",
		"RETURN (|$x| $x)(1)",
		"RETURN [1].map(|$x| (CREATE t))",
		"RETURN array::map([1], fn::a)",
		"RETURN file::put(f'b:/x', 'y')",
		"RETURN f'b:/x'.delete()",
		"RETURN api::invoke('/x')",
		"RETURN sequence::nextval('s')",
		"RETURN 1 + (REMOVE TABLE t)",
		"SELECT a[WHERE (CREATE t)] FROM u",
		"SELECT a.{ b: (CREATE t) } FROM u",
		"SELECT ->(k WHERE (CREATE t))->x FROM u",
		"SELECT * FROM t LIMIT (CREATE u)",
		"SELECT * FROM t:[(CREATE u)]",
		"EXPLAIN ANALYZE CREATE t",
		"LIVE SELECT (CREATE t) FROM u",
	} {
		q := Analyze(text)
		require.True(t, q.Statements[len(q.Statements)-1].MayWrite, text)
	}
}

func TestWritesAreSeenInDepthsThatAreNotFollowed(t *testing.T) {
	t.Parallel()
	for _, open := range []string{"(", "[", "{ a: ", "{", "SELECT (", "a[", "|$x| ", "RETURN "} {
		text := "RETURN " + strings.Repeat(open, 1000) + "CREATE t; RETURN 1"
		q := Analyze(text)
		require.True(t, q.Statements[0].MayWrite, open)
		require.Equal(t, text, q.ExecText(), open)
	}
}

func TestOneStatementsWritesAreNotAnothers(t *testing.T) {
	t.Parallel()
	q := Analyze("SELECT 1 FROM t; CREATE t; RETURN 1")
	require.Equal(t, []bool{false, true, false}, []bool{q.Statements[0].MayWrite, q.Statements[1].MayWrite, q.Statements[2].MayWrite})
}

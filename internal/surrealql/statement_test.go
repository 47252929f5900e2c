package surrealql

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Statements: where they end, of what kind they are and which of them may write.

func TestStatementsAreSplitFromText(t *testing.T) {
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
		{"USE NS a DB b", Use, true},
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

func TestWritesAreNotSeenInReads(t *testing.T) {
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
		"LIVE SELECT create FROM t",
		"INFO FOR TABLE create",
		"FOR $x IN [1] { LET $y = $x; }",
		"SELECT type, value.create FROM t",
		// Names that are keywords: 3.x refuses some of them, and none writes.
		"SELECT delete, update FROM t", "SELECT t.create, delete.b FROM t", "SELECT create AS made, x AS update FROM t", "SELECT * FROM t WHERE update = 1 AND delete",
		"SELECT * FROM t WHERE update AND x", "SELECT * FROM t WHERE delete IN $x", "SELECT * FROM t ORDER BY delete DESC, update", "SELECT * FROM delete LIMIT 5",
		"SHOW CHANGES FOR TABLE create SINCE 1 LIMIT 10", "SHOW CHANGES FOR DATABASE SINCE d'2024-01-01T00:00:00Z'", "SHOW CHANGES FOR TABLE since SINCE 1",
		"INFO FOR ROOT", "INFO FOR NS STRUCTURE", "INFO FOR DB VERSION d'2024-01-01T00:00:00Z'", "INFO FOR TABLE t STRUCTURE", "INFO FOR USER u ON ROOT", "INFO FOR INDEX i ON TABLE t", "INFO FOR INDEX i ON t",
		"ACCESS show ON DATABASE SHOW ALL", "ACCESS a SHOW GRANT create", "ACCESS a ON DATABASE SHOW WHERE type = 'bearer'",
		"LET $f = |$x| $x + 1; SELECT name.uppercase() FROM t WHERE tags.any('x')", "LET $o = { run: |$x| $x }; RETURN $o.len()",
		"{ LET $x = 1 RETURN $x }",
		"RETURN <record<delete>>$x", "LET $x: option<create> = 1", "SELECT a.{ create, ... } FROM t", "RETURN |create:3|",
		// Closures that the text shows, and values that are none.
		"RETURN [1].any(1)", "RETURN tags.any('x')", "RETURN array::any([1], $1)", "SELECT tags.includes(wanted) FROM t", "RETURN array::find_index([1], 1 + 1)", "RETURN [1].fold(0, |$a, $b| $a + $b)",
		"RETURN [[1]].map(|$x| $x.filter(|$y| $y.is_int()))", "SELECT * FROM $x WHERE name.lowercase() = $name.lowercase()",
		// Parameters that the text gives no closure: arguments are none.
		"SELECT * FROM t WHERE tags.any($tag)", "SELECT * FROM t WHERE array::any(tags, $tag)", "SELECT * FROM t WHERE tags.all($tag) AND tags.find($tag) != NONE", "RETURN tags.filter($x.y)", "RETURN array::find_index(tags, $a + $b)",
		"RETURN array::fold([1], $from, |$a, $b| $a + $b)", "RETURN [1].fold($from, |$a, $b| $a + $b)", "LET $least = 1; SELECT * FROM t WHERE tags.any($least)", "LET $t = 'x'; RETURN tags.includes($t)", "FOR $t IN ['x'] { RETURN tags.index_of($t) }",
		"LET $double = |$n: number| $n * 2; RETURN $double(2)", "LET $f = |$x| $x + 1; RETURN [1].map($f)", "LET $f = |$x| $x; LET $g = |$x| $f($x); RETURN array::map([1], $g)", "LET $f = |$s| $s; RETURN 'a'.replace('a', 'b').chain($f)",
		"RETURN [1].map(|$a: option<int|string>, $b: array<int, 3>| -> int | string { $a })", "RETURN [1].map(|$a: { b: int } | $a)",
		"RETURN 1 -- x\r\n; RETURN 2", "RETURN 1 # x\r", "RETURN 1 // x\r \n + 1", "RETURN { s'a': 1 }", "RETURN 2 ∙ 3",
		// Functions, however their path is written.
		"RETURN Math :: Max([1])", "RETURN math\n::\n/* x */ ⟨max⟩ ([1])", "RETURN `math`::max([1])", "RETURN math::PI", "RETURN SLEEP(1ms)", "RETURN r'person:[1]'", "RETURN r'person:{ a: 1 }'",
		"SELECT * FROM t SPLIT a FETCH b, type::field('c') VERSION d'2024-01-01T00:00:00Z' TIMEOUT 1s PARALLEL EXPLAIN FULL",
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
		"INFO FOR USER (CREATE ONLY t RETURN VALUE 'u')", "INFO FOR TABLE CREATE t", "SELECT * FROM t FOR UPDATE", "RETURN r'person:[(CREATE t)]'", `RETURN r"p:{ a: CREATE t }"`,
		// Targets of every kind.
		"DELETE <record>'person:1'", "DELETE -1", "UPDATE ->knows", "UPDATE <-knows", "CREATE type::record('a:1')", "DELETE { a }", "DELETE [a]", "DELETE $x", "DELETE /a/", "DELETE @.x", "DELETE !a", "DELETE ..1",
		"SELECT (DELETE <record>'person:1') FROM t", "LET $x = UPSERT <record>'a:1'", "{ UPDATE <record<a>>$x SET b = 1 }", "RETURN [DELETE <record>'a:1']",
		"CREATE limit SET a = 1", "RETURN CREATE contains", "RETURN (CREATE in SET a = 1)", "RETURN DELETE end", "(UPDATE inside SET a = 1)", "RETURN DELETE FROM from", "RETURN DELETE FROM x", "{ CREATE from CONTENT {} }",
		"SELECT * FROM (DELETE where)", "RETURN { a: CREATE as }", "RETURN UPSERT is:1",
		// Calls of what is not known to read.
		"RETURN eval::surql('DELETE person')", "RETURN eval::gql('{}')", "RETURN EVAL::SURQL('x')", "RETURN eval :: surql('x')", "RETURN eval::`surql`('x')", "RETURN `eval`::surql('x')", "RETURN eval /* */ ::\n-- x\nsurql('x')",
		"RETURN http::get('http://x')", "RETURN http::head('http://x')", "RETURN http::post('http://x', {})", "SELECT ml::m<1.0.0>(x) FROM t", "RETURN ml::a::b<1.0.0>(1)", "RETURN sequence :: nextval('s')",
		"RETURN sequence::`nextval`('s')", "RETURN Sequence::NextVal('s')", "RETURN api::timeout($a, $b, 1s)", "RETURN api::req::body($a, $b)", "RETURN file :: put(f'b:/x', 'y')", "RETURN file::copy_if_not_exists(f'b:/x', 'y')",
		"RETURN f'b:/x'.put('y')", "RETURN f'b:/x'.rename('y')", "RETURN new::function(1)", "RETURN math::unheard(1)", "RETURN unheard(1)", "RETURN $o.run(1)", "RETURN $o.`run`(1)", "RETURN mod :: a::b()", "RETURN fn::\n`a b`()",
		// Closures that come as values.
		"RETURN array::map([1], $f)", "RETURN [1].map($f)", "RETURN array::fold([1], 0, $f)", "RETURN array :: `map`([1], $f)", "RETURN set::map({1,}, $f)",
		"RETURN 1.chain($f)", "RETURN value::chain(1, $f)", "RETURN 1.expect($f)", "RETURN [1].map(NONE ?? $f)", "RETURN [1].map([$f][0])", "RETURN [1].reduce((SELECT VALUE f FROM ONLY $x))", "RETURN [1].map(<any>$f)",
		"LET $o = { floor: || (CREATE t) }; RETURN $o.floor()", "LET $fs = [|$x| CREATE t]; RETURN [1].map(array::first($fs))", "LET $a = [{ f: |$x| (CREATE t) }]; SELECT [1].map(f) FROM $a",
		"LET $f = |$x| (CREATE t); RETURN [1].any($f)", "LET $f = |$x| (CREATE t); RETURN [1].any(+$f)", "LET $f = |$x| (CREATE t); RETURN [1].filter({ $f })", "LET $f = |$x| (CREATE t); RETURN $f(1)", "LET $f = |$x| (CREATE t); RETURN r'a:[[1].map($f)]'",
		"LET $f = fn::c(); RETURN $f(1)", "LET $f = fn::c(); RETURN [1].any($f)", "LET $o = fn::c(); RETURN $o.len()", "LET $f = 1.chain(|$x| |$y| CREATE t); RETURN $f(1)", "LET $o = [1].map(|$x| { len: || CREATE t }); RETURN $o[0].len()",
		"RETURN [1].map(|$a: option<int|string>| fn::a())", "RETURN [1].map(|$a: array<int|string>| CREATE t)", "RETURN [1].map(|$a| -> { b: int } { CREATE t })", "FOR $f IN fn::c() { $f(1) }",
		"INFO FOR TABLE CREATE or STRUCTURE", "INFO FOR DB VERSION CREATE as STRUCTURE", "RELATE OR UPDATE a:1->b->c:1",
		// Where 3.3.5 and 4.0.0-beta.1 differ about the end of a comment.
		"RETURN 1 -- x\r'\n; CREATE t --\r'", "RETURN 1 # x\u2028'\n; CREATE t --\r'", "-- x\r/*\n; CREATE t; -- */", "RETURN 1 // x\u0085 /*\n; CREATE t; # */",
		// What no grammar here knows.
		"VACUUM TABLE t", "SELECT * FROM t FROBNICATE", "SELECT * FROM t WHERE a BETWEEN 1 AND 2", "RETURN (", "SELECT a b FROM t",
		"{ CREATE or x }", "RETURN { DELETE is y; 5 }", "RETURN { SELECT * FROM t WHERE (UPDATE and) x }",
		"USE NS a DB b", "USE NS a", "USE DB b", "USE DEFAULT",
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

func TestWritesOfOneStatementAreNotAnothers(t *testing.T) {
	t.Parallel()
	q := Analyze("SELECT 1 FROM t; CREATE t; RETURN 1")
	require.Equal(t, []bool{false, true, false}, []bool{q.Statements[0].MayWrite, q.Statements[1].MayWrite, q.Statements[2].MayWrite})
}

func TestStatementsWithOddClausesAreFollowedToTheirEnd(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"UPDATE t WITH INDEX a, b SET x = 1",
		"UPDATE t WITH NO INDEX SET x = 1",
		"UPDATE t SET x = <array<{ a: int }, 3>>$y",
		"UPDATE t SET x = <{ a: option<int> }>$y, z = <[int, string]>$w",
		"UPDATE t:-5, t:+5, t:u'0190d3a5-0000-7000-8000-000000000000', t:ulid(), t:..=5, t:1>..",
		"UPDATE t SET a = IF b THEN { c: 1 } ELSE { d: 2 } END",
		"UPDATE t SET a = IF b THEN { RETURN 1; } ELSE { RETURN 2; } END",
		"UPDATE t SET a = IF b THEN { c: 1 }.c + 2 ELSE 3 END",
		"UPDATE t SET a = a?.b",
		"UPDATE t SET a = function() { /* } */ // }\n return 1 }",
		"UPDATE t SET a = (SELECT * FROM u ORDER BY b COLLATE NUMERIC DESC, rand() FETCH $f, type::field('x') LIMIT BY 1 START AT 2)",
		"UPDATE t SET a = (SELECT * FROM u SPLIT ON b GROUP ALL VERSION d'2020-01-01T00:00:00Z' TIMEOUT 1s PARALLEL TEMPFILES)",
		"UPDATE t SET a = { ;;; LET $x = 1; }, b = { ; }",
	} {
		q := Analyze(text)
		require.Equal(t, text+" RETURN NULL", q.ExecText())
	}
}

func TestStatementsThatBuildAnIndexAreTold(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"DEFINE INDEX i ON t FIELDS a", "define index i on table t columns a unique", "DEFINE INDEX IF NOT EXISTS i ON t FIELDS a COMMENT 'CONCURRENTLY'",
		"DEFINE INDEX OVERWRITE concurrently ON t FIELDS a", "DEFINE INDEX i ON t COUNT", "DEFINE INDEX i ON t FIELDS v HNSW DIMENSION 2",
		"REBUILD INDEX i ON t", "REBUILD INDEX IF EXISTS i ON TABLE t", "{ DEFINE INDEX i ON t FIELDS a }", "IF $x { DEFINE INDEX i ON t FIELDS a }",
		"FOR $x IN [1] { LET $y = 1; REBUILD INDEX i ON t }", "(DEFINE INDEX i ON t FIELDS a)",
		"{ DEFINE INDEX i ON t FIELDS a CONCURRENTLY; DEFINE INDEX j ON t FIELDS a }",
	} {
		require.True(t, Analyze(text).Statements[0].BuildsIndex, text)
	}
	for _, text := range []string{
		"DEFINE INDEX i ON t FIELDS a CONCURRENTLY", "DEFINE INDEX i ON t CONCURRENTLY FIELDS a", "REBUILD INDEX i ON t concurrently", "REMOVE INDEX i ON t",
		"ALTER INDEX i ON t PREPARE REMOVE", "DEFINE FIELD index ON t", "DEFINE TABLE index", "INFO FOR INDEX i ON t", "SELECT * FROM t WITH INDEX i",
		"DEFINE FUNCTION fn::f() { DEFINE INDEX i ON t FIELDS a }", "DEFINE EVENT e ON t THEN { REBUILD INDEX i ON t }", "RETURN 'DEFINE INDEX i ON t FIELDS a'",
	} {
		require.False(t, Analyze(text).Statements[0].BuildsIndex, text)
	}
	q := Analyze("DEFINE INDEX i ON t FIELDS a; CREATE t")
	require.True(t, q.Statements[0].BuildsIndex)
	require.False(t, q.Statements[1].BuildsIndex)
}

// What 4.0 adds to the language (4.0.0-beta.1) is followed to its end, and does not pass for
// a read where it may write.
func TestStatementsOf4AreFollowed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text   string
		kind   Kind
		writes bool
	}{
		{"BEGIN READ ONLY", Begin, false},
		{"BEGIN TRANSACTION ISOLATION LEVEL SERIALIZABLE READ ONLY MAX STALENESS 5s STRICT", Begin, false},
		{"SELECT a.{ ... }, b.{ c, ... } FROM t", Select, false},
		{"SELECT 5u8, -1i64, 1.5f16, <u8> a, <array<f32>> v FROM t", Select, false},
		{"RETURN 2 ∙ 3", Return, false},
		{"RETURN type::u8(5)", Return, false},
		{"RETURN ext::a::f(1)", Return, true},
		{"RETURN silo::acme::p::<1.2.3>::f()", Return, true},
		{"EXPLAIN FORMAT TEXT SELECT * FROM t", Explain, false},
		{"EXPLAIN CREATE t", Explain, true},
		{"EXPLAIN ANALYZE FORMAT JSON DELETE t", Explain, true},
		{"SELECT * FROM t:1 FOR UPDATE", Select, true},
		{"DEFINE EXTENSION ext::a FROM f'bucket:/a.wasm' UNSIGNED", Define, true},
		{"ALTER EXTENSION IF EXISTS ext::a DROP COMMENT", Alter, true},
		{"REMOVE EXTENSION ext::a", Remove, true},
		{"DEFINE DATABASE d COMPATIBILITY 3", Define, true},
		{"ALTER DATABASE COMPATIBILITY 4", Alter, true},
		{"DEFINE FUNCTION fn::f() { RETURN 1 } SECURITY DEFINER", Define, true},
		{"DEFINE FIELD id ON t TYPE [a: string, n: int]", Define, true},
		{"DEFINE FIELD f ON t TYPE int MIGRATE EXISTING ROWS AS m USING $value + 1 FALLBACK 0", Define, true},
		{"ALTER TABLE t MIGRATE EXISTING ROWS AS m REMOVE UNDECLARED FIELDS", Alter, true},
		{"DEFINE FIELD f ON t TYPE record<u> REFERENCE MATERIALIZE INTO u.ts WHERE n > 1", Define, true},
	} {
		q := Analyze(c.text)
		require.Len(t, q.Statements, 1, c.text)
		s := q.Statements[0]
		require.False(t, s.Lost(), c.text)
		require.Equal(t, c.kind, s.Kind, c.text)
		require.Equal(t, c.writes, s.MayWrite, c.text)
	}
}

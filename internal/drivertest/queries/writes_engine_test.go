package queries

import (
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/drivertest"
	"github.com/surrealsql/surrealsql/internal/surrealql"
)

// The server is asked what a text does: each text is run in a transaction of its own
// that is rolled back, and what changed is looked up before. A text that changes
// anything and that ReadsOnly holds to be a read is what these tests must never find.

// writer runs texts and looks what they changed.
type writer struct {
	db     *sql.DB
	before string
}

// look is all there is in the database of a writer.
const look = `RETURN <string>[(SELECT * FROM person, knows, made, seed ORDER BY id), (INFO FOR DB)]`

func newWriter(t testing.TB) *writer {
	w := &writer{db: drivertest.NewDB(t)}
	drivertest.MustExec(t, w.db, `DEFINE TABLE person; DEFINE TABLE knows TYPE RELATION; DEFINE TABLE made; DEFINE TABLE seed; DEFINE INDEX i ON person FIELDS n;
		DEFINE FUNCTION fn::make() { CREATE made; RETURN 1 }; DEFINE FUNCTION fn::one() { RETURN person:1 }; DEFINE FUNCTION fn::closure() { RETURN |$x| (CREATE made) };
		CREATE person:1 SET n = 1; CREATE person:2 SET n = 2; RELATE person:1->knows:1->person:2; CREATE seed:1 SET n = 1`)
	w.before = drivertest.QueryOne[string](t, w.db, look)
	return w
}

// changes runs a text and reports whether it changed something, and whether it ran
// without an error.
func (w *writer) changes(t testing.TB, text string) (changed, ran bool) {
	tx, err := w.db.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	defer func() { _ = tx.Rollback() }()
	ran = drivertest.Exec(t.Context(), tx, text) == nil
	var after string
	if err := tx.QueryRowContext(t.Context(), look).Scan(&after); err != nil {
		return false, ran // the transaction is gone, and with it what the text did
	}
	return after != w.before, ran
}

// check fails where a text writes and counts as a read. What is given before the text
// declares variables that it may use.
func (w *writer) check(t testing.TB, given, text string) {
	if !surrealsql.ReadsOnly(text) {
		return // refused before it is sent: what it would do matters to no one
	}
	for _, s := range surrealql.Analyze(given + text).Statements {
		if s.MayWrite && s.Pos >= len(given) {
			return
		}
	}
	if changed, _ := w.changes(t, given+text); changed {
		t.Errorf("it writes, and counts as a read: %s", text)
	}
}

var targets = []string{
	`person:1`, `person`, `<record>'person:1'`, `<record<person>>'person:1'`, `<option<record<person | seed>>>'person:1'`, `r'person:1'`, `$p`, `[person:1]`,
	`type::record('person', 1)`, `type :: record('person:1')`, "type::`record`('person:1')", `(SELECT VALUE id FROM person)`, `(person:1)`, `{ person:1 }`,
	`{ LET $y = 1; person:1 }`, `person:1..2`, `person:1..=2`, `IF true { person:1 }`, `IF true THEN person:1 END`, `fn::one()`, `person:1.id`, `$p.id`,
	`(|$x| person:1)(1)`, `$p ?? person:2`, `NONE ?: person:1`, `person:1, person:2`, `ONLY person:1`, `{ a: person:1 }.a`, `[person:1][0]`, `person:⟨1⟩`, `person:[1]`,
	"`person`:1", `⟨person⟩`, `person:1->knows`, `person:1->knows->person`, `person:2<-knows`, `RETURN person:1`, `SELECT VALUE id FROM person`, `|person:3|`, `type::table('person')`,
	`person:1.{ id }.id`, `array::first([person:1])`, `[person:1].first()`, `person:1 || person:2`, "/* x */ person:1", "-- x\nperson:1", "\nperson:1",
}

func writersOf(target string) []string {
	return []string{
		`DELETE ` + target, `DELETE FROM ` + target, `UPDATE ` + target + ` SET n += 1`, `UPSERT ` + target + ` SET n += 1`, `CREATE ` + target + ` SET n = 3`,
		`update ` + target + ` MERGE { n: 7 } RETURN NONE`,
	}
}

// others write without a target of that kind.
var others = []string{
	`INSERT INTO person { id: 9 }`, `INSERT $rows`, `INSERT INTO person $rows`, `INSERT { id: person:9 }`, `INSERT <object>$row`, `INSERT [{ id: person:9 }]`,
	`INSERT INTO person (id, n) VALUES (9, 9)`, `INSERT IGNORE INTO person { id: 9 }`, `INSERT RELATION INTO knows { in: person:1, out: person:2 }`,
	`INSERT (SELECT 9 AS id FROM [1])`, `INSERT INTO person (SELECT 9 AS id FROM [1])`, `INSERT INTO person { id: 1 } ON DUPLICATE KEY UPDATE n = 9`,
	`RELATE person:1->knows->person:2`, `RELATE $p->knows->$p`, `RELATE (SELECT VALUE id FROM person)->knows->[person:2]`, `RELATE person:1<-knows<-person:2`,
	`DEFINE TABLE limit`, `REMOVE TABLE seed`, `ALTER TABLE seed SCHEMAFULL`, `DEFINE FIELD a ON seed TYPE int`, `DEFINE PARAM $q VALUE 1`, `REMOVE FUNCTION fn::one`,
	`fn::make()`, `$make(1)`, `eval::surql('CREATE made')`, `eval::surql("DELETE person")`, `[1, 2].map($make)`, `array::map([1], $make)`, `1.chain($make)`,
	`array::filter([1], $make)`, `[1].any($make)`, `[1].fold(0, $make)`, `$held.run(1)`, `$held.len(1)`, `[1].map($held.run)`, `[1].map($held['run'])`, `[1].map([$make][0])`,
	`[1].filter(+$make)`, `array::fold([1], 0, $make)`, `[1].map(NONE ?? $make)`, `array::map([1], |$v: option<int|string>| fn::make())`, `LET $c = fn::closure(); $c(1)`, `LET $c = fn::closure(); [1].map($c)`, `LET $c = fn::closure(); [1].any($c)`,
	`LET $c = [2].map(|$v| { run: $make }); $c[0].run(1)`, `RETURN r'person:[[1].map($make)]'`, `RETURN person:[[1].map($make)]`, `INFO FOR TABLE CREATE or STRUCTURE`, `INFO FOR TABLE CREATE as STRUCTURE`, "RETURN 1 -- x\r'\n; CREATE made --\r'",
	"-- x\r/*\n; CREATE made; -- */", `[1].map({ $make })`, `[1].map(IF true { $make })`, `(SELECT VALUE run FROM ONLY $held)(1)`, `array::map([1], fn::make)`, `$held['run'](1)`,
}

// nestings hold a statement at the percent sign. What is before it gives variables.
var nestings = []string{
	`%s`, `(%s)`, `((%s))`, `RETURN %s`, `RETURN (%s)`, `LET $x = %s`, `LET $x: any = %s`, `{ %s }`, `{ LET $y = 1; %s }`, `{ { %s } }`, `{ %s; RETURN 1 }`, `IF true { %s }`, `IF true THEN %s END`,
	`IF (%s) THEN 1 END`, `IF %s { 1 }`, `IF false { 1 } ELSE { %s }`, `IF false THEN 1 ELSE %s END`, `IF false { 1 } ELSE IF true { %s }`, `FOR $i IN [1] { %s }`, `FOR $i IN (%s) {}`, `FOR $i IN [(%s)] {}`,
	`SELECT (%s) FROM [1]`, `SELECT %s AS x FROM [1]`, `SELECT 1, (%s) AS x FROM [1]`, `SELECT VALUE (%s) FROM [1]`, `SELECT VALUE %s FROM [1]`, `SELECT * FROM (%s)`, `SELECT * FROM %s`, `SELECT * FROM 1, (%s)`,
	`SELECT * FROM [1] WHERE (%s)`, `SELECT * FROM [1] WHERE %s`, `SELECT * FROM [1] LIMIT array::len([(%s)])`, `SELECT * FROM [1] START array::len([(%s)])`, `SELECT * OMIT (%s) FROM [1]`,
	`SELECT * FROM [1] TIMEOUT (%s)`, `SELECT * FROM person VERSION (%s)`, `RETURN [%s]`, `RETURN [1, (%s)]`, `RETURN { a: %s }`, `RETURN { a: 1, 'b': { c: [%s] } }`, `RETURN { 1, %s }`,
	`RETURN array::len(%s)`, `RETURN type::is_array((%s))`, `RETURN [1].map(|$v| (%s))`, `RETURN array::map([1], |$v| %s)`, `RETURN [1].map(|$v| { %s })`, `RETURN [1].map(|$v: int| -> any { %s })`, `RETURN [1].map(|| (%s))`,
	`RETURN 1.chain(|$v| %s)`, `RETURN (%s).id`, `RETURN (%s)[0]`, `RETURN [1, 2][WHERE (%s)]`, `RETURN [1, 2][? (%s)]`, `RETURN { a: 1 }.{ a: (%s) }`, `RETURN [1][array::len([(%s)]) - 1]`, `RETURN [1].at(array::len([(%s)]))`,
	`RETURN !%s`, `RETURN -(%s)`, `RETURN <string>(%s)`, `RETURN <array>%s`, `RETURN <set<any>>%s`, `RETURN 1..array::len([(%s)])`, `RETURN (|$v| %s)(1)`, `RETURN (|$v| $v)((%s))`,
	`EXPLAIN ANALYZE %s`, `EXPLAIN ANALYZE FORMAT JSON %s`, `EXPLAIN ANALYZE (%s)`, `THROW %s`, `THROW (%s)`, `RETURN person:[(%s)]`, `RETURN person:{ a: (%s) }`, `RETURN r'person:[(%s)]'`, `RETURN r"person:{ a: (%s) }"`,
	`SELECT ->(knows WHERE (%s)) FROM person`, `SELECT ->(SELECT (%s) FROM knows) FROM person`, `SELECT * FROM person:1->(knows WHERE %s)`, `RETURN person:1->(knows WHERE (%s))->person`,
	`RETURN person:1.{1..2}(->(knows WHERE (%s))->person)`, `INFO FOR USER (%s)`, `INFO FOR TABLE (%s)`, `INFO FOR USER %s`, `SELECT * FROM [1] FETCH type::field(<string>(%s))`, `RETURN 1 FETCH type::field((%s))`,
	`SELECT a.b[(%s)] FROM [{}]`, `RETURN $p[(%s)]`, `RETURN rand::enum([(%s)])`, `RETURN RAND :: enum([(%s)])`, `RETURN /a/ = 'a' OR (%s)`, `RETURN 4 / 2 / 1 + array::len([(%s)])`, `RETURN 1 # x
		; %s`, "RETURN 'a''b' ?? 1; %s", `RETURN "\"" ; %s`, `SELECT * FROM person ORDER BY n DESC; %s`, `RETURN { %s }`, `BREAK; %s`, `RETURN NONE; (%s)`, `SELECT count() FROM person GROUP ALL; %s`,
	`LET $f = |$v| (%s); RETURN $f(1)`, `LET $f = |$v: option<int | string>| -> any { %s }; RETURN [1].map($f)`, `LET $f = 1.chain(|$v| (|$w| (%s))); RETURN $f(1)`, `INFO FOR TABLE %s STRUCTURE`, `LET $f = |$v| (%s); RETURN [1].map($f)`, `LET $o = { run: |$v| (%s) }; RETURN $o.run(1)`, `RETURN <future> { %s }`, `RETURN %s FETCH a`, `RETURN fn::one(%s)`,
}

// after an operator an operand is due.
var operators = []string{
	`+`, `-`, `*`, `/`, `%`, `**`, `×`, `÷`, `=`, `==`, `!=`, `*=`, `?=`, `~`, `<`, `<=`, `>`, `>=`, `??`, `?:`, `||`, `&&`, `OR`, `AND`, `IS`, `IS NOT`, `IN`, `NOT IN`, `INSIDE`, `NOTINSIDE`,
	`ALLINSIDE`, `ANYINSIDE`, `NONEINSIDE`, `OUTSIDE`, `INTERSECTS`, `CONTAINS`, `CONTAINSNOT`, `CONTAINSALL`, `CONTAINSANY`, `CONTAINSNONE`, `∋`, `∌`, `∈`, `∉`, `⊇`, `⊃`, `⊅`, `⊆`, `⊂`, `⊄`, `@@`, `@1@`, `..`, `..=`, `>..`, `<|2|>`,
}

const given = `LET $p = person:1; LET $row = { id: person:9 }; LET $rows = [{ id: person:9 }]; LET $make = |$a, $b| (CREATE made); LET $held = { run: $make, len: $make }; `

func TestWriteOfAnyStatementCountsAsNoRead(t *testing.T) {
	t.Parallel()
	w := newWriter(t)
	for _, target := range targets {
		for _, write := range writersOf(target) {
			for _, nest := range nestings {
				w.check(t, given, fmt.Sprintf(nest, write))
			}
		}
	}
	for _, write := range others {
		for _, nest := range nestings {
			w.check(t, given, fmt.Sprintf(nest, write))
		}
	}
	for _, op := range operators {
		for _, nest := range nestings[:8] {
			for _, write := range []string{`CREATE made`, `DELETE <record>'person:1'`, `(UPDATE $p SET n = 9)`, `UPSERT limit`} {
				w.check(t, given, fmt.Sprintf(nest, `1 `+op+` `+write))
				w.check(t, given, fmt.Sprintf(nest, `1`+op+write))
			}
		}
	}
}

var tableWords = strings.Fields(`ACCESS AFTER ALGORITHM ALL ALLINSIDE ALTER ALWAYS ANALYZER AND ANDKW ANY ANYINSIDE API ARRAY AS ASCENDING ASCII ASSERT ASYNC AT AUDIENCE AUTHENTICATE AUTO BACKEND BATCH BEARER BEFORE BEGIN BLANK BOOL BREAK BUCKET BY BYTES CAMEL CANCEL CAPABILITIES CAPACITY CASCADE CHANGEFEED CHANGES CHINESE CLASS COLLATE COLLECTION COMMENT COMMIT COMPACT COMPATIBILITY COMPUTED CONCURRENTLY CONFIG CONTAINS CONTAINSALL CONTAINSANY CONTAINSNONE CONTAINSNOT CONTENT CONTEXT CONTINUE COUNT CREATE DATABASE DATETIME DECIMAL DEFAULT DEFINE DEFINER DELETE DESCENDING DIFF DIGEST DIMENSION DISTANCE DROP DUPLICATE DURATION EDGENGRAM EDGES EFC ELSE END ENFORCED EVENT EXCLUDE EXISTING EXISTS EXPIRED EXPLAIN EXPUNGE EXT EXTENSION FALLBACK FALSE FEATURE FETCH FIELD FIELDS FILE FILTERS FLEXIBLE FLOAT FN FOR FROM FULL FULLTEXT FUNCTION FUNCTIONS GEOMETRY GET GRANT GRAPHQL GROUP HEADERS HIGHLIGHTS HNSW IF IGNORE IN INCLUDE INDEX INFO INLINE INSERT INSIDE INT INTERSECTS INTO INVOKER IS ISSUER JAPANESE JWKS JWT KEY KILL KOREAN LET LIGHTWEIGHT LIMIT LINE LIVE LM LOWERCASE M MAPPER MATERIALIZE MAXDEPTH MERGE MIDDLEWARE MIGRATE ML MOD MODEL MODULE MULTILINE MULTIPOINT MULTIPOLYGON NAMESPACE NGRAM NO NOINDEX NONE NONEINSIDE NORMAL NOT NOTINSIDE NULL NUMBER NUMERIC OBJECT OMIT ON ONLY OPTION OR ORDER ORIGINAL OUT OUTSIDE OVERWRITE PARALLEL PARAM PASSHASH PASSSCRAM PASSWORD PATCH PERMISSIONS POINT POLYGON POST PREPARE PUNCT PURGE PUT RAND RANGE READONLY REBUILD RECORD REFERENCE REFERENCES REFRESH REGEX REJECT RELATE RELATION REMOVE REPLACE RETRY RETURN REVOKE REVOKED ROLES ROOT ROWS SC SCHEMAFULL SCHEMALESS SECURITY SEGMENT SELECT SEQUENCE SESSION SET SHOW SIGNER SIGNIN SIGNUP SILO SINCE SLEEP SNOWBALL SPATIAL SPLIT START STRICT STRING STRUCTURE SYSTEM TABLE TABLES TB TEMPFILES THEN THROW TIMEOUT TO TOKEN TOKENIZERS TRACE TRANSACTION TRUE TYPE ULID UNDECLARED UNIQUE UNSET UNSIGNED UPDATE UPPERCASE UPSERT URL USE USER USING UUID VALUE VALUES VERSION VS WHEN WHERE WITH `)

func TestWriteToATableOfAnyWordCountsAsOne(t *testing.T) {
	t.Parallel()
	w := newWriter(t)
	for _, word := range tableWords {
		word = strings.ToLower(word)
		for _, write := range []string{
			`CREATE %s`, `CREATE %s SET n = 1`, `CREATE %s:1`, `UPSERT %s:1 SET n = 1`, `INSERT INTO %s { n: 1 }`, `RELATE person:1->%s->person:2`, `CREATE %s CONTENT {}`, `CREATE %s RETURN NONE`,
			`DELETE %s`, `UPDATE %s SET n = 1`, `DELETE %s WHERE true`, `CREATE %s, made`, `CREATE ONLY %s`, `CREATE %s TIMEOUT 1s`, `CREATE |%s:2|`, `DEFINE TABLE %s`,
		} {
			write = fmt.Sprintf(write, word)
			for _, nest := range []string{`%s`, `RETURN %s`, `(%s)`, `{ %s }`, `SELECT * FROM (%s)`, `LET $x = %s`, `RETURN [%s]`, `IF true THEN %s END`, `SELECT (%s) FROM [1]`, `RETURN [1].map(|$v| %s)`} {
				w.check(t, ``, fmt.Sprintf(nest, write))
			}
		}
	}
}

// Run for a minute on 3.3.5 and on 4.0.0-beta.1 with texts of tokens at random, this
// found { CREATE or x }, two statements, and +$closure, a closure.
func FuzzWriteCountsAsNoRead(f *testing.F) {
	w := newWriter(f)
	for i, nest := range nestings {
		f.Add(fmt.Sprintf(nest, writersOf(targets[i%len(targets)])[i%6]))
		f.Add(fmt.Sprintf(nest, others[i%len(others)]))
		f.Add(fmt.Sprintf(nest, pure[i%len(pure)]) + `; ` + others[(i*7)%len(others)])
	}
	f.Add(`{ CREATE or x }`)
	f.Add(`RETURN [1].any(+$make)`)
	f.Fuzz(func(t *testing.T, text string) { w.check(t, given, text) })
}

// pure are texts that only read, for the same nestings.
var pure = []string{
	`SELECT * FROM person`, `SELECT VALUE n FROM person`, `person:1`, `1`, `'CREATE made'`, `$p`, `$rows`, `[1, 2]`, `{ a: 1 }`, `person:1.n`, `person:1->knows->person`, `math :: max([1, 2])`, `"delete"`,
	`SELECT n, n + 1 AS m FROM person WHERE n > 0 ORDER BY n DESC LIMIT 1 START 0`, `<record>'person:1'`, `array::map([1], |$v| $v + 1)`, `[1].filter(|$v| $v > 0)`, `[1].any(1)`,
	`SELECT count() FROM person GROUP ALL`, `time::now()`, `rand::enum([1])`, `type::is_int(1)`, `INFO FOR DB`, `INFO FOR TABLE person`, `SELECT ->knows->person AS p FROM person`, `(SELECT * FROM person).n`,
}

func TestWriteIsNotSeenInTextsThatOnlyRead(t *testing.T) {
	t.Parallel()
	w, reads := newWriter(t), 0
	for _, read := range pure {
		for _, nest := range nestings {
			text := fmt.Sprintf(nest, read)
			if surrealsql.ReadsOnly(text) {
				reads++
				continue
			}
			if strings.Contains(nest, "LET $o") || strings.Contains(nest, "fn::") || strings.Contains(nest, "(|$v|") {
				continue // a closure in an object, a function of the database: nobody looks into them
			}
			// What the server refuses is none; what it runs must read for the driver too.
			_, ran := w.changes(t, `LET $p = person:1; LET $rows = [{ id: person:9 }]; `+text)
			require.False(t, ran, "it reads, and counts as a write: %s", text)
		}
	}
	require.Greater(t, reads, len(pure)*len(nestings)*9/10)
}

// The server is what tells that the texts of these tests write, where it runs them.
func TestWritersOfTheseTestsWrite(t *testing.T) {
	t.Parallel()
	w, wrote := newWriter(t), 0
	for _, target := range targets {
		for _, write := range writersOf(target) {
			changed, _ := w.changes(t, given+write)
			if changed {
				wrote++
			}
		}
	}
	require.Greater(t, wrote, len(targets)*3)
}

func TestWriteByEvalCountsAsOne(t *testing.T) {
	t.Parallel()
	w := newWriter(t)
	for _, text := range []string{`eval::surql('CREATE made')`, `RETURN eval::surql("DELETE person:1")`, `SELECT eval :: surql('CREATE made') FROM [1]`, "RETURN [1].map(|$v| EVAL::`surql`('UPDATE person SET n = 9'))"} {
		require.False(t, surrealsql.ReadsOnly(text), text)
		if changed, ran := w.changes(t, text); !changed {
			require.False(t, ran, text)
			require.ErrorContains(t, drivertest.Exec(t.Context(), w.db, text), "Invalid function", "3.0.2 has none")
		}
	}
}

func TestWriteCountsInExecWhatItReturnsInQuery(t *testing.T) {
	t.Parallel()
	w, counted := newWriter(t), 0
	for _, target := range targets {
		if strings.HasPrefix(target, "RETURN") {
			continue // on 4.0.0-beta.1 it returns, and nothing is written
		}
		for _, write := range writersOf(target)[:5] {
			text := `LET $p = person:1; ` + write
			tx := drivertest.Begin(t, w.db)
			returned := int64(0)
			rows, failure := tx.QueryContext(t.Context(), text+` RETURN BEFORE`)
			if failure == nil {
				for more := true; more; more = rows.NextResultSet() {
					for returned = 0; rows.Next(); returned++ {
					}
				}
				failure = errors.Join(rows.Err(), rows.Close())
			}
			require.NoError(t, tx.Rollback())
			tx = drivertest.Begin(t, w.db)
			r, err := tx.ExecContext(t.Context(), text)
			require.Equal(t, failure != nil, err != nil, "%s: %v, %v", text, failure, err)
			if err == nil {
				n, err := r.RowsAffected()
				require.NoError(t, err, text)
				require.Equal(t, returned, n, text)
				counted++
			}
			require.NoError(t, tx.Rollback())
		}
	}
	require.Greater(t, counted, 2*len(targets))
}

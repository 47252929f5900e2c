package queries

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/drivertest"
	"github.com/surrealsql/surrealsql/internal/surrealql"
)

// Random batches come to what their queries come to one by one, in a database of the same
// content.

// batches is how many there are, or as many as SURREALSQL_BATCHES says, as in
//
//	SURREALSQL_BATCHES=2000 go test -v -run BatchOfAnything -timeout 30m ./internal/drivertest/queries
func batches(t testing.TB) int { return drivertest.FromEnv(t, "SURREALSQL_BATCHES", 60) }

// anything are texts that are not easily part of another: whose names, ends and effects reach
// far.
var anything = []string{
	"", " ", ";", ";;RETURN 1;;", "-- nothing", "RETURN 1 -- one", "RETURN 2 # two", "RETURN 3 // three", "/* a */ RETURN 4 /* b */", "RETURN 5;", "RETURN 6 ; -- six\n",
	"RETURN $1", "RETURN [$2, $1, $2]", "RETURN $_1 + $1", "RETURN { a: $1, b: \"$1\", c: '$2' }", "RETURN $1; RETURN $1 + 1", "SELECT $1, $2 FROM ONLY person:1",
	"RETURN $name", "RETURN [$name, $1]", "RETURN $`name`", "RETURN $⟨name⟩", "RETURN $n; RETURN $name", "RETURN \"$name\"", "RETURN [$n, $n_2, $n_3]", "RETURN $name_1",
	"RETURN [1, 2].map(|$x| $x + $1)", "RETURN [1, 2].map(|$name| $name * 2)", "RETURN [1, 2].filter(|$n: int| $n > $name)", "LET $f = |$n: int| $n + $1; RETURN $f(1)",
	"LET $x = 1; RETURN $x", "LET $x = $name; LET $y = $x; RETURN [$x, $y]", "LET $y = [$1]; RETURN $y", "RETURN $y", "RETURN $x", "RETURN $n", "LET $n = 3; RETURN $n", "LET $name = $name; RETURN $name",
	"{ LET $x = $1; RETURN $x + 1 }", "IF $1 > 1 { LET $y = $1; RETURN $y } ELSE { RETURN $name }", "FOR $x IN [1, 2] { CREATE person SET id = [$x, $1] }", "FOR $n IN [$name] { UPSERT person:for SET n = $n }",
	"BEGIN; CREATE person:block SET n = $1; RETURN $name; COMMIT", "BEGIN; UPSERT person:block SET n = $1; THROW 'no'; COMMIT", "BEGIN; LET $x = $1; RETURN $x; RETURN 2; COMMIT",
	"BEGIN; UPSERT person:block SET n += 1; CANCEL", "BEGIN; RETURN 1; COMMIT; RETURN $1", "BEGIN", "COMMIT", "CANCEL",
	"THROW $1", "THROW 'thrown'; RETURN 1", "RETURN 1; THROW $name; RETURN 2", "CREATE person:1", "CREATE person:1; RETURN $1", "RETURN 1 + ; RETURN 2", "SELEC 1", "RETURN )", "RETURN 'open", "RETURN 1 /* open", "RETURN r'person:{$1}'",
	"RETURN fn::none($1)", "DEFINE FUNCTION OVERWRITE fn::add($n: int) { RETURN $n + 1 }; RETURN fn::add($1)", "RETURN fn::add(2)", "DEFINE PARAM OVERWRITE $given VALUE 7; RETURN $given", "RETURN $given",
	"CREATE person:made SET n = $1", "UPDATE person SET n = $n WHERE age > $1", "UPSERT person:1 SET age += $1 RETURN age", "DELETE person:made RETURN BEFORE", "DELETE person:made", "SELECT * FROM person ORDER BY id", "SELECT VALUE id FROM person ORDER BY id",
	"SELECT name, age FROM person WHERE age >= $1 ORDER BY age LIMIT $1", "SELECT count() FROM person GROUP ALL", "INSERT INTO person { id: 'ins', n: $n }", "INSERT INTO person (id, n) VALUES ($name, $1) ON DUPLICATE KEY UPDATE n += $1", "SELECT (SELECT VALUE $parent.age + $1 FROM ONLY person:2) AS s FROM person:1",
	"RELATE person:1->knows:one->person:2 SET since = $1 RETURN since", "SELECT ->knows->person.name AS friends FROM person:1", "RETURN type::record('person', $1)", "RETURN $this", "RETURN $auth", "SELECT *, $name AS given FROM person:1",
	"USE NS a", "OPTION IMPORT = false", "LIVE SELECT * FROM person", "SLEEP 1ms", "INFO FOR TABLE person", "RETURN; RETURN 1", "RETURN NONE", "RETURN []", "SELECT * FROM []", "SELECT a.b, $1.c FROM { a: { b: $1 } }", "RETURN <int> $name", "RETURN 6 / $1 / 2",
}

// vague are texts whose result another run does not repeat.
var vague = regexp.MustCompile(`(?i)rand|time::now|uuid|ulid|sleep|http::|RELATE|INSERT|\bCREATE \w+($|[^:\w])|search::|KILL|REMOVE|sequence`)

// textsOf are the texts of batches: those above, and those that the parser is tested with.
func textsOf(t *testing.T) []string {
	raw, err := os.ReadFile("../../surrealql/testdata/engine.json")
	require.NoError(t, err)
	var cases []struct{ Text string }
	require.NoError(t, json.Unmarshal(raw, &cases))
	texts := append([]string(nil), anything...)
	for _, c := range cases {
		if !vague.MatchString(c.Text) {
			texts = append(texts, c.Text)
		}
	}
	return texts
}

// batchOnly are the reasons for which a batch refuses a query that may be sent by itself.
var batchOnly = regexp.MustCompile(`send the query by itself|sets with LET|goes on where it should end|arrive as`)

const content = `CREATE person:1 SET name = 'Ann', age = 30, b = { c: 1, d: { e: 2 } }, list = [{ x: 1, y: 2 }, { x: 3, y: 4 }], tags = ['a', 'b', 'c'];
	CREATE person:2 SET name = 'Bob', age = 20; DEFINE TABLE knows TYPE RELATION; DEFINE TABLE thing;`

// randomQuery is a text with arguments for what it names, most of the time.
func randomQuery(r *rand.Rand, texts []string) []any {
	text := texts[r.IntN(len(texts))]
	if r.IntN(2) == 0 {
		text = anything[r.IntN(len(anything))]
	}
	q := surrealql.Analyze(text)
	args := []any{text}
	most := 0
	for _, p := range q.Placeholders {
		most = max(most, p.N)
	}
	for range most {
		args = append(args, r.IntN(5))
	}
	for _, name := range q.Params {
		if name == "this" || name == "auth" || name == "_1" || r.IntN(4) == 0 {
			continue
		}
		args = append(args, sql.Named(name, r.IntN(100)))
	}
	return args
}

// sets reads result sets of sql.Rows or BatchRows.
type rowSets interface {
	Columns() ([]string, error)
	Next() bool
	Scan(...any) error
	NextResultSet() bool
	Err() error
	Close() error
}

// outcome is what a query came to, as text.
func outcome(t *testing.T, rows rowSets, err error) string {
	t.Helper()
	if err != nil {
		return told(err)
	}
	var b strings.Builder
	for {
		columns, err := rows.Columns()
		require.NoError(t, err)
		fmt.Fprintf(&b, "%q", columns)
		for rows.Next() {
			values, dest := make([]any, len(columns)), make([]any, len(columns))
			for i := range dest {
				dest[i] = &values[i]
			}
			require.NoError(t, rows.Scan(dest...))
			fmt.Fprintf(&b, " %v", values)
		}
		if !rows.NextResultSet() {
			break
		}
		b.WriteString(" | ")
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return told(err)
	}
	return b.String()
}

// told is an error as its query tells it, without the number that it has in a batch.
func told(err error) string {
	if e, ok := errors.AsType[*surrealsql.BatchError](err); ok {
		err = e.Err
	}
	if e, ok := errors.AsType[*surrealsql.Error](err); ok {
		return fmt.Sprintf("statement %d, %d:%d: %s %v", e.Statement, e.Line, e.Column, e.Message, drivertest.ClassesOf(err))
	}
	text, _, _ := strings.Cut(err.Error(), " (the text has run") // that of the batch, which may write
	return text
}

func TestBatchOfAnythingComesToWhatItsQueriesComeToOneByOne(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	texts := textsOf(t)
	together, apart := drivertest.Solo(drivertest.NewDB(t)), drivertest.Solo(drivertest.NewDB(t))
	drivertest.MustExec(t, together, content)
	drivertest.MustExec(t, apart, content)
	compared, refused := 0, make(map[string]int)
	for range batches(t) {
		var queries [][]any
		for range 1 + r.IntN(12) {
			queries = append(queries, randomQuery(r, texts))
		}
		results, err := surrealsql.SendBatch(t.Context(), together, batchOf(queries...))
		for err != nil { // one of them is the reason: it is so by itself, or cannot be in a batch
			bad, ok := errors.AsType[*surrealsql.BatchError](err)
			require.True(t, ok, "%v\n%q", err, queries)
			refused[bad.Err.Error()]++
			if q := queries[bad.Query-1]; !batchOnly.MatchString(bad.Err.Error()) {
				_, err := apart.ExecContext(t.Context(), q[0].(string), q[1:]...)
				require.Error(t, err, "%v: %q", bad, q)
				require.Equal(t, drivertest.ClassesOf(err), drivertest.ClassesOf(bad), "%v", err)
			}
			queries = append(queries[:bad.Query-1:bad.Query-1], queries[bad.Query:]...)
			results, err = surrealsql.SendBatch(t.Context(), together, batchOf(queries...))
		}
		for i, q := range queries {
			var want, got string
			if r.IntN(4) == 0 && !strings.HasPrefix(q[0].(string), "DELETE person:made") {
				want, got = counted(apart.ExecContext(t.Context(), q[0].(string), q[1:]...)), counted(results.Exec())
			} else {
				rows, err := apart.QueryContext(t.Context(), q[0].(string), q[1:]...)
				want = outcome(t, rows, err)
				of, err := results.Query()
				got = outcome(t, of, err)
			}
			require.Equal(t, want, got, "query %d of %q", i+1, queries)
			compared++
		}
		require.NoError(t, results.Close())
	}
	for why, n := range refused {
		t.Logf("refused %d times: %s", n, why)
	}
	t.Logf("compared %d queries in %d batches", compared, batches(t))
}

func counted(result sql.Result, err error) string {
	if err != nil {
		return told(err)
	}
	n, err := result.RowsAffected()
	return fmt.Sprint(n, err)
}

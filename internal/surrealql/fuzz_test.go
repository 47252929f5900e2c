package surrealql

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// What must hold of any text.

func seedTexts(f *testing.F) {
	for _, c := range engineCases(f) {
		f.Add(c.Text)
	}
	for _, text := range hardTexts {
		f.Add(text)
	}
}

// hardTexts are openings without ends and the like.
var hardTexts = []string{
	"", ";", "'", "\"", "`", "⟨", "$⟨", "$`", "/*", "--", "#", "/", "r'", "function(){", "function(", "(", "[", "{", "<", "<int", "|", "||", "|$x",
	"$", "$1", "$1a", "$_1", "SELECT", "SELECT ", "SELECT *", "SELECT a AS", "SELECT VALUE", "CREATE", "CREATE t SET", "CREATE t SET a =",
	"INSERT INTO", "INSERT INTO t (", "INSERT INTO t (a) VALUES (", "RELATE", "RELATE a->", "RELATE a:1->b->", "UPDATE t RETURN", "DELETE",
	"IF", "IF a THEN", "IF a {", "FOR", "FOR $x IN", "LET", "LET $x", "LET $x =", "DEFINE FUNCTION fn::a(", "DEFINE PARAM", "RETURN", "THROW",
	"a.", "a[", "a[?", "a.{", "a.{1..", "->", "->(", "<-", "<->", "<~", "a:", "a:[", "a:{", "1.", "1..", "1>..", "..", "...", "@", "@@", "a @1", "a <|3",
	"\xff", "a\xffb", "\xe2\x9f", "SELECT \xf0 FROM t", "\x00", "RETURN $1 / $2 /", "RETURN /$1/ / $1", "{{{{", "}}}}", "(}[)]{", "a ? b : c", "LIVE", "LIVE SELECT",
	"SELECT ...", "UPDATE RETURN", "CREATE a, IF", "#\r#000", "|$1 0", "DEFINE FUNCTION fn::a($1, $_2) {", "LET $1 = $_1", "FOR $_1 IN $1 {", "function() { '", "function() { /* ", "function() { // ", "SELECT a, FROM t", "SELECT , FROM t", "SELECT a b c, d FROM t",
}

func FuzzAnalyzeNeverPanicsAndRewritesOnce(f *testing.F) {
	seedTexts(f)
	f.Fuzz(func(t *testing.T, text string) {
		q := Analyze(text)
		require.Equal(t, text, q.Text)

		at := 0
		for i := range q.Statements {
			s := &q.Statements[i]
			require.GreaterOrEqual(t, s.Pos, at)
			require.Greater(t, s.End, s.Pos)
			require.LessOrEqual(t, s.End, len(text))
			at = s.End
			for _, c := range s.Projection.Columns {
				require.LessOrEqual(t, c.pos, c.end)
				require.LessOrEqual(t, c.end, len(text))
			}
			_ = s.Projection.Check()
			_, _ = s.Projection.Resolve(keysIn(rowKeys("a", "b//c", "count", "age + 1")))
			_ = s.Counting()
		}

		again := Analyze(q.Rewritten)
		require.Equal(t, q.Rewritten, again.Rewritten)
		require.Equal(t, ordinalsOf(q), ordinalsOf(again))
		require.Equal(t, q.Params, again.Params)
		require.Len(t, again.Statements, len(q.Statements))
		for i := range q.Statements {
			require.Equal(t, q.Statements[i].Kind, again.Statements[i].Kind)
			require.Equal(t, q.Statements[i].MayWrite, again.Statements[i].MayWrite)
		}

		exec := Analyze(q.ExecText())
		require.Equal(t, ordinalsOf(q), ordinalsOf(exec))
		require.Len(t, exec.Statements, len(q.Statements))
		require.Equal(t, q.ExecText(), exec.ExecText(), "a RETURN that was inserted is seen")
	})
}

func ordinalsOf(q *Query) []int {
	var ns []int
	for _, p := range q.Placeholders {
		ns = append(ns, p.N)
	}
	return ns
}

func FuzzCanonicalIsStable(f *testing.F) {
	seedTexts(f)
	f.Fuzz(func(t *testing.T, text string) {
		_ = tidy(text)
		_ = canonical(text, strict)
		_ = canonical(text, loose)
	})
}

// Texts that would cost a careless reader quadratic time or its stack. Each is
// read ten times longer, which may take ten times as long, with a margin for
// the machine, and no more.
func TestAnalyzeTakesTimeThatGrowsWithLengthOfText(t *testing.T) {
	for _, unit := range []string{
		"(", "[", "{", "{a:", "<", "<<int", "-", "!", "function(){", "function(", "|$x| ", "||", "/⟨/,", "/'/,", "a/'", "⟨", "$⟨ ", "$` ", "'", "\" ", "/* ", "-- \n",
		"a.", "a.b.{", "->(", "->(SELECT ", "a[", "a:[", "a:{", "IF ", "IF a THEN ", "IF a {", "RETURN ", "SELECT (", "SELECT a, ", "SELECT * FROM (", "CREATE t SET a = (",
		"LET $x = ", "FOR $x IN ", "DEFINE ", "DEFINE EVENT e ON t THEN {", "a ?? ", "a AND ", "1..", "{,", "{1,", "[{a:1},", "$a,", "$1,", ";", "RETURN 1;", "BEGIN;",
		"RELATE ", "INSERT INTO t (", "@", "@{", "a.{1..2}(", "<|", "a <|3,", "EXPLAIN ", "THROW ", "fn::a(", "x::", "UPDATE t RETURN ", "a AS ", "'a'.b.",
	} {
		const n = 20_000
		short := analyzeTime(strings.Repeat(unit, n/10))
		long := analyzeTime(strings.Repeat(unit, n))
		require.Less(t, long, max(60*short, 500*time.Millisecond), "%q", unit)
	}
}

func analyzeTime(text string) time.Duration {
	var times []time.Duration
	for range 3 {
		start := time.Now()
		q := Analyze("SELECT " + text)
		_ = q.ExecText()
		times = append(times, time.Since(start))
	}
	return slices.Min(times)
}

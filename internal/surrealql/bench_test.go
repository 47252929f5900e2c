package surrealql

import (
	"strings"
	"testing"
)

// What the analysis of a text costs, beside its lexing.

var benchTexts = []struct{ name, text string }{
	{"point", "SELECT name, age FROM person WHERE id = $1"},
	{"insert", "INSERT INTO person (name, age, email) VALUES ($1, $2, $3)"},
	{"report", "SELECT region, count(), math::sum(total) AS sum, ->placed->order.total FROM customer WHERE created > $1 AND status IN $2 GROUP BY region ORDER BY sum DESC LIMIT 50"},
	{"script", "BEGIN; LET $p = (CREATE ONLY person SET name = $1, tags = ['a', 'b']); RELATE $p->knows->person:1 SET since = time::now(); IF $p.age > 18 { UPDATE $p SET adult = true } ELSE { UPDATE $p SET adult = false }; RETURN { id: $p.id, name: $p.name }; COMMIT"},
	{"kilobyte", "SELECT * FROM t WHERE a IN [" + strings.Repeat("'element', ", 100) + "'last']"},
}

func BenchmarkAnalyze(b *testing.B) {
	for _, c := range benchTexts {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(c.text)))
			for b.Loop() {
				Analyze(c.text)
			}
		})
	}
}

// BenchmarkLex is the floor under BenchmarkAnalyze: the tokens alone.
func BenchmarkLex(b *testing.B) {
	for _, c := range benchTexts {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(c.text)))
			for b.Loop() {
				l := lexer{text: c.text}
				for l.next().kind != tEOF {
				}
			}
		})
	}
}

func BenchmarkExecText(b *testing.B) {
	q := Analyze(benchTexts[1].text)
	b.ReportAllocs()
	for b.Loop() {
		q.ExecText()
	}
}

func BenchmarkResolve(b *testing.B) {
	for _, c := range []struct{ name, fields string }{{"fields", "name, age, b.c"}, {"expressions", "name, age + 1, count(), -b.c"}} {
		q := Analyze("SELECT " + c.fields + " FROM t")
		keys := keysIn(rowKeys("name", "age", "b//c", "age + 1", "count", "-b//c"))
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := q.Statements[0].Projection.Resolve(keys); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

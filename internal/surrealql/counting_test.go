package surrealql

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// How the records that a statement touched are counted.

func TestCountingOfAffectedRecordsIsThatOfStatement(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]Counting{
		"CREATE t":                            CountElements,
		"CREATE ONLY t":                       CountOne,
		"INSERT INTO t {}":                    CountElements,
		"UPDATE t RETURN DIFF":                CountElements,
		"UPDATE ONLY t RETURN DIFF":           CountOne,
		"DELETE t":                            CountElements,
		"DELETE ONLY t:1":                     CountOne,
		"RELATE a:1->b->c:1":                  CountElements,
		"RELATE ONLY a:1->b->c:1 RETURN NONE": CountUnknown,
		"(UPSERT t)":                          CountElements,
		"RETURN CREATE t":                     CountElements,
		"RETURN (CREATE ONLY t)":              CountOne,
		"RETURN SELECT * FROM t":              CountNothing,
		"UPDATE t EXPLAIN":                    CountNothing,
		"EXPLAIN UPDATE t":                    CountNothing,
		"SELECT * FROM t":                     CountNothing,
		"SELECT * FROM t WHERE math::max(a)":  CountNothing,
		"DEFINE TABLE t":                      CountNothing,
		"REMOVE TABLE t":                      CountNothing,
		"USE NS a DB b":                       CountNothing,
		"RETURN { a: 1 }":                     CountNothing,
		"IF a { SELECT * FROM t }":            CountNothing,
		"LET $x = 1":                          CountNothing,

		// What they wrote shows in another way, if at all.
		"UPDATE t EXPLAIN FULL":                CountUnknown,
		"EXPLAIN ANALYZE UPDATE t":             CountUnknown,
		"LET $x = CREATE t":                    CountUnknown,
		"IF a { CREATE t }":                    CountUnknown,
		"IF a THEN CREATE t ELSE DELETE t END": CountUnknown,
		"FOR $x IN [1] { CREATE t }":           CountUnknown,
		"{ CREATE t }":                         CountUnknown,
		"RETURN [CREATE t]":                    CountUnknown,
		"RETURN { a: (CREATE t) }":             CountUnknown,
		"RETURN (CREATE t RETURN VALUE id)[0]": CountUnknown,
		"RETURN { CREATE t }":                  CountUnknown,
		"RETURN fn::writes()":                  CountUnknown,
		"fn::writes()":                         CountUnknown,
		"SELECT fn::writes() FROM t":           CountUnknown,
		"SELECT * FROM (CREATE t)":             CountUnknown,
		"(LET $x = CREATE t)":                  CountUnknown,
		"(DELETE t)":                           CountUnknown,
		"RETURN (DELETE t)":                    CountUnknown,
		"RETURN DELETE ONLY t:1":               CountUnknown,
		"(CREATE t RETURN NONE)":               CountUnknown,
		"RETURN (UPDATE t RETURN NONE)":        CountUnknown,
		"UPDATE t SOMETHING new":               CountUnknown,
		"RETURN (UPDATE t SOMETHING new)":      CountUnknown,

		"CREATE ONLY t RETURN VALUE a":         CountFound,
		"(CREATE ONLY t RETURN BEFORE)":        CountFound,
		"RETURN DELETE ONLY t:1 RETURN AFTER":  CountFound,
		"CREATE ONLY t RETURN BEFORE":          CountFound,
		"DELETE t RETURN NONE":                 CountUnknown,
		"CREATE ONLY t RETURN NULL":            CountOne,
		"(DELETE t RETURN BEFORE)":             CountElements,
		"RETURN DELETE t RETURN VALUE $before": CountElements,
	} {
		q := Analyze(text)
		require.Equal(t, want, q.Statements[0].Counting(), text)
	}
}

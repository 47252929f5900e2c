//go:build go1.27 && !purego

package main

import (
	"database/sql"

	"github.com/surrealsql/surrealsql/benchmarks/internal/measure"
	"github.com/surrealsql/surrealsql/benchmarks/internal/record"
)

// directCases scan into a struct without a wrapper, which database/sql can since
// Go 1.27 where the driver is a driver.RowsColumnScanner.
func directCases(db *sql.DB, n int) []measure.Case {
	direct := func() error {
		return documents(db, n, func(d *record.Document) any { return d })
	}
	return []measure.Case{{Name: "driver, &document", Role: measure.Subject, Rows: n, Op: op(direct)}}
}

// allocsPerRow is what a row of four columns may cost: its string, and its share
// of what a query costs once.
const allocsPerRow = 1.02

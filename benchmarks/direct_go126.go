//go:build !go1.27 || purego

package main

import (
	"database/sql"

	"github.com/surrealsql/surrealsql/benchmarks/internal/measure"
)

// directCases are for Go 1.27 and later.
func directCases(*sql.DB, int) []measure.Case { return nil }

// allocsPerRow is what a row of four columns may cost: database/sql has each
// value boxed.
const allocsPerRow = 4.8

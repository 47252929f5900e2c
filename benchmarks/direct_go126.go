//go:build !go1.27 || purego

package main

import (
	"database/sql"

	"github.com/surrealsql/surrealsql/benchmarks/internal/measure"
	"github.com/surrealsql/surrealsql/benchmarks/internal/record"
)

// directCases are for Go 1.27 and later.
func directCases(*sql.DB, int) []measure.Case { return nil }

// allocsPerRow is what a row of four columns may cost: database/sql has each
// value boxed.
const allocsPerRow = 4.8

// membersAlone reads members as database/sql has them read.
func membersAlone(conn any, want int) error { return values(conn, record.Members.Text, want) }

// aloneInto says what that reads them into.
const aloneInto = "into the values that database/sql then stores"

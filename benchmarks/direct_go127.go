//go:build go1.27 && !purego

package main

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"

	"github.com/surrealsql/surrealsql/benchmarks/internal/hand"
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

// membersAlone reads members into variables, as database/sql has them read.
func membersAlone(conn any, want int) error {
	rows, err := conn.(driver.QueryerContext).QueryContext(context.Background(), record.Members.Text, nil)
	if err != nil {
		return err
	}
	defer rows.Close()
	scanner, ok := rows.(driver.RowsColumnScanner)
	if !ok {
		return fmt.Errorf("%T: %w", rows, errors.ErrUnsupported)
	}
	var none driver.ScanContext
	dest, got := memberDest(new(hand.Member), record.MemberColumns), 0
	for err = scanner.NextRow(); err == nil; err = scanner.NextRow() {
		for i, d := range dest {
			if err := scanner.ScanColumn(none, i, d); err != nil {
				return err
			}
		}
		got++
	}
	if err != io.EOF {
		return err
	}
	return counted(got, want)
}

// aloneInto says what that reads them into.
const aloneInto = "into variables, column by column"

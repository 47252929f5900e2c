package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"
)

// The table: a row for each server.

var errFailed = errors.New("tests failed")

// noServer is the row of the tests that asked for none.
const noServer = "no server"

// row is what is known of the tests on one server.
type row struct {
	version string
	place   int // in the list of servers
	failed  bool
	counts
	took time.Duration
}

// counts are numbers of tests, with their subtests.
type counts struct {
	run, tooOld, skipped int
}

func (c *counts) add(o counts) {
	c.run += o.run
	c.tooOld += o.tooOld
	c.skipped += o.skipped
}

// writeTable writes the rows, below a head unless they are added to others.
func (r *reader) writeTable(w io.Writer, run string, add bool) error {
	if !add {
		if _, err := fmt.Fprintf(w, "\n%-14s %-7s %6s %8s %8s %8s  %s\n",
			"SurrealDB", "result", "tests", "too old", "skipped", "seconds", "run, server"); err != nil {
			return err
		}
	}
	servers := slices.SortedFunc(maps.Keys(r.rows), func(a, b string) int {
		return cmp.Or(cmp.Compare(r.rows[a].place, r.rows[b].place), cmp.Compare(a, b))
	})
	for _, server := range servers {
		row := r.rows[server]
		result := "ok"
		if row.failed {
			result = "FAILED"
		}
		if run != "" {
			server = run + ", " + server
		}
		if _, err := fmt.Fprintf(w, "%-14s %-7s %6d %8d %8d %8.1f  %s\n", cmp.Or(row.version, "-"),
			result, row.run, row.tooOld, row.skipped, row.took.Seconds(), server); err != nil {
			return err
		}
	}
	return nil
}

package surrealsql

import "github.com/surrealsql/surrealsql/internal/surrealql"

// What of a text is in force although a statement of it failed. Outside of a
// transaction each statement commits on its own, a block from BEGIN to COMMIT as one,
// and those behind a failure run all the same. Measured on 3.0.2, 3.3.5 and
// 4.0.0-beta.1: what stands in one statement is in force as a whole or not at all, also
// in a { block }, FOR, IF, a subquery or LET.

// inForce reports whether the text has, or may have, written something that outlives
// the failure of one of its statements: then running it again would write it twice.
// In an open transaction nothing is in force before its commit.
func (a *answer) inForce() bool {
	if a.conn.tx != nil {
		return false
	}
	if a.align() != nil {
		return writers(a.query.Statements, nil) > 1
	}
	return writers(a.query.Statements, func(from, to int) bool {
		for i := range a.entries {
			if at := a.at[i]; a.entries[i].failed && from <= at && at < to {
				return true
			}
		}
		return false
	}) > 0
}

// writers counts the parts of a text that commit by themselves and may write, without
// those that failed.
func writers(statements []surrealql.Statement, failed func(from, to int) bool) (n int) {
	for from := 0; from < len(statements); {
		to := from + 1
		kept := true
		if statements[from].Kind == surrealql.Begin {
			for to < len(statements) && kept && statements[to-1].Kind != surrealql.Commit {
				kept = statements[to].Kind != surrealql.Cancel
				to++
			}
		}
		if kept && mayWrite(statements[from:to]) && (failed == nil || !failed(from, to)) {
			n++
		}
		from = to
	}
	return n
}

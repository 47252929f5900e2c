package surrealsql

import (
	"errors"
	"fmt"
	"io"

	"github.com/surrealsql/surrealsql/internal/surrealql"
)

// What went wrong in a reply, and what of its text is in force although a statement of it
// failed. Outside of a transaction each statement commits on its own, a block from BEGIN to
// COMMIT as one, and those after a failure run all the same. Measured on 3.0.2, 3.3.5 and
// 4.0.0-beta.1: what stands in one statement is in force as a whole or not at all, also
// in a { block }, FOR, IF, a subquery or LET.

// failRow is what an error in the middle of the rows means. The pool does not see
// errors of Next, but it sees that the connection is broken. raw is the result and
// what follows it, if it did not arrive piece by piece: where that is well-formed
// nothing is wrong but a value that this driver does not know.
func (r *reply) failRow(err error, raw []byte) error {
	if errors.Is(err, ErrAmbiguousColumns) {
		r.drop()
		return err
	}
	if raw == nil {
		return r.end(err)
	}
	d := r.stream.Decoder()
	d.Reset(raw)
	if skipped := d.Skip(); skipped != nil {
		return r.end(err)
	}
	if failure := r.finish(d); failure != io.EOF {
		return failure
	}
	return undecodableRow(err)
}

// undecodableRow is the error of a row of a reply that is well-formed: the connection
// is as good as before.
func undecodableRow(err error) error {
	return fmt.Errorf("surrealsql: a row that cannot be decoded: %w", err)
}

// afterWrite says of an error in what the server answered that the text has run, where it
// may have written: the error looks like one of a text that has not. Those of a
// statement, and of the connection, say themselves what has happened.
func (r *reply) afterWrite(err error) error {
	if err == nil || !mayWrite(r.query.Statements) {
		return err
	}
	if _, failed := errors.AsType[*Error](err); failed {
		return err
	}
	if _, lost := errors.AsType[*ConnError](err); lost {
		return err
	}
	if r.inTx {
		return fmt.Errorf("%w (the text has run, and what it wrote is in the transaction: only its answer could not be read)", err)
	}
	return fmt.Errorf("%w (the text has run, and what it wrote is done: only its answer could not be read)", err)
}

// firstError returns the error of the first statement, from an entry on, that failed by
// itself, not because a neighbour did; nil if none failed.
func (r *reply) firstError(from int) error {
	collateral := -1
	for i := from; i < len(r.entries); i++ {
		e := &r.entries[i]
		switch {
		case !e.failed, e.told:
		case !isCollateral(e.err()):
			return r.errorOf(i)
		case collateral < 0:
			collateral = i
		}
	}
	if collateral < 0 {
		return nil
	}
	return r.errorOf(collateral)
}

// errorOf returns the error of a failed entry, with the number of its statement: that
// of the entry is another where a block ended early, or has no entry for its end.
func (r *reply) errorOf(i int) *Error {
	err := r.entries[i].err()
	if r.align() == nil {
		err.Statement = r.at[i] + 1
		if r.query.Statements[r.at[i]].BuildsIndex && r.owner.serverMajor() >= 4 {
			err.hintIndex()
		}
	}
	err.inForce = r.inForce()
	return err
}

// inForce reports whether the text has, or may have, written something that outlives
// the failure of one of its statements: then running it again would write it twice.
// In an open transaction nothing is in force before its commit.
func (r *reply) inForce() bool {
	if r.inTx {
		return false
	}
	if r.align() != nil {
		return writers(r.query.Statements, nil) > 1
	}
	return writers(r.query.Statements, func(from, to int) bool {
		for i := range r.entries {
			if at := r.at[i]; r.entries[i].failed && from <= at && at < to {
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

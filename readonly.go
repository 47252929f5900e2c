package surrealsql

import (
	"fmt"

	"github.com/surrealsql/surrealsql/internal/surrealql"
)

// SurrealDB has no read-only mode, so it is kept here: a text is judged by the
// kinds of its statements and of those inside them, before it is sent.

// ReadsOnly reports whether a text only reads and could run on any server that
// holds the data: by its kinds of statements nothing in it may write, it neither
// begins nor ends a transaction, and it leaves no live query behind. What the text
// does not show counts as a write (a function of the database, a closure in a
// variable), and so does syntax that this driver does not know. Only a field that
// is computed by a write goes unnoticed.
//
// It remembers texts, as connectors do: asking again costs a look into a map. It
// is safe for concurrent use.
func ReadsOnly(text string) bool {
	q := judged.analyze(text)
	for i := range q.Statements {
		switch s := &q.Statements[i]; s.Kind {
		case surrealql.Begin, surrealql.Commit, surrealql.Cancel, surrealql.Live, surrealql.Kill:
			return false
		default:
			if s.Lost() {
				return false
			}
		}
	}
	return !mayWrite(q.Statements)
}

// judged remembers the texts that ReadsOnly was asked about: it belongs to no
// connector.
var judged = newTexts()

// refuseWrites returns an ErrReadOnly if a statement of the text may write.
func refuseWrites(q *analysis) error {
	for i := range q.Statements {
		if s := &q.Statements[i]; s.MayWrite {
			return fmt.Errorf("%w: statement %d (%s) may write", ErrReadOnly, i+1, s.Kind)
		}
	}
	return nil
}

func mayWrite(statements []surrealql.Statement) bool {
	for i := range statements {
		if statements[i].MayWrite {
			return true
		}
	}
	return false
}

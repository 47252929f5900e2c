package surrealsql

import (
	"fmt"

	"github.com/surrealsql/surrealsql/internal/surrealql"
	"github.com/surrealsql/surrealsql/internal/textcache"
)

// Up to 3.3 SurrealDB has no read-only mode, so it is kept here: whether a text may write is
// told by the kinds of its statements and of those inside them, before it is sent. That of 4.0
// refuses less, it lets sequence::nextval pass (4.0.0-beta.1), and is only told of transactions.

// ReadsOnly reports whether a text only reads and could run on any server that
// holds the data: by its kinds of statements nothing in it may write, it neither
// begins nor ends a transaction, and it starts no live query. USE counts as a
// write: it makes the namespace and the database that are not there (3.x). So do what
// the text does not show (a function of the database, a call of what the text does not
// define), calls that reach out or run code (http::*, eval::*, api::*, ml::*, JavaScript),
// functions and syntax that this driver does not know, and comments of which servers see
// different ends (a lone carriage return ends a line up to 3.3.5, not in 4.0.0-beta.1).
// Closures count by what is in them. Only a field that is computed by a write goes
// unnoticed.
//
// It remembers its answers to texts of some KiB, a megabyte of them at the most:
// asking again costs a look into a map. It is safe for concurrent use.
func ReadsOnly(text string) bool {
	answer, _ := readsOnlyCache.Get(text)
	return answer
}

func readsOnly(text string) bool {
	q := surrealql.Analyze(text)
	for i := range q.Statements {
		switch s := &q.Statements[i]; s.Kind {
		case surrealql.Begin, surrealql.Commit, surrealql.Cancel, surrealql.Live, surrealql.Kill:
			return false
		default:
			if s.MayWrite {
				return false
			}
		}
	}
	return true
}

// readsOnlyCache remembers what ReadsOnly answered. It belongs to no connector and is there
// for good, so it is small and keeps no analysis.
var readsOnlyCache = textcache.New(maxReadsOnlyBytes, readsOnly, func(bool, string) int { return 0 })

// maxReadsOnlyBytes bounds a generation of it; texts of more than an eighth are analysed
// each time.
const maxReadsOnlyBytes = 512 << 10

// refuseWrites returns an ErrReadOnly if a statement of the text may write.
func refuseWrites(q *analysis) error {
	for i := range q.Statements {
		switch s := &q.Statements[i]; {
		case s.Lost():
			return fmt.Errorf("%w: statement %d (%s) has syntax that the driver does not know, which counts as a write: see that it is right, or run it on a connection that may write", ErrReadOnly, i+1, s.Kind)
		case s.MayWrite:
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

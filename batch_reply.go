package surrealsql

import (
	"database/sql/driver"
	"errors"
	"fmt"
	"io"

	"github.com/surrealsql/surrealsql/internal/surrealql"
	"github.com/surrealsql/surrealsql/internal/wire"
)

// What is done for a batch beside what is done for any text: before it is sent, and with the
// reply.

// admit refuses a batch whose texts are not what they are by themselves once they stand in one,
// and a query of it that admits refuses, which counts the statements as the query does.
func (b *batchRequest) admit(q *analysis, admits func(*analysis) error) error {
	from := 0
	for i, to := range b.ends {
		own, err := b.query(q, from, to)
		if err == nil {
			err = admits(own)
		}
		if err != nil {
			return &BatchError{Query: i + 1, Err: err}
		}
		from = to
	}
	if from != len(q.Statements) {
		return &BatchError{Query: len(b.ends), Err: errNotClosed}
	}
	return nil
}

var errNotClosed = errors.New("surrealsql: its text goes on where it should end: a string, a comment or a bracket in it is not closed")

// query is the statements of one query as they stand in the whole text.
func (b *batchRequest) query(q *analysis, from, to int) (*analysis, error) {
	if to > len(q.Statements) {
		return nil, errNotClosed
	}
	statements := q.Statements[from:to]
	for j := range statements {
		if q.Text[statements[j].Pos:statements[j].End] != b.statements[from+j].text {
			return nil, errNotClosed
		}
	}
	return &analysis{Query: &surrealql.Query{Statements: statements}}, nil
}

// takeBatch moves what the statements came to from the reply to the request: the rows of those
// that have failed are no result sets.
func (r *reply) takeBatch(b *batchRequest) error {
	if err := r.align(); err != nil {
		return r.afterWrite(err)
	}
	b.answered = true
	for i := range r.entries {
		e, at := &r.entries[i], r.at[i]
		s := &b.statements[at]
		if e.failed {
			err := r.errorOf(i)
			err.Statement = s.number
			s.err, e.told = err, true
			continue
		}
		s.rows = r.query.Statements[at].Yields
		s.count = r.countOwn(i, s)
		if s.hidden {
			e.result = noRecords
		}
	}
	r.batch = b
	return nil
}

// noRecords is the result of a DELETE, and of a DELETE ONLY.
var noRecords = wire.AppendNone(nil)

// countOwn is the number of records that a statement of a batch touched.
func (r *reply) countOwn(i int, s *batchStatement) driver.Result {
	n, err := r.countEntry(i, s.own, s.number)
	if err != nil {
		return uncounted{err}
	}
	return n
}

// openOfBatch opens the result set of an entry as its reader wants it. Where it cannot be read
// it is empty, and the reader is told: rows end with an error, and other queries' come after
// these.
func (c *cursor) openOfBatch(entry int) {
	r := c.reply
	c.set.records = r.batch.records
	if err := c.set.open(r.query, r.at[entry], r.entries[entry].result); err != nil {
		_ = c.spoil(entry, r.afterWrite(err))
	}
}

// spoil ends the result set of an entry, whose reader is told why.
func (c *cursor) spoil(entry int, why error) error {
	c.reply.batch.statements[c.reply.at[entry]].spoilt = why
	c.set = c.set.without()
	c.set.done = true
	return io.EOF
}

// BatchError is the error of one query of a [Batch].
type BatchError struct {
	Query int // its number, from 1, in the order in which they were queued
	Err   error
}

func (e *BatchError) Error() string {
	return fmt.Sprintf("surrealsql: query %d of the batch: %v", e.Query, e.Err)
}

// Unwrap returns the error by itself.
func (e *BatchError) Unwrap() error { return e.Err }

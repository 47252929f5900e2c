package surrealsql

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// Many texts, each with arguments and a result of its own, in one round trip.

// Batch is texts that go to the server together, in one request, and run there one after the
// other: what a query writes, those after it see. Each has arguments and a result of its own.
//
//	var b surrealsql.Batch
//	b.Queue(`CREATE person:ada SET name = $1`, "Ada")
//	b.Queue(`SELECT name FROM person WHERE name > $1`, "A")
//	results, err := surrealsql.SendBatch(ctx, db, &b)
//	if err != nil {
//		return err
//	}
//	defer results.Close()
//	if _, err := results.Exec(); err != nil {
//		return err
//	}
//	rows, err := results.Query()
//
// It is no transaction: each statement commits by itself, and the queries after one that has
// failed run all the same, as the statements of one text do. For all or nothing send it on a
// *sql.Tx, or queue a text from BEGIN to COMMIT.
//
// The zero value is an empty batch. A Batch can be sent any number of times, by one goroutine
// at a time.
type Batch struct{ queued []*QueuedQuery }

// QueuedQuery is a query of a batch. Its methods say what is to be done with its result; they
// are for programs that would rather say it where they queue the query. [BatchResults.Close]
// does it then, for all queries whose results were not asked for. Of several the last counts.
type QueuedQuery struct {
	text   string
	args   []any
	finish func(*BatchResults) error
	typed  bool // records are read, not columns
}

// Queue adds a query. A text may have several statements; their result sets are the query's.
// It must not say USE or OPTION, which would hold for the queries after it as well, nor
// LIVE SELECT.
func (b *Batch) Queue(query string, args ...any) *QueuedQuery {
	q := &QueuedQuery{text: query, args: args}
	b.queued = append(b.queued, q)
	return q
}

// Len returns how many queries there are.
func (b *Batch) Len() int { return len(b.queued) }

// Exec has f called with the query's result.
func (q *QueuedQuery) Exec(f func(sql.Result) error) {
	q.finish = func(results *BatchResults) error {
		result, err := results.Exec()
		if err != nil {
			return err
		}
		return f(result)
	}
}

// Query has f called with the query's rows, which are closed once f has returned. An error of
// [BatchRows.Err] is that of the query, also where f does not ask for it.
func (q *QueuedQuery) Query(f func(*BatchRows) error) {
	q.finish = func(results *BatchResults) error {
		rows, err := results.Query()
		if err != nil {
			return err
		}
		return errors.Join(f(rows), rows.Close(), rows.Err())
	}
}

// QueryRow has f called with the query's first row. What the query failed with is the error, also
// where f does not scan the row.
func (q *QueuedQuery) QueryRow(f func(*BatchRow) error) {
	q.finish = func(results *BatchResults) error {
		row := results.QueryRow()
		return cmp.Or(f(row), row.untold())
	}
}

// SendBatch sends the queries, in one round trip, and returns their results, which must be
// closed: they hold the connection. q is a *sql.DB, *sql.Conn or *sql.Tx whose driver is this
// one, or what wraps one of them. Nothing is sent for an empty batch.
//
// An error says that nothing has run, or that what became of the whole is not known, as for any
// text ([ErrOutcomeUnknown]): a text that does not parse keeps all of them from running. It is
// a [*BatchError] where one query is the reason. What a query fails with while others go on is
// the error of its own result.
//
// On the server the queries are one text, whose arguments have other names than the program
// gave them. So a query is refused that uses a variable of the session which one before it
// sets with LET. Errors tell statements, lines and columns of the query.
func SendBatch(ctx context.Context, q Querier, b *Batch) (*BatchResults, error) {
	results := &BatchResults{queued: b.queued, strict: optionsOf(ctx).strict}
	if len(b.queued) == 0 {
		return results, nil
	}
	joined, err := joinQueries(b.queued)
	if err != nil {
		return nil, err
	}
	results.joined = joined
	request := joined.request()
	rows, err := q.QueryContext(withBatchRequest(ctx, request), joined.text, joined.args...)
	if err != nil {
		return nil, joined.explain(err)
	}
	if !request.answered {
		return nil, errors.Join(errNotOurs, rows.Close())
	}
	results.rows, results.request = rows, request
	return results, nil
}

func withBatchRequest(ctx context.Context, b *batchRequest) context.Context {
	o := optionsOf(ctx)
	o.batch = b
	return context.WithValue(ctx, optionsKey{}, o)
}

var errNotOurs = fmt.Errorf("surrealsql: SendBatch: the batch has run, but the driver has not told its outcome: expected a Querier on the driver %q whose wrappers pass contexts and texts on", DriverName)

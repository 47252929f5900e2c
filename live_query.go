package surrealsql

import (
	"context"
	"database/sql"
	"errors"
	"iter"
	"reflect"
	"time"

	"github.com/surrealsql/surrealsql/internal/backoff"
	"github.com/surrealsql/surrealsql/internal/variable"
)

// Live queries as a loop over typed changes, which can outlive their connection.

// Action says what a [Notification] tells.
type Action string

// What a live query tells of a record, and LiveQuery of the live query itself.
const (
	ActionCreate Action = "CREATE"
	ActionUpdate Action = "UPDATE"
	ActionDelete Action = "DELETE"

	// ActionBegun comes first: the live query is there, and tells of all changes from here on.
	// What was there before is read by a query that is made now.
	ActionBegun Action = "BEGUN"
	// ActionResumed is ActionBegun of a live query that takes the place of one that was
	// lost, where [WithReconnect] asks for that: changes may have been missed between the two.
	ActionResumed Action = "RESUMED"
)

// Notification is a change of a record, as [LiveQuery] gives it.
type Notification[T any] struct {
	Action Action
	ID     RecordID // of the record; "" with ActionBegun and ActionResumed
	Record T        // what the query selects of it; of one that is deleted, what it was
}

// WithReconnect returns a context for [LiveQuery], which then begins the live query anew where it
// was lost: with its connection, with the session, or because the reader was too slow
// ([ErrLagging]). Each time the loop gets a Notification with [ActionResumed]. r says how often that
// is tried and after which pauses; with Retry{Attempts: -1} until the context ends. It counts
// anew after each change, and where the live query stood for longer than any pause and a second.
// What would fail again, as a text that does not parse, ends the loop at once. q should be an
// [*sql.DB]: a connection that was leased is not replaced.
func WithReconnect(ctx context.Context, r Retry) context.Context {
	return context.WithValue(ctx, reconnectKey{}, r)
}

// reconnectKey is that of a Retry in a context. It is none of the options of a call, of which
// the driver is told: a live query is begun anew above database/sql.
type reconnectKey struct{}

// LiveQuery runs a LIVE SELECT and gives the changes that it tells, one by one as they come:
//
//	for n, err := range surrealsql.LiveQuery[Person](ctx, db, "LIVE SELECT * FROM person WHERE age > $1", 18) {
//		if err != nil {
//			return err
//		}
//		switch n.Action {
//		case surrealsql.ActionBegun, surrealsql.ActionResumed:
//			err = load(ctx, db) // what is there now
//		case surrealsql.ActionDelete:
//			remove(n.ID)
//		default:
//			show(n.ID, n.Record)
//		}
//	}
//
// The live query begins when the loop does, which a Notification with [ActionBegun] tells. It
// ends when the loop is left, and when ctx ends, whose error comes last then. The loop is over
// without an error once the live query was killed, as by REMOVE TABLE. T is stored as by
// [Query]; of LIVE SELECT DIFF the record is an array of patches. The server does not
// promise that changes that follow each other quickly come in their order.
//
// The loop holds a connection of q for as long as it runs; those of [Connector.Live] share one.
func LiveQuery[T any](ctx context.Context, q Querier, query string, args ...any) iter.Seq2[Notification[T], error] {
	return func(yield func(Notification[T], error) bool) {
		l := liveLoop[T]{ctx: ctx, q: q, text: query, args: args, begin: ActionBegun}
		for {
			err := l.run(yield)
			if l.left || err == nil {
				return
			}
			if err = l.again(err); err != nil {
				yield(Notification[T]{}, err)
				return
			}
		}
	}
}

// liveLoop is one loop over a live query.
type liveLoop[T any] struct {
	ctx  context.Context
	q    Querier
	text string
	args []any

	begin Action    // what comes first
	left  bool      // the program has left the loop
	fails int       // attempts since it stood last, or told something
	since time.Time // the first of them
}

// run begins the live query and gives what comes, until it ends.
func (l *liveLoop[T]) run(yield func(Notification[T], error) bool) error {
	request := newRecordRequest(l.text, reflect.TypeFor[T](), optionsOf(l.ctx).strict)
	request.live = true
	rows, err := l.q.QueryContext(withRecordRequest(l.ctx, request), l.text, l.args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	if !request.claimed.Load() {
		return errNotRecords
	}
	defer l.stood(time.Now())
	if l.left = !yield(Notification[T]{Action: l.begin}, nil); l.left {
		return nil
	}
	l.begin = ActionResumed
	for {
		n, err := nextNotification[T](rows, request)
		if n == nil || err != nil {
			return err
		}
		l.fails = 0
		if l.left = !yield(*n, nil); l.left {
			return nil
		}
	}
}

// stood notes how long a live query has stood that began at this time: one that was lost after
// longer than any pause, and a second, was no failed attempt, though nothing has changed meanwhile.
func (l *liveLoop[T]) stood(began time.Time) {
	retry, _ := l.ctx.Value(reconnectKey{}).(Retry)
	if time.Since(began) > max(retry.longest(), defaultMaxPause) {
		l.fails = 0
	}
}

// nextNotification waits for the next one; nil is the end.
func nextNotification[T any](rows *sql.Rows, request *recordRequest) (*Notification[T], error) {
	n := new(Notification[T])
	request.dest = variable.To(&n.Record)
	if !rows.Next() {
		return nil, rows.Err()
	}
	if err := request.finish(); err != nil {
		return nil, err
	}
	return n, rows.Scan(&n.Action, &n.ID)
}

// again waits until the live query may be begun anew, or returns why it is over.
func (l *liveLoop[T]) again(err error) error {
	if l.ctx.Err() != nil {
		return ended(l.ctx, err, nil) // which may have cost the connection, and err says that alone
	}
	retry, wanted := l.ctx.Value(reconnectKey{}).(Retry)
	if !wanted || !resumable(err) {
		return err
	}
	if l.fails++; l.fails == 1 {
		l.since = time.Now()
	}
	pause := backoff.Add(leastPause(err), retry.pause(l.fails))
	if retry.Attempts >= 0 && l.fails >= retry.attempts() || retry.tooLate(l.since, pause) {
		return gaveUp(err, l.fails, time.Since(l.since))
	}
	if retry.OnRetry != nil {
		retry.OnRetry(l.ctx, Attempt{N: l.fails, Err: err, Pause: pause})
	}
	if !backoff.Sleep(l.ctx, pause) {
		return ended(l.ctx, err, nil)
	}
	return nil
}

// resumable reports whether a live query that has ended so may be begun anew with success.
func resumable(err error) bool {
	if isIncompatible(err) || errors.Is(err, ErrClosed) || errors.Is(err, sql.ErrConnDone) {
		return false
	}
	return IsConnectivity(err) || IsRetryable(err) || errors.Is(err, ErrExpired) || errors.Is(err, ErrLagging)
}

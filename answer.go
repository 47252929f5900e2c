package surrealsql

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"time"

	"github.com/surrealsql/surrealsql/internal/cbor"
	"github.com/surrealsql/surrealsql/internal/rpc"
	"github.com/surrealsql/surrealsql/internal/surrealql"
)

// A result with an explicit projection is decoded in one walk, and a long one while
// it arrives: the first row is there before the last has been sent, and memory does
// not grow with the result. That works where the columns are known without the rows
// and no other result set comes behind, which is said of a text by canStream.

// answer is the reply to a text: an entry for each statement, which may hold the
// statement's error. What they hold lies in the connection's buffer until that is
// used again, or detach was called.
type answer struct {
	conn    *Conn
	query   *analysis
	reply   rpc.Stream
	entries []entry
	at      []int              // the statement of each entry
	unread  bool               // the last entry's rows are to be read from the reply, and what is behind them
	cancel  context.CancelFunc // ends query_timeout, where rows are arriving
	log     *queryLog          // what is still to be logged, or nil
}

// drainLimit is how much of a result that nobody wants is read to keep the
// connection, in bytes. It costs some 1.4 ms over loopback, where a new
// connection costs 2 (measured with the engine 3.0.2).
const drainLimit = 1 << 20

// drainable is how much is read of it here and now: all where the connection
// holds what a new one would not, an open transaction or a session that its lease
// has changed.
func (c *Conn) drainable() int {
	if c.tx != nil || c.dirty {
		return math.MaxInt
	}
	return drainLimit
}

// canStream reports whether the last statement's rows can be read while they
// arrive, the others having no result sets.
func canStream(statements []surrealql.Statement) bool {
	last := len(statements) - 1
	for i := range statements {
		s := &statements[i]
		switch {
		case s.Kind == surrealql.Begin, s.Kind == surrealql.Commit, s.Kind == surrealql.Cancel:
			return false // which statements have entries is known at the end only
		case i < last && s.Yields:
			return false
		}
	}
	if last < 0 {
		return false
	}
	p := &statements[last].Projection
	return p.Shape == surrealql.Many && (p.Form == surrealql.Columns || p.Form == surrealql.Value)
}

// parse takes the reply apart without decoding the results. With early it stops
// before the rows of the last statement, if there are any and nothing failed: they are
// unread then.
func (a *answer) parse(early bool) error {
	d := a.reply.Decoder()
	n, err := d.ArrayLen()
	failed := false
	for more := false; err == nil; {
		if more, err = d.More(&n); err != nil || !more {
			break
		}
		a.entries = append(a.entries, entry{})
		e := &a.entries[len(a.entries)-1]
		if e.fields, err = d.MapLen(); err != nil {
			break
		}
		if early && n == 0 && !failed {
			err = a.parseLast(e)
		} else {
			err = e.parseFields(d, a.reply.Arriving())
		}
		if a.unread {
			return nil
		}
		failed = failed || e.failed
	}
	return a.end(err)
}

// parseLast reads the last entry up to its rows, or whole where it has none.
func (a *answer) parseLast(e *entry) (err error) {
	d := a.reply.Decoder()
	a.unread, err = e.findRows(d, a.reply.Arriving())
	if err != nil || a.unread {
		return err
	}
	if a.reply.Arriving() {
		err = a.reply.Buffer()
	}
	if err == nil {
		e.result, err = d.Raw()
	}
	if err == nil {
		err = e.parseFields(d, false)
	}
	return err
}

// end finishes the reply, whose entries are read, or gives the connection up for
// the error that reading them met.
func (a *answer) end(err error) error {
	switch {
	case err == nil:
		err = a.reply.Finish()
	case a.reply.Arriving():
		err = a.reply.Fail(err)
	default:
		err = a.reply.Fail(fmt.Errorf("unreadable reply to a query: %w", err))
	}
	a.stop()
	if err != nil {
		return a.conn.failure(err)
	}
	return nil
}

// stop ends what bounded the arrival of rows.
func (a *answer) stop() {
	a.unread = false
	if a.cancel != nil {
		a.cancel()
		a.cancel = nil
	}
}

func (a *answer) last() *entry { return &a.entries[len(a.entries)-1] }

// finish reads what is behind the rows, where d stands: whether the statement
// succeeded after all, and the end of the reply. It returns io.EOF if all is well.
func (a *answer) finish(d *cbor.Decoder) error {
	own, e := a.reply.Decoder(), a.last()
	if own != d {
		own.Reset(d.Rest())
	}
	e.result = []byte{} // read already
	if err := a.end(e.parseFields(own, a.reply.Arriving())); err != nil {
		return err
	}
	if !e.failed {
		return io.EOF
	}
	if a.conn.tx != nil {
		a.conn.tx.judge(a, nil)
	}
	return a.errorOf(len(a.entries) - 1)
}

// judge says what an error in the middle of the rows means. The pool does not see
// errors of Next, but it sees that the connection is broken. raw is the result and
// what is behind it, if it did not arrive piece by piece: where that is well-formed
// nothing is wrong but a value that this driver does not know.
func (a *answer) judge(err error, raw []byte) error {
	if errors.Is(err, ErrAmbiguousColumns) {
		a.drop()
		return err
	}
	if raw == nil {
		return a.end(err)
	}
	d := a.reply.Decoder()
	d.Reset(raw)
	if skipped := d.Skip(); skipped != nil {
		return a.end(err)
	}
	if failure := a.finish(d); failure != io.EOF {
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
func (a *answer) afterWrite(err error) error {
	if err == nil || !mayWrite(a.query.Statements) {
		return err
	}
	if _, failed := errors.AsType[*Error](err); failed {
		return err
	}
	if _, lost := errors.AsType[*ConnError](err); lost {
		return err
	}
	if a.conn.tx != nil {
		return fmt.Errorf("%w (the text has run, and what it wrote is in the transaction: only its answer could not be read)", err)
	}
	return fmt.Errorf("%w (the text has run, and what it wrote is done: only its answer could not be read)", err)
}

// drop gives up the rows that are arriving. They may not have arrived yet, and there
// is no context to say how long to wait for it.
func (a *answer) drop() {
	if a.unread && a.reply.Arriving() {
		defer time.AfterFunc(a.conn.cfg.CloseTimeout, a.conn.rpc.Abort).Stop()
		a.reply.Drop(a.conn.drainable())
	}
	a.stop()
}

// detach moves the entries from one on into memory of their own, because the
// connection is wanted by who waits no longer than ctx. Rows that are arriving are
// waited for.
func (a *answer) detach(ctx context.Context, from int) {
	if a.unread {
		if a.reply.Arriving() {
			defer context.AfterFunc(ctx, a.conn.rpc.Abort)()
			_ = a.reply.Buffer() // an error is one of the next row's, too
		}
		return
	}
	for i := max(from, 0); i < len(a.entries); i++ {
		a.entries[i].own()
	}
}

// align finds the statement of each entry. Which statements a server answers differs
// between versions, and where a block fails or returns early. Entries that no
// statement is left for mean that the text was not understood as the server did:
// then there is no telling which columns belong to which result.
func (a *answer) align() error {
	a.at = a.at[:0]
	if len(a.query.Statements) == 1 && len(a.entries) == 1 {
		a.at = append(a.at, 0)
		return nil
	}
	aligner := a.query.Align(a.conn.major, len(a.entries))
	for i := range a.entries {
		message := ""
		if a.entries[i].failed {
			message = a.entries[i].message()
		}
		statement, ok := aligner.Next(a.entries[i].failed, message)
		if !ok {
			return fmt.Errorf("surrealsql: the server gave %d answers, of which only %d belong to statements read in the text: send the statements one by one", len(a.entries), i)
		}
		a.at = append(a.at, statement)
	}
	return nil
}

// failure returns the error of the first statement, from an entry on, that failed by
// itself, not because a neighbour did; nil if none failed.
func (a *answer) failure(from int) error {
	collateral := -1
	for i := from; i < len(a.entries); i++ {
		e := &a.entries[i]
		switch {
		case !e.failed:
		case !isCollateral(e.err()):
			return a.errorOf(i)
		case collateral < 0:
			collateral = i
		}
	}
	if collateral < 0 {
		return nil
	}
	return a.errorOf(collateral)
}

// errorOf returns the error of a failed entry, with the number of its statement: that
// of the entry is another where a block ended early, or has no entry for its end.
func (a *answer) errorOf(i int) *Error {
	err := a.entries[i].err()
	if a.align() == nil {
		err.Statement = a.at[i] + 1
	}
	err.inForce = a.inForce()
	return err
}

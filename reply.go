package surrealsql

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/surrealsql/surrealsql/internal/cbor"
	"github.com/surrealsql/surrealsql/internal/rpc"
)

// A reply is taken apart into its entries, whose rows are decoded later.
//
// A result with an explicit projection is decoded in one walk, and a long one while
// it arrives: the first row is there before the last has been sent, and memory does
// not grow with the result. That works where the columns are known without the rows
// and no other result set follows, which canStream says of a text.

// reply is what the server answered to a text: an entry for each statement, which may hold
// the statement's error. What they hold lies in the connection's buffer until that is used
// again, or detach was called.
type reply struct {
	owner   owner
	query   *analysis
	stream  rpc.Stream
	entries []entry
	at      []int              // the statement of each entry
	unread  bool               // the last entry's rows, and what follows them, are to be read
	whole   bool               // rows are read as records, whatever their keys
	inTx    bool               // the text runs in a transaction, which may be over when the rows are read
	cancel  context.CancelFunc // ends query_timeout, where rows are arriving
	log     *queryLog          // what is still to be logged, or nil
	batch   *batchRequest      // that is told what is wrong with a result set, or nil

	*streamed // of an answer that comes in frames, else nil: then it is in stream
}

// owner is what a reply needs of the connection that it came on.
type owner interface {
	transportError(err error) error        // gives the connection or the stream up, and is the caller's error
	abort()                                // closes the socket
	closeTimeout() time.Duration           // bounds what has no context
	drainable() int                        // bytes worth reading to keep the connection
	maxMessage() int                       // bytes of an answer that are kept in memory
	doomIfWriteFailed(r *reply, err error) // dooms that transaction if a write in it has failed
	serverMajor() int                      // the server's version
	closing(r *rows)                       // rows are not the connection's last any more
	putCursor(cur *cursor)                 // takes a cursor back
}

// early reports whether the rows can be read while they arrive, as the caller would.
func (r *reply) early(wanted bool) bool {
	if r.whole {
		return wanted && r.query.wholeRows
	}
	return wanted && (r.query.streams || r.streamed != nil && r.query.starStreams.Load())
}

// parse takes the reply apart without decoding the results. With early it stops
// before the rows of the last statement, if there are any and nothing failed: they are
// unread then.
func (r *reply) parse(early bool) error {
	d := r.stream.Decoder()
	n, err := d.ArrayLen()
	failed := false
	for more := false; err == nil; {
		if more, err = d.More(&n); err != nil || !more {
			break
		}
		r.entries = append(r.entries, entry{})
		e := &r.entries[len(r.entries)-1]
		if e.fields, err = d.MapLen(); err != nil {
			break
		}
		if early && n == 0 && !failed {
			err = r.parseLast(e)
		} else {
			err = e.parseFields(d, r.stream.Arriving())
		}
		if r.unread {
			return nil
		}
		failed = failed || e.failed
	}
	return r.end(err)
}

// parseLast reads the last entry up to its rows, or whole where it has none.
func (r *reply) parseLast(e *entry) (err error) {
	d := r.stream.Decoder()
	r.unread, err = e.findRows(d, r.stream.Arriving())
	if err != nil || r.unread {
		return err
	}
	if r.stream.Arriving() {
		err = r.stream.Buffer()
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
func (r *reply) end(err error) error {
	switch {
	case err == nil:
		err = r.stream.Finish()
	case r.stream.Arriving():
		err = r.stream.Fail(err)
	default:
		err = r.stream.Fail(fmt.Errorf("unreadable reply to a query: %w", err))
	}
	r.stop()
	if err != nil {
		return r.owner.transportError(err)
	}
	return nil
}

// stop ends query_timeout, which bounded the arrival of rows.
func (r *reply) stop() {
	r.unread = false
	if r.cancel != nil {
		r.cancel()
		r.cancel = nil
	}
}

func (r *reply) last() *entry { return &r.entries[len(r.entries)-1] }

// finish reads what follows the rows, where d stands: whether the statement
// succeeded after all, and the end of the reply. It returns io.EOF if all is well.
func (r *reply) finish(d *cbor.Decoder) error {
	own, e := r.stream.Decoder(), r.last()
	if own != d {
		own.Reset(d.Rest())
	}
	e.result = []byte{} // read already
	if err := r.end(e.parseFields(own, r.stream.Arriving())); err != nil {
		return err
	}
	if !e.failed {
		return io.EOF
	}
	r.owner.doomIfWriteFailed(r, nil)
	return r.errorOf(len(r.entries) - 1)
}

// drop gives up the rows that are arriving. They may not have arrived yet, and there
// is no context to say how long to wait for it.
func (r *reply) drop() {
	if r.streamed != nil {
		_ = r.leaveFrames()
		return
	}
	if r.unread && r.stream.Arriving() {
		defer time.AfterFunc(r.owner.closeTimeout(), r.owner.abort).Stop()
		r.stream.Drop(r.owner.drainable())
	}
	r.stop()
}

// detach moves the entries from one on into memory of their own, because the
// connection is wanted. Rows that are arriving are waited for; ctx bounds the wait.
func (r *reply) detach(ctx context.Context, from int) {
	if r.unread {
		if r.streamed == nil && r.stream.Arriving() {
			defer r.boundBy(ctx)()
			_ = r.stream.Buffer() // an error is one of the next row's, too
		}
		return
	}
	for i := max(from, 0); i < len(r.entries); i++ {
		r.entries[i].own()
	}
}

// boundBy closes the socket at the end of ctx, until the function that it returns is called:
// where ctx has ended it is closed then, not in the middle of a later call.
func (r *reply) boundBy(ctx context.Context) (release func()) {
	stop := context.AfterFunc(ctx, r.owner.abort)
	return func() {
		if !stop() {
			r.owner.abort()
		}
	}
}

// align finds the statement of each entry. Which statements a server answers differs
// between versions, and where a block fails or returns early. Entries that no
// statement is left for mean that the text was not understood as the server did:
// then there is no telling which columns belong to which result.
func (r *reply) align() error {
	r.at = r.at[:0]
	if len(r.query.Statements) == 1 && len(r.entries) == 1 {
		r.at = append(r.at, 0)
		return nil
	}
	aligner := r.query.Align(r.owner.serverMajor(), len(r.entries))
	for i := range r.entries {
		message := ""
		if r.entries[i].failed {
			message = r.entries[i].message()
		}
		statement, ok := aligner.Next(r.entries[i].failed, message)
		if !ok {
			return fmt.Errorf("surrealsql: the server gave %d answers, of which only %d belong to statements read in the text: send the statements one by one", len(r.entries), i)
		}
		r.at = append(r.at, statement)
	}
	return nil
}

package surrealsql

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/surrealsql/surrealsql/internal/cbor"
	"github.com/surrealsql/surrealsql/internal/clock"
	"github.com/surrealsql/surrealsql/internal/rpc"
	"github.com/surrealsql/surrealsql/internal/shaped"
	"github.com/surrealsql/surrealsql/internal/surrealql"
	"github.com/surrealsql/surrealsql/internal/ws"
)

// A reply that is streamed (query_stream, SurrealDB 3.3) comes as frames while the text runs.
// Where its rows can be read while they arrive they are taken from one frame after the
// other. Of all others the frames become the entries that a reply as a whole would have.
//
// A row is provisional until the frame that says that its statement has finished. Who acts on
// a result waits for that: Exec and QueryRow have the end of the answer before they see any
// of it, and the rows of a text that may write are read to their end when they are closed.

// streamed is what a reply knows of its frames.
type streamed struct {
	frames  *rpc.Frames
	first   []byte // the rows of the first frame, as an array in memory; nil once they are read
	body    []byte // the frame of rows that is read after those, valid until the next one; nil while there is none
	shapes  shaped.Scope
	size    int // bytes of all that came
	started clock.Instant
	one     bool  // the caller reads one row and acts on it: the statement must have finished before
	lost    error // what ended the stream while its rows were moved to memory, for the row after those
}

// readFrames takes the frames apart: all of them, or with early up to the rows of the last
// statement, which are unread then, if nothing has failed.
func (r *reply) readFrames(early bool) error {
	r.started = clock.Now()
	if n := len(r.query.fits); n > 0 {
		if f := r.query.fits[n-1].Load(); f != nil {
			r.shapes.Likely = f.shape
		}
	}
	early = early && !r.one
	for r.frames.IsOpen() && !r.unread {
		f, err := r.frames.Next()
		if err != nil {
			return r.owner.transportError(err)
		}
		begins := early && f.Kind == rpc.FrameRows && f.Index == len(r.entries) && f.Index == len(r.query.Statements)-1 && r.allFinished()
		if err = r.takeFrame(f); err != nil {
			return r.owner.transportError(r.frames.Fail(err))
		}
		if begins && r.tellsColumns() {
			if err := r.lookAhead(); err != nil {
				return err
			}
		}
	}
	if !r.unread {
		r.learn()
	}
	return nil
}

// tellsColumns reports whether the columns of the rows that have begun are known without the
// rows that are still to come.
func (r *reply) tellsColumns() bool {
	if r.query.streams || r.whole {
		return true
	}
	rows := r.last().joined
	return rows != nil && rows.Exact()
}

// aheadWait is how long the first rows of a statement wait for what comes after them.
const aheadWait = 5 * time.Millisecond

// lookAhead reads one frame more after the first rows. Most often the statement has finished with
// them: then they are final before anyone sees them, and their types are all there are.
// Otherwise the rows are left to be read from the frames.
func (r *reply) lookAhead() error {
	f, err := r.frames.NextWithin(aheadWait)
	switch {
	case err == rpc.ErrNotYet:
	case err != nil:
		return r.owner.transportError(err)
	case f.Kind != rpc.FrameRows || f.Index != len(r.entries)-1:
		if err := r.takeFrame(f); err != nil {
			return r.owner.transportError(r.frames.Fail(err))
		}
		return nil
	default:
		r.body = f.Body
		r.size += len(f.Body)
	}
	e := r.last()
	r.first, r.unread = e.close(), true
	e.result, e.open = nil, false
	return nil
}

// allFinished reports whether every statement so far has, and none has failed.
func (r *reply) allFinished() bool {
	for i := range r.entries {
		if e := &r.entries[i]; e.failed || !e.hasStatus {
			return false
		}
	}
	return true
}

// quickly is up to how long an answer may take to count as short. For one that takes longer
// streaming costs next to nothing, and lets it be given up.
const quickly = 10 * time.Millisecond

// learn notes what the answer was like.
func (r *reply) learn() {
	if r.size >= longAnswer || r.started.Elapsed() < quickly {
		r.query.habit.answered(r.size)
	}
}

// takeFrame adds a frame to the entries.
func (r *reply) takeFrame(f rpc.Frame) error {
	if f.Kind == rpc.FrameEnd {
		return r.takeEnd(f.Err)
	}
	r.size += len(f.Body)
	e, err := r.entryOf(f.Index)
	if err != nil {
		return err
	}
	enough := r.one && e.hasRows() && f.Index == len(r.query.Statements)-1 // nobody will read more
	switch {
	case r.size > r.owner.maxMessage() && !r.unread && !enough:
		return fmt.Errorf("%w: an answer of %d bytes so far, at most %d are kept in memory", ws.ErrMessageTooLarge, r.size, r.owner.maxMessage())
	case e.hasStatus:
		return fmt.Errorf("a frame of statement %d, which has finished", f.Index+1)
	case f.Kind == rpc.FrameRows:
		return e.addRows(r.frames, f.Body, !enough, &r.shapes)
	case f.Kind == rpc.FrameFinished:
		e.finish(f)
	case e.result != nil || r.unread && e == r.last():
		return fmt.Errorf("a second result of statement %d", f.Index+1)
	default:
		var d cbor.Decoder
		d.Reset(f.Body)
		raw, err := d.Raw()
		e.result = bytes.Clone(raw)
		return err
	}
	return nil
}

// entryOf returns the entry of a statement. The server answers them one after the other
// (3.3.5), but its frames may as well come in another order. More answers than statements
// are for align to refuse.
func (r *reply) entryOf(index int) (*entry, error) {
	for index >= len(r.entries) {
		if index > len(r.entries) && index >= len(r.query.Statements) || r.unread {
			return nil, fmt.Errorf("a frame of statement %d of a text that has %d", index+1, len(r.query.Statements))
		}
		r.entries = append(r.entries, entry{})
	}
	return &r.entries[index], nil
}

// takeEnd notes how the stream ended. Its error is that of the statements that have not
// finished, or of the one that would have come next. Where all have finished it names
// something that a statement has lost afterwards: a live query that will never deliver.
func (r *reply) takeEnd(err *rpc.ServerError) error {
	unfinished := false
	for i := range r.entries {
		if e := &r.entries[i]; !e.hasStatus {
			if err == nil {
				return fmt.Errorf("the end of a stream in which statement %d has not finished", i+1)
			}
			unfinished = true
			e.fail(err)
		}
	}
	if err == nil || unfinished {
		return nil
	}
	if len(r.entries) < len(r.query.Statements) {
		r.entries = append(r.entries, entry{})
		r.last().fail(err)
		return nil
	}
	lost := r.last() // or has failed by itself
	for i := range r.entries {
		if r.query.Statements[min(i, len(r.query.Statements)-1)].Kind == surrealql.Live && !r.entries[i].failed {
			lost = &r.entries[i]
		}
	}
	if !lost.failed {
		lost.fail(err)
	}
	return nil
}

// nextRows makes d stand before the first row of the next frame that has any, and returns how
// many it has, as beginRows does; d stands after the rows of the one before. At the end it
// returns io.EOF, or what the statement has failed with.
func (r *reply) nextRows(d *cbor.Decoder, block *blockRows) (int, error) {
	for {
		if err := r.nextFrame(d.Rest()); err != nil {
			return 0, err
		}
		d.Reset(r.body)
		n, err := beginRows(d, block)
		if err != nil {
			return 0, r.lose(r.owner.transportError(r.frames.Fail(err)))
		}
		if n != 0 {
			return n, nil
		}
	}
}

// nextFrame goes on to the next frame of rows, which is r.body then. rest is what follows the
// rows of the one before in it.
func (r *reply) nextFrame(rest []byte) error {
	if !r.unread {
		return r.outcome()
	}
	var err error
	if r.first == nil {
		err = r.frames.EndOfBody(rest)
		r.body = nil
	}
	r.first = nil
	for err == nil && (r.body != nil || r.frames.IsOpen()) {
		if r.body != nil {
			return nil
		}
		f, failed := r.frames.Next()
		if failed != nil {
			return r.lose(r.owner.transportError(failed))
		}
		if f.Kind != rpc.FrameRows || f.Index != len(r.entries)-1 || r.last().hasStatus {
			err = r.takeFrame(f)
			continue
		}
		r.body = f.Body
		r.size += len(f.Body)
	}
	if err != nil {
		return r.lose(r.owner.transportError(r.frames.Fail(err)))
	}
	r.learn()
	r.stop()
	r.owner.doomIfWriteFailed(r, nil)
	return r.outcome()
}

// lose ends a reply whose stream is over before its end.
func (r *reply) lose(err error) error {
	r.stop()
	r.owner.doomIfWriteFailed(r, err)
	return err
}

// outcome is how a stream ended whose rows have been read.
func (r *reply) outcome() error {
	switch {
	case r.lost != nil:
		return r.lost
	case r.last().failed:
		return r.errorOf(len(r.entries) - 1)
	}
	return io.EOF
}

// failFrames is what an error in a row of a frame means. Where the frame is well-formed, it is
// one of the value and the rows are given up.
func (r *reply) failFrames(err error) error {
	if errors.Is(err, ErrAmbiguousColumns) {
		r.drop()
		return err
	}
	if r.first == nil && r.unread { // else the rows were moved to memory, and the stream is over
		if _, malformed := restOfFrame(r.body); malformed != nil {
			return r.lose(r.owner.transportError(r.frames.Fail(malformed)))
		}
	}
	r.drop()
	return undecodableRow(err)
}

// restOfFrame returns what follows the rows of a frame.
func restOfFrame(body []byte) ([]byte, error) {
	var d cbor.Decoder
	d.Reset(body)
	err := d.Skip()
	return d.Rest(), err
}

// collectFrames waits for the frames that are to come, and returns the bytes of their rows after
// those that d stands before, n of an array. What ends the stream is for the row after them.
func (r *reply) collectFrames(ctx context.Context, d *cbor.Decoder, n int, block *blockRows) []byte {
	defer r.boundBy(ctx)()
	var rows []byte
	items, rest, err := restOfRows(d, n, block)
	for {
		if rows = append(rows, items...); err == nil && len(rows) > r.owner.maxMessage() {
			err = fmt.Errorf("%w: %d bytes of rows that make way for another call, at most %d are kept in memory", ws.ErrMessageTooLarge, len(rows), r.owner.maxMessage())
		}
		if err != nil {
			r.lost = r.lose(r.owner.transportError(r.frames.Fail(err)))
			return rows
		}
		if err = r.nextFrame(rest); err != nil {
			if err != io.EOF {
				r.lost = err
			}
			return rows
		}
		d.Reset(r.body)
		if block != nil {
			items, rest, err = messagesOf(d)
		} else {
			items, rest, err = elements(d)
		}
	}
}

// restOfRows returns the bytes of the rows that d stands before, and what follows them.
func restOfRows(d *cbor.Decoder, n int, block *blockRows) (items, rest []byte, err error) {
	if block == nil {
		return remaining(d, n)
	}
	b, left := d.Rest(), block.rows.Left()
	return b[:left], b[left:], nil
}

// closeGrace is how long closing rows waits for the end of their stream before the server is
// told to stop it: mostly it is there already, and with it what the statement has
// failed with.
const closeGrace = 5 * time.Millisecond

// leaveFrames ends the reading of rows before their end. A text that may write is waited for, as
// long as its context allows; the error is then what it has failed with. Any other is stopped,
// unless it ends within closeGrace.
func (r *reply) leaveFrames() error {
	if !r.unread {
		return nil
	}
	if mayWrite(r.query.Statements) {
		return r.drainFrames()
	}
	ctx, cancel := context.WithTimeout(context.Background(), closeGrace)
	defer cancel()
	r.frames.Bound(ctx)
	err := r.drainFrames()
	if ctx.Err() != nil && isContextError(err) {
		return nil // nobody wants the rest
	}
	return err
}

// drainFrames reads to the end of the stream. An error is what the statement or the stream has
// failed with.
func (r *reply) drainFrames() error {
	for {
		var rest []byte
		if r.first == nil {
			var err error
			if rest, err = restOfFrame(r.body); err != nil {
				return r.lose(r.owner.transportError(r.frames.Fail(err)))
			}
		}
		if err := r.nextFrame(rest); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
	}
}

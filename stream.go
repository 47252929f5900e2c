package surrealsql

import (
	"context"
	"io"
	"math"
	"time"

	"github.com/surrealsql/surrealsql/internal/cbor"
	"github.com/surrealsql/surrealsql/internal/rpc"
	"github.com/surrealsql/surrealsql/internal/surrealql"
)

// A long result with an explicit projection is decoded while it arrives: the
// first row is there before the last has been sent, and memory does not grow
// with the result. That works where the columns are known without the rows and
// no other result set comes behind, which is said of a text by canStream.

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

// stream is a reply whose last statement's rows are still arriving.
type stream struct {
	conn   *Conn
	rpc    *rpc.Stream
	entry  entry // the last statement's, read up to its rows
	cancel context.CancelFunc
	over   bool
}

// openStream reads a reply up to the rows of its last statement. Where they are
// no rows, or something failed, the reply is waited for and stream is nil.
func (c *Conn) openStream(s *rpc.Stream, entries []entry) ([]entry, *stream, error) {
	d := s.Decoder()
	n, err := d.ArrayLen()
	failed := false
	for more := false; err == nil; {
		if more, err = d.More(&n); err != nil || !more {
			break
		}
		var e entry
		if n == 0 && !failed { // the last one
			var rows bool
			if e, rows, err = peekEntry(d); err == nil && rows {
				return append(entries, e), &stream{conn: c, rpc: s, entry: e}, nil
			}
			if err == nil {
				err = s.Buffer()
			}
			if err == nil {
				err = e.parseRest(d)
			}
		} else if e.fields, err = d.MapLen(); err == nil {
			err = e.parseFields(d, true)
		}
		failed = failed || e.failed
		entries = append(entries, e)
	}
	if err == nil {
		return entries, nil, s.Finish()
	}
	return nil, nil, s.Fail(err)
}

// peekEntry reads an entry up to its result, and reports whether that is rows.
// What tells of a failure is sorted before the result.
func peekEntry(d *cbor.Decoder) (e entry, rows bool, err error) {
	if e.fields, err = d.MapLen(); err != nil {
		return e, false, err
	}
	for {
		more, err := d.More(&e.fields)
		if err == nil && !more {
			err = e.check(d)
		}
		var key []byte
		if err == nil {
			key, err = d.TextBytes()
		}
		if err != nil {
			return e, false, err
		}
		if string(key) == "result" {
			kind, err := d.PeekKind()
			return e, kind == cbor.KindArray && e.kind == "", err
		}
		if err := e.parseField(d, string(key)); err != nil {
			return e, false, err
		}
		e.own()
	}
}

// parseRest reads what peekEntry has left.
func (e *entry) parseRest(d *cbor.Decoder) (err error) {
	if e.result, err = d.Raw(); err != nil {
		return err
	}
	return e.parseFields(d, false)
}

// finish reads what is behind the rows: whether the statement succeeded after
// all, and the end of the reply. It returns io.EOF if all is well.
func (s *stream) finish() error {
	d := s.rpc.Decoder()
	s.entry.result = []byte{} // read already
	err := s.entry.parseFields(d, true)
	if err != nil {
		return s.fail(err)
	}
	if err := s.rpc.Finish(); err != nil {
		return s.lost(err)
	}
	s.end()
	if s.entry.failed {
		return s.entry.err(-1)
	}
	return io.EOF
}

// fail gives the connection up for an error in the middle of the rows. The pool
// does not see errors of Next, but it sees that the connection is broken.
func (s *stream) fail(err error) error { return s.lost(s.rpc.Fail(err)) }

func (s *stream) lost(err error) error {
	s.end()
	return s.conn.failure(err)
}

// buffer waits for the rest of the reply, because the connection is wanted. It
// ends with the context of who wants it.
func (s *stream) buffer(ctx context.Context) {
	if !s.over {
		defer context.AfterFunc(ctx, s.conn.rpc.Abort)()
		_ = s.rpc.Buffer() // an error is one of the next row's, too
	}
}

// close gives up what has not been read. What is to be dropped may not have
// arrived, and there is no context to say how long to wait for it.
func (s *stream) close() {
	if !s.over {
		defer time.AfterFunc(s.conn.cfg.CloseTimeout, s.conn.rpc.Abort).Stop()
		s.rpc.Close(s.conn.drainable())
		s.end()
	}
}

func (s *stream) end() {
	s.over = true
	s.cancel()
}

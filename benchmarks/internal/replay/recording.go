package replay

import (
	"bytes"
	"fmt"

	"github.com/surrealsql/surrealsql/internal/cbor"
)

// Recording is the reply to a query as the engine sent it: the payload of one
// message, cut where it must be patched.
type Recording struct {
	head []byte   // up to the request's id
	mid  []byte   // from behind the id to the first statement's result
	rows [][]byte // the rows, if the result is an array
	body []byte   // the result otherwise
	tail []byte   // what follows the result
}

// Parse takes the payload of a reply apart.
func Parse(payload []byte) (*Recording, error) {
	p := parser{payload: payload}
	p.d.Reset(payload)
	if err := p.envelope(); err != nil {
		return nil, fmt.Errorf("replay: %d bytes that are no reply to a query: %w", len(payload), err)
	}
	if p.id.end == 0 || p.result.end == 0 {
		return nil, fmt.Errorf("replay: expected a reply with an id before its result, got % x…", payload[:min(len(payload), 40)])
	}
	r := &Recording{
		head: payload[:p.id.start],
		mid:  payload[p.id.end:p.result.start],
		rows: p.rows,
		tail: payload[p.result.end:],
	}
	if p.rows == nil {
		r.body = payload[p.result.start:p.result.end]
	}
	return r, nil
}

type span struct{ start, end int64 }

type parser struct {
	payload    []byte
	d          cbor.Decoder
	id, result span
	rows       [][]byte
}

// fields visits the fields of a map; visit consumes the value.
func (p *parser) fields(visit func(key string) error) error {
	n, err := p.d.MapLen()
	for more := false; err == nil; {
		if more, err = p.d.More(&n); err != nil || !more {
			return err
		}
		var key string
		if key, err = p.d.Text(); err == nil {
			err = visit(key)
		}
	}
	return err
}

func (p *parser) envelope() error {
	return p.fields(func(key string) error {
		switch key {
		case "id":
			p.id.start = p.d.Offset()
			err := p.d.Skip()
			p.id.end = p.d.Offset()
			return err
		case "result":
			return p.statements()
		}
		return p.d.Skip()
	})
}

// statements reads the array of statement results, of which the first counts.
func (p *parser) statements() error {
	n, err := p.d.ArrayLen()
	if err != nil {
		return err
	}
	for first := true; ; first = false {
		more, err := p.d.More(&n)
		if err != nil || !more {
			return err
		}
		if !first {
			err = p.d.Skip()
		} else {
			err = p.fields(p.entry)
		}
		if err != nil {
			return err
		}
	}
}

func (p *parser) entry(key string) error {
	if key == "status" {
		status, err := p.d.Text()
		if err == nil && status != "OK" {
			err = fmt.Errorf("a statement with status %s", status)
		}
		return err
	}
	if key != "result" {
		return p.d.Skip()
	}
	p.result.start = p.d.Offset()
	err := p.value()
	p.result.end = p.d.Offset()
	return err
}

func (p *parser) value() error {
	if kind, err := p.d.PeekKind(); err != nil || kind != cbor.KindArray {
		return p.d.Skip()
	}
	n, err := p.d.ArrayLen()
	p.rows = [][]byte{}
	for more := false; err == nil; {
		if more, err = p.d.More(&n); err != nil || !more {
			return err
		}
		var row []byte
		if row, err = p.d.Raw(); err == nil {
			p.rows = append(p.rows, row)
		}
	}
	return err
}

// Rows is the number of rows recorded.
func (r *Recording) Rows() int { return len(r.rows) }

// Value is the result itself with so many rows, as CBOR.
func (r *Recording) Value(rows int) []byte {
	bare := Recording{rows: r.rows, body: r.body}
	return bare.Reply(rows).Payload(nil)
}

// Reply is the recorded reply with so many rows: those recorded, again and
// again if more are wanted. A recording whose result is no array stays as it is.
func (r *Recording) Reply(rows int) *Reply {
	reply := &Reply{Head: r.head, Mid: bytes.Clone(r.mid), Tail: r.tail}
	if r.rows == nil {
		reply.Block, reply.Times = r.body, 1
		return reply
	}
	reply.Mid = cbor.AppendArrayHeader(reply.Mid, rows)
	if len(r.rows) == 0 || rows <= len(r.rows) {
		reply.Block, reply.Times = bytes.Join(r.rows[:min(rows, len(r.rows))], nil), 1
		return reply
	}
	reply.Block, reply.Times = bytes.Join(r.rows, nil), rows/len(r.rows)
	rest := bytes.Join(r.rows[:rows%len(r.rows)], nil)
	reply.Tail = append(rest, r.tail...)
	return reply
}

// Reply is the payload of a reply in pieces. Between Head and Mid goes the id of
// the request that is answered, and Block goes out Times times.
type Reply struct {
	Head, Mid, Block, Tail []byte
	Times                  int
}

// Size is the payload's, with an id of so many bytes.
func (r *Reply) Size(id int) int {
	return len(r.Head) + id + len(r.Mid) + len(r.Block)*r.Times + len(r.Tail)
}

// Payload is the whole message, for the given id in CBOR.
func (r *Reply) Payload(id []byte) []byte {
	b := make([]byte, 0, r.Size(len(id)))
	b = append(append(append(b, r.Head...), id...), r.Mid...)
	for range r.Times {
		b = append(b, r.Block...)
	}
	return append(b, r.Tail...)
}

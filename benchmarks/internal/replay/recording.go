package replay

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/surrealsql/surrealsql/internal/cbor"
	"github.com/surrealsql/surrealsql/internal/wire"
)

// A reply that was recorded, and what is made of it.

// Recording is the reply to a query as the engine sent it: the payload of one
// message, cut where it must be patched.
type Recording struct {
	head   []byte   // up to the request's id
	mid    []byte   // from the end of the id to the first statement's result
	rows   [][]byte // the rows, if the result is an array or a block
	shaped []byte   // what announces their shape, if it is a block
	body   []byte   // the result otherwise
	tail   []byte   // what follows the result
}

// Parse takes the payload of a reply apart.
func Parse(payload []byte) (*Recording, error) {
	p := parser{payload: payload}
	p.d.Reset(payload)
	if err := p.envelope(); err != nil {
		return nil, fmt.Errorf("replay: %d bytes that are no reply to a query: %w", len(payload), err)
	}
	if p.id.end == 0 || p.result.end == 0 {
		return nil, fmt.Errorf("replay: expected a reply with an id before its result, got % x…",
			payload[:min(len(payload), 40)])
	}
	r := &Recording{
		head:   payload[:p.id.start],
		mid:    payload[p.id.end:p.result.start],
		rows:   p.rows,
		shaped: p.shaped,
		tail:   payload[p.result.end:],
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
	shaped     []byte
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
	kind, err := p.d.PeekKind()
	if err != nil {
		return err
	}
	switch kind {
	case cbor.KindArray:
	case cbor.KindTag:
		return p.tagged()
	default:
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

// tagged reads a block, or what is one value.
func (p *parser) tagged() error {
	tag, err := p.d.Tag()
	if err != nil || tag != wire.TagBlock {
		return errors.Join(err, p.d.Skip())
	}
	block, err := p.d.Bytes()
	if err == nil {
		p.shaped, p.rows, err = cutBlock(block)
	}
	return err
}

// Rows is the number of rows recorded.
func (r *Recording) Rows() int { return len(r.rows) }

// Value is the result itself with so many rows, as CBOR.
func (r *Recording) Value(rows int) []byte {
	bare := Recording{rows: r.rows, shaped: r.shaped, body: r.body}
	return bare.Reply(rows).Payload(nil)
}

// Block is a result of shaped rows, with so many of them, without its tag.
func (r *Recording) Block(rows int) []byte {
	var d cbor.Decoder
	d.Reset(r.Value(rows))
	if _, err := d.Tag(); err != nil {
		panic(err) // it is made here
	}
	block, err := d.BytesView()
	if err != nil {
		panic(err)
	}
	return block
}

// Reply is the recorded reply with so many rows: those recorded, again and
// again if more are wanted. A recording whose result is no array stays as it is.
func (r *Recording) Reply(rows int) *Reply {
	reply := &Reply{Head: r.head, Mid: bytes.Clone(r.mid), Protocol: CBOR}
	if r.rows == nil {
		reply.Block, reply.Times, reply.Tail = r.body, 1, r.tail
		return reply
	}
	if len(r.rows) == 0 || rows <= len(r.rows) {
		reply.Block, reply.Times = bytes.Join(r.rows[:min(rows, len(r.rows))], nil), 1
	} else {
		reply.Block, reply.Times = bytes.Join(r.rows, nil), rows/len(r.rows)
		reply.Tail = bytes.Join(r.rows[:rows%len(r.rows)], nil)
	}
	if r.shaped == nil {
		reply.Mid = cbor.AppendArrayHeader(reply.Mid, rows)
	} else {
		size := len(reply.Block)*reply.Times + len(reply.Tail)
		reply.Mid = appendBlockHead(reply.Mid, r.shaped, rows, size)
		reply.Protocol = Shaped
	}
	reply.Tail = append(reply.Tail, r.tail...)
	return reply
}

// The subprotocols that a reply can be of.
const (
	CBOR   = "cbor"
	Shaped = "shaped"
)

// Reply is the payload of a reply in pieces. Between Head and Mid goes the id of
// the request that is answered, and Block goes out Times times.
type Reply struct {
	Head, Mid, Block, Tail []byte
	Times                  int
	Protocol               string // the subprotocol that the server takes
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

package replay

import (
	"bytes"
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/gobwas/ws"

	"github.com/surrealsql/surrealsql/internal/cbor"
)

// The server's side of a connection, whatever carries the bytes.

const (
	opBinary = 0x2
	opClose  = 0x8
	opPing   = 0x9
	opPong   = 0xa
	finBit   = 0x80
	maskBit  = 0x80

	// small is the size up to which a reply is copied into one piece.
	small = 4 << 10
)

// peer is the server's end of one connection: bytes go in, pieces to send come
// out.
type peer struct {
	reply    *Reply
	in       []byte  // received and not understood yet
	out      []piece // to be sent
	scratch  []byte  // what small pieces of out are made of
	upgraded bool
	closed   bool
}

// piece is bytes that are sent a number of times.
type piece struct {
	b     []byte
	times int
}

var errMalformed = errors.New("replay: the client sent what is no request of an RPC client")

// feed takes what the client sent and fills out.
func (p *peer) feed(b []byte) error {
	p.in = append(p.in, b...)
	rest := p.in
	for len(rest) > 0 && !p.closed {
		used, err := p.step(rest)
		if err != nil {
			return err
		}
		if used == 0 {
			break
		}
		rest = rest[used:]
	}
	p.in = append(p.in[:0], rest...)
	return nil
}

// step handles the first whole request or frame of b and returns its size, or 0
// where more is needed.
func (p *peer) step(b []byte) (int, error) {
	if !p.upgraded {
		end := bytes.Index(b, []byte("\r\n\r\n"))
		if end < 0 {
			return 0, nil
		}
		p.upgraded = true
		return end + 4, p.upgrade(b[:end+2])
	}
	op, payload, mask, size, err := parseFrame(b)
	if size == 0 || err != nil {
		return 0, err
	}
	ws.Cipher(payload, mask, 0)
	switch op {
	case opBinary:
		return size, p.answer(payload)
	case opPing:
		p.frame(opPong, payload)
	case opClose:
		p.frame(opClose, payload)
		p.closed = true
	}
	return size, nil
}

// parseFrame takes the frame at the beginning of b apart; size is 0 if it is not
// there whole.
func parseFrame(b []byte) (op byte, payload []byte, mask [4]byte, size int, err error) {
	if len(b) < 6 {
		return 0, nil, mask, 0, nil
	}
	if b[0]&finBit == 0 || b[1]&maskBit == 0 {
		return 0, nil, mask, 0, fmt.Errorf("%w: a frame that begins with % x", errMalformed, b[:2])
	}
	op = b[0] &^ finBit
	at, n := 2, uint64(b[1]&^maskBit)
	switch n {
	case 126:
		at, n = 4, uint64(binary.BigEndian.Uint16(b[2:]))
	case 127:
		if len(b) < 14 {
			return 0, nil, mask, 0, nil
		}
		at, n = 10, binary.BigEndian.Uint64(b[2:])
	}
	if uint64(len(b)) < uint64(at)+4+n {
		return 0, nil, mask, 0, nil
	}
	copy(mask[:], b[at:])
	at += 4
	size = at + int(n)
	return op, b[at:size], mask, size, nil
}

// upgrade answers the HTTP request that opens a WebSocket.
func (p *peer) upgrade(request []byte) error {
	const field = "sec-websocket-key:"
	at := bytes.Index(bytes.ToLower(request), []byte(field))
	if at < 0 {
		return fmt.Errorf("%w: an HTTP request without %s", errMalformed, field)
	}
	key, _, _ := bytes.Cut(request[at+len(field):], []byte("\r\n"))
	sum := sha1.Sum(append(bytes.TrimSpace(key), "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"...))
	p.send([]byte("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Protocol: " + p.reply.Protocol + "\r\nSec-WebSocket-Accept: " + base64.StdEncoding.EncodeToString(sum[:]) + "\r\n\r\n"))
	return nil
}

// answer answers one request.
func (p *peer) answer(request []byte) error {
	id, method, err := parseRequest(request)
	if err != nil {
		return err
	}
	if string(method) == "query" {
		p.query(id)
		return nil
	}
	b := cbor.AppendText(cbor.AppendMapHeader(nil, 2), "id")
	b = cbor.AppendText(append(b, id...), "result")
	p.frame(opBinary, appendResult(b, string(method)))
	return nil
}

// parseRequest finds the id, as CBOR, and the method. A client that names them
// before the parameters is not kept waiting for these to be read.
func parseRequest(b []byte) (id, method []byte, err error) {
	var d cbor.Decoder
	d.Reset(b)
	n, err := d.MapLen()
	if err == nil && d.Take(&keyID) { // the usual order costs the server little
		n--
		if id, err = d.Raw(); err == nil && d.Take(&methodQuery) {
			return id, query, nil
		}
	}
	for more := false; err == nil && (id == nil || method == nil); {
		if more, err = d.More(&n); err != nil || !more {
			break
		}
		var key []byte
		if key, err = d.TextBytes(); err != nil {
			break
		}
		switch string(key) {
		case "id":
			id, err = d.Raw()
		case "method":
			method, err = d.TextBytes()
		default:
			err = d.Skip()
		}
	}
	if err != nil || id == nil || method == nil {
		return nil, nil, fmt.Errorf("%w: % x: %w", errMalformed, b[:min(len(b), 40)], err)
	}
	return id, method, nil
}

var (
	query       = []byte("query")
	keyID       = cbor.KnownText("id")
	methodQuery = cbor.MakeKnown(cbor.AppendText(nil, "method"), cbor.AppendText(nil, "query"))
)

// appendResult appends what SurrealDB 3 answers to a method that is no query.
func appendResult(b []byte, method string) []byte {
	switch method {
	case "signin":
		return cbor.AppendText(b, "a token")
	case "version":
		return cbor.AppendText(b, "surrealdb-3.0.2")
	case "use":
		b = cbor.AppendText(cbor.AppendText(cbor.AppendMapHeader(b, 2), "database"), "main")
		return cbor.AppendText(cbor.AppendText(b, "namespace"), "bench")
	}
	return cbor.AppendNull(cbor.AppendTag(b, 6)) // NONE
}

// query sends the recorded reply.
func (p *peer) query(id []byte) {
	r := p.reply
	size := r.Size(len(id))
	start := p.begin(opBinary, size)
	p.scratch = append(append(append(p.scratch, r.Head...), id...), r.Mid...)
	if size > small {
		p.out = append(p.out, piece{p.scratch[start:], 1}, piece{r.Block, r.Times}, piece{r.Tail, 1})
		return
	}
	for range r.Times {
		p.scratch = append(p.scratch, r.Block...)
	}
	p.scratch = append(p.scratch, r.Tail...)
	p.out = append(p.out, piece{p.scratch[start:], 1})
}

// frame sends a small message.
func (p *peer) frame(op byte, payload []byte) {
	start := p.begin(op, len(payload))
	p.scratch = append(p.scratch, payload...)
	p.out = append(p.out, piece{p.scratch[start:], 1})
}

// begin appends a frame's header to scratch and returns where it begins. Once
// all is sent, scratch is used again.
func (p *peer) begin(op byte, size int) int {
	if len(p.out) == 0 {
		p.scratch = p.scratch[:0]
	}
	start := len(p.scratch)
	b := append(p.scratch, op|finBit)
	switch {
	case size < 126:
		b = append(b, byte(size))
	case size < 1<<16:
		b = binary.BigEndian.AppendUint16(append(b, 126), uint16(size))
	default:
		b = binary.BigEndian.AppendUint64(append(b, 127), uint64(size))
	}
	p.scratch = b
	return start
}

func (p *peer) send(b []byte) { p.out = append(p.out, piece{b, 1}) }

// Package hand is the least a client can do: it writes a request that was framed
// beforehand and reads the reply's bytes, without a look into them. What a driver
// costs above it is what the driver is to blame for.
package hand

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"syscall"

	"github.com/gobwas/ws"
	"github.com/surrealdb/surrealdb.go/surrealcbor"

	"github.com/surrealsql/surrealsql/internal/cbor"
)

const (
	window    = 64 << 10
	maxHeader = 10
)

// Request is a framed request, which is sent again and again: only its id
// changes. The masking key is zero, which spares the masking.
type Request struct {
	frame []byte
	id    int // where the four bytes of the id lie
}

// NewRequest frames a request with the given parameters in CBOR.
func NewRequest(method string, params ...[]byte) *Request {
	b := cbor.AppendText(cbor.AppendMapHeader(nil, 3), "id")
	id := len(b) + 1
	b = cbor.AppendUint(b, 1<<31) // takes four bytes
	b = cbor.AppendText(cbor.AppendText(b, "method"), method)
	b = cbor.AppendArrayHeader(cbor.AppendText(b, "params"), len(params))
	for _, p := range params {
		b = append(b, p...)
	}
	var head []byte
	switch n := len(b); {
	case n < 126:
		head = []byte{0x82, 0x80 | byte(n)}
	case n < 1<<16:
		head = binary.BigEndian.AppendUint16([]byte{0x82, 0x80 | 126}, uint16(n))
	default:
		head = binary.BigEndian.AppendUint64([]byte{0x82, 0x80 | 127}, uint64(n))
	}
	head = append(head, 0, 0, 0, 0)
	return &Request{frame: append(head, b...), id: len(head) + id}
}

// Query frames a query. Its variables are encoded by the SDK.
func Query(text string, vars map[string]any) *Request {
	b, err := surrealcbor.Marshal(vars)
	if err != nil {
		panic(fmt.Sprintf("hand: %v", err)) // they are constants of this program
	}
	return NewRequest("query", Text(text), b)
}

// Text is a parameter.
func Text(s string) []byte { return cbor.AppendText(nil, s) }

// SignIn frames the sign-in of a root user.
func SignIn(user, password string) *Request {
	b := cbor.AppendText(cbor.AppendText(cbor.AppendMapHeader(nil, 2), "user"), user)
	return NewRequest("signin", cbor.AppendText(cbor.AppendText(b, "pass"), password))
}

// Use frames the choice of a namespace and a database.
func Use(namespace, database string) *Request {
	return NewRequest("use", Text(namespace), Text(database))
}

// Client is one connection. One goroutine may use it at a time.
type Client struct {
	conn   net.Conn
	lastID uint32
	buf    []byte // buf[r:w] was received and not used yet
	r, w   int

	socket syscall.RawConn // for Peek
	peek   func(fd uintptr) bool
	seen   error
}

// Dial connects over TCP, and speaks a subprotocol that the server must take.
func Dial(ctx context.Context, addr, protocol string) (*Client, error) {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	c, err := New(conn, protocol)
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return c, nil
}

// ErrProtocol says that a server does not take the subprotocol.
var ErrProtocol = errors.New("hand: the server does not take the subprotocol")

// New upgrades a connection.
func New(conn net.Conn, protocol string) (*Client, error) {
	d := ws.Dialer{Protocols: []string{protocol}}
	br, taken, err := d.Upgrade(conn, &url.URL{Scheme: "ws", Host: "localhost", Path: "/rpc"})
	// 3.0.2 refuses what it does not know, 3.3.5 agrees to nothing.
	refused := err == ws.StatusError(http.StatusBadRequest) || errors.Is(err, ws.ErrHandshakeBadSubProtocol)
	if refused || err == nil && taken.Protocol != protocol {
		err = fmt.Errorf("%w %s", ErrProtocol, protocol)
	}
	if err != nil {
		return nil, err
	}
	c := &Client{conn: conn, buf: make([]byte, window)}
	if br != nil { // the server's first ping came with the answer
		early, _ := br.Peek(br.Buffered())
		c.w = copy(c.buf, early)
		ws.PutReader(br)
	}
	return c, nil
}

// Close closes the connection.
func (c *Client) Close() error { return c.conn.Close() }

// Begin prepares the session as a driver does: a root user, a namespace and a
// database.
func (c *Client) Begin(user, password, namespace, database string) error {
	_, err := c.Exchange(SignIn(user, password))
	if err == nil {
		_, err = c.Exchange(Use(namespace, database))
	}
	return err
}

// Exchange sends the requests in one write, reads as many replies, and returns
// the size of the last one's payload.
func (c *Client) Exchange(requests ...*Request) (size int, err error) {
	if err := c.send(requests); err != nil {
		return 0, err
	}
	for range requests {
		if size, err = c.header(); err != nil {
			return 0, err
		}
		if err := c.discard(size); err != nil {
			return 0, err
		}
	}
	return size, nil
}

// Call is Exchange for one request, and returns a copy of the reply's payload.
func (c *Client) Call(request *Request) ([]byte, error) {
	if err := c.send([]*Request{request}); err != nil {
		return nil, err
	}
	size, err := c.header()
	if err != nil {
		return nil, err
	}
	payload := make([]byte, size)
	for n := 0; n < size; {
		if c.r == c.w {
			if err := c.fill(1); err != nil {
				return nil, err
			}
		}
		k := copy(payload[n:], c.buf[c.r:c.w])
		n += k
		c.r += k
	}
	return payload, nil
}

// bytes gives the request the next id of this connection and returns the bytes
// to send.
func (c *Client) bytes(r *Request) []byte {
	c.lastID++
	binary.BigEndian.PutUint32(r.frame[r.id:], 1<<31|c.lastID)
	return r.frame
}

func (c *Client) send(requests []*Request) error {
	if len(requests) == 1 {
		_, err := c.conn.Write(c.bytes(requests[0]))
		return err
	}
	var pipeline []byte
	for _, r := range requests {
		pipeline = append(pipeline, c.bytes(r)...)
	}
	_, err := c.conn.Write(pipeline)
	return err
}

// header reads the header of the next data frame. The server's pings are left
// without an answer: it waits for none.
func (c *Client) header() (size int, err error) {
	for {
		if err := c.fill(2); err != nil {
			return 0, err
		}
		op, n, length := c.buf[c.r]&0x0f, uint64(c.buf[c.r+1]), 2
		switch n {
		case 126:
			length = 4
		case 127:
			length = 10
		}
		if err := c.fill(length); err != nil {
			return 0, err
		}
		switch n {
		case 126:
			n = uint64(binary.BigEndian.Uint16(c.buf[c.r+2:]))
		case 127:
			n = binary.BigEndian.Uint64(c.buf[c.r+2:])
		}
		c.r += length
		switch {
		case op == 0x2:
			return int(n), nil
		case op < 0x9:
			return 0, fmt.Errorf("hand: a frame with opcode %d where a reply was expected", op)
		}
		if err := c.discard(int(n)); err != nil {
			return 0, err
		}
	}
}

// discard drops the next n bytes.
func (c *Client) discard(n int) error {
	for {
		k := min(n, c.w-c.r)
		c.r += k
		if n -= k; n == 0 {
			return nil
		}
		if err := c.fill(1); err != nil {
			return err
		}
	}
}

// fill waits until need bytes lie ready, at most a header's.
func (c *Client) fill(need int) error {
	if c.r == c.w {
		c.r, c.w = 0, 0
	} else if len(c.buf)-c.r < maxHeader {
		c.w = copy(c.buf, c.buf[c.r:c.w])
		c.r = 0
	}
	for c.w-c.r < need {
		n, err := c.conn.Read(c.buf[c.w:])
		c.w += n
		if err != nil && n == 0 {
			return err
		}
	}
	return nil
}

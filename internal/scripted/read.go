package scripted

import (
	"bytes"
	"errors"
	"io"

	"github.com/gobwas/ws"
)

// What a script waits for and reads.

// Request waits for the next request and reads it. Control frames that come
// before it are dealt with: a ping is answered, a pong is kept for AwaitPong. The
// client's frames must be as RFC 6455 asks and as this driver writes them (masked,
// binary, not fragmented), else the test fails.
func (c *Conn) Request() Request {
	for len(c.queue) == 0 {
		if err := c.read(); err != nil {
			c.end()
		}
	}
	r := c.queue[0]
	c.queue = c.queue[1:]
	return r
}

// Arrived waits until the client has sent something and reads nothing of it.
func (c *Conn) Arrived() {
	if _, err := c.br.Peek(1); err != nil {
		c.end()
	}
}

// keptPongs bounds the pongs that nobody has waited for yet: a test that counts the
// memory of the client must not count those.
const keptPongs = 64

// AwaitPong waits for a pong and returns its payload. Requests that come before
// it are kept for Request.
func (c *Conn) AwaitPong() []byte {
	for len(c.pongs) == 0 {
		if err := c.read(); err != nil {
			c.end()
		}
	}
	p := c.pongs[0]
	c.pongs = c.pongs[1:]
	return p
}

// ClientEnd is how a client left.
type ClientEnd struct {
	Code uint16 // of its Close frame; 0 if there was none, 1005 if it held no code
	Err  error  // io.EOF for a FIN, io.ErrUnexpectedEOF for one inside a frame, or the socket's error
}

// AwaitClose reads until the client's socket is closed and tells how. Requests
// that come before are counted, not answered.
func (c *Conn) AwaitClose() ClientEnd {
	for {
		if err := c.read(); err != nil {
			if c.srv.over() {
				c.end()
			}
			return ClientEnd{c.code, err}
		}
	}
}

// AwaitEnd is AwaitClose for what is not WebSocket, as before the upgrade: it
// takes bytes without looking at them. It returns io.EOF for a FIN, or the
// socket's error.
func (c *Conn) AwaitEnd() error {
	_, err := io.Copy(io.Discard, c.br)
	if c.srv.over() {
		c.end()
	}
	if err == nil {
		err = io.EOF
	}
	return err
}

// read reads one frame.
func (c *Conn) read() error {
	h, err := ws.ReadHeader(c.br)
	if err != nil {
		return err
	}
	payload := make([]byte, h.Length)
	if n, err := io.ReadFull(c.br, payload); err != nil {
		if n == 0 && errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF // the header has come
		}
		return err
	}
	if err := ws.CheckHeader(h, ws.StateServerSide); err != nil {
		c.t.Errorf("scripted: the client sent a bad frame: %v", err)
		return err
	}
	ws.Cipher(payload, h.Mask, 0)
	switch h.OpCode {
	case ws.OpPing:
		c.Write(Frame(OpPong, payload))
	case ws.OpPong:
		if len(c.pongs) < keptPongs {
			c.pongs = append(c.pongs, payload)
		}
	case ws.OpClose:
		code, _ := ws.ParseCloseFrameData(payload)
		c.code = uint16(code)
	case ws.OpBinary:
		return c.log(h, payload)
	default:
		c.t.Errorf("scripted: the client sent a frame with opcode %d", h.OpCode)
	}
	return nil
}

// log keeps a request for the script and for the server's counts.
func (c *Conn) log(h ws.Header, msg []byte) error {
	if !h.Fin {
		c.t.Error("scripted: the client sent a fragmented message")
	}
	r, err := parseRequest(bytes.Clone(msg))
	if err != nil {
		c.t.Errorf("scripted: the client sent an unreadable request: %v: %x", err, msg)
		return err
	}
	r.Conn = c.number
	c.srv.count(r)
	if _, streams := c.srv.told(); !streams && r.ofStreams() {
		c.Message(unknownMethod(r.ID))
		return nil
	}
	c.queue = append(c.queue, r)
	return nil
}

package scripted

import "github.com/surrealsql/surrealsql/internal/wire"

// What a script answers and sends.

// Greet answers what opens a session, up to and including "version", which
// the driver asks last.
func (c *Conn) Greet() {
	for {
		r := c.Request()
		c.Answer(r)
		if r.Method == "version" {
			return
		}
	}
}

// Serve answers requests until the client goes: those that keep a session
// (signin, authenticate, invalidate, use, let, unset, reset, version, ping) by
// itself, all others by handle; a nil handle is c.Answer.
func (c *Conn) Serve(handle func(Request)) {
	for {
		if r := c.Request(); handle == nil || r.opensSession() {
			c.Answer(r)
		} else {
			handle(r)
		}
	}
}

// ServeUntilClose is Serve, but it returns when the client leaves, and tells how.
func (c *Conn) ServeUntilClose(handle func(Request)) ClientEnd {
	for {
		for len(c.queue) == 0 {
			if err := c.read(); err != nil {
				if c.srv.over() {
					c.end()
				}
				return ClientEnd{c.code, err}
			}
		}
		if r := c.Request(); handle == nil || r.opensSession() {
			c.Answer(r)
		} else {
			handle(r)
		}
	}
}

// Answer answers a request as well as can be done without a database: a query
// gives one empty result, whatever its text, and is never there to be cancelled.
func (c *Conn) Answer(r Request) {
	switch r.Method {
	case "signin":
		c.Reply(r.ID, Value("token"))
	case "version":
		version, _ := c.srv.told()
		c.Reply(r.ID, Value(version))
	case "begin", "live":
		c.Reply(r.ID, wire.AppendUUID(nil, [16]byte{15: byte(r.ID)}))
	case "query":
		c.QueryResult(r.ID)
	case "query_stream":
		c.Stream(r.ID, StreamBegin(1), StreamFinished(0), StreamEnd(1))
	case "query_cancel":
		c.ReplyError(r.ID, -32603, "Validation", "No streaming query with this request id is in progress")
	default:
		c.Reply(r.ID, None)
	}
}

// Message sends a binary message.
func (c *Conn) Message(payload []byte) { c.Write(Binary(payload)) }

// Reply answers a request with CBOR. The id may be any: foreign, or answered
// already.
func (c *Conn) Reply(id uint64, result []byte) { c.Message(Result(id, result)) }

// ReplyError answers a request with an error; see Error.
func (c *Conn) ReplyError(id uint64, code int, kind, message string) {
	c.Message(Error(id, code, kind, message))
}

// QueryResult answers a query of one statement with its rows; for an object use
// map[string]any. See Value for what a row may be.
func (c *Conn) QueryResult(id uint64, rows ...any) {
	c.QueryResults(id, OK(append([]any{}, rows...)))
}

// QueryResults answers a query with one entry a statement; see OK and Failed.
func (c *Conn) QueryResults(id uint64, entries ...Raw) { c.Reply(id, Entries(entries...)) }

// Stream sends frames of a streamed query, each in a message and a write of its own.
func (c *Conn) Stream(id uint64, frames ...Raw) {
	for _, f := range frames {
		c.Reply(id, f)
	}
}

// Ping sends a ping.
func (c *Conn) Ping(payload string) { c.Write(Frame(OpPing, []byte(payload))) }

// Pong sends a pong that nobody asked for.
func (c *Conn) Pong(payload string) { c.Write(Frame(OpPong, []byte(payload))) }

// CloseFrame sends a Close frame and leaves the socket open; code 0 sends none.
func (c *Conn) CloseFrame(code uint16, reason string) { c.Write(CloseFrame(code, reason)) }

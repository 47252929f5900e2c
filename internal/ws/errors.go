package ws

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
)

// How a connection fails.

var (
	// ErrClosed is the error of a connection that this side closed.
	ErrClosed = errors.New("websocket: connection closed")

	// ErrInterrupted is the error of reading that Interrupt ended.
	ErrInterrupted = errors.New("websocket: reading was interrupted")

	// ErrQuiet is the error of reading where nothing came for as long as SetPatience says.
	ErrQuiet = errors.New("websocket: nothing came")

	// ErrMessageTooLarge is wrapped by the error of a message above the bound.
	ErrMessageTooLarge = errors.New("message too large")
)

// SizeError says that a message is larger than the peer takes. Nothing of it was
// sent.
type SizeError struct{ Size, Limit int }

func (e *SizeError) Error() string {
	return fmt.Sprintf("the request has %d bytes, and the limit is %d", e.Size, e.Limit)
}

// ProtocolError says that the peer broke RFC 6455; the connection is of no
// further use.
type ProtocolError struct{ Reason string }

func (e *ProtocolError) Error() string { return "websocket: protocol error: " + e.Reason }

// SubprotocolError is the *ProtocolError of a peer that has agreed to none of the
// subprotocols that were offered, to another one, or to several.
type SubprotocolError struct {
	Offered []string
	Agreed  []string // as the peer wrote them; empty if it agreed to none
}

func (e *SubprotocolError) Error() string { return e.Unwrap().Error() }

// Unwrap returns a *ProtocolError that says the same.
func (e *SubprotocolError) Unwrap() error {
	expected := quoted(e.Offered)
	if len(e.Offered) > 1 {
		expected = "one of " + expected
	}
	if len(e.Agreed) == 0 {
		return &ProtocolError{"the server agreed to no subprotocol, expected " + expected +
			": is this a SurrealDB server that speaks it, and does no proxy drop the header Sec-WebSocket-Protocol?"}
	}
	return &ProtocolError{"the server agreed to subprotocol " + quoted(e.Agreed) + ", expected " + expected +
		": is this a SurrealDB server, and does no proxy change the header Sec-WebSocket-Protocol?"}
}

// quoted lists names for an error. A peer may write as many and as long ones as fit its
// answer; the first of them tell enough.
func quoted(names []string) string {
	const most, longest = 4, 40
	var list []string
	for _, name := range names[:min(len(names), most)] {
		list = append(list, strconv.Quote(name[:min(len(name), longest)]))
	}
	return strings.Join(list, ", ")
}

// closeNoStatus stands for the code of a Close frame that holds none (RFC 6455, section
// 7.4.1).
const closeNoStatus = 1005

// CloseError is the Close frame that the peer sent. Code is 1005 when the
// frame held none.
type CloseError struct {
	Code   uint16
	Reason string
}

func (e *CloseError) Error() string {
	if e.Reason == "" {
		return fmt.Sprintf("websocket: closed by the server (code %d)", e.Code)
	}
	return fmt.Sprintf("websocket: closed by the server (code %d: %s)", e.Code, e.Reason)
}

// HandshakeError is an HTTP answer other than 101 to the upgrade.
type HandshakeError struct {
	Status int
	Body   string // its beginning, one line
}

func (e *HandshakeError) Error() string {
	text := fmt.Sprintf("websocket: the server answered the upgrade with HTTP %d %s instead of 101", e.Status, http.StatusText(e.Status))
	if e.Body != "" {
		text += ": " + e.Body
	}
	return text
}

// isTimeout also knows transports whose timeouts are not the standard
// library's.
func isTimeout(err error) bool {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return true // without the allocation that errors.As costs
	}
	timeout, ok := errors.AsType[net.Error](err)
	return ok && timeout.Timeout()
}

package surrealsql

import (
	"errors"
	"fmt"
	"io"
	"syscall"

	"github.com/surrealsql/surrealsql/internal/ws"
)

// The server (2.6 to 4.0) closes a connection in the middle of a request larger than
// its SURREAL_WEBSOCKET_MAX_MESSAGE_SIZE, and gives no reason: a Close frame without
// a code, or a reset.

// tooLarge is the error of a request that the server would not take. Nothing has been
// sent.
func tooLarge(err error) error {
	return fmt.Errorf("%w: %w: send it in parts, or raise max_request_size along with the server's SURREAL_WEBSOCKET_MAX_MESSAGE_SIZE", ErrRequestTooLarge, err)
}

// suspiciousSize is from how many bytes on the size of a request may be why the server
// has cut it off: no server is known to be set to less.
const suspiciousSize = 64 << 10

// perhapsTooLarge says of a connection that the server has cut off without a reason
// that its limit may be smaller than the driver knows.
func perhapsTooLarge(cause error, size int) error {
	gone, closed := errors.AsType[*ws.CloseError](cause)
	cut := errors.Is(cause, io.EOF) || errors.Is(cause, io.ErrUnexpectedEOF) || errors.Is(cause, syscall.ECONNRESET) || errors.Is(cause, syscall.EPIPE)
	const noCode, messageTooBig = 1005, 1009 // RFC 6455
	if size < suspiciousSize || !cut && !(closed && (gone.Code == noCode || gone.Code == messageTooBig)) {
		return cause
	}
	return fmt.Errorf("%w (after a request of %d bytes: a server closes the connection where one is larger than its SURREAL_WEBSOCKET_MAX_MESSAGE_SIZE; if it is set to less than 128 MiB, set max_request_size to the same)", cause, size)
}

package surrealsql

import (
	"cmp"
	"context"
	"crypto/tls"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"syscall"

	"github.com/surrealsql/surrealsql/internal/rpc"
	"github.com/surrealsql/surrealsql/internal/ws"
)

// ConnError is a failure of the connection: the request got no answer. The
// connection is not used again.
type ConnError struct {
	Op   string // what failed: "connect", "write", "read", "live" or an RPC method
	Addr string // the server's host:port
	Err  error  // the cause
	// Sent says that bytes of the request may have left. Then it may have been
	// executed, and errors.Is(err, ErrOutcomeUnknown) holds. Otherwise nothing
	// has happened on the server: nothing was sent, or it says that it did not read it.
	Sent bool
}

// liveOp is the Op of a connection that fails while a live query waits.
const liveOp = "live"

// Error says what failed and whether the request may have been executed.
func (e *ConnError) Error() string {
	text := "surrealsql: connection to " + e.Addr + " failed"
	if e.Op != "" {
		text += " (" + e.Op + ")"
	}
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	switch {
	case e.Sent:
		return text + "; the outcome is unknown: the request may have been executed"
	case e.Op == liveOp:
		return text + "; changes from here on are not seen"
	case e.Op == "read": // a Close frame in place of reading the request
		return text + "; the request was not executed"
	}
	return text + "; nothing was sent"
}

// Unwrap returns the cause, so that errors.Is(err, context.DeadlineExceeded)
// works. It never leads to driver.ErrBadConn, at which database/sql would send
// the request again.
func (e *ConnError) Unwrap() error {
	if errors.Is(e.Err, driver.ErrBadConn) {
		return nil
	}
	return e.Err
}

// Is reports whether target is [ErrOutcomeUnknown] and the outcome is.
func (e *ConnError) Is(target error) bool { return target == ErrOutcomeUnknown && e.Sent }

// Timeout reports whether the cause is a deadline that passed.
func (e *ConnError) Timeout() bool { return IsTimeout(e.Unwrap()) }

// IsConflict reports whether another transaction wrote the same records first: it is
// errors.Is with [ErrConflict]. Nothing of this one is in force: run it again as a whole.
// Where a text outside of a transaction holds several statements, that is the one
// statement, or the one block from BEGIN to COMMIT, and the others are in force: see
// [IsRetryable].
func IsConflict(err error) bool { return errors.Is(err, ErrConflict) }

// IsRetryable reports whether doing the same again is safe and may succeed: a
// conflict, a connection that failed before anything was sent, a transaction in which the
// session has expired, or a server that takes no requests for now and says so: it is being shut
// down, or out of memory. It is false
// for an unknown outcome, for a cancelled context, for a closed pool, and where one side
// refuses the other's certificate or they do not speak the same protocol. Inside a
// transaction it is the whole transaction that is to be run again. Of a text outside of
// one it is the whole text: where another of its statements has written something, or may
// have, it is false, because each commits on its own. Put BEGIN; …; COMMIT around them.
func IsRetryable(err error) bool {
	switch {
	case errors.Is(err, ErrOutcomeUnknown), errors.Is(err, errInForce), errors.Is(err, context.Canceled), errors.Is(err, ErrClosed), isIncompatible(err):
		return false
	case IsConflict(err), isTurnedAway(err):
		return true
	}
	if e, answered := errors.AsType[*Error](err); answered {
		return e.redo
	}
	if h, ok := errors.AsType[*ws.HandshakeError](err); ok {
		return h.Status == http.StatusTooManyRequests || h.Status >= http.StatusBadGateway
	}
	return IsConnectivity(err)
}

// IsDuplicate reports whether something exists already: a record with that id,
// a value in a unique index, or a definition. It is errors.Is with [ErrDuplicate].
func IsDuplicate(err error) bool { return errors.Is(err, ErrDuplicate) }

// IsNotFound reports whether the server says that something does not exist: a
// table (3.x; 2.x answers with an empty result), a namespace, a database, a
// definition. A query that finds no record is no error; QueryRow makes it
// sql.ErrNoRows, for which this is false. It is errors.Is with [ErrNotFound].
func IsNotFound(err error) bool { return errors.Is(err, ErrNotFound) }

// IsParse reports whether the query text could not be parsed. Nothing of it has
// run. See Line, Column and Snippet of [Error]. It is errors.Is with [ErrParse].
func IsParse(err error) bool { return errors.Is(err, ErrParse) }

// IsTimeout reports whether time ran out: on the server, by a TIMEOUT clause or
// its limits, or here, by a context's deadline or a timeout of the Config. errors.Is with
// [ErrTimeout] knows the former only.
func IsTimeout(err error) bool {
	return errors.Is(err, ErrTimeout) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded)
}

// IsAuth reports whether the server refused the credentials, the session or
// token has expired, or the user may not do this. errors.Is with [ErrAuth] does not know
// what was refused before SurrealDB was reached: the HTTP status 401 or 403 of a handshake.
func IsAuth(err error) bool {
	if h, ok := errors.AsType[*ws.HandshakeError](err); ok {
		return h.Status == http.StatusUnauthorized || h.Status == http.StatusForbidden
	}
	return errors.Is(err, ErrAuth)
}

// IsThrown reports whether the query itself raised the error with THROW: it is errors.Is
// with [ErrThrown].
func IsThrown(err error) bool { return errors.Is(err, ErrThrown) }

// IsInvalid reports whether the data was refused, which a program answers with 400 or
// 422: a value that is not of the type of its field, parameter or function argument; one
// that an ASSERT refuses, a field that a SCHEMAFULL table does not have, a READONLY one
// that was changed; an id that is none, or ends of a relation that may not be; a record
// that may not be deleted because others refer to it. Table, Record, Field and Value of
// [Error] say which. It is true also for an argument that the driver refuses to send,
// such as a text that is not UTF-8 or an integer beyond int64, and for what
// [ParseRecordID] and [NewRecordID] refuse. It is false for a value in a unique index,
// see [IsDuplicate], and for arguments that are missing or too many. It is errors.Is with
// [ErrInvalid].
func IsInvalid(err error) bool { return errors.Is(err, ErrInvalid) }

// IsConnectivity reports whether the connection failed, or could not be made:
// the server has not answered, or only that it takes no requests for now. Whether the request may have been executed
// tells errors.Is(err, ErrOutcomeUnknown).
func IsConnectivity(err error) bool {
	if errors.Is(err, driver.ErrBadConn) || isTurnedAway(err) {
		return true
	}
	is := func(_ error, ok bool) bool { return ok }
	return is(errors.AsType[*ConnError](err)) ||
		is(errors.AsType[*net.OpError](err)) ||
		is(errors.AsType[*net.DNSError](err)) ||
		is(errors.AsType[*tls.CertificateVerificationError](err)) ||
		is(errors.AsType[*ws.HandshakeError](err)) ||
		is(errors.AsType[*ws.CloseError](err)) ||
		is(errors.AsType[*ws.ProtocolError](err))
}

// errorOfClosedDB gets the error from a closed sql.DB.
func errorOfClosedDB() error {
	db := sql.OpenDB(nowhere{})
	_ = db.Close()
	return cmp.Or(db.Ping(), errors.New("surrealsql: closed"))
}

// nowhere connects to nothing.
type nowhere struct{}

func (nowhere) Connect(context.Context) (driver.Conn, error) { return nil, driver.ErrBadConn }

func (nowhere) Driver() driver.Driver { return nil } // nobody asks

// errConnectorClosed says whose end it is.
var errConnectorClosed = fmt.Errorf("surrealsql: the connector is closed: %w", ErrClosed)

// The server (2.6 to 4.0) closes a connection in the middle of a request larger than
// its SURREAL_WEBSOCKET_MAX_MESSAGE_SIZE, and gives no reason: a Close frame without
// a code, or a reset.

// tooLarge is the error of a request that the server would not take. Nothing has been
// sent.
func tooLarge(err error) error {
	return fmt.Errorf("%w: %w: send it in parts, or raise max_request_size along with the server's SURREAL_WEBSOCKET_MAX_MESSAGE_SIZE", ErrRequestTooLarge, err)
}

// explainedLoss adds to why a connection failed what to do about it, where that shows.
// size is that of the request.
func explainedLoss(cause error, size int) error {
	switch {
	case rpc.IsOutOfMemory(cause):
		return fmt.Errorf("%w; %s", cause, hintNoMemory)
	case rpc.IsLagging(cause):
		return fmt.Errorf("%w; %s", cause, hintLagging)
	}
	return perhapsTooLarge(cause, size)
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

// isIncompatible reports whether the two sides do not suit each other: one refuses the
// other's certificate, or they do not speak the same protocol.
func isIncompatible(err error) bool {
	var (
		certificate *tls.CertificateVerificationError
		plain       tls.RecordHeaderError // the server speaks no TLS
		strange     *ws.ProtocolError     // or no WebSocket, or with none of the subprotocols
		network     *net.OpError
	)
	switch {
	case errors.As(err, &certificate), errors.As(err, &plain), errors.As(err, &strange):
		return true
	}
	// This is how crypto/tls returns an alert of the server, such as "certificate
	// required": its type is not exported.
	return errors.As(err, &network) && network.Op == "remote error"
}

func isContextError(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// givenUpError is the error of a streamed call whose context has ended. Its connection is
// kept.
//
// Whether the text was executed cannot be told from the frames: the server commits a statement
// before it says that it has finished, and says nothing more of it once it is told to stop.
// Of single CREATEs that were given up without such a word all were there, on a store on
// disk (3.3.5; 4.0.0-beta.1: 394 of 397).
type givenUpError struct{ err error }

func (e *givenUpError) Error() string {
	return "surrealsql: the call was given up, and the server told to stop it: " + e.err.Error() + "; the outcome is unknown: the request may have been executed"
}

func (e *givenUpError) Unwrap() error { return e.err }

func (e *givenUpError) Is(target error) bool { return target == ErrOutcomeUnknown }

// notExecutedError is the error of a call of which nothing was executed, outside of a
// transaction: nothing of it has left, or the server has turned it away. It is
// driver.ErrBadConn, at which database/sql takes another connection. Who gets to see it,
// because he has leased this one or no other was better, is told why.
type notExecutedError struct{ why error }

func (e *notExecutedError) Error() string {
	return e.why.Error() + ", so it may be done again on another connection"
}

// Unwrap leads to driver.ErrBadConn too, which [ConnError] itself never does.
func (e *notExecutedError) Unwrap() []error { return []error{driver.ErrBadConn, e.why} }

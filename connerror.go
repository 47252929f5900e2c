package surrealsql

import (
	"context"
	"crypto/tls"
	"database/sql/driver"
	"errors"
	"net"
	"net/http"
	"os"

	"github.com/surrealsql/surrealsql/internal/ws"
)

// ConnError is a failure of the connection: the request got no answer. The
// connection is not used again.
type ConnError struct {
	Op   string // what failed: "connect", "write", "read" or an RPC method
	Addr string // the server's host:port
	Err  error  // the cause
	// Sent says that bytes of the request may have left. Then it may have been
	// executed, and errors.Is(err, ErrOutcomeUnknown) holds. Otherwise nothing
	// has happened on the server.
	Sent bool
}

// Error says what failed and whether the request may have been executed.
func (e *ConnError) Error() string {
	text := "surrealsql: connection to " + e.Addr + " failed"
	if e.Op != "" {
		text += " (" + e.Op + ")"
	}
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	if e.Sent {
		return text + "; the outcome is unknown: the request may have been executed"
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

// IsConflict reports whether another transaction wrote the same records first.
// Nothing of this one is in force: run it again as a whole. Where a text outside of a
// transaction holds several statements, that is the one statement, or the one block
// from BEGIN to COMMIT, and the others are in force: see [IsRetryable].
func IsConflict(err error) bool { return errors.Is(err, ErrConflict) }

// IsRetryable reports whether doing the same again is safe and may succeed: a
// conflict, or a connection that failed before anything was sent. It is false
// for an unknown outcome, for a cancelled context, for a closed pool, and where one side refuses the
// other's certificate or they do not speak the same protocol. Inside a transaction
// it is the whole transaction that is to be run again. Of a text outside of one it is
// the whole text: where another of its statements has written something, or may have,
// it is false, because each commits on its own. Put BEGIN; …; COMMIT around them.
func IsRetryable(err error) bool {
	switch {
	case errors.Is(err, ErrOutcomeUnknown), errors.Is(err, errInForce), errors.Is(err, context.Canceled), errors.Is(err, ErrClosed), hopeless(err):
		return false
	case IsConflict(err):
		return true
	}
	if _, answered := errors.AsType[*Error](err); answered {
		return false
	}
	if h, ok := errors.AsType[*ws.HandshakeError](err); ok {
		return h.Status == http.StatusTooManyRequests || h.Status >= http.StatusBadGateway
	}
	return IsConnectivity(err)
}

// IsDuplicate reports whether something exists already: a record with that id,
// a value in a unique index, or a definition.
func IsDuplicate(err error) bool { return errors.Is(err, ErrDuplicate) }

// IsNotFound reports whether the server says that something does not exist: a
// table (3.x; 2.x answers with an empty result), a namespace, a database, a
// definition. A query that finds no record is no error; QueryRow makes it
// sql.ErrNoRows, for which this is false.
func IsNotFound(err error) bool { return errors.Is(err, ErrNotFound) }

// IsParse reports whether the query text could not be parsed. Nothing of it has
// run. See Line, Column and Snippet of [Error].
func IsParse(err error) bool { return errors.Is(err, ErrParse) }

// IsTimeout reports whether time ran out: on the server, by a TIMEOUT clause or
// its limits, or here, by a context's deadline or a timeout of the Config.
func IsTimeout(err error) bool {
	return errors.Is(err, ErrTimeout) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded)
}

// IsAuth reports whether the server refused the credentials, the session or
// token has expired, or the user may not do this.
func IsAuth(err error) bool {
	if h, ok := errors.AsType[*ws.HandshakeError](err); ok {
		return h.Status == http.StatusUnauthorized || h.Status == http.StatusForbidden
	}
	return errors.Is(err, ErrAuth)
}

// IsThrown reports whether the query itself raised the error with THROW.
func IsThrown(err error) bool { return errors.Is(err, ErrThrown) }

// IsInvalid reports whether the data was refused, which a program answers with 400 or
// 422: a value that is not of the type of its field, parameter or function argument; one
// that an ASSERT refuses, a field that a SCHEMAFULL table does not have, a READONLY one
// that was changed; an id that is none, or ends of a relation that may not be; a record
// that may not be deleted because others refer to it. Table, Record, Field and Value of
// [Error] say which. It is true also for an argument that the driver refuses to send,
// such as a text that is not UTF-8 or an integer beyond int64, and for what
// [ParseRecordID] and [NewRecordID] refuse. It is false for a value in a unique index,
// see [IsDuplicate], and for arguments that are missing or too many.
func IsInvalid(err error) bool { return errors.Is(err, ErrInvalid) }

// IsConnectivity reports whether the connection failed, or could not be made:
// the server has not answered. Whether the request may have been executed
// tells errors.Is(err, ErrOutcomeUnknown).
func IsConnectivity(err error) bool {
	if errors.Is(err, driver.ErrBadConn) {
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

package surrealsql

import (
	"errors"
	"fmt"
	"strings"

	"github.com/surrealsql/surrealsql/internal/errtext"
)

// Errors that the driver itself returns. They come wrapped, with the particulars:
// compare with errors.Is.
var (
	// ErrNoHosts: the Config names no server; an empty DSN gives such a one.
	ErrNoHosts = errors.New("surrealsql: no server is named: expected a DSN such as " + dsnForm)
	// ErrClosed: the connector was closed (sql.DB.Close closes it). It is the very
	// error that the calls of a closed sql.DB return, which database/sql does not
	// export: so one question answers for all.
	ErrClosed = errorOfClosedDB()
	// ErrTxUnsupported: the server has no interactive transactions (2.x). A
	// text BEGIN; …; COMMIT in one Exec works there.
	ErrTxUnsupported = errors.New("surrealsql: this server has no interactive transactions (SurrealDB 3 has): put BEGIN; …; COMMIT into one query text instead")
	// ErrTxDoomed: a statement that writes has failed in this transaction,
	// perhaps halfway, so Commit cancelled it. Begin it anew.
	ErrTxDoomed = errors.New("surrealsql: the transaction was cancelled because a statement in it failed")
	// ErrReadOnly: a statement that may write, in a read-only transaction or on
	// connections that are (Config.ReadOnly).
	ErrReadOnly = errors.New("surrealsql: only reading is allowed here")
	// ErrOutcomeUnknown: the connection failed after a request was sent, or the server
	// says that it does not know what became of a commit. It may have been executed or
	// not; only reading the data tells. See [ConnError].
	ErrOutcomeUnknown = errors.New("surrealsql: the outcome is unknown: the request may have been executed")
	// ErrMessageTooLarge: the server's reply exceeds max_message_size.
	ErrMessageTooLarge = errors.New("surrealsql: the server's message is larger than max_message_size")
	// ErrRequestTooLarge: a request exceeds max_request_size. Nothing of it was
	// sent, and the connection is as good as before.
	ErrRequestTooLarge = errors.New("surrealsql: the request is larger than max_request_size")
	// ErrAmbiguousColumns: two columns of a projection cannot be told apart.
	ErrAmbiguousColumns = errors.New("surrealsql: columns cannot be told apart")
)

// inPart is the error of a part of something larger, which what names. The prefix of the
// driver's errors then stands at the beginning of the whole, and not in its middle.
func inPart(what string, err error) error { return &partError{what, err} }

type partError struct {
	what string
	err  error
}

func (e *partError) Error() string {
	return e.what + ": " + strings.TrimPrefix(e.err.Error(), "surrealsql: ")
}

func (e *partError) Unwrap() error { return e.err }

// Classes of server errors: targets for errors.Is, which every [*Error] answers
// to by its kind, its details and, where the server is older or says too
// little, its text.
//
// Which to use: [IsTimeout] and [IsAuth] know more than the server's errors, so prefer
// them to errors.Is with ErrTimeout and ErrAuth. The other functions with a class's name
// ask errors.Is and nothing else, so take what reads better; ErrExpired has none.
var (
	ErrConflict  = errors.New("surrealsql: transaction conflict")
	ErrDuplicate = errors.New("surrealsql: already exists")
	ErrNotFound  = errors.New("surrealsql: not found")
	ErrParse     = errors.New("surrealsql: parse error")
	ErrTimeout   = errors.New("surrealsql: timeout on the server")
	ErrAuth      = errors.New("surrealsql: not authenticated or not allowed")
	ErrThrown    = errors.New("surrealsql: thrown by the query")
	// ErrExpired: the session's or the token's time is over. It is an ErrAuth
	// too. The driver signs in again by itself, except within a transaction, so
	// this is seen where that did not help or could not be done.
	ErrExpired = errors.New("surrealsql: session or token expired")
	// ErrInvalid: a field, a table or a function does not take the data, or the
	// driver cannot send an argument. See [IsInvalid].
	ErrInvalid = errors.New("surrealsql: invalid data")
)

// Error is an error that the server answered with, to a whole request or to one
// of its statements. Ask it with errors.Is and the Is functions; its numbers
// and texts differ between versions of the server.
type Error struct {
	// Code is the RPC error code, 0 for a statement's error.
	Code int64
	// Kind is the server's class of error, such as "AlreadyExists". Empty
	// before 3.0.
	Kind string
	// Details are the particulars as the server sent them, on 3.x often
	// map[string]any{"kind": …, "details": …}; nil if there are none.
	Details any
	// Message is the server's message, all of it.
	Message string
	// Statement is which statement of the text failed, from 1, empty ones not
	// counted; 0 if it is not known or the request failed as a whole.
	Statement int
	// Line and Column are where a parse error is in the text that the program
	// wrote, from 1, the column in characters; 0 if unknown. Snippet is the
	// server's drawing of that place in the text that was sent, with $_1 for $1:
	// the line, and carets under it. It is not part of Error(), because a query
	// text may hold secrets.
	Line, Column int
	Snippet      string
	// Table, Record and Field are what the message names, without quotes around
	// the table and a plain field: "person", "person:1", "name", "address.city".
	// Value is what was refused, as SurrealQL writes it: "'x'", "NULL". Each is ""
	// where the message does not have it, or not so that it is certain.
	Table, Record, Field, Value string
	// Hint is what to do about it, where the driver knows; "" otherwise. It is part
	// of Error(), and has no values in it.
	Hint string
	// Cause is the error underneath, where the server gives one: at most eight in a row.
	// Its first line is part of Error(), unless the message has it already.
	Cause *Error

	whole   bool // the answer to a request, of which nothing else was answered
	redo    bool // running its transaction again may succeed
	inForce bool // something else that its text wrote is, or may be, in force
}

// errInForce is a target for errors.Is: of an error beside which something was
// written.
var errInForce = errors.New("surrealsql: a part of the text is in force")

// newError makes an Error; details is the decoded value, nil if there is none.
func newError(code int64, kind, message string, details any) *Error {
	e := &Error{
		Code: code, Kind: kind, Details: details,
		Message: strings.TrimRight(message, " \n"),
	}
	if e.Is(ErrParse) {
		p := errtext.ReadPosition(message)
		e.Line, e.Column, e.Snippet = p.Line, p.Column, p.Snippet
	}
	if kind != "Thrown" { // a user's words
		_, m := ruleOf(e.Message)
		e.readParts(m)
		e.Hint = e.hint(m)
	}
	return e
}

// Error returns the first line of the message and those of the causes, as far as they say
// more, with the statement where it is not the first, the position where it is known, and
// the hint.
func (e *Error) Error() string {
	text := errtext.Headline(e.Message)
	for c := e.Cause; c != nil; c = c.Cause {
		if words := errtext.Headline(c.Message); !strings.Contains(text, words) {
			text += ": " + words
		}
	}
	text = e.located(text)
	if e.Hint != "" {
		text += "; " + e.Hint
	}
	return text
}

// located adds to what the error is where it is.
func (e *Error) located(what string) string {
	var b strings.Builder
	b.WriteString("surrealdb: ")
	if e.Statement > 1 {
		fmt.Fprintf(&b, "statement %d: ", e.Statement)
	}
	b.WriteString(what)
	if e.Line > 0 {
		fmt.Fprintf(&b, " (line %d, column %d)", e.Line, e.Column)
	}
	return b.String()
}

// Is reports whether the error is of the class that target stands for, such as
// [ErrConflict].
func (e *Error) Is(target error) bool {
	switch target {
	case errInForce:
		return e.inForce
	case ErrOutcomeUnknown:
		return e.class()&classUnknown != 0
	}
	for _, c := range errorClasses {
		if target == c.target {
			return e.class()&c.bit != 0
		}
	}
	return false
}

// Unwrap returns Cause.
func (e *Error) Unwrap() error {
	if e.Cause == nil {
		return nil
	}
	return e.Cause
}

// encodeError is the error of a value that cannot be sent. Which values a program sends
// comes from outside as often as not, so it is of the class [ErrInvalid], also where
// another Go type would do.
type encodeError struct {
	what  string // the value is: "argument $1"
	value any
	err   error
}

func (e *encodeError) Error() string { return "surrealsql: " + e.what + ": " + e.err.Error() }

func (e *encodeError) Unwrap() error { return e.err }

func (e *encodeError) Is(target error) bool { return target == ErrInvalid }

// withoutValue is what may be logged.
func (e *encodeError) withoutValue() string {
	return fmt.Sprintf("surrealsql: the request was refused before it was sent: %s is a %T that cannot be sent", e.what, e.value)
}

// invalidError is the error of a text or a key that makes no value of SurrealDB's.
type invalidError struct{ err error }

func (e *invalidError) Error() string { return "surrealsql: " + e.err.Error() }

func (e *invalidError) Unwrap() error { return e.err }

func (e *invalidError) Is(target error) bool { return target == ErrInvalid }

const dsnForm = "surrealdb://user:password@host:8000/namespace/database"

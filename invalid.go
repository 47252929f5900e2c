package surrealsql

import "fmt"

// unsendable is the error of a value that cannot be sent. Which values a program sends
// comes from outside as often as not, so it is of the class [ErrInvalid], also where
// another Go type would do.
type unsendable struct {
	what  string // the value is: "argument $1"
	value any
	err   error
}

func (e *unsendable) Error() string { return "surrealsql: " + e.what + ": " + e.err.Error() }

func (e *unsendable) Unwrap() error { return e.err }

func (e *unsendable) Is(target error) bool { return target == ErrInvalid }

// withoutValue is what may be logged.
func (e *unsendable) withoutValue() string {
	return fmt.Sprintf("surrealsql: the request was refused before it was sent: %s is a %T that cannot be sent", e.what, e.value)
}

// malformed is the error of a text or a key that makes no value of SurrealDB's.
type malformed struct{ err error }

func (e *malformed) Error() string { return "surrealsql: " + e.err.Error() }

func (e *malformed) Unwrap() error { return e.err }

func (e *malformed) Is(target error) bool { return target == ErrInvalid }

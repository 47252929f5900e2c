package surrealsql

import (
	"errors"
	"time"
)

// Connecting is tried again as often as connect_attempts says: what may pass by itself, and
// what cannot.

// maxBackoff caps the pause between two attempts to connect.
const maxBackoff = 10 * time.Second

// isTemporary reports whether an error to connect can pass by itself: a refused
// connection can, a refused password cannot. Signing in may be repeated, and so may
// what was lost during it (see prepare), and what gives the credentials.
func isTemporary(err error) bool {
	var setUp *setUpError
	if errors.As(err, &setUp) {
		return false
	}
	return IsRetryable(err) || errors.Is(err, ErrOutcomeUnknown) && !isIncompatible(err)
}

// failsFast reports whether DialContext refused to dial for now. Trying again
// after connect_backoff would only make the caller wait for the same answer.
func failsFast(err error) bool {
	var refused interface{ FailFast() bool }
	return errors.As(err, &refused) && refused.FailFast()
}

// setUpError is an error of what the program wants to have done with each
// connection: schema, Init, hooks. It may have been done in part, so connecting
// is not tried again.
type setUpError struct{ err error }

func (e *setUpError) Error() string { return e.err.Error() }

func (e *setUpError) Unwrap() error { return e.err }

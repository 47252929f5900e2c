package surrealgorm

// What is refused before anything is sent, and what the server's errors are to GORM.

import (
	"errors"
	"strings"

	"gorm.io/gorm"

	"github.com/surrealsql/surrealsql"
)

// RefusedError says that SurrealDB cannot do what was asked, or that it would do something else.
// Nothing was sent. errors.Is finds gorm.ErrNotImplemented in it.
type RefusedError struct {
	// Feature is what was asked for, such as "Joins".
	Feature string
	// Instead is what to do about it.
	Instead string
}

func (e *RefusedError) Error() string {
	return "surrealgorm: SurrealDB does not do " + e.Feature + ": " + e.Instead
}

// Is tells that the error is a gorm.ErrNotImplemented.
func (e *RefusedError) Is(target error) bool { return target == gorm.ErrNotImplemented }

func refuse(feature, instead string) error {
	return &RefusedError{Feature: feature, Instead: instead}
}

// translated is a server's error under GORM's name for it. Both are found by errors.Is and As.
type translated struct{ gorm, server error }

func (e translated) Error() string   { return e.gorm.Error() + ": " + e.server.Error() }
func (e translated) Unwrap() []error { return []error{e.gorm, e.server} }

// Translate gives GORM's errors for the server's, where gorm.Config has TranslateError. The
// server's own stays within.
func (d *Dialector) Translate(err error) error {
	var server *surrealsql.Error
	if !errors.As(err, &server) {
		return err
	}
	switch {
	case surrealsql.IsDuplicate(err):
		return translated{gorm.ErrDuplicatedKey, err}
	case strings.Contains(server.Message, "ON DELETE REJECT"):
		return translated{gorm.ErrForeignKeyViolated, err}
	case strings.Contains(server.Message, "but field must conform to:"):
		return translated{gorm.ErrCheckConstraintViolated, err}
	}
	return err
}

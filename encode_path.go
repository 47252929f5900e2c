package surrealsql

import (
	"reflect"
	"strconv"
	"strings"
)

// pathError says where within a value an error lies. It is built from the inside
// out while the error goes up, so that values without errors pay nothing.
type pathError struct {
	path string
	err  error
}

func (e *pathError) Error() string { return strings.TrimPrefix(e.path, ".") + ": " + e.err.Error() }
func (e *pathError) Unwrap() error { return e.err }

// maxPath bounds the message for values that contain themselves.
const maxPath = 200

func at(step string, err error) error {
	e, ok := err.(*pathError)
	if !ok {
		return &pathError{step, err}
	}
	if e.path = step + e.path; len(e.path) > maxPath {
		e.path = e.path[:maxPath/2] + "…" + e.path[len(e.path)-maxPath/2:]
		e.path = strings.ToValidUTF8(e.path, "")
	}
	return e
}

func atIndex(i int, err error) error { return at("["+strconv.Itoa(i)+"]", err) }

// atField names a key as the author would: bare where it is a word.
func atField(name string, err error) error {
	for i, r := range name {
		if r != '_' && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (i == 0 || r < '0' || r > '9') {
			return at("["+strconv.Quote(name)+"]", err)
		}
	}
	return at("."+name, err)
}

// typeSet collects the types of some values.
func typeSet(values ...any) map[reflect.Type]bool {
	set := make(map[reflect.Type]bool, len(values))
	for _, v := range values {
		set[reflect.TypeOf(v)] = true
	}
	return set
}

package embedded_test

import (
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql/internal/embedded"
)

// What package reflect lets nobody set, and what is usable without help.

type inner struct{ Name string }

type outer struct {
	inner
	Age int
}

func TestUsableFieldCanBeReadAndSet(t *testing.T) {
	t.Parallel()
	v := outer{inner{"Ada"}, 36}
	field := reflect.ValueOf(&v).Elem().Field(0)
	require.False(t, field.CanInterface())
	usable := embedded.Usable(field)
	require.Equal(t, inner{"Ada"}, usable.Interface())
	usable.Set(reflect.ValueOf(inner{"Kim"}))
	require.Equal(t, "Kim", v.Name)
}

func TestUsableFieldThatIsExportedIsItself(t *testing.T) {
	t.Parallel()
	v := outer{Age: 36}
	field := reflect.ValueOf(v).Field(1) // in no variable
	require.Equal(t, 36, embedded.Usable(field).Interface())
}

package docs_test

import (
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/pool"
)

// What can be set is written down, also where it has no key.
func TestPagesNameEachFieldThatCanBeSet(t *testing.T) {
	t.Parallel()
	for page, settings := range map[string]reflect.Type{
		"dsn.md": reflect.TypeFor[surrealsql.Config](), "pool.md": reflect.TypeFor[pool.Settings](),
	} {
		text, err := os.ReadFile(page)
		require.NoError(t, err)
		for i := range settings.NumField() {
			if field := settings.Field(i); field.IsExported() {
				require.True(t, strings.Contains(string(text), "`"+field.Name+"`"), "%s has no %s", page, field.Name)
			}
		}
	}
}

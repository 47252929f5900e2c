// Package keystest tests lists of keys, and writes their documentation.
package keystest

import (
	"flag"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql/internal/keys"
)

var update = flag.Bool("update", false, "write the table of keys in the documentation anew")

const (
	begins = "<!-- keys -->\n"
	ends   = "<!-- /keys -->\n"
)

// RequireDocumented compares the table of keys in a page of the documentation
// with the list, or writes it.
func RequireDocumented[T any](t *testing.T, list keys.List[T], page string) {
	t.Helper()
	file, err := os.ReadFile(page)
	require.NoError(t, err)
	before, rest, ok := strings.Cut(string(file), begins)
	require.True(t, ok, "%s has no %s", page, begins)
	written, after, ok := strings.Cut(rest, ends)
	require.True(t, ok, "%s has no %s", page, ends)
	if *update {
		written = table(list)
		require.NoError(t, os.WriteFile(page, []byte(before+begins+written+ends+after), 0o644))
	}
	require.Equal(t, table(list), written, "run this test again with: -run %s -update", t.Name())
}

// table is the documentation of all keys, in Markdown.
func table[T any](list keys.List[T]) string {
	var b strings.Builder
	row := func(cells ...string) {
		for _, cell := range cells {
			b.WriteString("| " + strings.ReplaceAll(cell, "|", `\|`) + " ")
		}
		b.WriteString("|\n")
	}
	row("key", "takes", "default", "meaning", "`"+reflect.TypeFor[T]().Name()+"` field")
	b.WriteString("|---|---|---|---|---|\n")
	for _, k := range list {
		if k.Retired {
			continue
		}
		def := k.DefaultDoc
		if def == "" {
			def = code(k.Default)
		}
		row(code(k.Name)+places[k.Place], k.Expect, def, k.Doc, code(k.Field))
	}
	return b.String()
}

var places = map[keys.Place]string{
	keys.BeforeHost: " (before the host)",
	keys.InPath:     " (or in the path)",
}

func code(s string) string {
	if s == "" {
		return ""
	}
	return "`" + s + "`"
}

// RequireSound checks that no two keys share a spelling or a field, that each is
// documented, and that its default is a value of it.
func RequireSound[T any](t *testing.T, list keys.List[T]) {
	t.Helper()
	spellings, fields := make(map[string]bool), make(map[string]bool)
	for _, k := range list {
		for _, name := range slices.Concat([]string{k.Name}, k.Aka, k.Former) {
			require.False(t, spellings[name], "%s means two keys", name)
			spellings[name] = true
		}
		require.False(t, fields[k.Field], "%s has two keys", k.Field)
		fields[k.Field] = true
		require.NotEmpty(t, k.Doc, k.Name)
		require.NotEmpty(t, k.Expect, k.Name)
	}
	require.NotPanics(t, func() { list.ApplyDefaults(new(T)) })
}

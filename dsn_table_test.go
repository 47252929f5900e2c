package surrealsql

import (
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write docs/dsn-table.md anew")

const tableFile = "docs/dsn-table.md"

// dsnTable is the documentation's table of all keys.
func dsnTable() string {
	var b strings.Builder
	b.WriteString("| key | takes | default | meaning | `Config` field |\n|---|---|---|---|---|\n")
	for _, k := range dsnKeys {
		name := "`" + k.name + "`"
		switch k.where {
		case inUserinfo:
			name += " (before the host)"
		case inPath:
			name += " (or in the path)"
		}
		def := k.defDoc
		if def == "" && k.def != "" {
			def = "`" + k.def + "`"
		}
		field := ""
		if k.field != "" {
			field = "`" + k.field + "`"
		}
		for _, cell := range []string{name, k.expect, def, k.doc, field} {
			b.WriteString("| " + strings.ReplaceAll(cell, "|", `\|`) + " ")
		}
		b.WriteString("|\n")
	}
	return b.String()
}

func TestDocumentedKeysAreTheOnesThatWork(t *testing.T) {
	t.Parallel()
	if *update {
		require.NoError(t, os.WriteFile(tableFile, []byte(dsnTable()), 0o644))
	}
	file, err := os.ReadFile(tableFile)
	require.NoError(t, err)
	require.Equal(t, dsnTable(), string(file), "run: go test -run %s -update .", t.Name())
}

func TestEveryKeyIsDocumentedAndItsDefaultIsAValueOfIt(t *testing.T) {
	t.Parallel()
	seen := make(map[string]bool)
	for _, k := range dsnKeys {
		for _, name := range append([]string{k.name}, k.aka...) {
			require.False(t, seen[name], "%s means two keys", name)
			seen[name] = true
		}
		require.NotEmpty(t, k.doc, k.name)
		require.NotEmpty(t, k.expect, k.name)
		if k.def != "" {
			c := new(Config)
			require.NoError(t, k.set(c, k.def), k.name)
			require.NotEqual(t, "x", k.get(c))
		}
	}
}

package surrealsql

import (
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the README's table of DSN keys anew")

const (
	readme      = "README.md"
	tableBegins = "<!-- keys -->\n"
	tableEnds   = "<!-- /keys -->\n"
)

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
	file, err := os.ReadFile(readme)
	require.NoError(t, err)
	before, rest, ok := strings.Cut(string(file), tableBegins)
	require.True(t, ok, "%s has no %s", readme, tableBegins)
	table, after, ok := strings.Cut(rest, tableEnds)
	require.True(t, ok, "%s has no %s", readme, tableEnds)
	if *update {
		table = dsnTable()
		require.NoError(t, os.WriteFile(readme, []byte(before+tableBegins+table+tableEnds+after), 0o644))
	}
	require.Equal(t, dsnTable(), table, "run: go test -run %s -update .", t.Name())
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

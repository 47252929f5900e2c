package floors

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// house writes a package of three files, of which a uses b, b uses c, and c a
// method and a field of b.
func house(t *testing.T) *House {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod":     "module house\n\ngo 1.26\n",
		"a.go":       "package house\n\nfunc A() { B() }\n",
		"b.go":       "package house\n\nimport \"sync\"\n\ntype T struct { N int; mu sync.Mutex }\n\nfunc (t *T) M() {}\n\nfunc B() { C(nil) }\n",
		"c.go":       "package house\n\nfunc C(t *T) { t.M(); t.N++; t.mu.Lock() }\n",
		"c_other.go": "//go:build never\n\npackage house\n\nfunc Other() { A() }\n",
	} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	h, err := Read(dir)
	require.NoError(t, err)
	return h
}

func TestReadFindsWhatFilesUseOfEachOther(t *testing.T) {
	h := house(t)
	require.Equal(t, []string{"a.go", "b.go", "c.go"}, h.Files)
	require.Equal(t, 3, h.Arrows())
	require.Equal(t, []string{"b.go", "c.go"}, h.Circle())
	var names []string
	for _, use := range h.Uses {
		names = append(names, use.From+" "+use.Name)
	}
	require.Equal(t, []string{"a.go B", "b.go C", "c.go N", "c.go T", "c.go T.M", "c.go mu"}, names)
}

func TestUpListsWhatRunsAgainstTheOrder(t *testing.T) {
	h := house(t)
	up, err := h.Up("c.go b.go c_other.go", "a.go")
	require.NoError(t, err)
	require.Empty(t, up)

	up, err = h.Up("a.go c.go", "b.go")
	require.NoError(t, err)
	require.Len(t, up, 5)
	require.Equal(t, "B", up[0].Name)
	require.Equal(t, 3, up[0].Pos.Line)
}

func TestUpRefusesAnOrderThatLeavesAFileOut(t *testing.T) {
	h := house(t)
	_, err := h.Up("a.go b.go")
	require.ErrorContains(t, err, "c.go stands on no floor")
	_, err = h.Up("a.go b.go c.go", "a.go")
	require.ErrorContains(t, err, "a.go stands on two floors")
	_, err = h.Up("a.go b.go c.go d.go")
	require.ErrorContains(t, err, "d.go")
}

// Package docs_test keeps the promises of the project's pages: their Go compiles
// and runs, their tables of types are true on the real engine, and their links
// lead somewhere.
package docs_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql/internal/drivertest"
)

func TestMain(m *testing.M) { drivertest.Main(m) }

// root is the project's folder, from here.
const root = ".."

// page is a Markdown file of the project.
type page struct {
	name string // from the project's folder: docs/dsn.md
	text string
}

// readPages returns all pages of the project: a new one is tested without being
// entered anywhere.
func readPages(t *testing.T) (pages []page) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && slices.Contains([]string{".git", "node_modules", "testdata"}, entry.Name()):
			return filepath.SkipDir
		case filepath.Ext(path) != ".md":
			return nil
		}
		text, err := os.ReadFile(path)
		name, _ := filepath.Rel(root, path)
		pages = append(pages, page{name: filepath.ToSlash(name), text: string(text)})
		return err
	}))
	require.Greater(t, len(pages), 10)
	return pages
}

// lineAt is the number of the line that holds the byte at i.
func (p page) lineAt(i int) int { return 1 + strings.Count(p.text[:i], "\n") }

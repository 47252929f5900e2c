package docs_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// architecture.md explains the files and packages that are there, and no others.

// A file or a package that is not explained is one that nobody finds.
func TestArchitectureNamesEachFileOfTheRootAndEachPackage(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("architecture.md")
	require.NoError(t, err)
	named := make(map[string]bool)
	for _, m := range regexp.MustCompile("`([^`\n]+)`").FindAllStringSubmatch(string(text), -1) {
		named[m[1]] = true
	}
	files, err := filepath.Glob(filepath.Join(root, "*.go"))
	require.NoError(t, err)
	packages, err := filepath.Glob(filepath.Join(root, "internal", "*"))
	require.NoError(t, err)
	for _, path := range append(files, packages...) {
		name, _ := filepath.Rel(root, path)
		if name = filepath.ToSlash(name); !strings.HasSuffix(name, "_test.go") {
			require.True(t, named[name], "docs/architecture.md has no %s", name)
		}
	}
	for name := range named {
		if strings.HasPrefix(name, "internal/") {
			require.DirExists(t, filepath.Join(root, name))
		}
	}
}

// The tables of the floors are those of the test that keeps them.
func TestArchitectureHasTheFloorsThatAreKept(t *testing.T) {
	t.Parallel()
	kept, err := os.ReadFile(filepath.Join(root, "floors_test.go"))
	require.NoError(t, err)
	text, err := os.ReadFile("architecture.md")
	require.NoError(t, err)
	file := regexp.MustCompile(`\b[a-z][a-z0-9_]*\.go\b`)
	_, rest, _ := strings.Cut(string(text), "From the lowest floor up:")
	rest, _, _ = strings.Cut(rest, "So a reader of")
	sections := regexp.MustCompile(`(?m)^\*\*\w+\*\*: `).Split(rest, -1)[1:]
	floors := regexp.MustCompile("(?s)(?:`[^`]*\\.go[^`]*`|\"[^\"]*\\.go[^\"]*\")").FindAllString(string(kept), -1)
	require.Len(t, sections, len(floors))
	for i, floor := range floors {
		require.ElementsMatch(t, file.FindAllString(floor, -1), file.FindAllString(sections[i], -1))
	}
}

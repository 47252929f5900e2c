package docs_test

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// What links lead to and blocks are called, by the text of the pages alone.

var (
	fencePattern   = regexp.MustCompile("(?ms)^```([^\n]*)\n.*?^```$")
	codePattern    = regexp.MustCompile("`[^`\n]*`")
	linkPattern    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	headingPattern = regexp.MustCompile(`(?m)^#{1,6} (.+)$`)
)

// prose is the page without its blocks of code. The lines stay where they are.
func (p page) prose() string {
	return fencePattern.ReplaceAllStringFunc(p.text, func(block string) string {
		return strings.Repeat("\n", strings.Count(block, "\n"))
	})
}

// anchors are what a link into the page may name, as GitHub makes them.
func (p page) anchors() map[string]bool {
	list := make(map[string]bool)
	for _, m := range headingPattern.FindAllStringSubmatch(p.prose(), -1) {
		text := regexp.MustCompile(`\[([^\]]*)\]\([^)]*\)`).ReplaceAllString(m[1], "$1")
		text = regexp.MustCompile(`[^\p{L}\p{N}_\- ]`).ReplaceAllString(strings.ToLower(text), "")
		anchor := strings.ReplaceAll(text, " ", "-")
		for n, first := 1, anchor; list[anchor]; n++ {
			anchor = fmt.Sprint(first, "-", n)
		}
		list[anchor] = true
	}
	return list
}

// links are the files of the project that the page links to, with their anchors.
func (p page) links() (list []link) {
	for _, m := range linkPattern.FindAllStringSubmatch(codePattern.ReplaceAllString(p.prose(), ""), -1) {
		if strings.Contains(m[1], "://") {
			continue
		}
		file, anchor, _ := strings.Cut(m[1], "#")
		if file == "" {
			list = append(list, link{p.name, anchor})
		} else {
			list = append(list, link{path.Join(path.Dir(p.name), file), anchor})
		}
	}
	return list
}

type link struct{ file, anchor string }

func pagesByName(t *testing.T) map[string]page {
	t.Helper()
	pages := make(map[string]page)
	for _, p := range readPages(t) {
		pages[p.name] = p
	}
	return pages
}

func TestLinksOfPagesLeadSomewhere(t *testing.T) {
	t.Parallel()
	pages := pagesByName(t)
	for _, p := range pages {
		for _, l := range p.links() {
			_, err := os.Stat(filepath.Join(root, l.file))
			require.NoError(t, err, "%s links to %s", p.name, l.file)
			if l.anchor != "" {
				require.Contains(t, pages[l.file].anchors(), l.anchor, "%s links to %s", p.name, l.file)
			}
		}
	}
}

func TestPagesAreReachedFromTheREADME(t *testing.T) {
	t.Parallel()
	pages := pagesByName(t)
	reached := map[string]bool{"README.md": true}
	for next := []string{"README.md"}; len(next) > 0; {
		p := pages[next[0]]
		next = next[1:]
		for _, l := range p.links() {
			if _, isPage := pages[l.file]; isPage && !reached[l.file] {
				reached[l.file] = true
				next = append(next, l.file)
			}
		}
	}
	for name := range pages {
		if !strings.HasPrefix(name, ".github/") { // GitHub finds these
			require.True(t, reached[name], "no link leads from README.md to %s", name)
		}
	}
}

// Go in a block of another name would not be run.
func TestBlocksOfPagesSayTheirLanguage(t *testing.T) {
	t.Parallel()
	for _, p := range readPages(t) {
		require.Zero(t, strings.Count(p.text, "\n```")%2, "%s: a block without an end", p.name)
		for _, m := range fencePattern.FindAllStringSubmatchIndex(p.text, -1) {
			language := p.text[m[2]:m[3]]
			require.Contains(t, []string{"go", "sh", "text", "surql", "yaml"}, language, "%s:%d", p.name, p.lineAt(m[0]))
		}
	}
}

func TestDependabotKnowsEachModule(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join(root, ".github/dependabot.yml"))
	require.NoError(t, err)
	var folders []string
	require.NoError(t, filepath.WalkDir(root, func(file string, entry fs.DirEntry, err error) error {
		if entry != nil && entry.Name() == "go.mod" {
			folder, _ := filepath.Rel(root, filepath.Dir(file))
			folders = append(folders, strings.TrimSuffix("/"+filepath.ToSlash(folder), "."))
		}
		return err
	}))
	slices.Sort(folders)
	require.Contains(t, string(text), "directories: ["+strings.Join(folders, ", ")+"]")
}

package docs_test

import (
	"encoding/json"
	"flag"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The table of tools.md has a row for each tool that was tried. Which version that was, the
// go.mod file of its code says: the table cannot be another's than what is tested.

var update = flag.Bool("update", false, "write the versions of the table of tools anew")

var (
	toolPattern   = regexp.MustCompile(`^\[[^\]]+\]\((https://[^)]+)\)$`)
	folderPattern = regexp.MustCompile(`\]\(\.\./((?:integrations|examples)/[^)#]+)\)`)
	// pseudoVersion is what the go command calls a commit without a tag.
	pseudoVersion = regexp.MustCompile(`^v.*?(\d{4})(\d\d)(\d\d)\d{6}-[0-9a-f]{12}$`)
)

const onPackages = "https://pkg.go.dev/"

// tool is a row of the table.
type tool struct {
	link    string // where the tool is found: a module's page is at pkg.go.dev
	version string
	folders []string // the code, from the project's folder
	how     string   // works, glue or fails
	rest    string   // worth knowing
	code    string   // the cell that the folders stand in
	name    string   // the cell that the link stands in
}

func (tool tool) String() string {
	return "| " + strings.Join([]string{tool.name, tool.version, tool.code, tool.how, tool.rest}, " | ") + " |"
}

// toolsTable is what stands before the rows of tools.md, the rows, and what stands after them.
func toolsTable(t *testing.T) (before string, tools []tool, after string) {
	t.Helper()
	file, err := os.ReadFile("tools.md")
	require.NoError(t, err)
	const head = "<!-- tools -->\n| tool | version | code | how | worth knowing |\n|---|---|---|---|---|\n"
	before, rest, ok := strings.Cut(string(file), head)
	require.True(t, ok, "tools.md has no %s", head)
	rows, after, ok := strings.Cut(rest, "<!-- /tools -->\n")
	require.True(t, ok, "tools.md has no end of the table")
	for row := range strings.Lines(rows) {
		cells := strings.Split(strings.Trim(row, "| \n"), " | ")
		require.Len(t, cells, 5, row)
		link := toolPattern.FindStringSubmatch(cells[0])
		require.NotNil(t, link, "expected [name](https://…) in %s", row)
		tool := tool{name: cells[0], link: link[1], version: cells[1], code: cells[2], how: cells[3], rest: cells[4]}
		for _, folder := range folderPattern.FindAllStringSubmatch(tool.code, -1) {
			tool.folders = append(tool.folders, folder[1])
		}
		tools = append(tools, tool)
	}
	return before + head, tools, "<!-- /tools -->\n" + after
}

// required are the versions that the go.mod file of a folder requires, by the modules' paths.
func required(t *testing.T, folder string) map[string]string {
	t.Helper()
	file := ""
	for ; ; folder = path.Dir(folder) {
		file = filepath.Join(root, folder, "go.mod")
		if _, err := os.Stat(file); err == nil {
			break
		}
		require.NotEqual(t, ".", folder, "no go.mod")
	}
	out, err := exec.CommandContext(t.Context(), "go", "mod", "edit", "-json", file).Output()
	require.NoError(t, err)
	var mod struct {
		Require []struct{ Path, Version string }
	}
	require.NoError(t, json.Unmarshal(out, &mod))
	versions := make(map[string]string)
	for _, r := range mod.Require {
		versions[r.Path] = strings.TrimPrefix(r.Version, "v")
		if m := pseudoVersion.FindStringSubmatch(r.Version); m != nil {
			versions[r.Path] = "of " + m[1] + "-" + m[2] + "-" + m[3]
		}
	}
	return versions
}

func TestToolsTableHasTheVersionsThatAreTested(t *testing.T) {
	t.Parallel()
	before, tools, after := toolsTable(t)
	var was, is strings.Builder
	for _, tool := range tools {
		was.WriteString(tool.String() + "\n")
		if module, ok := strings.CutPrefix(tool.link, onPackages); ok && len(tool.folders) > 0 {
			tool.version = required(t, tool.folders[0])[module]
			require.NotEmpty(t, tool.version, "%s requires no module %s", tool.folders[0], module)
		}
		is.WriteString(tool.String() + "\n")
	}
	if *update {
		require.NoError(t, os.WriteFile("tools.md", []byte(before+is.String()+after), 0o644))
		return
	}
	require.Equal(t, is.String(), was.String(), "write them with: go test -run Tools ./docs -update")
}

func TestToolsTableSaysOfEachToolHowItWorks(t *testing.T) {
	t.Parallel()
	_, tools, _ := toolsTable(t)
	for _, tool := range tools {
		how, _, _ := strings.Cut(tool.how, ",")
		require.Contains(t, []string{"works", "glue", "fails"}, how, tool)
		require.NotEmpty(t, tool.version, tool)
		if how != "fails" {
			require.NotEmpty(t, tool.folders, "%s: where is its code?", tool)
		}
		if strings.HasPrefix(tool.link, onPackages) {
			require.NotEmpty(t, tool.folders, "%s: which go.mod file has its version?", tool)
		}
	}
}

// What lies in integrations/ for people to import or to read has to be found.
func TestToolsPageLeadsToEachIntegration(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("tools.md")
	require.NoError(t, err)
	entries, err := fs.ReadDir(os.DirFS(root), "integrations")
	require.NoError(t, err)
	for _, entry := range entries {
		if entry.IsDir() && entry.Name() != "internal" {
			require.True(t, strings.Contains(string(page), "](../integrations/"+entry.Name()+")"),
				"tools.md does not link to integrations/%s", entry.Name())
		}
	}
}

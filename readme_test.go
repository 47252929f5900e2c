package surrealsql_test

import (
	"fmt"
	"os"
	osexec "os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql/surrealtest"
)

// The README's Go is run on the real engine. A comment before a block says what
// else is to be done with it: `compile` runs it not, `from file` looks it up in a
// tested file. Whole programs are run as they are, declarations and statements
// become one program, the statements each in a function of their own.

const readmeDSN = "surrealdb://root:root@localhost:8000/shop/main"

// snippet is a block of Go in the README.
type snippet struct {
	line      int
	directive string // the comment before it
	code      string
	output    string // the block of text behind it
}

var snippetPattern = regexp.MustCompile("(?ms)(?:^<!-- ([^\n]*) -->\n)?^```go\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?")

func readSnippets(t *testing.T) (snippets []snippet) {
	t.Helper()
	file, err := os.ReadFile("README.md")
	require.NoError(t, err)
	text := string(file)
	group := func(m []int, i int) string {
		if m[2*i] < 0 {
			return ""
		}
		return text[m[2*i]:m[2*i+1]]
	}
	for _, m := range snippetPattern.FindAllStringSubmatchIndex(text, -1) {
		snippets = append(snippets, snippet{
			line:      1 + strings.Count(text[:m[4]], "\n"),
			directive: group(m, 1), code: group(m, 2), output: group(m, 3),
		})
	}
	require.Len(t, snippets, strings.Count(text, "```go\n"), "a block of Go that was not understood")
	return snippets
}

func (s snippet) isProgram() bool { return strings.HasPrefix(s.code, "package main\n") }

func (s snippet) isDeclaration() bool {
	return strings.HasPrefix(s.code, "func ") || strings.HasPrefix(s.code, "// inTx ")
}

// runGo runs a program of this module and returns what it prints.
func runGo(t *testing.T, program string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "main.go")
	require.NoError(t, os.WriteFile(file, []byte(program), 0o644))
	cmd := osexec.CommandContext(t.Context(), "go", "run", file)
	cmd.Env = append(os.Environ(), "GOFLAGS=") // -race and the like are for the tests
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s\n%s", out, program)
	return string(out)
}

func TestTheREADMEsProgramsRun(t *testing.T) {
	t.Parallel()
	programs := 0
	for _, s := range readSnippets(t) {
		if !s.isProgram() {
			continue
		}
		programs++
		require.Contains(t, s.code, readmeDSN)
		out := runGo(t, strings.ReplaceAll(s.code, readmeDSN, surrealtest.DSN(t)))
		require.Equal(t, s.output, out, "README.md:%d", s.line)
	}
	require.NotZero(t, programs)
}

func TestTheREADMEsSnippetsRun(t *testing.T) {
	t.Parallel()
	var declarations, functions, calls strings.Builder
	for _, s := range readSnippets(t) {
		switch {
		case s.isProgram(), strings.HasPrefix(s.directive, "from "):
		case s.isDeclaration():
			declarations.WriteString(s.code + "\n")
		default:
			fmt.Fprintf(&functions, "func line%d(ctx context.Context, db *sql.DB) (err error) {\n{\n%s}\nreturn err\n}\n\n", s.line, s.code)
			if s.directive != "compile" {
				fmt.Fprintf(&calls, "must(%d, line%[1]d(ctx, db))\n", s.line)
			} else {
				fmt.Fprintf(&calls, "_ = line%d\n", s.line)
			}
		}
	}
	body := fmt.Sprintf(`
func main() {
	ctx := context.Background()
	db, err := sql.Open("surrealdb", %q)
	must(0, err)
	defer db.Close()
	%s
}

func must(line int, err error) {
	if err != nil {
		log.Fatalf("README.md:%%d: %%v", line, err)
	}
}

`, surrealtest.DSN(t), calls.String()) + functions.String() + declarations.String()
	runGo(t, "package main\n\nimport (\n"+imports(body)+")\n"+body)
}

// imports lists the packages that a text uses, of those that the README may use.
func imports(body string) string {
	var list strings.Builder
	for _, path := range []string{
		"context", "database/sql", "errors", "fmt", "log", "log/slog", "math/rand/v2", "slices", "testing", "time",
		"github.com/surrealsql/surrealsql", "github.com/surrealsql/surrealsql/pool", "github.com/surrealsql/surrealsql/surrealtest",
	} {
		name := filepath.Base(strings.TrimSuffix(path, "/v2"))
		if regexp.MustCompile(`\b` + name + `\.[A-Z]`).MatchString(body) {
			fmt.Fprintf(&list, "\t%q\n", path)
		}
	}
	return list.String()
}

func TestTheREADMEsExcerptsAreTheFilesThatAreTested(t *testing.T) {
	t.Parallel()
	// The indentation differs.
	flat := func(text string) string { return regexp.MustCompile(`(?m)^\t+`).ReplaceAllString(text, "") }
	for _, s := range readSnippets(t) {
		name, ok := strings.CutPrefix(s.directive, "from ")
		if !ok {
			continue
		}
		file, err := os.ReadFile(name)
		require.NoError(t, err)
		require.Contains(t, flat(string(file)), flat(s.code), "README.md:%d", s.line)
	}
}

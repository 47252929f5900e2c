package docs_test

import (
	"fmt"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql/surrealtest"
)

// The Go of each page is run on the real engine, in the order of the page, on a
// database that is empty at its top. A comment before a block says what else is
// to be done with it: `compile` runs it not, `from file` looks it up in a tested
// file. Whole programs are run as they are; declarations and statements become
// one program, the statements each in a function of their own, which has ctx,
// the page's *sql.DB as db and its DSN as dsn.

// pageDSN is what pages write for a DSN; the tests put the engine's in its place.
const pageDSN = "surrealdb://root:root@localhost:8000/shop/main"

// snippet is a block of Go in a page.
type snippet struct {
	page      string
	line      int    // of its first line
	directive string // the comment before it
	code      string
	output    string // the block of text after it
}

func (s snippet) String() string { return fmt.Sprintf("%s:%d", s.page, s.line) }

var snippetPattern = regexp.MustCompile("(?ms)(?:^<!-- ([^\n]*) -->\n)?^```go\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?")

func readSnippets(t *testing.T) (snippets []snippet) {
	t.Helper()
	for _, p := range readPages(t) {
		group := func(m []int, i int) string {
			if m[2*i] < 0 {
				return ""
			}
			return p.text[m[2*i]:m[2*i+1]]
		}
		found := snippetPattern.FindAllStringSubmatchIndex(p.text, -1)
		require.Len(t, found, strings.Count(p.text, "```go"), "%s has a block of Go that was not understood", p.name)
		for _, m := range found {
			s := snippet{
				page: p.name, line: p.lineAt(m[4]),
				directive: group(m, 1), code: group(m, 2), output: group(m, 3),
			}
			if s.directive != "compile" && !strings.HasPrefix(s.directive, "from ") {
				require.Empty(t, s.directive, s)
			}
			snippets = append(snippets, s)
		}
	}
	return snippets
}

func (s snippet) isProgram() bool { return strings.HasPrefix(s.code, "package main\n") }

func (s snippet) isExcerpt() bool { return strings.HasPrefix(s.directive, "from ") }

// isDeclaration tells whether the code can stand outside of a function.
func (s snippet) isDeclaration() bool {
	_, err := parser.ParseFile(token.NewFileSet(), "", "package p\n"+s.code, parser.SkipObjectResolution)
	return err == nil
}

// function is the name of the function that the statements become.
func (s snippet) function() string {
	return regexp.MustCompile(`\W`).ReplaceAllString(s.page, "_") + fmt.Sprint("_", s.line)
}

// on is the code for another server than that of the pages.
func (s snippet) on(dsn string) string {
	code := s.code
	if strings.Contains(dsn, "?") {
		code = strings.ReplaceAll(code, pageDSN+"?", dsn+"&")
	}
	return strings.ReplaceAll(code, pageDSN, dsn)
}

// runGo runs a program of this module and returns what it prints.
func runGo(t *testing.T, program string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "main.go")
	require.NoError(t, os.WriteFile(file, []byte(program), 0o644))
	cmd := exec.CommandContext(t.Context(), "go", "run", file)
	cmd.Env = append(os.Environ(), "GOFLAGS=") // -race and the like are for the tests
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	return string(out)
}

func TestProgramsOfPagesRun(t *testing.T) {
	t.Parallel()
	programs := 0
	for _, s := range readSnippets(t) {
		if !s.isProgram() {
			continue
		}
		programs++
		require.Contains(t, s.code, pageDSN, s)
		require.Equal(t, s.output, runGo(t, s.on(surrealtest.DSN(t))), s)
	}
	require.NotZero(t, programs)
}

func TestSnippetsOfPagesRun(t *testing.T) {
	t.Parallel()
	var declarations, functions, calls strings.Builder
	dsns := make(map[string]string)
	for _, s := range readSnippets(t) {
		if s.isProgram() || s.isExcerpt() {
			continue
		}
		dsn, known := dsns[s.page]
		if !known {
			dsn = surrealtest.DSN(t)
			dsns[s.page] = dsn
			fmt.Fprintf(&calls, "dsn, db = open(%q)\n", dsn)
		}
		// What the compiler says of the code, it says of the page.
		page, err := filepath.Abs(filepath.Join(root, s.page))
		require.NoError(t, err)
		code := fmt.Sprintf("//line %s:%d\n%s", page, s.line, s.on(dsn))
		if s.isDeclaration() {
			declarations.WriteString(code + "\n")
			continue
		}
		fmt.Fprintf(&functions, `
func %s(ctx context.Context, db *sql.DB, dsn string) (err error) {
{
%s}
return err
}
`, s.function(), code)
		if s.directive == "compile" {
			fmt.Fprintf(&calls, "_ = %s\n", s.function())
		} else {
			fmt.Fprintf(&calls, "must(%q, %s(ctx, db, dsn))\n", s, s.function())
		}
	}
	body := `
func main() {
	ctx := context.Background()
	var (
		dsn string
		db  *sql.DB
	)
	` + calls.String() + `}

func open(dsn string) (string, *sql.DB) {
	db, err := sql.Open("surrealdb", dsn)
	must("open", err)
	return dsn, db
}

func must(where string, err error) {
	if err != nil {
		log.Fatalf("%s: %v", where, err)
	}
}

` + functions.String() + declarations.String()
	runGo(t, "package main\n\nimport (\n"+imports(body)+")\n"+body)
}

// imports lists the packages that a text uses, of those that pages may use.
func imports(body string) string {
	var list strings.Builder
	for _, path := range []string{
		"context", "crypto/tls", "crypto/x509", "database/sql", "errors", "fmt", "log", "log/slog",
		"os", "os/signal", "slices",
		"testing", "time", "github.com/surrealsql/surrealsql", "github.com/surrealsql/surrealsql/breaker",
		"github.com/surrealsql/surrealsql/changefeed", "github.com/surrealsql/surrealsql/schema",
		"github.com/surrealsql/surrealsql/lock",
		"github.com/surrealsql/surrealsql/limiter", "github.com/surrealsql/surrealsql/pool",
		"github.com/surrealsql/surrealsql/surrealtest",
	} {
		name := filepath.Base(strings.TrimSuffix(path, "/v2"))
		if regexp.MustCompile(`\b` + name + `\.[A-Z]`).MatchString(body) {
			fmt.Fprintf(&list, "\t%q\n", path)
		}
	}
	if !strings.Contains(list.String(), `"github.com/surrealsql/surrealsql"`) {
		list.WriteString("\t_ \"github.com/surrealsql/surrealsql\"\n")
	}
	return list.String()
}

func TestExcerptsOfPagesStandInTestedFiles(t *testing.T) {
	t.Parallel()
	// The indentation differs.
	flat := func(text string) string { return regexp.MustCompile(`(?m)^\t+`).ReplaceAllString(text, "") }
	for _, s := range readSnippets(t) {
		name, ok := strings.CutPrefix(s.directive, "from ")
		if !ok {
			continue
		}
		file, err := os.ReadFile(filepath.Join(root, name))
		require.NoError(t, err, s)
		require.Contains(t, flat(string(file)), flat(s.code), s)
	}
}

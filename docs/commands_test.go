package docs_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Pages cite the tests that keep what they promise, by a command.

var (
	testCommand = regexp.MustCompile("go test [^`\n]*")
	testFlag    = regexp.MustCompile(`-(run|bench|fuzz) (?:'([^']*)'|(\w+))`)
	testFunc    = regexp.MustCompile(`(?m)^func ((?:Test|Benchmark|Fuzz)\w*)\(`)
)

// A command beside a promise is there to be run: what it names must be there.
func TestCommandsOfPagesNameTests(t *testing.T) {
	t.Parallel()
	folders, all := testNames(t)
	for _, p := range readPages(t) {
		for _, command := range testCommand.FindAllString(p.text, -1) {
			names, one := folders[command[strings.LastIndexByte(command, ' ')+1:]]
			if !one {
				names = all
			}
			for _, flag := range testFlag.FindAllStringSubmatch(command, -1) {
				requireNamed(t, names, flag[1], flag[2]+flag[3], p.name+": "+command)
			}
		}
	}
}

// testNames are those of the tests, benchmarks and fuzz tests of each folder and of
// all, one a line.
func testNames(t *testing.T) (folders map[string]string, all string) {
	t.Helper()
	folders = make(map[string]string)
	require.NoError(t, filepath.WalkDir(root, func(file string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(file, "_test.go") {
			return err
		}
		text, err := os.ReadFile(file)
		folder, _ := filepath.Rel(root, filepath.Dir(file))
		for _, m := range testFunc.FindAllStringSubmatch(string(text), -1) {
			folders["./"+filepath.ToSlash(folder)] += m[1] + "\n"
			all += m[1] + "\n"
		}
		return err
	}))
	return folders, all
}

// requireNamed asserts that each alternative of a flag's pattern is in a name.
func requireNamed(t *testing.T, names, flag, pattern, where string) {
	t.Helper()
	prefix := map[string]string{"run": "Test", "bench": "Benchmark", "fuzz": "Fuzz"}[flag]
	for _, part := range strings.Split(pattern, "|") {
		if part == "^$" || part == "." {
			continue
		}
		named := regexp.MustCompile(`(?m)^` + prefix + `.*` + strings.TrimPrefix(part, prefix))
		require.True(t, named.MatchString(names), "nothing is called %s: %s", part, where)
	}
}

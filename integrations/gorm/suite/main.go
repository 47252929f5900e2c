// Suite runs GORM's own tests with this dialect on a server, and compares what fails with
// expected.txt, which gives the reasons.
//
//	go run ./suite -dsn ws://root:root@localhost:8000/gorm
//
// GORM's tests are a module of their own that is not published, so they are taken from GORM's
// repository, at the version that this module requires, into a temporary folder. There the dialect is
// put into the list of those that the tests know. Each test is a process with a database of its own.
package main

import (
	"bufio"
	"bytes"
	"context"
	_ "embed"
	"flag"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
)

//go:embed expected.txt
var expectedText string

type options struct {
	dsn, gorm, version, run string
	workers                 int
	verbose                 bool
}

func main() {
	log.SetFlags(0)
	var o options
	flag.StringVar(&o.dsn, "dsn", "", "`DSN` of a server, with a namespace and without a database")
	flag.StringVar(&o.gorm, "gorm", "https://github.com/go-gorm/gorm", "GORM's `repository`, an address or a folder")
	flag.StringVar(&o.version, "version", "v1.31.2", "GORM's `version`")
	flag.StringVar(&o.run, "run", ".", "tests whose names match this `expression`")
	flag.IntVar(&o.workers, "workers", 2, "`tests` at a time")
	flag.BoolVar(&o.verbose, "v", false, "print what the tests that fail print")
	flag.Parse()
	if o.dsn == "" {
		log.Fatal("suite: -dsn is missing: a server for the tests, which may write there what they like")
	}
	ok, err := run(o)
	if err != nil {
		log.Fatal("suite: ", err)
	}
	if !ok {
		os.Exit(1)
	}
}

func run(o options) (ok bool, err error) {
	folder, err := os.MkdirTemp("", "gorm-suite-")
	if err != nil {
		return false, err
	}
	defer os.RemoveAll(folder)
	tests := filepath.Join(folder, "gorm", "tests")
	err = command(folder, "git", "clone", "--quiet", "--depth", "1", "--branch", o.version, o.gorm, "gorm")
	if err != nil {
		return false, err
	}
	if err := prepare(tests); err != nil {
		return false, err
	}
	if err := command(tests, "go", "test", "-c", "-o", "suite.test", "."); err != nil {
		return false, err
	}
	names, err := list(tests, o.run)
	if err != nil {
		return false, err
	}
	results := make([]result, len(names))
	var wait sync.WaitGroup
	next := make(chan int)
	for range o.workers {
		wait.Go(func() {
			for i := range next {
				results[i] = test(tests, names[i], fmt.Sprintf("%s/t%d", strings.TrimSuffix(o.dsn, "/"), i))
			}
		})
	}
	for i := range names {
		next <- i
	}
	close(next)
	wait.Wait()
	return report(results, expected(), o.verbose), nil
}

// prepare puts the dialect into GORM's tests.
func prepare(tests string) error {
	const name = "github.com/surrealsql/surrealsql/integrations/gorm"
	module, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", name).Output()
	if err != nil {
		return fmt.Errorf("run it in the folder of the module: %w", err)
	}
	here := strings.TrimSpace(string(module))
	root := filepath.Dir(filepath.Dir(here))
	for _, args := range [][]string{
		{"mod", "edit", "-go=1.26.0",
			"-require=github.com/surrealsql/surrealsql@v0.0.0", "-replace=github.com/surrealsql/surrealsql=" + root,
			"-require=github.com/surrealsql/surrealsql/integrations/gorm@v0.0.0",
			"-replace=github.com/surrealsql/surrealsql/integrations/gorm=" + here},
	} {
		if err := command(tests, "go", args...); err != nil {
			return err
		}
	}
	file := filepath.Join(tests, "tests_test.go")
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	changed := bytes.Replace(text, []byte("\tdefault:\n"), []byte(dialect), 1)
	changed = bytes.Replace(changed, []byte("\t\"gorm.io/gorm\"\n"),
		[]byte("\t\"gorm.io/gorm\"\n\tsurrealgorm \"github.com/surrealsql/surrealsql/integrations/gorm\"\n"), 1)
	if bytes.Equal(text, changed) {
		return fmt.Errorf("%s is not as expected: is this another version of GORM?", file)
	}
	if err := os.WriteFile(file, changed, 0o600); err != nil {
		return err
	}
	return command(tests, "go", "mod", "tidy")
}

// dialect is the case that GORM's tests get. Their models have foreign keys that are numbers, for
// which SurrealDB has no constraints.
const dialect = `	case "surrealdb":
		cfg.DisableForeignKeyConstraintWhenMigrating = true
		db, err = gorm.Open(surrealgorm.Open(dbDSN), cfg)
	default:
`

func command(folder, name string, args ...string) error {
	c := exec.Command(name, args...)
	c.Dir = folder
	c.Env = append(os.Environ(), "GOFLAGS=-mod=mod")
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, out)
	}
	return nil
}

// list returns the tests' names, without those of other databases' folders.
func list(tests, match string) ([]string, error) {
	expression, err := regexp.Compile(match)
	if err != nil {
		return nil, err
	}
	files, err := filepath.Glob(filepath.Join(tests, "*_test.go"))
	if err != nil {
		return nil, err
	}
	declared := regexp.MustCompile(`(?m)^func (Test\w+)\(t \*testing\.T\)`)
	var names []string
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		for _, found := range declared.FindAllSubmatch(text, -1) {
			if name := string(found[1]); expression.MatchString(name) {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	return names, nil
}

type result struct {
	name, state, output string
}

// test runs one test in a process of its own.
func test(tests, name, dsn string) result {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	c := exec.CommandContext(ctx, "./suite.test", "-test.v", "-test.run", "^"+name+"$")
	c.Dir = tests
	c.Env = append(os.Environ(), "GORM_DIALECT=surrealdb", "GORM_DSN="+dsn)
	out, err := c.CombinedOutput()
	state := "passes"
	switch {
	case err != nil:
		state = "fails"
	case bytes.Contains(out, []byte("--- SKIP: "+name+" ")):
		state = "skips"
	}
	return result{name, state, string(out)}
}

// expected are the tests that do not pass, with why.
func expected() map[string]string {
	reasons := map[string]string{}
	lines := bufio.NewScanner(strings.NewReader(expectedText))
	for lines.Scan() {
		if name, reason, ok := strings.Cut(lines.Text(), ": "); ok && strings.HasPrefix(name, "Test") {
			reasons[name] = reason
		}
	}
	return reasons
}

// report prints what is otherwise than expected, and the sums.
func report(results []result, reasons map[string]string, verbose bool) (ok bool) {
	sums := map[string]int{}
	ok = true
	for _, r := range results {
		sums[r.state]++
		reason, known := reasons[r.name]
		switch {
		case r.state == "fails" && !known:
			ok = false
			fmt.Println("FAILS, and was to pass:", r.name)
		case r.state == "passes" && known:
			ok = false
			fmt.Println("PASSES, and was to fail:", r.name, "("+reason+")")
		}
		if r.state == "fails" && (verbose || !known) {
			fmt.Println(r.output)
		}
	}
	fmt.Printf("%d tests: %d pass, %d do not, %d skip themselves on databases that GORM's authors do not name\n",
		len(results), sums["passes"], sums["fails"], sums["skips"])
	return ok
}

// Command matrix shows on which servers tests ran, and how they went there. It reads what
// go test -json prints, prints what go test would without -json (a line for each package,
// and what failing tests said), and ends with a table:
//
//	export SURREALTEST_SERVERS=/opt/3.2/surreal:/opt/3.3/surreal:npm
//	go test -json ./... | go run github.com/surrealsql/surrealsql/surrealtest/matrix
//
//	SurrealDB      result   tests  too old  skipped  seconds  run, server
//	3.2.4          ok        2310       12        0     71.3  /opt/3.2/surreal
//	3.3.5          ok        2322        0        0     74.0  /opt/3.3/surreal
//	3.0.2          FAILED    2298       24        0     93.2  npm
//	-              ok         412        0        0      8.8  no server
//
// Tests are counted with their subtests. "too old" are those that [surrealtest.Needs]
// skipped, and "skipped" those that were skipped for any other reason. The seconds are
// those of all packages, of which go test runs several at once. Tests of packages that
// asked for no server stand in a row of their own.
//
// With -into FILE the rows are added to a file instead, so that one table can have several
// runs, which -run names. The exit code is 1 where a test or a package failed.
//
// With -again FILE the packages that failed are written there, a line each, so that they can be
// tested once more: a test may have been unlucky on a busy machine. Where one of them
// panicked, met a data race or was not built, that is no bad luck, and none is written.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
)

func main() {
	into := flag.String("into", "", "a `file` to which the rows are added, instead of printing them")
	run := flag.String("run", "", "the `name` of this run, in its rows")
	again := flag.String("again", "", "a `file` for the packages that may be tested once more")
	flag.Parse()
	if err := show(os.Stdin, os.Stdout, options{run: *run, into: *into, again: *again}); err != nil {
		fmt.Fprintln(os.Stderr, "matrix:", err)
		os.Exit(1)
	}
}

// options are the program's flags.
type options struct{ run, into, again string }

// show is the program but for its flags. A failing test is an error.
func show(in io.Reader, out io.Writer, o options) error {
	r := newReader(out)
	if err := r.read(in); err != nil {
		return err
	}
	if err := r.writeAgain(o.again); err != nil {
		return err
	}
	table, add := out, false
	if o.into != "" {
		f, err := os.OpenFile(o.into, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
		if err != nil {
			return err
		}
		defer f.Close()
		info, err := f.Stat()
		if err != nil {
			return err
		}
		table, add = f, info.Size() > 0
	}
	if err := r.writeTable(table, o.run, add); err != nil {
		return err
	}
	if r.failed {
		fmt.Fprintln(out, "FAIL") // as go test ends
		return errFailed
	}
	return nil
}

// writeAgain writes the packages that may be tested once more.
func (r *reader) writeAgain(file string) error {
	if file == "" {
		return nil
	}
	var lines strings.Builder
	if !r.broken {
		for _, name := range r.again {
			lines.WriteString(name + "\n")
		}
	}
	return os.WriteFile(file, []byte(lines.String()), 0o644)
}

package main

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Reading the events of go test -json: what is printed of them, and what is counted for
// which server.

// event is one line of go test -json (`go doc test2json`).
type event struct {
	Time       time.Time
	Action     string
	Package    string
	Test       string
	Output     string
	ImportPath string // of a package that is built
}

// reader reads the events of one run.
type reader struct {
	out      io.Writer
	packages map[string]*pkg
	rows     map[string]*row
	failed   bool
	again    []string // the packages that failed and may have been unlucky
	broken   bool     // one was not
}

// pkg is a package whose tests run.
type pkg struct {
	output map[string][]string // by test: what is printed where it fails
	listed bool                // it runs on each of a list
	broken bool                // it raced, panicked or was not built
	part   part
}

// part is the time in which a package's tests run on one server.
type part struct {
	server string // empty while it is not known
	began  time.Time
	blamed bool // a test failed, and it was said on which server
	closed bool // the tests said at their end whether all passed
	counts
}

// What package surrealtest prints: the server that comes next of a list, what became of its
// tests, which server it is, and why a test is skipped.
var (
	nextServer   = regexp.MustCompile(`surrealtest: server (\d+) of \d+: (.+)\n`)
	serverFailed = regexp.MustCompile(`surrealtest: server \d+ of \d+: FAILED`)
	notTested    = regexp.MustCompile(`surrealtest: server (\d+) of \d+: NOT TESTED, for want of time: (.+)\n`)
	theServer    = regexp.MustCompile(`surrealtest: the tests run on SurrealDB (\S*): (.+?)(?:, for want of another \(.*)?\n`)
	tooOld       = "surrealtest: the test needs SurrealDB "
)

// broken is what is said of a fault that no slow machine is to blame for.
var broken = regexp.MustCompile(`^(WARNING: DATA RACE|panic: |fatal error: )|\[(build|setup) failed\]`)

func newReader(out io.Writer) *reader {
	return &reader{out: out, packages: make(map[string]*pkg), rows: make(map[string]*row)}
}

func (r *reader) read(in io.Reader) error {
	lines := bufio.NewReader(in)
	for {
		line, err := lines.ReadString('\n')
		var e event
		switch {
		case line == "":
		case json.Unmarshal([]byte(line), &e) == nil:
			r.take(e)
		default: // what go itself says
			fmt.Fprint(r.out, line)
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func (r *reader) take(e event) {
	if e.Package == "" { // a package that is built
		fmt.Fprint(r.out, e.Output)
		if e.Action == "build-fail" {
			r.failed, r.broken = true, true
		}
		return
	}
	p := r.packages[e.Package]
	if p == nil {
		p = &pkg{output: make(map[string][]string), part: part{began: e.Time}}
		r.packages[e.Package] = p
	}
	switch {
	case e.Action == "output":
		r.takeOutput(p, e)
	case e.Test == "":
		r.endPackage(e)
	default:
		r.endTest(p, e)
	}
}

func (r *reader) takeOutput(p *pkg, e event) {
	if m := notTested.FindStringSubmatch(e.Output); m != nil {
		r.endPart(e.Package, p, e.Time)
		r.row(m[2], m[1]).failed = true
	} else if serverFailed.MatchString(e.Output) {
		r.row(p.part.server, "").failed = true
	} else if m := nextServer.FindStringSubmatch(e.Output); m != nil {
		r.endPart(e.Package, p, e.Time)
		p.listed, p.part.server = true, m[2]
		r.row(m[2], m[1])
	} else if m := theServer.FindStringSubmatch(e.Output); m != nil {
		if !p.listed {
			p.part.server = m[2]
		}
		r.row(p.part.server, "").version = m[1]
	}
	p.broken = p.broken || broken.MatchString(e.Output)
	if e.Test == "" && (e.Output == "PASS\n" || e.Output == "FAIL\n") {
		p.part.closed = true
	}
	if !isProgress(e.Output) {
		p.output[e.Test] = append(p.output[e.Test], e.Output)
	}
}

// isProgress tells the lines that go test prints with -v alone.
func isProgress(line string) bool {
	line = strings.TrimLeft(line, " ")
	for _, prefix := range []string{"=== RUN ", "=== PAUSE ", "=== CONT ", "=== NAME ", "--- PASS: ", "--- SKIP: "} {
		if strings.HasPrefix(line, prefix) {
			return true
		}
	}
	return false
}

// endTest counts a test that has ended, and prints what one said that failed.
func (r *reader) endTest(p *pkg, e event) {
	output := p.output[e.Test]
	switch e.Action {
	case "skip":
		if strings.Contains(strings.Join(output, ""), tooOld) {
			p.part.tooOld++
		} else {
			p.part.skipped++
		}
	case "fail":
		if p.listed && !p.part.blamed {
			fmt.Fprintf(r.out, "%s on %s:\n", e.Package, p.part.server)
			p.part.blamed = true
		}
		fmt.Fprint(r.out, strings.Join(output, ""))
		p.part.run++
	case "pass":
		p.part.run++
	default: // it runs, pauses or goes on
		return
	}
	delete(p.output, e.Test)
}

// endPackage prints the line of a package that has ended, and all that was said in one
// that failed: its tests may have ended it in their midst.
func (r *reader) endPackage(e event) {
	p := r.packages[e.Package]
	switch e.Action {
	case "fail":
		r.failed = true
		r.broken = r.broken || p.broken
		r.again = append(r.again, e.Package)
		closing := p.output[""]
		delete(p.output, "")
		for _, test := range slices.Sorted(maps.Keys(p.output)) {
			fmt.Fprint(r.out, strings.Join(p.output[test], ""))
		}
		fmt.Fprint(r.out, strings.Join(closing, ""))
		if !p.listed {
			r.row(cmp.Or(p.part.server, noServer), "").failed = true
		}
	case "pass", "skip":
		for _, line := range p.output[""] {
			if strings.HasPrefix(line, "ok  \t") || strings.HasPrefix(line, "?   \t") {
				fmt.Fprint(r.out, line)
			}
		}
	default: // it starts
		return
	}
	r.endPart(e.Package, p, e.Time)
	delete(r.packages, e.Package)
}

// endPart adds what was counted to the server's row, and begins the next part. Before a
// list's first server there is no part to end.
func (r *reader) endPart(name string, p *pkg, now time.Time) {
	if done := p.part; done.server != "" || done.counts != (counts{}) {
		row := r.row(cmp.Or(done.server, noServer), "")
		row.add(done.counts)
		row.took += now.Sub(done.began)
		if p.listed && !done.closed {
			fmt.Fprintf(r.out, "%s: the tests on %s ended in their midst\n", name, done.server)
			row.failed, r.failed = true, true
		}
	}
	p.part = part{began: now}
}

// row is the row of a server, which stands at a place in the list of servers.
func (r *reader) row(server, place string) *row {
	found := r.rows[server]
	if found == nil {
		found = &row{place: math.MaxInt}
		r.rows[server] = found
	}
	if n, err := strconv.Atoi(place); err == nil {
		found.place = n
	}
	return found
}

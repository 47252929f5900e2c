package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/surrealsql/surrealsql/benchmarks/internal/measure"
	"github.com/surrealsql/surrealsql/benchmarks/internal/report"
)

// The report: what a run measured, as tables, plots and a page.

// document is a finished report.
type document struct {
	*findings
	intro  string
	tables []report.Table
	plots  []plot
}

// plot is a chart in a file.
type plot struct {
	file string
	draw func(path string) error
}

// plotted are the groups that get a chart.
func plotted(s sizes) map[string]bool {
	longest := s.shaped[len(s.shaped)-1]
	return map[string]bool{
		"one-row": true, "page-4": true, "one-row-loopback": true,
		"page-8-loopback": true, "nested-loopback": true, "inserts": true,
		"server-point": true, "server-dials": true,
		"shaped-decode":                      true,
		shapedPageKey(wholeMembers, longest): true,
		shapedPageKey(namedMembers, longest): true,
	}
}

func newReport(f *findings, e *env, o options, version string) *document {
	d := &document{findings: f, intro: intro(e, o, version)}
	reached := []report.Table{
		f.reached("What it must reach", "Allocations are exact; times are medians over the rounds.", targets),
		f.reached("What typed reading must reach", "Allocations are exact; times are medians over the rounds.", recordTargets),
		f.reached("What typed reading must reach on a server", "Medians over the rounds.", recordServerTargets),
		f.reached("What it must reach by shaped rows", "In memory; allocations are exact, times are medians over the rounds.", shapedTargets),
		f.reached("What it must reach by shaped rows on a server", "Medians over the rounds.", shapedServerTargets),
	}
	if streams(version) {
		about := "For sql.DB and for package pool, where they differ the worse; the worst call is the median of the rounds' worst."
		reached = append(reached, f.reached("What it must reach on a server", about, serverTargets))
	}
	for _, t := range reached {
		if len(t.Rows) > 0 {
			d.tables = append(d.tables, t)
		}
	}
	var workers []*measure.Results
	charts := plotted(e.sizes)
	for _, g := range f.groups {
		t := report.Group(g)
		if charts[g.Key] {
			t.Plot = d.plot(g.Key, func(path string) error { return report.GroupBars(path, g) })
		}
		if g.Key == "server-first-row" {
			t.Plot = d.plot(g.Key, func(path string) error { return report.FirstRowBars(path, g) })
		}
		if strings.HasPrefix(g.Key, "workers-") && !strings.HasSuffix(g.Key, "-engine") {
			workers = append(workers, g)
			if len(workers) == 1 {
				t.Plot = d.plot("workers", func(path string) error { return report.WorkerLines(path, workers) })
			}
		}
		d.tables = append(d.tables, t)
	}
	if len(f.stormed) > 0 {
		t := f.storms(e.storm)
		t.Plot = d.plot("storm", func(path string) error { return stormBars(path, f) })
		d.tables = append(d.tables, t)
	}
	if len(f.insertedMany) > 0 {
		t := insertedTable(e.stream, f.insertedMany)
		t.Plot = d.plot(insertsManyKey, func(path string) error { return insertedLines(path, f.insertedMany) })
		d.tables = append(d.tables, t)
	}
	about := "Each client in a process of its own; medians of the peak and of the time. The peak is of " +
		"all objects on the heap, with the garbage that waits for its collection, above what " +
		"was there before the query; Go collects none below 4 MiB. " +
		"What collections found in use is what the result really holds."
	if len(f.streamedByServer) > 0 {
		t := streamTable(thousands(e.million)+" rows × 4 columns, in each way: memory, on a server", about, e.million, f.streamedByServer)
		t.Plot = d.plot("server-million", func(path string) error { return streamBars(path, f.streamedByServer) })
		d.tables = append(d.tables, t)
	}
	if len(f.streamedMembers) > 0 {
		t := streamTable(thousands(e.million)+" rows × 8 columns of a table with a schema: memory, on a server", about, e.million, f.streamedMembers)
		t.Plot = d.plot(membersMillionKey, func(path string) error { return tookBars(path, f.streamedMembers) })
		d.tables = append(d.tables, t)
	}
	if len(f.streamed) > 0 {
		t := streamTable(thousands(e.million)+" rows × 4 columns: memory", about+
			" The last column is the part of the reply that a throttled server had sent when the "+
			"client had its first row.", e.million, f.streamed)
		t.Header = append(t.Header, "sent at the first row")
		for i, s := range f.streamed {
			part := ""
			if p, known := f.firstRow[s.Client]; known {
				part = percent(p)
			}
			t.Rows[i] = append(t.Rows[i], part)
		}
		t.Plot = d.plot("million", func(path string) error { return streamBars(path, f.streamed) })
		d.tables = append(d.tables, t)
	}
	return d
}

// plot notes a chart and returns its file's name.
func (d *document) plot(key string, draw func(path string) error) string {
	file := "benchmarks-" + key + ".svg"
	d.plots = append(d.plots, plot{file, draw})
	return file
}

// streamTable is a table of the longest result.
func streamTable(title, about string, rows int, all []streamed) report.Table {
	t := report.Table{
		Title: title, About: about,
		Header: []string{"", "peak heap ×", "peak heap above idle", "in use, above idle", "time", "time/row"},
	}
	first := slices.IndexFunc(all, func(s streamed) bool { return s.Role == measure.Subject })
	own := all[first].above()
	for _, s := range all {
		t.Rows = append(t.Rows, []string{
			s.Client, times(s.above() / own), report.Bytes(s.above()), report.Bytes(max(float64(s.Live)-float64(s.Idle), 0)),
			report.Duration(float64(s.Took)), report.Duration(float64(s.Took) / float64(rows)),
		})
	}
	t.Notes = []string{"Ratios are to “" + all[first].Client + "”."}
	return t
}

func tookBars(path string, all []streamed) error {
	var bars []report.Bar
	for _, s := range all {
		text := report.Duration(float64(s.Took)) + ", " + report.Bytes(s.above())
		bars = append(bars, report.Bar{Label: s.Client, Value: s.Took.Seconds(), Text: text, Role: s.Role})
	}
	return report.Bars(path, "Time, and peak heap above idle", "s", bars)
}

func streamBars(path string, all []streamed) error {
	var bars []report.Bar
	for _, s := range all {
		bars = append(bars, report.Bar{
			Label: s.Client, Value: s.above() / (1 << 20), Text: report.Bytes(s.above()), Role: s.Role,
		})
	}
	return report.Bars(path, "Peak heap above idle", "MiB", bars)
}

// streams reports whether a server of this version streams and cancels, which 3.3 was
// the first to do.
func streams(version string) bool {
	var major, minor int
	_, err := fmt.Sscanf(version, "%d.%d", &major, &minor)
	return err == nil && (major > 3 || major == 3 && minor >= 3)
}

func intro(e *env, o options, version string) string {
	command := "go run ."
	for _, arg := range o.args {
		if strings.ContainsAny(arg, "|^$() ") {
			arg = "'" + arg + "'"
		}
		command += " " + arg
	}
	return fmt.Sprintf(`Written by `+"`cd benchmarks && %s`"+`, which measures anew on the machine it runs on.

Each table's cases took turns in %d rounds; figures are medians over the rounds, and ratios are medians of the ratios
within each round. The replies are those of SurrealDB %s, recorded at the start of the run: in memory and over
loopback they are replayed byte for byte, so that only the client differs; on the real engine and on a server it answers
itself, in memory.%s The SDK is github.com/surrealdb/surrealdb.go v1.7.0 over its default connection for ws://.

CPU is the time of this process in user and kernel; over loopback the server is another process. B and allocs are what was
allocated. p50 and p99 are of single operations, timed one by one.

%s, %s/%s, %d CPUs%s.
`, command, o.rounds, version, beside(e), runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), cpuModel())
}

// beside names the engine that stands beside the other.
func beside(e *env) string {
	if e.beside == nil {
		return ""
	}
	return " So does SurrealDB " + e.beside.version + ", where it is named."
}

// cpuModel names the processor, where the system tells.
func cpuModel() string {
	info, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(info)) {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == "model name" {
			return " (" + strings.TrimSpace(value) + ")"
		}
	}
	return ""
}

func (d *document) text(w io.Writer) error {
	if _, err := fmt.Fprintf(w, "\n%s", strings.ReplaceAll(d.intro, "`", "")); err != nil {
		return err
	}
	for _, t := range d.tables {
		if err := t.Text(w); err != nil {
			return err
		}
	}
	return nil
}

// write makes benchmarks.md and its plots.
func (d *document) write(dir string) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "# Benchmarks\n\n%s", d.intro)
	for _, t := range d.tables {
		if err := t.Markdown(&b); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for _, p := range d.plots {
		if err := p.draw(filepath.Join(dir, p.file)); err != nil {
			return fmt.Errorf("%s: %w", p.file, err)
		}
	}
	return os.WriteFile(filepath.Join(dir, "benchmarks.md"), b.Bytes(), 0o644)
}

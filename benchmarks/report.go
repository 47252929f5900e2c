package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/surrealsql/surrealsql/benchmarks/internal/measure"
	"github.com/surrealsql/surrealsql/benchmarks/internal/report"
)

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
var plotted = map[string]bool{
	"one-row": true, "page-4": true, "one-row-loopback": true, "page-8-loopback": true, "nested-loopback": true, "inserts": true,
}

func newReport(f *findings, e *env, o options, version string) *document {
	d := &document{findings: f, intro: intro(e, o, version)}
	if t := f.targets(); len(t.Rows) > 0 {
		d.tables = append(d.tables, t)
	}
	var workers []*measure.Results
	for _, g := range f.groups {
		t := report.Group(g)
		if plotted[g.Key] {
			t.Plot = d.plot(g.Key, func(path string) error { return report.GroupBars(path, g) })
		}
		if strings.HasPrefix(g.Key, "workers-") && !strings.HasSuffix(g.Key, "-engine") {
			workers = append(workers, g)
			if len(workers) == 1 {
				t.Plot = d.plot("workers", func(path string) error { return report.WorkerLines(path, workers) })
			}
		}
		d.tables = append(d.tables, t)
	}
	if len(f.streamed) > 0 {
		t := f.streams(e.million)
		t.Plot = d.plot("million", func(path string) error { return streamBars(path, f) })
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

func streamBars(path string, f *findings) error {
	var bars []report.Bar
	for _, s := range f.streamed {
		role := measure.SDK
		switch s.Client {
		case theHand:
			role = measure.Limit
		case theDriver:
			role = measure.Subject
		}
		bars = append(bars, report.Bar{Label: s.Client, Value: s.above() / (1 << 20), Text: report.Bytes(s.above()), Role: role})
	}
	return report.Bars(path, "Peak heap above idle", "MiB", bars)
}

func intro(e *env, o options, version string) string {
	return fmt.Sprintf(`Written by `+"`cd benchmarks && go run .`"+`, which measures everything anew on the machine it runs on.

Each table's cases took turns in %d rounds; figures are medians over the rounds, and ratios are medians of the ratios
within each round. The replies are those of SurrealDB %s, recorded at the start of the run: in memory and over
loopback they are replayed byte for byte, so that only the client differs. The SDK is
github.com/surrealdb/surrealdb.go v1.7.0 over its default connection for ws://.

CPU is the time of this process in user and kernel; over loopback the server is another process. B and allocs are what was
allocated. p50 and p99 are of single operations, timed one by one.

%s, %s/%s, %d CPUs%s.
`, o.rounds, version, runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), cpuModel())
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

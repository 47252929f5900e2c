// Package report writes what was measured: as text, as Markdown and as plots.
package report

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/surrealsql/surrealsql/benchmarks/internal/measure"
)

// Table is a table with words around it.
type Table struct {
	Title  string
	About  string
	Header []string
	Rows   [][]string
	Notes  []string
	Plot   string // the file of a plot that goes with it, or ""
}

// Group makes a table of a group: ratios first.
func Group(r *measure.Results) Table {
	per := "op"
	if r.PerRow {
		per = "row"
	}
	t := Table{
		Title: r.Title,
		About: r.About,
		Header: []string{
			"", "time ×", "CPU ×", "allocs ×",
			"time/" + per, "CPU/" + per, "B/" + per, "allocs/" + per, "p50/op", "p99/op",
		},
	}
	extras := extraNames(r)
	t.Header = append(t.Header, extras...)
	for _, c := range r.Results {
		against := r.Find(r.Reference)
		if c.Against != "" {
			against = r.Find(c.Against)
			if c.Against != c.Name && c.Against != r.Reference {
				t.Notes = append(t.Notes, fmt.Sprintf("The ratios of “%s” are to “%s”.", c.Name, c.Against))
			}
		}
		row := []string{
			c.Name,
			ratio(c.Ratio(against, measure.Time)),
			ratio(c.Ratio(against, measure.CPU)),
			ratio(c.Ratio(against, measure.Allocs)),
			Duration(c.Each(measure.Time)), Duration(c.Each(measure.CPU)),
			Number(c.Each(measure.Bytes)), Number(c.Each(measure.Allocs)),
			Duration(c.Median(measure.P50)), Duration(c.Median(measure.P99)),
		}
		for _, name := range extras {
			row = append(row, extra(c, name))
		}
		t.Rows = append(t.Rows, row)
	}
	t.Notes = append(t.Notes, fmt.Sprintf("Ratios are to “%s”.", r.Reference))
	return t
}

func extraNames(r *measure.Results) (names []string) {
	seen := make(map[string]bool)
	for _, c := range r.Results {
		for _, x := range c.Extra {
			if !seen[x.Name] {
				seen[x.Name] = true
				names = append(names, x.Name)
			}
		}
	}
	return names
}

func extra(r *measure.Result, name string) string {
	for _, x := range r.Extra {
		if x.Name != name {
			continue
		}
		switch x.Unit {
		case "B":
			return Bytes(x.Value)
		case "ns":
			return Duration(x.Value)
		}
		return Number(x.Value)
	}
	return ""
}

// ratio writes a ratio with the digits that mean something; one that does not
// exist is empty.
func ratio(f float64) string {
	switch {
	case f == 0:
		return ""
	case f >= 100:
		return fmt.Sprintf("%.0f×", f)
	case f >= 10:
		return fmt.Sprintf("%.1f×", f)
	}
	return fmt.Sprintf("%.2f×", f)
}

// Duration writes nanoseconds.
func Duration(ns float64) string {
	switch {
	case ns >= 1e9:
		return fmt.Sprintf("%.2f s", ns/1e9)
	case ns >= 1e6:
		return fmt.Sprintf("%.2f ms", ns/1e6)
	case ns >= 1e4:
		return fmt.Sprintf("%.1f µs", ns/1e3)
	case ns >= 1e3:
		return fmt.Sprintf("%.2f µs", ns/1e3)
	case ns >= 10:
		return fmt.Sprintf("%.0f ns", ns)
	}
	return fmt.Sprintf("%.1f ns", ns)
}

// Number writes a count or a mean of counts.
func Number(f float64) string {
	switch {
	case f >= 100 || f == float64(int64(f)):
		return fmt.Sprintf("%.0f", f)
	case f >= 10:
		return fmt.Sprintf("%.1f", f)
	}
	return strings.TrimSuffix(fmt.Sprintf("%.2f", f), ".00")
}

// Bytes writes a size.
func Bytes(f float64) string {
	switch {
	case f >= 1<<20:
		return fmt.Sprintf("%.1f MiB", f/(1<<20))
	case f >= 1<<10:
		return fmt.Sprintf("%.1f KiB", f/(1<<10))
	}
	return fmt.Sprintf("%.0f B", f)
}

// Text writes the table for a terminal.
func (t Table) Text(w io.Writer) error {
	fmt.Fprintf(w, "\n%s\n\n", t.Title)
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	for _, row := range append([][]string{t.Header}, t.Rows...) {
		// The first column is words, which are read from the left.
		fmt.Fprintf(tw, "%s\t%s\t\n", pad(row[0], t.width()), strings.Join(row[1:], "\t"))
	}
	if err := tw.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "%s\n", strings.Join(t.Notes, "\n"))
	return err
}

func (t Table) width() (most int) {
	for _, row := range t.Rows {
		most = max(most, len([]rune(row[0])))
	}
	return most
}

func pad(s string, width int) string {
	return s + strings.Repeat(" ", max(width-len([]rune(s)), 0))
}

// Markdown writes the table for a page.
func (t Table) Markdown(w io.Writer) error {
	fmt.Fprintf(w, "\n## %s\n\n%s\n\n", t.Title, t.About)
	if t.Plot != "" {
		fmt.Fprintf(w, "![%s](%s)\n\n", t.Title, t.Plot)
	}
	rule := strings.Repeat("---:|", len(t.Header)-1)
	fmt.Fprintf(w, "| %s |\n|---|%s\n", strings.Join(t.Header, " | "), rule)
	for _, row := range t.Rows {
		cells := make([]string, len(row))
		for i, cell := range row {
			cells[i] = strings.ReplaceAll(cell, "|", `\|`)
		}
		fmt.Fprintf(w, "| %s |\n", strings.Join(cells, " | "))
	}
	_, err := fmt.Fprintf(w, "\n%s\n", strings.Join(t.Notes, " "))
	return err
}

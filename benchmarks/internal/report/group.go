package report

import (
	"gonum.org/v1/plot/plotter"

	"github.com/surrealsql/surrealsql/benchmarks/internal/measure"
)

// The plots of groups.

// GroupBars draws the time of each case of a group, with its ratio.
func GroupBars(path string, r *measure.Results) error {
	axis := "ns per operation"
	if r.PerRow {
		axis = "ns per row"
	}
	var bars []Bar
	for _, c := range r.Results {
		against := r.Find(r.Reference)
		if c.Against != "" {
			against = r.Find(c.Against)
		}
		text := Duration(c.Each(measure.Time))
		if against != c {
			text += " = " + ratio(c.Ratio(against, measure.Time))
		}
		bars = append(bars, Bar{c.Name, c.Each(measure.Time), text, c.Role})
	}
	return Bars(path, r.Title, axis, bars)
}

// FirstRowBars draws when the first row of a result was there, and when all were.
func FirstRowBars(path string, r *measure.Results) error {
	var bars []Bar
	for _, c := range r.Results {
		for _, x := range c.Extra {
			if x.Name == measure.FirstRow {
				bars = append(bars, Bar{c.Name + ": first row", x.Value / 1e6, Duration(x.Value), c.Role})
			}
		}
		all := c.Median(measure.Time)
		bars = append(bars, Bar{c.Name + ": all rows", all / 1e6, Duration(all), c.Role})
	}
	return Bars(path, r.Title, "ms", bars)
}

// WorkerLines draws the throughput of groups that differ in their number of
// workers, per second and per second of the client's CPU.
func WorkerLines(path string, groups []*measure.Results) error {
	if len(groups) == 0 {
		return nil
	}
	var lines []Line
	for _, kind := range []struct {
		name   string
		metric measure.Metric
		dashed bool
	}{{"per second", measure.Time, false}, {"per CPU second", measure.CPU, true}} {
		for _, c := range groups[0].Results {
			l := Line{Label: c.Name + ", " + kind.name, Role: c.Role, Dashed: kind.dashed}
			for _, g := range groups {
				if r := g.Find(c.Name); r != nil && r.Median(kind.metric) > 0 {
					l.Points = append(l.Points, plotter.XY{X: float64(max(r.Workers, 1)), Y: 1e9 / r.Median(kind.metric)})
				}
			}
			if len(l.Points) > 0 {
				lines = append(lines, l)
			}
		}
	}
	return Lines(path, "Queries for one row over loopback", "workers, each with a connection", "queries", lines)
}

package main

import (
	"fmt"

	"github.com/surrealsql/surrealsql/benchmarks/internal/measure"
	"github.com/surrealsql/surrealsql/benchmarks/internal/report"
)

// The targets of the project, and whether a run reached them.

// target is something the driver must reach.
type target struct {
	text  string
	value func(*findings) (value float64, known bool)
	bound float64
	least bool // the bound is the least, not the most
	unit  func(float64) string
}

func times(f float64) string   { return fmt.Sprintf("%.2f×", f) }
func percent(f float64) string { return fmt.Sprintf("%.3f %%", 100*f) }

// targets are what the project set itself.
var targets = []target{
	{
		text:  "One row in memory: time, to the database/sql floor",
		value: over("one-row", theDriver, theFloor, measure.Time),
		bound: 3,
		unit:  times,
	},
	{
		text:  "One row: allocations with Background",
		value: each("one-row", theDriver, measure.Allocs),
		bound: 12,
		unit:  report.Number,
	},
	{
		text:  "One row: allocations with a cancellable context",
		value: each("one-row", cancellableDriver, measure.Allocs),
		bound: 17,
		unit:  report.Number,
	},
	{
		text:  "1,000 × 4 in memory: time, to the floor",
		value: over("page-4", theDriver, theFloor, measure.Time),
		bound: 3,
		unit:  times,
	},
	{
		text:  "1,000 × 4: allocations a row",
		value: each("page-4", theDriver, measure.Allocs),
		bound: allocsPerRow,
		unit:  report.Number,
	},
	{
		text:  "One row over loopback: time, to the hand-framed exchange",
		value: over("one-row-loopback", theDriver, theHand, measure.Time),
		bound: 1.10,
		unit:  times,
	},
	{
		text:  "One row over loopback: time of the SDK's Query, to the driver",
		value: over("one-row-loopback", sdkStructs, theDriver, measure.Time),
		bound: 3,
		least: true,
		unit:  times,
	},
	{
		text:  "The same on one CPU: time, to the hand-framed exchange",
		value: over("one-row-one-cpu", theDriver, theHand, measure.Time),
		bound: 1.10,
		unit:  times,
	},
	{
		text:  "The same on one CPU: time of the SDK's Query, to the driver",
		value: over("one-row-one-cpu", sdkStructs, theDriver, measure.Time),
		bound: 3,
		least: true,
		unit:  times,
	},
	{
		text:  "1,000 × 8 over loopback: time of the SDK into structs, to the driver",
		value: over("page-8-loopback", sdkStructs, theDriver, measure.Time),
		bound: 6,
		least: true,
		unit:  times,
	},
	{
		text:  "1,000 × 8: allocations of the SDK into structs, to the driver",
		value: over("page-8-loopback", sdkStructs, theDriver, measure.Allocs),
		bound: 3,
		least: true,
		unit:  times,
	},
	{
		text:  "16 workers on 16 connections: throughput per CPU second, to the SDK",
		value: over("workers-16", sdkStructs, theDriver, measure.CPU),
		bound: 3,
		least: true,
		unit:  times,
	},
	{
		text:  "1,000,000 rows: peak heap above idle",
		value: peak(func(f *findings) []streamed { return f.streamed }),
		bound: 4 << 20,
		unit:  report.Bytes,
	},
	{
		text:  "1,000,000 rows: part of the reply sent when the first row is scanned",
		value: firstRowPart,
		bound: 0.01,
		unit:  percent,
	},
	{
		text:  "Clean checkout: allocations beyond sql.DB's own",
		value: beyond("checkout", cleanDriver, measure.Allocs),
		bound: 0.005,
		unit:  report.Number,
	},
	{
		text:  "Clean checkout: bytes beyond sql.DB's own",
		value: beyond("checkout", cleanDriver, measure.Bytes),
		bound: 0.5,
		unit:  report.Number,
	},
	{
		text:  "Clean checkout over TCP: allocations beyond sql.DB's own",
		value: beyond("checkout", cleanTCP, measure.Allocs),
		bound: 0.005,
		unit:  report.Number,
	},
	{
		text:  "Dirty checkout: round trips",
		value: roundTrips("checkout-dirty", dirtyDriver),
		bound: 1,
		unit:  report.Number,
	},
	{
		text:  "Connect: round trips, with the upgrade",
		value: roundTrips("connect-engine", theDriver),
		bound: 2,
		unit:  report.Number,
	},
	{
		text:  "1,000 records inserted: time one by one, prepared, to Insert",
		value: over("inserts", insertPrepares, insertCall, measure.Time),
		bound: 10,
		least: true,
		unit:  times,
	},
	{
		text:  "100,000 records of an iterator: most heap in use above idle, by Insert",
		value: heldMost,
		bound: 4 << 20,
		unit:  report.Bytes,
	},
	{
		text:  "Decoding 1,000 objects: time of surrealcbor into maps, to the driver into the values of rows",
		value: over("decoder", decodeSDKMaps, decodeValues, measure.Time),
		bound: 5,
		least: true,
		unit:  times,
	},
}

// over is the ratio of two cases of a group.
func over(group, name, to string, m measure.Metric) func(*findings) (float64, bool) {
	return func(f *findings) (float64, bool) {
		a, b := f.find(group, name), f.find(group, to)
		if a == nil || b == nil {
			return 0, false
		}
		return a.Ratio(b, m), true
	}
}

// each is a figure of a case per operation, or per row.
func each(group, name string, m measure.Metric) func(*findings) (float64, bool) {
	return func(f *findings) (float64, bool) {
		r := f.find(group, name)
		if r == nil {
			return 0, false
		}
		return r.Each(m), true
	}
}

// beyond is what a case has more than the floor.
func beyond(group, name string, m measure.Metric) func(*findings) (float64, bool) {
	return func(f *findings) (float64, bool) {
		r, ground := f.find(group, name), f.find(group, theFloor)
		if r == nil || ground == nil {
			return 0, false
		}
		return max(r.Median(m)-ground.Median(m), 0), true
	}
}

func roundTrips(group, name string) func(*findings) (float64, bool) {
	return extraOf(group, name, "round trips")
}

func firstRowOf(group, name string) func(*findings) (float64, bool) {
	return extraOf(group, name, measure.FirstRow)
}

func extraOf(group, name, extra string) func(*findings) (float64, bool) {
	return func(f *findings) (float64, bool) {
		r := f.find(group, name)
		if r == nil {
			return 0, false
		}
		for _, x := range r.Extra {
			if x.Name == extra {
				return x.Value, true
			}
		}
		return 0, false
	}
}

// peak is the driver's where the longest result was read.
func peak(of func(*findings) []streamed) func(*findings) (float64, bool) {
	return func(f *findings) (float64, bool) {
		for _, s := range of(f) {
			if s.Client == theDriver {
				return s.above(), true
			}
		}
		return 0, false
	}
}

func firstRowPart(f *findings) (float64, bool) {
	part, known := f.firstRow[theDriver]
	return part, known
}

// reached says which targets were reached; what this run did not measure is left out.
func (f *findings) reached(title, about string, targets []target) report.Table {
	t := report.Table{Title: title, About: about, Header: []string{"", "measured", "bound", ""}}
	for _, g := range targets {
		v, known := g.value(f)
		if !known {
			continue
		}
		met, sign := v <= g.bound, "≤ "
		if g.least {
			met, sign = v >= g.bound, "≥ "
		}
		verdict := "reached"
		if !met {
			verdict = "**missed**"
		}
		t.Rows = append(t.Rows, []string{g.text, g.unit(v), sign + g.unit(g.bound), verdict})
	}
	return t
}

package main

import (
	"strings"

	"github.com/surrealsql/surrealsql/benchmarks/internal/measure"
	"github.com/surrealsql/surrealsql/benchmarks/internal/report"
)

// The targets of 4.0's shaped rows: those in memory, and those on a server that has them.

var shapedTargets = []target{
	{
		text:  "1,000 × 8 decoded by shaped: time, to by cbor",
		value: over("shaped-decode", shapedAlone, cborAlone, measure.Time),
		bound: 0.5,
		unit:  times,
	},
	{
		text:  "1,000 × 8 decoded by shaped: time, to a loop by hand over the same bytes",
		value: over("shaped-decode", shapedAlone, shapedByHand, measure.Time),
		bound: 2,
		unit:  times,
	},
	{
		text:  "1,000 × 8 decoded: time of the SDK's decoder into structs, to the driver by shaped",
		value: over("shaped-decode", sdkStructs, shapedAlone, measure.Time),
		bound: 8,
		least: true,
		unit:  times,
	},
	{
		text:  "1,000 × 8 by shaped through sql.DB: time, to by cbor",
		value: over("shaped-decode", byShaped, byCBOR, measure.Time),
		bound: 0.5,
		unit:  times,
	},
	{
		text:  "1,000 × 8 by shaped through sql.DB: allocations a row, which has four strings",
		value: each("shaped-decode", byShaped, measure.Allocs),
		bound: 4.02,
		unit:  report.Number,
	},
	{
		text:  "One row in memory by shaped: time, to by cbor",
		value: over("shaped-one-row", byShaped, byCBOR, measure.Time),
		bound: 1,
		unit:  times,
	},
}

var shapedServerTargets = []target{
	{
		text:  "20,000 × 8 by shaped, SELECT *: time, to the SDK into structs",
		value: onShapedPages(wholeMembers, byShaped, sdkStructs),
		bound: 0.4,
		unit:  times,
	},
	{
		text:  "20,000 × 8 by shaped, columns by name: time, to the SDK into structs",
		value: onShapedPages(namedMembers, byShaped, sdkStructs),
		bound: 0.4,
		unit:  times,
	},
	{
		text:  "1,000,000 × 8: time by cbor, to by shaped",
		value: membersTime(namedByCBOR, wholeByShaped),
		bound: 1.5,
		least: true,
		unit:  times,
	},
	{
		text:  "1,000,000 × 8 by shaped: peak heap above idle",
		value: membersPeak,
		bound: 8 << 20, // Go collects none below 4
		unit:  report.Bytes,
	},
	{
		// Single operations, because a mean has what the machine does besides in it.
		text:  "One row of a server: half take by shaped, to by cbor",
		value: over("server-shaped-point", byShaped, byCBOR, measure.P50),
		bound: 1,
		unit:  times,
	},
}

// onShapedPages is the ratio of two clients where the longest page was read.
func onShapedPages(s selection, name, to string) func(*findings) (float64, bool) {
	return func(f *findings) (ratio float64, known bool) {
		for _, g := range f.groups { // from the shortest page to the longest
			if strings.HasPrefix(g.Key, shapedPageKey(s, "")) {
				ratio, known = g.Find(name).Ratio(g.Find(to), measure.Time), true
			}
		}
		return ratio, known
	}
}

// membersTime is the ratio of two clients where the longest result was read.
func membersTime(name, to string) func(*findings) (float64, bool) {
	return func(f *findings) (float64, bool) {
		a, b := f.ofMembers(name), f.ofMembers(to)
		if a == nil || b == nil {
			return 0, false
		}
		return float64(a.Took) / float64(b.Took), true
	}
}

func membersPeak(f *findings) (float64, bool) {
	s := f.ofMembers(wholeByShaped)
	if s == nil {
		return 0, false
	}
	return s.above(), true
}

// ofMembers is what a client of the longest result cost, or nil.
func (f *findings) ofMembers(name string) *streamed {
	for i := range f.streamedMembers {
		if s := &f.streamedMembers[i]; s.Client == name {
			return s
		}
	}
	return nil
}

package main

import (
	"github.com/surrealsql/surrealsql/benchmarks/internal/measure"
	"github.com/surrealsql/surrealsql/benchmarks/internal/report"
)

// The targets on a server that streams and cancels, as 3.3 was the first to do.

// serverTargets are those on a server that streams and cancels.
var serverTargets = []target{
	{
		text:  "The storm, 10 % given up: useful calls, to none given up",
		value: stormRatio(0.1),
		bound: 4.0 / 7,
		least: true,
		unit:  times,
	},
	{
		text:  "The storm, 50 % given up: useful calls, to none given up",
		value: stormRatio(0.5),
		bound: 1.0 / 7,
		least: true,
		unit:  times,
	},
	{
		text:  "The storm: the worst useful call",
		value: stormWorst,
		bound: 100e6,
		unit:  report.Duration,
	},
	{
		text:  "100,000 rows: when the first one is there",
		value: firstRowOf("server-first-row", theDriver),
		bound: 10e6,
		unit:  report.Duration,
	},
	{
		text:  "100,000 rows: time, to the answer that is not streamed",
		value: over("server-first-row", theDriver, neverStreaming, measure.Time),
		bound: 0.75,
		unit:  times,
	},
	{
		// Single operations, because a mean has what the machine does besides in it.
		text:  "One row of a server: half take, to the answer that is never streamed",
		value: over("server-point", theDriver, neverStreaming, measure.P50),
		bound: 1.02,
		unit:  times,
	},
	{
		text:  "One row of a server: half of the SDK's Query take, to the driver",
		value: over("server-point", sdkStructs, theDriver, measure.P50),
		bound: 1.5,
		least: true,
		unit:  times,
	},
	{
		text:  "50 connections at once: time of the SDK, to the driver",
		value: over("server-dials", "SDK", theDriver, measure.Time),
		bound: 5,
		least: true,
		unit:  times,
	},
	{
		text:  "1,000,000 rows of a server: peak heap above idle",
		value: peak(func(f *findings) []streamed { return f.streamedByServer }),
		bound: 4 << 20,
		unit:  report.Bytes,
	},
}

// stormRatio is what is left of the useful calls, of sql.DB or of package pool: the
// lesser.
func stormRatio(share float64) func(*findings) (float64, bool) {
	return func(f *findings) (least float64, known bool) {
		calm := make(map[string]float64)
		for _, s := range f.stormed {
			if s.Share == 0 {
				calm[s.Client] = s.PerSecond
			}
			if s.Role != measure.Subject || s.Share != share {
				continue
			}
			if part := s.PerSecond / calm[s.Client]; !known || part < least {
				least, known = part, true
			}
		}
		return least, known
	}
}

func stormWorst(f *findings) (worst float64, known bool) {
	for _, s := range f.stormed {
		if s.Role == measure.Subject {
			worst, known = max(worst, float64(s.Worst)), true
		}
	}
	return worst, known
}

package main

import "github.com/surrealsql/surrealsql/benchmarks/internal/measure"

// The targets of typed reading: beside Scan, and beside the SDK, whole against whole and decoder
// against decoder.

var recordTargets = []target{
	{
		text:  "1,000 × 8 by All into structs: time, to Scan",
		value: over("records", readByAll, scanned, measure.Time),
		bound: 1,
		unit:  times,
	},
	{
		text:  "1,000 × 8 by shaped by All into structs: time, to Scan",
		value: over("records-members", allByShaped, scanByShaped, measure.Time),
		bound: 1,
		unit:  times,
	},
	{
		text:  "1,000 × 8 over loopback: time of the SDK's Query, to All",
		value: over("records-loopback", sdkStructs, readByAll, measure.Time),
		bound: 4,
		least: true,
		unit:  times,
	},
	{
		text:  "1,000 × 8 over loopback: CPU of the SDK's Query, to All",
		value: over("records-loopback", sdkStructs, readByAll, measure.CPU),
		bound: 4,
		least: true,
		unit:  times,
	},
	{
		text:  "1,000 × 8 over loopback: allocations of the SDK's Query, to All",
		value: over("records-loopback", sdkStructs, readByAll, measure.Allocs),
		bound: 4,
		least: true,
		unit:  times,
	},
	{
		text:  "100 nested documents over loopback: time of the SDK's Query, to All",
		value: over("records-nested-loopback", sdkStructs, readByAll, measure.Time),
		bound: 4,
		least: true,
		unit:  times,
	},
	{
		text:  "100 nested documents over loopback: CPU of the SDK's Query, to All",
		value: over("records-nested-loopback", sdkStructs, readByAll, measure.CPU),
		bound: 4,
		least: true,
		unit:  times,
	},
	{
		text:  "100 nested documents over loopback: allocations of the SDK's Query, to All",
		value: over("records-nested-loopback", sdkStructs, readByAll, measure.Allocs),
		bound: 4,
		least: true,
		unit:  times,
	},
	{
		text:  "1,000 × 8 as one value: time of the SDK's decoder, to One of a slice",
		value: over("records", sdkDecoder, readAsOne, measure.Time),
		bound: 4,
		least: true,
		unit:  times,
	},
	{
		text:  "1,000 × 8: time of the SDK's decoder alone, to a whole query by All",
		value: over("records", sdkDecoder, readByAll, measure.Time),
		bound: 4,
		least: true,
		unit:  times,
	},
	{
		text:  "1,000 × 8: allocations of the SDK's decoder alone, to a whole query by All",
		value: over("records", sdkDecoder, readByAll, measure.Allocs),
		bound: 4,
		least: true,
		unit:  times,
	},
	{
		text:  "1,000 × 8 by shaped: time of the SDK's decoder alone, to a whole query by All",
		value: over("records-members", sdkDecoder, allByShaped, measure.Time),
		bound: 4,
		least: true,
		unit:  times,
	},
	{
		text:  "100 nested documents as one value: time of the SDK's decoder, to One of a slice",
		value: over("records-nested", sdkDecoder, readAsOne, measure.Time),
		bound: 4,
		least: true,
		unit:  times,
	},
	{
		text:  "100 nested documents: time of the SDK's decoder alone, to a whole query by All",
		value: over("records-nested", sdkDecoder, readByAll, measure.Time),
		bound: 4,
		least: true,
		unit:  times,
	},
}

// recordServerTargets are those on a server. Its time is in that of both clients, so it is their CPU
// that is compared.
var recordServerTargets = []target{
	{
		text:  "1,000 × 8 of a server: CPU of the SDK's Query, to All",
		value: over("server-records", sdkStructs, readByAll, measure.CPU),
		bound: 4,
		least: true,
		unit:  times,
	},
	{
		text:  "1,000 × 8 of a server: allocations of the SDK's Query, to All",
		value: over("server-records", sdkStructs, readByAll, measure.Allocs),
		bound: 4,
		least: true,
		unit:  times,
	},
	{
		text:  "100 nested documents of a server: CPU of the SDK's Query, to All",
		value: over("server-records-nested", sdkStructs, readByAll, measure.CPU),
		bound: 4,
		least: true,
		unit:  times,
	},
	{
		text:  "100 nested documents of a server: allocations of the SDK's Query, to All",
		value: over("server-records-nested", sdkStructs, readByAll, measure.Allocs),
		bound: 4,
		least: true,
		unit:  times,
	},
}

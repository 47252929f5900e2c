package main

import (
	"fmt"

	"github.com/surrealsql/surrealsql/benchmarks/internal/measure"
)

// The list of all groups.

// builder makes a group ready to be measured.
type builder struct {
	key   string
	build func(*env) (*measure.Group, error)
}

// builders are all groups, in the order of the report.
func builders(s sizes) []builder {
	pages := func(key string, p page, build func(*env, page) (*measure.Group, error)) builder {
		return builder{key, func(e *env) (*measure.Group, error) { return build(e, p) }}
	}
	four, eight := fourColumns("page-4", s.rows), eightColumns("page-8", s.rows)
	long := fourColumns("stream", s.stream)
	all := []builder{
		{"one-row", oneRowMemory},
		pages("page-4", four, pageMemory),
		pages("page-8", eight, pageMemory),
		pages("stream", long, pageMemory),
		{"nested", nestedMemory},
		{"decoder", decoder},
		{"records", records},
		{"records-members", recordsOfMembers},
		{"records-nested", recordsNested},
		{"records-loopback", recordsLoopback},
		{"records-nested-loopback", recordsNestedLoopback},
		{"shaped-decode", shapedDecode},
		{"shaped-one-row", shapedOneRow},
		{"one-row-loopback", oneRowLoopback},
		{"one-row-one-cpu", oneRowOneCPU},
		pages("page-4-loopback", four, pageLoopback),
		pages("page-8-loopback", eight, pageLoopback),
		pages("stream-loopback", long, pageLoopback),
		{"nested-loopback", nestedLoopback},
	}
	for _, n := range s.workers {
		build := func(e *env) (*measure.Group, error) { return workersLoopback(e, n) }
		all = append(all, builder{fmt.Sprintf("workers-%d", n), build})
	}
	all = append(all,
		builder{"checkout", checkoutClean},
		builder{"checkout-dirty", dirtyLoopback},
		builder{"ping", ping},
		builder{"connect-loopback", connectLoopback},
		builder{"one-row-engine", oneRowEngine},
		pages("page-4-engine", four, pageEngine),
	)
	all = append(all,
		builder{"workers-16-engine", func(e *env) (*measure.Group, error) { return workersEngine(e, 16) }},
		builder{"inserts", inserts},
		builder{"exec", execRewriting},
		builder{"connect-engine", connectEngine},
		builder{"checkout-dirty-engine", dirtyEngine},
	)
	all = append(all,
		builder{"server-point", serverPoint},
		builder{"server-first-row", serverFirstRow},
		builder{"server-records", serverRecords},
		builder{"server-records-nested", serverRecordsNested},
	)
	for _, n := range s.pages {
		build := func(e *env) (*measure.Group, error) { return serverPage(e, n) }
		all = append(all, builder{fmt.Sprintf("server-page-%d", n), build})
	}
	all = append(all, builder{"server-dials", serverDials}, builder{"server-shaped-point", serverShapedPoint})
	for _, n := range s.shaped {
		for _, sel := range []selection{wholeMembers, namedMembers} {
			build := func(e *env) (*measure.Group, error) { return serverShapedPage(e, sel, n) }
			all = append(all, builder{shapedPageKey(sel, n), build})
		}
	}
	if otherServers() {
		all = append(all, builder{"others-one-row", othersOneRow}, builder{"others-page-4", othersPage})
	}
	return all
}

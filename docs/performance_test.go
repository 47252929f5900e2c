package docs_test

import (
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// reported is a row of performance.md that a report has, and how it is called there.
type reported struct{ said, reported string }

// measured are those that the reports of both versions of Go have.
var measured = []reported{
	{
		"One row, two columns, in memory: time of `database/sql` alone",
		"One row in memory: time, to the database/sql floor",
	},
	{
		"and allocations, of which 7 are `database/sql`'s",
		"One row: allocations with Background",
	},
	{
		"1,000 rows of four columns, in memory: time of `database/sql` alone",
		"1,000 × 4 in memory: time, to the floor",
	},
	{
		"and allocations a row",
		"1,000 × 4: allocations a row",
	},
	{
		"One row over loopback on one CPU: time of a hand-framed exchange",
		"The same on one CPU: time, to the hand-framed exchange",
	},
	{
		"One row over loopback, faster than the SDK",
		"One row over loopback: time of the SDK's Query, to the driver",
	},
	{
		"1,000 rows of eight columns over loopback, faster than the SDK into structs",
		"1,000 × 8 over loopback: time of the SDK into structs, to the driver",
	},
	{
		"and fewer allocations",
		"1,000 × 8: allocations of the SDK into structs, to the driver",
	},
	{
		"16 workers on 16 connections: the SDK's queries per CPU second",
		"16 workers on 16 connections: throughput per CPU second, to the SDK",
	},
	{
		"1,000,000 rows: memory above idle, where the SDK needs 250 MiB",
		"1,000,000 rows: peak heap above idle",
	},
	{
		"and the part of the reply that was sent when the first row was there",
		"1,000,000 rows: part of the reply sent when the first row is scanned",
	},
}

// measuredOnServer are those that the report of a server has, which has one column.
var measuredOnServer = []reported{
	{
		"Of 32 callers on 8 connections a tenth give up: useful calls, of those without",
		"The storm, 10 % given up: useful calls, to none given up",
	},
	{
		"and half give up",
		"The storm, 50 % given up: useful calls, to none given up",
	},
	{
		"and the worst useful call",
		"The storm: the worst useful call",
	},
	{
		"100,000 rows: the first is there after",
		"100,000 rows: when the first one is there",
	},
	{
		"and all are, of the time of an answer that is not streamed",
		"100,000 rows: time, to the answer that is not streamed",
	},
	{
		"1,000,000 rows: memory above idle",
		"1,000,000 rows of a server: peak heap above idle",
	},
	{
		"One row, faster than the SDK",
		"One row of a server: half of the SDK's Query take, to the driver",
	},
	{
		"50 connections at once, faster than the SDK",
		"50 connections at once: time of the SDK, to the driver",
	},
}

// measuredOfRecords are those that the reports of both versions of Go on typed rows have.
var measuredOfRecords = []reported{
	{
		"1,000 rows of eight columns by `All`: time by `Scan`",
		"1,000 × 8 by All into structs: time, to Scan",
	},
	{
		"1,000 rows by `All` over loopback, faster than the SDK's `Query` into the same structs",
		"1,000 × 8 over loopback: time of the SDK's Query, to All",
	},
	{
		"1,000 rows by `All`, fewer allocations than the SDK's `Query`",
		"1,000 × 8 over loopback: allocations of the SDK's Query, to All",
	},
	{
		"1,000 rows as one value, faster than the SDK's decoder alone",
		"1,000 × 8 as one value: time of the SDK's decoder, to One of a slice",
	},
	{
		"1,000 rows by shaped, a whole query, faster than the SDK's decoder alone",
		"1,000 × 8 by shaped: time of the SDK's decoder alone, to a whole query by All",
	},
	{
		"100 nested documents by `All` over loopback, faster than the SDK's `Query`",
		"100 nested documents over loopback: time of the SDK's Query, to All",
	},
	{
		"100 nested documents by `All`, fewer allocations than the SDK's `Query`",
		"100 nested documents over loopback: allocations of the SDK's Query, to All",
	},
	{
		"100 nested documents as one value, faster than the SDK's decoder alone",
		"100 nested documents as one value: time of the SDK's decoder, to One of a slice",
	},
	{
		"1,000 rows of a server: the SDK's CPU time, to that of `All`",
		"1,000 × 8 of a server: CPU of the SDK's Query, to All",
	},
	{
		"100 nested documents of a server: the SDK's CPU time, to that of `All`",
		"100 nested documents of a server: CPU of the SDK's Query, to All",
	},
}

// measuredByShaped are those that the reports of both versions of Go on 4.0 have.
var measuredByShaped = []reported{
	{
		"1,000 rows decoded by shaped: time by cbor",
		"1,000 × 8 decoded by shaped: time, to by cbor",
	},
	{
		"1,000 rows decoded by shaped: time of a loop by hand, written for these rows alone",
		"1,000 × 8 decoded by shaped: time, to a loop by hand over the same bytes",
	},
	{
		"1,000 rows decoded by shaped, faster than the SDK's decoder into structs",
		"1,000 × 8 decoded: time of the SDK's decoder into structs, to the driver by shaped",
	},
	{
		"1,000 rows by shaped through `database/sql`: time by cbor",
		"1,000 × 8 by shaped through sql.DB: time, to by cbor",
	},
	{
		"1,000 rows by shaped through `database/sql`: allocations a row",
		"1,000 × 8 by shaped through sql.DB: allocations a row, which has four strings",
	},
	{
		"One row by shaped in memory: time by cbor",
		"One row in memory by shaped: time, to by cbor",
	},
	{
		"`SELECT *` of 20,000 rows by shaped: time of the SDK",
		"20,000 × 8 by shaped, SELECT *: time, to the SDK into structs",
	},
	{
		"20,000 rows by shaped, columns by name: time of the SDK",
		"20,000 × 8 by shaped, columns by name: time, to the SDK into structs",
	},
	{
		"`SELECT *` of 1,000,000 rows by shaped, faster than by cbor",
		"1,000,000 × 8: time by cbor, to by shaped",
	},
	{
		"`SELECT *` of 1,000,000 rows by shaped: memory above idle",
		"1,000,000 × 8 by shaped: peak heap above idle",
	},
	{
		"One row by shaped on a server: time by cbor",
		"One row of a server: half take by shaped, to by cbor",
	},
}

// What performance.md says is what the reports measured.
func TestFiguresOfPerformanceAreThoseOfTheReports(t *testing.T) {
	t.Parallel()
	said := rowsOf(t, "performance.md")
	for _, c := range []struct {
		report string
		column int
		rows   []reported
	}{
		{"benchmarks.md", 0, measured},
		{"go1.27/benchmarks.md", 1, measured},
		{"records/benchmarks.md", 0, measuredOfRecords},
		{"records/go1.27/benchmarks.md", 1, measuredOfRecords},
		{"server/benchmarks.md", 0, measuredOnServer},
		{"server/4.0/benchmarks.md", 0, measuredByShaped},
		{"server/4.0/go1.27/benchmarks.md", 1, measuredByShaped},
	} {
		got := rowsOf(t, c.report)
		for _, row := range c.rows {
			require.Contains(t, said, row.said)
			require.Contains(t, got, row.reported, c.report)
			figure := number(t, said[row.said][c.column])
			_, decimals, _ := strings.Cut(figure, ".")
			exact, err := strconv.ParseFloat(number(t, got[row.reported][0]), 64)
			require.NoError(t, err)
			require.Equal(t, figure, fmt.Sprintf("%.*f", len(decimals), exact), "%s: %s", c.report, row.said)
		}
	}
}

// rowsOf returns the rows of a page's tables by their first cell.
func rowsOf(t *testing.T, page string) map[string][]string {
	t.Helper()
	text, err := os.ReadFile(page)
	require.NoError(t, err)
	rows := make(map[string][]string)
	for line := range strings.Lines(string(text)) {
		if cells := strings.Split(strings.Trim(line, "| \n"), " | "); len(cells) > 1 && rows[cells[0]] == nil {
			rows[cells[0]] = cells[1:]
		}
	}
	return rows
}

// number is the figure of a cell: 4.4 of "4.4 times", 7.7 of "1/7.7".
func number(t *testing.T, cell string) string {
	t.Helper()
	found := regexp.MustCompile(`(?:1/)?([0-9.]+)`).FindStringSubmatch(cell)
	require.NotNil(t, found, cell)
	return found[1]
}

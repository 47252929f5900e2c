package report_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/surrealsql/surrealsql/benchmarks/internal/measure"
	"github.com/surrealsql/surrealsql/benchmarks/internal/report"
)

// How figures and tables are written.

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestFiguresHaveTheDigitsThatMeanSomething(t *testing.T) {
	for want, ns := range map[string]float64{
		"1.7 ns": 1.71, "83 ns": 83.2, "1.20 µs": 1_203, "45.6 µs": 45_600, "2.00 ms": 2e6, "3.00 s": 3e9,
	} {
		require.Equal(t, want, report.Duration(ns))
	}
	for want, f := range map[string]float64{"0": 0, "7": 7, "4.77": 4.769, "12.3": 12.345, "13715": 13714.6} {
		require.Equal(t, want, report.Number(f))
	}
	for want, f := range map[string]float64{"75 B": 75, "15.5 KiB": 15_872, "3.8 MiB": 3.8 * (1 << 20)} {
		require.Equal(t, want, report.Bytes(f))
	}
}

func results() *measure.Results {
	sample := func(time, allocs float64) []measure.Sample {
		return []measure.Sample{{Time: time, CPU: time, Allocs: allocs, P50: time, P99: time}}
	}
	g := &measure.Group{Key: "g", Title: "Rows", About: "About rows.", Reference: "floor", PerRow: true}
	return &measure.Results{Group: g, Results: []*measure.Result{
		{Case: measure.Case{Name: "floor", Rows: 10}, Samples: sample(1_000, 10)},
		{
			Case:    measure.Case{Name: "driver", Rows: 10},
			Samples: sample(2_500, 50),
			Extra:   []measure.Extra{{Name: "sent", Value: 75, Unit: "B"}},
		},
		{Case: measure.Case{Name: "other", Rows: 10, Against: "driver"}, Samples: sample(5_000, 0)},
	}}
}

func TestTableHasRatiosFirst(t *testing.T) {
	table := report.Group(results())
	require.Equal(t, []string{
		"", "time ×", "CPU ×", "allocs ×",
		"time/row", "CPU/row", "B/row", "allocs/row", "p50/op", "p99/op", "sent",
	}, table.Header)
	require.Equal(t, []string{
		"driver", "2.50×", "2.50×", "5.00×",
		"250 ns", "250 ns", "0", "5", "2.50 µs", "2.50 µs", "75 B",
	}, table.Rows[1])
	require.Equal(t, "2.00×", table.Rows[2][1])
	require.Empty(t, table.Rows[2][3])
	require.Equal(t, []string{"The ratios of “other” are to “driver”.", "Ratios are to “floor”."}, table.Notes)
}

func TestTableIsWrittenAsTextAndAsMarkdown(t *testing.T) {
	table := report.Group(results())
	table.Plot = "rows.svg"
	var text, page strings.Builder
	require.NoError(t, table.Text(&text))
	require.NoError(t, table.Markdown(&page))
	require.Contains(t, text.String(), "\nRows\n")
	require.Contains(t, text.String(), "  floor    1.00×")
	require.Contains(t, page.String(), "\n## Rows\n\nAbout rows.\n\n![Rows](rows.svg)\n\n|  | time × |")
	require.Contains(t, page.String(), "\n| driver | 2.50× |")
}

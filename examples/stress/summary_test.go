package main

import (
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// The table and the plot of what was measured.

// example is a result with a hundred operations, which waited from 1 to 100 ms.
func example(t *testing.T) result {
	found, err := find("jobs")
	require.NoError(t, err)
	r := result{scenario: found[0]}
	for _, name := range []string{"pool", "sql.DB"} {
		s := summary{subject: name, took: 2 * time.Second, created: 7, ops: 100}
		for i := range 100 {
			wait := time.Duration(i+1) * ms
			s.samples = append(s.samples, sample{at: time.Duration(i) * 20 * ms, acquire: wait, query: wait / 1000})
		}
		s.acquire = quantilesOf(s.samples, func(s sample) time.Duration { return s.acquire })
		s.query = quantilesOf(s.samples, func(s sample) time.Duration { return s.query })
		r.summaries = append(r.summaries, s)
	}
	r.summaries[1].failures, r.summaries[1].errors = 1, []string{"two\nlines"}
	return r
}

func TestTableFitsATerminalAndHasAllNumbers(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	example(t).table(&out)
	require.Equal(t, `
jobs: 50 workers × 20 queries, holding for 100ms to 500ms, on 30 connections (at least 5)

                       p50      p95      p99     max  ops/s  created  failures
  pool    acquire  50.0 ms  95.0 ms  99.0 ms  100 ms     50        7         0
          query      50 µs    95 µs    99 µs  100 µs                          
  sql.DB  acquire  50.0 ms  95.0 ms  99.0 ms  100 ms     50        7         1
          query      50 µs    95 µs    99 µs  100 µs                          
sql.DB failed: two lines
`, out.String())
}

func TestQuantilesOfNothingAndOfOneAreDefined(t *testing.T) {
	t.Parallel()
	of := func(s sample) time.Duration { return s.acquire }
	require.Zero(t, quantilesOf(nil, of))
	require.Equal(t, quantiles{ms, ms, ms, ms}, quantilesOf([]sample{{acquire: ms}}, of))
	require.Zero(t, summary{}.rate())
}

func TestDurationsHaveTheDigitsThatMeanSomething(t *testing.T) {
	t.Parallel()
	for want, d := range map[string]time.Duration{
		"0 µs": 0, "999 µs": 999 * time.Microsecond, "1.23 ms": 1234 * time.Microsecond, "12.3 ms": 12340 * time.Microsecond,
		"123 ms": 123 * ms, "1.23 s": 1234 * ms, "12.3 s": 12340 * ms,
	} {
		require.Equal(t, want, brief(d))
	}
}

func TestPlotIsAnSVGWithBothPools(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "out.svg")
	require.NoError(t, plotTo(path, example(t)))
	texts := svgTexts(t, path)
	require.Contains(t, texts, "pool: median 50.0 ms, longest 100 ms")
	require.Contains(t, texts, "sql.DB: median 50.0 ms, longest 100 ms")
	require.Contains(t, texts, "waited for a connection, ms")
}

func TestPlotOfScenariosOnARealServer(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "out.svg")
	code, _, diag := stressed(t, "-short", "-scenario", "fairness,burst-100", "-plot", path)
	require.Zero(t, code, diag)
	for _, name := range []string{"fairness", "burst-100"} {
		texts := svgTexts(t, strings.TrimSuffix(path, ".svg")+"-"+name+".svg")
		require.Contains(t, texts, "pool: median")
		require.Contains(t, texts, "sql.DB: median")
	}
}

func TestPlotOfAPoolThatGaveNoConnectionIsEmpty(t *testing.T) {
	t.Parallel()
	r := example(t)
	r.summaries[0].samples = nil
	require.NoError(t, plotTo(filepath.Join(t.TempDir(), "out.svg"), r))
}

// svgTexts reads the file as XML and returns its texts.
func svgTexts(t *testing.T, path string) string {
	t.Helper()
	f, err := os.Open(path)
	require.NoError(t, err)
	defer f.Close()
	var texts strings.Builder
	for d := xml.NewDecoder(f); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return texts.String()
		}
		require.NoError(t, err)
		if text, ok := token.(xml.CharData); ok {
			texts.Write(text)
		}
	}
}

package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// What is said at the end: the quantiles of a trial, and the table.

// summary is what was measured of one scenario on one pool.
type summary struct {
	subject        string
	ops, failures  int
	took           time.Duration
	acquire, query quantiles
	created        int64
	errors         []string
	samples        []sample
}

// quantiles are exact: of all samples.
type quantiles struct{ p50, p95, p99, max time.Duration }

func (t *trial) summary(took time.Duration) summary {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := summary{
		subject:  t.subject.name(),
		ops:      len(t.samples),
		failures: int(t.failed.Load()),
		took:     took,
		created:  t.subject.created(),
		errors:   t.errors,
		samples:  t.samples,
	}
	s.acquire = quantilesOf(t.samples, func(s sample) time.Duration { return s.acquire })
	s.query = quantilesOf(t.samples, func(s sample) time.Duration { return s.query })
	return s
}

func quantilesOf(samples []sample, of func(sample) time.Duration) (q quantiles) {
	if len(samples) == 0 {
		return q
	}
	sorted := make([]time.Duration, len(samples))
	for i, s := range samples {
		sorted[i] = of(s)
	}
	slices.Sort(sorted)
	at := func(percent int) time.Duration { // the shortest that so many do not exceed
		return sorted[(len(sorted)*percent+99)/100-1]
	}
	return quantiles{at(50), at(95), at(99), at(100)}
}

// table writes one scenario's measurements, in 80 columns.
func (r result) table(out io.Writer) {
	if len(r.summaries) == 0 {
		return
	}
	fmt.Fprintf(out, "\n%s: %s\n\n", r.scenario.name, r.scenario)
	tw := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(tw, "               \tp50\tp95\tp99\tmax\tops/s\tcreated\tfailures\t")
	for _, s := range r.summaries {
		a, q := s.acquire, s.query
		fmt.Fprintf(tw, "%-7s acquire\t%s\t%s\t%s\t%s\t%.0f\t%d\t%d\t\n", s.subject,
			brief(a.p50), brief(a.p95), brief(a.p99), brief(a.max), s.rate(), s.created, s.failures)
		fmt.Fprintf(tw, "%-7s query  \t%s\t%s\t%s\t%s\t\t\t\t\n", "",
			brief(q.p50), brief(q.p95), brief(q.p99), brief(q.max))
	}
	_ = tw.Flush() // an error of standard output has nobody to tell it to
	for _, s := range r.summaries {
		for _, e := range s.errors {
			fmt.Fprintf(out, "%s failed: %s\n", s.subject, strings.ReplaceAll(e, "\n", " "))
		}
	}
}

func (s summary) rate() float64 {
	if s.took <= 0 {
		return 0
	}
	return float64(s.ops) / s.took.Seconds()
}

// brief writes a duration with three digits.
func brief(d time.Duration) string {
	switch {
	case d >= 10*time.Second:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case d >= time.Second:
		return fmt.Sprintf("%.2f s", d.Seconds())
	case d >= 100*time.Millisecond:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d >= 10*time.Millisecond:
		return fmt.Sprintf("%.1f ms", d.Seconds()*1e3)
	case d >= time.Millisecond:
		return fmt.Sprintf("%.2f ms", d.Seconds()*1e3)
	}
	return fmt.Sprintf("%d µs", d.Microseconds())
}

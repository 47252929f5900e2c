package measure

import "slices"

// From samples to figures: medians, and ratios within a round.

// Metric picks a figure of a Sample.
type Metric func(Sample) float64

// The metrics.
var (
	Time   Metric = func(s Sample) float64 { return s.Time }
	CPU    Metric = func(s Sample) float64 { return s.CPU }
	Bytes  Metric = func(s Sample) float64 { return s.Bytes }
	Allocs Metric = func(s Sample) float64 { return s.Allocs }
	P50    Metric = func(s Sample) float64 { return s.P50 }
	P99    Metric = func(s Sample) float64 { return s.P99 }
)

// Median is the median over the rounds, per operation.
func (r *Result) Median(m Metric) float64 {
	values := make([]float64, len(r.Samples))
	for i, s := range r.Samples {
		values[i] = m(s)
	}
	return median(values)
}

// Each is the median divided by the rows of an operation, where it has rows.
func (r *Result) Each(m Metric) float64 { return r.Median(m) / float64(max(r.Rows, 1)) }

// noise is the figure below which another's is taken for nothing: a stray
// allocation of the runtime among thousands of operations.
const noise = 0.5

// Ratio is the median of the ratios to another case, formed round by round. It
// is 0 where the other's figure is nothing.
func (r *Result) Ratio(to *Result, m Metric) float64 {
	values := make([]float64, 0, len(r.Samples))
	for i := range min(len(r.Samples), len(to.Samples)) {
		if d := m(to.Samples[i]); d > noise {
			values = append(values, m(r.Samples[i])/d)
		}
	}
	return median(values)
}

func median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	slices.Sort(values)
	mid := len(values) / 2
	if len(values)%2 == 1 {
		return values[mid]
	}
	return (values[mid-1] + values[mid]) / 2
}

package measure_test

import (
	"errors"
	"io"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/surrealsql/surrealsql/benchmarks/internal/measure"
)

// What is counted, in which order cases run, and which figures come of it.

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var brief = measure.Options{Rounds: 3, Slice: 100 * time.Microsecond, Log: io.Discard}

var sink []byte

func TestAllocationsAreCountedExactly(t *testing.T) {
	g := &measure.Group{Key: "g", Reference: "one", Cases: []measure.Case{
		{Name: "one", Op: func(int) error { sink = make([]byte, 64); return nil }},
		{Name: "three", Rows: 3, Op: func(int) error {
			for range 3 {
				sink = make([]byte, 64)
			}
			return nil
		}},
	}}
	r, err := measure.Run(g, measure.Options{Rounds: 3, Slice: 5 * time.Millisecond, Log: io.Discard})
	require.NoError(t, err)
	one, three := r.Find("one"), r.Find("three")
	require.InDelta(t, 1, one.Median(measure.Allocs), 0.1)
	require.InDelta(t, 64, one.Median(measure.Bytes), 8)
	require.InDelta(t, 3, three.Median(measure.Allocs), 0.1)
	require.InDelta(t, 1, three.Each(measure.Allocs), 0.1)
	require.InDelta(t, 3, three.Ratio(one, measure.Allocs), 0.3)
	require.Len(t, one.Samples, 3)
	require.Positive(t, one.Median(measure.Time))
	require.LessOrEqual(t, one.Median(measure.P50), one.Median(measure.P99))
	require.Nil(t, r.Find("two"))
}

func TestCasesTakeTurnsAndEachRoundBeginsWithAnother(t *testing.T) {
	var order []string
	note := func(name string) measure.Case {
		return measure.Case{Name: name, Before: func() error { return nil }, Op: func(int) error {
			if n := len(order); n == 0 || order[n-1] != name {
				order = append(order, name)
			}
			time.Sleep(100 * time.Microsecond) // some dozen of operations are enough
			return nil
		}}
	}
	g := &measure.Group{Key: "g", Reference: "a", Cases: []measure.Case{note("a"), note("b"), note("c")}}
	options := brief
	// So long that a machine which stops for a while does not make a case seem too
	// slow for its turns.
	options.Slice = 200 * time.Millisecond
	_, err := measure.Run(g, options)
	require.NoError(t, err)
	want := "abc" // to find out how often
	for _, round := range []string{"abc", "bca", "cab"} {
		want += strings.Repeat(round, 5)
	}
	require.Equal(t, want, strings.Join(order, ""))
}

func TestBeforeIsNotMeasured(t *testing.T) {
	prepared := 0
	g := &measure.Group{Key: "g", Reference: "a", Cases: []measure.Case{{
		Name:   "a",
		Before: func() error { prepared++; sink = make([]byte, 1<<20); return nil },
		Op:     func(int) error { return nil },
	}}}
	r, err := measure.Run(g, brief)
	require.NoError(t, err)
	require.Greater(t, prepared, 3)
	require.Less(t, r.Find("a").Median(measure.Bytes), float64(1<<20))
}

func TestWorkersShareTheOperations(t *testing.T) {
	var total atomic.Int64
	c := measure.Case{Name: "a", Workers: 7, Op: func(w int) error {
		if w < 0 || w > 6 {
			return errors.New("no such worker")
		}
		total.Add(1)
		return nil
	}}
	_, err := c.Do(100)
	require.NoError(t, err)
	require.EqualValues(t, 100, total.Load())
	_, err = measure.Run(&measure.Group{Key: "g", Reference: "a", Cases: []measure.Case{c}}, brief)
	require.NoError(t, err)
}

func TestErrorNamesItsCase(t *testing.T) {
	broken := errors.New("broken")
	for name, c := range map[string]measure.Case{
		"plain":    {Name: "bad", Op: func(int) error { return broken }},
		"workers":  {Name: "bad", Workers: 2, Op: func(int) error { return broken }},
		"prepared": {Name: "bad", Before: func() error { return broken }, Op: func(int) error { return nil }},
		"extras": {Name: "bad", Op: func(int) error { return nil }, Extras: func() ([]measure.Extra, error) {
			return nil, broken
		}},
	} {
		_, err := measure.Run(&measure.Group{Key: "g", Reference: "bad", Cases: []measure.Case{c}}, brief)
		require.ErrorIs(t, err, broken, name)
		require.ErrorContains(t, err, "g: bad: ", name)
	}
}

func TestRatiosAreFormedWithinARound(t *testing.T) {
	// The machine was ten times slower in the second round.
	a := &measure.Result{Samples: []measure.Sample{{Time: 20}, {Time: 200}, {Time: 22}}}
	b := &measure.Result{Samples: []measure.Sample{{Time: 10}, {Time: 100}, {Time: 10}}}
	require.InDelta(t, 2, a.Ratio(b, measure.Time), 1e-9)
	require.InDelta(t, 22, a.Median(measure.Time), 1e-9)
	require.Zero(t, a.Ratio(b, measure.Allocs), "there is no ratio to nothing")
	even := &measure.Result{Samples: []measure.Sample{{CPU: 1}, {CPU: 3}}}
	require.InDelta(t, 2, even.Median(measure.CPU), 1e-9)
}

func TestProfileIsWrittenForEachSubject(t *testing.T) {
	dir := t.TempDir()
	g := &measure.Group{Key: "g", Cases: []measure.Case{
		{Name: "the driver", Role: measure.Subject, Op: func(int) error { sink = make([]byte, 64); return nil }},
		{Name: "the floor", Role: measure.Floor, Op: func(int) error { return nil }},
	}}
	require.NoError(t, measure.Profile(g, dir, 10*time.Millisecond))
	files, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, files, 3)
	for i, kind := range []string{"allocs", "before", "cpu"} {
		require.Equal(t, "g.the_driver."+kind+".pprof", files[i].Name())
	}
}

package measure

import (
	"runtime"
	"slices"
	"sync"
	"time"
)

// How a case is run, and what it used meanwhile.

// maxLatencies bounds how many operations are timed one by one in a turn.
const maxLatencies = 5_000

// tally is what a case has cost so far in a round.
type tally struct {
	sum       Sample
	n         int
	latencies []time.Duration
}

// sample is the cost of one operation.
func (t *tally) sample() Sample {
	s := t.sum.per(max(t.n, 1))
	if len(t.latencies) > 0 {
		s.P50, s.P99 = percentiles(t.latencies)
	}
	return s
}

// turn measures n operations of a case: first as a whole, for time, CPU and
// memory, then as many again one by one, for the percentiles. Timing each
// operation costs some 50 ns, which must not be in the mean of one that takes a
// microsecond.
func (t *tally) turn(c Case, n int) error {
	if n == 0 {
		return nil
	}
	runtime.GC()
	t.n += n
	if c.Before != nil {
		return t.oneByOne(c, n)
	}
	before := take()
	took, err := c.run(n, nil)
	if err != nil {
		return err
	}
	t.sum.add(take().since(before), took)
	latencies := make([][]time.Duration, max(c.Workers, 1))
	if _, err := c.run(min(n, maxLatencies), latencies); err != nil {
		return err
	}
	t.latencies = append(t.latencies, slices.Concat(latencies...)...)
	return nil
}

// oneByOne measures operations that need preparing.
func (t *tally) oneByOne(c Case, n int) error {
	for range n {
		if err := c.Before(); err != nil {
			return err
		}
		before := take()
		start := time.Now()
		if err := c.Op(0); err != nil {
			return err
		}
		took := time.Since(start)
		t.sum.add(take().since(before), took)
		t.latencies = append(t.latencies, took)
	}
	return nil
}

func (s *Sample) add(used Sample, took time.Duration) {
	s.Time += float64(took.Nanoseconds())
	s.CPU += used.CPU
	s.Bytes += used.Bytes
	s.Allocs += used.Allocs
}

// Do does n operations, shared among the workers, and returns how long that took.
// Before is called once.
func (c Case) Do(n int) (time.Duration, error) { return c.run(n, nil) }

// run does n operations, shared among the workers, and notes how long each
// took where latencies are given.
func (c Case) run(n int, latencies [][]time.Duration) (time.Duration, error) {
	if c.Before != nil {
		if err := c.Before(); err != nil {
			return 0, err
		}
	}
	if c.Workers <= 1 {
		start := time.Now()
		err := c.repeat(0, n, latencies)
		return time.Since(start), err
	}
	errs := make([]error, c.Workers)
	var done sync.WaitGroup
	start := time.Now()
	for w := range c.Workers {
		share := (n + w) / c.Workers
		done.Go(func() { errs[w] = c.repeat(w, share, latencies) })
	}
	done.Wait()
	took := time.Since(start)
	for _, err := range errs {
		if err != nil {
			return took, err
		}
	}
	return took, nil
}

func (c Case) repeat(worker, n int, latencies [][]time.Duration) error {
	if latencies == nil {
		for range n {
			if err := c.Op(worker); err != nil {
				return err
			}
		}
		return nil
	}
	mine := make([]time.Duration, 0, n)
	for range n {
		start := time.Now()
		if err := c.Op(worker); err != nil {
			return err
		}
		mine = append(mine, time.Since(start))
	}
	latencies[worker] = mine
	return nil
}

// usage is what this process has used so far.
type usage struct {
	cpu           time.Duration
	bytes, allocs uint64
}

func take() usage {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return usage{cpuTime(), m.TotalAlloc, m.Mallocs}
}

func (u usage) since(before usage) Sample {
	return Sample{
		CPU:    float64((u.cpu - before.cpu).Nanoseconds()),
		Bytes:  float64(u.bytes - before.bytes),
		Allocs: float64(u.allocs - before.allocs),
	}
}

func (s Sample) per(n int) Sample {
	f := float64(n)
	return Sample{Time: s.Time / f, CPU: s.CPU / f, Bytes: s.Bytes / f, Allocs: s.Allocs / f}
}

func percentiles(d []time.Duration) (p50, p99 float64) {
	slices.Sort(d)
	at := func(p float64) float64 { return float64(d[min(int(p*float64(len(d))), len(d)-1)].Nanoseconds()) }
	return at(0.50), at(0.99)
}

package measure

import (
	"runtime"
	"slices"
	"sync"
	"time"
)

// maxLatencies bounds how many operations are timed one by one in a round.
const maxLatencies = 20_000

// sample measures a case once: first n operations as a whole, for time, CPU and
// memory, then as many one by one, for the percentiles. Timing each operation
// costs some 50 ns, which must not be in the mean of one that takes a
// microsecond.
func sample(c Case, n int) (Sample, error) {
	if c.Before != nil {
		return oneByOne(c, n)
	}
	runtime.GC()
	before := take()
	took, err := c.run(n, nil)
	if err != nil {
		return Sample{}, err
	}
	s := take().since(before).per(n)
	s.Time = float64(took.Nanoseconds()) / float64(n)

	latencies := make([][]time.Duration, max(c.Workers, 1))
	if _, err := c.run(min(n, maxLatencies), latencies); err != nil {
		return Sample{}, err
	}
	s.P50, s.P99 = percentiles(slices.Concat(latencies...))
	return s, nil
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

// oneByOne measures operations that need preparing.
func oneByOne(c Case, n int) (Sample, error) {
	var total Sample
	var latencies []time.Duration
	runtime.GC()
	for range n {
		if err := c.Before(); err != nil {
			return total, err
		}
		before := take()
		start := time.Now()
		if err := c.Op(0); err != nil {
			return total, err
		}
		took := time.Since(start)
		s := take().since(before)
		latencies = append(latencies, took)
		total.Time += float64(took.Nanoseconds())
		total.CPU += s.CPU
		total.Bytes += s.Bytes
		total.Allocs += s.Allocs
	}
	total = total.per(n)
	total.P50, total.P99 = percentiles(latencies)
	return total, nil
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

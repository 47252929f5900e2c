package pool

// A pool's statistics as metrics.

// Metric is one number of the statistics, named as Prometheus names them.
type Metric struct {
	Name    string // such as surrealsql_pool_held
	Help    string
	Counter bool // it only grows; else it is a gauge
	// Label and LabelValue tell metrics of one name apart; most have none.
	Label, LabelValue string
	Value             float64 // durations are in seconds
}

// Collect gives each number of the statistics to each, always in the same order.
// A Prometheus collector needs no more than this, and this package no dependency:
//
//	func (c collector) Collect(ch chan<- prometheus.Metric) {
//		c.pool.Collect(func(m pool.Metric) { ch <- constMetric(m) })
//	}
func (p *Pool) Collect(each func(Metric)) {
	s := p.Stats()
	counter := func(name, help string, n uint64) {
		each(Metric{Name: "surrealsql_pool_" + name + "_total", Help: help, Counter: true, Value: float64(n)})
	}
	gauge := func(name, help string, n int) {
		each(Metric{Name: "surrealsql_pool_" + name, Help: help, Value: float64(n)})
	}
	counter("created", "Connections made.", s.Created)
	for _, r := range reasons {
		each(Metric{Name: "surrealsql_pool_closed_total", Help: "Connections closed, by reason.", Counter: true,
			Label: "reason", LabelValue: string(r), Value: float64(s.ClosedBy[r])})
	}
	counter("acquires", "Leases that began.", s.Acquires)
	counter("releases", "Leases that ended.", s.Releases)
	counter("timeouts", "Callers who gave up because their time was over.", s.Timeouts)
	counter("cancels", "Callers who were cancelled while they waited.", s.Cancels)
	counter("refused", "Callers who got another error.", s.Refused)
	counter("connects", "Attempts to make a connection.", s.Connects)
	counter("connect_errors", "Attempts that failed.", s.ConnectErrors)
	counter("connects_dropped", "Attempts that were cancelled because nobody needed them any more.", s.ConnectsDropped)
	counter("check_failures", "Idle connections that a check found dead.", s.CheckFailures)
	counter("leaks", "Leases that were held longer than pool_leak_after.", s.Leaks)
	counter("long_transactions", "Transactions that were open longer than pool_leak_after.", s.LongTxs)
	gauge("total", "Connections that are open.", s.Total)
	gauge("idle", "Connections that are ready.", s.Idle)
	gauge("held", "Connections that are in use.", s.Held)
	gauge("connecting", "Connections that are being made.", s.Connecting)
	gauge("waiters", "Callers who wait.", s.Waiters)
	gauge("peak_total", "The most connections that ever were open.", s.PeakTotal)
	gauge("peak_held", "The most connections that ever were in use.", s.PeakHeld)
	gauge("peak_connecting", "The most connections that ever were being made.", s.PeakConnecting)
	gauge("peak_waiters", "The most callers that ever waited.", s.PeakWaiters)
	s.AcquireWait.collect(each)
}

func (w Wait) collect(each func(Metric)) {
	const name, help = "surrealsql_pool_acquire_wait_seconds", "How long callers waited for a connection."
	each(Metric{Name: name + "_count", Help: help, Counter: true, Value: float64(w.Count)})
	each(Metric{Name: name + "_sum", Help: help, Counter: true, Value: w.Total.Seconds()})
	for _, q := range []struct {
		label string
		value float64
	}{{"0.5", w.P50.Seconds()}, {"0.95", w.P95.Seconds()}, {"0.99", w.P99.Seconds()}, {"1", w.Max.Seconds()}} {
		each(Metric{Name: name, Help: help, Label: "quantile", LabelValue: q.label, Value: q.value})
	}
}

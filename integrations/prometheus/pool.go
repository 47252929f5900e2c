package surrealprometheus

// The statistics of package pool.

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/surrealsql/surrealsql/pool"
)

// poolCollector is a pool with its replicas.
type poolCollector []*onePool

// onePool is a pool and what its metrics are called: the label pool is a part of that, so
// that a registry takes the collectors of several pools.
type onePool struct {
	*pool.Pool
	descs map[string]*prometheus.Desc // by the name of the metric
}

// NewPool returns a collector of what a pool holds and has done: everything of [pool.Stats],
// named surrealsql_pool_…, with the label pool. The name is that label's value; replicas
// are NAME/replica-1 and so on. Two pools in one registry need two names.
//
// The wait for a connection is a summary whose quantiles are of the pool's whole life, 1
// being the longest wait: for a figure over time divide the rates of its sum and its count.
func NewPool(p *pool.Pool, name string) prometheus.Collector {
	c := poolCollector{newOne(p, name)}
	for i, r := range p.Replicas() {
		c = append(c, newOne(r, fmt.Sprintf("%s/replica-%d", name, i+1)))
	}
	return c
}

func newOne(p *pool.Pool, name string) *onePool {
	o := &onePool{p, make(map[string]*prometheus.Desc)}
	p.Collect(func(m pool.Metric) {
		var labels []string
		if m.Label != "" && m.Label != quantile {
			labels = []string{m.Label}
		}
		if base := summaryOf(m); o.descs[base] == nil {
			o.descs[base] = prometheus.NewDesc(base, m.Help, labels, prometheus.Labels{"pool": name})
		}
	})
	return o
}

// quantile is the label of the metrics that are parts of a summary.
const quantile = "quantile"

// summaryOf is the name of the metric, or of the summary that it is a part of.
func summaryOf(m pool.Metric) string {
	return strings.TrimSuffix(strings.TrimSuffix(m.Name, "_count"), "_sum")
}

// Describe is [prometheus.Collector]'s.
func (c poolCollector) Describe(to chan<- *prometheus.Desc) {
	for _, o := range c {
		for _, d := range o.descs {
			to <- d
		}
	}
}

// Collect is [prometheus.Collector]'s.
func (c poolCollector) Collect(to chan<- prometheus.Metric) {
	for _, o := range c {
		o.collect(to)
	}
}

func (o *onePool) collect(to chan<- prometheus.Metric) {
	summaries := make(map[string]*summary)
	o.Pool.Collect(func(m pool.Metric) {
		base := summaryOf(m)
		if base != m.Name || m.Label == quantile {
			if summaries[base] == nil {
				summaries[base] = &summary{quantiles: make(map[float64]float64)}
			}
			summaries[base].add(m)
			return
		}
		kind := prometheus.GaugeValue
		if m.Counter {
			kind = prometheus.CounterValue
		}
		var labels []string
		if m.Label != "" {
			labels = []string{m.LabelValue}
		}
		to <- prometheus.MustNewConstMetric(o.descs[base], kind, m.Value, labels...)
	})
	for base, s := range summaries {
		to <- prometheus.MustNewConstSummary(o.descs[base], s.count, s.sum, s.quantiles)
	}
}

// summary is put together from its parts.
type summary struct {
	count     uint64
	sum       float64
	quantiles map[float64]float64
}

func (s *summary) add(m pool.Metric) {
	switch {
	case m.Label == quantile:
		q, _ := strconv.ParseFloat(m.LabelValue, 64)
		s.quantiles[q] = m.Value
	case strings.HasSuffix(m.Name, "_count"):
		s.count = uint64(m.Value)
	default:
		s.sum = m.Value
	}
}

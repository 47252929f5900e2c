package main

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	surrealprometheus "github.com/surrealsql/surrealsql/integrations/prometheus"
)

// Metrics: of requests and orders, and of queries and the pool, which the driver's collectors tell.

// metrics are what is counted. The registry is the service's own, so that a test may have several.
type metrics struct {
	registry *prometheus.Registry
	requests *prometheus.HistogramVec
	retries  prometheus.Counter
	queries  *surrealprometheus.Queries
}

func newMetrics() *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "service_request_duration_seconds",
			Help:    "How long requests took, streams included.",
			Buckets: prometheus.DefBuckets,
		}, []string{"route", "status"}),
		retries: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "service_order_retries_total",
			Help: "Orders that were tried again, as a rule because two wanted the same product at once.",
		}),
		queries: surrealprometheus.NewQueries(),
	}
	m.registry.MustRegister(m.requests, m.retries, m.queries,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// observe counts a request. Its route is the pattern: a path would make a series for each record.
func (m *metrics) observe(route string, status int, took time.Duration) {
	m.requests.WithLabelValues(route, strconv.Itoa(status)).Observe(took.Seconds())
}

// countFollowers has the metrics tell how many follow a shop.
func (m *metrics) countFollowers(sh *shop) {
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name:        "service_followers",
		Help:        "Clients that follow the orders of a shop.",
		ConstLabels: prometheus.Labels{"shop": sh.name},
	}, func() float64 { return float64(sh.live.Stats().InUse) }))
}

func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{Registry: m.registry})
}

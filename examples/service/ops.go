package main

import "net/http"

// What operations look at: health and metrics. They have an address of their own, which is not for
// the public.

func (s *service) opsRoutes() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/livez", s.health.Live())
	mux.Handle("/readyz", s.health.Ready()) // not any more, once the program is asked to end
	mux.Handle("GET /metrics", s.metrics.handler())
	return mux
}

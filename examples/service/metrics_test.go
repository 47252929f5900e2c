package main

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestMetricsTellOfRequestsQueriesAndThePool(t *testing.T) {
	t.Parallel()
	s := startService(t, "north")
	s.stock("north", "tea", 10)
	ada := s.signedUp("north", "ada@example.com")
	status, body := ada.order("order-0001", "tea", 2)
	require.Equal(t, http.StatusCreated, status, body)
	f := ada.follow()
	name, _ := f.next()
	require.Equal(t, "orders", name)

	text := s.metricsText()
	for _, line := range []string{
		`service_request_duration_seconds_count{route="PUT /shops/{shop}/orders/{id}",status="201"} 1`,
		`service_order_retries_total 0`,
		`service_followers{shop="north"} 1`,
		`surrealsql_transaction_duration_seconds_count{outcome="committed"}`,
		`surrealsql_query_duration_seconds_count{error="",operation="CREATE"`,
		`surrealsql_pool_held{pool="api"} 0`,
		"go_goroutines",
	} {
		require.Contains(t, text, line)
	}
	require.NotContains(t, text, "order-0001")
	require.NotContains(t, text, "ada@example.com")
}

// metricsText is what /metrics answers.
func (s *started) metricsText() string {
	s.t.Helper()
	rec := httptest.NewRecorder()
	s.opsRoutes().ServeHTTP(rec, httptest.NewRequestWithContext(s.t.Context(), "GET", "/metrics", nil))
	require.Equal(s.t, http.StatusOK, rec.Code)
	return rec.Body.String()
}

package main

import (
	"context"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
)

// kept is an exporter whose spans are there after it was shut down.
type kept struct{ *tracetest.InMemoryExporter }

func (kept) Shutdown(context.Context) error { return nil }

func TestTraceOfARequestHasItsQueriesAndNoValues(t *testing.T) {
	t.Parallel()
	spans := kept{tracetest.NewInMemoryExporter()}
	cfg := testConfig(t, "north")
	cfg.spans = spans
	s := startServiceOf(t, cfg)
	s.stock("north", "tea", 10)
	ada := s.signedUp("north", "ada@example.com")
	status, body := ada.order("order-0001", "tea", 2)
	require.Equal(t, http.StatusCreated, status, body)
	require.NoError(t, s.traces.(*sdktrace.TracerProvider).ForceFlush(t.Context()))

	var request tracetest.SpanStub
	for _, span := range spans.GetSpans() {
		if span.Name == "PUT /shops/{shop}/orders/{id}" {
			request = span
		}
		for _, a := range span.Attributes {
			for _, secret := range []string{password, ada.tokens.Access} {
				require.NotContains(t, a.Value.String(), secret, span.Name)
			}
		}
	}
	require.True(t, request.SpanContext.IsValid(), "the request has a span")
	names := make(map[string]bool)
	for _, span := range spans.GetSpans() {
		if span.SpanContext.TraceID() == request.SpanContext.TraceID() {
			names[span.Name] = true
		}
	}
	for _, name := range []string{"transaction", "UPDATE", "CREATE", "commit"} {
		require.Contains(t, names, name)
	}
}

func TestTracesGoNowhereUnlessTheEnvironmentSaysWhere(t *testing.T) {
	exporter, err := exporterFromEnv(t.Context())
	require.NoError(t, err)
	require.Nil(t, exporter)
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
	exporter, err = exporterFromEnv(t.Context())
	require.NoError(t, err)
	require.NoError(t, exporter.Shutdown(t.Context()))
}

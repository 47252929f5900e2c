package main

import (
	"context"
	"os"

	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"

	"github.com/surrealsql/surrealsql"
	surrealotel "github.com/surrealsql/surrealsql/integrations/otel"
)

// Traces: a span for each request, and within it one for each query, transaction and wait for a
// connection. They go where the variables of OpenTelemetry say, or nowhere.

// exporterFromEnv is where traces go: to OTEL_EXPORTER_OTLP_ENDPOINT, such as
// http://localhost:4318. It is nil where there is no such variable.
func exporterFromEnv(ctx context.Context) (sdktrace.SpanExporter, error) {
	if os.Getenv("OTEL_EXPORTER_OTLP_ENDPOINT") == "" && os.Getenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") == "" {
		return nil, nil
	}
	return otlptracehttp.New(ctx)
}

// startTracing has the requests and the driver make spans for the exporter, and has stop send the
// last of them. By default they have no query texts, and so none of their values.
func startTracing(database *surrealsql.Config, exporter sdktrace.SpanExporter) (
	traces trace.TracerProvider, stop func(context.Context) error, err error) {
	if exporter == nil {
		return noop.NewTracerProvider(), func(context.Context) error { return nil }, nil
	}
	provider := sdktrace.NewTracerProvider(
		sdktrace.WithBatcher(exporter),
		sdktrace.WithResource(resource.Default()), // OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES
	)
	tracer, err := surrealotel.New(surrealotel.WithTracerProvider(provider), surrealotel.OnlyInsideSpans())
	if err != nil {
		return nil, provider.Shutdown, err
	}
	tracer.Install(database)
	return provider, provider.Shutdown, nil
}

package surrealotel

// What can be told to a Tracer.

import (
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"
)

// Option changes what [New], [ObservePool] or [ObserveDB] make; each says so where it is of
// no use to all of them.
type Option func(*options)

type options struct {
	tracers    trace.TracerProvider
	meters     metric.MeterProvider
	attributes []attribute.KeyValue
	poolName   string
	text       QueryText
	messages   bool
	onlyInside bool
	noHandOver bool
}

func optionsOf(opts []Option) options {
	o := options{tracers: otel.GetTracerProvider(), meters: otel.GetMeterProvider(), poolName: system}
	for _, change := range opts {
		change(&o)
	}
	return o
}

// WithTracerProvider says where spans go; by default that is [otel.GetTracerProvider]. For New.
func WithTracerProvider(p trace.TracerProvider) Option { return func(o *options) { o.tracers = p } }

// WithMeterProvider says where metrics go; by default that is [otel.GetMeterProvider].
func WithMeterProvider(p metric.MeterProvider) Option { return func(o *options) { o.meters = p } }

// WithAttributes adds attributes to all spans and metrics.
func WithAttributes(attributes ...attribute.KeyValue) Option {
	return func(o *options) { o.attributes = append(o.attributes, attributes...) }
}

// WithPoolName names the pool, db.client.connection.pool.name, in the metrics of connects and
// waits; by default it is "surrealdb". For New; the others have the name as an argument.
func WithPoolName(name string) Option { return func(o *options) { o.poolName = name } }

// QueryText is what becomes of the text of a query.
type QueryText uint8

const (
	// NoText: spans have no db.query.text, only db.query.summary. The default.
	NoText QueryText = iota
	// TextWithoutLiterals: a question mark for each string, number and the like in it, and
	// for the key of a record (see [surrealsql.WithoutLiterals]).
	TextWithoutLiterals
	// WholeText: as the program wrote it, but for the passwords and keys of definitions (see
	// [surrealsql.WithoutSecrets]). For programs whose values are all arguments.
	WholeText
)

// WithQueryText has spans tell the text of their query, in at most 8 KiB. For New.
func WithQueryText(text QueryText) Option { return func(o *options) { o.text = text } }

// WithErrorMessages has spans tell the whole message of an error, in which values of the data
// may stand ("already contains 'ada@example.com'"). Without it they tell its kind. For New.
func WithErrorMessages() Option { return func(o *options) { o.messages = true } }

// OnlyInsideSpans makes no spans for what is not done within one already, such as the pings
// of idle connections, and the connects of a pool. Metrics are not affected. For New.
func OnlyInsideSpans() Option { return func(o *options) { o.onlyInside = true } }

// WithoutHandOver keeps the trace context from the server. For New.
func WithoutHandOver() Option { return func(o *options) { o.noHandOver = true } }

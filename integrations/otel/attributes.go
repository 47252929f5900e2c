package surrealotel

// The attributes of spans and metrics: where something was done, and how it failed.

import (
	"context"
	"errors"
	"net"
	"strconv"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/pool"
)

// system is what SurrealDB is called; the conventions have no name for it yet.
const system = "surrealdb"

var systemName = semconv.DBSystemNameKey.String(system)

// Attributes for which the conventions have no name.
const (
	readOnlyKey = attribute.Key("surrealdb.transaction.read_only")
	outcomeKey  = attribute.Key("surrealdb.transaction.outcome") // committed, or rolled back
	attemptKey  = attribute.Key("surrealdb.connect.attempt")     // from 1
	versionKey  = attribute.Key("surrealdb.version")             // of the server
	protocolKey = attribute.Key("surrealdb.protocol")            // the WebSocket subprotocol
	waitedKey   = attribute.Key("surrealdb.acquire.waited")      // in seconds
)

// whereabouts are the server and the database. The slice has room for what a query adds.
func whereabouts(addr, namespace, database string) []attribute.KeyValue {
	labels := make([]attribute.KeyValue, 0, 10)
	labels = append(labels, systemName)
	if host, port, err := net.SplitHostPort(addr); err == nil {
		labels = append(labels, semconv.ServerAddress(host))
		if n, err := strconv.Atoi(port); err == nil {
			labels = append(labels, semconv.ServerPort(n))
		}
	}
	if name := namespaceOf(namespace, database); name != "" {
		labels = append(labels, semconv.DBNamespace(name))
	}
	return labels
}

// namespaceOf joins the names from the most general to the most specific one, as the
// conventions have it.
func namespaceOf(namespace, database string) string {
	if database == "" {
		return namespace
	}
	return namespace + "|" + database
}

// fail tells a span of an error, by its kind.
func (t *Tracer) fail(span trace.Span, err error) {
	if err == nil {
		return
	}
	span.SetAttributes(failure(err)...)
	message := errorType(err)
	if t.messages {
		message = err.Error()
	}
	span.SetStatus(codes.Error, message)
}

// failure are the attributes of an error.
func failure(err error) []attribute.KeyValue {
	if err == nil {
		return nil
	}
	labels := []attribute.KeyValue{semconv.ErrorTypeKey.String(errorType(err))}
	if status := statusOf(err); status != "" {
		labels = append(labels, semconv.DBResponseStatusCode(status))
	}
	return labels
}

// statusOf is what the server says of an error: its kind, such as AlreadyExists, or, before
// 3.0, the code of the RPC error. It is "" where the error is none of the server's.
func statusOf(err error) string {
	e, ok := errors.AsType[*surrealsql.Error](err)
	switch {
	case !ok:
		return ""
	case e.Kind != "":
		return e.Kind
	case e.Code != 0:
		return strconv.FormatInt(e.Code, 10)
	}
	return ""
}

// errorType is a word for an error, of which there are few.
func errorType(err error) string {
	if status := statusOf(err); status != "" {
		return status
	}
	_, waited := errors.AsType[*pool.AcquireTimeoutError](err)
	switch {
	case waited:
		return "acquire_timeout"
	case errors.Is(err, context.Canceled):
		return "cancelled"
	case surrealsql.IsTimeout(err):
		return "timeout"
	case errors.Is(err, surrealsql.ErrOutcomeUnknown):
		return "outcome_unknown"
	case errors.Is(err, surrealsql.ErrTxDoomed):
		return "transaction_doomed"
	case surrealsql.IsConnectivity(err):
		return "connection"
	}
	return "_OTHER"
}

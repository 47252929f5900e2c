package surrealsql

import (
	"context"
	"time"
)

// Tracing: small interfaces, found by assertion. A tracer reads the clock
// itself: each End follows its Start, on the same goroutine, and gets the
// context that Start returned.

// Tracer is told of queries. What it returns from QueryStart is the context the
// query runs under and QueryEnd is called with; it must be ctx or derive from
// it. A Tracer may also be a [TxTracer], [ConnectTracer], [ResetTracer], [CloseTracer],
// [AcquireTracer] and [TracePropagator].
// Its methods are called by many goroutines at once. They may use the *sql.DB, but not
// wait for the connection, transaction or rows of the call that they are told of; and
// while schema_file runs a new connection to its database waits for the end of that.
type Tracer interface {
	QueryStart(ctx context.Context, start QueryStart) context.Context
	QueryEnd(ctx context.Context, end QueryEnd)
}

// QueryStart is a request about to be sent.
type QueryStart struct {
	Conn uint64 // the connection's number in its connector, from 1
	Addr string // host:port of its server
	// Query is the text as the program wrote it, or the name of another request:
	// begin, commit, cancel, ping, use, let, unset, signin, authenticate.
	Query string
	Args  int // the number of arguments; their values are not shown
	// Namespace and Database are those that the session is on; empty if none is selected.
	Namespace, Database string
	// Tx is the number of the transaction that it is a part of, as in [TxStart]; 0 for none, and
	// for begin and cancel, which are known by their context.
	Tx uint64
}

// QueryEnd is its reply. Rows may still be read after it.
type QueryEnd struct {
	Conn uint64
	Addr string
	// Err is that of the request, or of the first statement that failed; else nil. It is
	// what the caller gets: its text may hold values of the data.
	Err error
}

// TxTracer is told of each transaction that is begun by BeginTx. The context that TxStart
// returns is that of the requests begin, commit and cancel; the queries of the transaction
// have their callers' contexts. TxEnd is called once for each TxStart, also where begin
// failed, or where the connection was lost or closed.
type TxTracer interface {
	TxStart(ctx context.Context, start TxStart) context.Context
	TxEnd(ctx context.Context, end TxEnd)
}

// TxStart is a transaction about to be begun.
type TxStart struct {
	Tx                  uint64 // its number in this process, from 1
	Conn                uint64
	Addr                string
	Namespace, Database string
	ReadOnly            bool
}

// TxEnd is how it ended.
type TxEnd struct {
	Tx        uint64
	Conn      uint64
	Addr      string
	Committed bool // its Commit succeeded; a read-only one has nothing to commit
	// Err is what BeginTx, Commit or Rollback returned; nil after a rollback that the
	// program asked for.
	Err error
}

// AcquireTracer is told of each caller who wants a connection of package pool. What
// AcquireStart returns is the context of the wait, and of what is done on the way, but of no
// query.
type AcquireTracer interface {
	AcquireStart(ctx context.Context, start AcquireStart) context.Context
	AcquireEnd(ctx context.Context, end AcquireEnd)
}

// AcquireStart is a caller who is about to take a connection, or to wait for one.
type AcquireStart struct{}

// AcquireEnd is the outcome: a connection, or an error.
type AcquireEnd struct {
	Conn   uint64 // 0 if there is none
	Addr   string // of its server
	Waited time.Duration
	Err    error
}

// ConnectTracer is told of each attempt to connect.
type ConnectTracer interface {
	ConnectStart(ctx context.Context, start ConnectStart) context.Context
	ConnectEnd(ctx context.Context, end ConnectEnd)
}

// ConnectStart is an attempt about to be made.
type ConnectStart struct {
	Addr    string // host:port
	Attempt int    // from 1, over all hosts
}

// ConnectEnd is its outcome: a connection that is signed in and ready, or an error.
type ConnectEnd struct {
	Addr     string
	Conn     uint64   // 0 if there is none
	Version  string   // of the server, as it says it; empty if unknown
	Protocol Protocol // that the server agreed to; empty if there is no connection
	Err      error
}

// ResetTracer is told of each reset that costs a round trip.
type ResetTracer interface {
	ResetStart(ctx context.Context, start ResetStart) context.Context
	ResetEnd(ctx context.Context, end ResetEnd)
}

// ResetStart is a session about to be reset before its next use.
type ResetStart struct {
	Conn uint64
}

// ResetEnd is the outcome. After an error the connection is not used again.
type ResetEnd struct {
	Conn uint64
	Err  error
}

// CloseTracer is told of each connection that is closed.
type CloseTracer interface {
	CloseStart(ctx context.Context, start CloseStart) context.Context
	CloseEnd(ctx context.Context, end CloseEnd)
}

// CloseStart is a connection about to be closed, or one that package pool has just taken
// away from its borrower. There is no caller's context here: ctx is the background's.
type CloseStart struct {
	Conn   uint64
	Reason string // for people: why it is closed
}

// CloseEnd is the outcome of the closing handshake.
type CloseEnd struct {
	Conn uint64
	Err  error
}

// TracePropagator says which trace a request belongs to, so that the server's spans become
// part of it. It is asked once for each request, with the context that the last Start has
// returned (QueryStart's for a query, begin and the like, ResetStart's for a reset), and
// returns the values of the two headers of W3C Trace Context:
//
//	traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01
//	tracestate:  vendor=value,other=value
//
// An empty traceparent is none. A malformed one is as none, and a malformed tracestate is
// as an empty one: they are not sent, and are no error.
//
// The server (3.3.5, 4.0.0-beta.1) exports its spans where it was told to
// (SURREAL_TELEMETRY_PROVIDER=otlp); 3.0 ignores what it is told, and 2.x is told nothing.
// Nor are the first requests of a connection, which ask the server its version.
type TracePropagator interface {
	TraceContext(ctx context.Context) (traceparent, tracestate string)
}

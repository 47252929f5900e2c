package surrealsql

import "context"

// Tracing: small interfaces, found by assertion. A tracer reads the clock
// itself: each End follows its Start, on the same goroutine, and gets the
// context that Start returned.

// Tracer is told of queries. What it returns from QueryStart is the context the
// query runs under and QueryEnd is called with; it must be ctx or derive from
// it. A Tracer may also be a [ConnectTracer], [ResetTracer] and [CloseTracer].
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
}

// QueryEnd is its reply. Rows may still be read after it.
type QueryEnd struct {
	Conn uint64
	Addr string
	// Err is that of the request, or of the first statement that failed; else nil. It is
	// what the caller gets: its text may hold values of the data.
	Err error
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
	Addr    string
	Conn    uint64 // 0 if there is none
	Version string // of the server, as it says it; empty if unknown
	Err     error
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

// CloseStart is a connection about to be closed. There is no caller's context
// here: ctx is the background's.
type CloseStart struct {
	Conn   uint64
	Reason string // for people: why it is closed
}

// CloseEnd is the outcome of the closing handshake.
type CloseEnd struct {
	Conn uint64
	Err  error
}

// tracers is a Tracer taken apart once, so that the assertions are not repeated
// per query. Its zero value traces nothing.
type tracers struct {
	query   Tracer
	connect ConnectTracer
	reset   ResetTracer
	close   CloseTracer
}

func tracersOf(t Tracer) tracers {
	ts := tracers{query: t}
	ts.connect, _ = t.(ConnectTracer)
	ts.reset, _ = t.(ResetTracer)
	ts.close, _ = t.(CloseTracer)
	return ts
}

func (t *tracers) queryStart(ctx context.Context, s QueryStart) context.Context {
	if t.query == nil {
		return ctx
	}
	return t.query.QueryStart(ctx, s)
}

func (t *tracers) queryEnd(ctx context.Context, e QueryEnd) {
	if t.query != nil {
		t.query.QueryEnd(ctx, e)
	}
}

func (t *tracers) connectStart(ctx context.Context, s ConnectStart) context.Context {
	if t.connect == nil {
		return ctx
	}
	return t.connect.ConnectStart(ctx, s)
}

func (t *tracers) connectEnd(ctx context.Context, e ConnectEnd) {
	if t.connect != nil {
		t.connect.ConnectEnd(ctx, e)
	}
}

func (t *tracers) resetStart(ctx context.Context, s ResetStart) context.Context {
	if t.reset == nil {
		return ctx
	}
	return t.reset.ResetStart(ctx, s)
}

func (t *tracers) resetEnd(ctx context.Context, e ResetEnd) {
	if t.reset != nil {
		t.reset.ResetEnd(ctx, e)
	}
}

func (t *tracers) closeStart(ctx context.Context, s CloseStart) context.Context {
	if t.close == nil {
		return ctx
	}
	return t.close.CloseStart(ctx, s)
}

func (t *tracers) closeEnd(ctx context.Context, e CloseEnd) {
	if t.close != nil {
		t.close.CloseEnd(ctx, e)
	}
}

package surrealsql

import (
	"context"
	"strings"
	"sync/atomic"
)

// What a program may say of one call, in its context: how results are decoded and how they
// are sent. It is read once for each call.

// StreamMode says how the server is to send the answer to a text: as a whole once the text
// has run, or row by row while it runs.
type StreamMode string

// The modes of [Config].Stream and [WithStream]. The zero value is StreamAuto.
const (
	// StreamAuto streams what is large, may run for long or was given up before, as far
	// as the text and the answers to it so far tell.
	StreamAuto   StreamMode = "auto"
	StreamAlways StreamMode = "always" // wherever the server can
	StreamNever  StreamMode = "never"
)

type optionsKey struct{}

// callOptions are what contexts say of calls. The zero value is what the Config says.
type callOptions struct {
	exact   bool           // as WithExactTypes says
	stream  StreamMode     // "" is that of the Config
	strict  bool           // as WithStrictFields says
	records *recordRequest // for rows that are whole records, or nil
	session sessionChoice  // as WithSession says, or nil
	batch   *batchRequest  // for the outcome of each statement, or nil
}

// sessionChoice is the session that a context names: a *sessionRequest, which stands on a
// floor above this one.
type sessionChoice interface {
	where() (namespace, database string)
}

// callRequest is what a context asks of one call, which it names by its text: a hook or an
// interceptor that has been given the context may send texts of its own with it, and those are
// not meant. A wrapper may have added a comment to the text.
type callRequest struct {
	text    string
	claimed atomic.Bool // by the call
}

// claimFor reports whether a call with this text is the one, and is the first.
func (r *callRequest) claimFor(text string) bool {
	return strings.Contains(text, r.text) && r.claimed.CompareAndSwap(false, true)
}

func optionsOf(ctx context.Context) callOptions {
	o, _ := ctx.Value(optionsKey{}).(callOptions)
	return o
}

// withoutOptions is ctx for what is done once for many calls, as a connection's set-up is: what
// this one wants is none of its concern.
func withoutOptions(ctx context.Context) context.Context {
	if ctx.Value(optionsKey{}) == nil {
		return ctx
	}
	return context.WithValue(ctx, optionsKey{}, callOptions{})
}

// WithExactTypes returns a context for queries whose results shall hold the
// types that bind back unchanged: [None] for NONE, [UUID], [Decimal] and [Set]
// where results otherwise have nil, string, string and []any. Everything else is
// the same.
//
// database/sql shows a destination only the value, so this is how [Value] and
// [Into] tell NONE from NULL. Plain destinations do not know None: a *string,
// sql.NullString or *T fails on it, *any takes it.
func WithExactTypes(ctx context.Context) context.Context {
	o := optionsOf(ctx)
	o.exact = true
	return context.WithValue(ctx, optionsKey{}, o)
}

// WithStream returns a context for calls whose answers shall be streamed as mode says,
// whatever [Config].Stream says. A server that cannot stream (SurrealDB before 3.3, or one
// that denies the RPC method query_stream) answers as a whole all the same.
func WithStream(ctx context.Context, mode StreamMode) context.Context {
	o := optionsOf(ctx)
	o.stream = mode
	return context.WithValue(ctx, optionsKey{}, o)
}

// WithStrictFields returns a context for calls of [Query], [One], [All] and [Stream] that take
// no key of an object which the struct it goes into has no field for: the error names the key.
// Without it such keys are dropped.
func WithStrictFields(ctx context.Context) context.Context {
	o := optionsOf(ctx)
	o.strict = true
	return context.WithValue(ctx, optionsKey{}, o)
}

func withRecordRequest(ctx context.Context, r *recordRequest) context.Context {
	o := optionsOf(ctx)
	o.records = r
	return context.WithValue(ctx, optionsKey{}, o)
}

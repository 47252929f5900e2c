package surrealsql

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
)

type spanKey struct{}

// spans notes what a tracer is told, and checks that each End gets its Start's
// context.
type spans struct{ seen []string }

func (s *spans) start(ctx context.Context, name string) context.Context {
	s.seen = append(s.seen, name)
	return context.WithValue(ctx, spanKey{}, name)
}

func (s *spans) end(ctx context.Context, name string, err error) {
	if ctx.Value(spanKey{}) != name {
		err = errors.New("not the context of the start")
	}
	if err != nil {
		name += ": " + err.Error()
	}
	s.seen = append(s.seen, name)
}

type queriesOnly struct{ spans }

func (t *queriesOnly) QueryStart(ctx context.Context, s QueryStart) context.Context {
	return t.start(ctx, s.Query)
}
func (t *queriesOnly) QueryEnd(ctx context.Context, e QueryEnd) { t.end(ctx, "RETURN 1", e.Err) }

type everything struct{ queriesOnly }

func (t *everything) ConnectStart(ctx context.Context, s ConnectStart) context.Context {
	return t.start(ctx, s.Addr)
}
func (t *everything) ConnectEnd(ctx context.Context, e ConnectEnd) { t.end(ctx, e.Addr, e.Err) }
func (t *everything) ResetStart(ctx context.Context, s ResetStart) context.Context {
	return t.start(ctx, "reset")
}
func (t *everything) ResetEnd(ctx context.Context, e ResetEnd) { t.end(ctx, "reset", e.Err) }
func (t *everything) CloseStart(ctx context.Context, s CloseStart) context.Context {
	return t.start(ctx, s.Reason)
}
func (t *everything) CloseEnd(ctx context.Context, e CloseEnd) { t.end(ctx, "bored", e.Err) }

// life runs through all that is traced.
func life(ctx context.Context, t tracers) {
	boom := errors.New("boom")
	t.connectEnd(t.connectStart(ctx, ConnectStart{Addr: "h:1", Attempt: 1}), ConnectEnd{Addr: "h:1"})
	t.queryEnd(t.queryStart(ctx, QueryStart{Query: "RETURN 1"}), QueryEnd{Err: boom})
	t.resetEnd(t.resetStart(ctx, ResetStart{}), ResetEnd{})
	t.closeEnd(t.closeStart(ctx, CloseStart{Reason: "bored"}), CloseEnd{})
}

func TestTracersAreToldOfWhatTheyImplement(t *testing.T) {
	t.Parallel()
	all := new(everything)
	life(t.Context(), tracersOf(all))
	require.Equal(t, []string{"h:1", "h:1", "RETURN 1", "RETURN 1: boom", "reset", "reset", "bored", "bored"}, all.seen)

	some := new(queriesOnly)
	life(t.Context(), tracersOf(some))
	require.Equal(t, []string{"RETURN 1", "RETURN 1: boom"}, some.seen)

	require.NotPanics(t, func() { life(t.Context(), tracersOf(nil)) })
}

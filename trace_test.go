package surrealsql

// What tracers are told, alone and joined, without a server.

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
)

// Tracers are told of what they implement, alone and joined.

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
func (t *everything) TxStart(ctx context.Context, s TxStart) context.Context {
	return t.start(ctx, "tx")
}
func (t *everything) TxEnd(ctx context.Context, e TxEnd) { t.end(ctx, "tx", e.Err) }
func (t *everything) AcquireStart(ctx context.Context, s AcquireStart) context.Context {
	return t.start(ctx, "acquire")
}
func (t *everything) AcquireEnd(ctx context.Context, e AcquireEnd) { t.end(ctx, "acquire", e.Err) }

// life runs through all that is traced.
func life(ctx context.Context, t *tracers) {
	boom := errors.New("boom")
	t.ConnectEnd(t.ConnectStart(ctx, ConnectStart{Addr: "h:1", Attempt: 1}), ConnectEnd{Addr: "h:1"})
	t.QueryEnd(t.QueryStart(ctx, QueryStart{Query: "RETURN 1"}), QueryEnd{Err: boom})
	t.ResetEnd(t.ResetStart(ctx, ResetStart{}), ResetEnd{})
	t.CloseEnd(t.CloseStart(ctx, CloseStart{Reason: "bored"}), CloseEnd{})
	t.TxEnd(t.TxStart(ctx, TxStart{}), TxEnd{})
	t.AcquireEnd(t.AcquireStart(ctx, AcquireStart{}), AcquireEnd{})
}

// lifeOf is life as a Connector with that tracer tells it.
func lifeOf(ctx context.Context, t Tracer) {
	ts := tracersOf(t)
	life(ctx, &ts)
}

func TestTracersAreToldOfWhatTheyImplement(t *testing.T) {
	t.Parallel()
	all := new(everything)
	lifeOf(t.Context(), all)
	require.Equal(t, []string{"h:1", "h:1", "RETURN 1", "RETURN 1: boom", "reset", "reset", "bored", "bored", "tx", "tx", "acquire", "acquire"}, all.seen)

	some := new(queriesOnly)
	lifeOf(t.Context(), some)
	require.Equal(t, []string{"RETURN 1", "RETURN 1: boom"}, some.seen)

	require.NotPanics(t, func() { lifeOf(t.Context(), nil) })
}

func TestJoinTracersOfNoneIsNilAndOfOneThatOne(t *testing.T) {
	t.Parallel()
	one := new(everything)
	require.Nil(t, JoinTracers())
	require.Nil(t, JoinTracers(nil, nil))
	require.Same(t, one, JoinTracers(nil, one, nil))
	two := JoinTracers(one, one)
	require.Same(t, two, JoinTracers(two, nil))
}

func TestJoinTracersTellsEachWhatItImplementsInItsOwnContext(t *testing.T) {
	t.Parallel()
	want := map[Tracer][]string{
		new(everything):  {"h:1", "h:1", "RETURN 1", "RETURN 1: boom", "reset", "reset", "bored", "bored", "tx", "tx", "acquire", "acquire"},
		new(queriesOnly): {"RETURN 1", "RETURN 1: boom"},
	}
	for first := range want {
		for second := range want {
			if first != second {
				lifeOf(t.Context(), JoinTracers(first, nil, second))
			}
		}
	}
	for tracer, seen := range want {
		got := tracer.(interface{ events() []string }).events()
		require.Equal(t, append(seen, seen...), got, "%T, once as the first and once as the second", tracer)
	}
}

func (s *spans) events() []string { return s.seen }

// named notes its name on a page that others write on too, and in its context.
type named struct {
	name   string
	page   *[]string
	panics bool // at the end
}

type pathKey struct{}

func path(ctx context.Context) string { s, _ := ctx.Value(pathKey{}).(string); return s }

func (n named) QueryStart(ctx context.Context, s QueryStart) context.Context {
	*n.page = append(*n.page, n.name+" starts "+s.Query+" in "+path(ctx))
	return context.WithValue(ctx, pathKey{}, path(ctx)+"/"+n.name)
}

func (n named) QueryEnd(ctx context.Context, _ QueryEnd) {
	*n.page = append(*n.page, n.name+" ends in "+path(ctx))
	if n.panics {
		panic(n.name)
	}
}

func (n named) ConnectStart(ctx context.Context, _ ConnectStart) context.Context {
	return n.QueryStart(ctx, QueryStart{Query: "connect"})
}

func (n named) ConnectEnd(ctx context.Context, _ ConnectEnd) { n.QueryEnd(ctx, QueryEnd{}) }

func TestJoinTracersNestsThemAsTheyAreGiven(t *testing.T) {
	t.Parallel()
	var page []string
	tracer := func(name string) Tracer { return named{name: name, page: &page} }
	// Also when they were joined before, as a circuit breaker does with what it finds.
	joined := JoinTracers(JoinTracers(tracer("a"), tracer("b")), tracer("c"))
	dial := joined.(ConnectTracer).ConnectStart(t.Context(), ConnectStart{})
	query := joined.QueryStart(dial, QueryStart{Query: "signin"})
	require.Equal(t, "/a/b/c/a/b/c", path(query), "the caller goes on with the last one's")
	joined.QueryEnd(query, QueryEnd{})
	joined.(ConnectTracer).ConnectEnd(dial, ConnectEnd{})
	require.Equal(t, []string{
		"a starts connect in ", "b starts connect in /a", "c starts connect in /a/b",
		"a starts signin in /a/b/c", "b starts signin in /a/b/c/a", "c starts signin in /a/b/c/a/b",
		"c ends in /a/b/c/a/b/c", "b ends in /a/b/c/a/b", "a ends in /a/b/c/a",
		"c ends in /a/b/c", "b ends in /a/b", "a ends in /a",
	}, page)
}

func TestJoinTracersTellsTheOthersWhenOnePanics(t *testing.T) {
	t.Parallel()
	var page []string
	joined := JoinTracers(named{name: "a", page: &page}, named{name: "b", page: &page, panics: true}, named{name: "c", page: &page})
	ctx := joined.QueryStart(t.Context(), QueryStart{Query: "x"})
	page = nil
	require.PanicsWithValue(t, "b", func() { joined.QueryEnd(ctx, QueryEnd{}) })
	require.Equal(t, []string{"c ends in /a/b/c", "b ends in /a/b", "a ends in /a"}, page)
}

func TestJoinTracersTakesAnEndWithoutItsStart(t *testing.T) {
	t.Parallel()
	var page []string
	joined := JoinTracers(named{name: "a", page: &page}, named{name: "b", page: &page})
	joined.QueryEnd(context.WithValue(t.Context(), pathKey{}, "?"), QueryEnd{})
	require.Equal(t, []string{"b ends in ?", "a ends in ?"}, page)
}

func TestTracingAllocatesNothingWithoutATracerAndWithOne(t *testing.T) {
	for _, tracer := range []Tracer{nil, silent{}} {
		ts := tracersOf(tracer)
		require.Zero(t, testing.AllocsPerRun(100, func() {
			ts.QueryEnd(ts.QueryStart(context.Background(), QueryStart{Query: "x"}), QueryEnd{})
		}))
	}
}

type silent struct{}

func (silent) QueryStart(ctx context.Context, _ QueryStart) context.Context { return ctx }
func (silent) QueryEnd(context.Context, QueryEnd)                           {}

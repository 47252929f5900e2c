package limiter_test

import (
	"context"
	"errors"
	"math"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"golang.org/x/time/rate"

	"github.com/surrealsql/surrealsql/limiter"
)

// What a limiter promises, in fake time.

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// pass lets time pass in a bubble, and what it sets off happen.
func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// passes notes who passed a limiter, in their order and when.
type passes struct {
	mu      sync.Mutex
	started time.Time
	names   []string
	at      []time.Duration // since started, in whole microseconds
}

// wait sends a caller to the limiter and returns when it stands in line.
func (p *passes) wait(t *testing.T, l *limiter.Limiter, name string, priority limiter.Priority) {
	go func() {
		if err := l.Wait(limiter.WithPriority(t.Context(), priority)); err != nil {
			name = err.Error()
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		p.names = append(p.names, name)
		p.at = append(p.at, time.Since(p.started).Truncate(time.Microsecond))
	}()
	synctest.Wait()
}

func TestLimiterLetsItsBurstPassAtOnceAndTheRestAtItsRate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := limiter.New(limiter.Settings{Rate: 10, Burst: 3})
		p := passes{started: time.Now()}
		for range 6 {
			p.wait(t, l, "x", limiter.Normal)
		}
		require.Equal(t, 3, l.Waiting())
		pass(time.Second)
		const tick = 100 * time.Millisecond
		require.Equal(t, []time.Duration{0, 0, 0, tick, 2 * tick, 3 * tick}, p.at)
		require.Zero(t, l.Waiting())
	})
}

func TestLimiterLetsTheMoreUrgentPassFirstAndWithinAPriorityTheFirst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := limiter.New(limiter.Settings{Rate: 1})
		require.NoError(t, l.Wait(t.Context()))
		p := passes{started: time.Now()}
		for _, c := range []struct {
			name     string
			priority limiter.Priority
		}{
			{"b1", limiter.Background}, {"n1", limiter.Normal}, {"b2", limiter.Background - 5}, {"c1", limiter.Critical},
			{"n2", limiter.Normal}, {"c2", limiter.Critical + 5}, {"c3", limiter.Critical},
		} {
			p.wait(t, l, c.name, c.priority)
		}
		time.Sleep(3500 * time.Millisecond)
		p.wait(t, l, "c4", limiter.Critical) // late, and before those that wait
		pass(time.Minute)
		require.Equal(t, []string{"c1", "c2", "c3", "c4", "n1", "n2", "b1", "b2"}, p.names)
		for i, at := range p.at {
			require.Equal(t, time.Duration(i+1)*time.Second, at, "nobody costs another a token")
		}
	})
}

func TestLimiterGivesNoTokenToAWaiterThatLeaves(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := limiter.New(limiter.Settings{Rate: 1})
		require.NoError(t, l.Wait(t.Context()))
		p := passes{started: time.Now()}
		boom := errors.New("boom")
		ctx, cancel := context.WithTimeoutCause(t.Context(), 500*time.Millisecond, boom)
		defer cancel()
		left := make(chan error, 1)
		go func() { left <- l.Wait(limiter.WithPriority(ctx, limiter.Critical)) }()
		synctest.Wait()
		p.wait(t, l, "n", limiter.Normal)
		require.ErrorIs(t, <-left, boom)
		pass(time.Minute)
		require.Equal(t, []time.Duration{time.Second}, p.at, "the token that the other would have had")

		cancel()
		err := l.Wait(ctx)
		require.ErrorIs(t, err, boom, "even where a token is there")
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.NoError(t, l.Wait(t.Context()))
	})
}

func TestLimiterKeepsNoTimerWhenItsLastWaiterLeaves(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := limiter.New(limiter.Settings{Rate: 1})
		require.NoError(t, l.Wait(t.Context()))
		for range 3 {
			ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			require.ErrorIs(t, l.Wait(ctx), context.DeadlineExceeded)
			cancel()
		}
		started := time.Now()
		require.NoError(t, l.Wait(t.Context()))
		require.Equal(t, 700*time.Millisecond, time.Since(started).Truncate(time.Microsecond))
	})
}

func TestLimiterThatRefusesSaysWhenTheNextTokenIsDue(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := limiter.New(limiter.Settings{Rate: 4, Refuse: true})
		require.NoError(t, l.Wait(t.Context()))
		time.Sleep(50 * time.Millisecond)
		err := l.Wait(limiter.WithPriority(t.Context(), limiter.Critical))
		require.ErrorIs(t, err, limiter.ErrExceeded)
		var limited *limiter.ExceededError
		require.ErrorAs(t, err, &limited)
		require.Equal(t, limiter.Critical, limited.Priority)
		require.InDelta(t, 200*time.Millisecond, limited.Delay, 10)
		require.ErrorContains(t, err, "critical")
		time.Sleep(limited.Delay)
		require.NoError(t, l.Wait(t.Context()), "no token was spent on the refusal")
	})
}

func TestLimiterLineIsNoLongerThanItsLimitForThoseAtItsEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := limiter.New(limiter.Settings{Rate: 1, MaxWaiters: 2})
		require.NoError(t, l.Wait(t.Context()))
		p := passes{started: time.Now()}
		p.wait(t, l, "b1", limiter.Background)
		p.wait(t, l, "b2", limiter.Background)
		err := l.Wait(limiter.WithPriority(t.Context(), limiter.Background))
		var limited *limiter.ExceededError
		require.ErrorAs(t, err, &limited)
		require.Equal(t, 2, limited.Waiting)
		require.ErrorContains(t, err, "2 calls wait already")
		p.wait(t, l, "c1", limiter.Critical) // those after it do not count
		pass(time.Minute)
		require.Equal(t, []string{"c1", "b1", "b2"}, p.names)
	})
}

func TestLimiterWithoutLimitAndOneWithoutRate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		started := time.Now()
		all := limiter.New(limiter.Settings{Rate: rate.Inf})
		for range 1000 {
			require.NoError(t, all.Wait(t.Context()))
		}
		require.Equal(t, started, time.Now())

		for _, r := range []rate.Limit{0, -1, rate.Limit(math.Inf(-1))} {
			refusing := limiter.New(limiter.Settings{Rate: r, Refuse: true})
			require.NoError(t, refusing.Wait(t.Context()), "the burst")
			exceeded, _ := errors.AsType[*limiter.ExceededError](refusing.Wait(t.Context()))
			require.Equal(t, time.Duration(math.MaxInt64), exceeded.Delay, "never")

			none := limiter.New(limiter.Settings{Rate: r})
			require.NoError(t, none.Wait(t.Context()), "the burst")
			ctx, cancel := context.WithTimeout(t.Context(), 24*time.Hour)
			require.ErrorIs(t, none.Wait(ctx), context.DeadlineExceeded)
			cancel()
		}
	})
}

func TestLimiterGivesManyCallersExactlyTheTokensThereAre(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := limiter.New(limiter.Settings{Rate: 100, Burst: 5})
		ctx, cancel := context.WithTimeout(t.Context(), 995*time.Millisecond)
		defer cancel()
		var mu sync.Mutex
		passed := 0
		for i := range 500 {
			go func() {
				if l.Wait(limiter.WithPriority(ctx, limiter.Priority(i%3-1))) == nil {
					mu.Lock()
					defer mu.Unlock()
					passed++
				}
			}()
		}
		pass(time.Second)
		require.Equal(t, 5+99, passed)
		require.Zero(t, l.Waiting())
	})
}

func TestLimiterPriorityIsTheContextsOrNormal(t *testing.T) {
	t.Parallel()
	require.Equal(t, limiter.Normal, limiter.PriorityOf(t.Context()))
	ctx := limiter.WithPriority(t.Context(), limiter.Critical)
	require.Equal(t, limiter.Critical, limiter.PriorityOf(ctx))
	require.Equal(t, limiter.Background, limiter.PriorityOf(limiter.WithPriority(ctx, limiter.Background)), "the innermost counts")
	require.Equal(t, []string{"background", "normal", "critical"}, []string{limiter.Background.String(), limiter.Normal.String(), limiter.Critical.String()})
}

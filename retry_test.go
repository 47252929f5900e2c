package surrealsql_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/breaker"
	"github.com/surrealsql/surrealsql/limiter"
)

// What Retry.Do repeats, after which pauses, and where it ends; in fake time.

var (
	errRefused  = &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	errConflict = fmt.Errorf("%w, as the server says", surrealsql.ErrConflict)
)

// failing returns a function that fails with each error in turn and then succeeds,
// and the times at which it was called.
func failing(errs ...error) (f func(context.Context) error, at *[]time.Time) {
	at = new([]time.Time)
	return func(context.Context) error {
		*at = append(*at, time.Now())
		if n := len(*at); n <= len(errs) {
			return errs[n-1]
		}
		return nil
	}, at
}

func TestRetryPausesGrowExponentiallyWithFullJitterUpToALimit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		longest := make([]time.Duration, 6)
		const rounds = 50
		for range rounds {
			f, at := failing(errRefused, errRefused, errRefused, errRefused, errRefused, errRefused)
			retry := surrealsql.Retry{Pause: 10 * time.Millisecond, MaxPause: 100 * time.Millisecond}
			var told []surrealsql.Attempt
			retry.OnRetry = func(_ context.Context, a surrealsql.Attempt) { told = append(told, a) }
			require.NoError(t, retry.Do(t.Context(), f))
			require.Len(t, *at, 7)
			for i := range longest {
				pause := (*at)[i+1].Sub((*at)[i])
				require.Equal(t, surrealsql.Attempt{N: i + 1, Err: errRefused, Pause: pause}, told[i], "the hook is told before")
				longest[i] = max(longest[i], pause)
			}
		}
		for i, ms := range []time.Duration{10, 20, 40, 80, 100, 100} { // of 50 random parts one is larger than three quarters
			bound := ms * time.Millisecond
			require.LessOrEqual(t, longest[i], bound)
			require.Greater(t, longest[i], bound*3/4)
		}
	})
}

func TestRetryEndsAfterItsAttempts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for attempts, calls := range map[int]int{0: 10, 1: 1, 3: 3} {
			f, at := failing(make20(errConflict)...)
			err := surrealsql.Retry{Attempts: attempts}.Do(t.Context(), f)
			require.ErrorIs(t, err, surrealsql.ErrConflict)
			require.Len(t, *at, calls)
			if calls > 1 {
				require.ErrorContains(t, err, fmt.Sprintf("given up after %d attempts", calls))
			}
		}
		f, at := failing(make20(errConflict)...)
		require.NoError(t, surrealsql.Retry{Attempts: -1}.Do(t.Context(), f), "no limit")
		require.Len(t, *at, 21)
	})
}

func make20(err error) []error {
	errs := make([]error, 20)
	for i := range errs {
		errs[i] = err
	}
	return errs
}

func TestRetryBeginsNoPauseThatWouldEndTooLate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		started := time.Now()
		retry := surrealsql.Retry{Attempts: -1, MaxElapsed: 300 * time.Millisecond, Pause: 50 * time.Millisecond, MaxPause: 50 * time.Millisecond}
		err := retry.Do(t.Context(), func(context.Context) error { return errRefused })
		require.ErrorIs(t, err, syscall.ECONNREFUSED)
		took := time.Since(started)
		require.LessOrEqual(t, took, 300*time.Millisecond)
		require.Greater(t, took, 250*time.Millisecond, "as long as pauses of at most 50ms end in time")
	})
}

func TestRetryWithoutPausesWaitsNot(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		started := time.Now()
		f, _ := failing(errRefused, errRefused)
		require.NoError(t, surrealsql.Retry{Pause: -1, MaxPause: -1}.Do(t.Context(), f))
		require.Equal(t, started, time.Now())
	})
}

func TestRetryRepeatsOnlyWhatIsSafeToRepeat(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		err   error
		calls int
	}{
		"a conflict":             {errConflict, 2},
		"a refused dial":         {errRefused, 2},
		"nothing was sent":       {&surrealsql.ConnError{Op: "write", Err: syscall.EPIPE}, 2},
		"a refusal of a limiter": {&limiter.ExceededError{}, 2},
		"an open breaker":        {&surrealsql.ConnError{Op: "connect", Err: &breaker.OpenError{}}, 2},
		"an unknown outcome":     {&surrealsql.ConnError{Op: "read", Sent: true, Err: syscall.EPIPE}, 1},
		"a conflict and an unknown outcome": {
			errors.Join(errConflict, &surrealsql.ConnError{Op: "read", Sent: true, Err: syscall.EPIPE}), 1},
		"the program's own error": {errors.New("no such user"), 1},
		"a duplicate":             {surrealsql.ErrDuplicate, 1},
		"somebody's cancel":       {context.Canceled, 1},
	} {
		f, at := failing(c.err)
		err := surrealsql.Retry{Pause: -1}.Do(t.Context(), f)
		require.Len(t, *at, c.calls, name)
		if c.calls == 1 {
			require.Equal(t, c.err, err, "%s: it is returned as it is", name)
		}
	}
}

func TestRetryWaitsAsLongAsTheErrorSays(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for _, err := range []error{
			&limiter.ExceededError{Delay: 3 * time.Second},
			&surrealsql.ConnError{Op: "connect", Err: &breaker.OpenError{Delay: 3 * time.Second}},
		} {
			f, at := failing(err)
			require.NoError(t, surrealsql.Retry{MaxPause: time.Millisecond}.Do(t.Context(), f))
			waited := (*at)[1].Sub((*at)[0])
			require.GreaterOrEqual(t, waited, 3*time.Second)
			require.LessOrEqual(t, waited, 3*time.Second+time.Millisecond, "and a pause, so that not all come at once")
		}
	})
}

func TestRetryEndsWithTheContextAndJoinsTheLastError(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		boom := errors.New("boom")
		endless := surrealsql.Retry{Attempts: -1, Pause: time.Hour, MaxPause: time.Hour}
		ctx, cancel := context.WithTimeoutCause(t.Context(), time.Nanosecond, boom)
		defer cancel()
		err := endless.Do(ctx, func(context.Context) error { return errConflict })
		require.ErrorIs(t, err, boom, "in a pause")
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.ErrorIs(t, err, surrealsql.ErrConflict)

		ctx, end := context.WithCancelCause(t.Context())
		err = endless.Do(ctx, func(ctx context.Context) error { end(boom); return context.Cause(ctx) })
		require.EqualError(t, err, "context canceled\nboom", "in an attempt whose error is the cause")

		ctx, stop := context.WithCancel(t.Context())
		n := 0
		err = surrealsql.Retry{Pause: -1}.Do(ctx, func(ctx context.Context) error {
			if n++; n == 2 {
				stop()
				return ctx.Err()
			}
			return errConflict
		})
		require.ErrorIs(t, err, context.Canceled, "in an attempt")
		require.ErrorIs(t, err, surrealsql.ErrConflict, "why there was more than one")
		require.Equal(t, 2, n)
	})
}

// later is somebody else's error that says when to come back.
type later struct{ after time.Duration }

func (later) Error() string               { return "too many" }
func (l later) RetryAfter() time.Duration { return l.after }

func TestRetryHeedsAnErrorOfSomebodyElseUnlessTheDriversIsBesideIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f, at := failing(fmt.Errorf("wrapped: %w", later{time.Minute}))
		require.NoError(t, surrealsql.Retry{MaxPause: -1}.Do(t.Context(), f))
		require.Equal(t, time.Minute, (*at)[1].Sub((*at)[0]))

		for _, driver := range []error{
			&surrealsql.ConnError{Op: "read", Sent: true, Err: syscall.EPIPE}, // may have run
			&surrealsql.Error{Message: "no"},
		} {
			both := errors.Join(later{}, driver)
			f, at = failing(both)
			require.Equal(t, both, surrealsql.Retry{}.Do(t.Context(), f))
			require.Len(t, *at, 1)
		}
	})
}

// math.MaxInt64 stands for never.
func TestRetryPausesForAsLongAsAnErrorSaysHoweverLongThatIs(t *testing.T) {
	t.Parallel()
	for name, err := range map[string]error{
		"an open breaker": &breaker.OpenError{Delay: math.MaxInt64},
		"a limiter":       &limiter.ExceededError{Delay: math.MaxInt64 - 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
				defer cancel()
				attempts := 0
				fail := func(context.Context) error { attempts++; return &surrealsql.ConnError{Op: "connect", Err: err} }
				if name == "a limiter" {
					fail = func(context.Context) error { attempts++; return err }
				}
				got := surrealsql.Retry{Attempts: -1, Pause: time.Hour, MaxPause: math.MaxInt64}.Do(ctx, fail)
				require.ErrorIs(t, got, context.DeadlineExceeded)
				require.Equal(t, 1, attempts, "no pause at all, 45,965 times in 0.3 s")
				attempts = 0
				got = surrealsql.Retry{Attempts: -1, MaxElapsed: time.Hour}.Do(t.Context(), fail)
				require.ErrorIs(t, got, err, "the pause would end after MaxElapsed")
				require.Equal(t, 1, attempts)
			})
		})
	}
}

func TestRetryOfExtremeSettingsNeitherPanicsNorStorms(t *testing.T) {
	t.Parallel()
	extremes := []time.Duration{math.MinInt64, -1, 1, 30 * time.Second, 1 << 62, math.MaxInt64}
	for _, first := range extremes {
		for _, longest := range extremes {
			synctest.Test(t, func(t *testing.T) {
				begun, attempts := time.Now(), 0
				ctx, cancel := context.WithTimeout(t.Context(), 100*time.Hour)
				defer cancel()
				_ = surrealsql.Retry{Attempts: 70, Pause: first, MaxPause: longest}.Do(ctx, func(context.Context) error { attempts++; return errConflict })
				if first >= 30*time.Second && longest >= 30*time.Second {
					require.Greater(t, time.Since(begun), time.Minute, "%v %v: %d attempts", first, longest, attempts)
				} else {
					require.Greater(t, attempts, 40)
				}
			})
		}
	}
}

package drivertest

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// What must hold, above all after a failure.

// RequireGood asserts that the pool, a leased connection or a transaction still
// serves right answers.
func RequireGood(t testing.TB, db Queryer) {
	t.Helper()
	require.Equal(t, 42, QueryOne[int](t, db, "RETURN $1 + 1", 41))
}

// RequireUnbroken asserts that f costs no connection: the one that served before
// serves afterwards.
func RequireUnbroken(t testing.TB, db *sql.DB, f func()) {
	t.Helper()
	Solo(db)
	before := ConnOf(t, db)
	f()
	RequireGood(t, db)
	require.Equal(t, before, ConnOf(t, db), "the connection was given up")
	require.Equal(t, 1, OpenConns(db))
	require.Zero(t, db.Stats().InUse)
}

// RequireNothingSent asserts that no request went through the proxy since it had
// counted before. Answers to the pings of the server, of 6 bytes each, may have gone;
// a request has 40 or more.
func RequireNothingSent(t testing.TB, proxy *surrealtest.Proxy, before int64, what ...any) {
	t.Helper()
	const pongs = 24
	require.LessOrEqual(t, proxy.Stats().BytesToServer, before+pongs, what...)
}

// RequireNoSockets waits until every connection through a proxy is closed.
func RequireNoSockets(t testing.TB, proxy *surrealtest.Proxy) {
	t.Helper()
	_, err := proxy.Wait(t.Context(), func(s surrealtest.ProxyStats) bool { return s.Open == 0 })
	require.NoError(t, err)
}

// classes are what the driver tells of an error, by the words of RequireClasses.
var classes = map[string]func(error) bool{
	"conflict": surrealsql.IsConflict, "retryable": surrealsql.IsRetryable, "duplicate": surrealsql.IsDuplicate,
	"not found": surrealsql.IsNotFound, "parse": surrealsql.IsParse, "timeout": surrealsql.IsTimeout, "auth": surrealsql.IsAuth,
	"thrown": surrealsql.IsThrown, "connectivity": surrealsql.IsConnectivity,
	"expired": func(err error) bool { return errors.Is(err, surrealsql.ErrExpired) },
	"invalid": surrealsql.IsInvalid,
	"unknown": func(err error) bool { return errors.Is(err, surrealsql.ErrOutcomeUnknown) },
}

// RequireClasses asserts that an error is of these classes, and of no others.
func RequireClasses(t testing.TB, err error, want ...string) {
	t.Helper()
	require.Error(t, err)
	slices.Sort(want)
	require.Equal(t, want, ClassesOf(err), "%v", err)
}

// ClassesOf are the classes of an error, sorted.
func ClassesOf(err error) (yes []string) {
	for name, is := range classes {
		if is(err) {
			yes = append(yes, name)
		}
	}
	slices.Sort(yes)
	return yes
}

// Late is how much later than its deadline a caller may return, and its socket
// be closed.
const Late = 50 * time.Millisecond

// RequireOnTime asserts that something happens at most Late after its deadline. A
// machine that is busy can hold up any goroutine, but not five times in a row, so
// the best of a few tries counts. Where time is fake it is exact: see
// TestCancelInFakeTimeReturnsExactlyAtTheDeadline in package failures.
func RequireOnTime(t testing.TB, try func() (after time.Duration)) {
	t.Helper()
	var tries []time.Duration
	for range 5 {
		after := try()
		require.GreaterOrEqual(t, after, time.Duration(0), "before the deadline")
		if after <= Late {
			return
		}
		tries = append(tries, after)
	}
	require.Fail(t, "too late", "the tries were %v after the deadline, at most %v was expected", tries, Late)
}

// SinceDeadline is how long ago the deadline of a context was.
func SinceDeadline(ctx context.Context) time.Duration {
	deadline, _ := ctx.Deadline()
	return time.Since(deadline)
}

package pool

import (
	"context"
	"log/slog"
	"time"

	"github.com/surrealsql/surrealsql"
)

// Option changes the settings of a pool that is being opened. Options go before
// what the DSN says, later ones before earlier ones.
type Option func(*Settings)

// WithSettings replaces all settings. Zero fields get their defaults; Lazy and
// Reclaim are taken as they are. Hooks given by other options stay.
func WithSettings(s Settings) Option {
	return func(to *Settings) { s.hooks = to.hooks; *to = s }
}

// WithMin sets how many connections are kept open.
func WithMin(n int) Option { return func(s *Settings) { s.Min = n } }

// WithMax sets how many connections are kept open at most.
func WithMax(n int) Option { return func(s *Settings) { s.Max = n } }

// WithBurst sets how many connections there may be while callers wait.
func WithBurst(n int) Option { return func(s *Settings) { s.Burst = n } }

// WithMinIdle sets how many idle connections are kept ready.
func WithMinIdle(n int) Option { return func(s *Settings) { s.MinIdle = n } }

// WithMaxWaiters sets how many callers may wait; zero sets no limit.
func WithMaxWaiters(n int) Option { return func(s *Settings) { s.MaxWaiters = n } }

// WithMaxDials sets how many connections are made at a time.
func WithMaxDials(n int) Option { return func(s *Settings) { s.MaxDials = n } }

// WithMaxUses closes a connection after so many leases; zero sets no limit.
func WithMaxUses(n int) Option { return func(s *Settings) { s.MaxUses = n } }

// WithCheckBatch sets how many idle connections are checked at a time.
func WithCheckBatch(n int) Option { return func(s *Settings) { s.CheckBatch = n } }

// WithAcquireTimeout bounds the wait for a connection; Disabled sets no bound.
func WithAcquireTimeout(d time.Duration) Option {
	return func(s *Settings) { s.AcquireTimeout = d }
}

// WithMaxLifetime closes connections of that age; Disabled never does.
func WithMaxLifetime(d time.Duration) Option { return func(s *Settings) { s.MaxLifetime = d } }

// WithLifetimeJitter sets by how much a connection's life may be shorter.
func WithLifetimeJitter(d time.Duration) Option { return func(s *Settings) { s.LifetimeJitter = d } }

// WithMaxIdleTime closes connections that were idle for so long; Disabled never
// does.
func WithMaxIdleTime(d time.Duration) Option { return func(s *Settings) { s.MaxIdleTime = d } }

// WithCheckInterval sets the time between two checks of an idle connection;
// Disabled turns them off.
func WithCheckInterval(d time.Duration) Option { return func(s *Settings) { s.CheckInterval = d } }

// WithLeakAfter sets how long a connection may be held before it counts as
// leaked; zero is never.
func WithLeakAfter(d time.Duration) Option { return func(s *Settings) { s.LeakAfter = d } }

// WithReclaim closes connections that count as leaked.
func WithReclaim(on bool) Option { return func(s *Settings) { s.Reclaim = on } }

// WithLazy lets a pool open while not all of its minimum can be made.
func WithLazy(on bool) Option { return func(s *Settings) { s.Lazy = on } }

// WithOrder sets which idle connection is taken first.
func WithOrder(o Order) Option { return func(s *Settings) { s.Order = o } }

// WithDialBackoff sets the longest pauses after the first dial that failed, and
// after many.
func WithDialBackoff(first, longest time.Duration) Option {
	return func(s *Settings) { s.DialBackoff, s.MaxDialBackoff = first, longest }
}

// WithAfterConnect sets a hook that is called with each new connection before
// anybody gets it, behind the AfterConnect of the Config. What it makes of the
// session holds for all leases. An error, or a panic, closes the connection and
// counts as the dial's error. ctx ends with the dial: at dial_timeout, or when the connection
// is no longer needed.
func WithAfterConnect(hook func(context.Context, *surrealsql.Conn) error) Option {
	return func(s *Settings) { s.afterConnect = hook }
}

// WithBeforeAcquire sets a hook that is called with the connection that a caller
// is about to get, and with the caller's context:
//
//	true, nil   the caller gets it
//	false, nil  it is closed, and the caller gets another
//	true, err   it goes back into the pool, and the caller gets the error
//	false, err  it is closed, and the caller gets the error
//
// A panic closes the connection and goes on in the caller.
func WithBeforeAcquire(hook func(context.Context, *surrealsql.Conn) (bool, error)) Option {
	return func(s *Settings) { s.beforeAcquire = hook }
}

// WithAfterRelease sets a hook that is called with each connection that was
// given back and could be used again; false closes it. A panic closes it too, and
// goes on in the caller.
func WithAfterRelease(hook func(*surrealsql.Conn) bool) Option {
	return func(s *Settings) { s.afterRelease = hook }
}

// WithBeforeClose sets a hook that is called before a connection is closed that
// still works, on a goroutine of its own. Nothing bounds it in time, and
// Pool.Close waits for it.
func WithBeforeClose(hook func(*surrealsql.Conn)) Option {
	return func(s *Settings) { s.beforeClose = hook }
}

// WithGate sets what a caller passes before it asks for a connection: a limiter,
// for example. An error is the caller's, and no connection is taken. The context that
// the gate gets ends with the caller's, and with the pool.
func WithGate(gate func(context.Context) error) Option {
	return func(s *Settings) { s.gate = gate }
}

// WithLogger sets where the pool logs what it does by itself: warm-ups that
// failed, failing dials, leaks. Without it that is the Logger of the Config.
func WithLogger(l *slog.Logger) Option { return func(s *Settings) { s.logger = l } }

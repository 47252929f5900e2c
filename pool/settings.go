package pool

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/backoff"
)

// Disabled turns a duration of [Settings] off whose zero value means "the
// default". Any negative value does the same; in a DSN it is written 0.
const Disabled = surrealsql.Disabled

// Order says which idle connection is taken first.
type Order string

// The orders of [Settings].Order. The zero value is LIFO.
const (
	LIFO Order = "lifo" // the one used last: the others grow old and are closed, so the pool shrinks
	FIFO Order = "fifo" // the one idle longest: all are used alike
)

// Settings is everything a pool can be told. A zero field means its default,
// which the table in this package's README gives; see also [DefaultSettings].
type Settings struct {
	// Min is how many connections are kept open. They are made when the pool is
	// opened, and replaced when they end.
	Min int
	// Max is how many connections are kept open at most. Zero means 10.
	Max int
	// Burst is how many connections there may be while callers wait. Those above
	// Max stay while they are needed, and are closed some 5 to 10 seconds later, so
	// that a load around Max does not make them again and again. Zero means Max.
	Burst int
	// MinIdle is how many of the connections, within Max, are kept ready.
	MinIdle int
	// MaxWaiters is how many callers may wait: further ones get
	// ErrTooManyWaiters at once. Zero sets no limit.
	MaxWaiters int
	// MaxDials is how many connections are made at a time. Zero means 16.
	MaxDials int
	// MaxUses closes a connection after so many leases. Zero sets no limit.
	MaxUses int
	// CheckBatch is how many idle connections are checked at a time. Zero means 4.
	CheckBatch int

	// AcquireTimeout bounds the wait for a connection; the context may end it
	// earlier. Zero means 10s, Disabled no bound.
	AcquireTimeout time.Duration
	// MaxLifetime closes a connection of that age, when it is idle. Zero means
	// 1h, Disabled never. Each one's life is shorter by a random part of
	// LifetimeJitter, so that they do not all end at once: zero means a tenth of
	// MaxLifetime, Disabled none.
	MaxLifetime    time.Duration
	LifetimeJitter time.Duration
	// MaxIdleTime closes a connection that nobody took for so long, unless Min
	// or MinIdle need it. Zero means 10m, Disabled never.
	MaxIdleTime time.Duration
	// CheckInterval is the time between two checks of an idle connection, one
	// round trip each. Those that fail are replaced. Zero means 30s, Disabled
	// never; the driver's own care for idle connections goes on either way.
	CheckInterval time.Duration
	// LeakAfter is how long a connection may be held before it counts as leaked:
	// that is logged, with the stack of the borrower. Zero means never: finding
	// the stack costs about a microsecond a lease.
	LeakAfter time.Duration
	// DialBackoff is the longest first pause after a dial that failed; it doubles
	// with each further one up to MaxDialBackoff. Between half and all of it is
	// waited. Zero means 100ms and 2s.
	DialBackoff    time.Duration
	MaxDialBackoff time.Duration

	// Order says which idle connection is taken first.
	Order Order
	// Lazy lets a pool open while not all of Min can be made: opening fails only
	// if none can. Without Lazy it fails if one cannot.
	Lazy bool
	// Reclaim closes connections that count as leaked, and lets others be made
	// in their place; whoever held one gets errors from it.
	Reclaim bool

	hooks
}

// hooks are what a program adds to a pool; see the options of the same names.
type hooks struct {
	afterConnect  func(context.Context, *surrealsql.Conn) error
	beforeAcquire func(context.Context, *surrealsql.Conn) (bool, error)
	afterRelease  func(*surrealsql.Conn) bool
	beforeClose   func(*surrealsql.Conn)
	gate          func(context.Context) error
	breaker       *Breaker
	replicas      []replicaSource
	logger        *slog.Logger
}

// DefaultSettings are the settings of a pool that was told nothing. Those whose
// default depends on another, Burst and LifetimeJitter, are zero in it.
func DefaultSettings() Settings {
	s := Settings{Lazy: true}
	poolKeys.ApplyDefaults(&s)
	return s
}

// complete puts the defaults in place and reports what is wrong.
func (s *Settings) complete() error {
	poolKeys.ApplyDefaults(s)
	if s.LifetimeJitter == 0 {
		s.LifetimeJitter = max(s.MaxLifetime, 0) / 10
	}
	if s.Burst == 0 {
		s.Burst = s.Max
	}
	if err := poolKeys.Check(s); err != nil {
		return err
	}
	tooMuch := func(key string, got, limit any, name string) error {
		return fmt.Errorf("pool: %s: got %v, expected at most %s, which is %v", key, got, name, limit)
	}
	switch {
	case s.Min > s.Max:
		return tooMuch("pool_min", s.Min, s.Max, "pool_max")
	case s.MinIdle > s.Max:
		return tooMuch("pool_min_idle", s.MinIdle, s.Max, "pool_max")
	case s.Burst < s.Max:
		return fmt.Errorf("pool: pool_burst: got %d, expected at least pool_max, which is %d", s.Burst, s.Max)
	case s.MaxLifetime > 0 && s.LifetimeJitter > s.MaxLifetime:
		return tooMuch("pool_lifetime_jitter", s.LifetimeJitter, s.MaxLifetime, "pool_max_lifetime")
	case s.DialBackoff > s.MaxDialBackoff:
		return tooMuch("pool_dial_backoff", s.DialBackoff, s.MaxDialBackoff, "pool_max_dial_backoff")
	}
	return nil
}

// expiry is when a connection's life ends that begins now, or zero.
func (s *Settings) expiry(now time.Time) time.Time {
	if s.MaxLifetime <= 0 {
		return time.Time{}
	}
	life := s.MaxLifetime
	if s.LifetimeJitter > 0 {
		life -= backoff.Full(s.LifetimeJitter)
	}
	return now.Add(life)
}

package pool

// What a pool can be told: the struct for programs, and the keys for DSNs and
// environments.

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/breaker"
	"github.com/surrealsql/surrealsql/internal/backoff"
	"github.com/surrealsql/surrealsql/internal/keys"
	"github.com/surrealsql/surrealsql/internal/printed"
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
// which the table in docs/pool.md gives; see also [DefaultSettings].
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
	// MaxConnecting is how many connections are made at a time. Zero means 16.
	MaxConnecting int
	// MaxUses closes a connection after so many leases. Zero sets no limit.
	MaxUses int
	// HealthCheckBatch is how many idle connections are checked at a time. Zero
	// means 4.
	HealthCheckBatch int

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
	// HealthCheckInterval is the time between two checks of an idle connection,
	// one round trip each. Those that fail are replaced. Zero means 30s, Disabled
	// never; what the driver does for idle connections goes on either way.
	HealthCheckInterval time.Duration
	// LeakAfter is how long a connection may be held before it counts as leaked:
	// that is logged, with the stack of the borrower and how long a transaction is open
	// on it. On a connection that is held longer each transaction that stays open for so
	// long is logged too. Zero means never: finding the stack costs about a microsecond a
	// lease.
	LeakAfter time.Duration
	// ConnectBackoff is the longest first pause after a connect that failed; it
	// doubles with each further one up to MaxConnectBackoff. Between half and all
	// of it is waited. Zero means 100ms and 2s.
	ConnectBackoff    time.Duration
	MaxConnectBackoff time.Duration

	// Order says which idle connection is taken first.
	Order Order
	// RequireMin makes opening fail if one connection of Min cannot be made.
	// Without it opening fails only if none can.
	RequireMin bool
	// Reclaim closes connections that count as leaked, and lets others be made
	// in their place; whoever held one gets errors from it.
	Reclaim bool

	// AfterConnect, if set, is called with each new connection before anybody gets
	// it, after the AfterConnect of the Config. What it makes of the session holds
	// for all leases. An error, or a panic, closes the connection and counts as the
	// connect's error. ctx ends with the connect: when its time is over, or when
	// the connection is no longer needed.
	AfterConnect func(ctx context.Context, c *surrealsql.Conn) error
	// BeforeAcquire, if set, is called with the connection that a caller is about
	// to get, and with the caller's context:
	//
	//	true, nil   the caller gets it
	//	false, nil  it is closed, and the caller gets another
	//	true, err   it goes back into the pool, and the caller gets the error
	//	false, err  it is closed, and the caller gets the error
	//
	// A panic closes the connection and goes on in the caller.
	BeforeAcquire func(ctx context.Context, c *surrealsql.Conn) (bool, error)
	// AfterRelease, if set, is called with each connection that was given back and
	// could be used again; false closes it. A panic closes it too, and goes on in
	// the caller.
	AfterRelease func(c *surrealsql.Conn) bool
	// BeforeClose, if set, is called before a connection is closed that still
	// works, on a goroutine of its own. Nothing bounds it in time, and Pool.Close
	// waits for it.
	BeforeClose func(c *surrealsql.Conn)

	// Gate, if set, is what a caller passes before it asks for a connection, such
	// as Wait of package limiter. Over [Pool.DB] that is each query outside a
	// transaction or an [sql.Conn], and each of these as one. An error is the
	// caller's, and no connection is taken. The context that the gate gets ends
	// with the caller's, and with the pool.
	Gate func(ctx context.Context) error
	// Breaker, if set, is the circuit breaker of the pool and of its replicas.
	// While it is open for every host, a pool without connections refuses callers
	// at once with a [*breaker.OpenError]; where there are connections, callers wait
	// for those.
	Breaker *breaker.Breaker

	// Replicas are the DSNs of servers that hold the same data and may be read
	// from: see [Pool.Reader] and [Pool.Routed]. Each gets a pool of its own, with
	// the settings of this one where its own pool_ keys say nothing else, and is
	// read-only ([surrealsql.Config].ReadOnly) whatever it says. Without a Breaker
	// the replicas share a default one. The Gate is shared too.
	//
	// Opening tolerates replicas that cannot be reached and logs them, unless there
	// is RequireMin.
	Replicas []string
	// ReplicaConfigs are further replicas, as Configs, which can say more than a
	// DSN. They are copied.
	ReplicaConfigs []*surrealsql.Config

	// Logger is where the pool logs what it does by itself: warm-ups that failed,
	// failing connects, leaks. Nil means the Logger of the Config.
	Logger *slog.Logger
}

// DefaultSettings are the settings of a pool that was told nothing. Those whose
// default depends on another, Burst and LifetimeJitter, are zero in it.
func DefaultSettings() Settings {
	var s Settings
	poolKeys.ApplyDefaults(&s)
	return s
}

// replicas returns a copy of what it says of replicas. It is a function, and a Pool
// keeps nothing else of them, because package fmt looks into a *sql.DB for some verbs,
// past every method, and prints what it finds: of functions no more than where they are.
func (s *Settings) replicas() func() ([]string, []*surrealsql.Config) {
	dsns, configs := slices.Clone(s.Replicas), slices.Clone(s.ReplicaConfigs)
	return func() ([]string, []*surrealsql.Config) { return slices.Clone(dsns), slices.Clone(configs) }
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
	case s.ConnectBackoff > s.MaxConnectBackoff:
		return tooMuch("pool_connect_backoff", s.ConnectBackoff, s.MaxConnectBackoff, "pool_max_connect_backoff")
	}
	return nil
}

// expiry is when a connection's life ends that begins now, or zero.
func (s *Settings) expiry(now time.Time) time.Time {
	return backoff.EndOfLife(now, s.MaxLifetime, s.LifetimeJitter)
}

// mostKey is the key that sets how many connections there may be.
func (s *Settings) mostKey() string {
	if s.Burst > s.Max {
		return "pool_burst"
	}
	return "pool_max"
}

// However Settings are printed, no password and no token comes out: not those of
// replicas either. Without Format, verbs such as %+v and %#v would print the fields.

var (
	_ fmt.Formatter  = Settings{}
	_ slog.LogValuer = Settings{}
)

// String returns the settings as they are written in a DSN. Of hooks and replicas it
// says nothing but how many replicas there are.
func (s Settings) String() string {
	var b strings.Builder
	for _, k := range poolKeys {
		if v := k.Get(&s); v != "" {
			if b.Len() > 0 {
				b.WriteByte('&')
			}
			b.WriteString(k.Name + "=" + v)
		}
	}
	if n := len(s.Replicas) + len(s.ReplicaConfigs); n > 0 {
		fmt.Fprintf(&b, " (%d replicas)", n)
	}
	return b.String()
}

// Format prints [Settings.String] for every verb.
func (s Settings) Format(f fmt.State, verb rune) { printed.As(f, verb, "pool.Settings", s.String()) }

// LogValue makes log/slog log [Settings.String].
func (s Settings) LogValue() slog.Value { return slog.StringValue(s.String()) }

// prefix begins every key of this package in a DSN.
const prefix = "pool_"

// poolKeys are the keys of this package.
var poolKeys = keys.List[Settings]{
	{Name: "pool_min", Field: "Min", DefaultDoc: "`0`",
		Doc:   "Connections that are kept open: made when the pool is opened, replaced when they end.",
		Value: keys.Count(func(s *Settings) *int { return &s.Min }, 0)},
	{Name: "pool_max", Field: "Max", Default: "10",
		Doc:   "Connections that are kept open at most.",
		Value: keys.Count(func(s *Settings) *int { return &s.Max }, 1)},
	{Name: "pool_burst", Field: "Burst", DefaultDoc: "`pool_max`",
		Doc:   "Connections that there may be while callers wait. Those above `pool_max` stay while they are needed, and are closed some 5 to 10 seconds later.",
		Value: keys.Count(func(s *Settings) *int { return &s.Burst }, 1)},
	{Name: "pool_min_idle", Field: "MinIdle", DefaultDoc: "`0`",
		Doc:   "Idle connections that are kept ready, within `pool_max`.",
		Value: keys.Count(func(s *Settings) *int { return &s.MinIdle }, 0)},
	{Name: "pool_max_waiters", Field: "MaxWaiters", DefaultDoc: "`0` (no limit)",
		Doc:   "Callers that may wait; further ones get `ErrTooManyWaiters` at once.",
		Value: keys.Count(func(s *Settings) *int { return &s.MaxWaiters }, 0)},
	{Name: "pool_acquire_timeout", Field: "AcquireTimeout", Default: "10s",
		Doc:   "Bounds the wait for a connection; the context may end it earlier. The error is an `*AcquireTimeoutError`.",
		Value: keys.Duration(func(s *Settings) *time.Duration { return &s.AcquireTimeout }, Disabled)},
	{Name: "pool_max_lifetime", Field: "MaxLifetime", Default: "1h0m0s",
		Doc:   "A connection of that age is closed, when it is idle.",
		Value: keys.Duration(func(s *Settings) *time.Duration { return &s.MaxLifetime }, Disabled)},
	{Name: "pool_lifetime_jitter", Field: "LifetimeJitter", DefaultDoc: "a tenth of `pool_max_lifetime`",
		Doc:   "Each connection's life is shorter than `pool_max_lifetime` by a random part of this.",
		Value: keys.Duration(func(s *Settings) *time.Duration { return &s.LifetimeJitter }, Disabled)},
	{Name: "pool_max_idle_time", Field: "MaxIdleTime", Default: "10m0s",
		Doc:   "A connection that nobody took for so long is closed, unless the minimum needs it.",
		Value: keys.Duration(func(s *Settings) *time.Duration { return &s.MaxIdleTime }, Disabled)},
	{Name: "pool_max_uses", Field: "MaxUses", DefaultDoc: "`0` (no limit)",
		Doc:   "A connection is closed after so many leases.",
		Value: keys.Count(func(s *Settings) *int { return &s.MaxUses }, 0)},
	{Name: "pool_order", Field: "Order", Default: string(LIFO),
		Doc:   "Which idle connection is taken first: the one used last, or the one idle longest. Callers are always served in the order of their arrival.",
		Value: keys.OneOf(func(s *Settings) *Order { return &s.Order }, LIFO, FIFO)},
	{Name: "pool_health_check_interval", Field: "HealthCheckInterval", Default: "30s",
		Former: []string{"pool_check_interval"},
		Doc:    "The time between two checks of an idle connection; those that fail are replaced.",
		Value:  keys.Duration(func(s *Settings) *time.Duration { return &s.HealthCheckInterval }, Disabled)},
	{Name: "pool_health_check_batch", Field: "HealthCheckBatch", Default: "4",
		Former: []string{"pool_check_batch"},
		Doc:    "Idle connections that are checked at a time.",
		Value:  keys.Count(func(s *Settings) *int { return &s.HealthCheckBatch }, 1)},
	{Name: "pool_leak_after", Field: "LeakAfter", Default: "0s", DefaultDoc: "`0` (never)",
		Doc:   "A connection that is held for so long counts as leaked: logged with the stack that took it and the age of its transaction, and listed by `Leaks`; so is each transaction that stays open for so long.",
		Value: keys.Duration(func(s *Settings) *time.Duration { return &s.LeakAfter }, 0)},
	{Name: "pool_reclaim", Field: "Reclaim", DefaultDoc: "`false`",
		Doc:   "Close leaked connections, and let others take their place.",
		Value: keys.Bool(func(s *Settings) *bool { return &s.Reclaim })},
	{Name: "pool_lazy", Retired: true,
		Doc:   "The opposite of `pool_require_min`, which it was before.",
		Value: keys.Not(func(s *Settings) *bool { return &s.RequireMin })},
	{Name: "pool_require_min", Field: "RequireMin", DefaultDoc: "`false`",
		Doc:   "Open only if all of `pool_min` could be made; else one of them is enough.",
		Value: keys.Bool(func(s *Settings) *bool { return &s.RequireMin })},
	{Name: "pool_max_connecting", Field: "MaxConnecting", Default: "16",
		Former: []string{"pool_max_dials"},
		Doc:    "Connections that are being made at a time. Signing in costs the server much.",
		Value:  keys.Count(func(s *Settings) *int { return &s.MaxConnecting }, 1)},
	{Name: "pool_connect_backoff", Field: "ConnectBackoff", Default: "100ms",
		Former: []string{"pool_dial_backoff"},
		Doc:    "The longest pause after the first connect that failed; it doubles with each further one. At least half of it is waited.",
		Value:  keys.Positive(func(s *Settings) *time.Duration { return &s.ConnectBackoff }, "100ms")},
	{Name: "pool_max_connect_backoff", Field: "MaxConnectBackoff", Default: "2s",
		Former: []string{"pool_max_dial_backoff"},
		Doc:    "The longest pause after a connect that failed: when the server is back, nobody waits longer than that.",
		Value:  keys.Positive(func(s *Settings) *time.Duration { return &s.MaxConnectBackoff }, "100ms")},
}

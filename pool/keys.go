package pool

import (
	"time"

	"github.com/surrealsql/surrealsql/internal/keys"
)

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
	{Name: "pool_check_interval", Field: "CheckInterval", Default: "30s",
		Doc:   "The time between two checks of an idle connection; those that fail are replaced.",
		Value: keys.Duration(func(s *Settings) *time.Duration { return &s.CheckInterval }, Disabled)},
	{Name: "pool_check_batch", Field: "CheckBatch", Default: "4",
		Doc:   "Idle connections that are checked at a time.",
		Value: keys.Count(func(s *Settings) *int { return &s.CheckBatch }, 1)},
	{Name: "pool_leak_after", Field: "LeakAfter", Default: "0s", DefaultDoc: "`0` (never)",
		Doc:   "A connection that is held for so long counts as leaked: logged with the stack that took it, and listed by `Leaks`.",
		Value: keys.Duration(func(s *Settings) *time.Duration { return &s.LeakAfter }, 0)},
	{Name: "pool_reclaim", Field: "Reclaim", DefaultDoc: "`false`",
		Doc:   "Close leaked connections, and let others take their place.",
		Value: keys.Bool(func(s *Settings) *bool { return &s.Reclaim })},
	{Name: "pool_lazy", Field: "Lazy", DefaultDoc: "`true`",
		Doc:   "Open although some of `pool_min` could not be made; `false` demands all of them.",
		Value: keys.Bool(func(s *Settings) *bool { return &s.Lazy })},
	{Name: "pool_max_dials", Field: "MaxDials", Default: "16",
		Doc:   "Connections that are being made at a time. Signing in costs the server much.",
		Value: keys.Count(func(s *Settings) *int { return &s.MaxDials }, 1)},
	{Name: "pool_dial_backoff", Field: "DialBackoff", Default: "100ms",
		Doc:   "The longest pause after the first dial that failed; it doubles with each further one. At least half of it is waited.",
		Value: keys.Positive(func(s *Settings) *time.Duration { return &s.DialBackoff }, "100ms")},
	{Name: "pool_max_dial_backoff", Field: "MaxDialBackoff", Default: "2s",
		Doc:   "The longest pause after a dial that failed: when the server is back, nobody waits longer than that.",
		Value: keys.Positive(func(s *Settings) *time.Duration { return &s.MaxDialBackoff }, "100ms")},
}

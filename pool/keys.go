package pool

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// prefix begins every key of this package in a DSN.
const prefix = "pool_"

// key is one thing a DSN can say of a pool. Parsing, defaults, checks, variables,
// suggestions and the README's table all come from keys: there is no second list.
type key struct {
	name   string
	field  string // of Settings
	expect string
	def    string // the default, as it would be written; empty if it is the zero value
	defDoc string // what the documentation says instead of def
	doc    string

	set func(*Settings, string) error
	// get returns the value as it would be written, or "" if it is unset.
	get func(*Settings) string
}

var errBadValue = errors.New("bad value")

var keys = []*key{
	count(key{name: "pool_min", field: "Min", defDoc: "`0`",
		doc: "Connections that are kept open: made when the pool is opened, replaced when they end."}, 0,
		func(s *Settings) *int { return &s.Min }),
	count(key{name: "pool_max", field: "Max", def: "10",
		doc: "Connections that are kept open at most."}, 1,
		func(s *Settings) *int { return &s.Max }),
	count(key{name: "pool_burst", field: "Burst", defDoc: "`pool_max`",
		doc: "Connections that there may be while callers wait. Those above `pool_max` stay while they are needed, and are closed some 5 to 10 seconds later."}, 1,
		func(s *Settings) *int { return &s.Burst }),
	count(key{name: "pool_min_idle", field: "MinIdle", defDoc: "`0`",
		doc: "Idle connections that are kept ready, within `pool_max`."}, 0,
		func(s *Settings) *int { return &s.MinIdle }),
	count(key{name: "pool_max_waiters", field: "MaxWaiters", defDoc: "`0` (no limit)",
		doc: "Callers that may wait; further ones get `ErrTooManyWaiters` at once."}, 0,
		func(s *Settings) *int { return &s.MaxWaiters }),
	duration(key{name: "pool_acquire_timeout", field: "AcquireTimeout", def: "10s",
		doc: "Bounds the wait for a connection; the context may end it earlier. The error is an `*AcquireTimeoutError`."},
		func(s *Settings) *time.Duration { return &s.AcquireTimeout }),
	duration(key{name: "pool_max_lifetime", field: "MaxLifetime", def: "1h0m0s",
		doc: "A connection of that age is closed, when it is idle."},
		func(s *Settings) *time.Duration { return &s.MaxLifetime }),
	duration(key{name: "pool_lifetime_jitter", field: "LifetimeJitter", defDoc: "a tenth of `pool_max_lifetime`",
		doc: "Each connection's life is shorter than `pool_max_lifetime` by a random part of this."},
		func(s *Settings) *time.Duration { return &s.LifetimeJitter }),
	duration(key{name: "pool_max_idle_time", field: "MaxIdleTime", def: "10m0s",
		doc: "A connection that nobody took for so long is closed, unless the minimum needs it."},
		func(s *Settings) *time.Duration { return &s.MaxIdleTime }),
	count(key{name: "pool_max_uses", field: "MaxUses", defDoc: "`0` (no limit)",
		doc: "A connection is closed after so many leases."}, 0,
		func(s *Settings) *int { return &s.MaxUses }),
	choice(key{name: "pool_order", field: "Order", def: string(LIFO),
		doc: "Which idle connection is taken first: the one used last, or the one idle longest. Callers are always served in the order of their arrival."},
		func(s *Settings) *Order { return &s.Order }, LIFO, FIFO),
	duration(key{name: "pool_check_interval", field: "CheckInterval", def: "30s",
		doc: "The time between two checks of an idle connection; those that fail are replaced."},
		func(s *Settings) *time.Duration { return &s.CheckInterval }),
	count(key{name: "pool_check_batch", field: "CheckBatch", def: "4",
		doc: "Idle connections that are checked at a time."}, 1,
		func(s *Settings) *int { return &s.CheckBatch }),
	duration(key{name: "pool_leak_after", field: "LeakAfter", def: "0s", defDoc: "`0` (never)",
		doc: "A connection that is held for so long counts as leaked: logged with the stack that took it, and listed by `Leaks`."},
		func(s *Settings) *time.Duration { return &s.LeakAfter }),
	boolean(key{name: "pool_reclaim", field: "Reclaim", defDoc: "`false`",
		doc: "Close leaked connections, and let others take their place."},
		func(s *Settings) *bool { return &s.Reclaim }),
	boolean(key{name: "pool_lazy", field: "Lazy", defDoc: "`true`",
		doc: "Open although some of `pool_min` could not be made; `false` demands all of them."},
		func(s *Settings) *bool { return &s.Lazy }),
	count(key{name: "pool_max_dials", field: "MaxDials", def: "16",
		doc: "Connections that are being made at a time. Signing in costs the server much."}, 1,
		func(s *Settings) *int { return &s.MaxDials }),
	positive(key{name: "pool_dial_backoff", field: "DialBackoff", def: "100ms",
		doc: "The longest pause after the first dial that failed; it doubles with each further one. At least half of it is waited."},
		func(s *Settings) *time.Duration { return &s.DialBackoff }),
	positive(key{name: "pool_max_dial_backoff", field: "MaxDialBackoff", def: "2s",
		doc: "The longest pause after a dial that failed: when the server is back, nobody waits longer than that."},
		func(s *Settings) *time.Duration { return &s.MaxDialBackoff }),
}

// env is the variable that says the same.
func (k *key) env() string { return "SURREALDB_" + strings.ToUpper(k.name) }

// assign sets the value; said is how the reader knows the key.
func (k *key) assign(s *Settings, said, v string) error {
	if k.set(s, v) != nil {
		return k.badValue(said, v)
	}
	return nil
}

func (k *key) badValue(said, v string) error {
	return fmt.Errorf("pool: %s: got %q, expected %s", said, v, k.expect)
}

func count(k key, least int, field func(*Settings) *int) *key {
	k.expect = fmt.Sprintf("a whole number from %d to %d", least, math.MaxInt32)
	k.set = func(s *Settings, v string) error {
		n, err := strconv.ParseInt(v, 10, 32)
		if err != nil || int(n) < least {
			return errBadValue
		}
		*field(s) = int(n)
		return nil
	}
	k.get = func(s *Settings) string {
		if *field(s) == 0 {
			return ""
		}
		return strconv.Itoa(*field(s))
	}
	return &k
}

// duration is one that 0 turns off. Where off is the default, zero is off;
// elsewhere Disabled is, because zero means the default.
func duration(k key, field func(*Settings) *time.Duration) *key {
	off := Disabled
	if k.def == "0s" {
		off = 0
	}
	k.expect = "a duration such as 500ms or 1m30s, or 0 for off"
	k.set = func(s *Settings, v string) error {
		d, err := time.ParseDuration(v)
		if err != nil || d < 0 {
			return errBadValue
		}
		if d == 0 {
			d = off
		}
		*field(s) = d
		return nil
	}
	k.get = func(s *Settings) string {
		switch d := *field(s); {
		case d < 0:
			return "0s"
		case d == 0:
			return ""
		default:
			return d.String()
		}
	}
	return &k
}

// positive is a duration that cannot be turned off.
func positive(k key, field func(*Settings) *time.Duration) *key {
	k.expect = "a duration above 0, such as 100ms"
	k.set = func(s *Settings, v string) error {
		d, err := time.ParseDuration(v)
		if err != nil || d <= 0 {
			return errBadValue
		}
		*field(s) = d
		return nil
	}
	k.get = func(s *Settings) string {
		if *field(s) == 0 {
			return ""
		}
		return field(s).String()
	}
	return &k
}

func boolean(k key, field func(*Settings) *bool) *key {
	k.expect = "true or false"
	k.set = func(s *Settings, v string) (err error) {
		*field(s), err = strconv.ParseBool(v)
		return err
	}
	k.get = func(s *Settings) string { return strconv.FormatBool(*field(s)) }
	return &k
}

func choice(k key, field func(*Settings) *Order, values ...Order) *key {
	k.expect = fmt.Sprintf("%s or %s", values[0], values[1])
	k.set = func(s *Settings, v string) error {
		if Order(v) != values[0] && Order(v) != values[1] {
			return errBadValue
		}
		*field(s) = Order(v)
		return nil
	}
	k.get = func(s *Settings) string { return string(*field(s)) }
	return &k
}

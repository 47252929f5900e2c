package pool

import (
	"time"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/lending"
	"github.com/surrealsql/surrealsql/internal/list"
)

// entry is one connection of the pool, with what the pool knows of it.
type entry struct {
	conn    *surrealsql.Conn
	lent    lending.Conn      // the same, as the driver shows it to a pool
	node    list.Node[*entry] // in the idle list
	expires time.Time         // zero: never
	since   time.Time         // idle or held
	checked time.Time
	uses    int
	fresh   bool // made for a caller who waits: there is nothing to reset or to look at
	lease   lease
}

func newEntry(conn *surrealsql.Conn, s *Settings) *entry {
	now := time.Now()
	e := &entry{
		conn: conn, lent: lending.Of(conn), fresh: true,
		expires: s.expiry(now), since: now, checked: now,
	}
	e.node.Of = e
	return e
}

func (e *entry) expired(now time.Time) bool {
	return !e.expires.IsZero() && !now.Before(e.expires)
}

// outlived is expired by now. It reads only the clock that goes forward, which
// costs half of what the time of day does.
func (e *entry) outlived() bool { return !e.expires.IsZero() && time.Until(e.expires) <= 0 }

// failed reports whether the connection does not work any more.
func (e *entry) failed() bool { return e.lent.Unfit() == lending.Broken }

// spoilt is why a connection cannot be used again after a hook has had it, or "".
func (e *entry) spoilt() Reason {
	if e.lent.Leftover() {
		return ReasonLeftover
	}
	return reasonOf(e.lent.Unfit())
}

// reasonOf is why a connection is closed that the driver holds for unfit: a limit of
// its own, or a failure; "" where it is fit.
func reasonOf(why lending.Unfit) Reason {
	switch why {
	case lending.Fit:
		return ""
	case lending.Leftover:
		return ReasonLeftover
	case lending.MaxUses:
		return ReasonUses
	case lending.MaxLifetime:
		return ReasonLifetime
	case lending.Moved:
		return ReasonMoved
	}
	return ReasonBroken
}

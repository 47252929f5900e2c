package pool

// The connections that are being made.

import (
	"context"
	"time"

	"github.com/surrealsql/surrealsql/internal/list"
)

// dial is one connection that is being made, on a goroutine of its own.
type dial struct {
	node    list.Node[*dial]
	begun   time.Time
	cancel  context.CancelFunc
	dropped bool        // nobody needs it any more
	ending  bool        // it was dropped just now: see balanceLocked
	late    *time.Timer // see dialTimes
}

// dials are those under way, in the order of their start. The pool's mutex guards them.
type dials struct {
	list.List[*dial]
	dropped int // of them, those that were cancelled
	ending  int // of these, those that others wait for: see balanceLocked
}

// active is how many of them somebody needs.
func (l *dials) active() int { return l.Len() - l.dropped }

func (l *dials) add(begun time.Time, cancel context.CancelFunc) *dial {
	d := &dial{begun: begun, cancel: cancel}
	d.node.Of = d
	l.PushBack(&d.node)
	return d
}

// finish takes one out that has ended.
func (l *dials) finish(d *dial) {
	l.Remove(&d.node)
	l.ended(d)
	if d.dropped {
		l.dropped--
	}
}

// drop cancels one that nobody needs any more.
func (l *dials) drop(d *dial) {
	d.dropped, d.ending = true, true
	l.dropped++
	l.ending++
	d.late.Reset(leastLateAfter)
	d.cancel()
}

// ended counts one as ending no more.
func (l *dials) ended(d *dial) {
	if d.ending {
		d.ending = false
		l.ending--
	}
}

// dropYoungest drops the n youngest of those that somebody needs.
func (l *dials) dropYoungest(n int) {
	for at := l.Back(); at != nil && n > 0; at = at.Prev() {
		if !at.Of.dropped {
			l.drop(at.Of)
			n--
		}
	}
}

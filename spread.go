package surrealsql

import (
	"errors"
	"slices"
	"time"
)

// After an outage all connections of a pool are to the hosts that have survived, and would
// stay there: nobody dials while they work. So the goroutine that checks idle connections also
// asks hosts that are down whether they are back, and closes connections elsewhere, a few at a
// time and none in use, so that the pool makes others in their place. Which, is decided here.

// errMoved is why a connection is closed that works.
var errMoved = errors.New("another host is back, which has less than its share")

// movesOf is how many of so many connections are closed in one round for one host's sake: a
// tenth, so that connecting anew costs neither the servers nor the callers much.
func movesOf(open int) int { return max(1, open/10) }

// spreading is one round. A C is a connection; at are those of each host that stay.
type spreading[C any] struct {
	hosts   []*host // in the order of the Config
	inOrder bool    // that is a preference
	at      map[*host][]C
	open    int       // how many connections there are, also those that are to be closed
	since   time.Time // a host that is back later gets nothing yet
}

// moves returns the connections that are to be closed, and for which host.
func (s *spreading[C]) moves() map[*host][]C {
	up := 0
	for i, h := range s.hosts {
		if slices.Index(s.hosts, h) == i && !h.isDown() {
			up++
		}
	}
	moves := make(map[*host][]C)
	for i, h := range s.hosts {
		if h.wants(s.since) {
			if from := s.from(i, s.open/up); len(from) > 0 {
				moves[h] = from
			}
		}
	}
	return moves
}

// from are connections that are to be closed for the sake of the host at that place in the
// order. Where this is a preference, they are those to hosts behind; else the host gets its
// share of all, from the host that has most.
func (s *spreading[C]) from(place, share int) []C {
	h := s.hosts[place]
	own := len(s.at[h])
	var from []C
	n := movesOf(s.open)
	if s.inOrder {
		for _, behind := range s.hosts[place+1:] {
			from = append(from, s.at[behind]...)
		}
		if len(from) == 0 {
			h.filled()
		}
	} else {
		for _, other := range s.hosts {
			if other != h && len(s.at[other]) > len(from) {
				from = s.at[other]
			}
		}
		if own >= share {
			h.filled()
		}
		n = min(n, share-own-h.expected(), len(from)-share)
		h.expect(max(n, 0))
	}
	return from[:max(0, min(n, len(from)))]
}

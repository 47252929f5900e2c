package surrealsql

import (
	"bytes"
	"fmt"

	"github.com/surrealsql/surrealsql/internal/cbor"
	"github.com/surrealsql/surrealsql/internal/rpc"
)

// The live queries of one connection: which notification is whose. A notification comes whenever
// it likes, also between a request and its reply; each names its live query, so it reaches the inbox
// of that one, or is nobody's and dropped.

// liveSet are the live queries of a connection. The zero value has none.
type liveSet struct {
	of    map[liveID]*inbox
	limit int // live_buffer_size

	// Notifications can come before the reply that tells which live query is
	// registered (3.3.5: they queue apart from replies).
	registering bool
	early       [][]byte
	earlySize   int
	earlyLost   bool // there were more than fit

	dec       cbor.Decoder
	overflown func(*inbox) // is told of one whose reader was too slow; nil where that reader ends it himself
}

func (s *liveSet) open() int { return len(s.of) }

// registered gives an inbox the notifications of the live query that a reply names.
func (s *liveSet) registered(r *reply, b *inbox) error {
	if len(r.entries) != 1 {
		return fmt.Errorf("the server gave %d answers to a LIVE SELECT", len(r.entries))
	}
	s.dec.Reset(r.entries[0].result)
	id, err := rpc.LiveID(&s.dec)
	if err != nil {
		return fmt.Errorf("unreadable reply to LIVE SELECT: %w", err)
	}
	if s.of == nil {
		s.of = make(map[liveID]*inbox)
	}
	if s.of[b.id] == b { // it is there already
		b.mark(beginsAfter(b.id))
		delete(s.of, b.before)
		b.before = b.id
	}
	b.id, s.of[id] = id, b
	for _, notification := range s.early {
		if of, err := rpc.NotificationID(&s.dec, notification); err == nil && of == id {
			b.put(notification)
		}
	}
	if s.earlyLost {
		b.finish(fmt.Errorf("%w: more than live_buffer_size (%d bytes) of them came while it was registered", ErrLagging, b.limit))
	}
	return nil
}

// notified takes a notification, which is valid during the call.
func (s *liveSet) notified(notification []byte) {
	id, err := rpc.NotificationID(&s.dec, notification)
	b := s.of[id]
	switch {
	case err != nil:
		// It is some live query's, and whose cannot be told.
		s.end(fmt.Errorf("surrealsql: a notification that cannot be read: %w", err))
	case b != nil:
		if b.put(bytes.Clone(notification)) && s.overflown != nil {
			s.overflown(b)
		}
	case s.registering && s.earlySize < s.limit:
		s.early = append(s.early, bytes.Clone(notification))
		s.earlySize += len(notification) + notificationOverhead
	case s.registering:
		s.earlyLost = true
	}
}

// end ends all live queries for their readers.
func (s *liveSet) end(why error) {
	for _, b := range s.of {
		b.finish(why)
	}
}

// endSession ends those of a session.
func (s *liveSet) endSession(id rpc.SessionID, why error) {
	for _, b := range s.of {
		if b.session == id {
			b.finish(why)
		}
	}
}

package surrealsql

import (
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/surrealsql/surrealsql/internal/rpc"
)

// What has come of a live query and was not read yet.

// ErrLagging: the reader of a live query was too slow, and changes are lost to it. See
// docs/live.md.
var ErrLagging = errors.New("surrealsql: the notifications of a live query were not read fast enough")

// liveID names a live query on its connection.
type liveID [16]byte

// inbox holds the notifications of one live query. One goroutine puts them in, another one
// may take them out.
type inbox struct {
	id      liveID
	before  liveID        // that it was until its session was renewed, or zero
	session rpc.SessionID // that it was begun in
	changes uint64        // of that session until then
	limit   int           // bytes; a single notification may have more
	arrived chan struct{} // gets a value with each change

	timer atomic.Pointer[time.Timer] // of its renewal, where nobody waits for it

	mu    sync.Mutex
	ends  expiry
	queue [][]byte // notifications as CBOR, each with memory of its own
	head  int      // of those in the queue, how many are taken
	size  int      // bytes of those that are not
	end   error    // what comes after them; nil while the live query lives
}

func newInbox(session rpc.SessionID, limit int) *inbox {
	return &inbox{session: session, limit: limit, arrived: make(chan struct{}, 1)}
}

// notificationOverhead is what a notification takes beside its bytes.
const notificationOverhead = 64

// put adds a notification, which it owns from then on. What does not fit ends the inbox: it
// reports whether that has happened now.
func (b *inbox) put(notification []byte) (overflown bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.end != nil {
		return false
	}
	if size := b.size + len(notification) + notificationOverhead; b.size > 0 && size > b.limit {
		b.endLocked(fmt.Errorf("%w: %d of them, %d bytes, are waiting for their reader, and live_buffer_size is %d: read them faster, or give them more room", ErrLagging, len(b.queue)-b.head, b.size, b.limit))
		return true
	} else {
		b.size = size
	}
	if b.head > len(b.queue)/2 {
		n := copy(b.queue, b.queue[b.head:])
		clear(b.queue[n:])
		b.queue, b.head = b.queue[:n], 0
	}
	b.queue = append(b.queue, notification)
	b.signal()
	return false
}

// finish says what comes after the notifications that are here. The first error stays.
func (b *inbox) finish(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.end == nil {
		b.endLocked(err)
	}
}

func (b *inbox) endLocked(err error) {
	b.end = err
	b.signal()
}

func (b *inbox) signal() {
	select {
	case b.arrived <- struct{}{}:
	default:
	}
}

// take returns the next notification, or what ended the live query; neither while there is
// none yet.
func (b *inbox) take() ([]byte, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.head == len(b.queue) {
		return nil, b.end
	}
	n := b.queue[b.head]
	b.queue[b.head] = nil
	b.head++
	b.size -= len(n) + notificationOverhead
	return n, nil
}

// isEmpty reports whether take has nothing to return.
func (b *inbox) isEmpty() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.head == len(b.queue) && b.end == nil
}

// killed reports whether the server has ended the live query.
func (b *inbox) killed() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.end == io.EOF
}

// expiry is what is to come of a live query because its session expires.
type expiry struct {
	at     time.Time // when the server says nothing more; zero: never
	renew  time.Time // when it is to be registered anew; zero: it cannot be
	former time.Time // when the one is to be killed that it was before; zero: that is over
}

// longestMargin is how long at most before the end of its session a live query is registered anew.
const longestMargin = time.Minute

// silentSecond is how long before the time that is known the server may say nothing more: it counts
// whole seconds.
const silentSecond = time.Second

// expires notes when the session ends. Half of the time that is left is for its renewal. A live
// query that was registered before is kept for a while beside the new one: a write that had begun
// before this is told by that alone, once it is committed (3.0.2, 3.3.5, 4.0.0-beta.1).
func (b *inbox) expires(at time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	was := b.ends.at
	if b.ends = (expiry{at: at}); !at.IsZero() {
		b.ends.renew = at.Add(-min(time.Until(at)/2, longestMargin))
	}
	if !was.IsZero() {
		b.ends.former = time.Now().Add((time.Until(was) - silentSecond) / 2)
	}
	b.signal()
}

// staysAsItIs notes that the session cannot be renewed.
func (b *inbox) staysAsItIs() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.ends.renew = time.Time{}
}

// formerIsOver notes that the former live query is, and reports whether it was not before.
func (b *inbox) formerIsOver() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	was := b.ends.former
	b.ends.former = time.Time{}
	return !was.IsZero()
}

// expiry returns when the session ends.
func (b *inbox) expiry() expiry {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.ends
}

// next is when something is to be done; zero: never.
func (e expiry) next() time.Time {
	switch {
	case !e.former.IsZero(): // before the others
		return e.former
	case !e.renew.IsZero():
		return e.renew
	}
	return e.at
}

// isDue reports whether that time has come.
func (e expiry) isDue() bool {
	at := e.next()
	return !at.IsZero() && !time.Now().Before(at)
}

// isFinal reports whether nothing is to be done but to end the live query.
func (e expiry) isFinal() bool { return e.former.IsZero() && e.renew.IsZero() }

// tooLate reports whether the server may say nothing more already.
func (e expiry) tooLate() bool {
	return !e.at.IsZero() && time.Until(e.at) <= silentSecond
}

// mark puts a mark among the notifications: what they are of changes there.
func (b *inbox) mark(m []byte) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.end == nil {
		b.size += len(m) + notificationOverhead
		b.queue = append(b.queue, m)
		b.signal()
	}
}

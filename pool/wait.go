package pool

// The queue of callers who wait.

import (
	"context"
	"time"

	"github.com/surrealsql/surrealsql/internal/list"
)

// waiter is a caller who waits in the queue. Whoever takes it out of the queue decides
// how it ends: with a connection, or an error, and signals that. One that leaves the
// queue by itself is not signalled.
type waiter struct {
	node        list.Node[*waiter]
	ctx         context.Context // its values go with a dial that is made for it
	canFailOver bool            // it can be served elsewhere: see failOver
	ready       chan struct{}   // buffered, so that nobody waits for the waiter
	timer       *time.Timer
	e           *entry
	err         error
}

// queue is the callers who wait, in the order of their arrival. The pool's mutex
// guards it.
type queue struct {
	list.List[*waiter]
	spare []*waiter // for use again
}

// maxSpare bounds how many waiters are kept for use again: their channels and timers
// are a few hundred bytes each, and more than these at once is a spike.
const maxSpare = 64

// join puts a waiter into the queue, at its end or, for one who waited there already,
// at its front.
func (q *queue) join(ctx context.Context, canFailOver, front bool) *waiter {
	var w *waiter
	if n := len(q.spare); n > 0 {
		w, q.spare = q.spare[n-1], q.spare[:n-1]
	} else {
		w = &waiter{ready: make(chan struct{}, 1)}
		w.node.Of = w
	}
	w.ctx, w.canFailOver = ctx, canFailOver
	if front {
		q.PushFront(&w.node)
	} else {
		q.PushBack(&w.node)
	}
	return w
}

// leave takes a waiter that gives up out of the queue. It returns the connection that
// it was given in this very moment, if it was.
func (q *queue) leave(w *waiter) *entry {
	if w.node.In() {
		q.Remove(&w.node)
	} else {
		<-w.ready // signalled under the mutex: it does not block
	}
	e := w.e
	q.recycle(w)
	return e
}

// recycle ends the use of a waiter that is in the queue no more.
func (q *queue) recycle(w *waiter) {
	w.e, w.err, w.ctx = nil, nil, nil
	if len(q.spare) < maxSpare {
		q.spare = append(q.spare, w)
	}
}

// serve ends the wait of one in the queue, with a connection or an error.
func (q *queue) serve(w *waiter, e *entry, err error) {
	q.Remove(&w.node)
	w.e, w.err = e, err
	w.ready <- struct{}{}
}

// serveFirst ends the wait of the first.
func (q *queue) serveFirst(e *entry) { q.serve(q.Front().Of, e, nil) }

// failAll ends the wait of all with an error.
func (q *queue) failAll(err error) {
	for w := range q.All() {
		q.serve(w, nil, err)
	}
}

// failOver ends the wait of those who can be served elsewhere; why is an errDegraded.
func (q *queue) failOver(why error) {
	for w := range q.All() {
		if w.canFailOver {
			q.serve(w, nil, why)
		}
	}
}

package pool

// waiter is a call in the line of a Limiter.
type waiter struct {
	rank       int           // of its priority
	passed     chan struct{} // closed when it has its token
	prev, next *waiter
	queued     bool
}

// list is a FIFO of waiters that anyone may leave. The zero value is empty.
type list struct {
	head, tail *waiter
	n          int
}

func (l *list) push(w *waiter) {
	w.prev, w.next, w.queued = l.tail, nil, true
	if l.tail == nil {
		l.head = w
	} else {
		l.tail.next = w
	}
	l.tail = w
	l.n++
}

// pop returns the first, or nil.
func (l *list) pop() *waiter {
	w := l.head
	if w != nil {
		l.remove(w)
	}
	return w
}

// remove reports whether w was in the list.
func (l *list) remove(w *waiter) bool {
	if !w.queued {
		return false
	}
	if w.prev == nil {
		l.head = w.next
	} else {
		w.prev.next = w.next
	}
	if w.next == nil {
		l.tail = w.prev
	} else {
		w.next.prev = w.prev
	}
	w.prev, w.next, w.queued = nil, nil, false
	l.n--
	return true
}

package pool

// chain is a doubly linked list whose links lie in its elements, so that joining
// and leaving costs no allocation. The zero value is empty.
type chain[T any] struct {
	head, tail *link[T]
	len        int
}

// link is an element's place in a list; of is the element.
type link[T any] struct {
	prev, next *link[T]
	in         bool
	of         T
}

func (l *chain[T]) pushBack(e *link[T])  { l.insert(e, l.tail, nil) }
func (l *chain[T]) pushFront(e *link[T]) { l.insert(e, nil, l.head) }

func (l *chain[T]) insert(e, prev, next *link[T]) {
	e.prev, e.next, e.in = prev, next, true
	if prev != nil {
		prev.next = e
	} else {
		l.head = e
	}
	if next != nil {
		next.prev = e
	} else {
		l.tail = e
	}
	l.len++
}

// remove takes e out of the list it is in.
func (l *chain[T]) remove(e *link[T]) {
	if e.prev != nil {
		e.prev.next = e.next
	} else {
		l.head = e.next
	}
	if e.next != nil {
		e.next.prev = e.prev
	} else {
		l.tail = e.prev
	}
	e.prev, e.next, e.in = nil, nil, false
	l.len--
}

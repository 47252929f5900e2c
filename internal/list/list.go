// Package list is a doubly linked list whose links lie in its elements, so that
// joining and leaving it costs no allocation: what waits in a line, and leaves it
// from the middle.
package list

import "iter"

// List is the list. The zero value is empty. It is not safe for concurrent use.
type List[T any] struct {
	head, tail *Node[T]
	len        int
}

// Node is an element's place in a list; Of is the element. The zero value is in none.
type Node[T any] struct {
	prev, next *Node[T]
	in         bool
	Of         T
}

// In reports whether the node is in a list.
func (n *Node[T]) In() bool { return n.in }

// Next is the node after this one, or nil.
func (n *Node[T]) Next() *Node[T] { return n.next }

// Prev is the node before this one, or nil.
func (n *Node[T]) Prev() *Node[T] { return n.prev }

// All gives the elements from the front on. The one that was given last may be
// removed meanwhile.
func (l *List[T]) All() iter.Seq[T] {
	return func(yield func(T) bool) {
		for n := l.head; n != nil; {
			of := n.Of
			n = n.next
			if !yield(of) {
				return
			}
		}
	}
}

// Len is how many nodes are in the list.
func (l *List[T]) Len() int { return l.len }

// Front is the first node, or nil.
func (l *List[T]) Front() *Node[T] { return l.head }

// Back is the last node, or nil.
func (l *List[T]) Back() *Node[T] { return l.tail }

// PushBack puts a node that is in no list at the end.
func (l *List[T]) PushBack(n *Node[T]) { l.insert(n, l.tail, nil) }

// PushFront puts a node that is in no list at the front.
func (l *List[T]) PushFront(n *Node[T]) { l.insert(n, nil, l.head) }

// InsertBefore puts a node that is in no list before one that is in this, or at the
// end if next is nil.
func (l *List[T]) InsertBefore(n, next *Node[T]) {
	if next == nil {
		l.PushBack(n)
		return
	}
	l.insert(n, next.prev, next)
}

func (l *List[T]) insert(n, prev, next *Node[T]) {
	n.prev, n.next, n.in = prev, next, true
	if prev != nil {
		prev.next = n
	} else {
		l.head = n
	}
	if next != nil {
		next.prev = n
	} else {
		l.tail = n
	}
	l.len++
}

// Remove takes a node out of the list that it is in.
func (l *List[T]) Remove(n *Node[T]) {
	if n.prev != nil {
		n.prev.next = n.next
	} else {
		l.head = n.next
	}
	if n.next != nil {
		n.next.prev = n.prev
	} else {
		l.tail = n.prev
	}
	n.prev, n.next, n.in = nil, nil, false
	l.len--
}

package surrealsql

import (
	"time"
	"unsafe"
)

// database/sql has a driver put each value of a row into an interface, and Go
// allocates what such an interface points to: half of what a page of rows costs.
// Boxes make room for many values in one allocation instead.
//
// An interface that is kept keeps its neighbours, so few values share a chunk and
// long strings share none: a value can hold back two kilobytes at the most, and
// only one that was scanned into an interface does, as all others are copied by
// Scan.

const (
	boxesPerChunk = 32
	maxSharedText = 64 // bytes of a string that has neighbours
)

// boxes belongs to one connection. A nil one boxes as Go does.
type boxes struct {
	keys    [64]string // of objects, each at the place that its bytes give it
	ints    chunk[int64]
	floats  chunk[float64]
	strings chunk[string]
	times   chunk[time.Time]
}

// chunk is room for values, of which some have theirs. Counting them stores no
// pointer, which costs more.
type chunk[T any] struct {
	room []T
	used int
}

// put stores a value where it stays for as long as somebody points to it.
func (c *chunk[T]) put(v T) *T {
	if c.used == len(c.room) {
		c.room, c.used = make([]T, boxesPerChunk), 0
	}
	p := &c.room[c.used]
	c.used++
	*p = v
	return p
}

// copied returns a copy of values that is the caller's, to change and to append to.
func (c *chunk[T]) copied(from []T) []T {
	n := len(from)
	if n == 0 {
		return nil
	}
	if n > len(c.room)-c.used {
		c.room, c.used = make([]T, max(n, boxesPerChunk)), 0
	}
	to := c.room[c.used : c.used+n : c.used+n]
	c.used += n
	copy(to, from)
	return to
}

func (b *boxes) int(v int64) any {
	if b == nil || uint64(v) < 256 { // Go has these ready
		return v
	}
	return pointingTo(intBox, unsafe.Pointer(b.ints.put(v)))
}

func (b *boxes) float(v float64) any {
	if b == nil {
		return v
	}
	return pointingTo(floatBox, unsafe.Pointer(b.floats.put(v)))
}

func (b *boxes) text(v string) any {
	if b == nil || len(v) > maxSharedText || v == "" {
		return v
	}
	return pointingTo(textBox, unsafe.Pointer(b.strings.put(v)))
}

func (b *boxes) time(v time.Time) any {
	if b == nil {
		return v
	}
	return pointingTo(timeBox, unsafe.Pointer(b.times.put(v)))
}

// key makes a string of an object's key. The objects of a result mostly have the
// same few keys, which are made once.
func (b *boxes) key(name []byte) string {
	if b == nil || len(name) == 0 || len(name) > maxSharedText {
		return string(name)
	}
	known := &b.keys[(int(name[0])+int(name[len(name)-1])*7+len(name)*31)%len(b.keys)]
	if *known != string(name) {
		*known = string(name)
	}
	return *known
}

// box is how Go lays out an interface without methods: its type and a pointer to
// its value, which is never written to. TestBoxesAreInterfacesLikeAnyOther would
// fail where that is not so.
type box struct{ kind, value unsafe.Pointer }

var (
	intBox   = kindOf(int64(0))
	floatBox = kindOf(float64(0))
	textBox  = kindOf("")
	timeBox  = kindOf(time.Time{})
)

func kindOf(v any) unsafe.Pointer { return (*box)(unsafe.Pointer(&v)).kind }

func pointingTo(kind, value unsafe.Pointer) (v any) {
	*(*box)(unsafe.Pointer(&v)) = box{kind, value}
	return v
}

// Package box makes many values at a time. database/sql has a driver put each value of
// a row into an interface, and Go allocates what such an interface points to: half of
// what a page of rows costs. An [Arena] makes room for many of them in one allocation, and
// for the bytes of many short strings in another.
//
// What is kept keeps its neighbours, so few values share an allocation and long strings share
// none: a string holds back 256 bytes at the most. A value holds back eight kilobytes with
// the strings beside it, and only one that was scanned into an interface does, as all others
// are copied by Scan.
//
// Go has no other way to make an interface of a pointer than package unsafe. With the
// build tag purego the arena leaves each value to Go, which allocates it by itself; strings
// share their bytes all the same. That tag leaves a single use of package unsafe in the
// driver: embedded fields whose type is not exported, to which package reflect denies access.
package box

const (
	maxSharedText = 64  // how long a string may be that has neighbours, in bytes
	perTexts      = 256 // how many bytes of strings are made at a time
)

// Arena makes interfaces of values. It belongs to one connection, and one goroutine may
// use it at a time. The zero Arena is ready to use; a nil one does as Go does.
type Arena struct {
	keys  [64]string // of objects, each at the place that its bytes give it
	texts Texts
	shared
}

// Texts makes the strings of the arena; those of a nil one share nothing.
func (a *Arena) Texts() *Texts {
	if a == nil {
		return nil
	}
	return &a.texts
}

// Key makes a string of an object's key. The objects of a result mostly have the
// same few keys, which are made once.
func (a *Arena) Key(name []byte) string {
	if a == nil || len(name) == 0 || len(name) > maxSharedText {
		return string(name)
	}
	known := &a.keys[place(name)%len(a.keys)]
	if *known != string(name) {
		*known = string(name)
	}
	return *known
}

// place is a hash of a key that costs less than to make the string again: of its first
// byte, its last one and its length. The factors are odd, so that each of the three by
// itself reaches every place, of which there are 64.
func place(name []byte) int { return int(name[0]) + int(name[len(name)-1])*7 + len(name)*31 }

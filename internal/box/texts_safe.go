//go:build purego

package box

import "strings"

// Texts makes many short strings in one allocation, one behind the other. One goroutine may use
// it at a time, and it must not be copied. The zero Texts is ready to use; a nil one does as Go
// does.
type Texts struct {
	bytes strings.Builder // whose strings are parts of one
	room  []byte
}

// String is a string of bytes. A long one shares nothing.
func (t *Texts) String(text []byte) string {
	if t == nil || uint(len(text)-1) >= maxSharedText {
		return string(text)
	}
	if len(text) > t.bytes.Cap()-t.bytes.Len() {
		t.bytes.Reset()
		t.bytes.Grow(perTexts)
	}
	from := t.bytes.Len()
	t.bytes.Write(text)
	return t.bytes.String()[from:]
}

// Room is where a string of about so many bytes can be put together. It is empty, and valid until
// the next call.
func (t *Texts) Room(int) []byte {
	if t == nil {
		return nil
	}
	if t.room == nil {
		t.room = make([]byte, 0, maxSharedText)
	}
	return t.room
}

// Keep is the string of what was appended to the last Room, which must not be used any more.
func (t *Texts) Keep(text []byte) string { return t.String(text) }

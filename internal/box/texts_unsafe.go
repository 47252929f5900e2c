//go:build !purego

package box

import "unsafe"

// Texts makes many short strings in one allocation, one behind the other. One goroutine may use
// it at a time. The zero Texts is ready to use; a nil one does as Go does.
type Texts struct {
	bytes []byte
	used  int // how many of them, or more
}

// String is a string of bytes. A long one shares nothing.
func (t *Texts) String(text []byte) string {
	if t == nil || uint(len(text)-1) >= maxSharedText {
		return string(text)
	}
	if len(text) > len(t.bytes)-t.used {
		t.bytes, t.used = make([]byte, perTexts), 0
	}
	to := t.bytes[t.used : t.used+len(text)]
	t.used += copy(to, text)
	return unsafe.String(unsafe.SliceData(to), len(to))
}

// Room is where a string of about so many bytes can be put together. It is empty, and valid until
// the next call.
func (t *Texts) Room(size int) []byte {
	if t == nil || size > maxSharedText {
		return nil
	}
	if size > len(t.bytes)-t.used {
		t.bytes, t.used = make([]byte, perTexts), 0
	}
	return t.bytes[t.used:t.used]
}

// Keep is the string of what was appended to the last Room, which must not be used any more. What
// had no room there lies elsewhere by now, and shares nothing.
func (t *Texts) Keep(text []byte) string {
	if t == nil || uint(len(text)-1) >= maxSharedText {
		return string(text)
	}
	t.used += len(text)
	return unsafe.String(unsafe.SliceData(text), len(text))
}

package surrealsql

import (
	"bytes"
	"crypto/sha256"
	"maps"

	"github.com/surrealsql/surrealsql/internal/shaped"
)

// A live query that is registered anew, because its session ends, is two for a while: the server
// tells of what changes meanwhile by both. Which is which, the reader knows by marks that lie
// among the notifications.

// twins tells the reader of a live query what it has read already. The zero value is for one that
// was registered once.
type twins struct {
	former liveID
	scope  shaped.Scope // of the blocks of the former one (4.0)
	seen   map[[sha256.Size]byte]int
	alone  bool // the former one is over
}

// The marks: the new live query is there, whose id was the one that follows; the former one is about
// to be killed; it is over. No notification begins so.
const (
	markBegins = 1
	markEnding = 2
	markEnds   = 3
)

func beginsAfter(former liveID) []byte { return append([]byte{markBegins}, former[:]...) }

// takeMark reports whether it is a mark, and takes it.
func (t *twins) takeMark(raw []byte) bool {
	switch raw[0] {
	case markBegins:
		copy(t.former[:], raw[1:])
		t.seen, t.alone = make(map[[sha256.Size]byte]int), false
	case markEnding:
		// What only the former one has told it alone has known of. From here on the new one may be
		// alone in telling, of changes that are alike.
		maps.DeleteFunc(t.seen, func(_ [sha256.Size]byte, n int) bool { return n < 0 })
	case markEnds:
		t.alone = true
	default:
		return false
	}
	return true
}

func (t *twins) begins(mark []byte) bool { return mark[0] == markBegins }

// isFormer reports whether a notification is of the former live query.
func (t *twins) isFormer(id liveID) bool { return t.seen != nil && bytes.Equal(t.former[:], id[:]) }

// told reports whether the other one has told of the same change. Once the former one is over, what
// the new one tells is new: two changes may be alike, and none must be lost.
func (t *twins) told(former bool, row []byte) bool {
	if t.seen == nil || t.alone && !former {
		return false
	}
	own := 1
	if former {
		own = -1
	}
	key := sha256.Sum256(row)
	n := t.seen[key]
	if n += own; n == 0 {
		delete(t.seen, key)
	} else {
		t.seen[key] = n
	}
	return n*own <= 0 // the other one was before
}

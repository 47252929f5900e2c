// Package textcache remembers what was made of texts, such as the analyses of queries.
//
// A program that builds its texts by pasting values into them would have such a cache
// grow without end. So it is bounded by the number of texts and by the bytes that they
// and what was made of them hold.
package textcache

import (
	"strings"
	"sync"
	"sync/atomic"
)

// MaxTexts is how many texts a generation of a cache holds.
const MaxTexts = 512

// Cache remembers what was made of texts. Reading takes no lock. It holds two
// generations: when the young one is full it becomes the old one, so a text that is
// in use survives, and one that is not is gone after two such rotations.
type Cache[V any] struct {
	young, old atomic.Pointer[generation]
	rotation   sync.Mutex
	limit      int64 // bytes of a generation
	read       func(text string) V
	size       func(v V, text string) int
}

// generation is texts that were remembered at about one time.
type generation struct {
	texts        sync.Map // of string to *entry[V]
	count, bytes atomic.Int64
}

type entry[V any] struct {
	v    V
	text string
	size int64
}

// entrySize is about what a map and the runtime need for an entry.
const entrySize = 256

// New returns an empty cache of what read makes of texts. limit bounds the bytes of one of
// its two generations; size says how many bytes v holds besides its text.
func New[V any](limit int64, read func(text string) V, size func(v V, text string) int) *Cache[V] {
	c := &Cache[V]{limit: limit, read: read, size: size}
	c.young.Store(new(generation))
	c.old.Store(new(generation))
	return c
}

// Get returns what was made of a text. It is made once, or each time of a text that is
// too large to be kept: kept is false then.
func (c *Cache[V]) Get(text string) (v V, kept bool) {
	young := c.young.Load()
	if e, ok := young.texts.Load(text); ok {
		return e.(*entry[V]).v, true
	}
	e, kept := c.find(text)
	if !kept {
		return e.v, false
	}
	if _, loaded := young.texts.LoadOrStore(e.text, e); !loaded {
		if count, bytes := young.count.Add(1), young.bytes.Add(e.size); count > MaxTexts || bytes > c.limit {
			c.rotate(young)
		}
	}
	return e.v, true
}

// find takes a text from the old generation, or reads it.
func (c *Cache[V]) find(text string) (e *entry[V], kept bool) {
	if e, ok := c.old.Load().texts.Load(text); ok {
		return e.(*entry[V]), true
	}
	largest := c.limit / 8 // that one text may not drive out all others
	if int64(len(text)) > largest {
		return &entry[V]{v: c.read(text)}, false
	}
	text = strings.Clone(text) // it may be a part of what is much larger
	e = &entry[V]{v: c.read(text), text: text}
	e.size = int64(len(text) + c.size(e.v, text) + entrySize)
	return e, e.size <= largest
}

// rotate makes full the old generation, if it is still the young one.
func (c *Cache[V]) rotate(full *generation) {
	c.rotation.Lock()
	defer c.rotation.Unlock()
	if c.young.Load() == full {
		c.old.Store(full)
		c.young.Store(new(generation))
	}
}

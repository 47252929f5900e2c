package shaped

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// The shapes that were announced.

// Scope holds the shapes that one answer, one stream or one live query has announced, by
// their ids. The zero Scope holds none.
type Scope struct {
	// Likely is a shape that will be announced with the same bytes as before, most likely:
	// it is not made a second time then. It may be nil.
	Likely *Shape

	first   uint32 // the id of the shape that most scopes have as their only one
	only    *Shape // nil where there is none
	others  map[uint32]*Shape
	content int // bytes of all announcements
}

// maxContent bounds what the announcements of a scope take, which may be open for as long as
// a live query. The server makes some twenty for a statement at the most (4.0.0-beta.1).
const maxContent = 64 << 20

// Reset forgets all shapes, and takes the first of them for likely.
func (s *Scope) Reset() {
	if s.only != nil {
		*s = Scope{Likely: s.only}
	}
}

// Clone returns a scope with the same shapes, which goes its own way.
func (s *Scope) Clone() Scope {
	c := *s
	c.others = nil
	for id, shape := range s.others {
		c.put(id, shape)
	}
	return c
}

// Shape returns the shape with an id, or nil.
func (s *Scope) Shape(id uint32) *Shape {
	if id == s.first {
		return s.only
	}
	return s.others[id]
}

// First returns the shape that was announced first, or nil.
func (s *Scope) First() *Shape { return s.only }

// Announce takes the payload of an announcement: an id, and the shape. One that is announced
// again takes the place of the one before.
func (s *Scope) Announce(payload []byte) error {
	if len(payload) < 4 {
		return errors.New("an announcement without the id of its shape")
	}
	id, announced := u32(payload), payload[4:]
	known := s.Shape(id)
	switch {
	case known != nil && known.announced == string(announced):
		return nil
	case s.Likely != nil && s.Likely.announced == string(announced):
		s.put(id, s.Likely)
		return nil
	case known == nil && len(s.others)+1 >= maxShapes:
		return fmt.Errorf("more than %d shapes", maxShapes)
	}
	if s.content += len(announced); s.content > maxContent {
		return fmt.Errorf("shapes of more than %d bytes in one answer", maxContent)
	}
	shape, err := parseShape(announced)
	if err != nil {
		return err
	}
	s.put(id, shape)
	return nil
}

func (s *Scope) put(id uint32, shape *Shape) {
	if s.only == nil || s.first == id {
		s.first, s.only = id, shape
		return
	}
	if s.others == nil {
		s.others = make(map[uint32]*Shape)
	}
	s.others[id] = shape
}

func u32(b []byte) uint32 { return binary.LittleEndian.Uint32(b) }

package box

// Slab makes room for many values of one type in one allocation. The zero Slab is
// ready to use, by one goroutine at a time.
type Slab[T any] struct {
	room []T
	used int // a count, because to store a pointer costs more
}

// perSlab is how many values are made at a time.
const perSlab = 32

// Put stores a value where it stays for as long as somebody points to it.
func (s *Slab[T]) Put(v T) *T {
	if s.used == len(s.room) {
		s.room, s.used = make([]T, perSlab), 0
	}
	p := &s.room[s.used]
	s.used++
	*p = v
	return p
}

// Copy returns a copy of values that is the caller's, to change and to append to.
func (s *Slab[T]) Copy(from []T) []T {
	n := len(from)
	if n == 0 {
		return nil
	}
	if n > len(s.room)-s.used {
		s.room, s.used = make([]T, max(n, perSlab)), 0
	}
	to := s.room[s.used : s.used+n : s.used+n]
	s.used += n
	copy(to, from)
	return to
}

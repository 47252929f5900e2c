package surrealql

// Which names a text needs values for. The server binds NONE to a name that has
// no value and says nothing, so a name counts as given only where the server
// sees it: a LET in a block, in a branch of an IF, in a FOR or in a closure ends
// there, and one in BEGIN … CANCEL with the CANCEL (4.0; 3.x keeps it).

// Need is a parameter that must have a value when the text runs.
type Need struct {
	Name string
	// Uses is how many USE statements stand before the use: DEFINE PARAM belongs
	// to the database that they select.
	Uses int
	// Gone tells that the text itself removes it before (REMOVE PARAM).
	Gone bool
	// Special tells that the name is one of those that have a value only within
	// definitions, and that no argument can have.
	Special bool
}

// paramSet gathers the parameters a text uses and does not itself assign.
type paramSet struct {
	free   []string
	stored []string // those of free that only definitions use
	needs  []Need
	kept   []string // names, _n for ordinals, that definitions keep
	stale  []string // names of LET that definitions keep

	seen  map[string]*paramUse
	bound map[string]int // the names that have a value here, and the level that gave it
	undo  []binding
	level int
	uses  int // USE statements so far

	defined []string // by DEFINE PARAM, in the database that is used

	storing bool // what comes is kept by name in a definition
	floor   int  // while storing: names of lower levels are not seen by what is kept
	live    bool // a live query looks at a change here
	input   bool // $input is what an INSERT inserts
	output  bool // $before and $after are the record that a write returns
}

type paramUse struct {
	plain, stored, kept, gone, stale bool

	needed int // uses + 1 of the last Need
}

type binding struct {
	name  string
	level int // that had given it a value before; 0 is none
}

// open begins a scope, and returns what close needs.
func (s *paramSet) open() int {
	s.level++
	return len(s.undo)
}

// close ends a scope: what it gave names goes with it.
func (s *paramSet) close(mark int) {
	s.level--
	s.back(mark)
}

func (s *paramSet) back(mark int) {
	for len(s.undo) > mark {
		last := s.undo[len(s.undo)-1]
		s.undo = s.undo[:len(s.undo)-1]
		if last.level == 0 {
			delete(s.bound, last.name)
		} else {
			s.bound[last.name] = last.level
		}
	}
}

// assign makes a name known as given, up to the end of the scope.
func (s *paramSet) assign(name string) {
	if name == "" {
		return
	}
	if s.bound == nil {
		s.bound = make(map[string]int)
	}
	s.undo = append(s.undo, binding{name, s.bound[name]})
	s.bound[name] = s.level + 1
}

// everywhere is the level of what DEFINE PARAM gives a value: definitions see it.
const everywhere = 1 << 30

// define makes a name known as one of the database's.
func (s *paramSet) define(name string) {
	if s.assign(name); name != "" {
		s.bound[name] = everywhere
		s.defined = append(s.defined, name)
	}
}

// remove makes a name of the database unknown.
func (s *paramSet) remove(name string) {
	if name == "" {
		return
	}
	if s.bound[name] == everywhere {
		delete(s.bound, name)
	}
	u := s.of(name)
	if !u.plain && !u.stored {
		s.free = append(s.free, name)
	}
	if !u.kept {
		s.kept = append(s.kept, name) // an argument is not what is removed
	}
	u.stored, u.kept, u.gone, u.needed = true, true, true, 0
}

// change notes a USE: what the database before it defined is gone.
func (s *paramSet) change() {
	s.uses++
	for _, name := range s.defined {
		if s.bound[name] == everywhere {
			delete(s.bound, name)
		}
	}
	s.defined = s.defined[:0]
}

// gives reports whether the text gives the name a value, by LET, FOR or as an argument
// of its own functions and closures.
func (s *paramSet) gives(name string) bool {
	level := s.bound[name]
	return level > 0 && level < everywhere
}

// use notes a name whose value is asked for here.
func (s *paramSet) use(name string) {
	if level := s.bound[name]; level > 0 {
		if s.storing && level <= s.floor {
			if u := s.of(name); !u.stale {
				u.stale = true
				s.stale = append(s.stale, name)
			}
		}
		if !s.storing || level > s.floor {
			return
		}
	}
	if special[name] {
		if s.lacks(name) {
			s.need(name, s.of(name))
		}
		return
	}
	u := s.of(name)
	if !u.plain && !u.stored {
		s.free = append(s.free, name)
	}
	if s.storing {
		u.stored = true
		s.keep(name)
		return
	}
	u.plain = true
	s.need(name, u)
}

// lacks reports whether the server has no value here for one of its own names.
func (s *paramSet) lacks(name string) bool {
	switch {
	case !within[name], s.storing, s.live:
		return false
	case name == "input":
		return !s.input
	case name == "before", name == "after":
		return !s.output
	}
	return true
}

func (s *paramSet) need(name string, u *paramUse) {
	if u.needed == s.uses+1 {
		return
	}
	u.needed = s.uses + 1
	s.needs = append(s.needs, Need{name, s.uses, u.gone, special[name]})
}

// keep notes a name that a definition keeps.
func (s *paramSet) keep(name string) {
	if !s.storing {
		return
	}
	if u := s.of(name); !u.kept {
		u.kept = true
		s.kept = append(s.kept, name)
	}
}

func (s *paramSet) of(name string) *paramUse {
	u := s.seen[name]
	if u == nil {
		if s.seen == nil {
			s.seen = make(map[string]*paramUse)
		}
		u = new(paramUse)
		s.seen[name] = u
	}
	return u
}

// storedOnly lists the names that only definitions use.
func (s *paramSet) storedOnly() []string {
	for _, name := range s.free {
		if !s.seen[name].plain {
			s.stored = append(s.stored, name)
		}
	}
	return s.stored
}

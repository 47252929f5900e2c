package surrealql

import "strconv"

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
	// Removed tells that the text itself removes it before (REMOVE PARAM).
	Removed bool
	// Reserved tells that the name is one of those that have a value only within
	// definitions, and that no argument can have.
	Reserved bool
}

// paramSet gathers the parameters a text uses and does not itself assign.
type paramSet struct {
	ordinals []Placeholder
	question int // the first ? where an operand is due, or -1
	zero     int // the first $0 or $01, which the server cannot lex and we do not number, or -1

	free  []string // the names that the text does not assign
	needs []Need
	kept  []string // names, _n for ordinals, that definitions keep
	stale []string // names of LET that definitions keep

	used  map[string]*paramUse // what was noted of each name
	bound map[string]int       // the names that have a value here, and the level that gave it
	undo  []binding
	level int
	uses  int // USE statements so far

	defined []string // by DEFINE PARAM, in the database that is used

	keeping   bool // what comes is kept by name in a definition
	keptLevel int  // while keeping: names of this level and lower ones are not seen

	inLiveQuery bool // a live query looks at a change here
	hasInput    bool // $input is what an INSERT inserts
	hasOutput   bool // $before and $after are the record that a write returns

	foreign   int // parameters taken that have no value from the text
	lastGiven int // the end of the last one that has
}

// paramUse tells of a name which of the lists above have it.
type paramUse struct {
	free, kept, removed, stale bool

	needed int // uses + 1 at the last Need; 0 for none
}

// binding is what a name was before it was given a value.
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
	s.undoTo(mark)
}

// undoTo takes back what was assigned since the mark.
func (s *paramSet) undoTo(mark int) {
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
	u := s.freeName(name)
	if !u.kept {
		s.kept = append(s.kept, name) // an argument is not what is removed
	}
	u.kept, u.removed, u.needed = true, true, 0
}

// leaveDatabase notes a USE: what the database before it defined is gone.
func (s *paramSet) leaveDatabase() {
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

// take notes a parameter of the text, by its token and its name without the $, or the
// ordinal it stands for.
func (s *paramSet) take(t token, name string) {
	if t.kind == tOrdinal {
		n, _ := strconv.Atoi(name)
		s.ordinals = append(s.ordinals, Placeholder{N: n, Pos: t.pos, Bare: true})
		if s.keeping {
			s.keep("_" + name)
		}
		return
	}
	if n := ordinalName(name); n > 0 {
		s.ordinals = append(s.ordinals, Placeholder{N: n, Pos: t.pos})
		s.keep(name)
		return
	}
	s.takeName(name)
	if s.gives(name) {
		s.lastGiven = t.end
	}
}

// takeName notes a name, and counts it where the text gives it no value.
func (s *paramSet) takeName(name string) {
	if s.use(name); !s.gives(name) {
		s.foreign++
	}
}

// noteQuestion notes a ? where an operand is due, which SurrealQL does not
// have and other databases use as a placeholder.
func (s *paramSet) noteQuestion(t token) {
	if s.question < 0 {
		s.question = t.pos
	}
}

// noteZero notes $0, $01 and the like.
func (s *paramSet) noteZero(t token) {
	if s.zero < 0 {
		s.zero = t.pos
	}
}

// use notes a name whose value is asked for here.
func (s *paramSet) use(name string) {
	if level := s.bound[name]; level > 0 {
		if s.keeping && level <= s.keptLevel {
			if u := s.useOf(name); !u.stale {
				u.stale = true
				s.stale = append(s.stale, name)
			}
		}
		if !s.keeping || level > s.keptLevel {
			return
		}
	}
	if reserved[name] {
		if s.lacks(name) {
			s.need(name, s.useOf(name))
		}
		return
	}
	u := s.freeName(name)
	if s.keeping {
		s.keep(name)
		return
	}
	s.need(name, u)
}

// lacks reports whether the server has no value here for one of its own names.
func (s *paramSet) lacks(name string) bool {
	switch {
	case !ofDefinitions[name], s.keeping, s.inLiveQuery:
		return false
	case name == "input":
		return !s.hasInput
	case name == "before", name == "after":
		return !s.hasOutput
	}
	return true
}

// need notes that the name must have a value here.
func (s *paramSet) need(name string, u *paramUse) {
	if u.needed == s.uses+1 {
		return
	}
	u.needed = s.uses + 1
	s.needs = append(s.needs, Need{name, s.uses, u.removed, reserved[name]})
}

// keep notes a name that a definition keeps.
func (s *paramSet) keep(name string) {
	if !s.keeping {
		return
	}
	if u := s.useOf(name); !u.kept {
		u.kept = true
		s.kept = append(s.kept, name)
	}
}

// freeName notes that the name is one of those the text does not assign.
func (s *paramSet) freeName(name string) *paramUse {
	u := s.useOf(name)
	if !u.free {
		u.free = true
		s.free = append(s.free, name)
	}
	return u
}

func (s *paramSet) useOf(name string) *paramUse {
	u := s.used[name]
	if u == nil {
		if s.used == nil {
			s.used = make(map[string]*paramUse)
		}
		u = new(paramUse)
		s.used[name] = u
	}
	return u
}

package surrealql

// Counting says how many records the result of a statement stands for.
type Counting uint8

const (
	// CountNothing: the statement writes no records.
	CountNothing Counting = iota
	// CountElements: the result is an array with one element a record.
	CountElements
	// CountOne: NONE is no record, anything else is one, NULL too.
	CountOne
	// CountFound: anything but NONE is one record, and NONE may be one or none.
	CountFound
	// CountUnknown: it may have written records, and the result does not tell them.
	CountUnknown
)

var countingNames = [...]string{"CountNothing", "CountElements", "CountOne", "CountFound", "CountUnknown"}

// String returns the name of the rule.
func (c Counting) String() string { return nameOf(countingNames[:], int(c)) }

// Counting returns how RowsAffected is counted from the result of ExecText.
func (s *Statement) Counting() Counting {
	if s.inParens || s.Kind == Return {
		return s.unlessWriting(s.held)
	}
	switch s.Kind {
	case Create, Insert, Update, Upsert, Relate, Delete:
	case Access, Alter, Begin, Cancel, Commit, Define, Kill, Live, Option, Rebuild, Remove, Use:
		return CountNothing // whatever they change, it is no record
	case Explain:
		if !s.ran {
			return CountNothing
		}
		fallthrough
	default:
		return s.unlessWriting(CountNothing)
	}
	switch {
	case s.Explained && !s.ran:
		return CountNothing
	case s.Explained, s.lost, s.afterImport:
		return CountUnknown
	case s.returning == kwNone, s.Kind == Delete && !s.Returning && s.returnPos < 0:
		return CountUnknown // nothing comes, whatever they did
	case s.Projection.Shape != One:
		return CountElements
	case s.mayBeNone():
		return CountFound
	}
	return CountOne
}

// mayBeNone reports whether a record that was written may show as NONE.
func (s *Statement) mayBeNone() bool {
	switch s.returning {
	case kwBefore:
		return s.Kind != Update && s.Kind != Delete
	case kwAfter:
		return s.Kind == Delete
	case kwNull, kwDiff:
		return false
	}
	return s.Returning && s.Projection.Form == Value
}

// unlessWriting returns how, but CountUnknown where the statement may have written
// records that how does not count.
func (s *Statement) unlessWriting(how Counting) Counting {
	switch {
	case !s.MayWrite, s.Explained && !s.ran:
		return how
	case how == CountNothing, s.lost, s.afterImport:
		return CountUnknown
	}
	return how
}

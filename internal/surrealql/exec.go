package surrealql

import "strings"

// ExecText returns the rewritten text for a caller who wants no records back:
// each writing statement at the top of the text that does not say RETURN is
// given RETURN VALUE id, and DELETE RETURN VALUE $before.id, so that the ids
// come back and can be counted. Everything else is left alone: statements that
// say RETURN, that EXPLAIN, that stand in blocks, parentheses, IF, FOR, LET or
// RETURN, and those not understood to their end.
//
// Measured on 3.0.2: the count is that of the records for CREATE, INSERT (with
// IGNORE, RELATION and ON DUPLICATE KEY UPDATE; INSERT IGNORE answers a record
// that was there already, with and without the clause), RELATE, UPDATE, UPSERT and
// DELETE; with ONLY one id comes, or NONE. DELETE ONLY without RETURN is
// refused by 2.x and works with the clause.
func (q *Query) ExecText() string {
	grown := 0
	for i := range q.Statements {
		if q.Statements[i].insert >= 0 {
			grown += len(returnBefore)
		}
	}
	if grown == 0 {
		return q.Rewritten
	}
	var b strings.Builder
	b.Grow(len(q.Rewritten) + grown)
	from, bare := 0, q.Placeholders
	copyTo := func(to int) {
		for len(bare) > 0 && bare[0].Pos < to {
			if bare[0].Bare {
				b.WriteString(q.Text[from : bare[0].Pos+1])
				b.WriteByte('_')
				from = bare[0].Pos + 1
			}
			bare = bare[1:]
		}
		b.WriteString(q.Text[from:to])
		from = to
	}
	for i := range q.Statements {
		if s := &q.Statements[i]; s.insert >= 0 {
			copyTo(s.insert)
			b.WriteString(s.clause())
		}
	}
	copyTo(len(q.Text))
	return b.String()
}

const (
	returnID     = " RETURN VALUE id"
	returnBefore = " RETURN VALUE $before.id"
)

func (s *Statement) clause() string {
	if s.Kind == Delete {
		return returnBefore
	}
	return returnID
}

// Counting says how many records the result of a statement stands for.
type Counting uint8

const (
	// CountNothing: the statement writes no records, or answers something else.
	CountNothing Counting = iota
	// CountElements: the result is an array with one element a record.
	CountElements
	// CountOne: the result is one record, or NONE (or, after RETURN NONE, always
	// NONE).
	CountOne
)

// Counting returns how RowsAffected is counted from the result of ExecText.
func (s *Statement) Counting() Counting {
	switch s.Kind {
	case Create, Insert, Update, Upsert, Relate, Delete:
	case Return:
		return s.returned
	default:
		return CountNothing
	}
	switch {
	case s.Explained:
		return CountNothing
	case s.Projection.Shape == One:
		return CountOne
	}
	return CountElements
}

package surrealql

import "slices"

// Query is what a text turned out to hold. It is immutable and may be shared
// between goroutines.
type Query struct {
	// Text is the text as given.
	Text string
	// Rewritten is the text with each $1 made $_1, and an alias for columns that the
	// server answers unreadably without one; the same string when there was none.
	Rewritten string
	// Ordinals is the highest ordinal used, as $n or $_n.
	Ordinals int
	// Placeholders are the uses of ordinals in the order of the text.
	Placeholders []Placeholder
	// Params are the names the text uses and does not assign, in the order of
	// their first use, without reserved ones and those of ordinals. One
	// that no argument is bound to need not be a mistake: DEFINE PARAM and a
	// variable of the session also give values.
	Params []string
	// Needs are the parameters that must have a value when the text runs, each
	// once for the database that is used there. Those of Params that are not among
	// them are only kept by definitions, by name.
	Needs []Need
	// Kept are the names, _n for ordinals, that a definition keeps: an argument
	// of that name would not be what the definition means later.
	Kept []string
	// Stale are the names that the text gives a value by LET or FOR, and that a
	// definition keeps by name all the same.
	Stale []string
	// Unused is the first of the ordinals up to Ordinals that is not used, or 0.
	Unused int
	// QuestionMark is the offset of the first ? that stands where an operand is due,
	// as a placeholder of other databases would, or -1.
	QuestionMark int
	// ZeroOrdinal is the offset of the first $0, $01 and the like, which are no
	// ordinals, or -1.
	ZeroOrdinal int
	// Commas are the offsets of the commas that part expressions in parentheses,
	// which hold no list in SurrealQL, but may hold a point.
	Commas []int
	// Statements are the statements of the text in order, without empty ones.
	Statements []Statement

	paramIndex map[string]int // of Params, where they are many
}

// fewParams is up to how many names are compared one by one.
const fewParams = 16

// indexParams makes Param fast where the names are many.
func (q *Query) indexParams() {
	if len(q.Params) <= fewParams {
		return
	}
	q.paramIndex = make(map[string]int, len(q.Params))
	for i, name := range q.Params {
		q.paramIndex[name] = i
	}
}

// Param returns the index of a name in Params, or -1.
func (q *Query) Param(name string) int {
	if q.paramIndex == nil {
		return slices.Index(q.Params, name)
	}
	if i, ok := q.paramIndex[name]; ok {
		return i
	}
	return -1
}

package surrealql

import (
	"slices"
	"strings"
)

// Projection is how the result of a statement is laid out as rows.
type Projection struct {
	Form  Form
	Shape Shape
	// Columns are the columns in the author's order, for the form Columns.
	Columns []Column

	static   []Path
	ofSelect bool // it is that of a SELECT
	ofReturn bool // it is the RETURN of a write
}

// Column is one column of an explicit projection.
type Column struct {
	// Name is what the column is called: its alias; for a field the path to it
	// ("b.c"; indexes, filters and methods do not show, as in the server's own
	// keys); for a call the path of the function ("count", "math::sum"); for a
	// parameter its name; else the author's text, comments removed and blanks
	// made one. It does not depend on the rows.
	Name string

	pos, end int // the offsets of the expression in the text, without alias

	// source is the expression as the author wrote it, with its alias: columns of
	// the same source are the same column.
	source string
	// rendered tells that the server's key is a rendering of the expression.
	rendered bool
	// candidates are the paths where the server may put the value, likeliest first.
	candidates [][]step
	// keyUnknown tells that the key cannot be told from the text at all, or is a
	// rendering of the expression, so that the one key left over may be its.
	keyUnknown bool
	// mayBeRow tells that a row may be the value itself.
	mayBeRow bool
	// startsWithValue tells that it is an idiom that begins with a value, not a field.
	startsWithValue bool
	// sentAlias is the alias that Rewritten gives it, or "".
	sentAlias string
}

// addAliases gives an alias to the columns whose values would not be found otherwise:
// a lone parameter, which 3.0.2 answers as the row itself, so that an object with a key
// of its name cannot be told from a row; and in the RETURN of a write an idiom that
// begins with a value ($before.n, person:1.name), which is lost up to 3.3.5 at least
// (all measured; 4.0.0-beta.1 answers both).
func (pr *Projection) addAliases() {
	for i := range pr.Columns {
		c := &pr.Columns[i]
		switch {
		case pr.ofSelect && c.mayBeRow && len(pr.Columns) == 1:
			c.sentAlias = c.candidates[0][0].text
		case pr.ofReturn && c.startsWithValue:
			c.sentAlias = pr.unusedName()
			c.candidates, c.keyUnknown = [][]step{plainStep(c.sentAlias)}, false
		}
	}
}

// unusedName is a name that no column has.
func (pr *Projection) unusedName() string {
	name := "_c"
	taken := func(c Column) bool {
		return strings.HasPrefix(c.Name, name) || strings.HasPrefix(c.sentAlias, name)
	}
	for slices.ContainsFunc(pr.Columns, taken) {
		name += "_"
	}
	return name
}

// Path leads from a row to a value: the keys to follow, from the outside in.
// An empty Path is the row itself. Where a step meets no object, or an object
// without the key, the value is nil.
type Path []string

// step is one key of a path that may lead to a value: the key itself, or, with expr,
// what the key is a rendering of.
type step struct {
	text string
	expr bool
}

func plainSteps(names []string) []step {
	steps := make([]step, len(names))
	for i, n := range names {
		steps[i].text = n
	}
	return steps
}

func plainStep(name string) []step { return []step{{text: name}} }

// dotted is how the server takes a name or a rendering with dots for a path,
// unless it has blanks or brackets (measured on 3.0.2, read up to main).
func dotted(name string) []step {
	if !strings.Contains(name, ".") || strings.ContainsAny(name, "[( ") {
		return nil
	}
	return plainSteps(strings.Split(name, "."))
}

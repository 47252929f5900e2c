package surrealql

import (
	"strconv"
	"strings"
)

// Placeholder is one use of an ordinal argument.
type Placeholder struct {
	N   int // the ordinal, from 1
	Pos int // byte offset of its $ in the text
	// Bare tells $1, which is rewritten, from $_1, which the server takes as is.
	Bare bool
}

// Name is one place of a text that names a parameter, as $name or $`name`, whether the text
// asks for its value or gives it one. Ordinals are no names: see Query.Placeholders.
type Name struct {
	Name     string
	Pos, End int // from the $ on
}

// maxOrdinalDigits bounds the n of $n; a longer one is left for the server to
// refuse.
const maxOrdinalDigits = 5

// IsOrdinal reports whether a name is one that an ordinal argument is bound as: _1.
func IsOrdinal(name string) bool { return ordinalName(name) > 0 }

// ordinalName returns the n of the name _n that ordinal n is bound as, or 0.
func ordinalName(name string) int {
	digits, ok := strings.CutPrefix(name, "_")
	if !ok || len(digits) == 0 || len(digits) > maxOrdinalDigits || digits[0] == '0' {
		return 0
	}
	n, err := strconv.Atoi(digits)
	if err != nil || n < 1 || strings.ContainsAny(digits, "+-") {
		return 0
	}
	return n
}

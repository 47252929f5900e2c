package surrealsql

import (
	"slices"
	"strings"

	"github.com/surrealsql/surrealsql/internal/surrealql"
)

// What a text does in a few words, and texts without secrets or values: for a [Tracer]'s
// spans and metrics.

// Outline says in a few words what a text does.
type Outline struct {
	// Operation is the keyword of its statements, such as "SELECT" or "DEFINE TABLE"; ""
	// where they are of several kinds, or there is none. An expression by itself, or a
	// block, is a "RETURN".
	Operation string
	// Table is the one that its statements name as what they read or write, without the
	// key of a record; "" where they name none or several, or one has it from a value.
	// What stands in subqueries and blocks is not looked at.
	Table string
	// Summary has each statement's keyword and tables, "CREATE sale; UPDATE stock", without
	// those that say the same as the one before, in at most 255 bytes.
	Summary string
	// Statements is how many there are.
	Statements int
}

// maxSummary is what OpenTelemetry allows a summary.
const maxSummary = 255

// OutlineOf reads a text and says what it does. Like the driver it does so for each text
// anew that it has not seen: keep what it says of texts that come again.
func OutlineOf(text string) Outline {
	all := surrealql.Analyze(text).Outlines()
	o := Outline{Statements: len(all)}
	var tables []string
	last, full := "", false
	for i := range all {
		s := &all[i]
		switch {
		case i == 0:
			o.Operation = s.Operation
		case o.Operation != s.Operation:
			o.Operation = ""
		}
		tables = append(tables, s.Tables...)
		words := strings.Join(append([]string{s.Operation}, s.Tables...), " ")
		if words == last || full {
			continue
		}
		last = words
		if o.Summary != "" {
			words = "; " + words
		}
		if full = len(o.Summary)+len(words) > maxSummary; !full {
			o.Summary += words
		}
	}
	slices.Sort(tables)
	unnamed := slices.ContainsFunc(all, func(s surrealql.Outline) bool { return len(s.Tables) == 0 })
	if tables = slices.Compact(tables); len(tables) == 1 && !unnamed {
		o.Table = tables[0]
	}
	return o
}

// WithoutLiterals returns the text with a question mark for each string, number and the
// like, for the key of a record, and for the body of a script, and without comments. Names
// of tables, fields, functions and parameters stay. The text need not be one that the
// server understands: where it cannot be read on, the rest is one question mark.
func WithoutLiterals(text string) string { return surrealql.HideLiterals(text) }

// WithoutSecrets returns the text with an ellipsis for each password and key of a
// definition, as it is logged: after PASSWORD, PASSHASH, PASSSCRAM and KEY.
func WithoutSecrets(text string) string { return surrealql.HideSecrets(text) }

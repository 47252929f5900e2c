package surrealsql

import (
	"regexp"
	"slices"
	"strings"

	"github.com/surrealsql/surrealsql/internal/errtext"
)

// A hint says what to do about a server's error, in words of Go and of this driver,
// which the server does not know. It is given only where the message leaves no doubt of
// what went wrong. It never has a value in it: it goes where errors go.

// hint is what the error's message tells by itself; what the text of a query tells is
// parseHint, and what a sign-in tells, login.
func (e *Error) hint(m errtext.Match) string {
	wanted, value := m.Part("type"), m.Part("value")
	switch {
	case !m.Sure:
		return ""
	case strings.Contains(e.Message, "Could not cast into `"), strings.HasPrefix(e.Message, "Couldn't coerce return value "):
		return "" // the text says how it is made, not the argument
	case wanted != "" && value != "":
		return coerceHint(wanted, value, e.Field != "")
	case m.Part("statement") != "" || strings.HasPrefix(e.Message, "Cannot execute "):
		return targetHint(m.Part("statement"), value, e.Field)
	case strings.HasPrefix(e.Message, "Cannot use ") && !strings.HasPrefix(value, "{"):
		return "the clause takes an object: pass a map or a struct"
	case strings.HasPrefix(e.Message, "Specify a namespace"), strings.HasPrefix(e.Message, "Specify a database"):
		return "name both in the DSN: surrealdb://host/namespace/database, or call Conn.Use"
	case strings.HasPrefix(e.Message, "You don't have permission to change to the "):
		return "a user of one namespace or database may use no other: see the keys ns and db of the DSN"
	case e.Kind == "NotFound" && strings.HasPrefix(e.Message, "The table "):
		return "the first record makes a table, or DEFINE TABLE does; is it in this namespace and database?"
	case strings.HasPrefix(e.Message, "Cannot perform subtraction with 'record' and 'table'"),
		strings.HasPrefix(e.Message, "Cannot perform subtraction with 'table' and 'table'"):
		return "a name with a - in it is written in backticks, as in person:`a-b`, or passed as a surrealsql.RecordID or surrealsql.Table"
	}
	return ""
}

// isText reports whether a value, as SurrealQL writes it, is a string.
func isText(value string) bool {
	return strings.HasPrefix(value, "'") || strings.HasPrefix(value, `"`)
}

var numeral = regexp.MustCompile(`^-?[0-9][0-9_]*(\.[0-9]+)?([eE][-+]?[0-9]+)?(f|dec)?$`)

// inGo is how a Go program sends a value of that type, where it was a text.
var inGo = map[string]string{
	"datetime": "a datetime is sent as time.Time and written d'2024-05-06T07:08:09Z'",
	"duration": "a duration is sent as time.Duration and written 1h30m",
	"uuid":     "a uuid is sent as surrealsql.UUID, or as a type made of [16]byte, and written u'…'",
	"decimal":  "a decimal is sent as surrealsql.Decimal and written 12.50dec",
	"int":      "a whole number is sent as int or int64, or made of a text by <int>$1",
	"float":    "a float is sent as float64, or made of a text by <float>$1",
	"number":   "a number is sent as int64, float64 or surrealsql.Decimal, or made of a text by <number>$1",
	"bool":     "a bool is sent as bool",
	"bytes":    "bytes are sent as []byte, or made of a text by <bytes>$1",
	"array":    "an array is sent as a slice and written [ … ]",
	"set":      "a set is sent as surrealsql.Set, or as a slice that <set>$1 makes one of",
	"object":   "an object is sent as a map or a struct and written { … }",
	"record":   "a record id is sent as surrealsql.RecordID, which surrealsql.ParseRecordID makes of a text, and written person:1",
	"table":    "a table is sent as surrealsql.Table",
	"file":     "a file is sent as surrealsql.File",
	"range":    "a range is sent as surrealsql.Range and written 1..5",
	"point":    "a point is sent as models.GeometryPoint and written (1.5, 2.5)",
	"geometry": "a geometry is sent as one of the models.Geometry types",
	"function": "a function is written as |$x| … in the text; it cannot be an argument",
}

// coerceHint is the hint for a value that is of another type than the one wanted.
func coerceHint(wanted, value string, field bool) string {
	types := errtext.Alternatives(wanted)
	for i, t := range types {
		types[i], _, _ = strings.Cut(t, "<") // option<int>
	}
	takes := func(name string) bool { return slices.Contains(types, name) }
	switch {
	case value == "NULL" && (takes("none") || takes("option")):
		return "it may be NONE but not NULL, which a nil argument is: pass surrealsql.None, or set null=none in the DSN"
	case value == "NONE" && field:
		return "the record gives it no value"
	case numeral.MatchString(value) && takes("string"):
		return "a string is sent as string, or made of a number by <string>$1"
	case isText(value):
		for _, t := range types {
			if how := inGo[t]; how != "" {
				return how
			}
		}
	}
	return ""
}

// targetHint is the hint for a value that names no record.
func targetHint(statement, value, property string) string {
	switch {
	case statement == "KILL", statement == "LIVE", statement == "" || value == "NONE":
		return ""
	case statement == "INSERT" && property == "":
		return "INSERT takes an object or an array of objects: pass a struct, a map, or a slice of them"
	case isText(value):
		return "a string is no record id: pass a surrealsql.RecordID, as surrealsql.ParseRecordID makes it of a text, or a surrealsql.Table for all of a table"
	}
	return ""
}

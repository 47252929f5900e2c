package surrealsql

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/surrealsql/surrealsql/internal/errtext"
)

// A hint says what to do about a server's error, in words of Go and of this driver,
// which the server does not know. It is given only where the message leaves no doubt of
// what went wrong. It never has a value in it: it goes where errors go.

// hint is what the error's message tells by itself; errtext.ParseHint tells what the text of
// a query does, and Config.authHint what a sign-in does.
func (e *Error) hint(m errtext.Match) string {
	if limit := limitHint(e.Message); limit != "" {
		return limit
	}
	wanted, value := m.Part("type"), m.Part("value")
	switch {
	case !m.Sure:
		return ""
	case strings.Contains(e.Message, "Could not cast into `"), strings.HasPrefix(e.Message, "Couldn't coerce return value "):
		return "" // the text says how it is made, not the argument
	case wanted != "" && value != "":
		return coerceHint(wanted, value, e.Field != "")
	case sizedCount.MatchString(e.Message):
		return "the clause takes an int and no number that has a width: send it without sized_numbers, or write <int>$1"
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
	case strings.HasPrefix(e.Message, "Cannot change field `") && strings.Contains(e.Message, "in a database at compatibility level 4"):
		return "a field changes for existing records by MIGRATE EXISTING ROWS AS name USING expression; ALTER DATABASE COMPATIBILITY 3 lets it change as up to SurrealDB 3.3"
	case strings.HasPrefix(e.Message, "Cannot perform subtraction with 'record' and 'table'"),
		strings.HasPrefix(e.Message, "Cannot perform subtraction with 'table' and 'table'"):
		return "a name with a - in it is written in backticks, as in person:`a-b`, or passed as a surrealsql.RecordID or surrealsql.Table"
	}
	return ""
}

// Hints that more than one message has, or a Close frame.
const (
	hintShutdown    = "it is being stopped or replaced: connect again, or name several hosts in the DSN"
	hintNoMemory    = "its memory is beyond its SURREAL_MEMORY_THRESHOLD: raise that, or ask less of it at once"
	hintTxTimeout   = "the limit is the server's SURREAL_TRANSACTION_TIMEOUT: do less in a transaction, or raise it"
	hintExpiredInTx = "roll the transaction back and run it again (RunTx does): the connection signs in by itself for the next one; DURATION FOR SESSION of the user or access says how long a session lasts, and since SurrealDB 4.0 FOR TOKEN, where it was signed in by a token"
	hintLagging     = "a live query's reader was too slow: read its notifications faster, or give them a queue of their own, or raise the server's SURREAL_WEBSOCKET_RESPONSE_CHANNEL_SIZE (100 messages)"
)

// hintIndex is for a call that was to build an index, and whose time ran out. Of 4.0.0-beta.1:
// the build waits until all transactions that may write and began before it have ended, in
// whatever database of the server, for a minute at the most. One that is still open then, and
// has written to the index's table, can no longer be committed. The definition is there from
// the beginning, and the server goes on with it when nobody waits for it any longer.
const hintIndex = "DEFINE INDEX and REBUILD INDEX wait up to a minute for every transaction that is open on the server and may write, an idle one too: end those (pool_leak_after finds them), or build the index CONCURRENTLY; the server may go on with this one, see INFO FOR INDEX"

// withIndexHint adds the hint to an error where that says that time ran out.
func withIndexHint(err error) error {
	if e, answered := errors.AsType[*Error](err); answered {
		e.hintIndex()
	} else if isContextError(err) {
		err = fmt.Errorf("%w; %s", err, hintIndex)
	}
	return err
}

func (e *Error) hintIndex() {
	if e.Is(ErrTimeout) {
		e.Hint = hintIndex
	}
}

// limits are the limits of a server that a message tells of, by how it begins: the setting
// that sets it and the way out. The defaults are those of 3.3.5 and 4.0.0-beta.1.
var limits = []struct{ begins, hint string }{
	{"The server is gracefully shutting down", hintShutdown},
	{"The server is unable to handle the request", hintNoMemory},
	{"The query was not executed due to the memory threshold being reached", hintNoMemory},
	{"Too many open transactions", "a connection has at most 64 unless the server's SURREAL_MAX_TRANSACTIONS_PER_CONNECTION says otherwise: end some, use more connections, or raise it"},
	{"The streaming query was stopped before it completed", "the server stops a stream of which it cannot send a frame for as long as its SURREAL_WEBSOCKET_STREAM_SEND_TIMEOUT says (30 s): read the rows without such a pause, or as a whole (WithStream, StreamNever), or raise it"},
	{"Too many concurrent streaming queries", "a connection runs at most 32 unless the server's SURREAL_WEBSOCKET_MAX_CONCURRENT_STREAMS says otherwise: end some, use more connections, set stream=never, or raise it"},
	{"Transaction exceeded the maximum number of key writes", "the limit is the server's SURREAL_TRANSACTION_MAX_WRITE_KEYS: write in several transactions, as by a WHERE or LIMIT for each, or raise it"},
	{"Transaction range operation exceeded the maximum key count", "the limit is the server's SURREAL_TIKV_DELR_MAX_KEYS: delete in several transactions, or raise it"},
	{"The transaction was not completed because it exceeded the timeout", hintTxTimeout},
	{"The transaction timed out", hintTxTimeout}, // a block of BEGIN and COMMIT
	{"The query was not executed because it exceeded the timeout", "the limit is the text's TIMEOUT or the server's SURREAL_QUERY_TIMEOUT: ask for less at once, or raise it"},
	{"Invalid shaped frame: an empty column name", "the server does not send rows with the key '' by the subprotocol shaped: set protocol=cbor.2"},
	{"Reached excessive computation depth", "the limit is the server's SURREAL_MAX_COMPUTATION_DEPTH: nest functions, subqueries and computed fields less, or raise it"},
	{"Exceeded the idiom recursion limit", "the limit is the server's SURREAL_IDIOM_RECURSION_LIMIT: bound the path, as in @.{..5}, or raise it"},
}

// limitHint is the hint of a message that tells of a server's limit.
func limitHint(message string) string {
	text := bareText(message)
	for _, l := range limits {
		if strings.HasPrefix(text, l.begins) {
			return l.hint
		}
	}
	return ""
}

// isText reports whether a value, as SurrealQL writes it, is a string.
func isText(value string) bool {
	return strings.HasPrefix(value, "'") || strings.HasPrefix(value, `"`)
}

var numeral = regexp.MustCompile(`^-?[0-9][0-9_]*(\.[0-9]+)?([eE][-+]?[0-9]+)?(f|dec|[iu](8|16|32|64)|f(16|32))?$`)

// sizedCount is the message of 4.0.0-beta.1 to a count that has a width.
var sizedCount = regexp.MustCompile(`^Found [0-9]+[iu](8|16|32|64) but the (LIMIT|START) clause must evaluate to a positive integer`)

// inGo is how a Go program sends a value of that type, where it was a text.
var inGo = map[string]string{
	"datetime": "a datetime is sent as time.Time and written d'2024-05-06T07:08:09Z'",
	"duration": "a duration is sent as time.Duration and written 1h30m",
	"uuid":     "a uuid is sent as surrealsql.UUID, or as a type made of [16]byte, and written u'…'",
	"decimal":  "a decimal is sent as surrealsql.Decimal and written 12.50dec",
	"int":      "a whole number is sent as int or int64, or made of a text by <int>$1",
	"float":    "a float is sent as float64, or made of a text by <float>$1",
	"i8":       "an i8 is sent as a whole number that fits, or made of a text by <i8>$1",
	"u8":       "a u8 is sent as a whole number that fits, or made of a text by <u8>$1",
	"i16":      "an i16 is sent as a whole number that fits, or made of a text by <i16>$1",
	"u16":      "a u16 is sent as a whole number that fits, or made of a text by <u16>$1",
	"i32":      "an i32 is sent as a whole number that fits, or made of a text by <i32>$1",
	"u32":      "a u32 is sent as a whole number that fits, or made of a text by <u32>$1",
	"u64":      "a u64 is sent as a whole number that fits, or made of a text by <u64>$1",
	"f16":      "an f16 is sent as float32 or float64, or made of a text by <f16>$1",
	"f32":      "an f32 is sent as float32 or float64, or made of a text by <f32>$1",
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

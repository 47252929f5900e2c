package surrealsql

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// What the driver says of a text that the server cannot read, where the server
// says less: a text that is not UTF-8 makes it answer that the request cannot be
// read, and a byte order mark is an "Invalid token" that no editor shows.

const byteOrderMark = "\ufeff"

// checkText refuses a text that cannot be sent.
func checkText(text string) error {
	what := ""
	switch {
	case strings.HasPrefix(text, "\xff\xfe"), strings.HasPrefix(text, "\xfe\xff"):
		what = "the text is UTF-16, by the byte order mark that it begins with: save it as UTF-8"
	case strings.HasPrefix(text, byteOrderMark):
		what = "the text begins with a byte order mark (U+FEFF), which SurrealDB does not read: save it as UTF-8 without one"
	case !utf8.ValidString(text):
		line, at := 1, invalidAt(text)
		line += strings.Count(text[:at], "\n")
		what = fmt.Sprintf("the text is not UTF-8, which SurrealQL is: line %d has the byte 0x%X (at byte %d): save it as UTF-8, and pass bytes as an argument", line, text[at], at)
	default:
		return nil
	}
	return fmt.Errorf("%w: %s", ErrParse, what)
}

func invalidAt(text string) int {
	for i, r := range text {
		if r == utf8.RuneError && !strings.HasPrefix(text[i:], "\ufffd") {
			return i
		}
	}
	return len(text)
}

// textHint says what to do about a text that does not parse.
func textHint(e *Error, q *analysis) string {
	if e.Line == 0 {
		return ""
	}
	switch at := offsetAt(q.Text, e.Line, e.Column); {
	case slices.Contains(q.Commas, at), slices.Contains(q.Commas, len(strings.TrimRight(q.Text[:at], " \t\r\n"))-1): // behind the comma where a point's second number is due
		return "parentheses hold no list in SurrealQL: write [$1, $2], or pass one slice, as in IN $1"
	case q.Zero >= 0 && (at == q.Zero || at == q.Zero+1):
		return "arguments are numbered from $1"
	case strings.HasPrefix(q.Text[at:], byteOrderMark):
		return "there is a byte order mark (U+FEFF), as a file has at its beginning: remove it"
	}
	return ""
}

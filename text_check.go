package surrealsql

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/surrealsql/surrealsql/internal/errtext"
	"github.com/surrealsql/surrealsql/internal/surrealql"
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
	switch at := errtext.OffsetAt(q.Text, e.Line, e.Column); {
	case slices.Contains(q.Commas, at), slices.Contains(q.Commas, len(strings.TrimRight(q.Text[:at], " \t\r\n"))-1): // after the comma, where a point's second number is due
		return "parentheses hold no list in SurrealQL: write [$1, $2], or pass one slice, as in IN $1"
	case q.ZeroOrdinal >= 0 && (at == q.ZeroOrdinal || at == q.ZeroOrdinal+1):
		return "arguments are numbered from $1"
	case strings.HasPrefix(q.Text[at:], byteOrderMark):
		return "there is a byte order mark (U+FEFF), as a file has at its beginning: remove it"
	}
	return ""
}

// withPosition adds to a text's error where in the text it is.
func withPosition(err error, q *analysis, sent string) error {
	var e *Error
	if errors.As(err, &e) {
		if len(q.Statements) == 1 {
			e.Statement = 1
		}
		e.relocate(q, sent)
		if e.Hint == "" && e.Is(ErrParse) {
			e.Hint = cmp.Or(textHint(e, q), errtext.ParseHint(q.Text, e.Line, e.Column, errtext.Headline(e.Message)))
		}
	}
	return err
}

// relocate moves a parse error's position from the text that was sent to the one
// that the program wrote: `$1` was sent as `$_1`, and Exec adds RETURN clauses.
// The drawing stays the server's.
func (e *Error) relocate(q *analysis, sent string) {
	if e.Line == 0 || sent == q.Text {
		return
	}
	at := errtext.OffsetAt(sent, e.Line, e.Column)
	e.Line, e.Column = errtext.PositionAt(q.Text, q.Offset(at, sent == q.exec))
}

// Some texts succeed on the server and do nothing of what they say, or what nobody
// here gets to see. They are refused before anything is sent, so that nothing of the
// text has run.

// checkEffect refuses such a text.
func checkEffect(q *surrealql.Query) error {
	open := -1
	for i := range q.Statements {
		s := &q.Statements[i]
		switch s.Kind {
		case surrealql.Begin:
			if open >= 0 {
				return fmt.Errorf("surrealsql: statement %d (BEGIN) stands in the block that statement %d began: end that with COMMIT or CANCEL first", i+1, open+1)
			}
			open = i
		case surrealql.Commit, surrealql.Cancel:
			if open < 0 {
				return fmt.Errorf("surrealsql: statement %d (%s) ends no block: %s", i+1, s.Kind, useBeginTx)
			}
			open = -1
		case surrealql.Live:
			// Its rows are notifications, which go on until they are closed: another
			// statement's would never be reached. LIVE stands at the top of a text
			// only: in brackets, in a function and in eval::surql it is an error (3.0.2,
			// 3.3.5, 4.0.0-beta.1).
			if len(q.Statements) > 1 {
				return fmt.Errorf("surrealsql: statement %d (LIVE SELECT): a live query stands alone in its text: send the other statements before it, each value that they make as an argument", i+1)
			}
		}
		if err := checkBareName(q, i); err != nil {
			return err
		}
	}
	if open >= 0 {
		// Measured on 3.0.2, 3.3.5 and 4.0.0-beta.1: BEGIN alone is answered as if all
		// were well, and what the next text writes is there at once.
		return fmt.Errorf("surrealsql: statement %d (BEGIN) begins a block that the text does not end, and the server forgets it with the text: %s", open+1, useBeginTx)
	}
	return nil
}

const useBeginTx = "use BeginTx of the sql.DB or sql.Conn, with Commit and Rollback, or write BEGIN; …; COMMIT in one text"

// checkBareName refuses a statement that is a name of a field and nothing else, of which the
// server answers NONE (with further words it does not parse there), and one in a block
// that is such a name and looks as if it ended or began something.
func checkBareName(q *surrealql.Query, i int) error {
	switch s := &q.Statements[i]; {
	case s.BlockTxWord != "":
		return fmt.Errorf("surrealsql: statement %d (%s): %s in a block is the name of a field to the server, and does nothing: BEGIN, COMMIT and CANCEL stand at the top of a text only; THROW is what undoes a block on a condition", i+1, s.Kind, strings.ToUpper(s.BlockTxWord))
	case surrealql.IsTxWord(s.BareField):
		return fmt.Errorf("surrealsql: statement %d (%s) is the name of a field to SurrealDB, and does nothing: %s", i+1, strings.ToUpper(s.BareField), useBeginTx)
	case s.BareField != "":
		return fmt.Errorf("surrealsql: statement %d is the name `%s` and nothing else, which the server takes for a field of no record and answers NONE: expected a statement (RETURN %s if that is meant)", i+1, s.BareField, s.BareField)
	}
	return nil
}

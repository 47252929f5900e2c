package surrealsql

import (
	"fmt"
	"strings"

	"github.com/surrealsql/surrealsql/internal/surrealql"
)

// Some texts succeed on the server and do nothing of what they say, or what nobody
// here gets to see. They are refused before anything is sent, so that nothing of the
// text has run.

// misleading returns the error of such a text, or nil.
func misleading(q *surrealql.Query) error {
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
			// Each is one more live query on a connection that goes back to the pool,
			// whose notifications nobody reads. LIVE stands at the top of a text only:
			// in brackets, in a function and in eval::surql it is an error (3.0.2, 3.3.5,
			// 4.0.0-beta.1).
			return fmt.Errorf("surrealsql: statement %d (LIVE SELECT): live queries cannot be had through database/sql: ask for changes with SHOW CHANGES FOR TABLE … SINCE … (of a table with a CHANGEFEED), or with a SELECT from time to time", i+1)
		}
		if err := lone(q, i); err != nil {
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

// lone refuses a statement that is a name of a field and nothing else, of which the
// server answers NONE (with further words it does not parse there), and one in a block
// that is such a name and looks as if it ended or began something.
func lone(q *surrealql.Query, i int) error {
	switch s := &q.Statements[i]; {
	case s.Idle != "":
		return fmt.Errorf("surrealsql: statement %d (%s): %s in a block is the name of a field to the server, and does nothing: BEGIN, COMMIT and CANCEL stand at the top of a text only; THROW is what undoes a block on a condition", i+1, s.Kind, strings.ToUpper(s.Idle))
	case surrealql.OfTransactions(s.Lone):
		return fmt.Errorf("surrealsql: statement %d (%s) is the name of a field to SurrealDB, and does nothing: %s", i+1, strings.ToUpper(s.Lone), useBeginTx)
	case s.Lone != "":
		return fmt.Errorf("surrealsql: statement %d is the name `%s` and nothing else, which the server takes for a field of no record and answers NONE: expected a statement (RETURN %s if that is meant)", i+1, s.Lone, s.Lone)
	}
	return nil
}

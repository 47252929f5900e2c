package surrealsql

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/surrealsql/surrealsql/internal/literal"
	"github.com/surrealsql/surrealsql/internal/surrealql"
)

// The server takes NONE for a parameter that has no value anywhere, and says
// nothing. So a name that is no argument and no variable of the session is
// refused, unless the server itself says that it has it (DEFINE PARAM). It is
// asked each time: what it said before may have been removed since, by another
// connection too, or rolled back, and belongs to the database that was used then.

// checkParams refuses a text with a parameter that has no value. What a
// definition keeps by name needs none yet: the $user and $pass in the SIGNIN of an
// access have theirs when somebody signs in.
func (c *Conn) checkParams(ctx context.Context, q *analysis, args []driver.NamedValue) error {
	if len(q.Needs) == 0 {
		return nil
	}
	var missing []surrealql.Need
	many := manyNames(args)
	for _, need := range q.Needs {
		_, given := many[need.Name]
		if _, set := c.session.current.variables[need.Name]; set || given || many == nil && hasArg(args, need.Name) {
			continue
		}
		if need.Removed || need.Uses == 0 && (c.session.current.ns == "" || c.session.current.db == "") { // no database, no DEFINE PARAM
			return noValue(need)
		}
		missing = append(missing, need)
	}
	if missing == nil {
		return nil
	}
	for _, question := range []question{{hasValue, true}, {isDefined, false}} {
		var err error
		if missing, err = c.askParams(ctx, q, args, missing, question); err != nil || len(missing) == 0 {
			return err
		}
	}
	return noValue(missing[0])
}

// question is a text that answers with a list of booleans, one for each name.
type question struct {
	text func([]surrealql.Need) string
	open bool // to everybody: an error is not just that somebody may not ask
}

// manyNames are the names of the arguments where they are too many to be compared
// one by one, else nil.
func manyNames(args []driver.NamedValue) map[string]struct{} {
	if len(args) <= few {
		return nil
	}
	names := make(map[string]struct{}, len(args))
	for i := range args {
		names[args[i].Name] = struct{}{}
	}
	return names
}

// noValueError is the error of a text with a parameter that has no value.
type noValueError struct{ name, text string }

func (e *noValueError) Error() string { return e.text }

func noValue(need surrealql.Need) error {
	return &noValueError{need.Name, noValueText(need)}
}

func noValueText(need surrealql.Need) string {
	name, do := need.Name, ""
	switch {
	case need.Reserved:
		where := "within definitions"
		switch name {
		case "input":
			where += " and in ON DUPLICATE KEY UPDATE"
		case "before", "after":
			where += " and in the RETURN clause of a write; a field has its old value by its bare name in SET and WHERE"
		}
		return fmt.Sprintf("surrealsql: $%s has no value here: SurrealDB gives it one only %s; the server would take NONE silently", name, where)
	case !isVariable(name):
		name = string(literal.AppendName(nil, name))
		do = "rename it to letters, digits and _, then pass it with sql.Named"
	case name[0] == '_':
		do = fmt.Sprintf("database/sql takes no argument whose name begins with _: rename it, or set it with Conn.Let(ctx, %q, …)", name)
	default:
		do = fmt.Sprintf("pass sql.Named(%q, …)", name)
	}
	return fmt.Sprintf("surrealsql: no value for $%s: %s; the server would take NONE silently", name, do)
}

// askParams asks the server one question about each name, where the text has the
// name, and returns those for which the answer is no.
func (c *Conn) askParams(ctx context.Context, q *analysis, args []driver.NamedValue,
	names []surrealql.Need, question question) ([]surrealql.Need, error) {
	var text strings.Builder
	var groups [][]surrealql.Need
	uses := usesOf(q)
	done := 0
	for rest := names; len(rest) > 0; {
		n := slices.IndexFunc(rest, func(x surrealql.Need) bool { return x.Uses != rest[0].Uses })
		if n < 0 {
			n = len(rest)
		}
		if text.Len() > 0 {
			text.WriteByte(';')
		}
		for ; done < rest[0].Uses; done++ {
			text.WriteString(uses[done] + ";")
		}
		text.WriteString(question.text(rest[:n]))
		groups = append(groups, rest[:n])
		rest = rest[n:]
	}
	if done == 0 {
		args = nil // only a USE may need them
	}
	answers, err := c.ask(ctx, text.String(), args, question.open)
	if err != nil {
		return nil, fmt.Errorf("surrealsql: asking the server which parameters it has: %w", err)
	}
	var no []surrealql.Need
	for i, group := range groups {
		for j, need := range group {
			if i >= len(answers) || j >= len(answers[i]) || answers[i][j] != true {
				no = append(no, need)
			}
		}
	}
	return no, nil
}

// hasValue asks whether each name has a value, in one small answer. Everybody who
// may use the parameter may ask that, while INFO is for users of the system, and
// tells the whole schema.
func hasValue(names []surrealql.Need) string {
	return listOf("[", names, func(name string) string {
		return string(literal.AppendName([]byte("$"), name)) + "!=NONE"
	})
}

// isDefined asks whether the database defines each name, which is the question
// where a value is NONE. Not all may ask it.
func isDefined(names []surrealql.Need) string {
	return listOf("LET $defined = object::keys((INFO FOR DB).params); [", names, func(name string) string {
		return string(literal.AppendString(nil, name)) + " IN $defined"
	})
}

func listOf(open string, names []surrealql.Need, item func(name string) string) string {
	var b strings.Builder
	b.WriteString(open)
	for i, need := range names {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(item(need.Name))
	}
	return b.String() + "]"
}

// usesOf are the texts of the USE statements.
func usesOf(q *analysis) []string {
	var uses []string
	for i := range q.Statements {
		if s := &q.Statements[i]; s.Kind == surrealql.Use {
			uses = append(uses, surrealql.Analyze(q.Text[s.Pos:s.End]).Rewritten)
		}
	}
	return uses
}

// ask sends a text of the driver's own, as part of the caller's call: in its
// transaction, and signed in again as it would be. It returns what answers are
// lists. The caller's text has not been sent, which errors say too.
func (c *Conn) ask(ctx context.Context, text string, args []driver.NamedValue, strict bool) ([][]any, error) {
	r := reply{owner: c, query: newAnalysis(text)}
	err := c.sendSignedIn(ctx, &r, text, args, false)
	if err == nil {
		err = r.parse(false)
	}
	if err == nil && strict {
		err = r.firstError(0)
	}
	var refused *Error
	if errors.As(err, &refused) {
		refused.Statement = 0 // it is one of ours
	}
	if err != nil {
		return nil, unsent(err)
	}
	var lists [][]any
	for i := range r.entries {
		if list, ok := r.entries[i].list(); ok {
			lists = append(lists, list)
		}
	}
	return lists, nil
}

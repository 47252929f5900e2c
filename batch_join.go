package surrealsql

import (
	"cmp"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/surrealsql/surrealsql/internal/errtext"
	"github.com/surrealsql/surrealsql/internal/surrealql"
)

// How the texts of a batch become one. The server runs several requests of a connection side by
// side (3.0.2 to 4.0.0-beta.1), so that only the statements of one text are sure to come one
// after the other. Each query's arguments get names there that no other query has.

// joinedBatch is the queries of a batch as one text.
type joinedBatch struct {
	text    string
	args    []any
	queries []joinedQuery
	owners  map[string]argument // of the arguments of the text, by their names there
}

// argument is an argument of a query, as the query calls it: $1, $name.
type argument struct {
	query int // from 1
	name  string
}

// joinedQuery is a query's part of the text.
type joinedQuery struct {
	*analysis // of the query's own text
	args      []driver.NamedValue
	places    []surrealql.Name // where it names parameters; nil where nobody asks
	all       bool             // and nowhere else
	from      int              // where it begins in the whole text
	edits     []renaming       // in the order of the text
}

// renaming is a parameter, at a place of a query's own text, that has another name in the whole,
// or what is inserted there.
type renaming struct {
	pos, end int
	name     string // with the $, or what is inserted
}

// batchTexts remembers the analyses of queries in batches. It belongs to no connector and is
// there for good, so it is small.
var batchTexts = newAnalysisCache(1 << 20)

// joinQueries makes one text of the queries, or says which of them cannot be part of one.
func joinQueries(queued []*QueuedQuery) (*joinedBatch, error) {
	j := &joinedBatch{queries: make([]joinedQuery, len(queued)), owners: make(map[string]argument)}
	for i, q := range queued {
		if err := j.queries[i].read(q); err != nil {
			return nil, &BatchError{Query: i + 1, Err: err}
		}
	}
	shared, err := j.sharedNames()
	if err != nil {
		return nil, err
	}
	var text strings.Builder
	ordinals := 0
	for i := range j.queries {
		q := &j.queries[i]
		renamed, err := q.newNames(i+1, shared)
		if err != nil {
			return nil, &BatchError{Query: i + 1, Err: err}
		}
		q.rename(ordinals, renamed)
		if i > 0 {
			text.WriteString(";\n")
		}
		q.from = text.Len()
		q.write(&text)
		ordinals = j.bind(i+1, ordinals, renamed)
	}
	j.text = text.String()
	return j, nil
}

// read analyses a query, and refuses what it would be refused for by itself and what cannot
// stand before others.
func (q *joinedQuery) read(queued *QueuedQuery) error {
	q.analysis, _ = batchTexts.Get(queued.text)
	q.args = make([]driver.NamedValue, len(queued.args))
	for i, arg := range queued.args {
		q.args[i] = driver.NamedValue{Ordinal: i + 1, Value: arg}
		if named, ok := arg.(sql.NamedArg); ok {
			q.args[i].Name, q.args[i].Value = named.Name, named.Value
		}
		if bad, ok := arg.(*badArgs); ok {
			return bad.err
		}
	}
	for i := range q.Statements {
		switch s := &q.Statements[i]; s.Kind {
		case surrealql.Use, surrealql.Option:
			return fmt.Errorf("surrealsql: statement %d (%s) would hold for the queries after it as well: send the query by itself", i+1, s.Kind)
		case surrealql.Live:
			return fmt.Errorf("surrealsql: statement %d (LIVE SELECT) has no end, which the queries after it would wait for: send the query by itself", i+1)
		}
	}
	ambiguous := q.ambiguous
	if queued.typed { // its records have no columns
		ambiguous = nil
	}
	return cmp.Or(q.unreadable, q.ineffective, ambiguous, checkArgs(q.analysis, q.args))
}

// sharedNames returns how many queries name each parameter, where some would be mistaken for
// one another: two arguments of one name, or an argument and a variable.
func (j *joinedBatch) sharedNames() (map[string]int, error) {
	if len(j.queries) < 2 || !slices.ContainsFunc(j.queries, func(q joinedQuery) bool { return q.givesNames() }) {
		return nil, nil
	}
	shared := make(map[string]int)
	set := make(map[string]int) // the query whose LET has given a name its value
	for i := range j.queries {
		q := &j.queries[i]
		q.places, q.all = surrealql.Names(q.Text)
		for _, name := range q.Params {
			if by := set[name]; by > 0 && !hasArg(q.args, name) {
				return nil, &BatchError{Query: i + 1, Err: fmt.Errorf("surrealsql: it uses $%s, which query %d sets with LET: pass it as an argument, or give one of the two another name", name, by)}
			}
		}
		for _, name := range q.LetNames(q.places) {
			set[name] = i + 1
		}
		seen := make(map[string]bool, len(q.places))
		for _, n := range q.places {
			if !seen[n.Name] {
				seen[n.Name] = true
				shared[n.Name]++
			}
		}
	}
	return shared, nil
}

// lacks reports whether the query needs a value for a parameter and has no argument for it.
func (q *joinedQuery) lacks(name string) bool {
	return slices.ContainsFunc(q.Needs, func(n surrealql.Need) bool { return n.Name == name }) && !hasArg(q.args, name)
}

// givesNames reports whether the query gives a parameter a value, by an argument or by LET.
func (q *joinedQuery) givesNames() bool {
	return slices.ContainsFunc(q.args, func(arg driver.NamedValue) bool { return arg.Name != "" }) ||
		slices.ContainsFunc(q.Statements, func(s surrealql.Statement) bool { return s.Kind == surrealql.Let })
}

// newNames returns the names of the query's arguments that others name, too, with what they are
// called in the whole text.
func (q *joinedQuery) newNames(number int, shared map[string]int) (map[string]string, error) {
	var renamed map[string]string
	for i := range q.args {
		name := q.args[i].Name
		if name == "" || shared[name] < 2 {
			continue
		}
		if !q.all {
			return nil, fmt.Errorf("surrealsql: argument %q needs another name than those of the other queries, because a string of its text may hold it", name)
		}
		other := name + "_" + strconv.Itoa(number)
		for shared[other] > 0 {
			other += "_"
		}
		if renamed == nil {
			renamed = make(map[string]string)
		}
		shared[other] = 1
		renamed[name] = other
	}
	return renamed, nil
}

// rename notes the places of the parameters that have other names in the whole text. That has
// so many ordinals before the query's.
func (q *joinedQuery) rename(ordinals int, renamed map[string]string) {
	if ordinals > 0 {
		for _, p := range q.Placeholders {
			end := p.Pos + len("$") + len(strconv.Itoa(p.N))
			if !p.Bare {
				end += len("_")
			}
			q.edits = append(q.edits, renaming{p.Pos, end, "$" + strconv.Itoa(ordinals+p.N)})
		}
	}
	for _, n := range q.places {
		if other := renamed[n.Name]; other != "" {
			q.edits = append(q.edits, renaming{n.Pos, n.End, "$" + other})
		}
	}
	for i := range q.Statements {
		if clause, at := q.counted(i); clause != "" {
			q.edits = append(q.edits, renaming{at, at, clause})
		}
	}
	slices.SortStableFunc(q.edits, func(a, b renaming) int { return cmp.Compare(a.pos, b.pos) })
}

// counted returns the clause by which a statement is counted that answers nothing by itself.
func (q *joinedQuery) counted(statement int) (clause string, at int) {
	if s := &q.Statements[statement]; s.Kind == surrealql.Delete && !s.Returning {
		return s.ExecClause()
	}
	return "", 0
}

// write appends the query's text. What follows its last statement belongs to it where it is
// more than separators: a comment, which may not be closed.
func (q *joinedQuery) write(text *strings.Builder) {
	at := 0
	for _, e := range q.edits {
		text.WriteString(q.Text[at:e.pos])
		text.WriteString(e.name)
		at = e.end
	}
	text.WriteString(q.Text[at:max(at, q.end())])
	if rest := q.Text[max(at, q.end()):]; strings.Trim(rest, "; \t\r\n") != "" {
		text.WriteString(rest)
		text.WriteByte('\n') // which ends a comment
	}
}

func (q *joinedQuery) end() int {
	if len(q.Statements) == 0 {
		return 0
	}
	return q.Statements[len(q.Statements)-1].End
}

// bind adds the query's arguments to those of the text, and returns how many ordinals that has
// then.
func (j *joinedBatch) bind(number, ordinals int, renamed map[string]string) int {
	own := 0
	for _, arg := range j.queries[number-1].args {
		if arg.Name == "" {
			own++
			ordinals++
			j.owners[strconv.Itoa(ordinals)] = argument{number, strconv.Itoa(own)}
			j.args = append(j.args, arg.Value)
			continue
		}
		name := cmp.Or(renamed[arg.Name], arg.Name)
		j.owners[name] = argument{number, arg.Name}
		j.args = append(j.args, sql.Named(name, arg.Value))
	}
	return ordinals
}

// request is what the driver is asked to do with the text.
func (j *joinedBatch) request() *batchRequest {
	r := &batchRequest{callRequest: callRequest{text: j.text}, ends: make([]int, len(j.queries))}
	for i := range j.queries {
		q := &j.queries[i]
		for k := range q.Statements {
			s := &q.Statements[k]
			clause, _ := q.counted(k)
			r.statements = append(r.statements, batchStatement{hidden: clause != "", text: j.text[q.whole(s.Pos):q.whole(s.End)], own: s, number: k + 1})
		}
		r.ends[i] = len(r.statements)
	}
	return r
}

// whole is where in the whole text an offset of the query's own is.
func (q *joinedQuery) whole(own int) int {
	at := q.from + own
	for _, e := range q.edits {
		if e.end > own {
			break
		}
		at += len(e.name) - (e.end - e.pos)
	}
	return at
}

// own is the offset in the query's own text of what stands at an offset of the whole.
func (q *joinedQuery) own(whole int) int {
	at := whole - q.from
	for _, e := range q.edits {
		switch {
		case at <= e.pos:
			return max(at, 0)
		case at < e.pos+len(e.name):
			return e.pos
		}
		at += e.end - e.pos - len(e.name)
	}
	return min(at, len(q.Text))
}

// explain says of an error of the whole text which query it is of, where one is the reason, and
// in the query's own terms.
func (j *joinedBatch) explain(err error) error {
	if e, ok := errors.AsType[*encodeError](err); ok {
		if owner, known := j.owners[strings.TrimPrefix(e.what, "argument $")]; known {
			own := *e
			own.what = "argument $" + owner.name
			return &BatchError{Query: owner.query, Err: &own}
		}
	}
	if e, ok := errors.AsType[*noValueError](err); ok {
		if i := slices.IndexFunc(j.queries, func(q joinedQuery) bool { return q.lacks(e.name) }); i >= 0 {
			return &BatchError{Query: i + 1, Err: e}
		}
	}
	e, ok := err.(*Error)
	if !ok || e.Line == 0 {
		return err
	}
	at := errtext.OffsetAt(j.text, e.Line, e.Column)
	i := len(j.queries) - 1
	for i > 0 && j.queries[i].from > at {
		i--
	}
	q, own := &j.queries[i], *e
	own.Line, own.Column = errtext.PositionAt(q.Text, q.own(at))
	return &BatchError{Query: i + 1, Err: &own}
}

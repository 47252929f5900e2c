package surrealsql

import (
	"context"
	"slices"
	"sync/atomic"

	"github.com/surrealsql/surrealsql/internal/surrealql"
	"github.com/surrealsql/surrealsql/internal/textcache"
)

// What is known of a query's text before it is sent, and the cache of that: most programs
// send few texts, each many times.

// analysis is an analysed query text.
type analysis struct {
	*surrealql.Query
	exec        string      // what Exec sends: it asks for nulls instead of records
	ambiguous   error       // two columns that would land on one key, so Query refuses it
	elsewhere   int         // the index of a USE before statements that may write, or -1
	ineffective error       // a statement that would not do what it says, so nothing is sent
	names       [][]string  // of the columns of the statements that list them
	layouts     []*layout   // of the statements; nil where the text alone does not lay the columns out
	buildsIndex bool        // it is answered once an index is built
	live        bool        // it is a LIVE SELECT, whose rows are notifications
	fits        []knownFit  // of the statements, as the last answer in blocks had them
	streams     bool        // the last statement's rows may be read while they arrive
	starStreams atomic.Bool // so may its whole records (SELECT *), if their shape tells all their keys
	wholeRows   bool        // so may its rows, as records whose keys nobody asks for
	unreadable  error       // why the server could not read the text, so nothing is sent
	length      length      // what is to be expected of its answer
	habit       habit       // what the answers so far were like
}

type analysisCache = textcache.Cache[*analysis]

// maxAnalysisBytes bounds a generation of a connector's cache. An analysis is several
// times as large as its text.
const maxAnalysisBytes = 8 << 20

func newAnalysisCache(bytes int64) *analysisCache {
	return textcache.New(bytes, newAnalysis, func(q *analysis, text string) int { return textcache.Footprint(q, text) })
}

func newAnalysis(text string) *analysis {
	parsed := surrealql.Analyze(text)
	q := &analysis{
		Query:       parsed,
		exec:        parsed.ExecText(),
		unreadable:  checkText(text),
		ineffective: checkEffect(parsed),
		elsewhere:   writesElsewhere(parsed),
		buildsIndex: slices.ContainsFunc(parsed.Statements, func(s surrealql.Statement) bool { return s.BuildsIndex }),
		streams:     canStream(parsed.Statements),
		length:      lengthOf(parsed.Statements),
		names:       make([][]string, len(parsed.Statements)),
		layouts:     make([]*layout, len(parsed.Statements)),
		fits:        make([]knownFit, len(parsed.Statements)),
	}
	q.starStreams.Store(starMayStream(q.Statements))
	q.wholeRows = wholeMayStream(q.Statements)
	q.live = slices.ContainsFunc(q.Statements, func(s surrealql.Statement) bool { return s.Kind == surrealql.Live })
	for i := range q.Statements {
		p := &q.Statements[i].Projection
		if err := p.Check(); err != nil && q.ambiguous == nil {
			q.ambiguous = ambiguous(err)
		}
		q.names[i] = columnNames(p)
		if paths := p.Static(); paths != nil {
			q.layouts[i] = makeLayout(paths)
		}
	}
	return q
}

// canStream reports whether the last statement's rows can be read while they
// arrive, the others having no result sets.
func canStream(statements []surrealql.Statement) bool {
	if !readsLastOnly(statements) {
		return false
	}
	p := &statements[len(statements)-1].Projection
	return p.Form == surrealql.Columns || p.Form == surrealql.Value
}

// readsLastOnly reports whether the last statement gives rows, and the others give none.
func readsLastOnly(statements []surrealql.Statement) bool {
	last := len(statements) - 1
	for i := range statements {
		s := &statements[i]
		switch {
		case s.Kind == surrealql.Begin, s.Kind == surrealql.Commit, s.Kind == surrealql.Cancel:
			return false // which statements have entries is known at the end only
		case i < last && s.Yields:
			return false
		}
	}
	return last >= 0 && statements[last].Projection.Shape == surrealql.Many
}

// starMayStream reports whether the last statement's rows are whole records of one table: where
// that has a schema they all are of one shape (SurrealDB 4.0), which tells their keys before
// they are here.
func starMayStream(statements []surrealql.Statement) bool {
	if !readsLastOnly(statements) {
		return false
	}
	s := &statements[len(statements)-1]
	return s.OneTable && s.Projection.Form == surrealql.Star
}

// wholeMayStream reports whether the last statement's rows can be read as records while they
// arrive.
func wholeMayStream(statements []surrealql.Statement) bool {
	if !readsLastOnly(statements) {
		return false
	}
	form := statements[len(statements)-1].Projection.Form
	return form == surrealql.Columns || form == surrealql.Value || form == surrealql.Star
}

// writesElsewhere returns the index of the first USE after which there is a statement that
// may write, or -1.
func writesElsewhere(q *surrealql.Query) int {
	use := slices.IndexFunc(q.Statements, func(s surrealql.Statement) bool { return s.Kind == surrealql.Use })
	if use >= 0 && slices.ContainsFunc(q.Statements[use:], func(s surrealql.Statement) bool { return s.Kind != surrealql.Use && s.MayWrite }) {
		return use
	}
	return -1
}

// length is what a text tells of how long its answer takes.
type length uint8

const (
	short    length = iota // not worth streaming
	perhaps                // it may run for long, and then one may want to give it up
	mayBeBig               // it may have many rows
)

// lengthOf returns the longest that a statement of a text is. What writes or tells of one
// thing is short: where it is not, its habit shows it.
func lengthOf(statements []surrealql.Statement) (l length) {
	for i := range statements {
		switch s := &statements[i]; s.Kind {
		case surrealql.Select:
			if s.Projection.Shape == surrealql.Many {
				return mayBeBig
			}
			l = max(l, perhaps)
		case surrealql.Live:
			return short
		case surrealql.Expression, surrealql.Return, surrealql.Block, surrealql.For, surrealql.If, surrealql.Sleep,
			surrealql.Update, surrealql.Upsert, surrealql.Delete, surrealql.Insert, surrealql.Rebuild, surrealql.Define:
			l = max(l, perhaps)
		}
	}
	return l
}

// habit is what the answers to a text so far were like, in one number: 0 while there was
// none, short while they were short, and above that how many short ones in a row
// make them short again.
type habit struct{ n atomic.Int32 }

const (
	habitShort = -1

	// longAnswer is from how many bytes on an answer is streamed as fast as it is sent
	// whole, or faster: that of 1,500 records of 8 fields (measured on 3.3.5).
	longAnswer = 128 << 10

	afterLong    = 4  // how many short answers undo a long one
	afterGivenUp = 64 // and how many a call that was given up, whose connection streaming would have kept
)

// answered notes the size of an answer, in bytes.
func (h *habit) answered(size int) {
	n := h.n.Load()
	switch {
	case size >= longAnswer:
		h.n.Store(max(n, afterLong))
	case n == habitShort:
	case n <= 1:
		h.n.Store(habitShort)
	default:
		h.n.Store(n - 1)
	}
}

// givenUp notes that a call ended before its answer.
func (h *habit) givenUp() { h.n.Store(afterGivenUp) }

// wantsStream reports whether the answer to a text is better streamed. A call whose context
// cannot end is never given up.
func (q *analysis) wantsStream(ctx context.Context) bool {
	switch n := q.habit.n.Load(); {
	case n == habitShort:
		return false
	case n > 0:
		return true
	}
	return q.length == mayBeBig || q.length == perhaps && ctx.Done() != nil
}

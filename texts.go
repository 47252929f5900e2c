package surrealsql

import (
	"sync"
	"sync/atomic"

	"github.com/surrealsql/surrealsql/internal/surrealql"
)

// maxTexts bounds a generation of the cache of analysed texts. A program that
// builds its texts by pasting values would grow it without end.
const maxTexts = 512

// analysis is an analysed query text.
type analysis struct {
	*surrealql.Query
	exec      string     // what Exec sends: it asks for nulls instead of records
	ambiguous error      // two columns that would land on one key, so Query refuses it
	names     [][]string // of the columns of the statements that list them
	layouts   []*layout  // of the statements; nil where the text alone does not place the columns
	streams   bool       // the last statement's rows may be read while they arrive
	live      bool       // a statement is LIVE
}

func newAnalysis(source string) *analysis {
	q := surrealql.Analyze(source)
	t := &analysis{Query: q, exec: q.ExecText(), streams: canStream(q.Statements), names: make([][]string, len(q.Statements)), layouts: make([]*layout, len(q.Statements))}
	for i := range q.Statements {
		s := &q.Statements[i]
		t.live = t.live || s.Kind == surrealql.Live
		if err := s.Projection.Check(); err != nil && t.ambiguous == nil {
			t.ambiguous = ambiguous(err)
		}
		t.names[i] = columnNames(&s.Projection)
		if paths := s.Projection.Static(); paths != nil {
			t.layouts[i] = makeLayout(paths)
		}
	}
	return t
}

// texts remembers the analysis of query texts. Reading takes no lock. It holds
// two generations: when the young one is full it becomes the old one, so a text
// that is in use survives and one that is not goes after two turns.
type texts struct {
	young, old atomic.Pointer[sync.Map]
	size       atomic.Int64
	turn       sync.Mutex
}

func newTexts() *texts {
	t := new(texts)
	t.young.Store(new(sync.Map))
	t.old.Store(new(sync.Map))
	return t
}

// analyze returns the analysis of a text, made once.
func (t *texts) analyze(source string) *analysis {
	young := t.young.Load()
	if q, ok := young.Load(source); ok {
		return q.(*analysis)
	}
	q, ok := t.old.Load().Load(source)
	if !ok {
		q = newAnalysis(source)
	}
	if _, loaded := young.LoadOrStore(source, q); !loaded && t.size.Add(1) > maxTexts {
		t.age(young)
	}
	return q.(*analysis)
}

// age makes full, if it is still the young generation, the old one.
func (t *texts) age(full *sync.Map) {
	t.turn.Lock()
	defer t.turn.Unlock()
	if t.young.Load() == full {
		t.old.Store(full)
		t.young.Store(new(sync.Map))
		t.size.Store(0)
	}
}

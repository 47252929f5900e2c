package surrealsql

import (
	"strings"
	"sync"
	"sync/atomic"

	"github.com/surrealsql/surrealsql/internal/surrealql"
)

// A program that builds its texts by pasting values would have a cache of them grow
// without end, so a generation of it is bounded by the number of texts and by what
// they hold: an analysis is several times as large as its text.
const (
	maxTexts         = 512
	maxAnalysisBytes = 8 << 20 // of a connector; with the generation before, twice that
)

// analysis is an analysed query text.
type analysis struct {
	*surrealql.Query
	exec      string     // what Exec sends: it asks for nulls instead of records
	ambiguous error      // two columns that would land on one key, so Query refuses it
	elsewhere int        // the index of a USE that writes stand behind, or -1
	refused   error      // a statement that would not do what it says, so nothing is sent
	names     [][]string // of the columns of the statements that list them
	layouts   []*layout  // of the statements; nil where the text alone does not place the columns
	streams   bool       // the last statement's rows may be read while they arrive
	bad       error      // why the text cannot be sent
}

type texts = memory[*analysis]

func newTexts() *texts {
	return newMemory(maxAnalysisBytes, newAnalysis, func(q *analysis, text string) int { return footprint(q, text) })
}

func newAnalysis(source string) *analysis {
	q := surrealql.Analyze(source)
	t := &analysis{Query: q, bad: checkText(source), exec: q.ExecText(), refused: misleading(q), elsewhere: writesElsewhere(q), streams: canStream(q.Statements), names: make([][]string, len(q.Statements)), layouts: make([]*layout, len(q.Statements))}
	for i := range q.Statements {
		s := &q.Statements[i]
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

// memory remembers what was made of texts. Reading takes no lock. It holds two
// generations: when the young one is full it becomes the old one, so a text that is
// in use survives and one that is not goes after two turns.
type memory[V any] struct {
	young, old atomic.Pointer[generation]
	turn       sync.Mutex
	limit      int64 // bytes of a generation
	read       func(text string) V
	weigh      func(v V, text string) int // bytes that v holds besides the text
}

// generation is texts that were remembered at about one time.
type generation struct {
	texts        sync.Map // of string to *remembered[V]
	count, bytes atomic.Int64
}

type remembered[V any] struct {
	v      V
	text   string
	weight int64
}

// entryWeight is about what a map and the runtime need for an entry.
const entryWeight = 256

func newMemory[V any](limit int64, read func(string) V, weigh func(V, string) int) *memory[V] {
	m := &memory[V]{limit: limit, read: read, weigh: weigh}
	m.young.Store(new(generation))
	m.old.Store(new(generation))
	return m
}

// of returns what was made of a text. It is made once, or each time of a text that is
// too large to be kept: kept is false then.
func (m *memory[V]) of(text string) (_ V, kept bool) {
	young := m.young.Load()
	if e, ok := young.texts.Load(text); ok {
		return e.(*remembered[V]).v, true
	}
	e, kept := m.find(text)
	if !kept {
		return e.v, false
	}
	if _, loaded := young.texts.LoadOrStore(e.text, e); !loaded {
		if count, bytes := young.count.Add(1), young.bytes.Add(e.weight); count > maxTexts || bytes > m.limit {
			m.age(young)
		}
	}
	return e.v, true
}

// find takes a text from the old generation, or reads it.
func (m *memory[V]) find(text string) (e *remembered[V], kept bool) {
	if e, ok := m.old.Load().texts.Load(text); ok {
		return e.(*remembered[V]), true
	}
	largest := m.limit / 8 // that one text may not drive out all others
	if int64(len(text)) > largest {
		return &remembered[V]{v: m.read(text)}, false
	}
	text = strings.Clone(text) // it may be a part of what is much larger
	e = &remembered[V]{v: m.read(text), text: text}
	e.weight = int64(len(text) + m.weigh(e.v, text) + entryWeight)
	return e, e.weight <= largest
}

// age makes full, if it is still the young generation, the old one.
func (m *memory[V]) age(full *generation) {
	m.turn.Lock()
	defer m.turn.Unlock()
	if m.young.Load() == full {
		m.old.Store(full)
		m.young.Store(new(generation))
	}
}

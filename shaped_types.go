package surrealsql

import (
	"database/sql/driver"
	"reflect"
	"time"

	"github.com/surrealsql/surrealsql/internal/literal"
	"github.com/surrealsql/surrealsql/internal/shaped"
)

// What the shapes of rows in blocks tell of the types of columns.

// lookout is a reader of the same block that can be moved without moving the rows.
func (b *blockRows) lookout() *blockRows {
	l := &blockRows{rows: b.rows, own: b.scope.Clone(), known: new(knownFit), fit: b.fit}
	l.scope = &l.own
	l.rows.UseScope(l.scope)
	return l
}

// typesOfBlock adds what the rows tell that are here: their shapes, and where those tell
// nothing the values.
func (s *resultSet) typesOfBlock(types []columnType) {
	for none := true; ; none = false {
		if s.left == 0 {
			n, err := s.block.rows.Batch(&s.memory)
			if err == nil && n == 0 && none {
				s.typesOfNoRows(types)
			}
			if n == 0 || err != nil {
				return
			}
			s.left = n
		}
		if s.toLayOut != nil && s.layOutByBlock(&s.memory) != nil {
			return
		}
		if s.typesOfBatch(types) != nil {
			return
		}
		s.left = 0
	}
}

// typesOfNoRows adds what a shape tells that was announced, and has no rows.
func (s *resultSet) typesOfNoRows(types []columnType) {
	if shape := s.block.scope.First(); shape != nil {
		makeFit(s.layout, shape, len(types)).tell(types, s.values)
	}
}

// typesOfBatch adds what the rows of one shape tell.
func (s *resultSet) typesOfBatch(types []columnType) error {
	f := s.block.fitOf(s.layout, len(types))
	ask := f.tell(types, s.values)
	if len(ask) == 0 {
		return s.block.rows.Pass(&s.memory)
	}
	row := make([]driver.Value, len(types))
	for range s.left {
		r, err := s.block.take(&s.memory)
		if err == nil {
			_, err = f.decode(r, row, s.values, &s.block.scratch, false)
		}
		if err != nil {
			return err
		}
		for _, i := range ask {
			t, _ := row[i].(columnType)
			if c := f.places[i].slot(); c != nil {
				if t.told = true; t.name != "" {
					t.name, _ = slotType(c, s.values)
				}
			}
			types[i].add(t)
		}
	}
	return nil
}

// tell adds the types that the shape tells, and returns the columns whose values are to be asked,
// too.
func (f *fit) tell(types []columnType, values decoding) (ask []int) {
	for i := range types {
		p := &f.places[i]
		c := p.slot()
		switch {
		case c != nil:
			types[i].null = types[i].null || p.mayBeNull()
			if dependsOnValue(c, values) {
				ask = append(ask, i)
				continue
			}
			name, scan := slotType(c, values)
			types[i].add(columnType{name: name, scan: scan, told: true})
		case f.whole(), p.column != nil, p.object != nil, f.remainder != nil:
			ask = append(ask, i)
		default:
			types[i].add(columnType{told: true})
		}
	}
	return ask
}

// slot is the column of the shape that tells the type of the place, or nil.
func (p *place) slot() *shaped.Column {
	if p.column == nil || len(p.path) > 0 || p.column.Kind == shaped.Dynamic {
		return nil
	}
	return p.column
}

// dependsOnValue reports whether the Go type of what is made of a column's values differs: some
// durations are too long for Go's, and a None is made of a NONE with WithExactTypes.
func dependsOnValue(c *shaped.Column, values decoding) bool {
	return c.Kind == shaped.Duration || c.Kind == shaped.DurationNs ||
		values.exact && c.Flags == shaped.MayBeAbsent|shaped.MayBeNull
}

// mayBeNull reports whether rows of the shape need not have a value there.
func (p *place) mayBeNull() bool {
	for _, c := range p.within {
		if c.Flags != 0 {
			return true
		}
	}
	return p.column.Flags != 0
}

// slotTypes are the types of what slots hold, and of what is made of it.
var slotTypes = map[shaped.Kind]struct {
	name string
	scan reflect.Type
}{
	shaped.Bool: {"bool", reflect.TypeFor[bool]()}, shaped.Bit: {"bool", reflect.TypeFor[bool]()},
	shaped.Int: {"int", int64Type}, shaped.Float: {"float", float64Type},
	shaped.I8: {"i8", reflect.TypeFor[int8]()}, shaped.U8: {"u8", reflect.TypeFor[uint8]()},
	shaped.I16: {"i16", reflect.TypeFor[int16]()}, shaped.U16: {"u16", reflect.TypeFor[uint16]()},
	shaped.I32: {"i32", reflect.TypeFor[int32]()}, shaped.U32: {"u32", reflect.TypeFor[uint32]()},
	shaped.U64: {"u64", reflect.TypeFor[uint64]()},
	shaped.F16: {"f16", reflect.TypeFor[float32]()}, shaped.F32: {"f32", reflect.TypeFor[float32]()},
	shaped.String: {"string", stringType}, shaped.Bytes: {"bytes", reflect.TypeFor[[]byte]()},
	shaped.Decimal: {"decimal", stringType}, shaped.UUID: {"uuid", stringType},
	shaped.Datetime: {"datetime", reflect.TypeFor[time.Time]()}, shaped.DatetimeNs: {"datetime", reflect.TypeFor[time.Time]()},
	shaped.Duration: {"duration", reflect.TypeFor[time.Duration]()}, shaped.DurationNs: {"duration", reflect.TypeFor[time.Duration]()},
	shaped.Record: {"record", reflect.TypeFor[RecordID]()},
	shaped.Array:  {"array", reflect.TypeFor[[]any]()}, shaped.Object: {"object", reflect.TypeFor[map[string]any]()},
}

// slotType is SurrealDB's name of a column's type, and the type of what is made of it.
func slotType(c *shaped.Column, values decoding) (string, reflect.Type) {
	t := slotTypes[c.Kind]
	switch {
	case c.Kind == shaped.Record && c.Table != "":
		return string(append(literal.AppendIdent([]byte("record<"), c.Table), '>')), t.scan
	case c.Kind == shaped.Array:
		return "array<" + slotTypes[c.Elem].name + ">", t.scan
	case c.Kind == shaped.Decimal && values.exact:
		return t.name, reflect.TypeFor[Decimal]()
	case c.Kind == shaped.UUID && values.exact:
		return t.name, reflect.TypeFor[UUID]()
	}
	return t.name, t.scan
}

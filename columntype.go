package surrealsql

import (
	"database/sql/driver"
	"reflect"
)

// What is known of a column's type. Servers before 4.0 tell none, so the values of the result
// tell it; since then the shapes of its rows do, where they have a type.

// columnType looks through the whole result, once for all columns. It does not
// move the row that comes next.
func (s *resultSet) columnType(i int) columnType {
	if s.types == nil {
		s.types = s.learnTypes()
	}
	return s.types[i]
}

func (s *resultSet) learnTypes() []columnType {
	types := make([]columnType, len(s.columns))
	for i := range types {
		types[i].scan = anyType
	}
	look := *s
	look.values.types, look.done, look.source, look.reply = true, false, inMemory, nil
	if s.block != nil {
		look.block = s.block.lookout()
	}
	if s.source == arriving || s.source == inFrames {
		for i := range types {
			types[i].more = true
		}
		look.peekArrived(s.decoder().Rest())
	} else if look.rewind() != nil {
		return types
	}
	if look.block != nil {
		look.typesOfBlock(types)
		return types
	}
	row := make([]driver.Value, len(types))
	for look.next(row) == nil {
		for i := range types {
			t, _ := row[i].(columnType)
			types[i].add(t)
		}
	}
	return types
}

// peekArrived makes a copy of a set that is arriving look at those rows that are here
// already, and no others.
func (s *resultSet) peekArrived(arrived []byte) {
	s.memory.Reset(arrived)
	if s.toLayOut == nil || s.block != nil {
		return
	}
	first, left := s.memory, s.left
	if more, err := first.More(&left); err != nil || !more {
		return
	}
	if row, err := first.Raw(); err != nil || s.layOutBy(s.toLayOut, row) != nil {
		s.done = true
	}
	s.toLayOut = nil
}

func (r *rows) columnType(i int) columnType {
	if r.cursor == nil {
		return columnType{}
	}
	return r.cursor.set.columnType(i)
}

// ColumnTypeDatabaseTypeName returns SurrealDB's name of the type that all
// values of the column in this result have: "int", "string", "datetime",
// "record" and so on; "any" when they differ, and "" when there is none but NULL
// and NONE, because the server tells no types. SurrealDB 4.0 tells them of a table that has
// a schema, and of a projection: "record<person>", "array<float>".
func (r *rows) ColumnTypeDatabaseTypeName(i int) string { return r.columnType(i).name }

// ColumnTypeScanType returns the Go type that Scan into an *any gives for the
// column; *any itself when that differs or is not known. Where the column has a NULL
// or NONE, or rows are still to come that may have one, it is one that takes it, too:
// sql.NullInt64 and so on, []byte, or a pointer to the type.
func (r *rows) ColumnTypeScanType(i int) reflect.Type { return r.columnType(i).destination() }

// ColumnTypeNullable reports that the column has a NULL or NONE in this result, or may have
// one, as SurrealDB 4.0 tells it. That it has none says nothing about the next one, so ok is
// false then, unless the server has told that every row has a value. It can tell otherwise
// later, so ok is false, too, while rows are still to come.
func (r *rows) ColumnTypeNullable(i int) (nullable, ok bool) {
	t := r.columnType(i)
	return t.null, t.null || t.told && !t.guessed && !t.more
}

// ColumnTypeLength is unlimited for string and bytes.
func (r *rows) ColumnTypeLength(i int) (length int64, ok bool) {
	switch r.columnType(i).name {
	case "string", "bytes":
		return unlimited, true
	}
	return 0, false
}

const unlimited = int64(^uint64(0) >> 1)

// ColumnTypePrecisionScale is not known: SurrealDB's decimals have up to 28
// digits, each value its own scale.
func (r *rows) ColumnTypePrecisionScale(int) (precision, scale int64, ok bool) { return 0, 0, false }

package surrealgorm

// Keys of new records: what stands for `id` in each row of an INSERT.

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"gorm.io/gorm/clause"
	"gorm.io/gorm/schema"

	"github.com/surrealsql/surrealsql"
)

// newKeys are the ids of the rows of an INSERT.
type newKeys struct {
	needsID   bool   // the rows have an id; without, the server makes them
	ids       []any  // an id, or an expression that makes one
	generated []bool // the server makes this one
	lets      string // statements before the INSERT, which make keys that stand in two places
	explicit  map[string]bool
}

func (k newKeys) any() bool {
	for _, g := range k.generated {
		if g {
			return true
		}
	}
	return false
}

// sequence is the name of the sequence that a table's integer keys are from. AutoMigrate defines
// it.
func sequence(table string) string { return table + "_id" }

// isCounted tells whether a primary key is an integer that the database makes.
func isCounted(f *schema.Field) bool {
	return f.AutoIncrement || f.HasDefaultValue && f.DefaultValue == "" &&
		(f.GORMDataType == schema.Int || f.GORMDataType == schema.Uint)
}

// newKeys makes the ids of rows. A primary key of another name than id is a field besides.
func (w *writer) newKeys(values *clause.Values) newKeys {
	s := w.schema
	n := max(len(values.Values), 1)
	keys := newKeys{ids: make([]any, n), generated: make([]bool, n), explicit: map[string]bool{}}
	if s == nil {
		w.mapKeys(values, &keys)
		return keys
	}
	if f := s.LookUpField(idName); f != nil && f.DBName == idName && !f.PrimaryKey {
		w.fail(refuse("a field called id that is no primary key", "make it one, or give it another column"))
		return keys
	}
	if len(s.PrimaryFields) == 0 {
		return keys
	}
	for i := range n {
		w.rowKey(values, &keys, i)
	}
	return keys
}

// mapKeys makes the ids of maps that are created without a model.
func (w *writer) mapKeys(values *clause.Values, keys *newKeys) {
	for at, c := range values.Columns {
		if c.Name != idName {
			continue
		}
		keys.needsID = true
		for i := range values.Values {
			id, err := w.column(c).compare(values.Values[i][at])
			if err != nil {
				w.fail(err)
			}
			keys.ids[i] = id
		}
	}
}

// rowKey makes the id of one row.
func (w *writer) rowKey(values *clause.Values, keys *newKeys, row int) {
	s := w.schema
	parts := make([]any, len(s.PrimaryFields))
	for i, f := range s.PrimaryFields {
		c := w.resolve([]string{f.DBName})
		at := columnAt(*values, f.DBName)
		var v any
		if at >= 0 && row < len(values.Values) && !isDefault(values.Values[row][at]) {
			v = values.Values[row][at]
		}
		switch {
		case v != nil && isExpression(v):
			w.fail(refuse("an expression as a primary key", "give a value"))
			return
		case v == nil || isNil(v):
			if parts[i] = w.generate(values, keys, row, f); parts[i] == nil {
				return // the server makes one
			}
			continue
		}
		part, err := w.keyPart(c, v)
		if err != nil {
			w.fail(err)
			return
		}
		parts[i] = part
	}
	keys.needsID = true
	if expr, ok := parts[0].(written); ok && len(parts) == 1 {
		keys.ids[row] = expr
		return
	}
	for _, part := range parts {
		if _, ok := part.(written); ok {
			keys.ids[row] = compositeExpr(parts)
			return
		}
	}
	keys.ids[row] = w.recordOf(parts)
	if id, ok := keys.ids[row].(surrealsql.RecordID); ok {
		keys.explicit[fmt.Sprint(id.Key())] = true
	}
}

// recordOf is the id of the record with these primary keys.
func (w *writer) recordOf(parts []any) any {
	if id, ok := parts[0].(surrealsql.RecordID); ok && len(parts) == 1 {
		if id.Table() == w.table {
			return id
		}
	}
	var key any = parts
	if len(parts) == 1 {
		key = parts[0]
	}
	id, err := surrealsql.NewRecordID(w.table, key)
	if err != nil {
		w.fail(err)
	}
	return id
}

// generate is the expression by which the server makes a primary key, nil where it does so by
// itself. A key that is a field besides is made before the INSERT, as it stands in two places.
func (w *writer) generate(values *clause.Values, keys *newKeys, row int, f *schema.Field) any {
	keys.generated[row] = true
	next := f.DefaultValue
	if isCounted(f) {
		next = "sequence::nextval(" + quoteString(sequence(w.table)) + ")"
	}
	if next == "" {
		if len(w.schema.PrimaryFields) > 1 || f.DBName != idName {
			w.fail(fmt.Errorf("surrealgorm: the primary key %s has no value", f.DBName))
		}
		return nil
	}
	if f.DBName == idName {
		return written(next)
	}
	name := "$key" + strconv.Itoa(row)
	keys.lets += "LET " + name + " = " + next + "; "
	at := columnAt(*values, f.DBName)
	if at < 0 {
		at = len(values.Columns)
		values.Columns = append(values.Columns, clause.Column{Name: f.DBName})
		for i := range values.Values {
			values.Values[i] = append(values.Values[i], defaultValue)
		}
	}
	values.Values[row][at] = written(name)
	return written(name)
}

// compositeExpr is an array some of whose parts the server makes.
func compositeExpr(parts []any) clause.Expr {
	e := clause.Expr{SQL: "["}
	for i, p := range parts {
		if i > 0 {
			e.SQL += ", "
		}
		if expr, ok := p.(written); ok {
			e.SQL += string(expr)
			continue
		}
		e.SQL += "?"
		e.Vars = append(e.Vars, p)
	}
	e.SQL += "]"
	return e
}

func columnAt(values clause.Values, name string) int {
	for i, c := range values.Columns {
		if c.Name == name {
			return i
		}
	}
	return -1
}

func isDefault(v any) bool {
	e, ok := v.(clause.Expr)
	return ok && e.SQL == defaultValue.SQL && len(e.Vars) == 0
}

func quoteString(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, "'", `\'`).Replace(s) + "'"
}

// hint says of a sequence that is not there who defines it.
func hint(err error) error {
	var server *surrealsql.Error
	if errors.As(err, &server) && strings.HasPrefix(server.Message, "The sequence ") {
		return fmt.Errorf("%w; AutoMigrate defines it, for keys that are integers", err)
	}
	return err
}

package surrealgorm

// Columns: what a name means for the statement's table, and how Go's keys and records' ids become
// each other.

import (
	"database/sql/driver"
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"gorm.io/gorm/clause"
	"gorm.io/gorm/schema"

	"github.com/surrealsql/surrealsql"
)

// column is a field of the statement's table.
type column struct {
	path  []string
	field *schema.Field // nil where the model has none of that name
	// link is the table whose records the field holds, "" of a field that holds none.
	link string
	// keys tells that Go has the records' keys for it: 7 for person:7. Else Go has the ids.
	keys bool
	// raw tells that the column stands beside records' ids, and is written as it is stored.
	raw bool
	// part is which part of the record's key this is, where the key is made of several primary
	// keys and one of them is called id, the name that SurrealDB has for the whole; else -1.
	part int
}

// idName is what SurrealDB calls the record's id.
const idName = "id"

var recordIDType = reflect.TypeFor[surrealsql.RecordID]()

// holdsIDs tells whether the field has RecordIDs in Go.
func holdsIDs(f *schema.Field) bool { return f.IndirectFieldType == recordIDType }

// linkOf is the table whose records a field holds by its tag `type:record<person>`, or "".
func linkOf(f *schema.Field) string {
	kind := strings.TrimSpace(f.TagSettings["TYPE"])
	if inner, ok := strings.CutPrefix(kind, "option<"); ok {
		kind = strings.TrimSuffix(inner, ">")
	}
	if table, ok := strings.CutPrefix(kind, "record<"); ok {
		return strings.Trim(strings.TrimSuffix(table, ">"), "` ")
	}
	return ""
}

// column resolves a name of GORM's: a string, a clause.Column, with or without the table's name.
func (w *writer) column(name any) column {
	var path []string
	switch v := name.(type) {
	case clause.Column:
		path = splitPath(v.Name)
		if v.Name == clause.PrimaryKey {
			path = []string{w.primaryKey()}
		}
		if v.Table != "" && v.Table != clause.CurrentTable && !w.isTable(v.Table) {
			w.fail(refuse("columns of another table, here "+v.Table+"."+v.Name,
				"a query reads one table; use Preload or a subquery"))
		}
	case string:
		path = splitPath(v)
	default:
		path = splitPath(fmt.Sprint(name))
	}
	return w.resolve(path)
}

// primaryKey is the column that clause.PrimaryKey stands for.
func (w *writer) primaryKey() string {
	if s := w.schema; s != nil {
		if s.PrioritizedPrimaryField != nil {
			return s.PrioritizedPrimaryField.DBName
		}
		if len(s.DBNames) > 0 {
			return s.DBNames[0]
		}
	}
	return idName
}

func (w *writer) resolve(path []string) column {
	if len(path) > 1 && w.isTable(path[0]) {
		path = path[1:]
	}
	c := column{path: path, part: -1}
	if len(path) == 0 {
		w.fail(refuse("a column without a name", "name it"))
		return c
	}
	s := w.schema
	if s != nil {
		c.field = s.LookUpField(path[0])
		if c.field == nil && len(path) > 1 && s.Table == w.table {
			w.fail(refuse("columns of another table, here "+strings.Join(path, "."),
				"a query reads one table, which has no field "+path[0]+"; use Preload or a subquery"))
		}
		if c.field != nil && c.field.DBName != "" {
			path[0] = c.field.DBName
		}
	}
	switch {
	case len(path) > 1:
		c.field = nil // of an object within
	case path[0] == idName && s != nil && len(s.PrimaryFields) > 1 && c.field != nil && c.field.PrimaryKey:
		for i, f := range s.PrimaryFields {
			if f == c.field {
				c.part = i
			}
		}
	case path[0] == idName:
		c.link = w.table
		c.keys = c.field == nil || !holdsIDs(c.field)
	case c.field != nil:
		c.link = linkOf(c.field)
		c.keys = c.link != "" && !holdsIDs(c.field)
	}
	return c
}

// stored is the field as it is in the record.
func (c column) stored() string {
	if c.part >= 0 {
		return "record::id(id)[" + strconv.Itoa(c.part) + "]"
	}
	parts := make([]string, len(c.path))
	for i, name := range c.path {
		parts[i] = quoteName(name)
	}
	return strings.Join(parts, ".")
}

// sorted is the field in ORDER BY, which takes no expressions: the result's own column.
func (c column) sorted() string {
	if c.part >= 0 {
		return quoteName(c.alias())
	}
	return c.stored()
}

// value is the field as Go has it: the key of a record in place of its id.
func (c column) value() string {
	switch {
	case !c.keys || c.raw:
		return c.stored()
	case c.path[0] == idName:
		return "record::id(`id`)"
	}
	// record::id refuses NONE.
	return "(IF type::is_record(" + c.stored() + ") THEN record::id(" + c.stored() + ") ELSE NONE END)"
}

// alias is the column's name in the result.
func (c column) alias() string { return c.path[len(c.path)-1] }

// compare turns Go's value for a column into what is stored: a key into a record's id, a text into
// the number that the field holds. Others stay as they are.
func (c column) compare(v any) (any, error) {
	if c.link == "" && (c.field == nil || !holdsIDs(c.field)) {
		return c.fit(v)
	}
	if isExpression(v) {
		return v, nil
	}
	plain, err := indirect(v)
	if err != nil || plain == nil {
		return v, err
	}
	switch id := plain.(type) {
	case surrealsql.RecordID:
		return id, nil
	case string:
		if c.keys {
			break
		}
		record, err := surrealsql.ParseRecordID(id)
		switch {
		case err == nil:
			return record, nil
		case c.field != nil && (c.link == "" || c.path[0] != idName):
			return nil, fmt.Errorf("surrealgorm: %s is a record's id: %w", c.alias(), err)
		}
	}
	key, err := c.key(plain)
	if err != nil {
		return nil, err
	}
	return surrealsql.NewRecordID(c.link, key)
}

// key is the part of a record's id that a Go value says: an integer for a field of integers, a
// string for one of strings.
func (c column) key(v any) (any, error) {
	r := reflect.ValueOf(v)
	integers := c.field != nil && (c.field.GORMDataType == schema.Int || c.field.GORMDataType == schema.Uint)
	switch kind := r.Kind(); {
	case kind == reflect.String && integers:
		n, err := strconv.ParseInt(r.String(), 10, 64)
		if err != nil {
			return nil, fmt.Errorf("surrealgorm: %s is an integer, and %q is none", c.alias(), r.String())
		}
		return n, nil
	case kind == reflect.String && c.link != "" && strings.HasPrefix(r.String(), c.link+":"):
		return nil, fmt.Errorf("surrealgorm: %s takes the key of a record, and %q is an id with its table; "+
			"a text of your own reads the key by record::id(id) AS id", c.alias(), r.String())
	case kind == reflect.String:
		return r.String(), nil
	case r.CanInt() && c.holdsStrings():
		return strconv.FormatInt(r.Int(), 10), nil
	case r.CanInt():
		return r.Int(), nil
	case r.CanUint() && c.holdsStrings():
		return strconv.FormatUint(r.Uint(), 10), nil
	case r.CanUint():
		if r.Uint() > 1<<63-1 {
			return nil, fmt.Errorf("surrealgorm: %d is no key of a record: it has more than 63 bits", r.Uint())
		}
		return int64(r.Uint()), nil
	}
	return v, nil
}

func (c column) holdsStrings() bool { return c.field != nil && c.field.GORMDataType == schema.String }

// isTable tells whether a qualifier means the statement's table.
func (w *writer) isTable(name string) bool {
	for _, n := range w.names {
		if n == name {
			return true
		}
	}
	return false
}

// indirect is what a pointer or a driver.Valuer holds, nil for a nil pointer. A RecordID and a
// [16]byte stay what they are.
func indirect(v any) (any, error) {
	for {
		r := reflect.ValueOf(v)
		switch {
		case v == nil:
			return nil, nil
		case r.Kind() == reflect.Pointer && r.IsNil():
			return nil, nil
		case r.Kind() == reflect.Pointer && !r.Type().Implements(valuerType):
			v = r.Elem().Interface()
		case r.Type() == recordIDType, isUUID(r.Type()):
			return v, nil
		default:
			valuer, ok := v.(driver.Valuer)
			if !ok {
				return v, nil
			}
			value, err := valuer.Value()
			if err != nil {
				return nil, err
			}
			if reflect.TypeOf(value) == r.Type() {
				return value, nil
			}
			v = value
		}
	}
}

var valuerType = reflect.TypeFor[driver.Valuer]()

// isUUID tells whether a type is sent as a uuid: [16]byte, or a type made of it.
func isUUID(t reflect.Type) bool {
	return t.Kind() == reflect.Array && t.Len() == 16 && t.Elem().Kind() == reflect.Uint8
}

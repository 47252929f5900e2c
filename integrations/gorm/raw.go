package surrealgorm

// What queries give back: `id` is a record's id in the answer of a text of the program's, and the
// key of it in the model.

import (
	"database/sql"
	"fmt"
	"reflect"

	"gorm.io/gorm"
	"gorm.io/gorm/callbacks"
	"gorm.io/gorm/schema"

	"github.com/surrealsql/surrealsql"
)

// query stands in the place of GORM's own callback.
func query(db *gorm.DB) {
	if db.Error != nil {
		return
	}
	own := db.Statement.SQL.Len() > 0
	callbacks.BuildQuerySQL(db)
	if db.DryRun || db.Error != nil {
		return
	}
	stmt := db.Statement
	rows, err := stmt.ConnPool.QueryContext(stmt.Context, stmt.SQL.String(), stmt.Vars...)
	if db.AddError(err) != nil {
		return
	}
	defer func() { _ = db.AddError(rows.Close()) }()
	if own {
		gorm.Scan(&keyRows{Rows: rows, schema: stmt.Schema}, db, 0)
	} else {
		gorm.Scan(rows, db, 0)
	}
	if stmt.Result != nil {
		stmt.Result.RowsAffected = db.RowsAffected
	}
}

// keyRows are rows in which a record's id is its key, where the model has keys.
type keyRows struct {
	*sql.Rows
	schema  *schema.Schema
	columns []string
}

// Columns remembers the names of the columns.
func (r *keyRows) Columns() ([]string, error) {
	columns, err := r.Rows.Columns()
	r.columns = append([]string(nil), columns...)
	return columns, err
}

// Scan puts a keyScanner in the place of each destination that takes a key.
func (r *keyRows) Scan(dest ...any) error {
	scanned := append([]any(nil), dest...)
	for i, name := range r.columns {
		if r.schema == nil || i >= len(scanned) {
			continue
		}
		f := r.schema.LookUpField(name)
		if f == nil || holdsIDs(f) || f.DBName != idName && linkOf(f) == "" {
			continue
		}
		if _, ok := scanned[i].(*any); !ok {
			scanned[i] = &keyScanner{dest[i]}
		}
	}
	return r.Rows.Scan(scanned...)
}

// keyScanner stores a key into a destination.
type keyScanner struct{ dest any }

// Scan takes an id of a record or anything else that is a key.
func (s *keyScanner) Scan(value any) error {
	if id, ok := value.(surrealsql.RecordID); ok {
		value = id.Key()
	}
	if scanner, ok := s.dest.(sql.Scanner); ok {
		return scanner.Scan(value)
	}
	to := reflect.ValueOf(s.dest).Elem()
	if value == nil {
		to.SetZero()
		return nil
	}
	for to.Kind() == reflect.Pointer {
		to.Set(reflect.New(to.Type().Elem()))
		if scanner, ok := to.Interface().(sql.Scanner); ok {
			return scanner.Scan(value)
		}
		to = to.Elem()
	}
	from := reflect.ValueOf(value)
	switch {
	case from.CanInt() && to.CanInt() && !to.OverflowInt(from.Int()):
		to.SetInt(from.Int())
	case from.CanInt() && to.CanUint() && from.Int() >= 0 && !to.OverflowUint(uint64(from.Int())):
		to.SetUint(uint64(from.Int()))
	case to.Kind() == reflect.String && (from.CanInt() || from.Kind() == reflect.String):
		to.SetString(fmt.Sprint(value))
	case from.Type().AssignableTo(to.Type()):
		to.Set(from)
	default:
		return fmt.Errorf("surrealgorm: a key that is a %T does not fit in a %s", value, to.Type())
	}
	return nil
}

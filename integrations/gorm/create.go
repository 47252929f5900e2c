package surrealgorm

// Create: INSERT, the keys of new records, and how they come back. There is no LastInsertId;
// what the program has not given is returned by the INSERT itself.

import (
	"crypto/rand"
	"fmt"
	"reflect"

	"gorm.io/gorm"
	"gorm.io/gorm/callbacks"
	"gorm.io/gorm/clause"
	"gorm.io/gorm/schema"

	"github.com/surrealsql/surrealsql"
)

// create stands in the place of GORM's own callback.
func create(db *gorm.DB) {
	stmt := db.Statement
	if db.Error != nil {
		return
	}
	if stmt.Schema != nil && !stmt.Unscoped {
		for _, c := range stmt.Schema.CreateClauses {
			stmt.AddClause(c)
		}
	}
	var rows insertion
	if stmt.SQL.Len() == 0 {
		w := writerOf(stmt)
		if w == nil {
			return
		}
		giveKeys(stmt)
		stmt.AddClauseIfNotExists(clause.Insert{})
		values := callbacks.ConvertToCreateValues(stmt)
		stmt.AddClause(values)
		if db.Error != nil {
			return
		}
		stmt.Vars = nil
		rows = w.insertStatement(values)
	}
	if db.DryRun || db.Error != nil {
		return
	}
	if len(rows.returned) == 0 {
		result, err := stmt.ConnPool.ExecContext(stmt.Context, stmt.SQL.String(), stmt.Vars...)
		if db.AddError(hint(err)) != nil {
			return
		}
		db.RowsAffected, _ = result.RowsAffected()
		if stmt.Result != nil {
			stmt.Result.Result = result
			stmt.Result.RowsAffected = db.RowsAffected
		}
		return
	}
	rows.run(db)
}

// insertion is an INSERT whose records are to be read back.
type insertion struct {
	returned []string // columns
	// generated tells of each row whether its key is made by the server.
	generated []bool
	ignore    bool // rows that are there already are not returned
	explicit  map[string]bool
}

// insertStatement writes INSERT INTO … VALUES … for the rows that GORM has made.
func (w *writer) insertStatement(values clause.Values) (rows insertion) {
	keys := w.newKeys(&values)
	rows.generated, rows.explicit = keys.generated, keys.explicit
	conflict, hasConflict := w.stmt.Clauses["ON CONFLICT"].Expression.(clause.OnConflict)
	rows.ignore = hasConflict && conflict.DoNothing
	columns := make([]column, len(values.Columns))
	for i, c := range values.Columns {
		columns[i] = w.column(c)
	}
	body := w.apart(func() { w.rows(columns, values.Values, keys) })
	w.text(keys.lets, choose(rows.ignore, "INSERT IGNORE INTO ", "INSERT INTO "))
	w.from()
	w.text(" ", body)
	if hasConflict && !rows.ignore {
		w.onConflict(conflict)
	}
	rows.returned = w.returnCreated(keys, rows.ignore)
	return rows
}

// rows writes the names of the fields and the values of each row.
func (w *writer) rows(columns []column, values [][]any, keys newKeys) {
	if len(values) == 0 {
		values = [][]any{{}}
	}
	names := ""
	if keys.needsID {
		names = "`id`"
	}
	for _, c := range columns {
		if c.part >= 0 || keys.needsID && len(c.path) == 1 && c.path[0] == idName {
			continue
		}
		if names != "" {
			names += ", "
		}
		names += c.stored()
	}
	if names == "" { // a record without fields, under a key that the server makes
		w.text("{}")
		return
	}
	w.text("(", names, ") VALUES ")
	for i, row := range values {
		w.text(choose(i > 0, ", (", "("))
		first := true
		if keys.needsID {
			w.bind(keys.ids[i])
			first = false
		}
		for at, c := range columns {
			if c.part >= 0 || keys.needsID && len(c.path) == 1 && c.path[0] == idName {
				continue
			}
			if !first {
				w.text(", ")
			}
			first = false
			w.store(c, row[at])
		}
		w.text(")")
	}
}

// onConflict writes what becomes of a record that is there already. A record that is given its id,
// as a model's is, is found by that alone: another column's duplicate would be the error of its
// unique index (3.0.2, 3.3.5, 4.0.0-beta.1).
func (w *writer) onConflict(c clause.OnConflict) {
	if c.OnConstraint != "" || len(c.Where.Exprs) > 0 || len(c.TargetWhere.Exprs) > 0 {
		w.fail(refuse("conditions and constraints in ON CONFLICT", "read the record and update it in a transaction"))
		return
	}
	for _, target := range c.Columns {
		if w.schema == nil {
			break
		}
		if f := w.schema.LookUpField(target.Name); f == nil || !f.PrimaryKey {
			w.fail(refuse("ON CONFLICT of a column that is no primary key, here "+target.Name,
				"make it the primary key, or read the record and update it in a transaction"))
			return
		}
	}
	w.text(" ON DUPLICATE KEY UPDATE ")
	w.inserting = true
	for i, a := range c.DoUpdates {
		if i > 0 {
			w.text(", ")
		}
		to := w.column(a.Column)
		w.text(to.stored(), " = ")
		if from, ok := a.Value.(clause.Column); ok && from.Table == "excluded" {
			w.text("$input.", quoteName(from.Name))
			continue
		}
		w.store(to, a.Value)
	}
	w.inserting = false
}

// returnCreated writes RETURN for what the server makes: keys, defaults, and what the program asks.
func (w *writer) returnCreated(keys newKeys, ignore bool) (columns []string) {
	s := w.schema
	if returning, ok := w.stmt.Clauses["RETURNING"].Expression.(clause.Returning); ok && !ignore {
		w.returning("")
		if len(returning.Columns) == 0 {
			return []string{"*"}
		}
		for _, c := range returning.Columns {
			columns = append(columns, c.Name)
		}
		return columns
	}
	if s == nil {
		return nil
	}
	var items []item
	for _, f := range s.FieldsWithDefaultDBValue {
		if !f.Readable || f.PrimaryKey && !keys.any() || ignore && !f.PrimaryKey {
			continue
		}
		items = append(items, w.columnItem(w.resolve([]string{f.DBName}), ""))
		columns = append(columns, f.DBName)
	}
	for i, it := range items {
		w.text(choose(i == 0, " RETURN ", ", "), it.String())
	}
	return columns
}

// run sends the INSERT and stores what it returns.
func (rows insertion) run(db *gorm.DB) {
	stmt := db.Statement
	result, err := stmt.ConnPool.QueryContext(stmt.Context, stmt.SQL.String(), stmt.Vars...)
	if db.AddError(hint(err)) != nil {
		return
	}
	defer func() { _ = db.AddError(result.Close()) }()
	if rows.ignore {
		rows.assign(db, result)
	} else {
		gorm.Scan(result, db, gorm.ScanUpdate)
	}
	if stmt.Result != nil {
		stmt.Result.RowsAffected = db.RowsAffected
	}
}

// assign stores the keys that INSERT IGNORE returns, without those of rows that were there already.
// Where one of the new ones was left out, because of a unique index, it is not known which, and
// none is stored.
func (rows insertion) assign(db *gorm.DB, result gorm.Rows) {
	field := db.Statement.Schema.PrioritizedPrimaryField
	var made []any
	for result.Next() {
		var key any
		if db.AddError(result.Scan(&key)) != nil {
			return
		}
		db.RowsAffected++
		if !rows.explicit[fmt.Sprint(key)] {
			made = append(made, key)
		}
	}
	if db.AddError(result.Err()) != nil {
		return
	}
	wanted := 0
	for _, g := range rows.generated {
		if g {
			wanted++
		}
	}
	if len(made) != wanted {
		return
	}
	at := 0
	for i, g := range rows.generated {
		if g {
			setField(db, field, i, made[at])
			at++
		}
	}
}

// setField stores a value into the i-th record of what is created.
func setField(db *gorm.DB, field *schema.Field, i int, v any) {
	r := db.Statement.ReflectValue
	if r.Kind() == reflect.Slice || r.Kind() == reflect.Array {
		r = reflect.Indirect(r.Index(i))
	}
	if r.Kind() == reflect.Struct {
		_ = db.AddError(field.Set(db.Statement.Context, r, v))
	}
}

// giveKeys makes keys for records whose primary key is a string, a RecordID or a UUID without a
// value, before they are sent. So they are known whatever the server answers.
func giveKeys(stmt *gorm.Statement) {
	s := stmt.Schema
	if s == nil || len(s.PrimaryFields) != 1 || s.PrimaryFields[0].HasDefaultValue {
		return
	}
	field := s.PrimaryFields[0]
	kind := field.IndirectFieldType.Kind()
	if kind != reflect.String && !isUUID(field.IndirectFieldType) {
		return
	}
	one := func(r reflect.Value) {
		r = reflect.Indirect(r)
		if r.Kind() != reflect.Struct || r.Type() != s.ModelType {
			return
		}
		if _, zero := field.ValueOf(stmt.Context, r); !zero {
			return
		}
		var key any = newKey()
		switch {
		case isUUID(field.IndirectFieldType):
			key = reflect.ValueOf(newUUID()).Convert(field.IndirectFieldType).Interface()
		case holdsIDs(field):
			id, err := surrealsql.NewRecordID(stmt.Table, key)
			_ = stmt.AddError(err)
			key = id
		}
		_ = stmt.AddError(field.Set(stmt.Context, r, key))
	}
	r := stmt.ReflectValue
	if r.Kind() != reflect.Slice && r.Kind() != reflect.Array {
		one(r)
		return
	}
	for i := range r.Len() {
		one(r.Index(i))
	}
}

// newKey is a key as SurrealDB makes them: 20 characters of 36.
func newKey() string {
	const alphabet = "0123456789abcdefghijklmnopqrstuvwxyz"
	key := make([]byte, 0, 20)
	var b [32]byte
	for len(key) < cap(key) {
		_, _ = rand.Read(b[:]) // never fails: https://pkg.go.dev/crypto/rand#Read
		for _, c := range b {
			if c < 252 && len(key) < cap(key) { // 252 is 7 times 36, so that all are as likely
				key = append(key, alphabet[c%36])
			}
		}
	}
	return string(key)
}

// newUUID is a random UUID, version 4.
func newUUID() (u [16]byte) {
	_, _ = rand.Read(u[:])
	u[6], u[8] = u[6]&0x0f|0x40, u[8]&0x3f|0x80
	return u
}

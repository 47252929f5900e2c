package surrealgorm

// The migrator's fields.

import (
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
	"gorm.io/gorm/migrator"
	"gorm.io/gorm/schema"

	"github.com/surrealsql/surrealsql"
	defined "github.com/surrealsql/surrealsql/schema"
)

// fieldClauses are the type and what follows it in a field's definition, without ASSERT.
func (m Migrator) fieldClauses(f *schema.Field) (string, error) {
	kind := m.dialector.fieldType(f)
	text := kind
	if strings.Contains(kind, "object") && !m.dialector.Schemaless { // there the server refuses the word
		text += " FLEXIBLE"
	}
	reference, err := m.reference(f)
	if err != nil {
		return "", err
	}
	value, err := defaultOf(f)
	if err != nil {
		return "", err
	}
	if value != "" {
		value = " DEFAULT " + value
	}
	text += reference + value
	if f.Comment != "" {
		text += " COMMENT " + quoteString(f.Comment)
	}
	return text, nil
}

// fieldText defines a field. how is OVERWRITE, or "".
func (m Migrator) fieldText(stmt *gorm.Statement, f *schema.Field, how string) (string, error) {
	clauses, err := m.fieldClauses(f)
	if err != nil {
		return "", err
	}
	text := "DEFINE FIELD " + how + quoteName(f.DBName) + " ON " + quoteName(stmt.Table) + " TYPE " + clauses
	for _, check := range stmt.Schema.ParseCheckConstraints() {
		if check.Field != f {
			continue
		}
		condition, err := m.condition(stmt, check.Constraint)
		if err != nil {
			return "", err
		}
		text += " ASSERT " + choose(f.NotNull, "", "$value = NONE OR ") + "(" + condition + ")"
	}
	return text, nil
}

// condition is the condition of a check as SurrealQL.
func (m Migrator) condition(stmt *gorm.Statement, text string) (string, error) {
	db := m.DB.Session(&gorm.Session{NewDB: true})
	check := &gorm.Statement{DB: db, Table: stmt.Table, Schema: stmt.Schema, Clauses: map[string]clause.Clause{}}
	db.Statement = check
	w := writerOf(check)
	if w == nil {
		return "", db.Error
	}
	condition := w.apart(func() { w.fragment(text, nil, false) })
	if len(check.Vars) > 0 {
		condition = m.dialector.Explain(condition, check.Vars...)
	}
	return condition, db.Error
}

// reference is what becomes of a link when the record that it leads to is deleted. Only a field of
// links has it; of others the constraint would not hold, so it is refused where one is asked for.
func (m Migrator) reference(f *schema.Field) (string, error) {
	if m.DB.DisableForeignKeyConstraintWhenMigrating || m.DB.IgnoreRelationshipsWhenMigrating {
		return "", nil
	}
	for _, relation := range f.Schema.Relationships.Relations {
		constraint := relation.ParseConstraint()
		if relation.Field.IgnoreMigration || constraint == nil || constraint.Schema != f.Schema ||
			constraint.OnDelete == "" {
			continue
		}
		for _, key := range constraint.ForeignKeys {
			if key != f {
				continue
			}
			if linkOf(f) == "" && !holdsIDs(f) {
				return "", refuse("OnDelete for a plain field, here "+f.Schema.Name+"."+f.Name,
					"make it a link, by the type RecordID or the tag type:record<"+constraint.ReferenceSchema.Table+
						">, or set DisableForeignKeyConstraintWhenMigrating")
			}
			action, ok := onDelete[strings.ToUpper(constraint.OnDelete)]
			if !ok {
				return "", refuse("ON DELETE "+constraint.OnDelete, "use CASCADE, SET NULL or RESTRICT")
			}
			return " REFERENCE ON DELETE " + action, nil
		}
	}
	return "", nil
}

var onDelete = map[string]string{
	"CASCADE": "CASCADE", "SET NULL": "UNSET", "RESTRICT": "REJECT", "NO ACTION": "REJECT",
}

// withField calls f with a model's field.
func (m Migrator) withField(value any, name string, f func(*gorm.Statement, *schema.Field) error) error {
	return m.RunWithValue(value, func(stmt *gorm.Statement) error {
		if stmt.Schema != nil {
			if field := stmt.Schema.LookUpField(name); field != nil {
				return f(stmt, field)
			}
		}
		return fmt.Errorf("surrealgorm: the model has no field %s", name)
	})
}

// AddColumn defines a field of the model.
func (m Migrator) AddColumn(value any, name string) error {
	return m.define(value, name, "")
}

// AlterColumn defines a field again, as the model has it.
func (m Migrator) AlterColumn(value any, name string) error {
	return m.define(value, name, "OVERWRITE ")
}

func (m Migrator) define(value any, name, how string) error {
	return m.withField(value, name, func(stmt *gorm.Statement, f *schema.Field) error {
		if f.IgnoreMigration || f.DBName == idName {
			return nil
		}
		text, err := m.fieldText(stmt, f, how)
		if err != nil {
			return err
		}
		if how == "" {
			return m.added(f, text)
		}
		return m.exec(text)
	})
}

// added runs the definition of a new field. SurrealDB 4.0 asks what the records that are there are to
// hold, where the field may not be absent: its DEFAULT. Without one, and for another type of a field
// that records have, its error says how to change them.
func (m Migrator) added(f *schema.Field, text string) error {
	err := m.exec(text)
	value, _ := defaultOf(f)
	var server *surrealsql.Error
	if value != "" && errors.As(err, &server) && strings.Contains(server.Message, "MIGRATE EXISTING ROWS") {
		return m.exec(text, " MIGRATE EXISTING ROWS AS ", quoteName("add_"+f.DBName), " USING ", value)
	}
	return err
}

// columnName is a field's name in the database: a model's by its Go name, too.
func columnName(stmt *gorm.Statement, name string) string {
	if stmt.Schema != nil {
		if f := stmt.Schema.LookUpField(name); f != nil {
			return f.DBName
		}
	}
	return name
}

// DropColumn removes a field, and its values from all records.
func (m Migrator) DropColumn(value any, name string) error {
	return m.RunWithValue(value, func(stmt *gorm.Statement) error {
		field, table := quoteName(columnName(stmt, name)), quoteName(stmt.Table)
		return m.exec("BEGIN; REMOVE FIELD ", field, " ON ", table,
			"; UPDATE ", table, " UNSET ", field, " RETURN NONE; COMMIT")
	})
}

// HasColumn tells whether a field is defined. Every table has an id.
func (m Migrator) HasColumn(value any, name string) bool {
	found := false
	_ = m.RunWithValue(value, func(stmt *gorm.Statement) error {
		t, err := m.table(stmt.Table)
		name = columnName(stmt, name)
		found = err == nil && name == idName
		for _, f := range t.Fields {
			found = found || unquote(f.Name) == name
		}
		return err
	})
	return found
}

// ColumnTypes are the fields of a table, the id first.
func (m Migrator) ColumnTypes(value any) ([]gorm.ColumnType, error) {
	var columns []gorm.ColumnType
	err := m.RunWithValue(value, func(stmt *gorm.Statement) error {
		t, err := m.table(stmt.Table)
		if err != nil {
			return err
		}
		columns = append(columns, migrator.ColumnType{
			NameValue: some(idName), DataTypeValue: some("record"), ColumnTypeValue: some("record<" + stmt.Table + ">"),
			PrimaryKeyValue: sql.NullBool{Bool: true, Valid: true}, UniqueValue: sql.NullBool{Bool: true, Valid: true},
			NullableValue: sql.NullBool{Valid: true},
		})
		unique := map[string]bool{}
		for _, index := range t.Indexes {
			if index.Kind == "UNIQUE" && len(index.Columns) == 1 {
				unique[unquote(index.Columns[0])] = index.Name == m.DB.NamingStrategy.UniqueName(stmt.Table, unquote(index.Columns[0]))
			}
		}
		for _, f := range t.Fields {
			if name := unquote(f.Name); name != idName && !strings.ContainsAny(f.Name, ".*[") {
				columns = append(columns, columnType(f, name, unique[name]))
			}
		}
		return nil
	})
	return columns, err
}

// plainText is a DEFAULT as GORM has them, a string without its quotes.
func plainText(s string) string {
	if list := tokens(s); len(list) == 1 && list[0].kind == str && isQuote(s[0]) && len(s) > 1 {
		return s[1 : len(s)-1]
	}
	return s
}

func some(s string) sql.NullString { return sql.NullString{String: s, Valid: true} }

func columnType(f defined.Field, name string, unique bool) migrator.ColumnType {
	kind, optional := strings.CutPrefix(f.Type, "none | ")
	return migrator.ColumnType{
		NameValue: some(name), DataTypeValue: some(kind), ColumnTypeValue: some(f.Type),
		PrimaryKeyValue:   sql.NullBool{Valid: true},
		UniqueValue:       sql.NullBool{Bool: unique, Valid: true},
		NullableValue:     sql.NullBool{Bool: optional || f.Type == "any" || f.Type == "", Valid: true},
		CommentValue:      sql.NullString{String: f.Comment, Valid: f.Comment != ""},
		DefaultValueValue: sql.NullString{String: plainText(f.Default), Valid: f.Default != ""},
	}
}

// MigrateColumn defines a field again if its type, its DEFAULT or its comment is another one than the
// model's. What else stands in its definition, such as PERMISSIONS, is lost then.
func (m Migrator) MigrateColumn(value any, f *schema.Field, current gorm.ColumnType) error {
	if f.DBName == idName {
		return m.keepSequence(value, f)
	}
	if f.IgnoreMigration {
		return nil
	}
	if isCounted(f) && f.PrimaryKey {
		if err := m.keepSequence(value, f); err != nil {
			return err
		}
	}
	kind := m.dialector.fieldType(f)
	if inner, ok := strings.CutPrefix(kind, "option<"); ok {
		kind = "none | " + strings.TrimSuffix(inner, ">")
	}
	is, _ := current.ColumnType()
	wanted, err := defaultOf(f)
	if err != nil {
		return err
	}
	was, _ := current.DefaultValue()
	comment, _ := current.Comment()
	if is == "none | "+kind {
		is = kind // what may be absent stays so, as records may lack it
	}
	if is != kind || was != plainText(wanted) || comment != f.Comment {
		if err := m.DB.Migrator().AlterColumn(value, f.DBName); err != nil {
			return err
		}
	}
	return m.DB.Migrator().MigrateColumnUnique(value, f, current)
}

// keepSequence defines the sequence of a table whose records are there already: it begins behind
// the highest key.
func (m Migrator) keepSequence(value any, f *schema.Field) error {
	if !f.PrimaryKey || !isCounted(f) {
		return nil
	}
	return m.RunWithValue(value, func(stmt *gorm.Statement) error {
		db, err := defined.ReadDatabase(m.DB.Statement.Context, m.DB.Statement.ConnPool)
		if err != nil {
			return err
		}
		for _, s := range db.Sequences {
			if s.Name == sequence(stmt.Table) {
				return nil
			}
		}
		var highest sql.Null[int64]
		err = m.DB.Raw("RETURN (SELECT id, record::id(id) AS key FROM " + quoteName(stmt.Table) +
			" WHERE type::is_int(record::id(id)) ORDER BY id DESC LIMIT 1)[0].key ?? 0").Row().Scan(&highest)
		if err != nil {
			return err
		}
		return m.exec("DEFINE SEQUENCE IF NOT EXISTS ", quoteName(sequence(stmt.Table)),
			fmt.Sprintf(" START %d", highest.V+1))
	})
}

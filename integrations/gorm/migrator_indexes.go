package surrealgorm

// The migrator's indexes and constraints.

import (
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"gorm.io/gorm"
	"gorm.io/gorm/migrator"
	"gorm.io/gorm/schema"

	"github.com/surrealsql/surrealsql"
	defined "github.com/surrealsql/surrealsql/schema"
)

// indexText defines an index. Its class, or a type that SurrealDB knows, and its option stand
// after the fields: `index:,class:FULLTEXT,option:ANALYZER simple BM25`.
func indexText(table string, index *schema.Index) (string, error) {
	if index.Where != "" {
		return "", refuse("an index with a WHERE, here "+index.Name, "define the field as an option: "+
			"a unique index passes by records that have no value")
	}
	text := "DEFINE INDEX " + quoteName(index.Name) + " ON " + quoteName(table) + " FIELDS "
	for i, f := range index.Fields {
		if f.Expression != "" || f.Sort != "" && !strings.EqualFold(f.Sort, "asc") || f.Collate != "" || f.Length > 0 {
			return "", refuse("an index with an expression, an order, a collation or a length, here "+index.Name,
				"index fields as they are; of an expression make a field")
		}
		text += choose(i > 0, ", ", "") + quoteName(f.DBName)
	}
	kind := strings.ToUpper(index.Class)
	if kind == "" && slices.Contains([]string{"FULLTEXT", "HNSW", "COUNT"}, strings.ToUpper(index.Type)) {
		kind = strings.ToUpper(index.Type)
	}
	for _, part := range []string{kind, index.Option} {
		if part != "" {
			text += " " + part
		}
	}
	if index.Comment != "" {
		text += " COMMENT " + quoteString(index.Comment)
	}
	return text, nil
}

// uniqueText defines the index that a unique constraint is.
func uniqueText(table string, unique schema.UniqueConstraint) string {
	return "DEFINE INDEX " + quoteName(unique.Name) + " ON " + quoteName(table) + " FIELDS " +
		quoteName(unique.Field.DBName) + " UNIQUE"
}

// CreateIndex defines an index of the model.
func (m Migrator) CreateIndex(value any, name string) error {
	return m.RunWithValue(value, func(stmt *gorm.Statement) error {
		if stmt.Schema == nil {
			return fmt.Errorf("surrealgorm: CreateIndex needs a model")
		}
		index := stmt.Schema.LookIndex(name)
		if index == nil {
			return fmt.Errorf("surrealgorm: the model has no index %s", name)
		}
		text, err := indexText(stmt.Table, index)
		if err != nil {
			return err
		}
		return m.exec(text)
	})
}

// indexName is the name of an index of the model, which may be said by a field's name.
func indexName(stmt *gorm.Statement, name string) string {
	if stmt.Schema != nil {
		if index := stmt.Schema.LookIndex(name); index != nil {
			return index.Name
		}
	}
	return name
}

// DropIndex removes an index.
func (m Migrator) DropIndex(value any, name string) error {
	return m.RunWithValue(value, func(stmt *gorm.Statement) error {
		return m.exec("REMOVE INDEX ", quoteName(indexName(stmt, name)), " ON ", quoteName(stmt.Table))
	})
}

// index reads an index's definition.
func (m Migrator) index(stmt *gorm.Statement, name string) (defined.Index, error) {
	t, err := m.table(stmt.Table)
	if err != nil {
		return defined.Index{}, err
	}
	for _, index := range t.Indexes {
		if index.Name == name {
			return index, nil
		}
	}
	return defined.Index{}, fmt.Errorf("surrealgorm: %s has no index %s: %w", stmt.Table, name, surrealsql.ErrNotFound)
}

// HasIndex tells whether an index is defined.
func (m Migrator) HasIndex(value any, name string) bool {
	return m.RunWithValue(value, func(stmt *gorm.Statement) error {
		_, err := m.index(stmt, indexName(stmt, name))
		return err
	}) == nil
}

// RenameIndex defines an index under another name and removes the old one.
func (m Migrator) RenameIndex(value any, oldName, newName string) error {
	return m.RunWithValue(value, func(stmt *gorm.Statement) error {
		index, err := m.index(stmt, indexName(stmt, oldName))
		if err != nil {
			return err
		}
		return m.exec("DEFINE INDEX ", quoteName(newName), " ON ", quoteName(stmt.Table), " FIELDS ",
			strings.Join(index.Columns, ", "), " ", index.Definition,
			"; REMOVE INDEX ", quoteName(index.Name), " ON ", quoteName(stmt.Table))
	})
}

// GetIndexes are the indexes of a table.
func (m Migrator) GetIndexes(value any) ([]gorm.Index, error) {
	var list []gorm.Index
	err := m.RunWithValue(value, func(stmt *gorm.Statement) error {
		t, err := m.table(stmt.Table)
		for _, index := range t.Indexes {
			columns := make([]string, len(index.Columns))
			for i, c := range index.Columns {
				columns[i] = unquote(c)
			}
			list = append(list, migrator.Index{
				TableName: stmt.Table, NameValue: index.Name, ColumnList: columns, OptionValue: index.Definition,
				PrimaryKeyValue: sql.NullBool{Valid: true},
				UniqueValue:     sql.NullBool{Bool: index.Kind == "UNIQUE", Valid: true},
			})
		}
		return err
	})
	return list, err
}

// CreateConstraint defines a check as the field's ASSERT, a unique constraint as an index, and a
// foreign key as the field's REFERENCE.
func (m Migrator) CreateConstraint(value any, name string) error {
	return m.RunWithValue(value, func(stmt *gorm.Statement) error {
		constraint, table := m.GuessConstraintInterfaceAndTable(stmt, name)
		switch c := constraint.(type) {
		case *schema.CheckConstraint:
			return m.AlterColumn(value, c.Field.DBName)
		case *schema.UniqueConstraint:
			return m.exec(uniqueText(table, *c))
		case *schema.Constraint:
			if c.OnDelete == "" {
				return nil // nothing to hold: a link may lead to a record that is not there
			}
			for _, key := range c.ForeignKeys {
				if err := m.AlterColumn(value, key.DBName); err != nil {
					return err
				}
			}
			return nil
		}
		return fmt.Errorf("surrealgorm: the model has no constraint %s", name)
	})
}

// HasConstraint tells whether a constraint is in force.
func (m Migrator) HasConstraint(value any, name string) bool {
	found := false
	_ = m.RunWithValue(value, func(stmt *gorm.Statement) error {
		constraint, table := m.GuessConstraintInterfaceAndTable(stmt, name)
		if table == "" {
			table = stmt.Table
		}
		t, err := m.table(table)
		if err != nil {
			return err
		}
		field := func(name string) (f defined.Field) {
			for _, f := range t.Fields {
				if unquote(f.Name) == name {
					return f
				}
			}
			return f
		}
		switch c := constraint.(type) {
		case *schema.CheckConstraint:
			found = field(c.Field.DBName).Assert != ""
		case *schema.Constraint:
			found = len(c.ForeignKeys) > 0 && field(c.ForeignKeys[0].DBName).Raw["reference"] != nil
		default:
			if unique, ok := c.(*schema.UniqueConstraint); ok {
				name = unique.Name
			}
			for _, index := range t.Indexes {
				found = found || index.Name == name
			}
		}
		return nil
	})
	return found
}

// DropConstraint removes a unique constraint's index, or the ASSERT of a check with its field's
// other clauses kept as the model has them.
func (m Migrator) DropConstraint(value any, name string) error {
	return m.RunWithValue(value, func(stmt *gorm.Statement) error {
		constraint, table := m.GuessConstraintInterfaceAndTable(stmt, name)
		switch c := constraint.(type) {
		case *schema.CheckConstraint:
			clauses, err := m.fieldClauses(c.Field)
			if err != nil {
				return err
			}
			return m.exec("DEFINE FIELD OVERWRITE ", quoteName(c.Field.DBName), " ON ", quoteName(table), " TYPE ", clauses)
		case *schema.Constraint:
			for _, key := range c.ForeignKeys {
				text := m.dialector.fieldType(key)
				err := m.exec("DEFINE FIELD OVERWRITE ", quoteName(key.DBName), " ON ", quoteName(table), " TYPE ", text)
				if err != nil {
					return err
				}
			}
			return nil
		case *schema.UniqueConstraint:
			name = c.Name
		}
		if table == "" {
			table = stmt.Table
		}
		return m.exec("REMOVE INDEX ", quoteName(name), " ON ", quoteName(table))
	})
}

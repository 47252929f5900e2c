package surrealgorm

// The migrator: tables, and what AutoMigrate asks of them. Definitions are read by package schema.

import (
	"context"
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

// Migrator is what AutoMigrate and db.Migrator() use.
type Migrator struct {
	migrator.Migrator
	dialector *Dialector
}

// table is what the server has defined for a table.
func (m Migrator) table(name string) (defined.Table, error) {
	return defined.ReadTable(m.DB.Statement.Context, m.DB.Statement.ConnPool, name)
}

// exec runs definitions, again where others define something at the same time.
func (m Migrator) exec(parts ...string) error {
	return surrealsql.Retry{}.Do(m.DB.Statement.Context, func(context.Context) error {
		return m.DB.Session(&gorm.Session{}).Exec(strings.Join(parts, "")).Error
	})
}

// FullDataTypeOf is what AutoMigrate writes after TYPE.
func (m Migrator) FullDataTypeOf(f *schema.Field) clause.Expr {
	text, err := m.fieldClauses(f)
	if err != nil {
		_ = m.DB.AddError(err)
	}
	return clause.Expr{SQL: text}
}

// CreateTable defines the tables of models, with their fields, and the sequence that integer keys are
// from, in one transaction for each table. The indexes follow one by one: SurrealDB 4.0 waits for
// others with each, and would have transactions with several conflict.
func (m Migrator) CreateTable(values ...any) error {
	for _, value := range m.ReorderModels(values, false) {
		err := m.RunWithValue(value, func(stmt *gorm.Statement) error {
			if stmt.Schema == nil {
				return errors.New("surrealgorm: CreateTable needs a model")
			}
			text, err := m.tableText(stmt)
			if err != nil {
				return err
			}
			indexes, err := indexTexts(stmt)
			if err != nil {
				return err
			}
			if err := m.exec("BEGIN; ", text, "COMMIT"); err != nil {
				return err
			}
			for _, index := range indexes {
				if err := m.exec(index); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (m Migrator) tableText(stmt *gorm.Statement) (string, error) {
	text := "DEFINE TABLE " + quoteName(stmt.Table) + " TYPE NORMAL " +
		choose(m.dialector.Schemaless, "SCHEMALESS", "SCHEMAFULL")
	if comment, ok := m.DB.Get("gorm:table_comment"); ok {
		text += " COMMENT " + quoteString(fmt.Sprint(comment))
	}
	text += "; "
	for _, name := range stmt.Schema.DBNames {
		f := stmt.Schema.FieldsByDBName[name]
		if f.PrimaryKey && isCounted(f) {
			text += "DEFINE SEQUENCE IF NOT EXISTS " + quoteName(sequence(stmt.Table)) + " START 1; "
		}
		if f.IgnoreMigration || name == idName {
			continue
		}
		field, err := m.fieldText(stmt, f, "")
		if err != nil {
			return "", err
		}
		text += field + "; "
	}
	return text, nil
}

// indexTexts define the indexes of a model.
func indexTexts(stmt *gorm.Statement) (list []string, err error) {
	for _, unique := range stmt.Schema.ParseUniqueConstraints() {
		if unique.Field.DBName != idName {
			list = append(list, uniqueText(stmt.Table, unique))
		}
	}
	for _, index := range stmt.Schema.ParseIndexes() {
		text, err := indexText(stmt.Table, index)
		if err != nil {
			return nil, err
		}
		list = append(list, text)
	}
	return list, nil
}

// DropTable removes tables with their records, and the sequences of their keys.
func (m Migrator) DropTable(values ...any) error {
	values = m.ReorderModels(values, false)
	for i := len(values) - 1; i >= 0; i-- {
		err := m.RunWithValue(values[i], func(stmt *gorm.Statement) error {
			return m.exec("REMOVE TABLE IF EXISTS ", quoteName(stmt.Table),
				"; REMOVE SEQUENCE IF EXISTS ", quoteName(sequence(stmt.Table)))
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// HasTable tells whether a table is defined.
func (m Migrator) HasTable(value any) bool {
	found := false
	err := m.RunWithValue(value, func(stmt *gorm.Statement) error {
		_, err := m.table(stmt.Table)
		found = err == nil
		if surrealsql.IsNotFound(err) {
			return nil
		}
		return err
	})
	if err != nil {
		_ = m.DB.AddError(err)
	}
	return found
}

// GetTables are the names of the tables of the database.
func (m Migrator) GetTables() ([]string, error) {
	db, err := defined.ReadDatabase(m.DB.Statement.Context, m.DB.Statement.ConnPool)
	if err != nil {
		return nil, err
	}
	names := make([]string, len(db.Tables))
	for i, t := range db.Tables {
		names[i] = t.Name
	}
	return names, nil
}

// TableType tells a table's kind: NORMAL, RELATION or ANY, and VIEW of one that is a view.
func (m Migrator) TableType(value any) (gorm.TableType, error) {
	var kind migrator.TableType
	err := m.RunWithValue(value, func(stmt *gorm.Statement) error {
		t, err := m.table(stmt.Table)
		kind = migrator.TableType{
			SchemaValue: m.CurrentDatabase(), NameValue: t.Name, TypeValue: choose(t.View != "", "VIEW", t.Kind.Kind),
			CommentValue: sql.NullString{String: t.Comment, Valid: t.Comment != ""},
		}
		return err
	})
	return kind, err
}

// CurrentDatabase is the name of the database that is used.
func (m Migrator) CurrentDatabase() (name string) {
	_ = m.DB.AddError(m.DB.Raw("RETURN session::db()").Row().Scan(&name))
	return name
}

// RenameTable refuses: a record's id has its table's name in it.
func (m Migrator) RenameTable(any, any) error {
	return refuse("renaming a table", "the records' ids have its name in them: create the new table, "+
		"copy the records, and remove the old one")
}

// CreateView defines a table whose records are what the query gives; the server keeps them so.
func (m Migrator) CreateView(name string, option gorm.ViewOption) error {
	if option.Query == nil {
		return gorm.ErrSubQueryRequired
	}
	if option.CheckOption != "" {
		return refuse("CHECK OPTION", "a view is not written to")
	}
	sub := option.Query.Session(&gorm.Session{DryRun: true}).Set("gorm:subquery", true)
	if sub.Statement.SQL.Len() == 0 { // else it is from db.Raw
		sub = sub.Callback().Query().Execute(sub)
	}
	if sub.Error != nil {
		return sub.Error
	}
	return m.exec("DEFINE TABLE ", choose(option.Replace, "OVERWRITE ", ""), quoteName(name),
		" TYPE NORMAL AS ", m.dialector.Explain(sub.Statement.SQL.String(), sub.Statement.Vars...))
}

// DropView removes a view.
func (m Migrator) DropView(name string) error {
	return m.exec("REMOVE TABLE IF EXISTS ", quoteName(name))
}

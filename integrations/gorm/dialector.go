package surrealgorm

// The dialector: what GORM asks of a database, and the statements' writers that it is given.

import (
	"database/sql"
	"errors"
	"strconv"
	"strings"

	"gorm.io/gorm"
	"gorm.io/gorm/callbacks"
	"gorm.io/gorm/clause"
	"gorm.io/gorm/logger"
	"gorm.io/gorm/migrator"
	"gorm.io/gorm/schema"

	"github.com/surrealsql/surrealsql"
)

// Config says how GORM reaches SurrealDB and what AutoMigrate defines. The zero value of every
// field but DSN and Conn is a good one; one of these two is needed.
type Config struct {
	// DSN is opened with the driver of this project, where Conn is nil.
	DSN string
	// Conn is used as it is and never closed: a *sql.DB of this driver, or what wraps one.
	Conn gorm.ConnPool
	// Schemaless has AutoMigrate define tables that take fields beyond those of the model. By
	// default they are SCHEMAFULL: a field that the table has not got is an error.
	Schemaless bool
}

// Dialector is GORM's dialect of SurrealDB. Open and New make one. It may be used by several
// gorm.DB.
type Dialector struct{ Config }

// Open returns the dialect for a DSN of the driver.
func Open(dsn string) gorm.Dialector { return New(Config{DSN: dsn}) }

// New returns the dialect for a Config.
func New(config Config) gorm.Dialector { return &Dialector{Config: config} }

// Name is "surrealdb".
func (d *Dialector) Name() string { return surrealsql.DriverName }

// Initialize is called by gorm.Open. It opens the DSN, if there is one, and replaces GORM's writers
// of SQL. Each kind of statement is written as a whole by one of them, in the name of its first
// clause.
func (d *Dialector) Initialize(db *gorm.DB) error {
	if d.Conn != nil {
		db.ConnPool = d.Conn
	} else {
		conn, err := sql.Open(surrealsql.DriverName, d.DSN)
		if err != nil {
			return err
		}
		db.ConnPool = conn
	}
	callbacks.RegisterDefaultCallbacks(db, &callbacks.Config{
		CreateClauses: []string{"INSERT", "RETURNING"},
		QueryClauses:  []string{"SELECT"},
		UpdateClauses: []string{"UPDATE", "RETURNING"},
		DeleteClauses: []string{"DELETE", "RETURNING"},
	})
	if err := db.Callback().Create().Replace("gorm:create", create); err != nil {
		return err
	}
	if err := db.Callback().Query().Replace("gorm:query", query); err != nil {
		return err
	}
	for _, before := range []interface {
		Register(string, func(*gorm.DB)) error
	}{
		db.Callback().Query().Before("gorm:query"),
		db.Callback().Row().Before("gorm:row"),
		db.Callback().Raw().Before("gorm:raw"),
	} {
		if err := before.Register("surrealgorm:text", checkText); err != nil {
			return err
		}
	}
	for name, write := range map[string]func(*writer){
		"SELECT": (*writer).selectStatement,
		"UPDATE": (*writer).updateStatement,
		"DELETE": (*writer).deleteStatement,
	} {
		db.ClauseBuilders[name] = func(_ clause.Clause, builder clause.Builder) {
			if w := writerOf(builder); w != nil {
				write(w)
			}
		}
	}
	db.ClauseBuilders["RETURNING"] = func(clause.Clause, clause.Builder) {} // by the statement's own
	return nil
}

// Migrator returns what AutoMigrate and db.Migrator() use.
func (d *Dialector) Migrator(db *gorm.DB) gorm.Migrator {
	return Migrator{
		Migrator: migrator.Migrator{Config: migrator.Config{
			DB: db, Dialector: d, CreateIndexAfterCreateTable: true,
		}},
		dialector: d,
	}
}

// DefaultValueOf stands for a field that has no value in a row while other rows of the same create
// have one: NONE, for which the field's DEFAULT is taken.
func (d *Dialector) DefaultValueOf(*schema.Field) clause.Expression { return defaultValue }

// defaultValue is compared with what stands in a row: see newKeys.
var defaultValue = clause.Expr{SQL: "NONE"}

// BindVarTo writes the parameter that GORM has just added.
func (d *Dialector) BindVarTo(writer clause.Writer, stmt *gorm.Statement, _ any) {
	writer.WriteString("$" + strconv.Itoa(len(stmt.Vars)))
}

// QuoteTo writes a name in backquotes. Dots part the names of a path.
func (d *Dialector) QuoteTo(writer clause.Writer, name string) {
	writer.WriteString(quotePath(name))
}

// Explain is the text with its arguments in it, for GORM's log.
func (d *Dialector) Explain(text string, vars ...any) string {
	var b strings.Builder
	for _, t := range tokens(text) {
		n, err := strconv.Atoi(strings.TrimPrefix(t.text, "$"))
		if t.kind != param || err != nil || n < 1 || n > len(vars) {
			b.WriteString(t.text)
			continue
		}
		literal, err := surrealsql.Literal(vars[n-1])
		if err != nil {
			literal = logger.ExplainSQL("?", nil, `'`, vars[n-1])
		}
		b.WriteString(literal)
	}
	return b.String()
}

// SavePoint refuses: SurrealDB's transactions have no savepoints, so GORM's nested Transaction
// cannot undo a part. It rolls the transaction back, since GORM would commit it and report the
// refusal, as if nothing were in force. With DisableNestedTransaction the inner function is part
// of the outer one.
func (d *Dialector) SavePoint(tx *gorm.DB, _ string) error {
	if open, ok := tx.Statement.ConnPool.(gorm.TxCommitter); ok {
		if err := open.Rollback(); err != nil && !errors.Is(err, sql.ErrTxDone) {
			return errors.Join(errSavePoint, err)
		}
	}
	return errSavePoint
}

// RollbackTo refuses, as SavePoint does.
func (d *Dialector) RollbackTo(tx *gorm.DB, name string) error { return d.SavePoint(tx, name) }

var errSavePoint = refuse("savepoints, which a Transaction within a Transaction needs",
	"set DisableNestedTransaction, with which the inner one is part of the outer one")

// Package surrealgoqu makes github.com/doug-martin/goqu/v9 write SurrealQL. It registers the
// dialect "surrealdb":
//
//	import _ "github.com/surrealsql/surrealsql/integrations/goqu"
//
//	db := goqu.New(surrealgoqu.Dialect, sqlDB)
//	err := db.From("person").Where(goqu.C("age").Gt(18)).ScanStructs(&people)
//
// Without it goqu takes a dialect that it does not know for its default one, which quotes
// names by double quotes. Those are strings for SurrealDB: "name" = 'Ada' compares two strings,
// finds nothing, and is no error.
//
// Values are always arguments, whether a dataset is prepared or not, so that times, bytes,
// record ids and decimals arrive as what they are. What SurrealQL has no word for is an error
// of ToSQL, and of each call that runs the dataset. README.md has the list.
package surrealgoqu

import (
	"fmt"
	_ "unsafe" // for the linkname of dialects

	"github.com/doug-martin/goqu/v9"
	"github.com/doug-martin/goqu/v9/exp"
)

// Dialect is the name of the dialect, for goqu.New and goqu.Dialect. It is also the name of
// the driver.
const Dialect = "surrealdb"

// dialects are those that goqu finds by their names. RegisterDialect takes no more than
// options for the words of SQL, and no options make lists, datetimes or an error of what they
// leave out (9.19.0: the LIMIT of an UPDATE would be dropped, and all records updated).
//
//go:linkname dialects github.com/doug-martin/goqu/v9.dialects
var dialects map[string]goqu.SQLDialect

func init() {
	// goqu locks its map here, and leaves a dialect in it, which is replaced below.
	goqu.RegisterDialect(Dialect, goqu.DefaultDialectOptions())
	if dialects[Dialect] == nil {
		panic("surrealgoqu: this version of goqu keeps its dialects elsewhere; 9.19.0 was expected")
	}
	dialects[Dialect] = adopt(goqu.SQLDialect.ToSelectSQL)
}

// adopt returns our dialect for what goqu calls the thing that texts are written to. That is
// an interface of an internal package, which only inference can name.
func adopt[B builder[B]](func(goqu.SQLDialect, B, exp.SelectClauses)) goqu.SQLDialect {
	return any(dialect[B]{}).(goqu.SQLDialect)
}

// builder is what is used of goqu's.
type builder[B any] interface {
	Error() error
	SetError(error) B
	WriteStrings(...string) B
	WriteArg(...any) B
	CurrentArgPosition() int
}

// dialect writes SurrealQL for goqu.
type dialect[B builder[B]] struct{}

func (dialect[B]) Dialect() string { return Dialect }

func (dialect[B]) ToSelectSQL(b B, clauses exp.SelectClauses) {
	write(b, func(t *text) { t.selection(clauses, false) })
}

func (dialect[B]) ToUpdateSQL(b B, clauses exp.UpdateClauses) {
	write(b, func(t *text) { t.update(clauses) })
}

func (dialect[B]) ToInsertSQL(b B, clauses exp.InsertClauses) {
	write(b, func(t *text) { t.insert(clauses) })
}

func (dialect[B]) ToDeleteSQL(b B, clauses exp.DeleteClauses) {
	write(b, func(t *text) { t.delete(clauses) })
}

func (dialect[B]) ToTruncateSQL(b B, clauses exp.TruncateClauses) {
	write(b, func(t *text) { t.truncate(clauses) })
}

// write has a statement written, and hands goqu all of it or its error.
func write[B builder[B]](b B, statement func(*text)) {
	if b.Error() != nil {
		return
	}
	t := text{first: b.CurrentArgPosition()}
	statement(&t)
	if t.err != nil {
		b.SetError(fmt.Errorf("surrealgoqu: %w", t.err))
		return
	}
	b.WriteStrings(string(t.sql))
	b.WriteArg(t.args...)
}

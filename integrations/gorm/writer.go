package surrealgorm

// The writer of one statement: its table, its arguments, and the values in it.

import (
	"database/sql/driver"
	"reflect"
	"strconv"
	"strings"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
	"gorm.io/gorm/logger"
	"gorm.io/gorm/schema"
)

// writer writes one statement into its text.
type writer struct {
	stmt *gorm.Statement
	// schema is the model whose fields the columns are, nil without one.
	schema *schema.Schema
	// table is the table that is read or written, "" where that is no plain table.
	table string
	// names are what may stand before a column: the table's name and its alias.
	names []string
	// source is what stands after FROM.
	source string
	// aggregates tells that a function has been written that makes one row of all.
	aggregates bool
	// inserting tells that excluded.name means the record that would have been inserted.
	inserting bool
	// hidden are the functions of HAVING, which the query within is to give besides its columns.
	hidden *[]item
}

// writerOf begins a statement. It is nil where that has failed.
func writerOf(builder clause.Builder) *writer {
	stmt, ok := builder.(*gorm.Statement)
	if !ok {
		return nil
	}
	w := &writer{stmt: stmt, schema: stmt.Schema}
	for name, c := range stmt.Clauses {
		if c.BeforeExpression != nil || c.AfterNameExpression != nil || c.AfterExpression != nil {
			w.fail(refuse("hints and other words beside "+name, "write a text of your own, by db.Raw"))
		}
	}
	w.noModifiers()
	w.findTable()
	if stmt.Error != nil {
		return nil
	}
	return w
}

// noModifiers refuses words such as IGNORE, which other databases have after INSERT.
func (w *writer) noModifiers() {
	modifier := ""
	if c, ok := w.stmt.Clauses["INSERT"].Expression.(clause.Insert); ok {
		modifier += c.Modifier
	}
	if c, ok := w.stmt.Clauses["UPDATE"].Expression.(clause.Update); ok {
		modifier += c.Modifier
	}
	if c, ok := w.stmt.Clauses["DELETE"].Expression.(clause.Delete); ok {
		modifier += c.Modifier
	}
	if modifier != "" {
		w.fail(refuse("a statement with "+modifier, "use clause.OnConflict, or a text of your own"))
	}
}

// fail notes the statement's error. Nothing is sent then.
func (w *writer) fail(err error) { _ = w.stmt.AddError(err) }

func (w *writer) text(parts ...string) {
	for _, p := range parts {
		w.stmt.SQL.WriteString(p)
	}
}

// findTable reads the table's name: the model's, or what db.Table was given, which may have an
// alias or be a subquery.
func (w *writer) findTable() {
	w.table = w.stmt.Table
	expr := w.stmt.TableExpr
	if expr == nil {
		w.names = []string{w.table}
		w.source = quoteName(w.table)
		return
	}
	list := fields(tokens(expr.SQL))
	alias := func(rest []token) bool {
		if len(rest) > 0 && rest[0].is("AS") {
			rest = rest[1:]
		}
		if len(rest) == 1 && (rest[0].kind == word || rest[0].kind == quoted) {
			w.names = append(w.names, rest[0].name())
			return true
		}
		return len(rest) == 0
	}
	switch {
	case len(list) >= 1 && (list[0].kind == word || list[0].kind == quoted) && alias(list[1:]):
		w.table = list[0].name()
		w.names = append(w.names, w.table)
		w.source = quoteName(w.table)
	case len(list) >= 3 && list[0].text == "(" && list[1].text == "?" && list[2].text == ")" &&
		len(expr.Vars) == 1 && alias(list[3:]):
		w.table = ""
		w.source = "" // written by from, so that its arguments come in order
	default:
		w.fail(refuse("a FROM such as "+expr.SQL, "a query reads one table or one subquery, without JOIN; "+
			"a text of your own goes to db.Raw"))
	}
}

// fields are the tokens without spaces and comments.
func fields(list []token) []token {
	var out []token
	for _, t := range list {
		if t.kind != space {
			out = append(out, t)
		}
	}
	return out
}

// checkFrom refuses to read several tables.
func (w *writer) checkFrom() {
	if from, ok := w.stmt.Clauses["FROM"].Expression.(clause.From); ok {
		if len(from.Tables) > 1 {
			w.fail(refuse("a FROM of several tables", "a query reads one table; use Preload or a subquery"))
		}
		if len(from.Joins) > 0 {
			w.fail(refuse("JOIN", "use Preload for associations, or a subquery in the condition; "+
				"links between records are read without JOIN: SELECT author.name FROM article"))
		}
	}
}

// from writes the table that is read or written, or the subquery in its place.
func (w *writer) from() {
	w.checkFrom()
	if w.source != "" {
		w.text(w.source)
		return
	}
	if sub, ok := w.stmt.TableExpr.Vars[0].(*gorm.DB); ok {
		w.text("(")
		w.subquery(sub)
		w.text(")")
		return
	}
	w.fail(refuse("a FROM such as "+w.stmt.TableExpr.SQL, "give a subquery, a *gorm.DB"))
}

// isExpression tells whether v is no value but something to be written.
func isExpression(v any) bool {
	switch v.(type) {
	case clause.Expression, clause.Column, clause.Table, *gorm.DB, gorm.Valuer:
		return true
	}
	return false
}

// bind writes a value as an argument. What is nil to Go is NONE: a field without a value.
func (w *writer) bind(v any) {
	switch v := v.(type) {
	case clause.Column:
		w.text(w.column(v).value())
	case gorm.Valuer:
		if r := reflect.ValueOf(v); r.Kind() == reflect.Pointer && r.IsNil() {
			w.text("NONE")
			return
		}
		w.bind(v.GormValue(w.stmt.Context, w.stmt.DB))
	case clause.Expr:
		if len(v.Vars) == 0 && v.SQL == defaultValue.SQL {
			w.text(v.SQL)
			return
		}
		w.expression(v)
	default:
		if isQuery(v) {
			w.text("(")
			w.values(v, nil)
			w.text(")[0]")
			return
		}
		if e, ok := v.(clause.Expression); ok {
			w.expression(e)
			return
		}
		if isNil(v) {
			w.text("NONE")
			return
		}
		w.stmt.Vars = append(w.stmt.Vars, v)
		w.text("$" + strconv.Itoa(len(w.stmt.Vars)))
	}
}

// bindFor writes a value that is compared with, or put into, a column.
func (w *writer) bindFor(c column, v any) {
	v, err := c.compare(v)
	if err != nil {
		w.fail(err)
	}
	w.bind(v)
}

// isNil tells whether v is nil, a nil pointer, slice or map, or a driver.Valuer that has no value.
func isNil(v any) bool {
	if v == nil {
		return true
	}
	if r := reflect.ValueOf(v); canBeNil(r) && r.IsNil() {
		return true
	}
	if valuer, ok := v.(driver.Valuer); ok {
		value, err := valuer.Value()
		return err == nil && value == nil
	}
	return false
}

// listOf is the elements of a slice that stands for a list: of no bytes and no driver.Valuer.
func listOf(v any) (elements []any, ok bool) {
	if _, is := v.(driver.Valuer); is || v == nil || isExpression(v) {
		return nil, false
	}
	r := reflect.ValueOf(v)
	if r.Kind() != reflect.Slice && r.Kind() != reflect.Array || r.Type().Elem().Kind() == reflect.Uint8 {
		return nil, false
	}
	elements = make([]any, r.Len())
	for i := range elements {
		elements[i] = r.Index(i).Interface()
	}
	return elements, true
}

// list writes the values of an IN in brackets.
func (w *writer) list(c column, values []any) {
	bound := make([]any, len(values))
	plain := true
	for i, v := range values {
		var err error
		if bound[i], err = c.compare(v); err != nil {
			w.fail(err)
			return
		}
		plain = plain && !isExpression(bound[i]) && !isNil(bound[i])
	}
	if plain {
		w.bind(bound)
		return
	}
	w.text("[")
	for i, v := range bound {
		if i > 0 {
			w.text(", ")
		}
		w.bind(v)
	}
	w.text("]")
}

// asValue is the setting by which a subquery knows that it is to give values, not records: the
// field that these are compared with, a *schema.Field, which may be nil.
const asValue = "surrealgorm:value"

// isQuery tells whether v is a query that is not yet sent: a *gorm.DB, or gorm.G[T]'s.
func isQuery(v any) bool {
	switch v.(type) {
	case *gorm.DB:
		return true
	case clause.Expression:
		return reflect.TypeOf(v).PkgPath() == "gorm.io/gorm"
	}
	return false
}

// values writes a query that gives values, not records, which are compared with a field.
func (w *writer) values(query any, with *schema.Field) {
	var text string
	switch q := query.(type) {
	case *gorm.DB:
		if q.Statement.SQL.Len() == 0 {
			w.subquery(q.Set(asValue, with))
			return
		}
		text = w.apart(func() { w.subquery(q) }) // db.Raw
	case clause.Expression: // gorm.G[T]'s
		text = w.apart(func() { w.expression(q) })
	}
	w.valuesOf(text)
}

// valuesOf writes a query's text so that it gives the values of its only column.
func (w *writer) valuesOf(text string) {
	list := tokens(text)
	depth, from := 0, 0
	for i, t := range list {
		switch {
		case t.text == "(" || t.text == "[":
			depth++
		case t.text == ")" || t.text == "]":
			depth--
		case depth == 0 && t.text == ",":
			w.fail(refuse("a subquery of several columns", "select the one that is compared with"))
			return
		case depth == 0 && t.is("FROM"):
			from = i
		}
		if from > 0 {
			break
		}
	}
	if from == 0 || !list[0].is("SELECT") {
		w.text(text)
		return
	}
	columns := fields(list[1:from])
	if last := columns[len(columns)-1]; last.text != "*" {
		w.text("SELECT VALUE ", last.text, " FROM (", text, ")")
		return
	}
	w.fail(refuse("a subquery of all columns", "select the one that is compared with"))
}

// subquery writes the query of a *gorm.DB, whose arguments follow those that are here.
func (w *writer) subquery(db *gorm.DB) {
	sub := db.Session(&gorm.Session{Logger: logger.Discard, DryRun: true}).Set("gorm:subquery", true)
	if text := db.Statement.SQL.String(); text != "" { // db.Raw
		w.raw(text, db.Statement.Vars)
		return
	}
	sub.Statement.Vars = append([]any(nil), w.stmt.Vars...)
	sub = sub.Callback().Query().Execute(sub)
	if sub.Error != nil {
		w.fail(sub.Error)
		return
	}
	w.text(sub.Statement.SQL.String())
	w.stmt.Vars = sub.Statement.Vars
}

// raw writes a text with arguments of its own, which get new numbers.
func (w *writer) raw(text string, vars []any) {
	for _, t := range tokens(text) {
		n, err := strconv.Atoi(strings.TrimPrefix(t.text, "$"))
		if t.kind == param && err == nil && n >= 1 && n <= len(vars) {
			w.bind(vars[n-1])
			continue
		}
		w.text(t.text)
	}
}

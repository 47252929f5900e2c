package surrealgorm

// Texts of the program within a statement: db.Where("age > ? AND id IN ?", …), Select, Order, Group,
// gorm.Expr. They are SurrealQL, and what SQL says otherwise is put as SurrealQL: <>, IS NULL,
// IN (…), LIKE, BETWEEN, NOT, count(*). What would be read by SurrealDB as something else, such as
// the name of another table before a column, is refused.

import (
	"database/sql"
	"go/ast"
	"reflect"
	"strings"

	"gorm.io/gorm/clause"
)

// piece is a part of what a fragment becomes. A column is written once it is known whether it
// stands beside a record's id or beside what Go has for it.
type piece struct {
	text   string
	value  any
	bound  bool    // value is an argument
	column *column // or this
}

// fragment is the text that is being read.
type fragment struct {
	*writer
	list   []token
	at     int
	vars   []any
	next   int            // of vars
	named  map[string]any // of @name
	byName bool           // an @name has been read
	flat   bool           // lists are written without parentheses: clause.Expr.WithoutParentheses
	out    []piece
	left   int  // where in out the comparison that is being read begins
	sorted bool // ORDER BY and GROUP BY: columns as they are in the record
}

// fragment writes a text of the program.
func (w *writer) fragment(text string, vars []any, flat bool) {
	w.put(w.read(text, vars, flat, false))
}

// ordering writes the columns of ORDER BY.
func (w *writer) ordering(text string, vars []any) {
	w.put(w.read(text, vars, false, true))
}

func (w *writer) read(text string, vars []any, flat, sorted bool) []piece {
	f := &fragment{writer: w, list: tokens(text), vars: vars, named: names(vars), flat: flat, sorted: sorted}
	for f.at < len(f.list) {
		f.step()
	}
	if f.next < len(vars) && !f.byName {
		w.fail(refuse("an argument that no ? stands for, in "+text, "write ? for each, or @name"))
	}
	return f.out
}

// put writes pieces.
func (w *writer) put(pieces []piece) {
	for _, p := range pieces {
		switch {
		case p.bound:
			w.bind(p.value)
		case p.column != nil:
			w.text(p.column.value())
		default:
			w.text(p.text)
		}
	}
}

// names are the values of @name: of sql.Named, of maps and of structs.
func names(vars []any) map[string]any {
	m := map[string]any{}
	for _, v := range vars {
		switch v := v.(type) {
		case sql.NamedArg:
			m[v.Name] = v.Value
		case map[string]any:
			for k, value := range v {
				m[k] = value
			}
		default:
			addFields(m, reflect.Indirect(reflect.ValueOf(v)))
		}
	}
	return m
}

func addFields(m map[string]any, r reflect.Value) {
	if r.Kind() != reflect.Struct {
		return
	}
	for i := range r.NumField() {
		field := r.Type().Field(i)
		if !ast.IsExported(field.Name) {
			continue
		}
		m[field.Name] = r.Field(i).Interface()
		if field.Anonymous {
			addFields(m, reflect.Indirect(r.Field(i)))
		}
	}
}

// peek returns the n-th token from here that is no space, and where it is.
func (f *fragment) peek(n int) (token, int) {
	for i := f.at; i < len(f.list); i++ {
		if f.list[i].kind == space {
			continue
		}
		if n--; n < 0 {
			return f.list[i], i
		}
	}
	return token{}, len(f.list)
}

func (f *fragment) emit(text string) { f.out = append(f.out, piece{text: text}) }

// boundary writes what a comparison ends with, such as AND; the next one begins behind it.
func (f *fragment) boundary(text string) {
	f.emit(text)
	f.left = len(f.out)
}

// step reads one token, or several that belong together.
func (f *fragment) step() {
	t := f.list[f.at]
	f.at++
	switch t.kind {
	case space:
		f.emit(t.blank())
	case param:
		f.param(t)
	case word, quoted:
		f.word(t)
	case num:
		f.emit(t.text)
	case str:
		f.string(t)
	case op:
		f.operator(t)
	}
}

func (f *fragment) operator(t token) {
	switch t.text {
	case "(":
		inner := f.inner()
		f.emit("(")
		f.nested(inner)
		f.emit(")")
	case ",":
		f.boundary(",")
	case "<>":
		f.compare("!=")
	case "<":
		if !f.cast() {
			f.compare("<")
		}
	case "=", "!=", "==", "<=", ">", ">=":
		f.compare(t.text)
	case "&&": // tells in PostgreSQL whether lists have something in common, and is AND in SurrealQL
		if f.isListNext() {
			f.fail(refuse("&& with a list", "write CONTAINSANY"))
		}
		f.boundary(t.text)
	case "||": // joins texts in SQL, and is OR in SurrealQL: nearly every record would do
		f.fail(refuse("|| in a text", "write OR, or string::concat(a, b)"))
	default:
		f.emit(t.text)
	}
}

// cast reads <string> and the like.
func (f *fragment) cast() bool {
	if f.at+1 >= len(f.list) || !types[f.list[f.at].text] || f.list[f.at+1].text != ">" {
		return false
	}
	f.emit("<" + f.list[f.at].text + ">")
	f.at += 2
	return true
}

// types are what a value is cast to.
var types = map[string]bool{
	"any": true, "array": true, "bool": true, "bytes": true, "datetime": true, "decimal": true, "duration": true,
	"float": true, "int": true, "number": true, "object": true, "record": true, "set": true, "string": true, "uuid": true,
}

// inner takes the tokens up to the parenthesis that closes the one before here.
func (f *fragment) inner() []token {
	from, depth := f.at, 1
	for ; f.at < len(f.list); f.at++ {
		switch f.list[f.at].text {
		case "(":
			depth++
		case ")":
			if depth--; depth == 0 {
				f.at++
				return f.list[from : f.at-1]
			}
		}
	}
	f.fail(refuse("a parenthesis that is not closed", "close it"))
	return f.list[from:]
}

// nested reads tokens by themselves, in a comparison of their own.
func (f *fragment) nested(list []token) {
	outer, at, left := f.list, f.at, f.left
	f.list, f.at, f.left = list, 0, len(f.out)
	if first, _ := f.peek(0); first.is("SELECT") {
		f.rawSelect()
	}
	for f.at < len(f.list) {
		f.step()
	}
	f.list, f.at, f.left = outer, at, left
}

// rawSelect passes a subquery that the program wrote by itself. Its columns are another table's.
func (f *fragment) rawSelect() {
	for ; f.at < len(f.list); f.at++ {
		if t := f.list[f.at]; t.kind == param && !strings.HasPrefix(t.text, "$") {
			f.param(t)
		} else {
			f.emit(t.blank())
		}
	}
}

// leftColumn is the column that is all that stands at the left of an operator.
func (f *fragment) leftColumn() *column {
	var found *column
	for i := f.left; i < len(f.out); i++ {
		switch p := f.out[i]; {
		case p.column != nil && found == nil:
			found = p.column
		case p.column != nil || p.bound || strings.TrimSpace(p.text) != "":
			return nil
		}
	}
	return found
}

// param writes an argument: a list outside of IN is what SQL makes of it, its elements.
func (f *fragment) param(t token) {
	value, ok := f.argument(t)
	if !ok {
		f.emit(t.text)
		return
	}
	if isQuery(value) {
		query := f.apartQuery(value, f.leftColumn())
		if !f.afterSetOperator() {
			query += "[0]" // one value, as SQL has it
		}
		f.emit(query)
		return
	}
	if columns, is := columnsOf(value); is {
		f.columns(columns)
		return
	}
	if c, is := value.(clause.Column); is {
		named := f.column(c)
		f.out = append(f.out, piece{column: &named})
		return
	}
	list, isList := listOf(value)
	if !isList || f.flat && len(list) == 0 {
		f.out = append(f.out, piece{value: value, bound: true})
		return
	}
	if !f.flat {
		f.emit("[")
		defer f.emit("]")
	}
	for i, v := range list {
		if i > 0 {
			f.emit(", ")
		}
		f.out = append(f.out, piece{value: v, bound: true})
	}
}

// columnsOf are the columns that GORM gives as an argument.
func columnsOf(v any) (columns []clause.Column, ok bool) {
	switch v := v.(type) {
	case []clause.Column:
		return v, true
	case []any:
		for _, e := range v {
			c, is := e.(clause.Column)
			if !is {
				return nil, false
			}
			columns = append(columns, c)
		}
	}
	return columns, len(columns) > 0
}

// columns writes the columns that a list of them stands for: one by itself, several as an array.
func (f *fragment) columns(columns []clause.Column) {
	if len(columns) != 1 {
		f.emit(f.tuple(columns))
		return
	}
	c := f.column(columns[0])
	f.out = append(f.out, piece{column: &c})
}

// afterSetOperator tells whether an operator is before here that takes a list, such as CONTAINSANY.
func (f *fragment) afterSetOperator() bool {
	for i := len(f.out) - 1; i >= 0; i-- {
		if text := strings.TrimSpace(f.out[i].text); f.out[i].bound || f.out[i].column != nil || text != "" {
			return strings.Contains(strings.ToUpper(text), "CONTAINS") || strings.Contains(strings.ToUpper(text), "INSIDE")
		}
	}
	return false
}

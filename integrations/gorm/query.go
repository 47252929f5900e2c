package surrealgorm

// SELECT, as a whole: its columns, what is read, and how the rows are grouped, ordered and counted.

import (
	"strconv"
	"strings"

	"gorm.io/gorm/clause"
	"gorm.io/gorm/schema"
)

// item is a column of the result.
type item struct {
	text  string
	alias string
	field *schema.Field // the model's field that it is, or nil
}

func (i item) String() string {
	if i.alias == "" {
		return i.text
	}
	return i.text + " AS " + quoteName(i.alias)
}

// selectStatement writes the query that a statement's clauses say.
func (w *writer) selectStatement() {
	if _, ok := w.stmt.Clauses["FOR"]; ok {
		w.fail(refuse("SELECT … FOR UPDATE", "a transaction that has written what another one wrote "+
			"fails at its commit: run it again, see surrealsql.Retry"))
		return
	}
	group, _ := w.stmt.Clauses["GROUP BY"].Expression.(clause.GroupBy)
	items, distinct := w.items()
	if w.stmt.Error != nil {
		return
	}
	if outer, ok := w.stmt.Get(asValue); ok {
		distinct = false // it changes nothing of IN
		outer, _ := outer.(*schema.Field)
		items = oneValue(items, outer)
	}
	if len(group.Columns) > 0 && w.groupWithin(group, items) {
		return
	}
	w.text("SELECT ")
	w.columnList(items)
	w.text(" FROM ")
	if p, ok := w.pairs(); ok {
		w.where(w.fromPairs(p))
	} else {
		w.where(w.target())
	}
	switch {
	case len(group.Columns) > 0:
		w.groupBy(group)
	case distinct && !w.aggregates && items[0].text != "*":
		w.distinct(items)
	case w.aggregates:
		w.text(" GROUP ALL")
	}
	w.orderBy()
	w.limit()
}

// oneValue makes the columns of a subquery one value: that of the only column, or an array. A value
// that is compared with a field of another kind is cast: SQL does so by itself, and SurrealDB finds
// that they differ.
func oneValue(items []item, outer *schema.Field) []item {
	text := items[0].text
	if inner := items[0].field; inner != nil && outer != nil && len(items) == 1 {
		from, to := kindType(inner.IndirectFieldType), kindType(outer.IndirectFieldType)
		if from != to && (to == "string" || to == "int") && (from == "string" || from == "int") {
			text = "<" + to + ">" + text
		}
	}
	if len(items) > 1 {
		parts := make([]string, len(items))
		for i, it := range items {
			parts[i] = it.text
		}
		text = "[" + strings.Join(parts, ", ") + "]"
	}
	return []item{{text: "VALUE " + text}}
}

// columnList writes what stands after SELECT.
func (w *writer) columnList(items []item) {
	for i, it := range items {
		if i > 0 {
			w.text(", ")
		}
		w.text(it.String())
	}
}

// items are the columns that are asked for.
func (w *writer) items() (items []item, distinct bool) {
	distinct = w.stmt.Distinct
	expression := w.stmt.Clauses["SELECT"].Expression
	list, ok := expression.(clause.Select)
	if !ok {
		switch e := expression.(type) {
		case clause.Expr:
			text, found := cutDistinct(e.SQL)
			return w.textItems(text, e.Vars), distinct || found
		case clause.NamedExpr:
			text, found := cutDistinct(e.SQL)
			return w.textItems(text, e.Vars), distinct || found
		}
		return []item{{text: w.apart(func() { w.expression(expression) })}}, distinct
	}
	distinct = distinct || list.Distinct
	if len(list.Columns) == 0 {
		return w.all(), distinct
	}
	for _, c := range list.Columns {
		if c.Raw {
			text, found := cutDistinct(c.Name)
			distinct = distinct || found
			items = append(items, w.textItems(text, nil)...)
			continue
		}
		if c.Name == "*" {
			items = append(items, w.all()...)
			continue
		}
		items = append(items, w.columnItem(w.column(c), c.Alias))
	}
	return items, distinct
}

// cutDistinct takes a DISTINCT at the beginning off, which is said by grouping.
func cutDistinct(text string) (rest string, found bool) {
	list := tokens(strings.TrimSpace(text))
	if len(list) > 1 && list[0].is("DISTINCT") {
		return strings.TrimSpace(text)[len(list[0].text):], true
	}
	return text, false
}

func (w *writer) columnItem(c column, alias string) item {
	if alias == "" && (c.keys || c.part >= 0 || len(c.path) > 1) {
		alias = c.alias()
	}
	return item{c.value(), alias, c.field}
}

// all are the fields of the model, each as Go has it. Without a model, or with one of another
// table, it is all that the records have, with the key for the id.
func (w *writer) all() []item {
	s := w.schema
	if s == nil || len(s.DBNames) == 0 {
		if w.table == "" {
			return []item{{text: "*"}}
		}
		return []item{{text: "*"}, w.columnItem(w.resolve([]string{idName}), "")}
	}
	var items []item
	for _, name := range s.DBNames {
		if f := s.FieldsByDBName[name]; f.Readable {
			items = append(items, w.columnItem(w.resolve([]string{name}), ""))
		}
	}
	return items
}

// textItems reads a list of columns of the program's.
func (w *writer) textItems(text string, vars []any) []item {
	var items []item
	pieces := w.read(text, vars, false, false)
	from, depth := 0, 0
	for i := 0; i <= len(pieces); i++ {
		if i < len(pieces) {
			switch pieces[i].text {
			case "(", "[", "{":
				depth++
			case ")", "]", "}":
				depth--
			}
			if pieces[i].text != "," || depth > 0 {
				continue
			}
		}
		items = append(items, w.textItem(pieces[from:i])...)
		from = i + 1
	}
	return items
}

func (w *writer) textItem(pieces []piece) []item {
	for len(pieces) > 0 && strings.TrimSpace(pieces[0].text) == "" && pieces[0].column == nil && !pieces[0].bound {
		pieces = pieces[1:]
	}
	alias := ""
	for i, p := range pieces {
		if strings.EqualFold(p.text, "AS") && p.column == nil && i+2 < len(pieces) {
			name := pieces[i+2]
			alias = name.text
			if name.column != nil {
				alias = strings.Join(name.column.path, ".")
			}
			pieces = pieces[:i]
			break
		}
	}
	var only *column
	plain := true
	for i := range pieces {
		switch p := pieces[i]; {
		case p.column != nil && only == nil:
			only = p.column
		case p.column != nil || p.bound || strings.TrimSpace(p.text) != "":
			plain = false
		}
	}
	if only != nil && plain {
		return []item{w.columnItem(*only, alias)}
	}
	text := strings.TrimSpace(w.apart(func() { w.put(pieces) }))
	if text == "*" {
		return w.all()
	}
	if name, ok := sqlNames[function(text)]; ok && alias == "" {
		alias = name
	}
	return []item{{text: text, alias: alias}}
}

// function is the name of the function that a text begins with.
func function(text string) string {
	name, _, _ := strings.Cut(text, "(")
	return name
}

// sqlNames are what SQL calls the results of functions.
var sqlNames = map[string]string{
	"count": "count", "math::sum": "sum", "math::mean": "avg", "math::min": "min", "math::max": "max",
	"time::min": "min", "time::max": "max", "array::len": "count",
	"string::lowercase": "lower", "string::uppercase": "upper",
}

// distinct groups by all columns, which is what SurrealQL has for DISTINCT.
func (w *writer) distinct(items []item) {
	w.text(" GROUP BY ")
	for i, it := range items {
		if i > 0 {
			w.text(", ")
		}
		if it.alias != "" {
			w.text(quoteName(it.alias))
		} else {
			w.text(it.text)
		}
	}
}

func (w *writer) orderBy() {
	order, ok := w.stmt.Clauses["ORDER BY"].Expression.(clause.OrderBy)
	if !ok || order.Expression == nil && len(order.Columns) == 0 {
		return
	}
	w.text(" ORDER BY ")
	switch e := order.Expression.(type) {
	case nil:
	case clause.Expr:
		w.ordering(e.SQL, e.Vars)
		return
	case clause.NamedExpr:
		w.ordering(e.SQL, e.Vars)
		return
	default:
		w.expression(e)
		return
	}
	for i, c := range order.Columns {
		if i > 0 {
			w.text(", ")
		}
		if c.Column.Raw {
			w.ordering(c.Column.Name, nil)
		} else {
			w.text(w.column(c.Column).sorted())
		}
		if c.Desc {
			w.text(" DESC")
		}
	}
}

func (w *writer) limit() {
	limit, ok := w.stmt.Clauses["LIMIT"].Expression.(clause.Limit)
	if !ok {
		return
	}
	if limit.Limit != nil && *limit.Limit >= 0 {
		w.text(" LIMIT ", strconv.Itoa(*limit.Limit))
	}
	if limit.Offset > 0 {
		w.text(" START ", strconv.Itoa(limit.Offset))
	}
}

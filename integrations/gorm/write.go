package surrealgorm

// UPDATE and DELETE, as a whole, and what a write returns.

import (
	"strconv"
	"strings"

	"gorm.io/gorm/clause"
)

// updateStatement writes UPDATE … SET … WHERE … RETURN ….
func (w *writer) updateStatement() {
	w.noOrder("UPDATE")
	w.text("UPDATE ")
	rest := w.target()
	w.text(" SET ")
	set, _ := w.stmt.Clauses["SET"].Expression.(clause.Set)
	w.assign(set)
	w.where(rest)
	w.returning("")
}

// assign writes assignments. Of a field that is set twice the last value holds, as in SQL, which
// has them all see the record as it was.
func (w *writer) assign(set clause.Set) {
	for i, a := range set {
		if i > 0 {
			w.text(", ")
		}
		c := w.column(a.Column)
		if c.link != "" && c.path[0] == idName || c.part >= 0 {
			w.fail(refuse("changing a primary key", "a record's id is for life: create another record"))
			return
		}
		w.text(c.stored(), " = ")
		w.store(c, a.Value)
	}
}

// store writes a value that is put into a field: of a list, the list.
func (w *writer) store(c column, v any) {
	if list, ok := listOf(v); ok && len(list) == 1 && isExpression(list[0]) {
		v = list[0] // GORM has subqueries in lists
	} else if ok && c.link == "" {
		w.stmt.Vars = append(w.stmt.Vars, list)
		w.text("$", strconv.Itoa(len(w.stmt.Vars)))
		return
	}
	w.bindFor(c, v)
}

// deleteStatement writes DELETE … WHERE … RETURN ….
func (w *writer) deleteStatement() {
	w.noOrder("DELETE")
	w.text("DELETE ")
	rest := w.target()
	w.where(rest)
	w.returning("$before.")
}

// noOrder refuses what GORM would leave out: an UPDATE with a LIMIT would change all records.
func (w *writer) noOrder(statement string) {
	if limit, ok := w.stmt.Clauses["LIMIT"].Expression.(clause.Limit); ok && limit.Limit != nil {
		w.fail(refuse(statement+" with a LIMIT", "put a subquery into the condition: id IN (?)"))
	}
}

// returning writes RETURN for the columns that are asked for. After a delete they are the
// record's before it.
func (w *writer) returning(prefix string) {
	returning, ok := w.stmt.Clauses["RETURNING"].Expression.(clause.Returning)
	if !ok {
		return
	}
	var items []item
	if len(returning.Columns) == 0 || len(returning.Columns) == 1 && returning.Columns[0].Name == "*" {
		items = w.all()
	}
	if items == nil {
		for _, c := range returning.Columns {
			items = append(items, w.columnItem(w.column(c), c.Alias))
		}
	}
	if items[0].text == "*" && prefix != "" {
		w.text(" RETURN BEFORE")
		return
	}
	w.text(" RETURN ")
	for i, it := range items {
		if i > 0 {
			w.text(", ")
		}
		if prefix != "" {
			if it.alias == "" {
				it.alias = unquote(it.text)
			}
			it.text = strings.ReplaceAll(it.text, "`"+it.alias+"`", prefix+quoteName(it.alias))
			it.text = strings.ReplaceAll(it.text, "(id)", "("+prefix+"id)")
		}
		w.text(it.String())
	}
}

package surrealgorm

// GROUP BY and HAVING. SurrealDB wants what it groups by among the columns, and has no HAVING: what
// goes beyond that is a query upon a query.

import (
	"strconv"
	"strings"

	"gorm.io/gorm/clause"
)

// groupWithin writes a query upon the one that groups, and tells whether it had to: where there is
// a HAVING, or a column that is grouped by and not selected.
func (w *writer) groupWithin(group clause.GroupBy, items []item) bool {
	by, plain := w.groupColumns(group)
	if !plain {
		return false
	}
	inner := append([]item(nil), items...)
	value := strings.HasPrefix(inner[0].text, "VALUE ")
	if value {
		inner[0].text = strings.TrimPrefix(inner[0].text, "VALUE ")
	}
	outer := make([]item, len(inner))
	for i := range inner {
		if inner[i].alias == "" && !isName(inner[i].text) {
			inner[i].alias = "column" + strconv.Itoa(i)
		}
		outer[i].text = inner[i].name()
	}
	missing := false
	for _, column := range by {
		if !contains(inner, column) {
			inner = append(inner, column)
			missing = true
		}
	}
	having := ""
	if len(group.Having) > 0 {
		w.hidden = &inner
		having = " WHERE " + w.apart(func() { w.join(group.Having, " AND ") })
		w.hidden = nil
	}
	if having == "" && !missing {
		return false
	}
	if value {
		outer[0].text = "VALUE " + outer[0].text
	}
	w.text("SELECT ")
	w.columnList(outer)
	w.text(" FROM (SELECT ")
	w.columnList(inner)
	w.text(" FROM ")
	w.where(w.target())
	w.groupBy(group)
	w.text(")", having)
	w.orderBy()
	w.limit()
	return true
}

// name is what a column of the result is called, in backquotes.
func (i item) name() string {
	if i.alias != "" {
		return quoteName(i.alias)
	}
	return i.text
}

func contains(items []item, column item) bool {
	for _, it := range items {
		if it.name() == column.name() {
			return true
		}
	}
	return false
}

// groupColumns are the columns that are grouped by, as columns of a result. They are not plain
// where one is an expression or ALL.
func (w *writer) groupColumns(group clause.GroupBy) (columns []item, plain bool) {
	for _, c := range group.Columns {
		name, ok := w.plainColumn(clause.Column{Table: c.Table, Name: c.Name})
		if !ok || !isName(c.Name) && c.Name != clause.PrimaryKey || strings.EqualFold(c.Name, "ALL") {
			return nil, false
		}
		columns = append(columns, w.columnItem(name, ""))
	}
	return columns, true
}

func (w *writer) groupBy(group clause.GroupBy) {
	if len(group.Columns) == 1 && strings.EqualFold(group.Columns[0].Name, "ALL") {
		w.text(" GROUP ALL")
		return
	}
	w.text(" GROUP BY ")
	for i, c := range group.Columns {
		if i > 0 {
			w.text(", ")
		}
		if c.Raw && !isName(c.Name) {
			w.ordering(c.Name, nil)
		} else {
			w.text(w.column(clause.Column{Table: c.Table, Name: c.Name}).stored())
		}
	}
}

package surrealgorm

// What a statement reads or writes: the table, or the records themselves where the conditions name
// them. SurrealDB 3.3 walks through the whole table for `UPDATE person WHERE id = …` and for
// `id IN […]`; records it finds at once.

import (
	"regexp"

	"gorm.io/gorm/clause"

	"github.com/surrealsql/surrealsql"
)

// target writes what stands after FROM, UPDATE or DELETE and returns the conditions that remain.
func (w *writer) target() []clause.Expression {
	list := w.conditions()
	if ids, rest, ok := w.records(list); ok && w.source != "" {
		w.checkFrom()
		if len(ids) == 1 {
			w.bind(ids[0])
		} else {
			w.bind(ids)
		}
		if w.aggregates {
			// 3.0.2 counts records that are not there, and 3.3.5 wants a condition to count those
			// that are named: "CountScan received a non-table source".
			rest = append([]clause.Expression{written("`id` != NONE")}, rest...)
		}
		return rest
	}
	w.from()
	return list
}

// records looks for a condition, joined to the others by AND, that names the records by their ids.
func (w *writer) records(list []clause.Expression) (ids []any, rest []clause.Expression, ok bool) {
	flat := flatten(list)
	for _, e := range flat {
		if isOr(e) {
			return nil, nil, false
		}
	}
	for i, e := range flat {
		if ids, ok := w.idsOf(e); ok {
			return ids, append(append([]clause.Expression(nil), flat[:i]...), flat[i+1:]...), true
		}
	}
	return w.compositeID(flat)
}

// flatten takes conditions out of the AND that they are in.
func flatten(list []clause.Expression) []clause.Expression {
	var out []clause.Expression
	for _, e := range list {
		if and, ok := e.(clause.AndConditions); ok && !anyOr(and.Exprs) {
			out = append(out, flatten(and.Exprs)...)
		} else {
			out = append(out, e)
		}
	}
	return out
}

func anyOr(list []clause.Expression) bool {
	for _, e := range list {
		if isOr(e) {
			return true
		}
	}
	return false
}

// namesRecords are texts that may name records.
var namesRecords = regexp.MustCompile("(?i)^\\s*((?:[`\\w]+\\.)?`?id`?)\\s*(=|in)\\s*(?:\\?|\\(\\s*\\?\\s*\\))\\s*$")

// idsOf are the records that a condition names, each once.
func (w *writer) idsOf(e clause.Expression) (ids []any, ok bool) {
	var name any
	var values []any
	switch e := e.(type) {
	case clause.Eq:
		name = e.Column
		if list, is := listOf(e.Value); is {
			values = list
		} else {
			values = []any{e.Value}
		}
	case clause.IN:
		name, values = e.Column, e.Values
	case clause.Expr: // a text of the program's: id = ?
		m := namesRecords.FindStringSubmatch(e.SQL)
		if m == nil || len(e.Vars) != 1 {
			return nil, false
		}
		if _, several := listOf(e.Vars[0]); several != (m[2] != "=") {
			return nil, false
		}
		name, values = m[1], e.Vars
	default:
		return nil, false
	}
	if len(values) == 1 {
		if list, is := listOf(values[0]); is {
			values = list
		}
	}
	c, ok := w.plainColumn(name)
	if !ok || c.path[0] != idName || c.link == "" || len(c.path) > 1 || len(values) == 0 {
		return nil, false
	}
	seen := map[surrealsql.RecordID]bool{}
	for _, v := range values {
		id, err := c.compare(v)
		record, is := id.(surrealsql.RecordID)
		if err != nil || !is || record.Table() != w.table {
			return nil, false
		}
		if !seen[record] {
			ids = append(ids, record)
		}
		seen[record] = true
	}
	return ids, true
}

// plainColumn is the column that a condition is about, if it is one by name.
func (w *writer) plainColumn(name any) (column, bool) {
	switch v := name.(type) {
	case clause.Column:
		if v.Raw || v.Table != "" && v.Table != clause.CurrentTable && !w.isTable(v.Table) {
			return column{}, false
		}
		return w.column(v), true
	case string:
		if !isName(v) {
			return column{}, false
		}
		return w.column(v), true
	}
	return column{}, false
}

func isName(s string) bool {
	list := tokens(s)
	for _, t := range list {
		if t.kind != word && t.kind != quoted && t.text != "." {
			return false
		}
	}
	return len(list) > 0
}

// compositeID finds the record whose key is made of several primary keys, where the conditions
// give a value to each.
func (w *writer) compositeID(list []clause.Expression) (ids []any, rest []clause.Expression, ok bool) {
	s := w.schema
	if s == nil || len(s.PrimaryFields) < 2 || w.table == "" || s.Table != w.table {
		return nil, nil, false
	}
	key := make([]any, len(s.PrimaryFields))
	used := map[int]bool{}
	for i, f := range s.PrimaryFields {
		for at, e := range list {
			eq, is := e.(clause.Eq)
			if !is || isExpression(eq.Value) || isNil(eq.Value) {
				continue
			}
			if _, several := listOf(eq.Value); several {
				continue
			}
			c, is := w.plainColumn(eq.Column)
			if !is || c.field != f {
				continue
			}
			part, err := w.keyPart(c, eq.Value)
			if err != nil {
				return nil, nil, false
			}
			key[i] = part
			used[at] = true
			break
		}
		if key[i] == nil {
			return nil, nil, false
		}
	}
	id, err := surrealsql.NewRecordID(w.table, key)
	if err != nil {
		return nil, nil, false
	}
	for at, e := range list {
		if !used[at] {
			rest = append(rest, e)
		}
	}
	return []any{id}, rest, true
}

// keyPart is a primary key as a part of the record's key.
func (w *writer) keyPart(c column, v any) (any, error) {
	v, err := c.compare(v)
	if err != nil {
		return nil, err
	}
	if id, ok := v.(surrealsql.RecordID); ok {
		return id, nil
	}
	plain, err := indirect(v)
	if err != nil || plain == nil {
		return nil, err
	}
	return c.key(plain)
}

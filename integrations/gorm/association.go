package surrealgorm

// The one JOIN that GORM writes by itself and that is understood: db.Model(&user).Association("Tags")
// of a many2many reads the related records by the table of the pairs. It becomes a condition with a
// subquery on that table.

import (
	"strings"

	"gorm.io/gorm/clause"
)

// pairs is such a JOIN.
type pairs struct {
	table string
	owner []clause.Expression // conditions upon the table of pairs
	keys  []column            // of the related records
	links []string            // the fields of the pairs that hold them
	many  bool                // of several owners
}

// pairs recognises the JOIN.
func (w *writer) pairs() (p pairs, ok bool) {
	from, is := w.stmt.Clauses["FROM"].Expression.(clause.From)
	if !is || len(from.Joins) != 1 || w.schema == nil {
		return p, false
	}
	join := from.Joins[0]
	if join.Expression != nil || join.Type != "" || len(join.Using) > 0 || join.Table.Alias != "" {
		return p, false
	}
	p.table = join.Table.Name
	for _, e := range join.ON.Exprs {
		switch e := e.(type) {
		case clause.Eq:
			name, is := e.Column.(clause.Column)
			if !is || name.Table != p.table {
				return p, false
			}
			if to, is := e.Value.(clause.Column); is {
				if !w.isTable(to.Table) {
					return p, false
				}
				p.keys = append(p.keys, w.column(to))
				p.links = append(p.links, quoteName(name.Name))
				continue
			}
		case clause.IN:
			p.many = p.many || len(e.Values) > 1
		default:
			return p, false
		}
		p.owner = append(p.owner, e)
	}
	return p, len(p.keys) > 0
}

// within is the writer of conditions upon the table of pairs.
func (w *writer) within(p pairs) *writer {
	return &writer{stmt: w.stmt, table: p.table, names: []string{p.table}, source: quoteName(p.table)}
}

// fromPairs writes what is read in place of the JOIN, and returns the conditions that remain. With
// several owners a record comes once for each pair, as by a JOIN.
func (w *writer) fromPairs(p pairs) []clause.Expression {
	var rest []clause.Expression
	for _, e := range w.conditions() {
		// A condition upon the pairs themselves, which a soft delete of theirs makes.
		if own, ok := e.(clause.Expr); ok && strings.HasPrefix(own.SQL, quoteName(p.table)+".") {
			p.owner = append(p.owner, own)
			continue
		}
		rest = append(rest, e)
	}
	links := p.links[0]
	keys := p.keys[0].value()
	if len(p.links) > 1 {
		links = "[" + strings.Join(p.links, ", ") + "]"
		values := make([]string, len(p.keys))
		for i, c := range p.keys {
			values[i] = c.value()
		}
		keys = "[" + strings.Join(values, ", ") + "]"
	}
	if !p.many {
		w.text(w.source)
		inner := w.apart(func() {
			w.text(keys, " IN (SELECT VALUE ", links, " FROM ", quoteName(p.table))
			w.within(p).where(p.owner)
			w.text(")")
		})
		return append([]clause.Expression{written(inner)}, rest...)
	}
	if !w.arePrimary(p.keys) {
		w.fail(refuse("reading associations of several owners by fields that are no primary key",
			"read them owner by owner, or use Preload"))
		return nil
	}
	w.text("(SELECT VALUE ", choose(p.keys[0].keys || len(p.keys) > 1 || p.keys[0].path[0] != idName,
		"type::record("+quoteString(w.table)+", "+links+")", links), ".* FROM ", quoteName(p.table))
	w.within(p).where(p.owner)
	w.text(")")
	return append([]clause.Expression{written("`id` != NONE")}, rest...) // not of records that are gone
}

// arePrimary tells whether columns are the model's primary keys, in their order.
func (w *writer) arePrimary(keys []column) bool {
	if len(keys) != len(w.schema.PrimaryFields) {
		return false
	}
	for i, f := range w.schema.PrimaryFields {
		if keys[i].field != f {
			return false
		}
	}
	return true
}

// written is a condition that is SurrealQL already.
type written string

// Build writes it.
func (t written) Build(builder clause.Builder) { _, _ = builder.WriteString(string(t)) }

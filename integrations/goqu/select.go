package surrealgoqu

import (
	"slices"
	"strings"

	"github.com/doug-martin/goqu/v9/exp"
)

// subquery is a dataset within another one. Which dialect it has does not matter: one of
// goqu.From has the default one.
type subquery interface {
	exp.AppendableExpression
	GetClauses() exp.SelectClauses
}

// column writes a subquery as the list of what its one column holds.
func (t *text) column(query subquery) {
	clauses := query.GetClauses()
	if clauses.IsDefaultSelect() || len(clauses.Select().Columns()) != 1 {
		t.fail("a subquery within IN has to select one column")
		return
	}
	t.put("(")
	t.selection(clauses, true)
	t.put(")")
}

// selection writes a SELECT, or a SELECT VALUE of its one column.
func (t *text) selection(clauses exp.SelectClauses, value bool) {
	t.refuseClauses(clauses)
	outer := len(t.tables)
	// The tables are read first: no column may stand behind one of them.
	sources := t.part(func() { t.sources(clauses.From()) })
	t.put("SELECT ")
	if value {
		t.put("VALUE ")
	}
	grouped := t.columns(clauses)
	t.put(sources)
	t.where(clauses.Where())
	t.put(grouped)
	if clauses.HasOrder() {
		t.put(" ORDER BY ")
		t.expression(clauses.Order())
	}
	t.pages(clauses)
	t.tables = t.tables[:outer]
}

// refuseClauses refuses those that SurrealQL does not have.
func (t *text) refuseClauses(clauses exp.SelectClauses) {
	t.refuseWith(clauses.CommonTables())
	if len(clauses.Joins()) > 0 {
		t.fail("SurrealQL has no JOIN: select the fields of a linked record by their path, such as goqu.I(%q)", "customer.name")
	}
	if clauses.Distinct() != nil {
		t.fail("SurrealQL has no DISTINCT: group by the columns")
	}
	if h := clauses.Having(); h != nil && !h.IsEmpty() {
		t.fail("SurrealQL has no HAVING: select from the grouped dataset, as in goqu.From(grouped).Where(…)")
	}
	if len(clauses.Windows()) > 0 {
		t.fail("SurrealQL has no window functions")
	}
	if len(clauses.Compounds()) > 0 {
		t.fail("SurrealQL has no UNION and INTERSECT: array::union and array::intersect join lists")
	}
	if lock := clauses.Lock(); lock != nil && lock.Strength() != exp.ForNolock {
		t.fail("SurrealDB locks no rows: of two transactions that write one record the later commit fails, and is to be retried")
	}
}

func (t *text) refuseWith(tables []exp.CommonTableExpression) {
	if len(tables) > 0 {
		t.fail("SurrealQL has no WITH for subqueries: select from the dataset itself")
	}
}

// sources writes where a SELECT reads.
func (t *text) sources(from exp.ColumnListExpression) {
	if from == nil || from.IsEmpty() {
		t.fail("a SELECT has no table")
		return
	}
	if len(from.Columns()) > 1 {
		t.fail("of several tables SurrealQL reads one after the other, and SQL all pairs of their rows: select from one")
		return
	}
	source := from.Columns()[0]
	query, ok := source.(subquery)
	if aliased, is := source.(exp.AliasedExpression); is {
		// goqu gives each subquery an alias; SurrealQL has none, and needs none.
		if query, ok = aliased.Aliased().(subquery); !ok {
			t.fail("SurrealQL has no alias for a table")
			return
		}
	}
	t.put(" FROM ")
	if !ok {
		t.table(source)
		return
	}
	t.put("(")
	t.selection(query.GetClauses(), false)
	t.put(")")
	if as := query.GetAs(); as != nil {
		t.tables = append(t.tables, as.GetTable())
	}
}

// columns writes what is selected, and returns how that is grouped.
func (t *text) columns(clauses exp.SelectClauses) (grouped string) {
	var groups []string
	if by := clauses.GroupBy(); by != nil {
		for _, e := range by.Columns() {
			groups = append(groups, t.part(func() { t.expression(e) }))
		}
	}
	var columns []exp.Expression
	if clauses.IsDefaultSelect() || len(clauses.Select().Columns()) == 0 {
		t.put("*")
	} else {
		columns = clauses.Select().Columns()
	}
	all := len(groups) == 0 && slices.ContainsFunc(columns, func(e exp.Expression) bool { _, is := aggregate(e); return is })
	t.list(len(columns), func(i int) {
		f, is := aggregate(columns[i])
		if !is {
			t.ungrouped(columns[i], groups, all)
			return
		}
		t.aggregated(f)
		if aliased, ok := columns[i].(exp.AliasedExpression); ok {
			t.put(" AS ")
			t.expression(aliased.GetAs())
		}
	})
	if all {
		return " GROUP ALL"
	}
	if len(groups) == 0 {
		return ""
	}
	return " GROUP BY " + strings.Join(groups, ", ")
}

// ungrouped writes a column that takes no rows together. If those of a group are, each of them
// has its own value of it: SurrealDB would give a list.
func (t *text) ungrouped(column exp.Expression, groups []string, all bool) {
	written := t.part(func() { t.expression(column) })
	t.put(written)
	field, name := column, written
	if aliased, ok := column.(exp.AliasedExpression); ok {
		field = aliased.Aliased()
		name = t.part(func() { t.expression(aliased.GetAs()) })
	}
	if _, ok := field.(exp.IdentifierExpression); !ok || (len(groups) == 0 && !all) {
		return
	}
	if !slices.Contains(groups, written) && !slices.Contains(groups, name) {
		t.fail("%s is neither grouped by nor taken together by a function", written)
	}
}

func (t *text) where(conditions exp.ExpressionList) {
	if conditions != nil && !conditions.IsEmpty() {
		t.put(" WHERE ")
		t.expression(conditions)
	}
}

// pages writes LIMIT and START.
func (t *text) pages(clauses exp.SelectClauses) {
	if limit := clauses.Limit(); limit != nil {
		if all, ok := limit.(exp.LiteralExpression); !ok || all.Literal() != "ALL" {
			t.put(" LIMIT ")
			t.value(limit)
		}
	}
	if clauses.Offset() > 0 {
		t.put(" START ")
		t.arg(clauses.Offset())
	}
}

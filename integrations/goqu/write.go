package surrealgoqu

import (
	"github.com/doug-martin/goqu/v9/exp"
)

// Statements that write. What they have and SurrealQL has not is an error and never left out:
// an UPDATE without its LIMIT would write all records.

func (t *text) insert(clauses exp.InsertClauses) {
	t.refuseWith(clauses.CommonTables())
	if clauses.HasAlias() {
		t.fail("SurrealQL has no alias for what is inserted: its values are fields of $input")
	}
	if !clauses.HasInto() {
		t.fail("an INSERT has no table")
		return
	}
	update, updates := clauses.OnConflict().(exp.ConflictUpdateExpression)
	t.put("INSERT ")
	if clauses.OnConflict() != nil && !updates {
		t.put("IGNORE ")
	}
	t.put("INTO ")
	t.table(clauses.Into())
	t.put(" ")
	t.rows(clauses)
	if updates {
		t.onDuplicate(update)
	}
	t.returning(clauses.Returning(), "AFTER")
}

// rows writes what is inserted.
func (t *text) rows(clauses exp.InsertClauses) {
	cols, vals, from := clauses.Cols(), clauses.Vals(), clauses.From()
	if clauses.HasRows() {
		rows, err := exp.NewInsertExpression(clauses.Rows()...)
		if err != nil {
			t.fail("%w", err)
			return
		}
		cols, vals, from = rows.Cols(), rows.Vals(), rows.From()
	}
	named := cols != nil && !cols.IsEmpty()
	switch {
	case from != nil && named:
		t.fail("an INSERT of a dataset names its columns there, by their aliases")
	case from != nil:
		query, ok := from.(subquery)
		if !ok {
			t.fail("what is inserted is a %T, and no SELECT", from)
			return
		}
		t.put("(")
		t.selection(query.GetClauses(), false)
		t.put(")")
	case len(vals) == 0:
		t.put("{}")
	case !named:
		t.fail("an INSERT of values has no columns")
	default:
		t.values(cols, vals)
	}
}

func (t *text) values(cols exp.ColumnListExpression, rows [][]any) {
	t.put("(")
	t.expression(cols)
	t.put(") VALUES ")
	t.list(len(rows), func(i int) {
		if len(rows[i]) != len(cols.Columns()) {
			t.fail("row %d has %d values for %d columns", i+1, len(rows[i]), len(cols.Columns()))
		}
		t.put("(")
		t.list(len(rows[i]), func(j int) { t.assigned(rows[i][j]) })
		t.put(")")
	})
}

// assigned writes what becomes of a field. Where it is left to the DEFAULT of its definition,
// that is what SurrealDB does with NONE.
func (t *text) assigned(value any) {
	if literal, ok := value.(exp.LiteralExpression); ok && literal.Literal() == exp.Default().Literal() {
		t.put("NONE")
		return
	}
	t.value(value)
}

func (t *text) onDuplicate(e exp.ConflictUpdateExpression) {
	if e.TargetColumn() != "" {
		t.fail("SurrealQL takes any unique index, and the id, for a conflict: write goqu.DoUpdate(%q, …)", "")
	}
	if where := e.WhereClause(); where != nil && !where.IsEmpty() {
		t.fail("SurrealQL has no condition for what is done on a conflict")
	}
	t.put(" ON DUPLICATE KEY UPDATE ")
	t.assignments(e.Update())
}

func (t *text) assignments(values any) {
	if values == nil {
		t.fail("nothing is to be set")
		return
	}
	list, err := exp.NewUpdateExpressions(values)
	if err != nil {
		t.fail("%w", err)
		return
	}
	if len(list) == 0 {
		t.fail("nothing is to be set")
	}
	t.list(len(list), func(i int) {
		t.identifier(list[i].Col())
		t.put(" = ")
		t.assigned(list[i].Val())
	})
}

func (t *text) update(clauses exp.UpdateClauses) {
	t.refuseWith(clauses.CommonTables())
	if clauses.HasFrom() {
		t.fail("an UPDATE of SurrealQL has one table")
	}
	t.refuseSome("UPDATE", clauses.HasOrder(), clauses.HasLimit())
	if !clauses.HasTable() {
		t.fail("an UPDATE has no table")
		return
	}
	t.put("UPDATE ")
	t.table(clauses.Table())
	t.put(" SET ")
	t.assignments(clauses.SetValues())
	t.where(clauses.Where())
	t.returning(clauses.Returning(), "AFTER")
}

func (t *text) delete(clauses exp.DeleteClauses) {
	t.refuseWith(clauses.CommonTables())
	t.refuseSome("DELETE", clauses.HasOrder(), clauses.HasLimit())
	if !clauses.HasFrom() {
		t.fail("a DELETE has no table")
		return
	}
	t.put("DELETE ")
	t.table(clauses.From())
	t.where(clauses.Where())
	t.returning(clauses.Returning(), "BEFORE")
}

// refuseSome refuses to write some of the records that a condition finds.
func (t *text) refuseSome(statement string, ordered, limited bool) {
	if ordered || limited {
		t.fail("SurrealQL has no ORDER BY and LIMIT for %s: find the records by In(dataset) of their ids", statement)
	}
}

func (t *text) truncate(clauses exp.TruncateClauses) {
	if o := clauses.Options(); o.Cascade || o.Restrict || o.Identity != "" {
		t.fail("SurrealQL has no options for emptying a table")
	}
	if !clauses.HasTable() {
		t.fail("no table is to be emptied")
		return
	}
	t.put("DELETE ")
	tables := clauses.Table().Columns()
	t.list(len(tables), func(i int) { t.table(tables[i]) })
}

// returning writes what a statement gives of each record, as it is afterwards, or as it was
// before if it is no more.
func (t *text) returning(columns exp.ColumnListExpression, when string) {
	if columns == nil || columns.IsEmpty() {
		return
	}
	t.put(" RETURN ")
	if len(columns.Columns()) == 1 && isStar(columns.Columns()[0]) {
		t.put(when)
		return
	}
	if when == "AFTER" {
		t.expression(columns)
		return
	}
	t.list(len(columns.Columns()), func(i int) {
		column := columns.Columns()[i]
		id, ok := column.(exp.IdentifierExpression)
		if !ok {
			t.fail("a DELETE returns fields, or goqu.Star(), not a %T", column)
			return
		}
		t.put("$before.")
		t.identifier(id)
		if !id.IsQualified() {
			t.put(" AS ")
			t.identifier(id)
		}
	})
}

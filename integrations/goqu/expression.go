package surrealgoqu

import (
	"strings"

	"github.com/doug-martin/goqu/v9/exp"
)

// Expressions, each in parentheses where something may stand beside it.

func (t *text) expression(e exp.Expression) {
	switch e := e.(type) {
	case exp.ColumnListExpression:
		t.list(len(e.Columns()), func(i int) { t.expression(e.Columns()[i]) })
	case exp.ExpressionList:
		t.conditions(e)
	case exp.LiteralExpression:
		t.literal(e)
	case exp.IdentifierExpression:
		t.identifier(e)
	case exp.AliasedExpression:
		t.expression(e.Aliased())
		t.put(" AS ")
		t.expression(e.GetAs())
	case exp.BooleanExpression:
		t.comparison(e)
	case exp.RangeExpression:
		t.between(e)
	case exp.OrderedExpression:
		t.ordered(e)
	case exp.SQLFunctionExpression:
		t.function(e)
	case exp.CastExpression:
		t.put("(<", e.Type().Literal(), ">(")
		t.expression(e.Casted())
		t.put("))")
	case exp.CaseExpression:
		t.cases(e)
	case exp.Ex:
		t.mapped(e.ToExpressions())
	case exp.ExOr:
		t.mapped(e.ToExpressions())
	default:
		t.refuse(e)
	}
}

// refuse says why there is no SurrealQL for an expression.
func (t *text) refuse(e exp.Expression) {
	switch e := e.(type) {
	case exp.AppendableExpression:
		t.fail("a subquery stands within In, NotIn and From only: as a value it is a list of records in SurrealQL")
	case exp.LateralExpression:
		t.fail("SurrealQL has no LATERAL")
	case exp.SQLWindowFunctionExpression, exp.WindowExpression:
		t.fail("SurrealQL has no window functions")
	case exp.BitwiseExpression:
		t.fail("SurrealQL has no operator for the bits of a number")
	default:
		t.fail("no SurrealQL is known for a %T", e)
	}
}

func (t *text) mapped(list exp.ExpressionList, err error) {
	if err != nil {
		t.fail("%w", err)
		return
	}
	t.conditions(list)
}

// conditions writes those of an AND or an OR.
func (t *text) conditions(list exp.ExpressionList) {
	word := " AND "
	if list.Type() == exp.OrType {
		word = " OR "
	}
	all := list.Expressions()
	switch len(all) {
	case 0:
		t.fail("a condition is empty")
	case 1:
		t.expression(all[0])
	default:
		t.put("(")
		for i, e := range all {
			if i > 0 {
				t.put(word)
			}
			t.operand(e)
		}
		t.put(")")
	}
}

// operand writes what stands beside an operator. A literal may have operators of its own.
func (t *text) operand(value any) {
	if l, ok := value.(exp.LiteralExpression); ok && strings.Contains(l.Literal(), " ") {
		t.put("(")
		defer t.put(")")
	}
	t.value(value)
}

// literal writes SurrealQL as it stands, with each ? for a value. Without values a ? is an
// operator, as in a ?? b.
func (t *text) literal(e exp.LiteralExpression) {
	parts := strings.Split(e.Literal(), "?")
	switch {
	case len(e.Args()) == 0:
		parts = []string{e.Literal()}
	case len(parts) != len(e.Args())+1:
		t.fail("%q has %d question marks for %d values", e.Literal(), len(parts)-1, len(e.Args()))
		return
	}
	for i, part := range parts {
		t.put(part)
		if i < len(e.Args()) {
			t.value(e.Args()[i])
		}
	}
}

func (t *text) ordered(e exp.OrderedExpression) {
	t.expression(e.SortExpression())
	if e.NullSortType() != exp.NoNullsSortType {
		t.fail("SurrealQL has no NULLS FIRST and LAST: NONE and NULL are less than all else")
	}
	if e.IsAsc() {
		t.put(" ASC")
	} else {
		t.put(" DESC")
	}
}

// cases writes a CASE as what SurrealQL has for it: IF with blocks.
func (t *text) cases(e exp.CaseExpression) {
	if len(e.GetWhens()) == 0 {
		t.fail("a CASE has no WHEN")
	}
	t.put("(")
	for i, when := range e.GetWhens() {
		if i > 0 {
			t.put(" ELSE ")
		}
		t.put("IF (")
		if e.GetValue() != nil {
			t.operand(e.GetValue())
			t.put(" = ")
		}
		t.operand(when.Condition())
		t.put(") { ")
		t.value(when.Result())
		t.put(" }")
	}
	if e.GetElse() != nil {
		t.put(" ELSE { ")
		t.value(e.GetElse().Result())
		t.put(" }")
	}
	t.put(")")
}

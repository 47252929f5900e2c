package surrealgorm

// Conditions: GORM's clause expressions, as SurrealQL says them.

import (
	"fmt"
	"regexp"
	"strings"

	"gorm.io/gorm/clause"
)

// where writes the conditions that the statement has, if it has any.
func (w *writer) where(conditions []clause.Expression) {
	if len(conditions) == 0 {
		return
	}
	w.text(" WHERE ")
	w.join(conditions, " AND ")
}

// conditions are the statement's, with an Or at the beginning moved behind the first that is none,
// as GORM does.
func (w *writer) conditions() []clause.Expression {
	c, ok := w.stmt.Clauses["WHERE"]
	if !ok || c.Expression == nil {
		return nil
	}
	where, ok := c.Expression.(clause.Where)
	if !ok {
		return []clause.Expression{c.Expression}
	}
	list := append([]clause.Expression(nil), where.Exprs...)
	if len(list) == 1 {
		if and, ok := list[0].(clause.AndConditions); ok {
			list = append([]clause.Expression(nil), and.Exprs...)
		}
	}
	for i, e := range list {
		if or, ok := e.(clause.OrConditions); !ok || len(or.Exprs) > 1 {
			list[0], list[i] = list[i], list[0]
			break
		}
	}
	return list
}

// isOr tells whether an expression is joined to the one before it by OR.
func isOr(e clause.Expression) bool {
	or, ok := e.(clause.OrConditions)
	return ok && len(or.Exprs) == 1
}

func (w *writer) join(list []clause.Expression, by string) {
	for i, e := range list {
		if i > 0 {
			if isOr(e) {
				w.text(" OR ")
			} else {
				w.text(by)
			}
		}
		if len(list) > 1 && isCompound(e) {
			w.text("(")
			w.expression(e)
			w.text(")")
		} else {
			w.expression(e)
		}
	}
}

var compound = regexp.MustCompile(`(?i)\b(and|or)\b|&&|\|\|`)

// isCompound tells whether a text of the program has AND or OR in it, so that it needs parentheses
// beside other conditions.
func isCompound(e clause.Expression) bool {
	switch e := e.(type) {
	case clause.Expr:
		return compound.MatchString(e.SQL)
	case clause.NamedExpr:
		return compound.MatchString(e.SQL)
	case clause.OrConditions:
		return len(e.Exprs) == 1 && isCompound(e.Exprs[0])
	case clause.AndConditions:
		return len(e.Exprs) == 1 && isCompound(e.Exprs[0])
	}
	return false
}

func (w *writer) expression(e clause.Expression) {
	switch e := e.(type) {
	case clause.Eq:
		w.equal(e.Column, e.Value, false)
	case clause.Neq:
		w.equal(e.Column, e.Value, true)
	case clause.Gt:
		w.compare(e.Column, ">", e.Value)
	case clause.Gte:
		w.compare(e.Column, ">=", e.Value)
	case clause.Lt:
		w.compare(e.Column, "<", e.Value)
	case clause.Lte:
		w.compare(e.Column, "<=", e.Value)
	case clause.Like:
		w.like(w.column(e.Column).value(), e.Value, false)
	case clause.IN:
		w.in(e)
	case clause.AndConditions:
		w.group(e.Exprs, " AND ")
	case clause.OrConditions:
		w.group(e.Exprs, " OR ")
	case clause.Where:
		w.group(e.Exprs, " AND ")
	case clause.NotConditions:
		w.not(e.Exprs)
	case clause.Expr:
		w.fragment(e.SQL, e.Vars, e.WithoutParentheses)
	case clause.NamedExpr:
		w.fragment(e.SQL, e.Vars, false)
	case clause.CommaExpression:
		for i, part := range e.Exprs {
			if i > 0 {
				w.text(", ")
			}
			w.expression(part)
		}
	case written:
		w.text(string(e))
	case nil:
	default:
		w.foreign(e)
	}
}

// foreign writes an expression of another package, which writes itself. The lists that it writes
// by GORM's AddVar are in parentheses: see lists.
func (w *writer) foreign(e clause.Expression) {
	before := w.stmt.SQL.String()
	w.stmt.SQL.Reset()
	e.Build(w.stmt)
	own := w.stmt.SQL.String()
	w.stmt.SQL.Reset()
	w.text(before, lists(own))
}

func (w *writer) group(list []clause.Expression, by string) {
	if len(list) > 1 {
		w.text("(")
		defer w.text(")")
	}
	w.join(list, by)
}

// not negates conditions as GORM does: each by itself where one of them has a negation of its own,
// such as name = ?, else all of them together.
func (w *writer) not(list []clause.Expression) {
	each := false
	for _, e := range list {
		_, ok := e.(clause.NegationExpressionBuilder)
		each = each || ok
	}
	if !each {
		w.text("!(")
		w.join(list, " AND ")
		w.text(")")
		return
	}
	if len(list) > 1 {
		w.text("(")
		defer w.text(")")
	}
	for i, e := range list {
		if i > 0 {
			w.text(" AND ")
		}
		w.text("!(")
		w.expression(e)
		w.text(")")
	}
}

func (w *writer) equal(name, value any, negated bool) {
	if columns, ok := name.([]clause.Column); ok {
		w.equal(clause.Expr{SQL: w.tuple(columns)}, value, negated)
		return
	}
	c, left := w.operand(name)
	list, isList := listOf(value)
	switch {
	case isList:
		w.text(left, choose(negated, " NOT IN ", " IN "))
		w.list(c, list)
	case !isExpression(value) && isNil(value):
		w.text(left, choose(negated, " NOT IN [NONE, NULL]", " IN [NONE, NULL]"))
	default:
		w.sides(c, left, choose(negated, " != ", " = "), value)
	}
}

func (w *writer) compare(name any, operator string, value any) {
	if !isExpression(value) && isNil(value) {
		w.fail(refuseOrder(operator))
		return
	}
	c, left := w.operand(name)
	w.sides(c, left, " "+operator+" ", value)
}

// sides writes a comparison. With an expression at the right, both sides are as Go has them.
func (w *writer) sides(c column, left, operator string, value any) {
	if isExpression(value) {
		if c.keys {
			left = c.value()
		}
		w.text(left, operator)
		w.bind(value)
		return
	}
	w.text(left, operator)
	w.bindFor(c, value)
}

// operand is the left side of a comparison: a column, or an expression of the program.
func (w *writer) operand(name any) (column, string) {
	switch v := name.(type) {
	case clause.Expr:
		return column{part: -1}, w.apart(func() { w.expression(v) })
	case clause.Column:
		if v.Raw {
			return column{part: -1}, w.apart(func() { w.fragment(v.Name, nil, false) })
		}
	case clause.Table:
		w.fail(refuse("comparing a table", "name a column"))
	}
	c := w.column(name)
	return c, c.stored()
}

// apart is what write writes, which is not yet in the statement.
func (w *writer) apart(write func()) string {
	before := w.stmt.SQL.String()
	w.stmt.SQL.Reset()
	write()
	own := w.stmt.SQL.String()
	w.stmt.SQL.Reset()
	w.text(before)
	return own
}

func choose(yes bool, a, b string) string {
	if yes {
		return a
	}
	return b
}

// tuple is several columns as one value.
func (w *writer) tuple(columns []clause.Column) string {
	parts := make([]string, len(columns))
	for i, name := range columns {
		parts[i] = w.column(name).value()
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

// in writes IN. Several columns are compared as arrays: [a, b] IN [[1, 2], [3, 4]].
func (w *writer) in(e clause.IN) {
	if columns, ok := e.Column.([]clause.Column); ok && len(columns) == 1 {
		e.Column = columns[0]
	} else if ok {
		w.text(w.tuple(columns), " IN ")
		w.list(column{part: -1}, e.Values)
		return
	}
	c, left := w.operand(e.Column)
	if len(e.Values) == 1 {
		if isQuery(e.Values[0]) {
			w.text(choose(c.keys, c.value(), left), " IN (")
			w.values(e.Values[0], c.field)
			w.text(")")
			return
		}
		if list, ok := listOf(e.Values[0]); ok {
			e.Values = list
		}
	}
	switch {
	case len(e.Values) == 0:
		w.text("false")
	case len(e.Values) == 1:
		w.sides(c, left, " = ", e.Values[0])
	default:
		w.text(left, " IN ")
		w.list(c, e.Values)
	}
}

// like writes LIKE as a regular expression: SurrealDB has no LIKE. A field without a value is
// like nothing.
func (w *writer) like(left string, pattern any, ignoreCase bool) {
	plain, err := indirect(pattern)
	if err != nil {
		w.fail(err)
		return
	}
	text, ok := plain.(string)
	if !ok {
		w.fail(refuse(fmt.Sprintf("LIKE with a %T", pattern), "give the pattern as a string argument"))
		return
	}
	w.text("(", left, " NOT IN [NONE, NULL] AND string::matches(", left, ", ")
	w.bind(likePattern(text, ignoreCase))
	w.text("))")
}

// likePattern is a pattern of LIKE as a regular expression: % is any text, _ any character, and a
// backslash takes the meaning of what follows away.
func likePattern(pattern string, ignoreCase bool) string {
	var b strings.Builder
	b.WriteString(choose(ignoreCase, "(?is)^", "(?s)^"))
	escaped := false
	for _, r := range pattern {
		switch {
		case escaped:
			b.WriteString(regexp.QuoteMeta(string(r)))
			escaped = false
		case r == '\\':
			escaped = true
		case r == '%':
			b.WriteString(".*")
		case r == '_':
			b.WriteString(".")
		default:
			b.WriteString(regexp.QuoteMeta(string(r)))
		}
	}
	b.WriteString("$")
	return b.String()
}

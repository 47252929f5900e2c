package surrealgoqu

import (
	"slices"
	"strings"

	"github.com/doug-martin/goqu/v9/exp"
)

// aggregates are SQL's, by what SurrealQL calls them. All but COUNT are for numbers: of
// anything else they are NaN (3.3.5).
var aggregates = map[string]string{
	"COUNT": "count", "SUM": "math::sum", "AVG": "math::mean", "MIN": "math::min", "MAX": "math::max",
}

// aggregate is the function that a column of a selection is, if it takes a group's rows
// together.
func aggregate(column exp.Expression) (exp.SQLFunctionExpression, bool) {
	if aliased, ok := column.(exp.AliasedExpression); ok {
		column = aliased.Aliased()
	}
	f, ok := column.(exp.SQLFunctionExpression)
	return f, ok && aggregates[f.Name()] != ""
}

// aggregated writes an aggregate.
func (t *text) aggregated(f exp.SQLFunctionExpression) {
	name := f.Name()
	if len(f.Args()) != 1 {
		t.fail("%s takes one argument, not %d", name, len(f.Args()))
		return
	}
	arg := f.Args()[0]
	if name != "COUNT" {
		t.put(aggregates[name], "(")
		t.value(arg)
		t.put(")")
		return
	}
	if id, ok := arg.(exp.IdentifierExpression); ok && !id.IsQualified() && isStar(id.GetCol()) || isStar(arg) {
		t.put("count()")
		return
	}
	// count(x) counts where x is true, and so no 0; COUNT(x) where x is there.
	t.put("count((")
	t.operand(arg)
	t.put(" ?? NONE) != NONE)")
}

// plain are SurrealQL's functions that have no :: in their names.
var plain = []string{"count", "not", "rand", "sleep"}

func (t *text) function(f exp.SQLFunctionExpression) {
	name := f.Name()
	switch {
	case name == "COALESCE" && len(f.Args()) > 0:
		t.put("(")
		for i, arg := range f.Args() {
			if i > 0 {
				t.put(" ?? ")
			}
			t.operand(arg)
		}
		t.put(")")
		return
	case name == "DISTINCT":
		t.fail("SurrealQL has no DISTINCT: group by the columns")
		return
	case aggregates[name] != "":
		t.fail("%s stands as a column of a selection only, alone or with an alias", name)
		return
	case !strings.Contains(name, "::") && !slices.Contains(plain, name):
		t.fail("SurrealQL has no function %s: its own are called as string::uppercase, and yours as fn::name", name)
		return
	}
	t.put(name, "(")
	t.list(len(f.Args()), func(i int) { t.value(f.Args()[i]) })
	t.put(")")
}

// isStar tells whether something is the * of goqu.Star.
func isStar(e any) bool {
	literal, ok := e.(exp.LiteralExpression)
	return ok && literal.Literal() == "*"
}

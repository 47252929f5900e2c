package surrealgoqu

import (
	"database/sql/driver"
	"reflect"

	"github.com/doug-martin/goqu/v9/exp"

	"github.com/surrealsql/surrealsql"
)

// Comparisons.

var operators = map[exp.BooleanOperation]string{
	exp.EqOp: "=", exp.NeqOp: "!=", exp.IsOp: "=", exp.IsNotOp: "!=",
	exp.GtOp: ">", exp.GteOp: ">=", exp.LtOp: "<", exp.LteOp: "<=",
	exp.InOp: "IN", exp.NotInOp: "NOT IN",
}

func (t *text) comparison(e exp.BooleanExpression) {
	switch op := e.Op(); op {
	case exp.LikeOp, exp.NotLikeOp, exp.ILikeOp, exp.NotILikeOp:
		t.fail(`SurrealQL has no LIKE: write goqu.Func("string::starts_with", column, text), string::contains or RegexpLike`)
	case exp.RegexpLikeOp, exp.RegexpNotLikeOp, exp.RegexpILikeOp, exp.RegexpNotILikeOp:
		t.matches(e)
	case exp.InOp, exp.NotInOp:
		t.put("(")
		t.operand(e.LHS())
		t.put(" ", operators[op], " ")
		t.members(e.LHS(), e.RHS())
		t.put(")")
	default:
		if e.RHS() == nil {
			t.absent(e)
			return
		}
		t.refuseKeyOfID(e.LHS(), e.RHS())
		if op != exp.EqOp && op != exp.NeqOp && op != exp.IsOp && op != exp.IsNotOp {
			t.refuseNothing(op.String(), e.RHS())
		}
		t.put("(")
		t.operand(e.LHS())
		t.put(" ", operators[op], " ")
		t.operand(e.RHS())
		t.put(")")
	}
}

// absent writes IS NULL. What SQL calls so is either of two in SurrealDB: NULL, or NONE, which
// a field has that is not there. The index of the field is kept out of it, since not each of
// them has the records without it: (x = NONE OR x = NULL) finds none of them on 3.0.2.
func (t *text) absent(e exp.BooleanExpression) {
	t.put("((")
	t.operand(e.LHS())
	switch e.Op() {
	case exp.IsOp:
		t.put(" ?? NONE) = NONE)")
	case exp.IsNotOp:
		t.put(" ?? NONE) != NONE)")
	default:
		t.fail("nothing is %s NULL: compare by IsNull and IsNotNull", e.Op())
	}
}

// members writes what is looked into by IN.
func (t *text) members(lhs exp.Expression, rhs any) {
	if query, ok := rhs.(subquery); ok {
		t.column(query)
		return
	}
	list := reflect.Indirect(reflect.ValueOf(rhs))
	if list.Kind() != reflect.Slice && list.Kind() != reflect.Array {
		t.value(rhs)
		return
	}
	if list.Len() == 1 {
		if query, ok := list.Index(0).Interface().(subquery); ok {
			t.column(query)
			return
		}
	}
	t.put("[")
	t.list(list.Len(), func(i int) {
		member := list.Index(i).Interface()
		t.refuseKeyOfID(lhs, member)
		t.value(member)
	})
	t.put("]")
}

// refuseKeyOfID refuses what is never true, and by Neq always: an id is no string and no number.
func (t *text) refuseKeyOfID(lhs exp.Expression, value any) {
	id, ok := lhs.(exp.IdentifierExpression)
	if !ok || id.GetTable() != "" || id.GetCol() != "id" {
		return
	}
	v := reflect.Indirect(reflect.ValueOf(value))
	switch {
	case !v.IsValid() || v.Type() == reflect.TypeFor[surrealsql.RecordID]():
	case v.Kind() == reflect.String:
		t.fail("id is compared with the string %q, which no id is equal to: pass a surrealsql.RecordID", v.String())
	case v.CanInt() || v.CanUint():
		t.fail("id is compared with the number %v, which no id is equal to: pass a surrealsql.RecordID", v)
	}
}

// refuseNothing refuses a nil pointer, or a driver.Valuer without a value, beside < and the like. In
// SQL no row is found so; in SurrealDB each number is more than NULL.
func (t *text) refuseNothing(operator string, value any) {
	nothing := value == nil
	if v := reflect.ValueOf(value); v.Kind() == reflect.Pointer && v.IsNil() {
		nothing = true
	} else if valuer, ok := value.(driver.Valuer); ok {
		plain, err := valuer.Value()
		nothing = err == nil && plain == nil
	}
	if nothing {
		t.fail("nothing is %s NULL: compare by IsNull and IsNotNull", operator)
	}
}

func (t *text) matches(e exp.BooleanExpression) {
	if e.Op() == exp.RegexpNotLikeOp || e.Op() == exp.RegexpNotILikeOp {
		t.put("!")
	}
	pattern := e.RHS()
	if e.Op() == exp.RegexpILikeOp || e.Op() == exp.RegexpNotILikeOp {
		s, ok := pattern.(string)
		if !ok {
			t.fail("a pattern for any case is a string, not a %T", pattern)
		}
		pattern = "(?i)" + s
	}
	t.put("string::matches(")
	t.expression(e.LHS())
	t.put(", ")
	t.value(pattern)
	t.put(")")
}

func (t *text) between(e exp.RangeExpression) {
	t.refuseNothing("between", e.RHS().Start())
	t.refuseNothing("between", e.RHS().End())
	from, word, to := " >= ", " AND ", " <= "
	if e.Op() == exp.NotBetweenOp {
		from, word, to = " < ", " OR ", " > "
	}
	t.put("(")
	t.operand(e.LHS())
	t.put(from)
	t.operand(e.RHS().Start())
	t.put(word)
	t.operand(e.LHS())
	t.put(to)
	t.operand(e.RHS().End())
	t.put(")")
}

package surrealgorm

// What stands beside an operator in a program's text: keys, which become records' ids beside a column
// of them, and values of another type than the column's.

import (
	"database/sql"
	"strconv"
	"strings"
)

// compare writes an operator. A key at its right becomes a record's id if a column of such ids
// stands at its left.
func (f *fragment) compare(operator string) {
	left := f.leftColumn()
	f.emit(operator)
	t, at := f.peek(0)
	used := f.next
	value, ok := f.literal(t)
	if ok && isNil(value) && orders(operator) {
		f.fail(refuseOrder(operator))
		return
	}
	if left == nil || left.link == "" && left.field == nil {
		f.next = used
		return
	}
	if left.keys && f.isRecord(at) {
		left.raw = true
	}
	if _, after := f.peek(1); f.isOperand(after) {
		f.next = used
		return // an expression: age > ? + 1
	}
	_, several := listOf(value)
	if several && (left.link != "" || left.field != nil && left.field.Serializer == nil) {
		f.fail(refuse(operator+" with a list", "write IN"))
		return
	}
	if !ok || several || isExpression(value) || isNil(value) {
		f.next = used
		return
	}
	converted, err := left.compare(value)
	if err != nil {
		f.fail(err)
		return
	}
	left.raw = left.link != ""
	f.emit(" ")
	f.out = append(f.out, piece{value: converted, bound: true})
	f.at = at + 1
}

// isOperand tells whether the token there goes on with an expression.
func (f *fragment) isOperand(at int) bool {
	return at < len(f.list) && f.list[at].kind == op && strings.Contains("+ - * / % ** [ . ?? ?:", f.list[at].text)
}

// literal is the value of an argument, a number or a string. An argument is used up by it.
func (f *fragment) literal(t token) (value any, ok bool) {
	switch {
	case t.kind == num:
		n, err := strconv.ParseInt(t.text, 10, 64)
		return n, err == nil
	case t.kind == str && isQuote(t.text[0]) && !strings.Contains(t.text, `\`):
		return strings.Trim(t.text, t.text[:1]), true
	case t.kind == param:
		return f.argument(t)
	}
	return nil, false
}

// argument is what ? or @name stands for.
func (f *fragment) argument(t token) (value any, ok bool) {
	switch {
	case t.text == "?" && f.next < len(f.vars):
		f.next++
		value = f.vars[f.next-1]
		if named, is := value.(sql.NamedArg); is {
			value = named.Value
		}
		return value, true
	case strings.HasPrefix(t.text, "@"):
		value, ok = f.named[t.text[1:]]
		f.byName = f.byName || ok
		return value, ok
	}
	return nil, false
}

// isListNext tells whether what follows is an argument that is a list.
func (f *fragment) isListNext() bool {
	t, _ := f.peek(0)
	used := f.next
	value, ok := f.argument(t)
	f.next = used
	_, several := listOf(value)
	return ok && several
}

// isRecord tells whether the record's id begins there that the text itself says: people:1, r'people:1'
// or type::record('people', 1).
func (f *fragment) isRecord(at int) bool {
	if at >= len(f.list) {
		return false
	}
	switch t := f.list[at]; t.kind {
	case word, quoted:
		return t.is("type::record", "type::thing") || at+1 < len(f.list) && f.list[at+1].text == ":"
	case str:
		return t.text[0] == 'r'
	}
	return false
}

// orders tells whether an operator asks which of two is less.
func orders(operator string) bool { return strings.ContainsAny(operator, "<>") }

// refuseOrder refuses what is true of no record in SQL. SurrealDB has NONE less than all others, so
// that age > NONE is true of each record that has an age: a DELETE would be of all of them.
func refuseOrder(operator string) error {
	return refuse(operator+" with nil", "leave the condition out, or write IS NULL")
}

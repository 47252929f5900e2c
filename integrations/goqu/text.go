package surrealgoqu

import (
	"fmt"
	"strings"

	"github.com/doug-martin/goqu/v9/exp"
)

// text is a statement in the making: its SurrealQL, its arguments, and the first error.
type text struct {
	sql    []byte
	args   []any
	first  int      // the number of the first argument
	tables []string // that the statement, and those around it, read from
	err    error
}

func (t *text) fail(format string, args ...any) {
	if t.err == nil {
		t.err = fmt.Errorf(format, args...)
	}
}

// put writes SurrealQL.
func (t *text) put(parts ...string) {
	for _, part := range parts {
		t.sql = append(t.sql, part...)
	}
}

// part returns what is written by f, and does not keep it: arguments are numbered, so that
// their order is free.
func (t *text) part(f func()) string {
	before := len(t.sql)
	f()
	part := string(t.sql[before:])
	t.sql = t.sql[:before]
	return part
}

// list writes what each of n elements is, with commas between.
func (t *text) list(n int, element func(i int)) {
	for i := range n {
		if i > 0 {
			t.put(", ")
		}
		element(i)
	}
}

// arg writes a value as an argument, which the driver sends as the type that it has.
func (t *text) arg(value any) {
	t.put(fmt.Sprint("$", t.first+len(t.args)))
	t.args = append(t.args, value)
}

// value writes what may be an expression, or else is an argument.
func (t *text) value(value any) {
	if e, ok := value.(exp.Expression); ok {
		t.expression(e)
		return
	}
	t.arg(value)
}

var escapes = strings.NewReplacer("\\", "\\\\", "`", "\\`")

// name writes one name. Backquotes make a name of any text; double quotes make a string.
func (t *text) name(name string) { t.put("`", escapes.Replace(name), "`") }

// identifier writes a field, or a path of fields such as `address`.`city`.
func (t *text) identifier(id exp.IdentifierExpression) {
	var parts []string
	for _, part := range []string{id.GetSchema(), id.GetTable()} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	switch col := id.GetCol().(type) {
	case nil:
	case string:
		if col != "" {
			parts = append(parts, col)
		}
	case exp.LiteralExpression:
		if len(parts) > 0 {
			t.fail("%s.%s: SurrealQL has a * without a table only", strings.Join(parts, "."), col.Literal())
			return
		}
		t.expression(col)
		return
	default:
		t.fail("a column is a string or a literal, not a %T", col)
		return
	}
	if len(parts) == 0 {
		t.fail("a name is empty")
		return
	}
	if len(parts) > 1 {
		t.refuseQualified(parts)
	}
	for i, part := range parts {
		if i > 0 {
			t.put(".")
		}
		t.name(part)
	}
}

// refuseQualified refuses person.name FROM person: for SurrealQL that is the field name of a
// field person, which would be NONE.
func (t *text) refuseQualified(parts []string) {
	for _, table := range t.tables {
		if parts[0] == table {
			t.fail("%s: in SurrealQL a table does not stand before its column: write goqu.C(%q)",
				strings.Join(parts, "."), strings.Join(parts[1:], "."))
		}
	}
}

// table writes what a statement is about: a table by its name, or else what an expression
// gives, such as goqu.V of a record id.
func (t *text) table(e exp.Expression) {
	id, ok := e.(exp.IdentifierExpression)
	if !ok {
		t.expression(e)
		return
	}
	if id.GetSchema() != "" || (id.GetTable() != "" && id.GetCol() != nil && id.GetCol() != "") {
		t.fail("%s.%v: a table is named alone; its database is the connection's", id.GetSchema()+id.GetTable(), id.GetCol())
		return
	}
	name := id.GetTable()
	if col, ok := id.GetCol().(string); ok && name == "" {
		name = col
	}
	if name == "" {
		t.fail("a table has no name")
		return
	}
	t.tables = append(t.tables, name)
	t.name(name)
}

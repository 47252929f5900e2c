package surrealgorm

// Texts that the program writes as a whole, by db.Raw and db.Exec. They are SurrealQL, and go as
// they are, but for the lists that GORM itself writes.

import (
	"reflect"
	"strconv"
	"strings"

	"gorm.io/gorm"
	"gorm.io/gorm/schema"
)

// checkText looks at a statement that has its text already.
func checkText(db *gorm.DB) {
	stmt := db.Statement
	if db.Error != nil || stmt.SQL.Len() == 0 {
		return
	}
	text := lists(stmt.SQL.String())
	stmt.SQL.Reset()
	stmt.SQL.WriteString(text)
	if err := findKeys(text, stmt.Vars, stmt.Schema); err != nil {
		_ = db.AddError(err)
	}
}

// lists turns IN ($1,$2), which GORM makes of a slice, into IN [$1,$2]. SurrealDB reads ($1) as $1,
// so that IN finds nothing and says nothing.
func lists(text string) string {
	list := tokens(text)
	for i, t := range list {
		if !t.is("IN", "INSIDE", "CONTAINSANY", "CONTAINSALL", "CONTAINSNONE") {
			continue
		}
		open := i + 1
		for open < len(list) && list[open].kind == space {
			open++
		}
		if open >= len(list) || list[open].text != "(" {
			continue
		}
		if end := closing(list, open); end > 0 {
			list[open].text, list[end].text = "[", "]"
			if inner := fields(list[open+1 : end]); len(inner) == 1 && inner[0].is("NULL") {
				list[end-1].text = ""
			}
		}
	}
	var b strings.Builder
	for _, t := range list {
		b.WriteString(t.text)
	}
	return b.String()
}

// closing finds the end of a list of GORM's arguments, numbers and strings; 0 where it is none. A
// parameter that has a name may be a list itself: LET $names = …; … IN ($names).
func closing(list []token, open int) int {
	depth := 0
	for i := open; i < len(list); i++ {
		switch t := list[i]; {
		case t.text == "(":
			depth++
		case t.text == ")":
			if depth--; depth == 0 {
				return i
			}
		case t.kind == param && !isDigit(t.text[len(t.text)-1]):
			return 0
		case t.kind == space, t.kind == param, t.kind == num, t.kind == str, t.text == ",", t.is("NULL"):
		default:
			return 0
		}
	}
	return 0
}

// findKeys makes a record's id of a key in WHERE id = $1 and WHERE id IN [$1, $2]: SurrealDB finds
// nothing by a key, and says nothing. It does so where the text reads or writes one table, by its
// name, and refuses elsewhere.
func findKeys(text string, vars []any, s *schema.Schema) error {
	list := fields(tokens(text))
	table := onlyTable(list)
	where := false
	for i, t := range list {
		switch {
		case t.is("WHERE"):
			where = true
		case t.is("GROUP", "ORDER", "LIMIT", "START", "RETURN", "SET", "CONTENT", "MERGE", "SELECT") || t.text == ";":
			where = false
		case where && t.name() == idName && i+2 < len(list) && (i == 0 || list[i-1].text != "."):
			if err := keysAfter(list[i+1:], vars, keyColumn(table, s)); err != nil {
				return err
			}
		}
	}
	return nil
}

// keyColumn is the id of a table's records, which the model that the text is read into may know.
func keyColumn(table string, s *schema.Schema) column {
	c := column{path: []string{idName}, link: table, part: -1}
	if s != nil && s.Table == table {
		if c.field = s.LookUpField(idName); c.field != nil {
			c.keys = !holdsIDs(c.field)
		}
	}
	return c
}

// keysAfter makes ids of the arguments after an operator.
func keysAfter(list []token, vars []any, c column) error {
	values := list[1:2]
	switch operator := list[0]; {
	case operator.text == "=" || operator.text == "==" || operator.text == "!=" || operator.text == "<" ||
		operator.text == ">" || operator.text == "<=" || operator.text == ">=":
	case operator.is("IN") && list[1].text == "[":
		values = list[2:]
	case operator.is("IN"):
	default:
		return nil
	}
	for _, t := range values {
		if t.text == "," {
			continue
		}
		n, err := strconv.Atoi(strings.TrimPrefix(t.text, "$"))
		argument := t.kind == param && err == nil && n >= 1 && n <= len(vars)
		switch {
		case t.kind == num, argument && isKey(vars[n-1]) && c.link == "":
			return refuse("WHERE id = a key", "id is a record's id: give a surrealsql.RecordID, "+
				"or write record::id(id) = ?")
		case !argument || !isKey(vars[n-1]):
			return nil
		}
		id, err := c.compare(vars[n-1])
		if err != nil {
			return err
		}
		vars[n-1] = id
	}
	return nil
}

// onlyTable is the table of a text, "" where there are several or none by its name.
func onlyTable(list []token) string {
	table := ""
	for i, t := range list {
		if !t.is("FROM", "UPDATE", "DELETE", "UPSERT") || i+1 >= len(list) {
			continue
		}
		after := list[i+1:]
		if after[0].is("FROM", "ONLY") {
			continue
		}
		if after[0].kind != word && after[0].kind != quoted || len(after) > 1 && (after[1].text == ":" || after[1].text == ",") ||
			table != "" && table != after[0].name() {
			return ""
		}
		table = after[0].name()
	}
	return table
}

// isKey tells whether an argument is an integer or a text, and no record's id.
func isKey(v any) bool {
	plain, err := indirect(v)
	if err != nil || plain == nil {
		return false
	}
	r := reflect.ValueOf(plain)
	return r.Type() != recordIDType && (r.CanInt() || r.CanUint() || r.Kind() == reflect.String)
}

package surrealgorm

// Functions in a program's text: SQL's, under SurrealQL's names, and those that make one value of
// many records.

import (
	"reflect"
	"strconv"
	"strings"

	"gorm.io/gorm/schema"
)

// functions of SQL under SurrealQL's names.
var functions = map[string]string{
	"LOWER": "string::lowercase", "UPPER": "string::uppercase", "LENGTH": "string::len", "TRIM": "string::trim",
	"CONCAT": "string::concat", "NOW": "time::now", "ABS": "math::abs", "ROUND": "math::round",
}

// call reads a function with its arguments.
func (f *fragment) call(t token) {
	f.at++ // (
	inner := f.inner()
	upper := strings.ToUpper(t.text)
	args := fields(inner)
	switch {
	case upper == "COUNT":
		f.count(inner, args)
	case upper == "SUM" || upper == "AVG" || upper == "MIN" || upper == "MAX":
		f.aggregate(upper, inner, args)
	case upper == "COALESCE":
		f.emit("(")
		f.nested(replaceCommas(inner))
		f.emit(")")
	case functions[upper] != "":
		f.emit(functions[upper] + "(")
		f.nested(inner)
		f.emit(")")
	case refused[upper] != "":
		f.fail(refuse(upper, refused[upper]))
	default:
		f.emit(t.text + "(")
		f.nested(inner)
		f.emit(")")
	}
}

// replaceCommas makes coalesce(a, b) a ?? b.
func replaceCommas(list []token) []token {
	depth := 0
	out := append([]token(nil), list...)
	for i, t := range out {
		switch {
		case t.text == "(" || t.text == "[":
			depth++
		case t.text == ")" || t.text == "]":
			depth--
		case t.text == "," && depth == 0:
			out[i] = token{op, " ?? "}
		}
	}
	return out
}

// count reads count(*), count(a) and count(DISTINCT a). Of a field SQL counts the values, without
// NULL.
func (f *fragment) count(inner, args []token) {
	f.aggregates = true
	switch {
	case len(args) == 0, len(args) == 1 && (args[0].text == "*" || args[0].text == "1"):
		f.hide("count()")
	case args[0].is("DISTINCT"):
		rest := inner
		for i, t := range inner {
			if t.is("DISTINCT") {
				rest = inner[i+1:]
			}
		}
		f.hide("array::len(array::complement(array::distinct(" +
			f.apart(func() { f.put(f.part(rest)) }) + "), [NONE, NULL]))")
	case len(args) == 1 || f.isPath(args):
		f.hide("count((" + f.apart(func() { f.put(f.part(inner)) }) + ") NOT IN [NONE, NULL])")
	default: // a condition, which SurrealQL counts where it is true
		f.hide("count(" + f.apart(func() { f.put(f.part(inner)) }) + ")")
	}
}

func (f *fragment) isPath(args []token) bool {
	for _, t := range args {
		if t.kind != word && t.kind != quoted && t.text != "." {
			return false
		}
	}
	return true
}

// aggregate reads SUM, AVG, MIN and MAX. SurrealDB has a function for each type, and the one for
// numbers gives NaN or an infinity for others, so the field's type must be known where it is none.
func (f *fragment) aggregate(name string, inner, args []token) {
	f.aggregates = true
	function := map[string]string{
		"SUM": "math::sum", "AVG": "math::mean", "MIN": "math::min", "MAX": "math::max",
	}[name]
	if f.isPath(args) && len(args) > 0 {
		path := []string{}
		for _, t := range args {
			if t.text != "." {
				path = append(path, t.name())
			}
		}
		if c := f.resolve(path); c.field != nil {
			switch kind := c.field.GORMDataType; {
			case kind == schema.Time && (name == "MIN" || name == "MAX"):
				function = "time::" + strings.ToLower(name)
			case kind == schema.Int, kind == schema.Uint, kind == schema.Float, isNumber(c.field.IndirectFieldType):
			case kind == schema.String, kind == schema.Bool, kind == schema.Bytes, kind == schema.Time:
				f.fail(refuse(name+" of "+c.alias()+", which holds no numbers",
					"order by it and take the first, or write a function of SurrealQL"))
			}
		}
	}
	text := f.apart(func() { f.put(f.part(inner)) })
	call := function + "(" + text + ")"
	if name != "SUM" { // of no values these are NULL, and SurrealDB's NaN or an infinity
		call = "(IF count((" + text + ") NOT IN [NONE, NULL]) = 0 THEN NONE ELSE " + call + " END)"
	}
	f.hide(call)
}

// part reads tokens by themselves.
func (f *fragment) part(list []token) []piece {
	out := f.out
	f.out = nil
	f.nested(list)
	inner := f.out
	f.out = out
	return inner
}

// hide writes a function that makes one value of many: in HAVING by the name under which the query
// within has it.
func (f *fragment) hide(call string) {
	if f.hidden == nil {
		f.emit(call)
		return
	}
	for _, it := range *f.hidden {
		if it.text == call {
			f.emit(quoteName(it.alias))
			return
		}
	}
	name := "having" + strconv.Itoa(len(*f.hidden))
	*f.hidden = append(*f.hidden, item{text: call, alias: name})
	f.emit(quoteName(name))
}

func isNumber(t reflect.Type) bool {
	return t.Kind() >= reflect.Int && t.Kind() <= reflect.Float64
}

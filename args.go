package surrealsql

import (
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/surrealsql/surrealsql/internal/cbor"
	"github.com/surrealsql/surrealsql/internal/literal"
	"github.com/surrealsql/surrealsql/internal/surrealql"
)

// Arguments become variables of the request. A named one keeps its name; the
// nth of the others becomes $_n, because `$1` does not lex on the server, and
// `$1` in the text is rewritten to it. The server binds NONE to a name that has
// no value and says nothing, so every mismatch is refused here.

// checkVariable refuses names that cannot be a variable's. The caller's name
// goes before what it says.
func checkVariable(name string) error {
	switch {
	case name == "":
		return errors.New("a variable needs a name")
	case surrealql.IsReserved(name):
		return fmt.Errorf("the name $%s is SurrealDB's own and cannot be bound: choose another one", name)
	case !isVariable(name):
		return fmt.Errorf("%q cannot be a variable's name: expected letters, digits and _, not beginning with a digit, without the $", name)
	case surrealql.IsOrdinal(name):
		return fmt.Errorf("the name $%s is what the argument $%s is sent as: choose another one", name, name[1:])
	}
	return nil
}

func isVariable(name string) bool {
	for i, r := range name {
		letter := r == '_' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
		if !letter && (i == 0 || r < '0' || r > '9') {
			return false
		}
	}
	return name != ""
}

// few is up to how many arguments are compared one by one, which needs no
// memory.
const few = 16

// checkArgs compares the arguments with what the text asks for.
func checkArgs(q *analysis, args []driver.NamedValue) error {
	ordinals := 0
	var given []bool // by their place in q.Params
	for i := range args {
		name := args[i].Name
		if name == "" {
			ordinals++
			continue
		}
		if err := checkVariable(name); err != nil {
			return fmt.Errorf("surrealsql: %w", err)
		}
		twice := false
		at := q.Param(name)
		switch {
		case len(args) <= few:
			twice = hasArg(args[:i], name)
		case at >= 0:
			if given == nil {
				given = make([]bool, len(q.Params))
			}
			twice, given[at] = given[at], true
		}
		if twice {
			return fmt.Errorf("surrealsql: argument %q is given twice", name)
		}
		if at < 0 {
			return fmt.Errorf("surrealsql: argument %q is not used: the text has %s", name, listParams(q))
		}
	}
	if err := checkOrdinals(q, ordinals); err != nil {
		return err
	}
	return checkKept(q, args)
}

func hasArg(args []driver.NamedValue, name string) bool {
	for i := range args {
		if args[i].Name == name {
			return true
		}
	}
	return false
}

func checkOrdinals(q *analysis, given int) error {
	switch {
	case given > 0 && q.Ordinals == 0 && q.QuestionMark >= 0:
		return fmt.Errorf("surrealsql: %s, but `?` (at byte %d) is an operator of SurrealQL: write $1, $2, …", countPositional(given), q.QuestionMark)
	case given > 0 && q.Ordinals == 0 && q.ZeroOrdinal >= 0:
		return fmt.Errorf("surrealsql: %s, but the text has no $1: the first one is $1, not %s (at byte %d)", countPositional(given), zeroOf(q), q.ZeroOrdinal)
	case given > 0 && q.Ordinals == 0:
		return fmt.Errorf("surrealsql: %s, but the text has no $1: it has %s", countPositional(given), listParams(q))
	case given != q.Ordinals && q.ZeroOrdinal >= 0:
		return fmt.Errorf("surrealsql: the text uses $1 to $%d, but %s given: the first one is $1, not %s (at byte %d)", q.Ordinals, areGiven(given), zeroOf(q), q.ZeroOrdinal)
	case given != q.Ordinals:
		return fmt.Errorf("surrealsql: the text uses $1 to $%d, but %s given", q.Ordinals, areGiven(given))
	case q.Unused > 0:
		return fmt.Errorf("surrealsql: argument %d is not used: the text has no $%d", q.Unused, q.Unused)
	}
	return nil
}

// zeroOf is the $0 or $01 of a text.
func zeroOf(q *analysis) string {
	rest := q.Text[q.ZeroOrdinal+1:]
	return "$" + rest[:len(rest)-len(strings.TrimLeft(rest, "0123456789"))]
}

func countPositional(n int) string {
	if n == 1 {
		return "1 positional argument"
	}
	return strconv.Itoa(n) + " positional arguments"
}

func areGiven(n int) string {
	if n == 1 {
		return "1 positional argument is"
	}
	return countPositional(n) + " are"
}

func listParams(q *analysis) string {
	const most = 20
	switch n := len(q.Params); {
	case n == 0:
		return "no parameters"
	case n > most:
		return "$" + strings.Join(q.Params[:most], ", $") + fmt.Sprintf(" and %d more", n-most)
	}
	return "$" + strings.Join(q.Params, ", $")
}

// checkKept refuses arguments that a definition would keep by their name, to
// mean something else, or nothing, when it is used.
func checkKept(q *analysis, args []driver.NamedValue) error {
	if len(q.Stale) > 0 {
		return fmt.Errorf("surrealsql: a definition keeps $%s by its name, and not the value that the text gives it: %s", q.Stale[0], insteadOfKept)
	}
	if len(q.Kept) == 0 || len(args) == 0 {
		return nil
	}
	names := make(map[string]bool, len(args))
	ordinal := 0
	for i := range args {
		name := args[i].Name
		if name == "" {
			ordinal++
			name = "_" + strconv.Itoa(ordinal)
		}
		names[name] = true
	}
	for _, name := range q.Kept {
		if names[name] {
			return fmt.Errorf("surrealsql: argument $%s stands in what a definition keeps, which would be its name and not its value: %s", strings.TrimPrefix(name, "_"), insteadOfKept)
		}
	}
	return nil
}

const insteadOfKept = "write the value into the text, as surrealsql.Literal renders it, or define it with DEFINE PARAM"

// appendArgs appends the variables of a request: a map.
func appendArgs(b []byte, args []driver.NamedValue, enc encoding) ([]byte, error) {
	b = cbor.AppendMapHeader(b, len(args))
	ordinal := 0
	for i := range args {
		name := args[i].Name
		if name == "" {
			ordinal++
			b = appendOrdinalName(b, ordinal)
		} else {
			b = cbor.AppendText(b, name)
		}
		var err error
		if b, err = appendArgument(b, args[i].Value, enc); err != nil {
			return b, argumentError(args, i, err)
		}
	}
	return b, nil
}

// keepArgs encodes arguments that are sent again after the call.
func keepArgs(args []driver.NamedValue, enc encoding) ([]driver.NamedValue, error) {
	kept := slices.Clone(args)
	for i := range kept {
		v := &kept[i].Value
		b, err := appendArgument(nil, *v, enc)
		if err != nil {
			return nil, argumentError(args, i, err)
		}
		*v = &keptArg{b, fmt.Sprintf("%T", *v)}
	}
	return kept, nil
}

// argumentError is that of an argument which cannot be encoded.
func argumentError(args []driver.NamedValue, at int, err error) error {
	return &encodeError{"argument $" + argumentNames(args)[at], args[at].Value, err}
}

// argumentNames are what the arguments are called in a text, without the dollar.
func argumentNames(args []driver.NamedValue) []string {
	names := make([]string, len(args))
	ordinal := 0
	for i, a := range args {
		if names[i] = a.Name; a.Name == "" {
			ordinal++
			names[i] = strconv.Itoa(ordinal)
		}
	}
	return names
}

func appendOrdinalName(b []byte, n int) []byte {
	var name [24]byte
	return cbor.AppendText(b, strconv.AppendInt(append(name[:0], '_'), int64(n), 10))
}

// checkNamedValue lets every value through to appendValue, which knows far more
// types than database/sql, and asks a driver.Valuer for its value here, where an
// error still gets the argument's name.
func checkNamedValue(nv *driver.NamedValue) error {
	switch v := nv.Value.(type) {
	case sql.Out, *sql.Out:
		return fmt.Errorf("SurrealDB has no OUT parameters: read the statement's result instead")
	case *badArgs:
		return v.err
	case RecordID:
		return nil
	case driver.Valuer:
		t := reflect.TypeOf(v)
		if !asksValue(t) {
			return nil
		}
		if t.Kind() == reflect.Pointer && reflect.ValueOf(v).IsNil() && t.Elem().Implements(valuerType) {
			nv.Value = nil // the method is the element's and would panic
			return nil
		}
		value, err := valueOf(v)
		if err != nil {
			return err
		}
		nv.Value = value
	}
	return nil
}

// Args makes arguments of the entries of a map with string keys or the fields of
// a struct (named by their `surreal` or `json` tags), for use with ... :
//
//	db.Query("SELECT * FROM person WHERE age > $age AND city = $city",
//		surrealsql.Args(map[string]any{"age": 18, "city": "Paris"})...)
//
// The arguments come in the order of their names. Anything but a map with string
// keys, a struct or a pointer to one makes the query fail with an error that says
// so.
func Args(from any) []any {
	v := reflect.ValueOf(from)
	for v.Kind() == reflect.Pointer && !v.IsNil() {
		v = v.Elem()
	}
	switch {
	case v.Kind() == reflect.Map && v.Type().Key().Kind() == reflect.String:
		return argsOfMap(v)
	case v.Kind() == reflect.Struct && !hasOwnEncoding(v.Type()):
		return argsOfStruct(v)
	}
	return []any{&badArgs{fmt.Errorf("surrealsql.Args takes a map with string keys or a struct, not %T", from)}}
}

// badArgs carries an error of Args to where it can be returned.
type badArgs struct{ err error }

func argsOfMap(v reflect.Value) []any {
	args := make([]any, 0, v.Len())
	for entries := v.MapRange(); entries.Next(); {
		args = append(args, sql.Named(entries.Key().String(), entries.Value().Interface()))
	}
	return sortedArgs(args)
}

func argsOfStruct(v reflect.Value) []any {
	plan := planOf(v.Type())
	args := make([]any, 0, len(plan.fields))
	for i := range plan.fields {
		if fv, ok := plan.fields[i].in(v); ok {
			args = append(args, sql.Named(plan.fields[i].name, fv.Interface()))
		}
	}
	return sortedArgs(args)
}

func sortedArgs(args []any) []any {
	slices.SortFunc(args, func(x, y any) int {
		return strings.Compare(x.(sql.NamedArg).Name, y.(sql.NamedArg).Name)
	})
	return args
}

// Literal renders a value as SurrealQL: an expression that the server evaluates
// to what it would bind for v as an argument. It is for the places where an
// argument cannot stand, since a definition keeps parameters by their names:
//
//	limit, err := surrealsql.Literal(1000)
//	_, err = db.Exec("DEFINE FIELD credit ON account TYPE int DEFAULT " + limit)
//
// It takes whatever can be an argument; nil is NULL, and [None] NONE. Whatever a
// string holds, the text is one value: nothing of it is read as SurrealQL. It may
// stand wherever an expression may, but not for a name. Everywhere else an
// argument is better: it need not be parsed, and does not spoil the caches.
//
// The error says what in v cannot be sent, or that it lies deeper than the
// server's parser reads. A [File] is read only by servers that allow files; and a
// definition with a collection of geometries that has points in it is read back
// wrong by servers before 4.0.
func Literal(v any) (string, error) {
	text, err := renderLiteral(v)
	if err != nil {
		return "", fmt.Errorf("surrealsql: Literal: %w", err)
	}
	return text, nil
}

func renderLiteral(v any) (string, error) {
	nv := driver.NamedValue{Value: v}
	if err := checkNamedValue(&nv); err != nil {
		return "", err
	}
	raw, err := appendValue(nil, nv.Value, encoding{})
	if err != nil {
		return "", err
	}
	var d cbor.Decoder
	d.Reset(raw)
	text, err := literal.AppendExpression(nil, &d)
	return string(text), err
}

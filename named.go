package surrealsql

import (
	"database/sql"
	"fmt"
	"reflect"
	"slices"
	"strings"
)

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
	case v.Kind() == reflect.Struct && !speaks(v.Type()):
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

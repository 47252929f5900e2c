package surrealgorm

// Values of another type than the field's. SQL's databases convert them, `age = '18'`; SurrealDB
// finds nothing then, or by <, something else, and says nothing. So they are converted here, where
// the model tells the field's type, or refused.

import (
	"fmt"
	"reflect"
	"strconv"
	"time"

	"gorm.io/gorm/schema"
)

// layouts are how SQL writes times.
var layouts = []string{
	time.RFC3339Nano, "2006-01-02 15:04:05.999999999Z07:00", "2006-01-02 15:04:05.999999999 -0700 MST",
	"2006-01-02 15:04:05.999999999", "2006-01-02T15:04:05", "2006-01-02 15:04", "2006-01-02",
}

// fit is a value as one of the field's type, where that is a basic one and the value's another.
func (c column) fit(v any) (any, error) {
	if c.field == nil || c.field.Serializer != nil || isExpression(v) {
		return v, nil
	}
	plain, err := indirect(v)
	if err != nil || plain == nil {
		return v, err
	}
	r := reflect.ValueOf(plain)
	holds := basicType(c.field)
	switch {
	case holds == "string" && r.CanInt():
		return strconv.FormatInt(r.Int(), 10), nil
	case holds == "string" && r.CanUint():
		return strconv.FormatUint(r.Uint(), 10), nil
	case holds == "string" && r.Kind() == reflect.Slice && r.Type().Elem().Kind() == reflect.Uint8:
		return string(r.Bytes()), nil
	case holds == "bool" && r.CanInt() && (r.Int() == 0 || r.Int() == 1):
		return r.Int() == 1, nil
	case r.Kind() != reflect.String || goTypes[r.Type()] != "":
		return v, nil
	}
	text := r.String()
	var fitted any
	switch holds {
	case "int":
		fitted, err = strconv.ParseInt(text, 10, 64)
	case "float":
		fitted, err = strconv.ParseFloat(text, 64)
	case "bool":
		fitted, err = strconv.ParseBool(text)
	case "datetime":
		fitted, err = parseTime(text)
	default:
		return v, nil
	}
	if err != nil {
		return nil, fmt.Errorf("surrealgorm: %s holds a %s, which %q is not", c.alias(), holds, text)
	}
	return fitted, nil
}

// basicType is the basic type of what a field holds, "" of one that Go code of its own makes.
func basicType(f *schema.Field) string {
	t := f.IndirectFieldType
	switch {
	case goTypes[t] != "":
		return ""
	case f.GORMDataType == schema.Time:
		return "datetime"
	case t.PkgPath() == "database/sql": // sql.NullInt64, sql.Null[T]
		return map[schema.DataType]string{
			schema.Int: "int", schema.Uint: "int", schema.Float: "float", schema.Bool: "bool", schema.String: "string",
		}[f.GORMDataType]
	}
	return kindType(t)
}

func parseTime(s string) (t time.Time, err error) {
	for _, layout := range layouts {
		if t, err = time.ParseInLocation(layout, s, time.Local); err == nil {
			return t, nil
		}
	}
	return t, err
}

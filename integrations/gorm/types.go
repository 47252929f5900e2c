package surrealgorm

// The types of fields that AutoMigrate defines.

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"time"

	"gorm.io/gorm/schema"

	"github.com/surrealsql/surrealsql"
)

// goTypes are types of Go that the driver sends as more than their kind.
var goTypes = map[reflect.Type]string{
	recordIDType:                               "record",
	reflect.TypeFor[surrealsql.Decimal]():      "decimal",
	reflect.TypeFor[surrealsql.UUID]():         "uuid",
	reflect.TypeFor[surrealsql.LongDuration](): "duration",
	reflect.TypeFor[surrealsql.Range]():        "range",
	reflect.TypeFor[surrealsql.File]():         "file",
	reflect.TypeFor[time.Duration]():           "duration",
	reflect.TypeFor[json.RawMessage]():         "any",
}

// sqlTypes are SQL's names of types, as they stand in tags that were written for other databases.
var sqlTypes = map[string]string{
	"varchar": "string", "char": "string", "text": "string", "tinytext": "string", "mediumtext": "string",
	"longtext": "string", "nvarchar": "string", "character": "string", "citext": "string",
	"boolean": "bool", "bit": "bool",
	"integer": "int", "bigint": "int", "smallint": "int", "tinyint": "int", "mediumint": "int",
	"serial": "int", "bigserial": "int", "int2": "int", "int4": "int", "int8": "int",
	"double": "float", "real": "float", "float4": "float", "float8": "float",
	"numeric": "decimal", "dec": "decimal", "money": "decimal",
	"timestamp": "datetime", "timestamptz": "datetime", "date": "datetime",
	"blob": "bytes", "bytea": "bytes", "binary": "bytes", "varbinary": "bytes", "longblob": "bytes",
	"json": "any", "jsonb": "any", "interval": "duration",
}

// DataTypeOf is the SurrealDB type of a field, without what says that it may be absent. A type in
// the field's tag is taken as SurrealQL, but for SQL's names: varchar(100) is string.
func (d *Dialector) DataTypeOf(f *schema.Field) string {
	tag, tagged := f.TagSettings["TYPE"]
	if !tagged {
		switch known := goTypes[f.IndirectFieldType]; {
		case f.Serializer != nil:
			return "any"
		case known != "":
			return known
		case isUUID(f.IndirectFieldType):
			return "uuid"
		case isDecimal(f.IndirectFieldType):
			return "decimal"
		}
		// GORM gives a foreign key the type of what it leads to, whatever it is in Go.
		if kind := kindType(f.IndirectFieldType); kind != "" {
			return kind
		}
	}
	kind := f.DataType
	if tagged { // which GORM leaves out for a foreign key
		kind = schema.DataType(tag)
	}
	switch kind {
	case schema.Bool:
		return "bool"
	case schema.Int, schema.Uint:
		return "int"
	case schema.Float:
		return "float"
	case schema.String:
		return "string"
	case schema.Time:
		return "datetime"
	case schema.Bytes:
		return "bytes"
	case "":
		return "any"
	}
	named := strings.TrimSpace(string(kind))
	first := strings.ToLower(strings.FieldsFunc(named, func(r rune) bool { return !isWord(byte(r)) })[0])
	switch {
	case sqlTypes[first] != "":
		return sqlTypes[first]
	case first == "uuid" && f.IndirectFieldType.Kind() == reflect.String &&
		f.IndirectFieldType != reflect.TypeFor[surrealsql.UUID]():
		return "string"
	case first == "decimal" && f.IndirectFieldType.Kind() == reflect.String &&
		f.IndirectFieldType != reflect.TypeFor[surrealsql.Decimal]():
		return "string"
	case strings.Contains(named, "("): // decimal(10,2)
		return first
	}
	return named
}

// kindType is the type of a value that is sent by its kind, "" of others.
func kindType(t reflect.Type) string {
	if t.Implements(valuerType) || reflect.PointerTo(t).Implements(valuerType) {
		return ""
	}
	switch kind := t.Kind(); {
	case kind == reflect.Bool:
		return "bool"
	case kind >= reflect.Int && kind <= reflect.Uint64:
		return "int"
	case kind == reflect.Float32 || kind == reflect.Float64:
		return "float"
	case kind == reflect.String:
		return "string"
	}
	return ""
}

// isDecimal tells whether the driver sends a type as a decimal: by its methods, as shopspring's.
func isDecimal(t reflect.Type) bool {
	_, coefficient := t.MethodByName("Coefficient")
	_, exponent := t.MethodByName("Exponent")
	return coefficient && exponent
}

// fieldType is a field's type with option<…> around it, unless it must have a value.
func (d *Dialector) fieldType(f *schema.Field) string {
	kind := d.DataTypeOf(f)
	if f.NotNull || f.PrimaryKey || kind == "any" || strings.HasPrefix(kind, "option<") ||
		strings.Contains(kind, "none") {
		return kind
	}
	return "option<" + kind + ">"
}

// defaultOf is the DEFAULT of a field, "" where it has none.
func defaultOf(f *schema.Field) (string, error) {
	switch {
	case !f.HasDefaultValue || f.AutoIncrement || f.PrimaryKey && f.DefaultValue == "":
		return "", nil
	case f.DefaultValueInterface != nil:
		text, err := surrealsql.Literal(f.DefaultValueInterface)
		if err != nil {
			return "", fmt.Errorf("surrealgorm: the default of %s: %w", f.Name, err)
		}
		return text, nil
	case f.DefaultValue == "" || f.DefaultValue == "(-)" || strings.EqualFold(f.DefaultValue, "null"):
		return "", nil
	}
	return f.DefaultValue, nil
}

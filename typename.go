package surrealsql

import (
	"time"

	"github.com/surrealdb/surrealdb.go/pkg/models"
)

// databaseTypeName gives SurrealDB's name for the type of a value from a result,
// as type::of would say it: "int", "record", "geometry<point>". A decimal or a
// UUID is known only in the form that WithExactTypes gives; as a plain string it
// is a "string". nil is "".
func databaseTypeName(v any) string {
	switch v.(type) {
	case nil:
		return ""
	case bool:
		return "bool"
	case int64:
		return "int"
	case float64:
		return "float"
	case string:
		return "string"
	case []byte:
		return "bytes"
	case time.Time:
		return "datetime"
	case time.Duration, LongDuration:
		return "duration"
	case RecordID:
		return "record"
	case []any:
		return "array"
	case map[string]any:
		return "object"
	case Set:
		return "set"
	case UUID:
		return "uuid"
	case Decimal:
		return "decimal"
	case Range:
		return "range"
	case Table:
		return "table"
	case File:
		return "file"
	case NoneType:
		return "none"
	}
	return geometryTypeName(v)
}

func geometryTypeName(v any) string {
	switch v.(type) {
	case models.GeometryPoint:
		return "geometry<point>"
	case models.GeometryLine:
		return "geometry<line>"
	case models.GeometryPolygon:
		return "geometry<polygon>"
	case models.GeometryMultiPoint:
		return "geometry<multipoint>"
	case models.GeometryMultiLine:
		return "geometry<multiline>"
	case models.GeometryMultiPolygon:
		return "geometry<multipolygon>"
	case models.GeometryCollection:
		return "geometry<collection>"
	}
	return "any"
}

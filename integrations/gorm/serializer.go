package surrealgorm

// Values that are arrays and objects in the database.

import (
	"context"
	"reflect"

	"gorm.io/gorm/schema"

	"github.com/surrealsql/surrealsql"
)

func init() { schema.RegisterSerializer("surreal", Serializer{}) }

// Serializer stores slices, maps and structs as SurrealDB's arrays and objects, so that queries can
// look into them. It is registered under the name "surreal":
//
//	Tags []string `gorm:"serializer:surreal;type:array<string>"`
//
// GORM's own "json" stores a text.
type Serializer struct{}

// Scan stores what the database has into the field.
func (Serializer) Scan(ctx context.Context, field *schema.Field, dst reflect.Value, value any) error {
	to := reflect.New(field.FieldType)
	if value != nil {
		if err := surrealsql.Into(to.Interface()).Scan(value); err != nil {
			return err
		}
	}
	field.ReflectValueOf(ctx, dst).Set(to.Elem())
	return nil
}

// Value gives the field's value to the driver as it is, NONE for nil.
func (Serializer) Value(_ context.Context, _ *schema.Field, _ reflect.Value, value any) (any, error) {
	if r := reflect.ValueOf(value); value == nil || canBeNil(r) && r.IsNil() {
		return nil, nil
	}
	return value, nil
}

func canBeNil(r reflect.Value) bool {
	return r.Kind() == reflect.Pointer || r.Kind() == reflect.Slice || r.Kind() == reflect.Map
}

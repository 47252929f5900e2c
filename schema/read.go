package schema

import (
	"context"
	"fmt"
	"reflect"
	"strings"

	"github.com/surrealsql/surrealsql"
)

// How what the server tells becomes the types of this package.

// Permission is who may do something: Full, None, or a condition in SurrealQL.
type Permission string

// The permissions that are no condition.
const (
	Full Permission = "FULL"
	None Permission = "NONE"
)

// Permissions are who may do what with a table or a field. "" is what does not apply.
type Permissions struct {
	Select Permission `surreal:"select"`
	Create Permission `surreal:"create"`
	Update Permission `surreal:"update"`
	Delete Permission `surreal:"delete"`
}

// Scan takes what the server tells: true, false or a condition.
func (p *Permission) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		*p = ""
	case bool:
		if *p = None; v {
			*p = Full
		}
	case string:
		*p = Permission(v)
	default:
		return fmt.Errorf("schema: a permission is told by a %T, expected true, false or a condition", src)
	}
	return nil
}

// read reads one object into a struct, and what was told of it, and of those in it, into Raw.
func read(ctx context.Context, q surrealsql.Querier, text string, dest any, args ...any) error {
	told, err := surrealsql.One[any](ctx, q, text, args...)
	if err != nil {
		return fmt.Errorf("schema: %w", err)
	}
	if told == nil {
		return nil
	}
	if err := surrealsql.Into(dest).Scan(told); err != nil {
		return fmt.Errorf("schema: %w", err)
	}
	keepRaw(reflect.ValueOf(dest).Elem(), told)
	return nil
}

// keepRaw walks a struct and the object that it was read from.
func keepRaw(v reflect.Value, told any) {
	switch v.Kind() {
	case reflect.Slice:
		list, _ := told.([]any)
		for i := range min(v.Len(), len(list)) {
			keepRaw(v.Index(i), list[i])
		}
	case reflect.Struct:
		object, ok := told.(map[string]any)
		raw := v.FieldByName("Raw")
		if !ok || !raw.IsValid() {
			return
		}
		for field := range v.Fields() {
			if key := field.Tag.Get("surreal"); key != "-" {
				keepRaw(v.FieldByIndex(field.Index), object[key])
			}
		}
		switch p := v.Addr().Interface().(type) {
		case *User: // redacted by 3.x, not by every server
			delete(object, "hash")
			delete(object, "scram")
		case *Index:
			p.Kind, _, _ = strings.Cut(p.Definition, " ")
		}
		raw.Set(reflect.ValueOf(object))
	}
}

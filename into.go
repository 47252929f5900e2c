package surrealsql

import (
	"database/sql"
	stdencoding "encoding"
	"encoding/json"
	"fmt"
	"math/big"
	"reflect"
	"strconv"
	"time"

	"github.com/surrealdb/surrealdb.go/pkg/models"

	"github.com/surrealsql/surrealsql/internal/literal"
)

// assign stores a value of a result in any Go value. dst can be set.
func assign(dst reflect.Value, src any) error {
	if src == nil || src == any(None) {
		return assignNothing(dst, src)
	}
	if dst.Kind() == reflect.Pointer {
		if dst.IsNil() {
			dst.Set(reflect.New(dst.Type().Elem()))
		}
		return assign(dst.Elem(), src)
	}
	if assignPlain(dst, src) {
		return nil
	}
	if value := nullable(dst.Type()); value != "" {
		err := assign(dst.FieldByName(value), src)
		dst.FieldByName("Valid").SetBool(err == nil)
		return err
	}
	if s := reflect.ValueOf(src); s.Type().AssignableTo(dst.Type()) {
		dst.Set(s)
		return nil
	}
	if dst.Kind() == reflect.Struct {
		if path := planOf(dst.Type()).reads; path != nil {
			field, err := reach(dst, path)
			if err != nil {
				return err
			}
			return assign(field, src)
		}
	}
	if done, err := assignByMethod(dst, src); done {
		return err
	}
	return assignByKind(dst, src)
}

// assignPlain stores what most fields hold where nothing needs to be asked for it.
func assignPlain(dst reflect.Value, src any) bool {
	switch v := src.(type) {
	case string:
		if dst.Type() == stringType {
			dst.SetString(v)
			return true
		}
	case int64:
		if t := dst.Type(); (t == intType || t == int64Type) && !dst.OverflowInt(v) {
			dst.SetInt(v)
			return true
		}
	case float64:
		if dst.Type() == float64Type {
			dst.SetFloat(v)
			return true
		}
	}
	return false
}

var (
	stringType  = reflect.TypeFor[string]()
	intType     = reflect.TypeFor[int]()
	int64Type   = reflect.TypeFor[int64]()
	float64Type = reflect.TypeFor[float64]()
)

// assignNothing stores NULL or NONE.
func assignNothing(dst reflect.Value, src any) error {
	if dst.Kind() == reflect.Struct {
		if path := planOf(dst.Type()).reads; path != nil {
			renew(dst)
			if field, ok := within(dst, path); ok {
				return assignNothing(field, src)
			}
			return nil
		}
	}
	switch p := dst.Addr().Interface().(type) {
	case noneTaker:
		return p.Scan(src)
	case *any:
		*p = src
		return nil
	case *NoneType:
		return nil
	}
	renew(dst)
	if nullable(dst.Type()) == "" && dst.Kind() != reflect.Pointer {
		if s, ok := dst.Addr().Interface().(sql.Scanner); ok && s.Scan(nil) != nil {
			dst.SetZero() // it takes no NULL
		}
	}
	return nil
}

const intoPrec = 128 // bits of a big.Float that is made for a decimal

type cborUnmarshaler interface{ UnmarshalCBOR([]byte) error }

var (
	scannerType         = reflect.TypeFor[sql.Scanner]()
	cborUnmarshalerType = reflect.TypeFor[cborUnmarshaler]()
	textUnmarshalerType = reflect.TypeFor[stdencoding.TextUnmarshaler]()
	jsonUnmarshalerType = reflect.TypeFor[json.Unmarshaler]()
)

// readsItself reports whether values have to be read by the type's own methods.
// t is the pointer.
func readsItself(t reflect.Type) bool {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	v, _ := voiceOf(t, reading)
	return v != nil
}

// assignByMethod lets the destination's type read the value, if it can.
func assignByMethod(dst reflect.Value, src any) (done bool, err error) {
	p := dst.Addr().Interface()
	if done, err := assignModel(p, src); done {
		return true, err
	}
	if u, ok := src.(string); ok && isUUID(dst.Type()) {
		return true, assignUUID(dst, u)
	}
	if f, ok := p.(*big.Float); ok && f.Prec() == 0 {
		f.SetPrec(intoPrec) // by itself it would take 64 bits, too few for a decimal
	}
	switch p := p.(type) {
	case noneTaker:
		return true, p.Scan(src)
	case sql.Scanner:
		return true, p.Scan(plainString(src))
	case cborUnmarshaler:
		if !readsItself(dst.Addr().Type()) {
			return false, nil // see voiceOf
		}
		raw, err := appendValue(nil, src, encoding{})
		if err == nil {
			err = p.UnmarshalCBOR(raw)
		}
		return true, err
	case stdencoding.TextUnmarshaler:
		if text, ok := textOf(src); ok {
			return true, p.UnmarshalText([]byte(text))
		}
	}
	if p, ok := p.(json.Unmarshaler); ok {
		text, err := json.Marshal(src)
		if err == nil {
			err = p.UnmarshalJSON(text)
		}
		return true, err
	}
	return false, nil
}

// plainString gives Scan methods what they would get without WithExactTypes:
// those of other packages know no string types.
func plainString(src any) any {
	switch src := src.(type) {
	case UUID:
		return string(src)
	case Decimal:
		return string(src)
	case Set:
		return []any(src)
	}
	return src
}

// textOf gives the text of values that have one.
func textOf(src any) (string, bool) {
	switch v := reflect.ValueOf(src); v.Kind() {
	case reflect.String:
		return v.String(), true
	case reflect.Int64:
		return strconv.FormatInt(v.Int(), 10), true
	case reflect.Float64:
		return strconv.FormatFloat(v.Float(), 'g', -1, 64), true
	}
	return "", false
}

// assignModel fills the SDK's models whose form is not that of the value.
func assignModel(p, src any) (done bool, err error) {
	switch p := p.(type) {
	case *models.CustomDateTime:
		return true, assign(reflect.ValueOf(&p.Time).Elem(), src)
	case *models.CustomDuration:
		return true, assign(reflect.ValueOf(&p.Duration).Elem(), src)
	case *models.CustomDurationString:
		if d, ok := src.(time.Duration); ok && d >= 0 {
			*p = models.CustomDurationString(literal.AppendDuration(nil, uint64(d/time.Second), uint32(d%time.Second)))
			return true, nil
		}
	case *models.UUID:
		return true, assign(reflect.ValueOf(&p.UUID).Elem(), src)
	case *models.RecordID:
		text, ok := src.(RecordID)
		if !ok {
			return true, misfit(src, reflect.TypeFor[models.RecordID]())
		}
		table, key, err := text.split()
		*p = models.RecordID{Table: table, ID: key}
		return true, err
	}
	return false, nil
}

func assignUUID(dst reflect.Value, text string) error {
	u, err := literal.ParseUUID(text)
	if err == nil {
		setBytes(dst, u[:])
	}
	return err
}

// setBytes fills an array whose elements may be of a named byte type.
func setBytes(dst reflect.Value, raw []byte) {
	for i, c := range raw {
		dst.Index(i).SetUint(uint64(c))
	}
}

func misfit(src any, t reflect.Type) error {
	name := databaseTypeName(src)
	if name == "any" {
		name = fmt.Sprintf("%T", src)
	}
	return fmt.Errorf("a SurrealDB %s does not fit in a %s", name, t)
}

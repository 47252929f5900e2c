package surrealsql

import (
	"database/sql"
	stdencoding "encoding"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"math/big"
	"reflect"
	"slices"
	"strconv"
	"time"

	"github.com/surrealdb/surrealdb.go/pkg/models"

	"github.com/surrealsql/surrealsql/internal/literal"
)

// How a value of a result is stored in a variable of any type: what Into and Value do. By
// a method of the type's own, if it has one, else by its kind, see assign_kind.go; what the
// variable held goes before, see assign_clear.go.

// assign stores a value of a result in any Go value. dst can be set.
func assign(dst reflect.Value, src any) error {
	if src == nil || src == any(None) {
		return assignNothing(dst, src)
	}
	if dst.Kind() == reflect.Pointer {
		if leadsNowhere(dst.Type()) {
			return pointsNowhere(dst.Type())
		}
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
		if path := planOf(dst.Type()).delegate; path != nil {
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
		if path := planOf(dst.Type()).delegate; path != nil {
			clearDest(dst)
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
	clearDest(dst)
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

// hasOwnDecoding reports whether values have to be read by the type's own methods.
// t is the pointer.
func hasOwnDecoding(t reflect.Type) bool {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	v, _ := codecMethodOf(t, decodeMethods)
	return v != nil
}

// isKnownDest reports whether what is stored in a type goes by what it is to SurrealDB, and
// not by its methods or its fields.
func isKnownDest(t reflect.Type) bool {
	return isTyped(t) || t.PkgPath() == modelsPath || nullable(t) != ""
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
		return true, p.Scan(plainValue(src))
	case cborUnmarshaler:
		if !hasOwnDecoding(dst.Addr().Type()) {
			return false, nil // see codecMethodOf
		}
		raw, err := appendValue(nil, src, encoding{sized: true})
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

// plainValue gives Scan methods what those of other packages know: no string types, which
// WithExactTypes shows, and of the numbers that fit in them int64 and float64 alone.
func plainValue(src any) any {
	switch src := src.(type) {
	case UUID:
		return string(src)
	case Decimal:
		return string(src)
	case Set:
		return []any(src)
	}
	return widened(src)
}

// textOf gives the text of values that have one.
func textOf(src any) (string, bool) {
	switch v := reflect.ValueOf(src); {
	case v.Kind() == reflect.String:
		return v.String(), true
	case v.CanInt():
		return strconv.FormatInt(v.Int(), 10), true
	case v.CanUint():
		return strconv.FormatUint(v.Uint(), 10), true
	case v.CanFloat():
		return strconv.FormatFloat(v.Float(), 'g', -1, v.Type().Bits()), true
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
		if losesWidth(key) {
			return true, fmt.Errorf("the numbers in the key of %s have a width, without which it is the id of another record: scan it into a surrealsql.RecordID, which keeps that", text)
		}
		*p = models.RecordID{Table: table, ID: key}
		return true, err
	}
	return false, nil
}

// losesWidth reports whether a value is another key of a record when it is sent as one:
// numbers that have a width go without it.
func losesWidth(key any) bool {
	switch v := key.(type) {
	case []any:
		return slices.ContainsFunc(v, losesWidth)
	case Set:
		return slices.ContainsFunc(v, losesWidth)
	case map[string]any:
		return slices.ContainsFunc(slices.Collect(maps.Values(v)), losesWidth)
	case int8, uint8, int16, uint16, int32, uint32, float32:
		return true
	case uint64:
		return v <= math.MaxInt64
	}
	return false
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

// leadsNowhere holds for type P *P and its like.
func leadsNowhere(t reflect.Type) bool {
	var seen []reflect.Type
	for ; t.Kind() == reflect.Pointer; t = t.Elem() {
		if t.Name() == "" {
			continue
		}
		if slices.Contains(seen, t) {
			return true
		}
		seen = append(seen, t)
	}
	return false
}

func pointsNowhere(t reflect.Type) error {
	return fmt.Errorf("a %s points to itself and to no value", t)
}

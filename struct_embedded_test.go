package surrealsql

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"math/big"
	"net/netip"
	"reflect"
	"slices"
	"testing"
	"time"

	gofrs "github.com/gofrs/uuid"
	"github.com/stretchr/testify/require"
	"github.com/surrealdb/surrealdb.go/pkg/models"
	"pgregory.net/rapid"
)

// What a struct embeds is tried beside encoding/json: the same keys are written, and
// the same fields are read.

type (
	veiled     struct{ H, Both int }
	veiledToo  struct{ I, Both int }
	deepHidden struct {
		veiled
		*veiledToo
		D string `json:"d"`
	}
	Shown    struct{ S, H int }
	ShownTag struct {
		S int `json:"s"`
		H int `json:"H"`
	}
	blank       struct{}
	onlyPrivate struct{ p int }
	veiledInt   int
	ShownInt    int
	ring        struct {
		*ring
		R int
	}
	Named struct {
		veiled `json:"in"`
		N      int
	}
	NamedPointer struct {
		*veiled `json:"in"`
		N       int
	}
	NamedZero struct {
		veiled `json:"in,omitzero"`
		N      int
	}
	NamedExported struct {
		Shown `json:"shown"`
		*ShownTag
	}
	justATime struct{ time.Time }
)

// jsonZoo are values of types that embed.
func jsonZoo() []any {
	return []any{
		struct{ veiled }{veiled{1, 2}},
		struct{ *veiled }{&veiled{1, 2}},
		struct{ *veiled }{},
		struct {
			veiled
			veiledToo
		}{veiled{1, 2}, veiledToo{3, 4}},
		struct {
			*veiled
			*veiledToo
			Both int
		}{&veiled{1, 2}, &veiledToo{3, 4}, 5},
		deepHidden{veiled{1, 2}, &veiledToo{3, 4}, "d"},
		&deepHidden{},
		struct{ *deepHidden }{&deepHidden{D: "x"}},
		struct {
			Shown
			veiled
		}{Shown{1, 2}, veiled{3, 4}},
		struct {
			Shown
			*ShownTag
		}{Shown{1, 2}, &ShownTag{3, 4}},
		struct {
			*Shown
			H string
		}{&Shown{1, 2}, "own"},
		struct {
			blank
			A int
		}{},
		struct{ blank }{},
		struct {
			onlyPrivate
			A int
		}{onlyPrivate{1}, 2},
		struct {
			veiledInt
			ShownInt
			A int
		}{1, 2, 3},
		struct {
			*veiledInt
			*ShownInt
		}{},
		ring{&ring{nil, 1}, 2},
		Named{veiled{1, 2}, 3}, &Named{veiled{1, 2}, 3}, NamedPointer{&veiled{1, 2}, 3}, NamedPointer{}, NamedZero{N: 1}, NamedZero{veiled{1, 2}, 3},
		NamedExported{Shown{1, 2}, &ShownTag{3, 4}}, NamedExported{},
		struct {
			veiled `json:"-"`
			A      int
		}{veiled{1, 2}, 3},
		struct {
			A int `json:"-,"` //lint:ignore SA5008 encoding/json calls the field "-"
			C int `json:"ü x"`
			D int `json:",omitzero"`
		}{1, 2, 0},
		struct {
			time.Time
			big.Int
			A int
		}{A: 1}, // both have MarshalJSON and MarshalText, and so neither speaks
		struct {
			models.RecordID
			Name string
		}{models.RecordID{Table: "t", ID: "i"}, "x"},
		struct {
			models.GeometryPoint
			Name string
		}{aPoint, "x"},
		struct {
			A any        `json:"a,omitzero"`
			B *zeroOnOne `json:"b,omitzero"`
			C zeroOnOne  `json:"c,omitzero"`
			D zeroOnOne  `json:"d,omitzero"`
			E any        `json:"e,omitzero"`
		}{time.Time{}, new(zeroOnOne(1)), 1, 2, nil},
		struct {
			T justATime `json:"t,omitzero"`
			U justATime `json:"u,omitempty"`
		}{},
	}
}

// zeroOnOne has an opinion of what zero is, by its pointer.
type zeroOnOne int

func (z *zeroOnOne) IsZero() bool { return z != nil && *z == 1 }

// keysOf gives the keys of an object and of those within it.
func keysOf(v any) any {
	object, ok := v.(map[string]any)
	if !ok {
		return nil
	}
	keys := map[string]any{}
	for key, inner := range object {
		keys[key] = keysOf(inner)
	}
	return keys
}

func inJSON(t require.TestingT, v any) (text []byte, object any) {
	text, err := json.Marshal(v)
	require.NoError(t, err, "%T", v)
	require.NoError(t, json.Unmarshal(text, &object))
	return text, object
}

func TestStructHasTheKeysThatItHasInJSON(t *testing.T) {
	t.Parallel()
	for _, v := range jsonZoo() {
		_, object := inJSON(t, v)
		require.Equal(t, keysOf(object), keysOf(sent(t, v)), "%T", v)
		require.Equal(t, keysOf(map[string]any{"l": object}), keysOf(sent(t, map[string]any{"l": v})), "%T", v)
	}
}

// filled fills a new value of v's type, by encoding/json and by Into.
func filled(v any, text []byte, object any) (byJSON, byInto any, jsonErr, intoErr error) {
	t := reflect.TypeOf(v)
	a, b := reflect.New(t), reflect.New(t)
	func() {
		defer func() {
			if r := recover(); r != nil { // Go 1.26, with an embedded pointer that has a tag
				jsonErr = fmt.Errorf("%v", r)
			}
		}()
		jsonErr = json.Unmarshal(text, a.Interface())
	}()
	intoErr = Into(b.Interface()).Scan(object)
	return a.Interface(), b.Interface(), jsonErr, intoErr
}

func TestStructIsFilledFromTheKeysThatFillItFromJSON(t *testing.T) {
	t.Parallel()
	for _, v := range jsonZoo() {
		text, object := inJSON(t, v)
		byJSON, byInto, jsonErr, intoErr := filled(v, text, wholeNumbers(object))
		require.Equal(t, jsonErr != nil, intoErr != nil, "%T: %v, %v", v, jsonErr, intoErr)
		if jsonErr == nil {
			require.Equal(t, byJSON, byInto, "%T", v)
		}
	}
}

// wholeNumbers makes of a JSON value what the server would send.
func wholeNumbers(v any) any {
	switch v := v.(type) {
	case float64:
		if v == math.Trunc(v) {
			return int64(v)
		}
	case map[string]any:
		for key, inner := range v {
			v[key] = wholeNumbers(inner)
		}
	}
	return v
}

func TestStructWithAnEmbeddedPointerThatNobodyCanSetIsAnErrorThatSaysWhatToDo(t *testing.T) {
	t.Parallel()
	var dest struct {
		*veiled
		A int
	}
	require.ErrorContains(t, Into(&dest).Scan(map[string]any{"H": int64(1)}), "embedded *surrealsql.veiled is nil")
	require.NoError(t, Into(&dest).Scan(map[string]any{"A": int64(2)}))
	require.Equal(t, 2, dest.A)
	dest.veiled = new(veiled)
	require.NoError(t, Into(&dest).Scan(map[string]any{"H": int64(1)}))
	require.Equal(t, 1, dest.H)
}

// structTypes draws struct types that embed others.
func structTypes(t *rapid.T, depth int) reflect.Type {
	names := []string{"A", "B", "C", "D"}
	tags := []reflect.StructTag{"", "", "", `json:"A"`, `json:"B"`, `json:"x"`, `json:"x,omitempty"`, `json:",omitzero"`, `json:"-"`, `json:"-,"`}
	var fields []reflect.StructField
	for _, name := range names[:rapid.IntRange(1, len(names)).Draw(t, "fields")] {
		f := reflect.StructField{Name: name, Type: reflect.TypeFor[int](), Tag: rapid.SampledFrom(tags).Draw(t, "tag")}
		if depth > 0 && rapid.IntRange(0, 2).Draw(t, "inner") > 0 {
			f.Type, f.Anonymous = structTypes(t, depth-1), rapid.Bool().Draw(t, "embedded")
			f.Name = "E" + name
			if rapid.Bool().Draw(t, "pointer") {
				f.Type = reflect.PointerTo(f.Type)
			}
		}
		fields = append(fields, f)
	}
	return reflect.StructOf(fields)
}

// fillIn sets every integer of a struct to one of its own, and some pointers.
func fillIn(t *rapid.T, v reflect.Value, next *int64) {
	switch v.Kind() {
	case reflect.Int:
		*next++
		v.SetInt(*next * int64(rapid.IntRange(0, 1).Draw(t, "zero")))
	case reflect.Pointer:
		if rapid.Bool().Draw(t, "nil") {
			v.Set(reflect.New(v.Type().Elem()))
			fillIn(t, v.Elem(), next)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			fillIn(t, v.Field(i), next)
		}
	}
}

func TestStructOfAnyTypeIsWrittenAndReadAsInJSON(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		v, next := reflect.New(structTypes(rt, 2)).Elem(), int64(0)
		fillIn(rt, v, &next)
		text, object := inJSON(rt, v.Interface())
		b, err := appendValue(nil, v.Interface(), encoding{})
		require.NoError(rt, err)
		require.Equal(rt, wholeNumbers(object), decoded(t, b), "%s of %v", text, v.Type())

		byJSON, byInto, jsonErr, intoErr := filled(v.Interface(), text, object)
		require.NoError(rt, jsonErr)
		require.NoError(rt, intoErr)
		require.Equal(rt, byJSON, byInto, "%s", text)
	})
}

// Wrappers of one value, which mean that value.
type (
	stamp        struct{ time.Time }
	stampPointer struct{ *time.Time }
	deepStamp    struct{ stamp }
	stampAnd     struct {
		time.Time
		Note string
	}
	jsonStamp struct{ time.Time }
	ownText   struct{ time.Time }
	ID        struct{ RecordID }
	idPointer struct{ *RecordID }
	idAnd     struct {
		RecordID
		Value int // hides the method
	}
	generic[T any] struct{ Value[T] }
)

func (jsonStamp) MarshalJSON() ([]byte, error) { return []byte(`"some day"`), nil }
func (ownText) MarshalText() ([]byte, error)   { return []byte("some text"), nil }

func TestStructWhoseEncodingIsAnEmbeddedValuesIsThatValue(t *testing.T) {
	t.Parallel()
	at := time.Date(2024, 5, 6, 7, 8, 9, 10, time.UTC)
	id := RecordID("p:1")
	for _, c := range []struct{ in, out any }{
		{stamp{at}, at}, {&stamp{at}, at}, {stampPointer{&at}, at}, {stampPointer{}, nil}, {deepStamp{stamp{at}}, at}, {struct{ *stamp }{&stamp{at}}, at}, {struct{ *stamp }{}, nil},
		{stampAnd{at, "lost, as in JSON"}, at}, {jsonStamp{at}, at}, {ownText{at}, "some text"},
		{ID{id}, id}, {&ID{id}, id}, {idPointer{&id}, id}, {idPointer{}, nil}, {idAnd{RecordID: id}, id}, {generic[RecordID]{Value[RecordID]{V: id, Valid: true}}, id}, {generic[int]{}, nil},
		{struct{ sql.Null[RecordID] }{sql.Null[RecordID]{V: id, Valid: true}}, id}, {struct{ sql.NullString }{sql.NullString{String: "x", Valid: true}}, "x"},
		{struct{ big.Int }{*big.NewInt(5)}, int64(5)}, {struct{ *big.Int }{big.NewInt(5)}, int64(5)}, {struct{ gofrs.UUID }{aUUID}, UUID(aUUID.String())},
		{struct{ models.RecordID }{models.RecordID{Table: "p", ID: 1}}, id}, {struct{ *models.CustomDateTime }{&models.CustomDateTime{Time: at}}, at}, {struct{ models.GeometryPoint }{aPoint}, aPoint},
		{struct{ netip.Addr }{netip.MustParseAddr("::1")}, "::1"}, {struct{ json.RawMessage }{json.RawMessage("[1]")}, []any{int64(1)}},
	} {
		require.Equal(t, c.out, sent(t, c.in), "%T", c.in)
		require.Equal(t, []any{c.out}, sent(t, []any{c.in}), "%T", c.in)
		require.Equal(t, map[string]any{"F": c.out}, sent(t, map[string]any{"F": c.in}), "%T", c.in)
		require.Equal(t, c.out, bound(t, c.in), "%T", c.in)
	}
}

func TestStructWhoseDecodingIsAnEmbeddedValuesIsFilledByIt(t *testing.T) {
	t.Parallel()
	at := time.Date(2024, 5, 6, 7, 8, 9, 10, time.UTC)
	id := RecordID("p:1")
	for _, c := range []struct{ src, want any }{
		{at, stamp{at}}, {at, stampPointer{&at}}, {at, deepStamp{stamp{at}}}, {at, jsonStamp{at}}, {at, stampAnd{Time: at}}, {nil, stamp{}}, {nil, stampPointer{}},
		{id, ID{id}}, {id, idPointer{&id}}, {id, generic[RecordID]{Value[RecordID]{V: id, Valid: true}}}, {nil, idPointer{}}, {nil, generic[int]{}}, {None, generic[int]{Value[int]{None: true}}},
		{id, struct{ sql.Null[RecordID] }{sql.Null[RecordID]{V: id, Valid: true}}}, {"x", struct{ sql.NullString }{sql.NullString{String: "x", Valid: true}}},
		{int64(5), struct{ *big.Int }{big.NewInt(5)}}, {aUUID.String(), struct{ gofrs.UUID }{aUUID}}, {id, struct{ models.RecordID }{models.RecordID{Table: "p", ID: int64(1)}}},
		{at, struct{ models.CustomDateTime }{models.CustomDateTime{Time: at}}}, {"::1", struct{ netip.Addr }{netip.MustParseAddr("::1")}},
	} {
		dest := reflect.New(reflect.TypeOf(c.want))
		require.NoError(t, Into(dest.Interface()).Scan(c.src), "%T", c.want)
		require.Equal(t, c.want, dest.Elem().Interface(), "%T", c.want)
	}
}

func TestStructMethodOfItsOwnIsToldFromOneOfWhatItEmbeds(t *testing.T) {
	t.Parallel()
	declared := map[reflect.Type]bool{
		reflect.TypeFor[stamp](): false, reflect.TypeFor[ownText](): true, reflect.TypeFor[pointerText](): true, reflect.TypeFor[generic[int]](): false,
		reflect.TypeFor[genericText[int]](): true, reflect.TypeFor[genericPointerText[*int]](): true, reflect.TypeFor[stampPointer](): false, reflect.TypeFor[struct{ ownText }](): false,
	}
	for _, t2 := range slices.SortedFunc(maps.Keys(declared), func(a, b reflect.Type) int { return len(a.String()) - len(b.String()) }) {
		m := &encodeMethods[2] // MarshalText
		require.Equal(t, declared[t2], m.declaredBy(t2), fmt.Sprint(t2))
	}
}

type (
	pointerText               struct{ time.Time }
	genericText[T any]        struct{ time.Time }
	genericPointerText[T any] struct{ time.Time }
)

func (*pointerText) MarshalText() ([]byte, error)           { return nil, nil }
func (genericText[T]) MarshalText() ([]byte, error)         { return nil, nil }
func (*genericPointerText[T]) MarshalText() ([]byte, error) { return nil, nil }

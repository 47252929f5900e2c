package surrealsql

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"math/big"
	"net/netip"
	"strconv"
	"testing"
	"time"

	gofrs "github.com/gofrs/uuid"
	"github.com/stretchr/testify/require"
	"github.com/surrealdb/surrealdb.go/pkg/models"
	"github.com/surrealdb/surrealdb.go/surrealcbor"

	"github.com/surrealsql/surrealsql/internal/cbor"
)

// Value[T] in JSON, and benchmarks of values on their way in and out.

// asItself asserts that a Value is in JSON what its V is there, and comes back from it.
func asItself[T any](t *testing.T, v T) {
	t.Helper()
	plain, err := json.Marshal(&v)
	require.NoError(t, err)
	for _, in := range []any{Value[T]{V: v, Valid: true}, &Value[T]{V: v, Valid: true}} {
		text, err := json.Marshal(in)
		require.NoError(t, err, "%T", in)
		require.Equal(t, string(plain), string(text), "%T", in)
	}
	text, err := json.Marshal(map[string]Value[T]{"k": {V: v, Valid: true}, "none": {None: true}, "null": {}})
	require.NoError(t, err)
	require.Equal(t, `{"k":`+string(plain)+`,"none":null,"null":null}`, string(text))

	var want T
	require.NoError(t, json.Unmarshal(plain, &want))
	back := Value[T]{V: v, Valid: true, None: true}
	require.NoError(t, json.Unmarshal(plain, &back), "%T", back)
	require.Equal(t, Value[T]{V: want, Valid: true}, back)
	var within struct {
		A Value[T]
		B *Value[T]
		C []Value[T]
	}
	require.NoError(t, json.Unmarshal([]byte(`{"A":`+string(plain)+`,"B":`+string(plain)+`,"C":[`+string(plain)+`,null]}`), &within))
	require.Equal(t, []Value[T]{back, back, back, {}}, append([]Value[T]{within.A, *within.B}, within.C...))

	for _, null := range []string{"null", " null", "null\n"} {
		back := Value[T]{V: v, Valid: true, None: true}
		require.NoError(t, back.UnmarshalJSON([]byte(null)), "%q into a %T", null, back)
		require.Equal(t, Value[T]{}, back)
	}
	for _, bad := range []string{"", " ", "nul", "{", `"`, "[1", "1 2"} {
		back := Value[T]{V: v, Valid: true, None: true}
		require.Error(t, back.UnmarshalJSON([]byte(bad)), "%q into a %T", bad, back)
		require.Equal(t, Value[T]{}, back)
		require.Error(t, json.Unmarshal([]byte(bad), &back))
	}
}

func TestValueIsInJSONWhatItHolds(t *testing.T) {
	t.Parallel()
	type inner struct {
		A Value[int]    `json:"a"`
		B Value[string] `json:"b,omitzero"`
	}
	asItself(t, 1)
	asItself(t, int8(-1))
	asItself(t, uint64(1<<63))
	asItself(t, 1.5)
	asItself(t, true)
	asItself(t, "a<b>&\u2028é")
	asItself(t, time.Date(2024, 5, 6, 7, 8, 9, 10, time.UTC))
	asItself(t, time.Second)
	asItself(t, RecordID("person:⟨a b⟩"))
	asItself(t, Decimal("1.50"))
	asItself(t, UUID(aUUID.String()))
	asItself(t, LongDuration("300y"))
	asItself(t, Range("1..2"))
	asItself(t, Table("t"))
	asItself(t, File("b:/k"))
	asItself(t, Set{"a", []any{"b"}})
	asItself(t, []byte("hi"))
	asItself(t, []int{1, 2})
	asItself(t, []*RecordID{new(RecordID("p:1")), nil})
	asItself(t, map[string]Value[int]{"a": {V: 1, Valid: true}, "b": {}})
	asItself(t, new(5))
	asItself(t, new(new("x")))
	asItself(t, any("x"))
	asItself(t, any([]any{"x", 1.5, nil}))
	asItself(t, inner{A: Value[int]{V: 1, Valid: true}})
	asItself(t, &inner{B: Value[string]{V: "x", Valid: true}})
	asItself(t, Value[int]{V: 1, Valid: true})
	asItself(t, Value[Value[*int]]{V: Value[*int]{V: new(1), Valid: true}, Valid: true})
	asItself(t, sql.Null[int]{V: 1, Valid: true})
	asItself(t, json.RawMessage(`{"a":1}`))
	asItself(t, json.Number("12345678901234567890"))
	asItself(t, *big.NewInt(5))
	asItself(t, big.NewRat(1, 3))
	asItself(t, netip.MustParseAddr("::1"))
	asItself(t, aUUID)
	asItself(t, gofrs.NullUUID{UUID: aUUID, Valid: true})
	asItself(t, [16]byte{1})
	asItself(t, models.GeometryPoint{Longitude: 1, Latitude: 2})
	asItself(t, models.RecordID{Table: "t", ID: "k"})
}

func TestValueWhoseVIsNullInJSONComesBackAsNull(t *testing.T) {
	t.Parallel()
	for _, v := range []any{
		Value[*int]{Valid: true}, Value[[]int]{Valid: true}, Value[map[string]int]{Valid: true}, Value[any]{Valid: true}, Value[NoneType]{Valid: true},
		Value[Value[int]]{Valid: true}, Value[json.RawMessage]{Valid: true}, Value[int]{V: 1}, Value[int]{None: true}, (*Value[int])(nil),
	} {
		text, err := json.Marshal(v)
		require.NoError(t, err, "%T", v)
		require.Equal(t, "null", string(text), "%T", v)
	}
	var back []*Value[int]
	require.NoError(t, json.Unmarshal([]byte(`[null, 1]`), &back))
	require.Equal(t, []*Value[int]{nil, {V: 1, Valid: true}}, back)
}

func TestValueIsLeftOutByOmitzeroOnlyIfZeroAndByOmitemptyNever(t *testing.T) {
	t.Parallel()
	type record struct {
		A Value[int] `json:"a,omitzero"`
		B Value[int] `json:"b,omitempty"`
	}
	for want, v := range map[string]record{
		`{"b":null}`:          {},
		`{"a":null,"b":null}`: {A: Value[int]{None: true}},
		`{"a":0,"b":0}`:       {A: Value[int]{Valid: true}, B: Value[int]{Valid: true}},
	} {
		text, err := json.Marshal(v)
		require.NoError(t, err)
		require.Equal(t, want, string(text))
	}
	again := record{A: Value[int]{V: 1, Valid: true}, B: Value[int]{V: 2, Valid: true}}
	require.NoError(t, json.Unmarshal([]byte(`{"b":null}`), &again))
	require.Equal(t, record{A: Value[int]{V: 1, Valid: true}}, again, "encoding/json leaves alone what the text lacks")
}

func TestValueThatIsReadAgainFromJSONIsAsGoodAsNew(t *testing.T) {
	t.Parallel()
	type inner struct {
		A, B int
		P    *int
	}
	var list Value[[]int]
	var object Value[inner]
	var pointer Value[*inner]
	var m Value[map[string]int]
	read := func(text string, v json.Unmarshaler) { require.NoError(t, v.UnmarshalJSON([]byte(text))) }
	read("[1, 2]", &list)
	read(`{"A": 1, "B": 2, "P": 3}`, &object)
	read(`{"A": 1, "B": 2}`, &pointer)
	read(`{"a": 1}`, &m)
	firstList, firstObject, firstPointer, firstMap := list.V, object.V, pointer.V, m.V
	read("[9]", &list)
	read(`{"A": 9, "P": 9}`, &object)
	read(`{"A": 9}`, &pointer)
	read(`{"b": 9}`, &m)
	require.Equal(t, inner{9, 0, new(9)}, object.V)
	require.Equal(t, &inner{A: 9}, pointer.V)
	require.Equal(t, map[string]int{"b": 9}, m.V)
	require.Equal(t, []int{1, 2}, firstList)
	require.Equal(t, inner{1, 2, new(3)}, firstObject)
	require.Equal(t, &inner{A: 1, B: 2}, firstPointer)
	require.Equal(t, map[string]int{"a": 1}, firstMap)
}

// htmlAsIs is JSON from an encoder that leaves <, > and & alone.
func htmlAsIs(t *testing.T, v any) string {
	t.Helper()
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	require.NoError(t, e.Encode(v))
	return b.String()
}

func TestValueIsEscapedAsItsEncoderEscapes(t *testing.T) {
	t.Parallel()
	require.Equal(t, `["<b>",{"<":"&"}]`+"\n", htmlAsIs(t, []any{Value[string]{V: "<b>", Valid: true}, Value[Value[map[string]string]]{V: Value[map[string]string]{V: map[string]string{"<": "&"}, Valid: true}, Valid: true}}))
	text, err := json.Marshal(Value[string]{V: "<b>", Valid: true})
	require.NoError(t, err)
	require.Equal(t, `"\u003cb\u003e"`, string(text))
}

func TestValueIsRefusedByJSONAsWhatItHolds(t *testing.T) {
	t.Parallel()
	_, err := json.Marshal(Value[func()]{Valid: true})
	require.ErrorContains(t, err, "unsupported type: func()")
	v := Value[struct{ N int }]{V: struct{ N int }{1}, Valid: true}
	require.ErrorContains(t, json.Unmarshal([]byte(`{"N": "x"}`), &v), "string")
	require.Zero(t, v)
	require.Error(t, new(Value[int8]).UnmarshalJSON([]byte("300")))
	require.Error(t, new(Value[RecordID]).UnmarshalJSON([]byte(`"no id"`)))
}

type benchPerson struct {
	ID      RecordID  `json:"id"`
	Name    string    `json:"name"`
	Age     int       `json:"age"`
	Score   float64   `json:"score"`
	Created time.Time `json:"created"`
	Tags    []string  `json:"tags"`
}

func benchPeople() []benchPerson {
	people := make([]benchPerson, 100)
	for i := range people {
		people[i] = benchPerson{RecordID("person:k" + strconv.Itoa(i)), "some ordinary name", i, float64(i) / 3, time.Unix(int64(i), 5), []string{"a", "b"}}
	}
	return people
}

func BenchmarkDecodeHundredRecords(b *testing.B) {
	raw := encoded(b, benchPeople())
	var d cbor.Decoder
	b.SetBytes(int64(len(raw)))
	b.ReportAllocs()
	for b.Loop() {
		d.Reset(raw)
		if _, err := decodeValue(&d); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkDecodeHundredRecordsBySDK is the baseline of the one above.
func BenchmarkDecodeHundredRecordsBySDK(b *testing.B) {
	raw := encoded(b, benchPeople())
	b.SetBytes(int64(len(raw)))
	b.ReportAllocs()
	for b.Loop() {
		var v any
		if err := surrealcbor.Unmarshal(raw, &v); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkEncodeHundredStructs(b *testing.B) {
	people := benchPeople()
	var buf []byte
	var err error
	b.ReportAllocs()
	for b.Loop() {
		if buf, err = appendValue(buf[:0], people, encoding{}); err != nil {
			b.Fatal(err)
		}
	}
	b.SetBytes(int64(len(buf)))
}

// BenchmarkEncodeHundredStructsBySDK is the baseline of the one above; the SDK
// sends the ids as strings.
func BenchmarkEncodeHundredStructsBySDK(b *testing.B) {
	people := benchPeople()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := surrealcbor.Marshal(people); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecodeScalars(b *testing.B) {
	for name, v := range map[string]any{"int": int64(1) << 40, "text": "some text", "time": time.Unix(5, 5), "record": RecordID("person:tobie")} {
		raw := encoded(b, v)
		b.Run(name, func(b *testing.B) {
			var d cbor.Decoder
			b.ReportAllocs()
			for b.Loop() {
				d.Reset(raw)
				if _, err := decodeValue(&d); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkInto(b *testing.B) {
	src := received(b, encoded(b, benchPeople()))
	var people []benchPerson
	b.ReportAllocs()
	for b.Loop() {
		if err := Into(&people).Scan(src); err != nil {
			b.Fatal(err)
		}
	}
}

package surrealsql

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"math/big"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql/internal/cbor"
)

// A destination that is used for one row after the other has nothing of earlier rows, and
// earlier rows lose nothing to later ones.

// fill stores a value, in CBOR, in what dest points at.
type fill func(raw []byte, dest any) error

// fills are the ways in which values come to a destination; Go 1.27 has more.
var fills = map[string]fill{"Into": func(raw []byte, dest any) error {
	v, err := decodeValue(decoderOf(raw))
	if err != nil {
		return err
	}
	return Into(dest).Scan(v)
}}

func decoderOf(raw []byte) *cbor.Decoder {
	d := new(cbor.Decoder)
	d.Reset(raw)
	return d
}

// keepRows fills one variable with a row after the other and keeps copies of it.
func keepRows[T any](t *testing.T, into fill, rows ...any) (kept []T) {
	t.Helper()
	var v T
	for _, row := range rows {
		require.NoError(t, into(encoded(t, row), &v))
		kept = append(kept, v)
	}
	return kept
}

func TestIntoAgainKeepsTheValuesOfPointersOfEarlierRows(t *testing.T) {
	t.Parallel()
	for name, into := range fills {
		ages := keepRows[*int](t, into, 1, 2, nil, 3)
		require.Equal(t, []int{1, 2, 3}, []int{*ages[0], *ages[1], *ages[3]}, name)
		require.Nil(t, ages[2], name)
		deep := keepRows[***string](t, into, "a", "b")
		require.Equal(t, []string{"a", "b"}, []string{***deep[0], ***deep[1]}, name)
		list := keepRows[[2]*int](t, into, []int{1, 2}, []int{3, 4})
		require.Equal(t, []int{1, 4}, []int{*list[0][0], *list[1][1]}, name)
	}
}

func TestIntoAgainGivesAStructThePointersOfItsRow(t *testing.T) {
	t.Parallel()
	type inner struct{ X, Y int }
	type person struct {
		*Base
		Age  *int             `json:"age"`
		Home *inner           `json:"home"`
		By   map[string]*int  `json:"by"`
		Opt  sql.Null[*int]   `json:"opt"`
		Val  Value[*inner]    `json:"val"`
		Raw  json.RawMessage  `json:"raw"`
		Sum  big.Int          `json:"sum"`
		Deep struct{ P *int } `json:"deep"`
	}
	row := func(n int) map[string]any {
		return map[string]any{"id": RecordID(fmt.Sprintf("p:%d", n)), "age": n, "home": map[string]int{"X": n}, "by": map[string]int{"a": n}, "opt": n,
			"val": map[string]int{"Y": n}, "raw": []int{n}, "sum": fmt.Sprint(n), "deep": map[string]int{"P": n}}
	}
	for name, into := range fills {
		kept := keepRows[person](t, into, row(1), row(2), map[string]any{"home": map[string]int{"Y": 3}})
		for i, p := range kept[:2] {
			var fresh person
			require.NoError(t, into(encoded(t, row(i+1)), &fresh))
			require.Equal(t, fresh, p, name)
		}
		require.Equal(t, person{Home: &inner{Y: 3}}, kept[2], name)
	}
}

func TestIntoAgainLeavesNoKeyOfTheRowBefore(t *testing.T) {
	t.Parallel()
	type address struct {
		City, Zip string
		Tags      []string
		note      string
	}
	type person struct {
		Name   string
		Home   address
		Second [1]address
		Secret string `json:"-"`
	}
	for name, into := range fills {
		p := person{Secret: "s", Home: address{note: "mine"}}
		require.NoError(t, into(encoded(t, map[string]any{"Name": "A", "Home": map[string]any{"City": "Paris", "Zip": "1", "Tags": []string{"x"}}, "Second": []any{map[string]any{"Zip": "2"}}}), &p))
		require.NoError(t, into(encoded(t, map[string]any{"Home": map[string]any{"City": "Rome"}, "Second": []any{map[string]any{"City": "Oslo"}}}), &p))
		require.Equal(t, person{Secret: "s", Home: address{City: "Rome", note: "mine"}, Second: [1]address{{City: "Oslo"}}}, p, name)
		require.Error(t, into(encoded(t, "no object"), &p), name)
		require.Equal(t, person{Secret: "s", Home: address{note: "mine"}}, p, name)
		kept := keepRows[map[string]address](t, into, map[string]any{"a": map[string]any{"City": "Paris"}, "b": map[string]any{}}, map[string]any{"a": map[string]any{"Zip": "1"}})
		require.Equal(t, []map[string]address{{"a": {City: "Paris"}, "b": {}}, {"a": {Zip: "1"}}}, kept, name)
	}
}

// aliasJSON is read by the usual idiom, which keeps what it is not told of.
type aliasJSON struct {
	A *int
	B []int
}

func (a *aliasJSON) UnmarshalJSON(text []byte) error {
	type plain aliasJSON
	return json.Unmarshal(text, (*plain)(a))
}

// appendScan is a Scan method that uses the memory it finds.
type appendScan []byte

func (a *appendScan) Scan(src any) error {
	*a = append((*a)[:0], fmt.Sprint(src)...)
	return nil
}

func TestIntoAgainGivesMethodsNoMemoryToUse(t *testing.T) {
	t.Parallel()
	for name, into := range fills {
		raws := keepRows[json.RawMessage](t, into, []int{1}, []int{2})
		require.Equal(t, []json.RawMessage{json.RawMessage("[1]"), json.RawMessage("[2]")}, raws, name)
		own := keepRows[aliasJSON](t, into, map[string]any{"A": 1, "B": []int{1}}, map[string]any{"B": []int{2}})
		require.Equal(t, 1, *own[0].A, name)
		require.Equal(t, []int{1}, own[0].B, name)
		require.Equal(t, aliasJSON{B: []int{2}}, own[1], name)
		sums := keepRows[big.Int](t, into, "11", "22")
		require.Equal(t, []string{"11", "22"}, []string{sums[0].String(), sums[1].String()}, name)
		fields := keepRows[struct{ S appendScan }](t, into, map[string]any{"S": "a"}, map[string]any{"S": "b"})
		require.Equal(t, "a", string(fields[0].S), name)
	}
}

// targetScan is a Scan method that needs what it is given with.
type targetScan struct{ to *string }

func (s *targetScan) Scan(src any) error { *s.to = fmt.Sprint(src); return nil }

func TestIntoAgainLeavesAStructWithAScanMethodWhatItNeeds(t *testing.T) {
	t.Parallel()
	for name, into := range fills {
		var text string
		dest := targetScan{&text}
		require.NoError(t, into(encoded(t, "a"), &dest), name)
		require.Equal(t, "a", text, name)
	}
}

// againTypes are what random destinations are made of.
var againTypes = []reflect.Type{
	reflect.TypeFor[int](), reflect.TypeFor[string](), reflect.TypeFor[float32](), reflect.TypeFor[bool](), reflect.TypeFor[time.Time](), reflect.TypeFor[[]byte](), reflect.TypeFor[any](),
	reflect.TypeFor[RecordID](), reflect.TypeFor[json.RawMessage](), reflect.TypeFor[big.Int](), reflect.TypeFor[aliasJSON](), reflect.TypeFor[appendScan](), reflect.TypeFor[Outer](),
	reflect.TypeFor[sql.Null[int]](), reflect.TypeFor[sql.Null[*string]](), reflect.TypeFor[sql.NullString](),
	reflect.TypeFor[Value[int]](), reflect.TypeFor[Value[**int]](), reflect.TypeFor[Value[[]*int]](), reflect.TypeFor[Value[Outer]](), reflect.TypeFor[map[string]any](), reflect.TypeFor[[]any](),
}

// Outer lends and embeds in the ways a struct can.
type Outer struct {
	*Base
	Deep
	P *int
	M map[string]*int
	O *Outer
}

func randomType(r *rand.Rand, depth int) reflect.Type {
	if depth == 0 {
		return againTypes[r.IntN(len(againTypes))]
	}
	switch t := randomType(r, depth-1); r.IntN(6) {
	case 0:
		return reflect.PointerTo(t)
	case 1:
		return reflect.SliceOf(t)
	case 2:
		return reflect.MapOf(reflect.TypeFor[string](), t)
	case 3:
		return reflect.ArrayOf(2, t)
	default:
		return reflect.StructOf([]reflect.StructField{{Name: "A", Type: t}, {Name: "B", Type: randomType(r, depth-1)}, {Name: "C", Type: reflect.PointerTo(t)}})
	}
}

// randomValue makes what mostly fits in a t.
func randomValue(r *rand.Rand, t reflect.Type, depth int) any {
	switch r.IntN(20) {
	case 0, 1, 2:
		return nil
	case 3:
		return "1"
	}
	switch t {
	case reflect.TypeFor[time.Time]():
		return time.Unix(r.Int64N(1e9), 0)
	case reflect.TypeFor[RecordID]():
		return RecordID(fmt.Sprint("p:", r.IntN(100)))
	case reflect.TypeFor[big.Int]():
		return fmt.Sprint(r.IntN(1000))
	case reflect.TypeFor[[]byte]():
		return []byte{byte(r.IntN(200)), 7}
	case reflect.TypeFor[json.RawMessage](), reflect.TypeFor[any]():
		return []any{r.IntN(100), map[string]any{"k": r.IntN(100)}}
	case reflect.TypeFor[appendScan]():
		return fmt.Sprint(r.IntN(100))
	}
	if name := nullable(t); name != "" {
		return randomValue(r, t.Field(0).Type, depth)
	}
	if reflect.PointerTo(t).Implements(noneTakerType) {
		return randomValue(r, t.Field(0).Type, depth)
	}
	switch t.Kind() {
	case reflect.Int, reflect.Float32:
		return r.IntN(100)
	case reflect.Bool:
		return r.IntN(2) == 0
	case reflect.String:
		return fmt.Sprint(r.IntN(100))
	case reflect.Pointer:
		return randomValue(r, t.Elem(), depth)
	case reflect.Array, reflect.Slice:
		list := make([]any, 2)
		if t.Kind() == reflect.Slice {
			list = list[:r.IntN(3)]
		}
		for i := range list {
			list[i] = randomValue(r, t.Elem(), depth-1)
		}
		return list
	}
	return randomObject(r, t, depth)
}

func randomObject(r *rand.Rand, t reflect.Type, depth int) map[string]any {
	object := map[string]any{}
	if t.Kind() == reflect.Map {
		for range r.IntN(3) {
			object[fmt.Sprint("k", r.IntN(3))] = randomValue(r, t.Elem(), depth-1)
		}
		return object
	}
	for _, f := range planOf(t).fields {
		if r.IntN(3) > 0 && depth > 0 {
			object[f.name] = randomValue(r, t.FieldByIndex(f.index).Type, depth-1)
		}
	}
	return object
}

func TestIntoAgainIsAsGoodAsIntoANewDestination(t *testing.T) {
	t.Parallel()
	for seed := range uint64(3000) {
		r := rand.New(rand.NewPCG(seed, 42))
		typ := randomType(r, r.IntN(4))
		for name, into := range fills {
			if name == "Scan" && typ == reflect.TypeFor[appendScan]() {
				continue // database/sql gives it the next value as it is
			}
			again, kept, wanted := reflect.New(typ), reflect.New(reflect.SliceOf(typ)).Elem(), reflect.New(reflect.SliceOf(typ)).Elem()
			for range 4 {
				raw := encoded(t, randomValue(r, typ, 6))
				fresh := reflect.New(typ)
				refused, err := into(raw, fresh.Interface()), into(raw, again.Interface())
				require.Equal(t, refused == nil, err == nil, "%s, seed %d, %s: %v, %v", name, seed, typ, refused, err)
				if err == nil {
					kept, wanted = reflect.Append(kept, again.Elem()), reflect.Append(wanted, fresh.Elem())
				}
			}
			require.Equal(t, wanted.Interface(), kept.Interface(), "%s, seed %d, %s", name, seed, typ)
		}
	}
}

// A struct that stands for what it embeds by a pointer has that made anew, too.
func TestIntoAgainSharesNoMemoryOfAnEmbeddedPointer(t *testing.T) {
	t.Parallel()
	for name, v := range fills {
		if name == "Scan" {
			continue // database/sql calls the Scan method that the struct has from its pointer
		}
		ids := keepRows[idPointer](t, v, RecordID("p:1"), RecordID("p:2"), nil, RecordID("p:3"))
		require.Equal(t, []idPointer{{new(RecordID("p:1"))}, {new(RecordID("p:2"))}, {}, {new(RecordID("p:3"))}}, ids)
		deep := keepRows[struct{ *ID }](t, v, RecordID("p:1"), nil, RecordID("p:2"))
		require.Equal(t, []struct{ *ID }{{&ID{"p:1"}}, {}, {&ID{"p:2"}}}, deep)
		wrapped := keepRows[struct{ idPointer }](t, v, RecordID("p:1"), RecordID("p:2"))
		require.Equal(t, "p:1", string(*wrapped[0].RecordID))
		null := keepRows[struct{ *sql.Null[int] }](t, v, 1, 2)
		require.Equal(t, sql.Null[int]{V: 1, Valid: true}, *null[0].Null)
		own := keepRows[struct{ *Value[int] }](t, v, 1, 2)
		require.Equal(t, Value[int]{V: 1, Valid: true}, *own[0].Value)
		at := time.Date(2024, 5, 6, 7, 8, 9, 10, time.UTC)
		times := keepRows[struct{ stampPointer }](t, v, at, at.Add(1))
		require.Equal(t, at, *times[0].Time)
	}
}

// keeper is embedded by pointers that nobody but this package can set.
type keeper struct {
	A    *int
	B    []int
	note string
}

func TestIntoAgainPointsAnEmbeddedPointerThatNobodyCanSetToACopyForEachRow(t *testing.T) {
	t.Parallel()
	type lent struct{ *keeper }
	type named struct {
		*keeper `json:"in"`
		N       int
	}
	type within struct{ In lent }
	rows := []any{map[string]any{"A": 1, "B": []int{1}}, map[string]any{"B": []int{2}}, map[string]any{}, map[string]any{"A": 4}}
	want := []keeper{{new(1), []int{1}, "mine"}, {B: []int{2}, note: "mine"}, {note: "mine"}, {A: new(4), note: "mine"}}
	for name, into := range fills {
		first := &keeper{note: "mine"}
		one, two, three := lent{first}, named{keeper: first}, within{lent{first}}
		var ones, twos, threes []keeper
		var kept []*keeper
		for _, row := range rows {
			require.NoError(t, into(encoded(t, row), &one), name)
			require.NoError(t, into(encoded(t, map[string]any{"in": row}), &two), name)
			require.NoError(t, into(encoded(t, map[string]any{"In": row}), &three), name)
			kept = append(kept, one.keeper, two.keeper, three.In.keeper)
		}
		for i := 0; i < len(kept); i += 3 {
			ones, twos, threes = append(ones, *kept[i]), append(twos, *kept[i+1]), append(threes, *kept[i+2])
		}
		require.Equal(t, want, ones, name)
		require.Equal(t, want, twos, name)
		require.Equal(t, want, threes, name)
		require.Equal(t, keeper{note: "mine"}, *first, name)
	}
}

func TestIntoAgainOfNULLLeavesAloneWhatNoObjectFills(t *testing.T) {
	t.Parallel()
	type person struct {
		*keeper
		Name   string
		Secret string `json:"-"`
		Home   struct {
			City string
			note string
		}
	}
	p := person{keeper: &keeper{note: "mine"}, Secret: "s"}
	p.Home.note = "mine"
	full := map[string]any{"A": 1, "Name": "x", "Home": map[string]any{"City": "Oslo"}}
	for _, row := range []any{full, map[string]any{"Home": nil}, full, nil, full} {
		require.NoError(t, fills["Into"](encoded(t, row), &p))
		require.Equal(t, []string{"mine", "s", "mine"}, []string{p.note, p.Secret, p.Home.note})
		if row, _ := row.(map[string]any); len(row) < 3 {
			require.Equal(t, []any{"", "", (*int)(nil)}, []any{p.Name, p.Home.City, p.A})
		}
	}
	require.Equal(t, "Oslo", p.Home.City)
}

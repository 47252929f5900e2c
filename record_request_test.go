package surrealsql

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"math/big"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/surrealdb/surrealdb.go/pkg/models"

	"github.com/surrealsql/surrealsql/internal/box"
	"github.com/surrealsql/surrealsql/internal/cbor"
	"github.com/surrealsql/surrealsql/internal/variable"
)

// What is decoded straight from a record's bytes is what Into makes of its values.

type nodeOf struct {
	Name string
	Next *nodeOf
	Kids []nodeOf
	By   map[string]nodeOf
}

type innerOf struct {
	Age  int8
	Note *string `json:"note"`
}

type manyOf struct {
	innerOf
	ID    RecordID `surreal:"id"`
	Text  string
	When  time.Time
	Took  time.Duration
	Score float32
	Flag  bool
	Any   any
	UUID  [16]byte
	Raw   json.RawMessage
	Big   *big.Int
	Tags  []string
	Pair  [2]int
	Null  sql.Null[string]
	Value Value[innerOf]
	Model models.RecordID
	Bytes []byte
	Dec   Decimal
	Map   map[string]float64
	Inner struct{ time.Time }
}

// destinations are of the types that records are compared in.
var destinations = []reflect.Type{
	reflect.TypeFor[manyOf](), reflect.TypeFor[nodeOf](), reflect.TypeFor[map[string]any](), reflect.TypeFor[any](), reflect.TypeFor[string](),
	reflect.TypeFor[int16](), reflect.TypeFor[uint64](), reflect.TypeFor[float64](), reflect.TypeFor[[]any](), reflect.TypeFor[[]innerOf](),
	reflect.TypeFor[*RecordID](), reflect.TypeFor[Value[[]string]](), reflect.TypeFor[sql.Null[int]](), reflect.TypeFor[[3]string](),
	reflect.TypeFor[[]byte](), reflect.TypeFor[big.Float](), reflect.TypeFor[map[int]innerOf](), reflect.TypeFor[time.Duration](),
}

// compareRecord requires both ways to store a value, or to refuse it.
func compareRecord(t *testing.T, raw []byte) {
	t.Helper()
	var d cbor.Decoder
	d.Reset(raw)
	if d.Skip() != nil || d.Tail() != nil {
		return
	}
	d.Reset(raw)
	if namesAlike(&d) {
		return // which of them a field takes is chance with Into
	}
	for _, typ := range destinations {
		want, got := reflect.New(typ), reflect.New(typ)
		d.Reset(raw)
		v, undecodable := decodeValue(&d)
		wrong := store(want.Interface(), v)
		d.Reset(raw)
		s := scanInto{texts: new(box.Texts)}
		err := s.into(&d, got.Elem())
		if undecodable != nil {
			continue // what no field takes is passed over undecoded
		}
		require.Equal(t, wrong == nil, err == nil, "%s from %x: %v, %v", typ, raw, wrong, err)
		if err == nil {
			requireAlike(t, want, got, raw)
		}
	}
}

// compareAtHand requires a record that is read before anybody has looked whether it is whole and
// well-formed to be what it is afterwards, or to be left alone.
func compareAtHand(t *testing.T, raw []byte) {
	t.Helper()
	for _, typ := range destinations {
		got, want := reflect.New(typ), reflect.New(typ)
		var d cbor.Decoder
		d.Reset(raw)
		r := newRecordRequest("", typ, false)
		r.dest = variable.Of(got.Elem())
		if !r.takeAtHand(&d, decoding{boxes: new(box.Arena)}) {
			require.Equal(t, raw, d.Rest(), "%s from %x", typ, raw)
			require.True(t, got.Elem().IsZero() && !r.came, "%s from %x: %v", typ, raw, got.Elem())
			continue
		}
		rest := d.Rest()
		d.Reset(raw)
		item, err := d.Raw()
		require.NoError(t, err, "%s from %x", typ, raw)
		require.Equal(t, d.Rest(), rest, "%s from %x", typ, raw)
		r = newRecordRequest("", typ, false)
		r.dest = variable.Of(want.Elem())
		require.NoError(t, r.take(item, decoding{}))
		require.NoError(t, r.err, "%s from %x", typ, raw)
		requireAlike(t, want, got, raw)
	}
}

func requireAlike(t *testing.T, want, got reflect.Value, raw []byte) {
	t.Helper()
	if !reflect.DeepEqual(want.Interface(), got.Interface()) { // as NaN is not
		text := func(v reflect.Value) string { return pointers.ReplaceAllString(fmt.Sprint(v.Elem()), "pointer") }
		require.Equal(t, text(want), text(got), "%s from %x", want.Type(), raw)
	}
}

var pointers = regexp.MustCompile("0x[0-9a-f]+")

// namesAlike reports whether an object in a value has a key twice, if in another case.
func namesAlike(d *cbor.Decoder) (alike bool) {
	switch kind, _ := d.PeekKind(); kind {
	case cbor.KindTag:
		_, _ = d.Tag()
		return namesAlike(d)
	case cbor.KindArray:
		for range d.Items() {
			alike = namesAlike(d) || alike
		}
	case cbor.KindMap:
		var names []string
		for key, err := range d.Pairs() {
			name := string(key)
			alike = alike || err != nil || slices.ContainsFunc(names, func(other string) bool { return strings.EqualFold(other, name) })
			if err != nil {
				return true
			}
			names = append(names, name)
			alike = namesAlike(d) || alike
		}
	default:
		_ = d.Skip()
	}
	return alike
}

// recordSeeds are records as a server sends them, and such as it does not.
func recordSeeds(t testing.TB) (seeds [][]byte) {
	text, id := "x", [16]byte{1, 2, 3}
	full := map[string]any{
		"Age": 7, "note": text, "id": RecordID("person:ada"), "Text": "some text that is longer than what counts as short", "When": time.Unix(1, 2),
		"Took": 90 * time.Second, "Score": 1.5, "Flag": true, "Any": []any{1, "y"}, "UUID": id, "Raw": map[string]any{"a": 1}, "Big": 12,
		"Tags": []string{"a", "b"}, "Pair": []int{1, 2}, "Null": nil, "Value": map[string]any{"Age": 3}, "Model": RecordID("t:1"), "Bytes": []byte("b"),
		"Dec": Decimal("1.5"), "Map": map[string]any{"x": 1.25}, "Inner": time.Unix(3, 0), "other": None,
	}
	for _, v := range []any{
		full, map[string]any{"age": 1, "TEXT": "folded", "text": "again"}, map[string]any{"Age": 300}, map[string]any{"Pair": []int{1}},
		map[string]any{"Name": "a", "Next": map[string]any{"Name": "b", "Kids": []any{map[string]any{"Name": "c"}}}, "By": map[string]any{"k": map[string]any{"Name": "d"}}},
		nil, None, 1, -7, 1.5, "text", true, []byte{1}, []any{"a", "b", "c"}, Set{"a"}, UUID("0190a0b0-0000-7000-8000-000000000001"), Decimal("12"),
		time.Unix(5, 6), time.Minute, RecordID("t:⟨a b⟩"), Table("t"), []any{map[string]any{"Age": 1}}, map[string]any{},
	} {
		b, err := appendValue(nil, v, encoding{})
		require.NoError(t, err)
		seeds = append(seeds, b)
	}
	return seeds
}

func TestRecordsAreWhatIntoStores(t *testing.T) {
	t.Parallel()
	for _, seed := range recordSeeds(t) {
		compareRecord(t, seed)
	}
}

func TestRecordsThatAreNotWholeAreLeftAlone(t *testing.T) {
	t.Parallel()
	for _, seed := range recordSeeds(t) {
		compareAtHand(t, slices.Concat(seed, seed))
		for n := range seed {
			compareAtHand(t, seed[:n])
			for _, b := range []byte{0, 0x18, 0x3f, 0x5f, 0x80, 0x9f, 0xbf, 0xc6, 0xf6, 0xff, seed[n] + 1} {
				damaged := slices.Clone(seed)
				damaged[n] = b
				compareAtHand(t, damaged)
			}
		}
	}
}

func FuzzRecordsAreWhatIntoStores(f *testing.F) {
	for _, seed := range recordSeeds(f) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		compareRecord(t, raw)
		compareAtHand(t, raw)
	})
}

func TestRowIsOneValueOfTypesThatHoldOne(t *testing.T) {
	t.Parallel()
	for _, typ := range destinations {
		d := destOf(typ)
		require.Same(t, d, destOf(typ))
		object := typ.Kind() == reflect.Struct && d.how == asFields || typ.Kind() == reflect.Map || typ.Kind() == reflect.Interface
		require.Equal(t, !object, d.one, typ)
	}
}

func TestTypeThatManyLookAtAtOnceIsOne(t *testing.T) {
	t.Parallel()
	for n := range 200 {
		typ := reflect.ArrayOf(1_000+n, reflect.TypeFor[map[string]int]()) // nobody has asked for it yet
		var start, done sync.WaitGroup
		start.Add(1)
		seen := make([]*destType, 4)
		for i := range seen {
			done.Go(func() {
				start.Wait()
				seen[i] = destOf(typ)
			})
		}
		start.Done()
		done.Wait()
		for _, d := range seen {
			require.Same(t, destOf(typ), d)
		}
	}
}

type cycle *cycle

func TestTypesThatLeadToNoValueAreRefused(t *testing.T) {
	t.Parallel()
	var c cycle
	var d cbor.Decoder
	d.Reset(cbor.AppendInt(nil, 1))
	require.ErrorContains(t, new(scanInto).into(&d, reflect.ValueOf(&c).Elem()), "points to itself and to no value")
	require.ErrorContains(t, Into(&c).Scan(int64(1)), "points to itself and to no value")
	require.ErrorContains(t, Into(&struct{ Age *cycle }{}).Scan(map[string]any{"Age": int64(1)}), "Age: a *surrealsql.cycle points to itself")
	require.NoError(t, Into(&c).Scan(nil))
	require.Nil(t, c)
}

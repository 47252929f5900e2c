//go:build go1.27 && !purego

package surrealsql

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"math/big"
	"net/netip"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
	"uuid"

	gofrs "github.com/gofrs/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/surrealdb/surrealdb.go/pkg/models"

	"github.com/surrealsql/surrealsql/internal/cbor"
	"github.com/surrealsql/surrealsql/internal/wire"
)

// Whatever database/sql scanned by itself it scans to the letter the same where the driver
// does it.

// everyValue has a value of each kind that a result can hold, and the odd ones.
func everyValue(t testing.TB) map[string][]byte {
	values := map[string]any{
		"none": None, "null": nil, "true": true, "false": false,
		"zero": 0, "one": 1, "small": -7, "byte": 200, "big": int64(1) << 40, "largest": int64(math.MaxInt64), "smallest": int64(math.MinInt64),
		"float": 1.5, "whole float": 3.0, "long float": 0.1, "huge float": 1e300, "rounded float": 16777217.0 + 1e-9, "large float": 1e6, "NaN": math.NaN(), "infinite": math.Inf(-1),
		"text": "some text", "empty text": "", "number text": "42", "decimal text": "1.25", "bool text": "true", "unicode": "žluťoučký 🐎", "JSON": `{"a":1}`,
		"bytes": []byte{1, 2, 0xff}, "empty bytes": []byte{}, "text bytes": []byte("12"), "sixteen bytes": []byte("0123456789abcdef"),
		"datetime": time.Date(2024, 2, 29, 12, 0, 1, 123456789, time.UTC), "epoch": time.Unix(0, 0),
		"duration": 90 * time.Minute, "no duration": time.Duration(0), "long duration": LongDuration("300y2w1ns"),
		"decimal": Decimal("12.50"), "whole decimal": Decimal("7"), "uuid": UUID("0191f0a4-5c3e-7b7a-9f0e-2d7a4f1c6b55"),
		"record": RecordID("person:tobie"), "number record": RecordID("person:1"), "odd record": RecordID("person:`a b`"), "array record": RecordID("p:['a', 1]"),
		"table": Table("person"), "range": Range("1..5"), "file": NewFile("bucket", "key"),
		"array": []any{1, "a", nil}, "ints": []int{1, 2, 3}, "texts": []string{"a", "b"}, "nested": []any{[]int{1}, []int{}}, "empty array": []any{}, "nulls": []any{nil, None},
		"many": make([]int, 1000), "records": []RecordID{"p:1", "p:2"}, "set": Set{1, 2},
		"object": map[string]any{"name": "Tobie", "AGE": 41, "tags": []string{"x"}, "extra": None}, "empty object": map[string]any{},
		"counts": map[string]int{"1": 1, "2": 2}, "objects": []any{map[string]any{"name": "A"}, map[string]any{"name": "B", "age": 1, "Age": 2}},
		"deep":  map[string]any{"inner": map[string]any{"when": time.Unix(1, 2), "id": RecordID("p:1"), "took": time.Second, "u": aUUID}},
		"point": aPoint, "line": aLine, "polygon": models.GeometryPolygon{aLine}, "collection": models.GeometryCollection{aPoint},
	}
	all := make(map[string][]byte)
	for name, v := range values {
		all[name] = encoded(t, v)
	}
	for _, c := range taggedValues {
		all[c.name] = encoded(t, c.v)
	}
	for name, b := range sizedValues() {
		if all[name] = b; strings.ContainsAny(name, "IN") {
			continue // JSON has neither infinities nor NaN, which is said otherwise since Go 1.27
		}
		all["an array of "+name] = append(cbor.AppendArrayHeader(nil, 1), b...)
		all["an object of "+name] = append(cbor.AppendText(cbor.AppendMapHeader(nil, 1), "Age"), b...)
	}
	all["an i8 that is none"] = tagged(wire.TagI8, cbor.AppendInt(nil, 300))
	all["an f16 that is none"] = tagged(wire.TagF16, cbor.AppendFloat(nil, 0.1))
	all["undefined"] = []byte{0xf7}
	all["date text"] = tagged(wire.TagDateText, cbor.AppendText(nil, "2023-11-14T22:13:20.5Z"))
	all["uuid text"] = tagged(wire.TagUUIDText, cbor.AppendText(nil, aUUID.String()))
	all["duration text"] = tagged(wire.TagDurationText, cbor.AppendText(nil, "1h1ns"))
	all["record text"] = tagged(wire.TagRecord, cbor.AppendText(nil, "person:⟨a b⟩"))
	all["chunked text"] = append(append([]byte{0x7f}, cbor.AppendText(cbor.AppendText(nil, "ab"), "cd")...), 0xff)
	all["open array"] = append([]byte{0x9f, 1, 2}, 0xff)
	all["not UTF-8"] = []byte{0x62, 0xff, 0xfe}
	all["unknown tag"] = tagged(4711, cbor.AppendInt(nil, 1))
	return all
}

type (
	scanName   string
	scanAge    int
	scanFlag   bool
	scanRatio  float32
	scanList   []any
	scanObject map[string]any
	scanPair   struct{ Longitude, Latitude float64 }
	scanPerson struct {
		Name  string `json:"full" surreal:"name"`
		Age   int
		Tags  []string       `json:"tags"`
		Extra *string        `json:"extra"`
		Inner *scanInner     `json:"inner"`
		More  map[string]any `json:"-"`
	}
	scanInner struct {
		When time.Time
		ID   RecordID
		Took time.Duration
		U    [16]byte
	}
	scanSeen struct{ src any } // what a Scan method was given
)

func (s *scanSeen) Scan(src any) error { s.src = src; return nil }

// everyDestination has a new destination of each type that a program may use.
func everyDestination() []any {
	return []any{
		new(string), new([]byte), new(sql.RawBytes), new(any), new(bool), new(float32), new(float64), new(time.Time), new(time.Duration),
		new(int), new(int8), new(int16), new(int32), new(int64), new(uint), new(uint8), new(uint16), new(uint32), new(uint64),
		new(scanName), new(scanAge), new(scanFlag), new(scanRatio), new(scanList), new(scanObject), new(scanPair), new(scanSeen), new(fmt.Stringer),
		new(*string), new(*int), new(**int), new(*float64), new(*bool), new(*time.Time), new(*any), new(*[]string), new(*scanPerson), new(*RecordID), new(*scanSeen),
		new(sql.Null[string]), new(sql.Null[int]), new(sql.Null[any]), new(sql.Null[RecordID]), new(sql.Null[[]string]), new(sql.Null[*int]), new(sql.Null[time.Duration]), new(sql.Null[[]byte]),
		new(sql.NullString), new(sql.NullInt64), new(sql.NullInt32), new(sql.NullInt16), new(sql.NullByte), new(sql.NullFloat64), new(sql.NullBool), new(sql.NullTime),
		new([]any), new([]string), new([]int), new([]float64), new([]RecordID), new([][]int), new([]scanPerson), new([]*scanPerson), new([3]int), new([2]string), new([]Value[int]),
		new(map[string]any), new(map[string]string), new(map[string]int), new(map[int]int), new(map[string]Value[int]), new(scanPerson), new(struct{}), new(struct{ Inner scanInner }),
		new(RecordID), new(Table), new(Range), new(File), new(UUID), new(Decimal), new(LongDuration), new(Set), new(NoneType),
		new([16]byte), new(uuid.UUID), new(gofrs.UUID), new(json.RawMessage), new(json.Number), new(big.Int), new(netip.Addr), new(url.URL),
		new(models.RecordID), new(models.Table), new(models.CustomDateTime), new(models.CustomDuration), new(models.CustomDurationString), new(models.UUID), new(models.UUIDString), new(models.DecimalString), new(models.CustomNil),
		new(models.GeometryPoint), new(models.GeometryLine), new(models.GeometryPolygon), new(models.GeometryCollection), new([]models.GeometryPoint), new([]models.GeometryLine),
		new(Value[int]), new(Value[string]), new(Value[any]), new(Value[[]string]), new(Value[scanPerson]), new(Value[*scanPerson]), new(Value[RecordID]), new(Value[time.Duration]), new(Value[NoneType]), new(Value[map[string]any]),
		new(chan int), new(func()), new(complex128),
	}
}

// fresh is a new destination of the same type.
func fresh(dest any) any { return reflect.New(reflect.TypeOf(dest).Elem()).Interface() }

// same compares destinations; NaN is equal to itself here.
func same(a, b any) bool {
	if assert.ObjectsAreEqual(a, b) {
		return true
	}
	x, y := reflect.ValueOf(a), reflect.ValueOf(b)
	for x.Kind() == reflect.Pointer && !x.IsNil() && !y.IsNil() {
		x, y = x.Elem(), y.Elem()
	}
	text := fmt.Sprintf("%#v", x)
	return strings.Contains(text, "NaN") && text == fmt.Sprintf("%#v", y)
}

func TestScanStillDoesWhatItDidBeforeGo127ToTheLetter(t *testing.T) {
	t.Parallel()
	for name, v := range everyValue(t) {
		for mode, values := range map[string]decoding{"plain": plainDecoding, "exact": exactDecoding} {
			for _, dest := range everyDestination() {
				before, after, second := fresh(dest), fresh(dest), fresh(dest)
				refused := scanTwice(t, v, values, unseen, before, fresh(dest))
				err := scanTwice(t, v, values, asIs, after, second)
				what := fmt.Sprintf("%s, %s, into %T", name, mode, dest)
				if refused == nil {
					require.NoError(t, err, what)
					require.True(t, same(before, after), "%s: %#v, not %#v", what, reflect.ValueOf(after).Elem(), reflect.ValueOf(before).Elem())
					require.True(t, same(after, second), what)
				} else if err != nil && isScalar(dest) && !strings.Contains(refused.Error(), "a row that cannot be decoded") {
					require.Equal(t, refused.Error(), err.Error(), what)
				}
			}
		}
	}
}

func isScalar(dest any) bool {
	switch k := reflect.TypeOf(dest).Elem().Kind(); k {
	case reflect.String, reflect.Bool, reflect.Float32, reflect.Float64:
		return true
	default:
		return k >= reflect.Int && k <= reflect.Uint64
	}
}

// What decodes and what asks whether database/sql could convert to a type know the same types.
func TestScanKnowsTheTypesOfResults(t *testing.T) {
	found := map[reflect.Type]bool{}
	for _, b := range everyValue(t) {
		for _, values := range []decoding{plainDecoding, exactDecoding} {
			var d cbor.Decoder
			d.Reset(b)
			v, err := values.decode(&d)
			if err != nil || v == nil {
				continue
			}
			switch k := reflect.TypeOf(v).Kind(); k {
			case reflect.Slice, reflect.Map, reflect.Struct:
				found[reflect.TypeOf(v)] = true
			}
		}
	}
	require.ElementsMatch(t, resultTypes, slices.Collect(maps.Keys(found)))
}

// What Into stores of a value that was decoded first, it stores of the bytes.
func TestIntoStoresTheSameWithoutATree(t *testing.T) {
	t.Parallel()
	for name, v := range everyValue(t) {
		for mode, values := range map[string]decoding{"plain": plainDecoding, "exact": exactDecoding} {
			for _, dest := range everyDestination() {
				before, after, second := fresh(dest), fresh(dest), fresh(dest)
				refused := scanTwice(t, v, values, unseen, Into(before), Into(fresh(dest)))
				err := scanTwice(t, v, values, asIs, Into(after), Into(second))
				what := fmt.Sprintf("%s, %s, into %T", name, mode, dest)
				if refused != nil {
					require.Error(t, err, what)
					continue
				}
				require.NoError(t, err, what)
				require.True(t, same(before, after), "%s: %#v, not %#v", what, reflect.ValueOf(after).Elem(), reflect.ValueOf(before).Elem())
			}
		}
	}
}

// FuzzScanColumn gives any bytes to any destination. Nothing may panic, and what
// the old way of scanning takes the new one takes with the same result.
func FuzzScanColumn(f *testing.F) {
	dests := everyDestination()
	values := everyValue(f)
	for i, name := range slices.Sorted(maps.Keys(values)) {
		f.Add(values[name], uint8(13*i), i%2 == 0)
	}
	f.Fuzz(func(t *testing.T, v []byte, which uint8, exact bool) {
		var d cbor.Decoder
		d.Reset(v)
		if d.Skip() != nil || d.Tail() != nil {
			return // NextRow stops at what is not one item
		}
		values := plainDecoding
		if exact {
			values = exactDecoding
		}
		dest := dests[int(which)%len(dests)]
		before, after := fresh(dest), fresh(dest)
		refused := scanTwice(t, v, values, unseen, before, fresh(dest))
		err := scanTwice(t, v, values, asIs, after, fresh(dest))
		if refused == nil && err != nil {
			t.Fatalf("%x into %T was fine before: %v", v, dest, err)
		}
		if refused == nil && !same(before, after) {
			t.Fatalf("%x into %T: %#v, not %#v", v, dest, reflect.ValueOf(after).Elem(), reflect.ValueOf(before).Elem())
		}
		_ = scanTwice(t, v, values, asIs, Into(fresh(dest)), Into(fresh(dest)))
	})
}

// FuzzScanOfTheNextRow gives any bytes as a whole result: both ways see the same rows.
func FuzzScanOfTheNextRow(f *testing.F) {
	f.Add(oneRow([]byte{1}))
	f.Add(encoded(f, []any{map[string]any{"a": map[string]any{"c": 1, "d": 2}, "b": 1}, None, 7}))
	f.Fuzz(func(t *testing.T, result []byte) {
		var d cbor.Decoder
		d.Reset(result)
		if d.Skip() != nil || d.Tail() != nil {
			return // an error, not rows
		}
		if namesTwice(result) {
			return // the value that counts is the last: whether the others are read differs
		}
		for _, text := range []string{twoColumns, `SELECT a.c, a.d, b FROM t`, `SELECT * FROM t`, `SELECT VALUE a FROM t`, `RETURN $a`} {
			before, refused := allRows(text, result, unseen)
			after, err := allRows(text, result, asIs)
			if (refused == nil) != (err == nil) || refused == nil && !same(&before, &after) {
				t.Fatalf("%s: %v (%v), not %v (%v)", text, after, err, before, refused)
			}
		}
	})
}

// namesTwice reports whether an object has a key more than once, which SurrealDB's
// have not.
func namesTwice(raw []byte) bool {
	var d cbor.Decoder
	d.Reset(raw)
	kind, _ := d.PeekKind()
	n := 0
	switch kind {
	case cbor.KindTag:
		_, _ = d.Tag()
		return namesTwice(d.Rest())
	case cbor.KindArray:
		n, _ = d.ArrayLen()
	case cbor.KindMap:
		n, _ = d.MapLen()
	}
	seen := make(map[string]bool)
	for {
		if more, err := d.More(&n); err != nil || !more {
			return false
		}
		if kind == cbor.KindMap {
			key, err := d.TextBytes()
			if err != nil || seen[string(key)] {
				return err == nil
			}
			seen[string(key)] = true
		}
		if item, err := d.Raw(); err != nil || namesTwice(item) {
			return err == nil
		}
	}
}

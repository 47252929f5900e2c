package cbor_test

import (
	"encoding/hex"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql/internal/cbor"
)

// The examples of RFC 8949, appendix A.

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	require.NoError(t, err)
	return b
}

// tagged, pairs, simple, undefined are what read gives for items that Go has
// no value for.
type (
	tagged struct {
		number  uint64
		content any
	}
	pair      [2]any
	simple    byte
	undefined struct{}
)

// read decodes one item with nothing but the exported calls.
func read(t testing.TB, d *cbor.Decoder) any {
	t.Helper()
	k, err := d.PeekKind()
	require.NoError(t, err)
	var v any
	switch k {
	case cbor.KindInt:
		v, err = d.Int()
	case cbor.KindFloat:
		v, err = d.Float()
	case cbor.KindBool:
		v, err = d.Bool()
	case cbor.KindNull:
		err = d.Null()
	case cbor.KindUndefined:
		v, err = undefined{}, d.Undefined()
	case cbor.KindText:
		v, err = d.Text()
	case cbor.KindBytes:
		v, err = d.Bytes()
	case cbor.KindTag:
		var n uint64
		n, err = d.Tag()
		require.NoError(t, err)
		v = tagged{n, read(t, d)}
	case cbor.KindArray:
		v = readArray(t, d)
	case cbor.KindMap:
		v = readMap(t, d)
	default:
		var raw []byte
		raw, err = d.Raw()
		require.NoError(t, err)
		v = simple(raw[len(raw)-1] &^ (byte(2-len(raw)) * 0xe0))
	}
	require.NoError(t, err)
	return v
}

func readArray(t testing.TB, d *cbor.Decoder) any {
	n, err := d.ArrayLen()
	require.NoError(t, err)
	list := make([]any, 0, cbor.SizeHint(n))
	more, err := d.More(&n)
	for ; more; more, err = d.More(&n) {
		list = append(list, read(t, d))
	}
	require.NoError(t, err)
	return list
}

func readMap(t testing.TB, d *cbor.Decoder) any {
	n, err := d.MapLen()
	require.NoError(t, err)
	pairs := make([]pair, 0, cbor.SizeHint(n))
	more, err := d.More(&n)
	for ; more; more, err = d.More(&n) {
		key := read(t, d)
		pairs = append(pairs, pair{key, read(t, d)})
	}
	require.NoError(t, err)
	return pairs
}

func twentyFive() []any {
	var list []any
	for i := range int64(25) {
		list = append(list, i+1)
	}
	return list
}

// The examples of RFC 8949, appendix A, without the integers beyond int64.
var appendixA = []struct {
	hex  string
	want any
}{
	{"00", int64(0)}, {"01", int64(1)}, {"0a", int64(10)}, {"17", int64(23)}, {"1818", int64(24)},
	{"1819", int64(25)}, {"1864", int64(100)}, {"1903e8", int64(1000)}, {"1a000f4240", int64(1000000)},
	{"1b000000e8d4a51000", int64(1000000000000)},
	{"20", int64(-1)}, {"29", int64(-10)}, {"3863", int64(-100)}, {"3903e7", int64(-1000)},
	{"c249010000000000000000", tagged{2, []byte{1, 0, 0, 0, 0, 0, 0, 0, 0}}},
	{"c349010000000000000000", tagged{3, []byte{1, 0, 0, 0, 0, 0, 0, 0, 0}}},
	{"f90000", 0.0}, {"f98000", math.Copysign(0, -1)}, {"f93c00", 1.0}, {"fb3ff199999999999a", 1.1},
	{"f93e00", 1.5}, {"f97bff", 65504.0}, {"fa47c35000", 100000.0}, {"fa7f7fffff", 3.4028234663852886e+38},
	{"fb7e37e43c8800759c", 1.0e+300}, {"f90001", 5.960464477539063e-8}, {"f90400", 0.00006103515625},
	{"f9c400", -4.0}, {"fbc010666666666666", -4.1},
	{"f97c00", math.Inf(1)}, {"f97e00", math.NaN()}, {"f9fc00", math.Inf(-1)},
	{"fa7f800000", math.Inf(1)}, {"fa7fc00000", math.NaN()}, {"faff800000", math.Inf(-1)},
	{"fb7ff0000000000000", math.Inf(1)}, {"fb7ff8000000000000", math.NaN()}, {"fbfff0000000000000", math.Inf(-1)},
	{"f4", false}, {"f5", true}, {"f6", nil}, {"f7", undefined{}}, {"f0", simple(16)}, {"f8ff", simple(255)},
	{"c074323031332d30332d32315432303a30343a30305a", tagged{0, "2013-03-21T20:04:00Z"}},
	{"c11a514b67b0", tagged{1, int64(1363896240)}}, {"c1fb41d452d9ec200000", tagged{1, 1363896240.5}},
	{"d74401020304", tagged{23, []byte{1, 2, 3, 4}}}, {"d818456449455446", tagged{24, []byte("dIETF")}},
	{"d82076687474703a2f2f7777772e6578616d706c652e636f6d", tagged{32, "http://www.example.com"}},
	{"40", []byte{}}, {"4401020304", []byte{1, 2, 3, 4}},
	{"60", ""}, {"6161", "a"}, {"6449455446", "IETF"}, {"62225c", "\"\\"}, {"62c3bc", "ü"}, {"63e6b0b4", "水"},
	{"64f0908591", "𐅑"},
	{"80", []any{}}, {"83010203", []any{int64(1), int64(2), int64(3)}},
	{"8301820203820405", []any{int64(1), []any{int64(2), int64(3)}, []any{int64(4), int64(5)}}},
	{"98190102030405060708090a0b0c0d0e0f101112131415161718181819", twentyFive()},
	{"a0", []pair{}}, {"a201020304", []pair{{int64(1), int64(2)}, {int64(3), int64(4)}}},
	{"a26161016162820203", []pair{{"a", int64(1)}, {"b", []any{int64(2), int64(3)}}}},
	{"826161a161626163", []any{"a", []pair{{"b", "c"}}}},
	{"a56161614161626142616361436164614461656145", []pair{{"a", "A"}, {"b", "B"}, {"c", "C"}, {"d", "D"}, {"e", "E"}}},
	{"5f42010243030405ff", []byte{1, 2, 3, 4, 5}}, {"7f657374726561646d696e67ff", "streaming"},
	{"9fff", []any{}},
	{"9f018202039f0405ffff", []any{int64(1), []any{int64(2), int64(3)}, []any{int64(4), int64(5)}}},
	{"9f01820203820405ff", []any{int64(1), []any{int64(2), int64(3)}, []any{int64(4), int64(5)}}},
	{"83018202039f0405ff", []any{int64(1), []any{int64(2), int64(3)}, []any{int64(4), int64(5)}}},
	{"83019f0203ff820405", []any{int64(1), []any{int64(2), int64(3)}, []any{int64(4), int64(5)}}},
	{"9f0102030405060708090a0b0c0d0e0f101112131415161718181819ff", twentyFive()},
	{"bf61610161629f0203ffff", []pair{{"a", int64(1)}, {"b", []any{int64(2), int64(3)}}}},
	{"826161bf61626163ff", []any{"a", []pair{{"b", "c"}}}},
	{"bf6346756ef563416d7421ff", []pair{{"Fun", true}, {"Amt", int64(-2)}}},
}

func requireSame(t testing.TB, want, got any) {
	t.Helper()
	if f, ok := want.(float64); ok {
		require.IsType(t, want, got)
		if math.IsNaN(f) {
			require.True(t, math.IsNaN(got.(float64)))
			return
		}
		require.Equal(t, math.Float64bits(f), math.Float64bits(got.(float64)))
		return
	}
	require.Equal(t, want, got)
}

func TestAppendixAIsReadAsTheRFCSays(t *testing.T) {
	t.Parallel()
	for _, c := range appendixA {
		t.Run(c.hex, func(t *testing.T) {
			t.Parallel()
			input := unhex(t, c.hex)
			var d cbor.Decoder
			d.Reset(input)
			requireSame(t, c.want, read(t, &d))
			require.NoError(t, d.Tail())
			require.EqualValues(t, len(input), d.Offset())
		})
	}
}

func TestAppendixAIsReadFromASourceByteByByte(t *testing.T) {
	t.Parallel()
	for _, c := range appendixA {
		input := unhex(t, c.hex)
		var d cbor.Decoder
		d.ResetSource(nil, &dripping{rest: input, step: 1})
		requireSame(t, c.want, read(t, &d))
		require.NoError(t, d.Tail())
		require.EqualValues(t, len(input), d.Offset())
	}
}

func TestAppendixAIsSkippedAndTakenRaw(t *testing.T) {
	t.Parallel()
	for _, c := range appendixA {
		input := unhex(t, c.hex)
		for _, step := range []int{0, 1, 3} {
			var d cbor.Decoder
			reset := func() {
				d.Reset(input)
				if step > 0 {
					d.ResetSource(nil, &dripping{rest: input, step: step})
				}
			}
			reset()
			require.NoError(t, d.Skip(), c.hex)
			require.NoError(t, d.Tail(), c.hex)
			reset()
			raw, err := d.Raw()
			require.NoError(t, err, c.hex)
			require.Equal(t, input, raw)
		}
	}
}

func TestAppendixAIsTruncatedByEveryPrefix(t *testing.T) {
	t.Parallel()
	for _, c := range appendixA {
		input := unhex(t, c.hex)
		for n := range input {
			var d cbor.Decoder
			d.Reset(input[:n])
			requireTruncated(t, d.Skip())
			d.ResetSource(nil, &dripping{rest: input[:n], step: 2})
			requireTruncated(t, d.Skip())
		}
	}
}

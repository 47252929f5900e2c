package cbor_test

import (
	"math"
	"testing"

	fxcbor "github.com/fxamacker/cbor/v2"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/surrealsql/surrealsql/internal/cbor"
)

// What is written, and read by another's decoder.

func TestIntegersTakeTheirShortestForm(t *testing.T) {
	t.Parallel()
	for h, v := range map[string]int64{
		"00": 0, "17": 23, "1818": 24, "18ff": 255, "190100": 256, "19ffff": 65535, "1a00010000": 65536,
		"1affffffff": math.MaxUint32, "1b0000000100000000": math.MaxUint32 + 1, "1b7fffffffffffffff": math.MaxInt64,
		"20": -1, "37": -24, "3818": -25, "3b7fffffffffffffff": math.MinInt64,
	} {
		require.Equal(t, unhex(t, h), cbor.AppendInt(nil, v))
	}
	require.Equal(t, unhex(t, "1bffffffffffffffff"), cbor.AppendUint(nil, math.MaxUint64))
}

func TestFloatsStayFloatsAndLoseNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.OneOf(rapid.Float64(), rapid.Map(rapid.Float32(), func(f float32) float64 { return float64(f) }),
			rapid.SampledFrom([]float64{1, 0, math.Copysign(0, -1), math.Inf(1), math.Inf(-1), math.NaN(), math.MaxFloat64, math.SmallestNonzeroFloat64})).Draw(t, "v")
		b := cbor.AppendFloat(nil, v)
		var d cbor.Decoder
		d.Reset(b)
		got, err := d.Float()
		require.NoError(t, err)
		require.NoError(t, d.Tail())
		require.Equal(t, math.Float64bits(v), math.Float64bits(got))
	})
}

func TestFloatHalvesWidenAsAnothersDecoderWidensThem(t *testing.T) {
	t.Parallel()
	for h := range 1 << 16 {
		b := []byte{0xf9, byte(h >> 8), byte(h)}
		var want float64
		require.NoError(t, fxcbor.Unmarshal(b, &want))
		var d cbor.Decoder
		d.Reset(b)
		got, err := d.Float()
		require.NoError(t, err)
		if math.IsNaN(want) {
			require.True(t, math.IsNaN(got))
		} else if math.Float64bits(want) != math.Float64bits(got) {
			require.Equal(t, want, got, "%04x", h)
		}
	}
}

func TestAppendedItemsAreReadByAnother(t *testing.T) {
	t.Parallel()
	b := cbor.AppendMapHeader(nil, 7)
	b = cbor.AppendInt(cbor.AppendText(b, "int"), -70000)
	b = cbor.AppendFloat(cbor.AppendText(b, "float"), 0.1)
	b = cbor.AppendBool(cbor.AppendText(b, "yes"), true)
	b = cbor.AppendBool(cbor.AppendText(b, []byte("no")), false)
	b = cbor.AppendNull(cbor.AppendText(b, "null"))
	b = cbor.AppendBytes(cbor.AppendText(b, "bytes"), []byte{1, 2})
	b = cbor.AppendText(cbor.AppendTag(cbor.AppendArrayHeader(cbor.AppendText(b, "list"), 1), 10), "1.5")
	var got map[string]any
	require.NoError(t, fxcbor.Unmarshal(b, &got))
	require.Equal(t, map[string]any{
		"int": int64(-70000), "float": 0.1, "yes": true, "no": false, "null": nil, "bytes": []byte{1, 2},
		"list": []any{fxcbor.Tag{Number: 10, Content: "1.5"}},
	}, got)
}

func TestAppendedLengthsAreCarriedByLongStringsAndContainers(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 23, 24, 255, 256, 65535, 65536} {
		var d cbor.Decoder
		d.Reset(cbor.AppendBytes(nil, make([]byte, n)))
		b, err := d.Bytes()
		require.NoError(t, err)
		require.Len(t, b, n)
		require.NotNil(t, b)
		d.Reset(append(cbor.AppendArrayHeader(nil, n), make([]byte, n)...))
		got, err := d.ArrayLen()
		require.NoError(t, err)
		require.Equal(t, n, got)
		d.Reset(append(cbor.AppendMapHeader(nil, n), make([]byte, 2*n)...))
		got, err = d.MapLen()
		require.NoError(t, err)
		require.Equal(t, n, got)
	}
}

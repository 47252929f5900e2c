package wire_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql/internal/cbor"
	"github.com/surrealsql/surrealsql/internal/wire"
)

// Values that are read as they were written.

// after gives a decoder that has read the tag of a value.
func after(t *testing.T, tag uint64, value []byte) *cbor.Decoder {
	t.Helper()
	got, ok := wire.TagOf(value)
	require.True(t, ok)
	require.Equal(t, tag, got)
	d := new(cbor.Decoder)
	d.Reset(value)
	require.NoError(t, wire.ExpectTag(d, tag))
	return d
}

func TestDatetimeReadsAsItWasWritten(t *testing.T) {
	t.Parallel()
	for _, at := range []time.Time{time.Unix(0, 0), time.Unix(-1, 999_999_999), time.Unix(1<<31, 1), time.Unix(1<<33, 0),
		time.Date(-262_143, 1, 1, 0, 0, 0, 0, time.UTC)} {
		written := wire.AppendDatetime(nil, at)
		d := after(t, wire.TagDatetime, written)
		got, err := wire.ReadDatetime(d)
		require.NoError(t, err)
		require.NoError(t, d.Tail())
		require.Equal(t, at.UTC(), got)

		short, size := wire.ShortDatetime(append(written[1:], make([]byte, 8)...))
		if size > 0 {
			require.Equal(t, at.UTC(), short)
			require.Equal(t, len(written)-1, size)
		}
	}
}

func TestDurationReadsAsItWasWritten(t *testing.T) {
	t.Parallel()
	for _, want := range []struct {
		seconds uint64
		nanos   uint32
		size    int
	}{{0, 0, 2}, {1, 0, 3}, {0, 1, 4}, {math.MaxUint64, 999_999_999, 16}} {
		written := wire.AppendDuration(nil, want.seconds, want.nanos)
		require.Len(t, written, want.size)
		seconds, nanos, err := wire.ReadDuration(after(t, wire.TagDuration, written))
		require.NoError(t, err)
		require.Equal(t, want.seconds, seconds)
		require.Equal(t, want.nanos, nanos)
	}
}

func TestUUIDFileAndPointReadAsTheyWereWritten(t *testing.T) {
	t.Parallel()
	id := [16]byte{1, 2, 15: 3}
	gotID, err := wire.ReadUUID(after(t, wire.TagUUID, wire.AppendUUID(nil, id)))
	require.NoError(t, err)
	require.Equal(t, id, gotID)

	bucket, key, err := wire.ReadFile(after(t, wire.TagFile, wire.AppendFile(nil, "b", "/k")))
	require.NoError(t, err)
	require.Equal(t, []string{"b", "/k"}, []string{bucket, key})

	x, y, err := wire.ReadPoint(after(t, wire.TagPoint, wire.AppendPoint(nil, 1.5, -2)))
	require.NoError(t, err)
	require.Equal(t, []float64{1.5, -2}, []float64{x, y})
}

func TestGeometriesStandAtTheirTags(t *testing.T) {
	t.Parallel()
	for tag := range uint64(256) {
		if !wire.IsGeometry(tag) {
			continue
		}
		g := wire.GeometryOf(tag)
		require.Equal(t, tag, g.Tag)
		require.NotEmpty(t, g.Name)
	}
	require.False(t, wire.IsGeometry(wire.TagPoint-1))
	require.False(t, wire.IsGeometry(wire.TagCollection+1))
}

func TestTagOfKnowsValuesWithoutOne(t *testing.T) {
	t.Parallel()
	for _, b := range [][]byte{nil, cbor.AppendInt(nil, 1), cbor.AppendText(nil, "a"), {0xd8}} {
		_, ok := wire.TagOf(b)
		require.False(t, ok, "%x", b)
	}
}

func TestSizedNumbersHaveTheLimitsOfTheirWidth(t *testing.T) {
	t.Parallel()
	for tag := range uint64(256) {
		require.Equal(t, tag >= wire.TagI8 && tag <= wire.TagF32, wire.IsSized(tag))
		if !wire.IsSized(tag) {
			continue
		}
		named, ok := wire.SizedTag(wire.SizedName(tag))
		require.True(t, ok)
		require.Equal(t, tag, named)
	}
	_, ok := wire.SizedTag("i64")
	require.False(t, ok, "that is int")

	read := func(tag uint64, number []byte) (wire.Sized, error) {
		var d cbor.Decoder
		d.Reset(number)
		n, err := wire.ReadSized(&d, tag)
		if err == nil {
			require.NoError(t, d.Tail())
		}
		return n, err
	}
	for tag, limits := range map[uint64][2]int64{
		wire.TagI8: {math.MinInt8, math.MaxInt8}, wire.TagU8: {0, math.MaxUint8}, wire.TagI16: {math.MinInt16, math.MaxInt16},
		wire.TagU16: {0, math.MaxUint16}, wire.TagI32: {math.MinInt32, math.MaxInt32}, wire.TagU32: {0, math.MaxUint32},
	} {
		for _, v := range limits {
			n, err := read(tag, cbor.AppendInt(nil, v))
			require.NoError(t, err)
			require.Equal(t, wire.Sized{Tag: tag, Bits: uint64(v)}, n)
			require.Equal(t, v < 0, n.IsNegative())
		}
		for _, v := range []int64{limits[0] - 1, limits[1] + 1, math.MinInt64, math.MaxInt64} {
			_, err := read(tag, cbor.AppendInt(nil, v))
			require.ErrorContains(t, err, "is no "+wire.SizedName(tag))
		}
		_, err := read(tag, cbor.AppendUint(nil, math.MaxUint64))
		require.Error(t, err)
	}
	n, err := read(wire.TagU64, cbor.AppendUint(nil, math.MaxUint64))
	require.NoError(t, err)
	require.Equal(t, wire.Sized{Tag: wire.TagU64, Bits: math.MaxUint64}, n)
	require.False(t, n.IsNegative())
}

// A float comes in as few bits as hold it, and is of its type in any of them.
func TestSizedFloatsMayComeInFewerBits(t *testing.T) {
	t.Parallel()
	for _, number := range [][]byte{{0xf9, 0x3e, 0x00}, {0xfa, 0x3f, 0xc0, 0, 0}, {0xfb, 0x3f, 0xf8, 0, 0, 0, 0, 0, 0}} {
		for _, tag := range []uint64{wire.TagF16, wire.TagF32} {
			var d cbor.Decoder
			d.Reset(number)
			n, err := wire.ReadSized(&d, tag)
			require.NoError(t, err)
			require.Equal(t, wire.Sized{Tag: tag, Float: 1.5}, n)
		}
	}
	for v, want := range map[float64]float64{65519: 65504, 65520: math.Inf(1), -1e300: math.Inf(-1), 0.1: 0.0999755859375, 1e-8: 0, 6e-8: 1.0 / (1 << 24), 2049: 2048, 2051: 2052, 1.5: 1.5} {
		require.Equal(t, want, wire.Narrowed(wire.TagF16, v), v)
	}
	require.True(t, math.Signbit(wire.Narrowed(wire.TagF16, math.Copysign(0, -1))))
	require.True(t, math.IsNaN(wire.Narrowed(wire.TagF16, math.NaN())))
	require.Equal(t, float64(float32(0.1)), wire.Narrowed(wire.TagF32, 0.1))
}

func TestShortReadsAreWhatTheDecoderReads(t *testing.T) {
	t.Parallel()
	id := [16]byte{1, 2, 15: 16}
	written := wire.AppendUUID(nil, id)
	got, size := wire.ShortUUID(append(written, 7))
	require.Equal(t, id, got)
	require.Equal(t, len(written), size)
	for n := range written {
		_, size = wire.ShortUUID(written[:n])
		require.Zero(t, size)
	}

	record := func(table string, key []byte) []byte {
		return append(cbor.AppendText(cbor.AppendArrayHeader(cbor.AppendTag(nil, wire.TagRecord), 2), table), key...)
	}
	for _, key := range [][]byte{cbor.AppendText(nil, ""), cbor.AppendText(nil, "ada"), cbor.AppendInt(nil, -70_000)} {
		written := record("person", key)
		table, at, size := wire.ShortRecord(append(written, make([]byte, 8)...))
		require.Equal(t, "person", string(table))
		require.Equal(t, key, at[:len(key)])
		require.Equal(t, len(written), size)
		for n := range written {
			_, _, size = wire.ShortRecord(written[:n])
			require.Zero(t, size)
		}
	}
	for _, other := range [][]byte{
		record(strings.Repeat("t", 24), cbor.AppendInt(nil, 1)), record("t", cbor.AppendInt(nil, math.MaxInt64)), record("t", cbor.AppendNull(nil)),
		cbor.AppendText(cbor.AppendTag(nil, wire.TagRecord), "t:1"), cbor.AppendInt(nil, 1),
	} {
		_, _, size := wire.ShortRecord(append(other, make([]byte, 8)...))
		require.Zero(t, size)
	}
}

package cbor_test

import (
	"io"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql/internal/cbor"
)

// Loops over maps and arrays.

// pairs encodes keys, each with its length as its value.
func pairs(open bool, keys ...string) []byte {
	b := cbor.AppendMapHeader(nil, len(keys))
	if open {
		b = []byte{0xbf}
	}
	for _, key := range keys {
		b = cbor.AppendInt(cbor.AppendText(b, key), int64(len(key)))
	}
	if open {
		b = append(b, 0xff)
	}
	return b
}

func TestPairsWalkAMapToItsEnd(t *testing.T) {
	t.Parallel()
	for _, open := range []bool{false, true} {
		var d cbor.Decoder
		d.Reset(pairs(open, "a", "bb", "ccc"))
		sum := int64(0)
		for key, err := range d.Pairs() {
			require.NoError(t, err)
			n := int64(len(key))
			v, err := d.Int()
			require.NoError(t, err)
			require.Equal(t, n, v)
			sum += v
		}
		require.EqualValues(t, 6, sum)
		require.NoError(t, d.Tail())
	}
}

func TestItemsWalkAnArrayToItsEnd(t *testing.T) {
	t.Parallel()
	for _, b := range [][]byte{{0x83, 0, 1, 2}, {0x9f, 0, 1, 2, 0xff}} {
		var d cbor.Decoder
		d.Reset(b)
		count := 0
		for i, err := range d.Items() {
			require.NoError(t, err)
			v, err := d.Int()
			require.NoError(t, err)
			require.EqualValues(t, i, v)
			count++
		}
		require.Equal(t, 3, count)
		require.NoError(t, d.Tail())

		d.Reset(b[:3])
		var last error
		for _, err := range d.Items() {
			if last = err; err == nil {
				require.NoError(t, d.Skip())
			}
		}
		require.ErrorIs(t, last, io.ErrUnexpectedEOF)
	}
}

func TestPairsEndWithAnError(t *testing.T) {
	t.Parallel()
	whole := pairs(true, "a", "bb")
	for n := range whole {
		var d cbor.Decoder
		d.Reset(whole[:n])
		var last error
		for key, err := range d.Pairs() {
			require.NoError(t, last, "nothing comes after an error")
			if last = err; err == nil {
				require.NotNil(t, key)
				last = d.Skip()
			}
			if last != nil && err == nil {
				break
			}
		}
		require.ErrorIs(t, last, io.ErrUnexpectedEOF, "%d bytes", n)
	}
	var d cbor.Decoder
	d.Reset(cbor.AppendInt(nil, 1))
	for _, err := range d.Pairs() {
		require.ErrorContains(t, err, "expected a map")
	}
	require.Zero(t, d.Offset(), "what is no map is still there")
}

func TestFindStandsBeforeTheValue(t *testing.T) {
	t.Parallel()
	for _, open := range []bool{false, true} {
		var d cbor.Decoder
		d.Reset(pairs(open, "a", "bb", "ccc"))
		found, err := d.Find("bb")
		require.NoError(t, err)
		require.True(t, found)
		v, err := d.Int()
		require.NoError(t, err)
		require.EqualValues(t, 2, v)

		d.Reset(pairs(open, "a"))
		found, err = d.Find("b")
		require.NoError(t, err)
		require.False(t, found)
		require.NoError(t, d.Tail())
	}
	var d cbor.Decoder
	d.Reset(cbor.AppendInt(nil, 1))
	found, err := d.Find("a")
	require.NoError(t, err)
	require.False(t, found)
	d.Reset(pairs(false, "a", "b")[:3])
	_, err = d.Find("b")
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
}

func TestOptionalTextSkipsWhatIsNone(t *testing.T) {
	t.Parallel()
	var d cbor.Decoder
	d.Reset(append(cbor.AppendText(nil, "é"), pairs(false, "a")...))
	s, err := d.OptionalText()
	require.NoError(t, err)
	require.Equal(t, "é", s)
	s, err = d.OptionalText()
	require.NoError(t, err)
	require.Empty(t, s)
	require.NoError(t, d.Tail())
}

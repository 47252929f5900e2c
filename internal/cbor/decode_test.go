package cbor_test

import (
	"io"
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql/internal/cbor"
)

// Input that is malformed, of another kind, or too deep.

func requireTruncated(t testing.TB, err error) {
	t.Helper()
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	var syntax *cbor.SyntaxError
	require.ErrorAs(t, err, &syntax)
}

func over(b ...byte) *cbor.Decoder {
	d := new(cbor.Decoder)
	d.Reset(b)
	return d
}

func TestMalformedInputIsRefused(t *testing.T) {
	t.Parallel()
	// RFC 8949, appendix F, and what it does not list.
	for _, h := range []string{
		"1c", "1d", "1e", "3c", "5c", "7d", "9e", "bc", "dd", "fc", "fd", "fe", // reserved
		"f800", "f818", "f81f", // two-byte simple values below 32
		"5f00ff", "5f21ff", "5f6100ff", "5f80ff", "5fa0ff", "5fc000ff", "5fe0ff", "7f4100ff", // wrong chunks
		"5f5f4100ffff", "7f7f6100ffff", // nested chunks
		"ff", "81ff", "8200ff", "a1ff", "a1ff00", "a100ff", "a20000ff", "9f81ff", "9f829f819f9fffffffff", // stray breaks
		"bf00ff", "bf000000ff", // odd maps
		"1f", "3f", "df", // indefinite integers and tags
	} {
		err := over(unhex(t, h)...).Skip()
		require.Error(t, err, h)
		var syntax *cbor.SyntaxError
		require.ErrorAs(t, err, &syntax, h)
	}
}

func TestLengthThatIsALieIsFoundAtOnce(t *testing.T) {
	t.Parallel()
	lies := []string{"9a7fffffff00", "8200", "a10000"[:4], "b900ff00"}
	if strconv.IntSize == 64 { // elsewhere these do not fit in memory
		lies = append(lies, "9b00ffffffffffffff", "bb00ffffffffffffff")
	}
	for _, h := range lies {
		d := over(unhex(t, h)...)
		k, err := d.PeekKind()
		require.NoError(t, err)
		if k == cbor.KindArray {
			_, err = d.ArrayLen()
		} else {
			_, err = d.MapLen()
		}
		requireTruncated(t, err)
		require.Zero(t, d.Offset(), "a failed call consumes nothing")
	}
	for _, h := range []string{"9bffffffffffffffff", "bb7fffffffffffffff"} {
		err := over(unhex(t, h)...).Skip()
		require.ErrorContains(t, err, "fits in memory", h)
	}
	require.ErrorContains(t, func() error { _, err := over(unhex(t, "7bffffffffffffffff")...).Text(); return err }(), "fits in memory")
	require.Equal(t, 256, cbor.SizeHint(math.MaxInt))
	require.Equal(t, 0, cbor.SizeHint(-1))
	require.Equal(t, 7, cbor.SizeHint(7))
}

func TestDepthIsBounded(t *testing.T) {
	t.Parallel()
	for _, head := range []string{"\x81", "\x9f", "\xc6", "\xa1\x00"} {
		deep := strings.Repeat(head, 100_000)
		require.ErrorContains(t, over([]byte(deep)...).Skip(), "512")
		_, err := over([]byte(deep)...).Raw()
		require.ErrorContains(t, err, "512")
	}
	ok := []byte(strings.Repeat("\x81", cbor.MaxDepth) + "\x00")
	require.NoError(t, over(ok...).Skip())
	require.Error(t, over(append([]byte{0x81}, ok...)...).Skip())
}

func TestKindThatIsWrongIsNamedAndConsumesNothing(t *testing.T) {
	t.Parallel()
	calls := map[string]func(d *cbor.Decoder) error{
		"an integer":     func(d *cbor.Decoder) error { _, err := d.Int(); return err },
		"a small number": func(d *cbor.Decoder) error { _, err := d.Uint(); return err },
		"a float":        func(d *cbor.Decoder) error { _, err := d.Float(); return err },
		"a boolean":      func(d *cbor.Decoder) error { _, err := d.Bool(); return err },
		"null":           func(d *cbor.Decoder) error { return d.Null() },
		"undefined":      func(d *cbor.Decoder) error { return d.Undefined() },
		"a text":         func(d *cbor.Decoder) error { _, err := d.Text(); return err },
		"a byte string":  func(d *cbor.Decoder) error { _, err := d.Bytes(); return err },
		"an array":       func(d *cbor.Decoder) error { _, err := d.ArrayLen(); return err },
		"a map":          func(d *cbor.Decoder) error { _, err := d.MapLen(); return err },
		"a tag":          func(d *cbor.Decoder) error { _, err := d.Tag(); return err },
	}
	items := map[string]string{
		"an integer": "05", "a float": "f93c00", "a boolean": "f5", "null": "f6", "undefined": "f7", "a text": "6161",
		"a byte string": "4161", "an array": "8100", "a map": "a10000", "a tag": "c600", "a simple value": "f0",
	}
	for want, call := range calls {
		for got, h := range items {
			if want == got || want == "a small number" && got == "an integer" {
				require.NoError(t, call(over(unhex(t, h)...)))
				continue
			}
			d := over(unhex(t, h)...)
			err := call(d)
			require.ErrorContains(t, err, "found "+got)
			require.Zero(t, d.Offset())
			require.NoError(t, d.Skip())
			require.NoError(t, d.Tail())
		}
		requireTruncated(t, call(over()))
	}
}

func TestIntegersEndAt64Bits(t *testing.T) {
	t.Parallel()
	for h, want := range map[string]int64{"1b7fffffffffffffff": math.MaxInt64, "3b7fffffffffffffff": math.MinInt64} {
		got, err := over(unhex(t, h)...).Int()
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	u, err := over(unhex(t, "1bffffffffffffffff")...).Uint()
	require.NoError(t, err)
	require.EqualValues(t, uint64(math.MaxUint64), u)
	_, err = over(unhex(t, "20")...).Uint()
	require.ErrorContains(t, err, "0 or more")
	for _, h := range []string{"1b8000000000000000", "1bffffffffffffffff", "3b8000000000000000", "3bffffffffffffffff"} {
		_, err := over(unhex(t, h)...).Int()
		require.ErrorContains(t, err, "within 64 bits")
		require.NoError(t, over(unhex(t, h)...).Skip())
	}
}

func TestTextMustBeUTF8(t *testing.T) {
	t.Parallel()
	for _, h := range []string{"61ff", "62c328", "63eda080", "7f61ffff", "7f61c361a9ff"} {
		d := over(unhex(t, h)...)
		_, err := d.Text()
		require.ErrorContains(t, err, "UTF-8", h)
	}
	_, err := over(unhex(t, "41ff")...).Bytes()
	require.NoError(t, err)
}

func TestErrorsSayWhereWhatAndWhy(t *testing.T) {
	t.Parallel()
	d := over(0x82, 0x01, 0x61, 'x')
	_, err := d.ArrayLen()
	require.NoError(t, err)
	require.NoError(t, d.Skip())
	_, err = d.Int()
	require.EqualError(t, err, "cbor: at byte 2: expected an integer, found a text")
	_, err = over(0x63, 'a').Text()
	require.EqualError(t, err, "cbor: at byte 0: expected 4 bytes, found the end of the input after 2")
	_, err = over().PeekKind()
	require.EqualError(t, err, "cbor: at byte 0: expected one more byte, found the end of the input")
	_, err = over(0x1c).PeekKind()
	require.EqualError(t, err, "cbor: at byte 0: expected an item, found an invalid byte (0x1c)")
	require.EqualError(t, over(1, 2).Tail(), "cbor: at byte 0: expected the end of the input, found an integer")
	require.Equal(t, "an invalid byte", cbor.Kind(200).String())
}

func TestDecoderIsReusable(t *testing.T) {
	t.Parallel()
	var d cbor.Decoder
	for range 3 {
		d.Reset(unhex(t, "7f657374726561646d696e67ff"))
		s, err := d.Text()
		require.NoError(t, err)
		require.Equal(t, "streaming", s)
		d.Reset([]byte{0x82, 0x01})
		require.Error(t, d.Skip())
	}
	d.Reset([]byte{1, 2})
	require.NoError(t, d.Skip())
	require.Equal(t, []byte{2}, d.Rest())
	require.Len(t, d.Rest(), 1)
}

package cbor_test

import (
	"io"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql/internal/cbor"
)

// The short ways to read, beside the Decoder.

// byByte gives a decoder one byte more at a time, so that it takes none of the ways
// that need several at hand.
type byByte struct{ rest []byte }

func (s *byByte) Fill(tail []byte) ([]byte, error) {
	if len(s.rest) == 0 {
		return nil, io.EOF
	}
	window := append(append([]byte{}, tail...), s.rest[0])
	s.rest = s.rest[1:]
	return window, nil
}

// slowly reads b by one byte at a time.
func slowly(b []byte) *cbor.Decoder {
	d := new(cbor.Decoder)
	d.ResetSource(nil, &byByte{b})
	return d
}

// shortcuts read a value from bytes, and the same by a decoder.
var shortcuts = map[string]struct {
	quick func(b []byte) (v any, size int)
	slow  func(d *cbor.Decoder) (any, error)
}{
	"size": {
		func(b []byte) (any, int) { return nil, cbor.ShortSize(b) },
		func(d *cbor.Decoder) (any, error) { return nil, d.Skip() },
	},
	"int": {
		func(b []byte) (any, int) { v, size := cbor.ShortInt(b); return v, size },
		func(d *cbor.Decoder) (any, error) { return d.Int() },
	},
	"float": {
		func(b []byte) (any, int) { v, size := cbor.LongFloat(b); return math.Float64bits(v), size },
		func(d *cbor.Decoder) (any, error) { v, err := d.Float(); return math.Float64bits(v), err },
	},
	"text": {
		func(b []byte) (any, int) { v, size := cbor.ShortText(b); return string(v), size },
		func(d *cbor.Decoder) (any, error) { return d.Text() },
	},
	"long int": {
		func(b []byte) (any, int) { v, size := cbor.LongInt(b); return v, size },
		func(d *cbor.Decoder) (any, error) { return d.Int() },
	},
	"short float": {
		func(b []byte) (any, int) { v, size := cbor.ShortFloat(b); return math.Float64bits(v), size },
		func(d *cbor.Decoder) (any, error) { v, err := d.Float(); return math.Float64bits(v), err },
	},
	"bool": {
		func(b []byte) (any, int) { v, size := cbor.ShortBool(b); return v, size },
		func(d *cbor.Decoder) (any, error) { return d.Bool() },
	},
	"null": {
		func(b []byte) (any, int) { return nil, cbor.ShortNull(b) },
		func(d *cbor.Decoder) (any, error) { return nil, d.Null() },
	},
	"long text": {
		func(b []byte) (any, int) { v, size := cbor.LongText(b); return string(v), size },
		func(d *cbor.Decoder) (any, error) { return d.Text() },
	},
	"length of an array": {
		func(b []byte) (any, int) { n, size := cbor.ShortLen(b, cbor.KindArray); return n, size },
		func(d *cbor.Decoder) (any, error) { return d.ArrayLen() },
	},
	"length of a map": {
		func(b []byte) (any, int) { n, size := cbor.ShortLen(b, cbor.KindMap); return n, size },
		func(d *cbor.Decoder) (any, error) { return d.MapLen() },
	},
	"tag": {
		func(b []byte) (any, int) { v, size := cbor.ShortTag(b); return v, size },
		func(d *cbor.Decoder) (any, error) { return d.Tag() },
	},
}

func TestShortReadsAreWhatTheDecoderReads(t *testing.T) {
	t.Parallel()
	telling := []byte{0x00, 0x17, 0x18, 0x19, 0x1a, 0x1b, 0x20, 0x38, 0x3a, 0x3b, 0x60, 0x61, 0x6a, 0x77, 0x78, 0x79, 0x82, 0xa2, 0xcc, 0xf4, 0xf5, 0xf6, 0xf9, 0xfa, 0xfb}
	rng := rand.New(rand.NewPCG(1, 2))
	found := map[string]int{}
	for range 400_000 {
		b := make([]byte, rng.IntN(48))
		odd := 2 + rng.IntN(40) // one byte of so many is not a letter
		for i := range b {
			if b[i] = byte('a' + rng.UintN(26)); rng.IntN(odd) == 0 {
				b[i] = byte(rng.UintN(256))
			}
			if i < 4 && rng.IntN(2) == 0 {
				b[i] = telling[rng.IntN(len(telling))]
			}
		}
		for way, s := range shortcuts {
			got, size := s.quick(b)
			if size == 0 {
				continue
			}
			found[way]++
			d := slowly(b)
			want, err := s.slow(d)
			if err != nil || got != want || d.Offset() != int64(size) {
				t.Fatalf("%s of %x: %v in %d bytes, not %v in %d (%v)", way, b, got, size, want, d.Offset(), err)
			}
		}
	}
	for way := range shortcuts {
		require.Greater(t, found[way], 400, way)
	}
}

func TestKnownBytesAreTakenAndNoOthers(t *testing.T) {
	t.Parallel()
	for _, key := range []string{"", "a", "seven77", "eight888", "nine99999", "a key of some length"} {
		known := cbor.KnownText(key)
		encoded := cbor.AppendText(nil, key)
		for _, rest := range [][]byte{nil, {1}, make([]byte, 20)} {
			b := append(encoded[:len(encoded):len(encoded)], rest...)
			d := over(b...)
			require.True(t, d.Take(&known), "%q", key)
			require.EqualValues(t, len(encoded), d.Offset())
			for i := range encoded {
				b[i] ^= 1
				d := over(b...)
				require.False(t, d.Take(&known), "%q, byte %d", key, i)
				require.Zero(t, d.Offset())
				require.Zero(t, known.Size(b))
				b[i] ^= 1
			}
			if len(b) >= 8 {
				require.Equal(t, len(encoded), known.Size(b))
			}
		}
		short := over(encoded[:len(encoded)-1]...)
		require.False(t, short.Take(&known))
	}
}

package cbor_test

import (
	"io"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql/internal/cbor"
)

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

func TestWhatIsReadFromBytesIsWhatTheDecoderReads(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 2))
	found := map[string]int{}
	for range 400_000 {
		b := make([]byte, rng.IntN(14))
		for i := range b {
			b[i] = byte(rng.UintN(256))
			if rng.IntN(2) == 0 { // often what matters
				b[i] = []byte{0x00, 0x17, 0x18, 0x19, 0x1a, 0x20, 0x38, 0x3a, 0x60, 0x61, 0x6a, 0x82, 0xcc, 0xf6, 0xfb}[rng.IntN(15)]
			}
		}
		if size := cbor.ShortSize(b); size > 0 {
			found["size"]++
			d := slowly(b)
			require.NoError(t, d.Skip(), "%x", b)
			require.EqualValues(t, size, d.Offset(), "%x", b)
		}
		if v, size := cbor.ShortInt(b); size > 0 {
			found["int"]++
			d := slowly(b)
			want, err := d.Int()
			require.NoError(t, err, "%x", b)
			require.Equal(t, want, v, "%x", b)
			require.EqualValues(t, size, d.Offset(), "%x", b)
		}
		if v, size := cbor.LongFloat(b); size > 0 {
			found["float"]++
			d := slowly(b)
			want, err := d.Float()
			require.NoError(t, err, "%x", b)
			require.True(t, want == v || want != want && v != v, "%x", b)
			require.EqualValues(t, size, d.Offset(), "%x", b)
		}
		if text, size := cbor.ShortText(b); size > 0 {
			found["text"]++
			d := slowly(b)
			want, err := d.Text()
			require.NoError(t, err, "%x", b)
			require.Equal(t, want, string(text), "%x", b)
			require.EqualValues(t, size, d.Offset(), "%x", b)
		}
		if tag, size := cbor.ShortTag(b); size > 0 {
			found["tag"]++
			d := slowly(b)
			want, err := d.Tag()
			require.NoError(t, err, "%x", b)
			require.Equal(t, want, tag, "%x", b)
			require.EqualValues(t, size, d.Offset(), "%x", b)
		}
	}
	for _, way := range []string{"size", "int", "float", "text", "tag"} {
		require.Greater(t, found[way], 1000, way)
	}
}

func TestKnownBytesAreTakenAndNoOthers(t *testing.T) {
	t.Parallel()
	for _, key := range []string{"", "a", "seven77", "eight888", "nine99999", "a key of some length"} {
		known := cbor.KnownText(key)
		encoded := cbor.AppendText(nil, key)
		for _, behind := range [][]byte{nil, {1}, make([]byte, 20)} {
			b := append(encoded[:len(encoded):len(encoded)], behind...)
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

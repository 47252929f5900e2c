package cbor_test

import (
	"errors"
	"math"
	"testing"

	fxcbor "github.com/fxamacker/cbor/v2"
	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql/internal/cbor"
)

// Any bytes, judged beside another's decoder.

// reference is another's decoder with its limits as wide as they go.
var reference = func() fxcbor.DecMode {
	m, err := fxcbor.DecOptions{
		MaxNestedLevels:  65535,
		MaxArrayElements: math.MaxInt32,
		MaxMapPairs:      math.MaxInt32,
	}.DecMode()
	if err != nil {
		panic(err)
	}
	return m
}()

// pull descends with the typed calls and reports the first error. It also
// checks that a failed call of a wrong kind consumed nothing.
func pull(d *cbor.Decoder, depth int) error {
	if depth == 0 {
		return errors.New("too deep")
	}
	k, err := d.PeekKind()
	if err != nil {
		return err
	}
	switch k {
	case cbor.KindInt:
		_, err = d.Int()
	case cbor.KindFloat:
		_, err = d.Float()
	case cbor.KindBool:
		_, err = d.Bool()
	case cbor.KindNull:
		err = d.Null()
	case cbor.KindText:
		_, err = d.Text()
	case cbor.KindBytes:
		_, err = d.Bytes()
	case cbor.KindTag:
		if _, err = d.Tag(); err == nil {
			err = pull(d, depth-1)
		}
	case cbor.KindArray, cbor.KindMap:
		err = pullItems(d, k, depth-1)
	default:
		err = d.Skip()
	}
	return err
}

func pullItems(d *cbor.Decoder, k cbor.Kind, depth int) error {
	per, length := 1, d.ArrayLen
	if k == cbor.KindMap {
		per, length = 2, d.MapLen
	}
	n, err := length()
	if err != nil {
		return err
	}
	for {
		more, err := d.More(&n)
		if !more || err != nil {
			return err
		}
		for range per {
			if err := pull(d, depth); err != nil {
				return err
			}
		}
	}
}

func FuzzDecoder(f *testing.F) {
	for _, c := range appendixA {
		f.Add(unhex(f, c.hex))
	}
	f.Add([]byte{0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff})
	f.Add([]byte{0xbf, 0x61, 0x61, 0xff})
	f.Fuzz(func(t *testing.T, input []byte) {
		var d cbor.Decoder
		d.Reset(input)
		skipErr := d.Skip()
		end := d.Offset()
		if skipErr == nil {
			skipErr = d.Tail()
		}
		var deep *cbor.SyntaxError
		tooDeep := errors.As(skipErr, &deep) && deep.Got == "more"
		if wellformed := reference.Wellformed(input); !tooDeep {
			require.Equal(t, wellformed == nil, skipErr == nil, "%x: %v against %v", input, wellformed, skipErr)
		}

		for _, step := range []int{1, 7} {
			d.ResetSource(nil, &dripping{rest: input, step: step})
			err := d.Skip()
			if err == nil {
				require.Equal(t, end, d.Offset())
				err = d.Tail()
			}
			require.Equal(t, skipErr == nil, err == nil, "%x in steps of %d: %v against %v", input, step, skipErr, err)
		}

		d.Reset(input)
		if err := pull(&d, cbor.MaxDepth); err == nil {
			require.Equal(t, end, d.Offset(), "the typed calls and Skip end at the same place")
		}
		d.Reset(input)
		if raw, err := d.Raw(); err == nil {
			require.Equal(t, input[:end], raw)
		}
	})
}

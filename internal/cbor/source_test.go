package cbor_test

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql/internal/cbor"
)

// Decoders whose input arrives piece by piece.

// dripping gives step bytes at a time, each time in fresh memory, and spoils
// the old window so that whoever still reads it is found out. largest is the
// longest window it ever had to give.
type dripping struct {
	rest    []byte
	step    int
	window  []byte
	largest int
}

func (s *dripping) Fill(tail []byte) ([]byte, error) {
	if len(s.rest) == 0 {
		return nil, io.EOF
	}
	n := min(s.step, len(s.rest))
	next := append(bytes.Clone(tail), s.rest[:n]...)
	for i := range s.window {
		s.window[i] = 0xde
	}
	s.rest = s.rest[n:]
	s.window, s.largest = next, max(s.largest, len(next))
	return next, nil
}

func TestSkipHoldsNothingOfWhatItSkips(t *testing.T) {
	t.Parallel()
	item := cbor.AppendArrayHeader(nil, 1000)
	for range 1000 {
		item = cbor.AppendText(item, bytes.Repeat([]byte("x"), 500))
	}
	src := &dripping{rest: item, step: 64}
	var d cbor.Decoder
	d.ResetSource(nil, src)
	require.NoError(t, d.Skip())
	require.NoError(t, d.Tail())
	require.LessOrEqual(t, src.largest, 64+9, "one step and the head of an item")
}

func TestSourceWindowGrowsOnlyWithWhatArrives(t *testing.T) {
	t.Parallel()
	// A text that claims a gigabyte and brings ten bytes.
	lie := append([]byte{0x7b, 0, 0, 0, 0, 0x40, 0, 0, 0}, "0123456789"...)
	src := &dripping{rest: lie, step: 4}
	var d cbor.Decoder
	d.ResetSource(nil, src)
	_, err := d.Text()
	requireTruncated(t, err)
	require.Equal(t, len(lie), src.largest)
}

func TestSourceErrorComesThrough(t *testing.T) {
	t.Parallel()
	cut := errors.New("cut")
	var d cbor.Decoder
	d.ResetSource([]byte{0x62, 'a'}, fillFunc(func([]byte) ([]byte, error) { return nil, cut }))
	_, err := d.Text()
	require.ErrorIs(t, err, cut)
}

func TestSourceThatBringsNothingIsRefused(t *testing.T) {
	t.Parallel()
	var d cbor.Decoder
	d.ResetSource([]byte{0x62, 'a'}, fillFunc(func(tail []byte) ([]byte, error) { return tail, nil }))
	_, err := d.Text()
	require.ErrorContains(t, err, "without a new byte")
}

func TestSourceOffsetsCountAcrossWindows(t *testing.T) {
	t.Parallel()
	input := []byte{0x83, 0x01, 0x62, 'h', 'i', 0xf5}
	var d cbor.Decoder
	d.ResetSource(nil, &dripping{rest: input, step: 1})
	_, err := d.ArrayLen()
	require.NoError(t, err)
	require.EqualValues(t, 1, d.Offset())
	require.NoError(t, d.Skip())
	require.EqualValues(t, 2, d.Offset())
	s, err := d.Text()
	require.NoError(t, err)
	require.Equal(t, "hi", s)
	require.EqualValues(t, 5, d.Offset())
	_, err = d.Int()
	var syntax *cbor.SyntaxError
	require.ErrorAs(t, err, &syntax)
	require.EqualValues(t, 5, syntax.Offset)
}

type fillFunc func([]byte) ([]byte, error)

func (f fillFunc) Fill(tail []byte) ([]byte, error) { return f(tail) }

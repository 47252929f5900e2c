package shaped_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql/internal/cbor"
	"github.com/surrealsql/surrealsql/internal/shaped"
)

// What is written reads as what it was, and what there is no room for is not made. That the
// server reads it alike is shown by the driver's tests.

func TestRowsThatAreWrittenAreRead(t *testing.T) {
	t.Parallel()
	shape, err := shaped.MakeShape([]shaped.Field{
		{Name: "b", Kind: shaped.Bool}, {Name: "i", Kind: shaped.I8, Absent: true}, {Name: "s", Kind: shaped.String, Absent: true}, {Name: "v", Kind: shaped.Dynamic},
	})
	require.NoError(t, err)
	var w shaped.Writer
	b := w.Begin([]byte("before"), shape)
	for i := range byte(20) {
		b = w.BeginRow(b)
		w.Fixed(b, &shape.Columns[0])[0] = i & 1
		if i&2 != 0 {
			w.SetPresent(b, &shape.Columns[1])
			w.Fixed(b, &shape.Columns[1])[0] = i
		}
		if i&4 != 0 {
			w.SetPresent(b, &shape.Columns[2])
			b = append(b, strings.Repeat("x", int(i))...)
		}
		w.EndVar(b, &shape.Columns[2])
		b = cbor.AppendInt(b, int64(i))
		w.EndVar(b, &shape.Columns[3])
	}
	b, ok := w.End(b)
	require.True(t, ok)
	var d cbor.Decoder
	d.Reset(b[len("before"):])
	rows, err := read(&d)
	require.NoError(t, err)
	require.NoError(t, d.Tail())
	require.Len(t, rows, 20)
	require.Equal(t, `[{"b": false, "v": 0}, {"b": true, "v": 1}, {"b": false, "i": 180(2), "v": 2}]`, show(rows[:3]))
	require.Equal(t, `[{"b": true, "i": 180(7), "s": "xxxxxxx", "v": 7}]`, show(rows[7:8]))
}

func TestShapeIsNotMadeOfWhatTheFormatHasNoRoomFor(t *testing.T) {
	t.Parallel()
	many := make([]shaped.Field, 4097)
	for i := range many {
		many[i] = shaped.Field{Name: fmt.Sprintf("f%04d", i), Kind: shaped.Int}
	}
	_, err := shaped.MakeShape(many[:4096])
	require.NoError(t, err)
	for _, fields := range [][]shaped.Field{
		many,
		{{Name: "", Kind: shaped.Int}},
		{{Name: "\xff", Kind: shaped.Int}},
		{{Name: "b", Kind: shaped.Int}, {Name: "a", Kind: shaped.Int}},
		{{Name: "a", Kind: shaped.Int}, {Name: "a", Kind: shaped.Int}},
		{{Name: strings.Repeat("n", 1<<16), Kind: shaped.Int}},
	} {
		_, err := shaped.MakeShape(fields)
		require.Error(t, err)
	}
}

package surrealsql

import (
	"database/sql"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql/internal/cbor"
	"github.com/surrealsql/surrealsql/internal/shaped"
	"github.com/surrealsql/surrealsql/internal/shaped/shapedtest"
	"github.com/surrealsql/surrealsql/internal/wire"
)

// A list that goes as a block means what it means as an array.

// inBlocks are the encodings that make blocks.
var inBlocks = []encoding{
	{blocks: true}, {blocks: true, nilIsNone: true}, {blocks: true, sized: true}, {blocks: true, sized: true, keepWidth: true},
}

// arrayOf reads an argument that is a block to the array that it stands for; ok is false for
// one that is none.
func arrayOf(t *testing.T, argument []byte) (array []byte, ok bool) {
	t.Helper()
	var d cbor.Decoder
	d.Reset(argument)
	if !shaped.IsBlock(&d) {
		return argument, false
	}
	require.NoError(t, wire.ExpectTag(&d, wire.TagBlock))
	array, err := shaped.AppendArray(nil, &d)
	require.NoError(t, err)
	require.NoError(t, d.Tail())
	return array, true
}

type belowFields struct {
	A *int
	B []string
}

type textOfItsOwn string

type manyFields struct {
	Bool    bool
	Int     int
	Int8    int8
	Uint32  uint32
	Uint64  uint64
	Float   float64
	Float32 float32
	Text    string
	Named   textOfItsOwn
	Bytes   []byte
	Time    time.Time
	Span    time.Duration
	UUID    [16]byte
	ID      RecordID
	Decimal Decimal
	Pointer *string
	Null    sql.NullInt64
	Any     any
	List    []int
	Object  map[string]any
	Inner   belowFields
	Empty   string    `json:"empty,omitempty"`
	Zero    time.Time `json:"zero,omitzero"`
	*belowFields
	hidden int
}

func manyRecords(n int) []manyFields {
	all := make([]manyFields, n)
	text := "pointed at"
	for i := range all {
		v := &all[i]
		if i == 0 {
			v.ID, v.Decimal = "person:0", "0" // the zero values of these are none
			continue
		}
		*v = manyFields{
			i%2 == 0, -i, int8(i), math.MaxUint32, uint64(i), 0.1 * float64(i), 0.5, fmt.Sprint("é", i), "named", []byte{0, byte(i)}, time.Unix(int64(i), 5), time.Duration(i),
			[16]byte{byte(i)}, RecordID(fmt.Sprint("person:", i)), "1.5", &text, sql.NullInt64{Int64: int64(i), Valid: i%3 == 0}, []any{i, nil, None}[i%3], []int{i}, map[string]any{"a": i},
			belowFields{&i, []string{"x"}}, "filled"[:i%2*6], time.Unix(int64(i%4), 0).UTC(), &belowFields{B: []string{"embedded"}}, 1,
		}
		if i%4 == 0 {
			v.Zero, v.belowFields = time.Time{}, nil
		}
	}
	return all
}

func TestBlockHoldsWhatTheArrayWould(t *testing.T) {
	t.Parallel()
	structs := manyRecords(40)
	pointers := make([]*manyFields, len(structs))
	maps := make([]map[string]any, len(structs))
	mixed := make([]map[string]any, len(structs))
	for i := range structs {
		pointers[i] = &structs[i]
		maps[i] = map[string]any{"text": "x", "int": i, "float": 0.5, "bool": true, "time": time.Unix(0, 0), "span": time.Second, "uuid": [16]byte{1}, "id": RecordID("a:1"), "list": []int{i}, "": nil}
		mixed[i] = map[string]any{"same": i, "other": []any{i, "x", nil, None, 1.5}[i%5]}
	}
	delete(maps[0], "")
	for i := range maps {
		delete(maps[i], "")
	}
	for _, enc := range inBlocks {
		for _, list := range []any{structs, pointers, maps, mixed} {
			argument, err := appendArgument([]byte("before"), list, enc)
			require.NoError(t, err)
			got, ok := arrayOf(t, argument[len("before"):])
			require.True(t, ok, "%T is no block", list)
			want, err := appendValue(nil, list, enc)
			require.NoError(t, err)
			require.Equal(t, shapedtest.Show(want), shapedtest.Show(got), "%T with %+v", list, enc)
		}
	}
}

func TestListThatIsNoBlockGoesAsAnArray(t *testing.T) {
	t.Parallel()
	type pair struct{ A, B int }
	type wide struct {
		AFieldWhoseNameIsLongerThanItsValueByFarAndAShape bool
	}
	type nothing struct{}
	fewer := slices.Repeat([]map[string]any{{"a": 1, "b": 2}}, 20)
	fewer[19] = map[string]any{"a": 1}
	other := slices.Repeat([]map[string]any{{"a": 1}}, 20)
	other[7] = map[string]any{"b": 1}
	null := slices.Repeat([]*pair{{1, 2}}, 20)
	null[19] = nil
	for _, v := range []any{
		nil, 1, "text", []int{1, 2}, []any{pair{}}, make([]pair, minBlock-1), make([]nothing, 20), make([]wide, 20), make([]time.Time, 20), make([]sql.NullInt64, 20), make([]map[string]int, 20),
		make([]map[string]any, 20), slices.Repeat([]map[string]any{{}}, 20), fewer, other, null, [20]pair{}, map[string][]pair{"a": make([]pair, 20)}, []pair(nil), make([]**pair, 20),
		slices.Repeat([]map[string]any{{strings.Repeat("k", 70_000): strings.Repeat("v", 70_000)}}, 20),
	} {
		for _, enc := range inBlocks {
			got, err := appendArgument(nil, v, enc)
			require.NoError(t, err)
			want, err := appendValue(nil, v, enc)
			require.NoError(t, err)
			require.Equal(t, shapedtest.Show(want), shapedtest.Show(got), "%T", v)
		}
	}
}

func TestErrorInABlockSaysWhereItLies(t *testing.T) {
	t.Parallel()
	for what, change := range map[string]func(v *manyFields){
		"Text": func(v *manyFields) { v.Text = "\xff" }, "Time": func(v *manyFields) { v.Time = time.Unix(math.MaxInt64, 0) }, "Span": func(v *manyFields) { v.Span = -1 },
		"Any": func(v *manyFields) { v.Any = make(chan int) }, "Inner.B[0]": func(v *manyFields) { v.Inner.B = []string{"\xff"} },
	} {
		list := manyRecords(20)
		change(&list[17])
		_, err := appendArgument(nil, list, encoding{blocks: true})
		_, want := appendValue(nil, list, encoding{})
		require.EqualError(t, err, want.Error())
		require.ErrorContains(t, err, "[17]."+what+": ")
	}
	maps := slices.Repeat([]map[string]any{{"a": "x"}}, 20)
	maps[3] = map[string]any{"a": "\xff"}
	_, err := appendArgument(nil, maps, encoding{blocks: true})
	require.ErrorContains(t, err, "[3].a: the string is not UTF-8")
}

// Not parallel: it counts allocations.
func TestBlockOfPlainStructsAllocatesNothingForARow(t *testing.T) {
	type plain struct {
		A int
		B string
		C time.Time
		D [16]byte
	}
	var b []byte
	var list any = make([]plain, 1000)
	allocs := testing.AllocsPerRun(10, func() { b, _ = appendArgument(b[:0], list, encoding{blocks: true}) })
	require.LessOrEqual(t, allocs, 2.0)
}

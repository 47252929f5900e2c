package shaped_test

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/surrealsql/surrealsql/internal/cbor"
	"github.com/surrealsql/surrealsql/internal/shaped"
	"github.com/surrealsql/surrealsql/internal/shaped/shapedtest"
	"github.com/surrealsql/surrealsql/internal/wire"
)

// The reader beside a writer that knows nothing of it: what was written is read, what is
// wrong is refused, and no bytes make it panic or allocate by what they merely claim.

// most bounds how many rows read looks at: rows that take no bytes may be any number.
const most = 70_000

// open opens the block that a decoder stands before.
func open(r *shaped.Rows, d *cbor.Decoder, scope *shaped.Scope) error {
	if err := wire.ExpectTag(d, wire.TagBlock); err != nil {
		return err
	}
	return r.Open(d, scope)
}

// arrayOf is the array that the block stands for which a decoder stands before.
func arrayOf(d *cbor.Decoder) ([]byte, error) {
	if err := wire.ExpectTag(d, wire.TagBlock); err != nil {
		return nil, err
	}
	return shaped.AppendArray(nil, d)
}

// read reads the rows of a block that has a scope of its own.
func read(d *cbor.Decoder) (rows [][]byte, err error) { return readIn(d, new(shaped.Scope)) }

// readIn reads the rows of a block, each as CBOR.
func readIn(d *cbor.Decoder, scope *shaped.Scope) (rows [][]byte, err error) {
	var r shaped.Rows
	if err := open(&r, d, scope); err != nil {
		return nil, err
	}
	for {
		n, err := r.Batch(d)
		if n == 0 || err != nil {
			return rows, err
		}
		for range n {
			row, err := r.Row(d)
			if err != nil {
				return rows, err
			}
			item, err := row.AppendCBOR(nil)
			if err != nil {
				return rows, err
			}
			r.Take(d, row)
			if rows = append(rows, item); len(rows) == most {
				return rows, nil
			}
		}
	}
}

// readBytes reads a block that is there whole, and checks that nothing is left.
func readBytes(block shapedtest.Block) (rows [][]byte, err error) {
	var d cbor.Decoder
	d.Reset(block.Append(nil))
	if rows, err = read(&d); err == nil && len(rows) < most {
		err = d.Tail()
	}
	return rows, err
}

// arriving is a source that has so many bytes more each time.
type arriving struct {
	rest []byte
	step int
}

func (a *arriving) Fill(tail []byte) ([]byte, error) {
	if len(a.rest) == 0 {
		return tail, io.EOF
	}
	n := min(a.step, len(a.rest))
	b := append(bytes.Clone(tail), a.rest[:n]...)
	a.rest = a.rest[n:]
	return b, nil
}

// readArriving reads a block as it comes, in pieces.
func readArriving(block shapedtest.Block, step int) (rows [][]byte, err error) {
	var d cbor.Decoder
	d.ResetSource(nil, &arriving{block.Append(nil), step})
	return read(&d)
}

// show writes rows out as one array.
func show(rows [][]byte) string {
	all := cbor.AppendArrayHeader(nil, len(rows))
	return shapedtest.Show(append(all, bytes.Join(rows, nil)...))
}

func TestReaderReadsWhatIsWritten(t *testing.T) {
	t.Parallel()
	for _, right := range shapedtest.AllRight() {
		want := shapedtest.Show(shapedtest.AppendCBOR(nil, right.Rows))
		rows, err := readBytes(right.Block)
		require.NoError(t, err, right.Name)
		require.Equal(t, want, show(rows), right.Name)

		var d cbor.Decoder
		d.Reset(right.Block.Append(nil))
		whole, err := arrayOf(&d)
		require.NoError(t, err, right.Name)
		require.NoError(t, d.Tail(), right.Name)
		require.Equal(t, want, shapedtest.Show(whole), right.Name)

		rows, err = readArriving(right.Block, 1+len(right.Block)/50)
		require.NoError(t, err, right.Name)
		require.Equal(t, want, show(rows), right.Name)
	}
}

func TestReaderReadsUpToItsLimits(t *testing.T) {
	t.Parallel()
	empty := shapedtest.New().Announce(0, shapedtest.Object(false))
	rows, err := readBytes(empty.BatchOf(0, 65_536, nil))
	require.NoError(t, err)
	require.Len(t, rows, 65_536)

	all := shapedtest.New()
	for id := range uint32(65_536) {
		all = all.Announce(id*7, shapedtest.Values())
	}
	rows, err = readBytes(all.Batch(65_535*7, shapedtest.Values().Row("the last")))
	require.NoError(t, err)
	require.Equal(t, `["the last"]`, show(rows))
}

func TestReaderRefusesWhatIsWrong(t *testing.T) {
	t.Parallel()
	_, err := readBytes(shapedtest.Good())
	require.NoError(t, err)
	for _, wrong := range shapedtest.AllWrong() {
		_, err := readBytes(wrong.Block)
		_, errArriving := readArriving(wrong.Block, 1+len(wrong.Block)/50)
		require.Equal(t, wrong.Inside, err == nil, wrong.Name)
		require.Equal(t, wrong.Inside, errArriving == nil, wrong.Name)
	}
}

// written is a block by chance, and its rows.
func written(r *rand.Rand) (shapedtest.Block, []any) {
	block, all := shapedtest.New(), []any{}
	for id := range uint32(1 + r.IntN(3)) {
		s := shapedtest.Random(r)
		rows := make([]shapedtest.Row, r.IntN(5))
		for i := range rows {
			all = append(all, s.RandomRow(r))
			rows[i] = s.Row(all[len(all)-1])
		}
		block = block.Announce(id, s).Batch(id, rows...)
	}
	return block, all
}

func FuzzWritten(f *testing.F) {
	for seed := range uint64(200) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		r := rand.New(rand.NewPCG(seed, 1))
		block, values := written(r)
		want := shapedtest.Show(shapedtest.AppendCBOR(nil, values))
		rows, err := readBytes(block)
		require.NoError(t, err)
		require.Equal(t, want, show(rows))
		rows, err = readArriving(block, 1+r.IntN(len(block)))
		require.NoError(t, err)
		require.Equal(t, want, show(rows))
	})
}

// damage changes a few bytes, or cuts or repeats some.
func damage(r *rand.Rand, block shapedtest.Block) shapedtest.Block {
	b := bytes.Clone(block)
	for range 1 + r.IntN(3) {
		at := r.IntN(len(b))
		switch r.IntN(6) {
		case 0:
			b[at] ^= 1 << r.IntN(8)
		case 1:
			b[at] = byte(r.Uint32())
		case 2:
			b[at] += byte(r.IntN(3)) - 1
		case 3:
			b[at] = 0xff
		case 4:
			b = append(b[:at], b[min(len(b), at+r.IntN(9)):]...)
		case 5:
			b = append(b[:at], append(bytes.Clone(b[max(0, at-r.IntN(9)):at]), b[at:]...)...)
		}
		if len(b) == 0 {
			break
		}
	}
	return b
}

// judge reads any bytes as a block: whole and in pieces alike, to values that are CBOR, and
// without allocating by what they claim.
func judge(t *testing.T, block shapedtest.Block) {
	t.Helper()
	rows, err := readBytes(block)
	again, errAgain := readArriving(block, 1+len(block)/7)
	require.Equal(t, err == nil, errAgain == nil, "%x: %v, %v", []byte(block), err, errAgain)
	require.Equal(t, rows, again, "%x", []byte(block))
	for _, row := range rows {
		var d cbor.Decoder
		d.Reset(row)
		require.NoError(t, d.Skip(), "%x", []byte(block))
		require.NoError(t, d.Tail(), "%x", []byte(block))
	}
}

func FuzzBlock(f *testing.F) {
	for _, right := range shapedtest.AllRight() {
		if len(right.Block) < 10_000 {
			f.Add([]byte(right.Block))
		}
	}
	for _, wrong := range shapedtest.AllWrong() {
		if len(wrong.Block) < 10_000 {
			f.Add([]byte(wrong.Block))
		}
	}
	f.Fuzz(func(t *testing.T, block []byte) { judge(t, block) })
}

func FuzzDamaged(f *testing.F) {
	for seed := range uint64(1000) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		r := rand.New(rand.NewPCG(seed, 2))
		block, _ := written(r)
		judge(t, damage(r, block))
	})
}

// allocated is how many bytes f allocates.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// Not parallel: it counts what the whole program allocates.
func TestReaderAllocatesNoMoreThanTheBytesHold(t *testing.T) {
	look := func(block shapedtest.Block) {
		var (
			d      cbor.Decoder
			scope  shaped.Scope
			r      shaped.Rows
			buffer []byte
		)
		d.Reset(block.Append(nil))
		if open(&r, &d, &scope) != nil {
			return
		}
		for {
			n, err := r.Batch(&d)
			if n == 0 || err != nil {
				return
			}
			for range min(n, 3) {
				row, err := r.Row(&d)
				if err != nil {
					return
				}
				if buffer, err = row.AppendCBOR(buffer[:0]); err != nil {
					return
				}
				r.Take(&d, row)
			}
			if n > 3 {
				return
			}
		}
	}
	check := func(name string, block shapedtest.Block) {
		bound := 32*uint64(len(block)) + 16<<10
		if got := allocated(func() { look(block) }); got > bound {
			t.Errorf("%s: %d bytes allocated for %d", name, got, len(block))
		}
	}
	for _, wrong := range shapedtest.AllWrong() {
		check(wrong.Name, wrong.Block)
	}
	for _, right := range shapedtest.AllRight() {
		check(right.Name, right.Block)
	}
	r := rand.New(rand.NewPCG(3, 3))
	for range 2000 {
		block, _ := written(r)
		check("by chance", damage(r, block))
	}
}

func TestTextIsTakenWhereGoTakesIt(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		b := []byte(rapid.StringN(0, 40, 60).Draw(t, "text"))
		if n := len(b); n > 0 && rapid.Bool().Draw(t, "broken") {
			b[rapid.IntRange(0, n-1).Draw(t, "at")] = rapid.Byte().Draw(t, "byte")
		}
		require.Equal(t, utf8.Valid(b), shaped.IsText(b))
	})
}

// The keys of a shape stand in an array once a row, and rows may take no bytes: what a block
// is as an array is bounded by a multiple of its bytes.
func TestArrayOfABlockIsNoBomb(t *testing.T) {
	t.Parallel()
	wide := make([]shapedtest.Column, 4_000)
	for i := range wide {
		wide[i] = shapedtest.Column{Name: fmt.Sprintf("o%04d", i), Kind: shapedtest.ObjectKind}
	}
	one := shapedtest.New().Announce(0, shapedtest.Object(false, append(wide, shapedtest.Column{Name: "z", Kind: shapedtest.U8})...))
	empty, none := shapedtest.New().Announce(0, shapedtest.Object(false, wide...)), shapedtest.New().Announce(0, shapedtest.Object(false))
	for range 100 {
		none = none.BatchOf(0, 65_536, nil)
	}
	for name, block := range map[string]shapedtest.Block{
		"wide rows of a byte": one.BatchOf(0, 100_000, make([]byte, 100_000)), "wide rows of no bytes": empty.BatchOf(0, 65_536, nil), "empty rows": none,
	} {
		var d cbor.Decoder
		d.Reset(block.Append(nil))
		b, err := arrayOf(&d)
		require.ErrorContains(t, err, "far larger array", name)
		require.Less(t, len(b), 64<<20, name)
	}
}

package failures

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/drivertest"
	"github.com/surrealsql/surrealsql/internal/scripted"
	"github.com/surrealsql/surrealsql/internal/shaped/shapedtest"
)

// Blocks that are larger than what is read at once, blocks that are damaged by chance, and
// blocks that stand for far more than they are.

// numbered is the shape of rows of a number and a text, numberedRow one of them.
var numbered = shapedtest.Object(false, shapedtest.Column{Name: "n", Kind: shapedtest.Int}, shapedtest.Column{Name: "s", Kind: shapedtest.String})

func numberedRow(n int) shapedtest.Row {
	return numbered.Row(map[string]any{"n": int64(n), "s": "row " + strconv.Itoa(n)})
}

// numberedRows are n rows in batches of 256, as the server has them (4.0.0-beta.1). change may
// change any of them.
func numberedRows(n int, change func(i int, r *shapedtest.Row)) shapedtest.Block {
	b := shapedtest.New().Announce(0, numbered)
	var batch []shapedtest.Row
	for i := range n {
		r := numberedRow(i)
		change(i, &r)
		batch = append(batch, r)
		if len(batch) == 256 || i == n-1 {
			b = b.Batch(0, batch...)
			batch = nil
		}
	}
	return b
}

func asTheyAre(int, *shapedtest.Row) {}

// requireNumbered asserts that rows are the first of the numbered ones.
func requireNumbered(t testing.TB, rows []string, said ...any) {
	t.Helper()
	for i, row := range rows {
		if want := fmt.Sprintf("int64(%d)", i); !strings.Contains(row, want) || !strings.Contains(row, fmt.Sprintf("row %d)", i)) && !strings.Contains(row, fmt.Sprintf("row %d]", i)) {
			require.Failf(t, "a wrong row", "row %d is %s: %v", i, row, said)
		}
	}
}

var numberedTexts = []string{"SELECT n, s FROM t", "SELECT * FROM t"}

func TestLargeBlockThatIsTornGivesThePrefixOfItsRowsAndAnError(t *testing.T) {
	t.Parallel()
	const rows = 3000
	whole := block(numberedRows(rows, asTheyAre))
	for _, mode := range modes {
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			srv := newBlocks(t)
			db := drivertest.Solo(srv.open(t, mode))
			for _, text := range numberedTexts {
				srv.results(whole)
				got := readEverything(t.Context(), db, text)
				require.NoError(t, got.err)
				require.Len(t, got.rows, rows)
				requireNumbered(t, got.rows)
				for range 40 {
					srv.answer(func(c *scripted.Conn, r scripted.Request) {
						b := replied(r, whole)
						c.Write(b[:rand.IntN(len(b))])
						if rand.IntN(2) == 0 {
							c.Drop()
						} else {
							c.Reset()
						}
					})
					got := readEverything(t.Context(), db, text)
					require.Error(t, got.err)
					require.LessOrEqual(t, len(got.rows), rows)
					requireNumbered(t, got.rows)
					requireUnmixed(t, db)
				}
			}
		})
	}
}

func TestLargeBlockWithAWrongRowGivesTheRowsBeforeItAndAnError(t *testing.T) {
	t.Parallel()
	const rows, wrong = 3000, 2000
	for name, tc := range map[string]struct {
		change func(*shapedtest.Row)
		says   string
	}{
		"a text that is not UTF-8": {func(r *shapedtest.Row) { r.Vars[0] = []byte("\xff") }, "not UTF-8"},
		"an end beyond the batch":  {func(r *shapedtest.Row) { r.Ends = []uint32{1 << 31} }, "a row of 2147483"},
		"an end in the next row":   {func(r *shapedtest.Row) { r.Ends = []uint32{20} }, ""},
	} {
		whole := block(numberedRows(rows, func(i int, r *shapedtest.Row) {
			if i == wrong {
				tc.change(r)
			}
		}))
		for _, mode := range modes {
			t.Run(name+", "+string(mode), func(t *testing.T) {
				t.Parallel()
				srv := newBlocks(t)
				db := drivertest.Solo(srv.open(t, mode))
				srv.results(whole)
				for _, text := range numberedTexts {
					got := readEverything(t.Context(), db, text)
					require.Error(t, got.err)
					require.ErrorContains(t, got.err, tc.says)
					require.LessOrEqual(t, len(got.rows), wrong+1)
					requireNumbered(t, got.rows[:min(len(got.rows), wrong)])
					requireUnmixed(t, db)
				}
			})
		}
	}
}

// Shapes by chance, two in turns, read by texts that name their columns in any order.
func TestBlockOfAnyShapeGivesTheRowsOfTheArrayThatItStandsFor(t *testing.T) {
	t.Parallel()
	seed := uint64(time.Now().UnixNano())
	texts := append(starAndValue, "SELECT c00 FROM t", "SELECT c03, c01, c00, c02.c00 FROM t", "SELECT c00, c01, c02, c03, c04, c05, c06, c07, c08, c09, c10, c11 FROM t")
	for i, mode := range modes {
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(seed, uint64(i)))
			srv := newBlocks(t)
			db := drivertest.Solo(srv.open(t, mode))
			for range drivertest.FromEnv(t, "SURREALSQL_SHAPES", 300) {
				shapes := []*shapedtest.Shape{shapedtest.Random(r), shapedtest.Random(r)}
				b := shapedtest.New().Announce(0, shapes[0]).Announce(1, shapes[1])
				rows := []any{}
				for range r.IntN(4) {
					id := r.IntN(2)
					var batch []shapedtest.Row
					for range r.IntN(4) {
						v := shapes[id].RandomRow(r)
						rows, batch = append(rows, v), append(batch, shapes[id].Row(v))
					}
					b = b.Batch(uint32(id), batch...)
				}
				for _, text := range texts {
					srv.results(shapedtest.AppendCBOR(nil, rows))
					want := readEverything(t.Context(), db, text)
					srv.results(block(b))
					got := readEverything(t.Context(), db, text)
					require.Equal(t, want.err == nil, got.err == nil, "%s, seed %d: %v, expected %v: %v %v", text, seed, got.err, want.err, got.rows, rows)
					if want.err == nil {
						require.Equal(t, want.rows, got.rows, "%s, seed %d", text, seed)
					}
				}
			}
			requireUnmixed(t, db)
		})
	}
}

// Damage that a reader cannot see gives other values; but never a panic, an endless wait, or
// the answer to another question.
func TestBlockThatIsDamagedAnywhereHarmsNobody(t *testing.T) {
	t.Parallel()
	seed := uint64(time.Now().UnixNano())
	blocksOf := shapedtest.AllRight()
	for i, mode := range modes {
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(seed, uint64(i)))
			srv := newBlocks(t)
			db := drivertest.Solo(srv.open(t, mode))
			calls := wrongCalls()
			for range drivertest.FromEnv(t, "SURREALSQL_DAMAGE", 600) {
				right := blocksOf[r.IntN(len(blocksOf))]
				if len(right.Block) > 64<<10 {
					continue
				}
				wrong := damaged(r, right.Block)
				srv.results(block(wrong), block(wrong))
				began := time.Now()
				for _, text := range append(starAndValue, "SELECT c FROM t") {
					_ = readEverything(t.Context(), db, text)
				}
				for name, call := range calls {
					if r.IntN(len(calls)) == 0 {
						_ = call(t.Context(), db)
						requireUnmixed(t, db, "%s, %x: %s", right.Name, wrong, name)
					}
				}
				requireUnmixed(t, db, "%s, %x", right.Name, wrong)
				require.Less(t, time.Since(began), drivertest.Patience, "%s, %x", right.Name, wrong)
			}
		})
	}
}

// damaged returns a block of which some bytes are others, missing, or more.
func damaged(r *rand.Rand, b shapedtest.Block) shapedtest.Block {
	b = append(shapedtest.Block{}, b...)
	for range 1 + r.IntN(3) {
		at := r.IntN(len(b) + 1)
		switch r.IntN(4) {
		case 0:
			b = append(b[:at:at], append([]byte{byte(r.Uint32())}, b[at:]...)...)
		case 1:
			b = b[:at]
		case 2:
			if at < len(b) {
				b[at] ^= 1 << r.IntN(8)
			}
		default:
			if at < len(b) {
				b[at] = []byte{0, 1, 0x7f, 0x80, 0xff}[r.IntN(5)]
			}
		}
		if len(b) == 0 {
			return b
		}
	}
	return b
}

// Blocks within blocks would stand for the product of all of them. The server makes none
// (4.0.0-beta.1).
func TestBlocksInBlocksTakeNoMoreMemoryThanTheyAre(t *testing.T) {
	const size, depth = 1 << 20, 100
	one := shapedtest.Object(false, shapedtest.Column{Name: "c", Kind: shapedtest.Dynamic})
	inner := scripted.Value(strings.Repeat("x", size))
	for range depth {
		inner = shapedtest.New().Announce(0, one).Batch(0, shapedtest.Row{Vars: [][]byte{inner}}).Append(nil)
	}
	for _, mode := range modes {
		srv := newBlocks(t)
		db := drivertest.Solo(srv.open(t, mode))
		srv.results(inner)
		for _, text := range append(starAndValue, "SELECT c FROM t") {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			got := readEverything(t.Context(), db, text)
			runtime.ReadMemStats(&after)
			require.ErrorContains(t, got.err, "a block within a block", text)
			require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(16*size), text)
			requireUnmixed(t, db)
		}
	}
}

// A name stands in a block once, and in the array for every row.
func TestBlockThatStandsForFarMoreThanItIsIsRefused(t *testing.T) {
	columns := make([]shapedtest.Column, 256)
	row := make(map[string]any)
	for i := range columns {
		columns[i] = shapedtest.Column{Name: fmt.Sprintf("%03d", i) + strings.Repeat("n", 65_000), Kind: shapedtest.Bit}
		row[columns[i].Name] = true
	}
	s, one := shapedtest.Object(false, columns...), shapedtest.Values()
	rows := slices.Repeat([]shapedtest.Row{s.Row(row)}, 1000) // 16 GB as an array
	srv := newBlocks(t)
	db := drivertest.Solo(srv.open(t, surrealsql.StreamNever))
	srv.results(block(shapedtest.New().Announce(0, one).Announce(1, s).Batch(0, one.Row("x")).Batch(1, rows...)))
	got := readEverything(t.Context(), db, "RETURN x")
	require.ErrorContains(t, got.err, "far larger array")
	requireUnmixed(t, db)
}

package surrealsql

import (
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

const mebi = 1 << 20

// heldBy is how many bytes of the heap what f leaves behind holds.
func heldBy(f func()) int {
	heap := func() int {
		runtime.GC()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int(m.HeapAlloc)
	}
	before := heap()
	f()
	return heap() - before
}

// denseTexts are texts whose analysis is many times as large as they are.
var denseTexts = map[string]func(i, size int) string{
	"text":       func(i, size int) string { return fmt.Sprintf("RETURN %d + '%s'", i, strings.Repeat("x", size)) },
	"columns":    func(i, size int) string { return fmt.Sprintf("SELECT a%d%s FROM t", i, strings.Repeat(",b", size/2)) },
	"paths":      func(i, size int) string { return fmt.Sprintf("SELECT a%d%s FROM t", i, strings.Repeat(".b", size/2)) },
	"statements": func(i, size int) string { return fmt.Sprintf("RETURN %d%s", i, strings.Repeat(";1", size/2)) },
	"ordinals":   func(i, size int) string { return fmt.Sprintf("RETURN [%d%s]", i, strings.Repeat(",$1", size/3)) },
	"parameters": func(i, size int) string {
		var b strings.Builder
		for n := 0; b.Len() < size; n++ {
			fmt.Fprintf(&b, ",$p%d", n)
		}
		return fmt.Sprintf("RETURN [%d%s]", i, b.String())
	},
	"nesting": func(i, size int) string {
		return fmt.Sprintf("RETURN %d%s1%s", i, strings.Repeat("+(", size/3), strings.Repeat(")", size/3))
	},
	"writes": func(i, size int) string { return fmt.Sprintf("RETURN %d%s", i, strings.Repeat(";DELETE a", size/9)) },
}

func TestRememberedTextsAreBoundedByTheBytesTheyHold(t *testing.T) {
	sizes := map[int]int{100: 2000, 10 << 10: 100, mebi / 2: 2}
	for name, text := range denseTexts {
		for size, n := range sizes {
			c := newTexts()
			held := heldBy(func() {
				for i := range n {
					c.of(text(i, size))
				}
			})
			require.Less(t, held, 2*maxAnalysisBytes+2*mebi, "%d texts of %d bytes: %s", n, size, name)
			runtime.KeepAlive(c)
		}
	}
}

func TestEightHundredTextsOfAMebibyteAreNotKept(t *testing.T) {
	c, filler := newTexts(), strings.Repeat("x", mebi)
	held := heldBy(func() {
		for i := range 800 {
			c.of(fmt.Sprintf("RETURN %d + '%s'", i, filler))
			ReadsOnly(fmt.Sprintf("RETURN %d + '%s'", i, filler))
		}
	})
	require.Less(t, held, mebi)
	runtime.KeepAlive(c)
}

func TestReadsOnlyKeepsAMebibyteAtTheMost(t *testing.T) {
	held := heldBy(func() {
		for name, text := range denseTexts {
			for i := range 2000 {
				ReadsOnly(text(i, 1000) + "--" + name)
			}
		}
	})
	require.Less(t, held, 2*maxJudgedBytes+mebi/2)
}

func TestAPartOfALargerStringDoesNotKeepTheWhole(t *testing.T) {
	c := newTexts()
	held := heldBy(func() {
		for i := range 100 {
			whole := fmt.Sprintf("RETURN %d", i) + strings.Repeat(" ", mebi)
			for range 2 { // read, and taken over from the old generation
				c.of(whole[:len(whole)-mebi])
				c.age(c.young.Load())
			}
			ReadsOnly(whole[:len(whole)-mebi])
		}
	})
	require.Less(t, held, mebi)
	runtime.KeepAlive(c)
}

func TestAConnectionKeepsNoLargeText(t *testing.T) {
	c := &Conn{connector: &Connector{texts: newTexts()}}
	held := heldBy(func() { c.analyze("RETURN '" + strings.Repeat("x", 8*mebi) + "'") })
	require.Less(t, held, mebi)
	q := c.analyze("RETURN 1")
	require.Same(t, q, c.analyze("RETURN 1"))
	runtime.KeepAlive(c)
}

// What an analysis weighs is compared with what the runtime says of it.
func TestTheFootprintOfAnAnalysisIsWhatItHolds(t *testing.T) {
	for name, text := range denseTexts {
		s := text(1, 5000)
		const n = 50
		var kept [n]*analysis
		held := heldBy(func() {
			for i := range kept {
				kept[i] = newAnalysis(s)
			}
		})
		said := n * footprint(kept[0], s)
		runtime.KeepAlive(kept)
		t.Log(name, held/n, said/n)
		require.Greater(t, said+n*1024, held*3/4, name)
		require.Less(t, said, held*3/2+n*2048, name)
	}
}

func TestATextInUseIsRememberedWhileOthersComeAndGo(t *testing.T) {
	t.Parallel()
	c := newTexts()
	q, kept := c.of("RETURN 1")
	require.True(t, kept)
	for i := range 10 * maxTexts {
		c.of(fmt.Sprintf("RETURN 'other %d'", i))
		again, _ := c.of("RETURN 1")
		require.Same(t, q, again)
	}
	for i := range 3 * maxTexts {
		c.of(fmt.Sprintf("RETURN 'and another %d'", i))
	}
	again, _ := c.of("RETURN 1")
	require.NotSame(t, q, again, "one that is not in use goes")
}

func TestTextsAreReadByManyAtOnce(t *testing.T) {
	t.Parallel()
	c := newTexts()
	var all sync.WaitGroup
	for g := range 8 {
		all.Go(func() {
			for i := range 3000 {
				text := fmt.Sprintf("SELECT a%d FROM t%d", (g*i)%700, i%3)
				q, _ := c.of(text)
				if q.Text != text {
					panic(q.Text)
				}
			}
		})
	}
	all.Wait()
}

func TestFindingARememberedTextAllocatesNothing(t *testing.T) {
	c := newTexts()
	c.of("RETURN 1")
	ReadsOnly("RETURN 1")
	require.Zero(t, testing.AllocsPerRun(100, func() {
		c.of("RETURN 1")
		ReadsOnly("RETURN 1")
	}))
}

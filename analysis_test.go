package surrealsql

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql/internal/textcache"
)

// What is remembered of texts: how many bytes that may hold, and what it costs to find.

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

func TestAnalysesAreBoundedByTheBytesTheyHold(t *testing.T) {
	sizes := map[int]int{100: 2000, 10 << 10: 100, mebi / 2: 2}
	for name, text := range denseTexts {
		for size, n := range sizes {
			c := newAnalysisCache(maxAnalysisBytes)
			held := heldBy(func() {
				for i := range n {
					c.Get(text(i, size))
				}
			})
			require.Less(t, held, 2*maxAnalysisBytes+2*mebi, "%d texts of %d bytes: %s", n, size, name)
			runtime.KeepAlive(c)
		}
	}
}

func TestAnalysesOfEightyMebibytesAreNotKept(t *testing.T) {
	c, filler := newAnalysisCache(maxAnalysisBytes), strings.Repeat("x", mebi)
	held := heldBy(func() {
		for i := range 80 {
			c.Get(fmt.Sprintf("RETURN %d + '%s'", i, filler))
			ReadsOnly(fmt.Sprintf("RETURN %d + '%s'", i, filler))
		}
	})
	require.Less(t, held, mebi)
	runtime.KeepAlive(c)
}

func TestTextsReadsOnlyKeepsAMebibyteAtTheMost(t *testing.T) {
	held := heldBy(func() {
		for name, text := range denseTexts {
			for i := range 2000 {
				ReadsOnly(text(i, 1000) + "--" + name)
			}
		}
	})
	require.Less(t, held, 2*maxReadsOnlyBytes+mebi/2)
}

func TestAnalysisOfAPartOfALargerStringDoesNotKeepTheWhole(t *testing.T) {
	c := newAnalysisCache(maxAnalysisBytes)
	held := heldBy(func() {
		for range 2 { // read, and taken over from the old generation
			for i := range 100 {
				whole := fmt.Sprintf("RETURN %d", i) + strings.Repeat(" ", mebi)
				c.Get(whole[:len(whole)-mebi])
				ReadsOnly(whole[:len(whole)-mebi])
			}
			for i := range textcache.MaxTexts {
				c.Get(fmt.Sprintf("RETURN 'other %d'", i))
			}
		}
	})
	require.Less(t, held, mebi)
	runtime.KeepAlive(c)
}

func TestAnalysisOfALargeTextIsNotKeptByAConnection(t *testing.T) {
	c := &Conn{connector: &Connector{analyses: newAnalysisCache(maxAnalysisBytes)}}
	held := heldBy(func() { c.analyze("RETURN '" + strings.Repeat("x", 8*mebi) + "'") })
	require.Less(t, held, mebi)
	q := c.analyze("RETURN 1")
	require.Same(t, q, c.analyze("RETURN 1"))
	runtime.KeepAlive(c)
}

// What an analysis weighs is compared with what the runtime says of it.
func TestAnalysisFootprintIsWhatItHolds(t *testing.T) {
	for name, text := range denseTexts {
		s := text(1, 5000)
		const n = 50
		var kept [n]*analysis
		held := heldBy(func() {
			for i := range kept {
				kept[i] = newAnalysis(s)
			}
		})
		said := n * textcache.Footprint(kept[0], s)
		runtime.KeepAlive(kept)
		t.Log(name, held/n, said/n)
		require.Greater(t, said+n*1024, held*3/4, name)
		require.Less(t, said, held*3/2+n*2048, name)
	}
}

func TestAnalysisOfARememberedTextAllocatesNothing(t *testing.T) {
	c := newAnalysisCache(maxAnalysisBytes)
	c.Get("RETURN 1")
	ReadsOnly("RETURN 1")
	require.Zero(t, testing.AllocsPerRun(100, func() {
		c.Get("RETURN 1")
		ReadsOnly("RETURN 1")
	}))
}

package textcache_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql/internal/textcache"
)

// read makes of a text what tells one reading of it from another.
func read(text string) *string { return &text }

func newCache() *textcache.Cache[*string] {
	return textcache.New(1<<20, read, func(*string, string) int { return 0 })
}

func TestCacheKeepsATextInUseWhileOthersComeAndGo(t *testing.T) {
	t.Parallel()
	c := newCache()
	v, kept := c.Get("RETURN 1")
	require.True(t, kept)
	for i := range 10 * textcache.MaxTexts {
		c.Get(fmt.Sprintf("RETURN 'other %d'", i))
		again, _ := c.Get("RETURN 1")
		require.Same(t, v, again)
	}
	for i := range 3 * textcache.MaxTexts {
		c.Get(fmt.Sprintf("RETURN 'and another %d'", i))
	}
	again, _ := c.Get("RETURN 1")
	require.NotSame(t, v, again, "one that is not in use goes")
}

func TestCacheReadsALargeTextEachTime(t *testing.T) {
	t.Parallel()
	c, large := newCache(), strings.Repeat("x", 1<<18)
	v, kept := c.Get(large)
	require.False(t, kept)
	again, kept := c.Get(large)
	require.False(t, kept)
	require.NotSame(t, v, again)
}

func TestCacheIsReadByManyAtOnce(t *testing.T) {
	t.Parallel()
	c := newCache()
	var all sync.WaitGroup
	for g := range 8 {
		all.Go(func() {
			for i := range 3000 {
				text := fmt.Sprintf("SELECT a%d FROM t%d", (g*i)%700, i%3)
				if v, _ := c.Get(text); *v != text {
					panic(*v)
				}
			}
		})
	}
	all.Wait()
}

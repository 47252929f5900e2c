package box

import (
	"fmt"
	"math"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Values from an arena, which must be like any others.

func TestArenaMakesInterfacesLikeAnyOther(t *testing.T) {
	t.Parallel()
	when := time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC)
	var shared Arena
	for name, b := range map[string]*Arena{"shared": &shared, "none": nil} {
		for _, v := range []int64{0, 1, 255, 256, -1, math.MaxInt64, math.MinInt64} {
			requireBox(t, v, b.Int(v), name)
		}
		for _, v := range []float64{0, 1.5, math.Inf(-1), math.MaxFloat64} {
			requireBox(t, v, b.Float(v), name)
		}
		for _, v := range []string{"", "a", strings.Repeat("x", maxSharedText), strings.Repeat("x", maxSharedText+1)} {
			requireBox(t, v, b.Text(v), name)
			requireBox(t, named(v), TextOf(b, named(v)), name)
		}
		for _, v := range []time.Time{{}, when} {
			requireBox(t, v, b.Time(v), name)
		}
	}
	require.True(t, math.IsNaN(shared.Float(math.NaN()).(float64)))
}

// named is a string that is not Go's own.
type named string

func requireBox[T comparable](t *testing.T, want T, got any, name string) {
	t.Helper()
	v, ok := got.(T)
	require.True(t, ok, "%s: %T", name, got)
	require.Equal(t, want, v, name)
	require.True(t, got == any(want), name)
	require.Equal(t, reflect.TypeFor[T](), reflect.TypeOf(got), name)
	require.Equal(t, any(want), reflect.ValueOf(got).Interface(), name)
	require.Equal(t, fmt.Sprint(want), fmt.Sprint(got), name)
	if want == want { // a map finds it by its hash
		require.True(t, map[any]bool{want: true}[got], name)
	}
}

func TestArenaValueOutlivesItsNeighboursAndCollections(t *testing.T) {
	t.Parallel()
	var b Arena
	kept := map[int][4]any{}
	for i := range 20_000 {
		text := fmt.Sprintf("text %d", i)
		v := [4]any{b.Int(int64(i) << 20), b.Float(float64(i) + 0.5), b.Text(text), b.Time(time.Unix(int64(i), 7).UTC())}
		if i%97 == 0 {
			kept[i] = v
		}
		if i%5_000 == 0 {
			runtime.GC()
		}
	}
	b = Arena{}
	runtime.GC()
	for i, v := range kept {
		want := [4]any{int64(i) << 20, float64(i) + 0.5, fmt.Sprintf("text %d", i), time.Unix(int64(i), 7).UTC()}
		require.Equal(t, want, v)
	}
}

func TestArenaKeysAreWhatTheyWereMadeOf(t *testing.T) {
	var a Arena
	for _, name := range []string{"", "a", "id", "name", "mane", "é", strings.Repeat("x", maxSharedText), strings.Repeat("x", maxSharedText+1)} {
		for range 2 {
			require.Equal(t, name, a.Key([]byte(name)))
			require.Equal(t, name, (*Arena)(nil).Key([]byte(name)))
		}
	}
	name := []byte("colour")
	a.Key(name)
	require.Zero(t, testing.AllocsPerRun(100, func() { a.Key(name) }))
}

func TestArenaStringsOutliveWhatTheyWereMadeOf(t *testing.T) {
	t.Parallel()
	var shared Arena
	for name, a := range map[string]*Arena{"shared": &shared, "none": nil} {
		var got, want []string
		keep := func(s, of string) { got, want = append(got, s), append(want, of) }
		bytes := make([]byte, maxSharedText+2)
		for n := range 1_000 {
			for i := range bytes {
				bytes[i] = byte('a' + n%26)
			}
			text := bytes[:n%len(bytes)]
			keep(a.Texts().String(text), string(text))
			keep(a.Texts().Keep(append(a.Texts().Room(len(text)), text...)), string(text))
			_ = append(a.Texts().Room(len(text)), "not kept"...)
			keep(a.Texts().Keep(append(a.Texts().Room(1), text...)), string(text)) // longer than it was said
			keep(a.Texts().Keep(append(a.Texts().Room(2*maxSharedText), text...)), string(text))
		}
		runtime.GC()
		require.Equal(t, want, got, name)
	}
}

func TestSlabCopiesShareNoBytes(t *testing.T) {
	t.Parallel()
	var s Slab[int]
	one, two := s.Copy([]int{1, 2, 3}), s.Copy([]int{4, 5})
	_ = append(one, 9)
	one[0] = 7
	require.Equal(t, []int{4, 5}, two)
	require.Nil(t, s.Copy(nil))
	require.Equal(t, make([]int, 2*perSlab), s.Copy(make([]int, 2*perSlab)))
}

func TestArenaMakesShortStringsTogether(t *testing.T) {
	var a Arena
	short, long := []byte("a short text"), []byte(strings.Repeat("x", maxSharedText+1))
	require.LessOrEqual(t, testing.AllocsPerRun(1_000, func() { a.Texts().String(short) }), 12.0/perTexts+0.01)
	require.LessOrEqual(t, testing.AllocsPerRun(1_000, func() { a.Texts().Keep(append(a.Texts().Room(12), short...)) }), 12.0/perTexts+0.01)
	require.GreaterOrEqual(t, testing.AllocsPerRun(1_000, func() { a.Texts().String(long) }), 1.0)
}

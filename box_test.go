package surrealsql

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

func TestBoxesAreInterfacesLikeAnyOther(t *testing.T) {
	t.Parallel()
	when := time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC)
	var shared boxes
	for name, b := range map[string]*boxes{"shared": &shared, "none": nil} {
		for _, v := range []int64{0, 1, 255, 256, -1, math.MaxInt64, math.MinInt64} {
			requireBox(t, v, b.int(v), name)
		}
		for _, v := range []float64{0, 1.5, math.Inf(-1), math.MaxFloat64} {
			requireBox(t, v, b.float(v), name)
		}
		for _, v := range []string{"", "a", strings.Repeat("x", maxSharedText), strings.Repeat("x", maxSharedText+1)} {
			requireBox(t, v, b.text(v), name)
		}
		for _, v := range []time.Time{{}, when} {
			requireBox(t, v, b.time(v), name)
		}
	}
	require.True(t, math.IsNaN(shared.float(math.NaN()).(float64)))
}

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

func TestABoxedValueOutlivesItsNeighboursAndCollections(t *testing.T) {
	t.Parallel()
	var b boxes
	kept := map[int][4]any{}
	for i := range 20_000 {
		text := fmt.Sprintf("text %d", i)
		v := [4]any{b.int(int64(i) << 20), b.float(float64(i) + 0.5), b.text(text), b.time(time.Unix(int64(i), 7).UTC())}
		if i%97 == 0 {
			kept[i] = v
		}
		if i%5_000 == 0 {
			runtime.GC()
		}
	}
	b = boxes{}
	runtime.GC()
	for i, v := range kept {
		want := [4]any{int64(i) << 20, float64(i) + 0.5, fmt.Sprintf("text %d", i), time.Unix(int64(i), 7).UTC()}
		require.Equal(t, want, v)
	}
}

func TestALongTextSharesItsBoxWithNobody(t *testing.T) {
	t.Parallel()
	var b boxes
	b.text(strings.Repeat("x", maxSharedText+1))
	require.Zero(t, b.strings.used)
	b.text("short")
	require.Equal(t, 1, b.strings.used)
}

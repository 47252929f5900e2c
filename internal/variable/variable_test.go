package variable_test

import (
	"math"
	"reflect"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql/internal/variable"
)

// Variables that are set by reference, as package reflect would set them.

type (
	name  string
	inner struct {
		Flag bool
		Deep struct{ Ratio float32 }
	}
	outer struct {
		Lead byte
		inner
		Name  name
		When  time.Time
		Items []int16
		Pair  [2]name
	}
)

func TestFieldsAreSetWhereTheyLie(t *testing.T) {
	t.Parallel()
	var v outer
	typ := reflect.TypeFor[outer]()
	at := func(path ...int) variable.Ref { return variable.To(&v).Field(variable.FieldOf(typ, path)) }
	when := time.Unix(1, 2)
	at(1, 0).SetBool(true)
	require.True(t, at(1, 1, 0).SetFloat(1.5, 4))
	at(2).SetString("Ada")
	variable.Set(at(3), when)
	at(4).Value(reflect.TypeFor[[]int16]()).Set(reflect.ValueOf([]int16{1, 2, 3}))
	runtime.GC()
	items := variable.ItemsOf(reflect.ValueOf(&v.Items).Elem())
	require.True(t, items.At(2).SetInt(-7, 2))
	variable.ItemsOf(reflect.ValueOf(&v.Pair).Elem()).At(1).SetString("x")
	names := []name{"a", "b"}
	variable.ItemsIn(names).At(1).SetString("c")
	require.Equal(t, []name{"a", "c"}, names)
	want := outer{inner: inner{Flag: true}, Name: "Ada", When: when, Items: []int16{1, 2, -7}, Pair: [2]name{"", "x"}}
	want.Deep.Ratio = 1.5
	require.Equal(t, want, v)
}

func TestRefIsOfAVariableOrOfNone(t *testing.T) {
	t.Parallel()
	var s string
	require.False(t, variable.Ref{}.IsValid())
	require.True(t, variable.To(&s).IsValid())
	variable.Of(reflect.ValueOf(&s).Elem()).SetString("x")
	require.Equal(t, "x", s)
}

// requireAsReflect stores a number in a variable of type T, beside package reflect.
func requireAsReflect[T comparable](t *testing.T, overflows bool, set func(r variable.Ref, size uintptr) bool, want func(reflect.Value)) {
	t.Helper()
	var around [3]T // whose neighbours must stay as they are
	v := reflect.ValueOf(&around[1]).Elem()
	require.Equal(t, !overflows, set(variable.Of(v), v.Type().Size()))
	var expected [3]T
	if !overflows {
		want(reflect.ValueOf(&expected[1]).Elem())
	}
	require.Equal(t, expected, around)
}

func requireInt[T int | int8 | int16 | int32 | int64](t *testing.T, n int64) {
	t.Helper()
	requireAsReflect[T](t, reflect.ValueOf(T(0)).OverflowInt(n),
		func(r variable.Ref, size uintptr) bool { return r.SetInt(n, size) }, func(v reflect.Value) { v.SetInt(n) })
}

func requireUint[T uint | uint8 | uint16 | uint32 | uint64](t *testing.T, n uint64) {
	t.Helper()
	requireAsReflect[T](t, reflect.ValueOf(T(0)).OverflowUint(n),
		func(r variable.Ref, size uintptr) bool { return r.SetUint(n, size) }, func(v reflect.Value) { v.SetUint(n) })
}

func requireFloat[T float32 | float64](t *testing.T, f float64) {
	t.Helper()
	requireAsReflect[T](t, reflect.ValueOf(T(0)).OverflowFloat(f),
		func(r variable.Ref, size uintptr) bool { return r.SetFloat(f, size) }, func(v reflect.Value) { v.SetFloat(f) })
}

func TestNumbersAreSetWhereTheyFitAndNothingBeside(t *testing.T) {
	t.Parallel()
	for shift := range 64 {
		for _, n := range []int64{1 << shift, 1<<shift - 1, -1 << shift, -1<<shift - 1} {
			requireInt[int](t, n)
			requireInt[int8](t, n)
			requireInt[int16](t, n)
			requireInt[int32](t, n)
			requireInt[int64](t, n)
			requireUint[uint](t, uint64(n))
			requireUint[uint8](t, uint64(n))
			requireUint[uint16](t, uint64(n))
			requireUint[uint32](t, uint64(n))
			requireUint[uint64](t, uint64(n))
		}
	}
	for _, f := range []float64{0, -1.1, math.MaxFloat32, math.MaxFloat64, -math.MaxFloat64, math.Inf(1), 3.4028235677973366e+38} {
		requireFloat[float32](t, f)
		requireFloat[float64](t, f)
	}
}

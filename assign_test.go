package surrealsql

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/big"
	"net/netip"
	"strings"
	"testing"
	"time"

	gofrs "github.com/gofrs/uuid"
	"github.com/stretchr/testify/require"
	"github.com/surrealdb/surrealdb.go/pkg/models"
)

// What Into, Value[T] and the Scan methods of the driver's types store in a destination, and
// how they refuse what does not fit.

type celsius struct{ degrees float64 }

func (c *celsius) Scan(src any) error {
	f, ok := src.(float64)
	if !ok {
		return fmt.Errorf("no temperature: %T", src)
	}
	c.degrees = f
	return nil
}

type viaJSON struct{ text string }

func (v *viaJSON) UnmarshalJSON(b []byte) error { v.text = string(b); return nil }

type viaCBOR struct{ raw []byte }

func (v *viaCBOR) UnmarshalCBOR(b []byte) error { v.raw = b; return nil }

// stored scans src into a new T.
func stored[T any](t testing.TB, src any) T {
	t.Helper()
	var v T
	require.NoError(t, Into(&v).Scan(src), "%T into %T", src, v)
	return v
}

func TestIntoTakesScalarsInEveryFittingType(t *testing.T) {
	t.Parallel()
	require.Equal(t, int8(-128), stored[int8](t, int64(-128)))
	require.Equal(t, 7, stored[int](t, 7.0))
	require.Equal(t, 7, stored[int](t, "7"), "a decimal comes as text")
	require.Equal(t, uint64(math.MaxUint64), stored[uint64](t, "18446744073709551615"))
	require.Equal(t, uint16(9), stored[uint16](t, int64(9)))
	require.Equal(t, 1.5, stored[float64](t, "1.5"))
	require.Equal(t, float32(0.5), stored[float32](t, 0.5))
	require.Equal(t, 3.0, stored[float64](t, int64(3)))
	require.True(t, math.IsInf(float64(stored[float32](t, math.Inf(1))), 1))
	require.Equal(t, aliasString("x"), stored[aliasString](t, "x"))
	require.Equal(t, "p:1", stored[string](t, RecordID("p:1")))
	require.Equal(t, "1..5", stored[string](t, Range("1..5")))
	require.Equal(t, true, stored[bool](t, true))
	require.Equal(t, aliasBytes{1}, stored[aliasBytes](t, []byte{1}))
	require.Equal(t, [2]byte{1, 2}, stored[[2]byte](t, []byte{1, 2}))
	require.Equal(t, time.Unix(5, 0).UTC(), stored[time.Time](t, time.Unix(5, 0).UTC()))
	require.Equal(t, time.Unix(5, 0).UTC(), stored[time.Time](t, "1970-01-01T00:00:05Z"))
	require.Equal(t, int64(time.Hour), stored[int64](t, time.Hour))
	require.Equal(t, time.Hour, *stored[*time.Duration](t, time.Hour))
	require.Equal(t, "x", **stored[**string](t, "x"))
	require.Equal(t, any("x"), stored[any](t, "x"))
	require.Equal(t, fmt.Stringer(RecordID("p:1")), stored[fmt.Stringer](t, RecordID("p:1")))
	require.Equal(t, *big.NewInt(12), stored[big.Int](t, int64(12)))
	require.Equal(t, *big.NewInt(12), stored[big.Int](t, "12"))
	require.Equal(t, netip.MustParseAddr("::1"), stored[netip.Addr](t, "::1"))
	require.Equal(t, celsius{36.6}, stored[celsius](t, 36.6))
	require.Equal(t, sql.NullString{String: "x", Valid: true}, stored[sql.NullString](t, "x"))
	require.Equal(t, sql.Null[[]int]{V: []int{1}, Valid: true}, stored[sql.Null[[]int]](t, []any{int64(1)}))
}

func TestIntoTakesUUIDsInEveryUUIDType(t *testing.T) {
	t.Parallel()
	for _, src := range []any{aUUID.String(), UUID(aUUID.String())} {
		require.Equal(t, aUUID, stored[gofrs.UUID](t, src))
		require.Equal(t, [16]byte(aUUID), stored[[16]byte](t, src))
		require.Equal(t, aliasByte(aUUID[3]), stored[aliasUUID](t, src)[3])
		require.Equal(t, models.UUID{UUID: aUUID}, stored[models.UUID](t, src))
		require.Equal(t, gofrs.NullUUID{UUID: aUUID, Valid: true}, stored[gofrs.NullUUID](t, src))
		require.Equal(t, models.UUIDString(aUUID.String()), stored[models.UUIDString](t, src))
		require.Equal(t, UUID(aUUID.String()), stored[UUID](t, src))
	}
}

func TestIntoFillsTheSDKsModels(t *testing.T) {
	t.Parallel()
	require.Equal(t, models.RecordID{Table: "p", ID: "a b"}, stored[models.RecordID](t, RecordID("p:`a b`")))
	require.Equal(t, &models.RecordID{Table: "p", ID: int64(1)}, stored[*models.RecordID](t, RecordID("p:1")))
	require.Equal(t, models.RecordID{Table: "p", ID: []any{uint64(math.MaxUint64), 1.5}}, stored[models.RecordID](t, RecordID("p:[18446744073709551615u64, 1.5f]")))
	for _, id := range []RecordID{"p:[1i8]", "p:{ a: [{1u64,}] }", "p:[1.5f32, 'a']"} { // which it would be without the width when it is sent
		require.ErrorContains(t, Into(new(models.RecordID)).Scan(id), "scan it into a surrealsql.RecordID", id)
	}
	require.Equal(t, models.CustomDateTime{Time: time.Unix(5, 0).UTC()}, stored[models.CustomDateTime](t, time.Unix(5, 0).UTC()))
	require.Equal(t, models.CustomDuration{Duration: time.Hour}, stored[models.CustomDuration](t, time.Hour))
	require.Equal(t, models.Table("t"), stored[models.Table](t, Table("t")))
	require.Equal(t, models.DecimalString("1.5"), stored[models.DecimalString](t, "1.5"))
	require.Equal(t, aPoint, stored[models.GeometryPoint](t, aPoint))
	require.Equal(t, &aLine, stored[*models.GeometryLine](t, aLine))
	require.Equal(t, []models.GeometryPoint(aLine), stored[[]models.GeometryPoint](t, aLine))
	type r = models.Range[int, models.BoundIncluded[int], models.BoundExcluded[int]]
	require.Equal(t, 5, stored[r](t, Range("1..5")).End.Value)
}

func TestIntoFillsSlicesAndMaps(t *testing.T) {
	t.Parallel()
	require.Equal(t, []string{"a", ""}, stored[[]string](t, []any{"a", nil}))
	require.Equal(t, []int{}, stored[[]int](t, []any{}))
	require.Equal(t, [2]int{1, 2}, stored[[2]int](t, []any{int64(1), int64(2)}))
	require.Equal(t, []int{1}, stored[[]int](t, Set{int64(1)}))
	require.Equal(t, [][]float64{{1, 0.5}}, stored[[][]float64](t, []any{[]any{int64(1), 0.5}}))
	require.Equal(t, map[string]int{"a": 1}, stored[map[string]int](t, map[string]any{"a": int64(1)}))
	require.Equal(t, map[int8]string{-1: "x"}, stored[map[int8]string](t, map[string]any{"-1": "x"}))
	require.Equal(t, map[uint]string{1: "x"}, stored[map[uint]string](t, map[string]any{"1": "x"}))
	require.Equal(t, map[any]int{"a": 1}, stored[map[any]int](t, map[string]any{"a": int64(1)}))
	require.Equal(t, map[RecordID]*bool{"p:1": nil}, stored[map[RecordID]*bool](t, map[string]any{"p:1": nil}))
	require.Equal(t, json.RawMessage(`{"a":[1,null]}`), stored[json.RawMessage](t, map[string]any{"a": []any{int64(1), nil}}))
	require.Equal(t, viaJSON{`[1,"p:1"]`}, stored[viaJSON](t, []any{int64(1), RecordID("p:1")}))
	require.Equal(t, viaCBOR{[]byte{0x81, 1}}, stored[viaCBOR](t, []any{int64(1)}))
}

func TestIntoFillsStructsByTheirTags(t *testing.T) {
	t.Parallel()
	type address struct {
		City string
		Zip  *string `json:"zip"`
	}
	type person struct {
		*Base
		Deep
		Name    string            `surreal:"name" json:"other"`
		Home    address           `json:"home"`
		Friends []RecordID        `json:"friends"`
		Tags    map[string]Set    `json:"tags"`
		Note    Value[string]     `json:"note"`
		Nick    sql.Null[string]  `json:"nick"`
		Missing int               `json:"missing"`
		Secret  string            `json:"-"`
		Any     any               `json:"any"`
		Where   map[string]string `json:"where"`
	}
	p := person{Missing: 7, Secret: "s", Where: map[string]string{"old": "x"}}
	require.NoError(t, Into(&p).Scan(map[string]any{
		"id": RecordID("p:1"), "Level": int64(3), "name": "Tobie", "home": map[string]any{"city": "Paris", "zip": nil}, "friends": []any{RecordID("p:2")},
		"tags": map[string]any{"a": Set{int64(1)}}, "note": None, "nick": "T", "unknown": 1, "-": "x", "Secret": "y", "any": []any{nil}, "where": nil,
	}))
	require.Equal(t, person{
		Base: &Base{ID: "p:1"}, Deep: Deep{Base2{3}}, Name: "Tobie", Home: address{City: "Paris"}, Friends: []RecordID{"p:2"}, Tags: map[string]Set{"a": {int64(1)}},
		Note: Value[string]{None: true}, Nick: sql.Null[string]{V: "T", Valid: true}, Secret: "s", Any: []any{nil},
	}, p)
	exact := stored[struct{ Name string }](t, map[string]any{"NAME": "a", "Name": "b", "name": "c"})
	require.Equal(t, "b", exact.Name)
}

func TestIntoSetsTheZeroValueForNothing(t *testing.T) {
	t.Parallel()
	for _, nothing := range []any{nil, None} {
		s, n, p, l, m, a := "x", 5, new(int), []int{1}, map[string]int{"a": 1}, any(1)
		c, ns, at, id := celsius{1}, sql.NullString{String: "x", Valid: true}, time.Unix(1, 0), RecordID("p:1")
		for _, dest := range []any{&s, &n, &p, &l, &m, &c, &ns, &at, &id} {
			require.NoError(t, Into(dest).Scan(nothing), "%T", dest)
		}
		require.Equal(t, []any{"", 0, (*int)(nil), []int(nil), map[string]int(nil), celsius{}, sql.NullString{}, time.Time{}, RecordID("")}, []any{s, n, p, l, m, c, ns, at, id})
		require.NoError(t, Into(&a).Scan(nothing))
		require.Equal(t, nothing, a, "an any can hold None")
	}
}

func TestIntoNamesWhatDoesNotFitWithItsPlace(t *testing.T) {
	t.Parallel()
	type nested struct {
		Items []struct{ N int8 } `json:"items"`
	}
	err := Into(new(nested)).Scan(map[string]any{"items": []any{map[string]any{}, map[string]any{"N": int64(300)}}})
	require.EqualError(t, err, "surrealsql: storing into a surrealsql.nested: items[1].N: 300 does not fit in a int8")
	for want, c := range map[string]struct{ dest, src any }{
		"a SurrealDB string does not fit in a bool":          {new(bool), "true"},
		"-1 does not fit in a uint":                          {new(uint), int64(-1)},
		"256 does not fit in a uint8":                        {new(uint8), int64(256)},
		"1.5 does not fit in a int":                          {new(int), 1.5},
		"1e+300 does not fit in a float32":                   {new(float32), 1e300},
		"9.223372036854776e+18 does not fit in a int64":      {new(int64), float64(1 << 63)},
		`"abc" does not fit in a int`:                        {new(int), "abc"},
		`"abc" does not fit in a float64`:                    {new(float64), "abc"},
		"a SurrealDB bool does not fit in a int":             {new(int), true},
		"a SurrealDB array does not fit in a float64":        {new(float64), []any{}},
		"a SurrealDB int does not fit in a string":           {new(string), int64(1)},
		"a SurrealDB record does not fit in a []int":         {new([]int), RecordID("p:1")},
		"an array of 1 elements does not fit in a [2]int":    {new([2]int), []any{int64(1)}},
		"a SurrealDB array does not fit in a map[string]int": {new(map[string]int), []any{}},
		"the key of an object does not fit in a bool":        {new(map[bool]int), map[string]any{"a": 1}},
		`a: "a" does not fit in a int`:                       {new(map[int]int), map[string]any{"a": int64(1)}},
		"a SurrealDB string does not fit in a struct":        {new(struct{ X int }), "x"},
		"a SurrealDB string does not fit in a models.Record": {new(models.RecordID), "p:1"},
		"a SurrealDB duration does not fit in a chan int":    {new(chan int), time.Hour},
		"no temperature: string":                             {new(celsius), "x"},
		"no temperature: map":                                {new(celsius), map[string]any{}},
		"is no UUID":                                         {new([16]byte), "x"},
		"must be a pointer that is not nil, not int":         {5, 1},
		"must be a pointer that is not nil, not *int":        {(*int)(nil), 1},
		"must be a pointer that is not nil, not <nil>":       {nil, 1},
	} {
		require.ErrorContains(t, Into(c.dest).Scan(c.src), want)
	}
}

func TestIntoValueTellsWhetherThereWasOne(t *testing.T) {
	t.Parallel()
	var v Value[[]string]
	require.NoError(t, v.Scan([]any{"a"}))
	require.Equal(t, Value[[]string]{V: []string{"a"}, Valid: true}, v)
	require.NoError(t, v.Scan(nil))
	require.Equal(t, Value[[]string]{}, v)
	require.NoError(t, v.Scan(None))
	require.Equal(t, Value[[]string]{None: true}, v)
	require.ErrorContains(t, v.Scan("x"), "a SurrealDB string does not fit in a []string")
	require.Equal(t, Value[[]string]{}, v)
	var s Value[string]
	require.NoError(t, s.Scan(RecordID("p:1")))
	require.Equal(t, "p:1", s.V)
	var a Value[any]
	require.NoError(t, a.Scan(int64(1)))
	require.Equal(t, Value[any]{V: int64(1), Valid: true}, a)
	var n Value[Value[UUID]]
	require.NoError(t, n.Scan(UUID("x")))
	require.Equal(t, UUID("x"), n.V.V)
}

// Its V could hold the None, but nobody looks for it there.
func TestValueOfAnyIsToldOfNone(t *testing.T) {
	t.Parallel()
	var v Value[any]
	require.NoError(t, v.Scan(None))
	require.Equal(t, Value[any]{None: true}, v)
	var within struct{ A, B Value[any] }
	require.NoError(t, Into(&within).Scan(map[string]any{"A": None, "B": int64(1)}))
	require.Equal(t, Value[any]{None: true}, within.A)
	require.Equal(t, Value[any]{V: int64(1), Valid: true}, within.B)
	var n Value[NoneType]
	require.NoError(t, n.Scan(None))
	require.Equal(t, Value[NoneType]{None: true}, n)
}

func TestIntoSaysWhichScannersTakeNoRichValues(t *testing.T) {
	t.Parallel()
	var ns sql.NullString
	require.Error(t, Into(&ns).Scan(map[string]any{}))
	err := Into(&struct{ C celsius }{}).Scan(map[string]any{"C": "x"})
	require.ErrorContains(t, err, "C: no temperature")
	require.Nil(t, errors.Unwrap(errors.Unwrap(errors.Unwrap(err))))
	require.True(t, strings.HasPrefix(err.Error(), "surrealsql: "))
}

// scan gives src to a *T as Rows.Scan does: sql.Null[T] uses the same conversion.
func scan[T any](t testing.TB, src any) T {
	t.Helper()
	var n sql.Null[T]
	require.NoError(t, n.Scan(src), "%T into %T", src, n.V)
	return n.V
}

func TestScanIntoPlainDestinationsTakesWhatResultsHold(t *testing.T) {
	t.Parallel()
	require.Equal(t, "p:1", scan[string](t, RecordID("p:1")))
	require.Equal(t, []byte("p:1"), scan[[]byte](t, RecordID("p:1")))
	require.Equal(t, RecordID("p:1"), scan[RecordID](t, RecordID("p:1")))
	require.Equal(t, any(RecordID("p:1")), scan[any](t, RecordID("p:1")))
	require.Equal(t, "p:1", *scan[*string](t, RecordID("p:1")))
	require.Equal(t, sql.NullString{String: "p:1", Valid: true}, scan[sql.NullString](t, RecordID("p:1")))
	require.Equal(t, []string{"1..5", "t", "b:/k", "300y"},
		[]string{scan[string](t, Range("1..5")), scan[string](t, Table("t")), scan[string](t, NewFile("b", "k")), scan[string](t, LongDuration("300y"))})
	require.Equal(t, 1.5, scan[float64](t, received(t, encoded(t, Decimal("1.5")))))
	require.Equal(t, "1.5", scan[string](t, received(t, encoded(t, Decimal("1.5")))))
	require.Equal(t, aUUID, scan[gofrs.UUID](t, received(t, encoded(t, aUUID))))
	require.Equal(t, time.Hour, scan[time.Duration](t, time.Hour))
	require.Equal(t, []any{int64(1)}, scan[[]any](t, []any{int64(1)}))
	require.Equal(t, map[string]any{"a": nil}, scan[map[string]any](t, map[string]any{"a": nil}))
	require.Equal(t, aPoint, scan[models.GeometryPoint](t, aPoint))
	require.Equal(t, &aLine, scan[*models.GeometryLine](t, &aLine))
	require.Equal(t, int32(math.MaxInt32), scan[int32](t, int64(math.MaxInt32)))
}

func TestScanIntoARecordIDRefusesNULL(t *testing.T) {
	t.Parallel()
	id := RecordID("p:1")
	require.ErrorContains(t, id.Scan(nil), "NULL cannot be scanned into a RecordID")
	none := sql.Null[RecordID]{V: id, Valid: true}
	require.NoError(t, none.Scan(nil))
	require.Equal(t, sql.Null[RecordID]{}, none)
	pointer := sql.Null[*RecordID]{V: &id, Valid: true}
	require.NoError(t, pointer.Scan(nil))
	require.Nil(t, pointer.V)
}

// pickyScan needs what it is given with, and takes no NULL.
type pickyScan struct {
	to *string
	N  int
}

func (s *pickyScan) Scan(src any) error {
	if src == nil {
		return errors.New("no NULL")
	}
	s.N, *s.to = s.N+1, fmt.Sprint(src)
	return nil
}

func TestIntoTellsAScanMethodOfNULLAsDatabaseSQLDoes(t *testing.T) {
	t.Parallel()
	var text string
	dest := targetScan{&text}
	require.NoError(t, Into(&dest).Scan("a"))
	require.NoError(t, Into(&dest).Scan(nil))
	require.Equal(t, "<nil>", text)
	require.NoError(t, Into(&dest).Scan("b"))
	require.Equal(t, "b", text)

	picky := pickyScan{to: &text}
	require.NoError(t, Into(&picky).Scan("c"))
	require.NoError(t, Into(&picky).Scan(nil))
	require.Zero(t, picky, "what takes no NULL has its zero value, not that of the row before")
}

func TestScanIntoANilValueThatIsEmbeddedIsAnError(t *testing.T) {
	t.Parallel()
	var dest struct{ *Value[int] }
	require.ErrorContains(t, dest.Scan(int64(1)), "int64 cannot be scanned into a nil *surrealsql.Value[int]")
	require.NoError(t, Into(&dest).Scan(int64(1)))
	require.Equal(t, 1, dest.V)
}

package surrealsql

import (
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"math"
	"math/big"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/surrealdb/surrealdb.go/pkg/models"

	"github.com/surrealsql/surrealsql/internal/cbor"
	"github.com/surrealsql/surrealsql/internal/literal"
)

// What cannot be sent, and how the error says which value and where in it.

type (
	brokenValuer struct{}
	brokenText   struct{ X int }
	brokenJSON   struct{ X int }
	brokenCBOR   struct{ X int }
	endless      struct{ X int }
)

var errBroken = errors.New("broken")

func (brokenValuer) Value() (driver.Value, error) { return nil, errBroken }
func (brokenText) MarshalText() ([]byte, error)   { return nil, errBroken }
func (brokenJSON) MarshalJSON() ([]byte, error)   { return nil, errBroken }
func (brokenCBOR) MarshalCBOR() ([]byte, error)   { return []byte{0x82, 1}, nil }
func (e endless) Value() (driver.Value, error)    { return e, nil }

func TestEncodeRefusesByNameWhatSurrealDBCannotHold(t *testing.T) {
	t.Parallel()
	for want, v := range map[string]any{
		"a chan int cannot be sent":                             make(chan int),
		"a func() cannot be sent":                               func() {},
		"a complex128 cannot be sent":                           1i,
		"a uintptr cannot be sent":                              uintptr(1),
		"the integer 9223372036854775808 is beyond":             uint64(1 << 63),
		`send it as surrealsql.Decimal("18446744073709551615")`: uint64(math.MaxUint64),
		"the string is not UTF-8":                               "\xff",
		"the duration -1s is negative":                          -time.Second,
		"the time 262143-01-01T00:00:00Z is beyond":             literal.MaxDatetime.Add(1),
		"the time -262144-12-31T23:59:59.999999999Z is beyond":  literal.MinDatetime.Add(-1),
		"a table needs a name":                                  Table(""),
		`"" is not a record id`:                                 RecordID(""),
		`"p:a-b" is not a record id`:                            RecordID("p:a-b"),
		`"1" is not a range`:                                    Range("1"),
		`"x" is no file`:                                        File("x"),
		`"x" is no UUID`:                                        UUID("x"),
		`"" is no UUID`:                                         UUID(""),
		`"" is no duration`:                                     LongDuration(""),
		`"-1h" is no duration`:                                  LongDuration("-1h"),
		`"" is no decimal`:                                      Decimal(""),
		`"1_0" is no decimal`:                                   Decimal("1_0"),
		`"1e" is no decimal`:                                    Decimal("1e"),
		`"." is no decimal`:                                     Decimal("."),
		`"NaN" is no decimal`:                                   Decimal("NaN"),
		"79228162514264337593543950336 does not fit":            Decimal("79228162514264337593543950336"),
		"0.00000000000000000000000000001 does not fit":          Decimal("0.00000000000000000000000000001"),
		"12345678901234567890.1234567890123456789 does not fit": Decimal("12345678901234567890.1234567890123456789"),
		"1e999999 does not fit":                                 Decimal("1e999999"),
		"does not fit in SurrealDB's":                           new(big.Int).Lsh(big.NewInt(1), 96),
		`"abc" is no decimal`:                                   json.Number("abc"),
		"no number of JSON":                                     json.Number("0x1p3"),
		"that fits in a float":                                  json.Number("1e999"),
		"the text is not JSON":                                  json.RawMessage("{"),
		`because it is not UTF-8: "\"a\xff\""`:                  json.RawMessage("\"a\xff\""),
		"brokenValuer.Value: broken":                            brokenValuer{},
		"brokenText.MarshalText: broken":                        brokenText{},
		"brokenJSON.MarshalJSON: broken":                        brokenJSON{},
		"brokenCBOR.MarshalCBOR: cbor: at byte 0":               brokenCBOR{},
		"it contains itself":                                    endless{},
		"sync.Mutex cannot be sent to SurrealDB: it has no exp": sync.Mutex{},
		"the keys of its objects are strings":                   map[bool]int{},
		"a polygon without lines":                               models.GeometryPolygon{},
		"[1]: a polygon without lines":                          models.GeometryMultiPolygon{{aLine}, {}},
		"[0]: int in a collection of geometries":                models.GeometryCollection{1},
		"a future cannot be sent":                               models.Future{},
		"a record id needs a table":                             models.RecordID{ID: 1},
		"a float cannot be the key of a record":                 models.RecordID{Table: "p", ID: 1.5},
		"<nil> as key: null cannot be the key of a record":      models.RecordID{Table: "p"},
		"tag 10 cannot be the key of a record":                  models.RecordID{Table: "p", ID: Decimal("1")},
		`[0]: "" is not a record id`:                            []RecordID{""},
		"Begin: a chan int":                                     models.Range[chan int, models.BoundIncluded[chan int], models.BoundIncluded[chan int]]{Begin: &models.BoundIncluded[chan int]{Value: make(chan int)}},
	} {
		_, err := appendValue(nil, v, encoding{})
		require.ErrorContains(t, err, want, "%T", v)
	}
}

func TestEncodeErrorsSayWhereInTheValue(t *testing.T) {
	t.Parallel()
	type inner struct {
		F func() `surreal:"fn"`
	}
	type outer struct {
		Items []*inner `json:"items"`
	}
	_, err := appendValue(nil, outer{Items: []*inner{nil, {}}}, encoding{})
	require.EqualError(t, err, "items[1].fn: a func() cannot be sent to SurrealDB")
	_, err = appendValue(nil, map[string]any{"a b": []any{1, map[string][]string{"x": {"\xff"}}}}, encoding{})
	require.EqualError(t, err, `["a b"][1].x[0]: the string is not UTF-8, which SurrealDB's strings are: send it as []byte`)
	_, err = appendValue(nil, map[string]int{"\xff": 1}, encoding{})
	require.ErrorContains(t, err, `["\xff"]: the string is not UTF-8`)
	_, err = appendValue(nil, []any{brokenValuer{}}, encoding{})
	require.ErrorIs(t, err, errBroken)
}

func TestEncodeRefusesValuesThatContainThemselves(t *testing.T) {
	t.Parallel()
	type node struct{ Next *node }
	ring := &node{}
	ring.Next = ring
	var self any
	self = &self
	type pointer *pointer
	var p pointer
	p = &p
	list := []any{nil, nil}
	list[0], list[1] = list, list
	object := map[string]any{}
	object["a long name, to see that the message stays short"] = object
	set := Set{nil}
	set[0] = set
	points := models.GeometryCollection{nil}
	points[0] = points
	for _, v := range []any{ring, self, p, list, object, set, points, &list, json.RawMessage(strings.Repeat("[", 300) + strings.Repeat("]", 300))} {
		_, err := appendValue(nil, v, encoding{})
		require.ErrorIs(t, err, errTooDeep, "%T", v)
		require.Less(t, len(err.Error()), 500)
	}
}

// SurrealDB 3.0.2 takes 250 levels within a query's arguments.
func TestEncodeDepthEndsWhereTheServersDoes(t *testing.T) {
	t.Parallel()
	var v any = 1
	for range maxDepth {
		v = []any{v}
	}
	b, err := appendValue(nil, v, encoding{})
	require.NoError(t, err)
	var d cbor.Decoder
	d.Reset(b)
	_, err = decodeValue(&d)
	require.NoError(t, err)
	_, err = appendValue(nil, []any{v}, encoding{})
	require.ErrorIs(t, err, errTooDeep)
}

type pointerValuer struct{}

func (p *pointerValuer) Value() (driver.Value, error) {
	if p == nil {
		return "nil receiver", nil
	}
	return "pointer receiver", nil
}

func TestArgsAreCheckedAsDatabaseSQLDoes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ in, out any }{
		{sql.NullString{String: "x", Valid: true}, "x"}, {sql.NullString{}, nil}, {(*sql.NullString)(nil), nil}, {RecordID("p:1"), RecordID("p:1")},
		{&pointerValuer{}, "pointer receiver"}, {(*pointerValuer)(nil), "nil receiver"}, {aUUID, aUUID}, {&aUUID, &aUUID}, {models.UUID{UUID: aUUID}, models.UUID{UUID: aUUID}},
		{struct{ X int }{1}, struct{ X int }{1}}, {map[string]int{"a": 1}, map[string]int{"a": 1}}, {coefficientAndExponent{1, 2}, coefficientAndExponent{1, 2}}, {nil, nil},
		{sql.Null[int]{V: 1, Valid: true}, sql.Null[int]{V: 1, Valid: true}},
	} {
		nv := driver.NamedValue{Value: c.in}
		require.NoError(t, checkNamedValue(&nv))
		require.Equal(t, c.out, nv.Value)
	}
	require.ErrorContains(t, checkNamedValue(&driver.NamedValue{Value: sql.Out{}}), "no OUT parameters")
	require.ErrorIs(t, checkNamedValue(&driver.NamedValue{Value: brokenValuer{}}), errBroken)
}

func TestEncodeUsesMethodsOfPointersWithinValues(t *testing.T) {
	t.Parallel()
	require.Equal(t, []any{"pointer receiver", "pointer receiver", nil}, sent(t, []any{pointerValuer{}, &pointerValuer{}, (*pointerValuer)(nil)}))
	require.Equal(t, []any{"pointer receiver"}, sent(t, []pointerValuer{{}}))
	require.Equal(t, map[string]any{"V": "pointer receiver"}, sent(t, struct{ V pointerValuer }{}))
}

package docs_test

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/surrealdb/surrealdb.go/pkg/models"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/drivertest"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// The tables of types.md are read, and each row tried on the real engine.

// typeRows returns the cells of a table of types.md.
func typeRows(t *testing.T, table string) (rows [][]string) {
	t.Helper()
	file, err := os.ReadFile("types.md")
	require.NoError(t, err)
	_, rest, ok := strings.Cut(string(file), "<!-- "+table+" -->\n")
	require.True(t, ok)
	text, _, ok := strings.Cut(rest, "<!-- /types -->")
	require.True(t, ok)
	for _, line := range strings.Split(strings.TrimSpace(text), "\n")[2:] {
		cells := strings.Split(strings.Trim(line, "| "), " | ")
		rows = append(rows, cells)
	}
	require.NotEmpty(t, rows)
	return rows
}

// typeOf is the type that the server gives a value of SurrealQL.
func typeOf(t *testing.T, db *sql.DB, expression string, args ...any) (kind string) {
	t.Helper()
	require.NoError(t, db.QueryRowContext(t.Context(), "RETURN type::of("+expression+")", args...).Scan(&kind), expression)
	return kind
}

var quoted = regexp.MustCompile("`([^`]*)`")

// names returns what is in backticks.
func names(cell string) (list []string) {
	for _, m := range quoted.FindAllStringSubmatch(cell, -1) {
		list = append(list, m[1])
	}
	return list
}

// destinations are those that the table of results names.
var destinations = map[string]func() any{
	"bool": func() any { return new(bool) }, "int": func() any { return new(int) },
	"int64": func() any { return new(int64) }, "uint8": func() any { return new(uint8) },
	"float64": func() any { return new(float64) }, "string": func() any { return new(string) },
	"float32": func() any { return new(float32) }, "uint64": func() any { return new(uint64) },
	"[]byte": func() any { return new([]byte) }, "*string": func() any { return new(*string) },
	"time.Time": func() any { return new(time.Time) }, "time.Duration": func() any { return new(time.Duration) },
	"sql.Null[string]":      func() any { return new(sql.Null[string]) },
	"sql.Null[time.Time]":   func() any { return new(sql.Null[time.Time]) },
	"Value[string]":         func() any { return new(surrealsql.Value[string]) },
	"Value[[]int]":          func() any { return new(surrealsql.Value[[]int]) },
	"LongDuration":          func() any { return new(surrealsql.LongDuration) },
	"RecordID":              func() any { return new(surrealsql.RecordID) },
	"Range":                 func() any { return new(surrealsql.Range) },
	"Table":                 func() any { return new(surrealsql.Table) },
	"File":                  func() any { return new(surrealsql.File) },
	"models.GeometryPoint":  func() any { return new(models.GeometryPoint) },
	"models.GeometryLine":   func() any { return new(models.GeometryLine) },
	"Into(*big.Rat)":        func() any { return surrealsql.Into(new(*big.Rat)) },
	"Into(*big.Float)":      func() any { return surrealsql.Into(new(*big.Float)) },
	"Into([]byte)":          func() any { return surrealsql.Into(new([]byte)) },
	"Into([16]byte)":        func() any { return surrealsql.Into(new([16]byte)) },
	"Into(models.RecordID)": func() any { return surrealsql.Into(new(models.RecordID)) },
	"Into([]int)":           func() any { return surrealsql.Into(new([]int)) },
	"Into([]float32)":       func() any { return surrealsql.Into(new([]float32)) },
	"Into(big.Int)":         func() any { return surrealsql.Into(new(big.Int)) },
	"Into(map[string]int)":  func() any { return surrealsql.Into(new(map[string]int)) },
	"Into(struct)":          func() any { return surrealsql.Into(new(struct{ N int })) },
}

func TestTypesOfResultsAreTrue(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	for _, row := range typeRows(t, "types out") {
		kind, expression := names(row[0])[0], names(row[1])[0]
		said := fmt.Sprint(row)
		require.Equal(t, kind, typeOf(t, db, expression), said)

		// As a field, so that objects and arrays stay one value.
		text := "SELECT v FROM { v: " + expression + " }"
		var v any
		require.NoError(t, db.QueryRowContext(t.Context(), text).Scan(&v), said)
		goName := strings.NewReplacer("<nil>", "nil", "interface {}", "any", "uint8", "byte").Replace(fmt.Sprintf("%T", v))
		require.Equal(t, names(row[2])[0], goName, said)
		for _, name := range names(row[3]) {
			require.Contains(t, destinations, name)
			require.NoError(t, db.QueryRowContext(t.Context(), text).Scan(destinations[name]()), "%s into %s", said, name)
		}
	}
}

// sizedDB is an empty database on a server, and by a protocol, that knows numbers of a width.
func sizedDB(t *testing.T, change ...func(*surrealsql.Config)) *sql.DB {
	t.Helper()
	surrealtest.Needs(t, "4.0")
	return drivertest.NewDB(t, append(change, func(cfg *surrealsql.Config) { cfg.Protocol = surrealsql.ProtocolCBOR2 })...)
}

func TestTypesOfNumbersThatHaveAWidthAreTrue(t *testing.T) {
	t.Parallel()
	db := sizedDB(t)
	for _, row := range typeRows(t, "types sized") {
		kind, expression := names(row[0])[0], names(row[1])[0]
		require.Equal(t, kind, typeOf(t, db, expression), row)
		require.Equal(t, names(row[2])[0], fmt.Sprintf("%T", drivertest.QueryOne[any](t, db, "RETURN "+expression)), row)
		for _, name := range names(row[3]) {
			require.Contains(t, destinations, name)
			text := "SELECT v FROM { v: " + expression + " }"
			if strings.Contains(name, "[]") {
				text = "SELECT v FROM { v: [" + expression + "] }"
			}
			require.NoError(t, db.QueryRowContext(t.Context(), text).Scan(destinations[name]()), "%s into %s", row, name)
		}
	}
}

// fakeDecimal is like the types of shopspring/decimal and others.
type fakeDecimal struct{}

func (fakeDecimal) Coefficient() *big.Int { return big.NewInt(125) }

func (fakeDecimal) Exponent() int32 { return -1 }

// fakeText has a text form, as netip.Addr has.
type fakeText int

func (fakeText) MarshalText() ([]byte, error) { return []byte("text"), nil }

// arguments are values of the types that the table of arguments names, by the
// first type of a row, and after the name another type of theirs if not the row's.
var arguments = map[string][]any{
	"nil":             {nil, (*int)(nil), []int(nil), map[string]any(nil), []byte(nil)},
	"surrealsql.None": {surrealsql.None},
	"bool":            {true},
	"int": {
		1, int8(1), int16(1), int32(1), int64(math.MinInt64),
		uint8(1), uint16(1), uint32(1), uint64(math.MaxInt64), uint(1),
	},
	"float32":             {float32(1), 1.5, math.NaN(), math.Inf(-1)},
	"string":              {"", "x"},
	"[]byte":              {[]byte{}, []byte{0xff}, [3]byte{}},
	"time.Time":           {time.Unix(0, 1)},
	"time.Duration":       {time.Nanosecond},
	"[16]byte":            {[16]byte{1}, models.UUID{}, surrealsql.UUID("0191f0a4-5c3e-7b7a-9f0e-2d7a4f1c6b55")},
	"surrealsql.Decimal":  {surrealsql.Decimal("1.50"), fakeDecimal{}},
	"big.Int":             {big.NewInt(1), *big.NewInt(1)},
	"big.Rat":             {big.NewRat(5, 4), *big.NewRat(1, 1), big.NewFloat(1.5), *big.NewFloat(2)},
	"surrealsql.RecordID": {surrealsql.RecordID("person:ada"), models.RecordID{Table: "person", ID: "ada"}},
	"surrealsql.Table":    {surrealsql.Table("person")},
	"surrealsql.Range":    {surrealsql.Range("1..5")},
	"surrealsql.File":     {surrealsql.NewFile("b", "k")},
	"surrealsql.Set":      {surrealsql.Set{1}},
	"array":               {[]int{}, [2]int{}, []any{1, "x"}, []string{"x"}},
	"object":              {struct{ N int }{1}, map[string]int{}, map[int]int{1: 1}},
	"json.RawMessage":     {json.RawMessage(`{"a":1}`)},
	"sql.Null[T]": {
		new(1), sql.Null[int]{V: 1, Valid: true}, surrealsql.Value[int]{V: 1, Valid: true},
		sql.NullInt64{Int64: 1, Valid: true},
	},
	"MarshalText":          {fakeText(0)},
	"models.GeometryPoint": {models.GeometryPoint{}},
}

func TestTypesOfArgumentsAreTrue(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	tried := 0
	for _, row := range typeRows(t, "types in") {
		key, want := "", ""
		if list := names(row[0]); len(list) > 0 {
			key = list[0]
		}
		if list := names(row[1]); len(list) > 0 {
			want = list[0]
		}
		switch {
		case strings.HasPrefix(row[0], "slices"):
			key = "array"
		case strings.HasPrefix(row[0], "structs"):
			key = "object"
		case strings.HasPrefix(row[0], "pointers"):
			want = "int"
		}
		require.Contains(t, arguments, key, row)
		for _, v := range arguments[key] {
			tried++
			require.Equal(t, want, typeOf(t, db, "$1", v), "%v: %T", row, v)
		}
	}
	require.Greater(t, tried, 45)
}

func TestRefusalsOfArgumentsAreTrue(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t, func(cfg *surrealsql.Config) { cfg.Protocol = surrealsql.ProtocolCBOR })
	for _, v := range []any{
		uint64(math.MaxInt64) + 1, "\xff", -time.Second,
		surrealsql.Decimal("1.00000000000000000000000000001"), big.NewRat(1, 3), big.NewFloat(0.1),
	} {
		_, err := db.ExecContext(t.Context(), "RETURN $1", v)
		require.ErrorContains(t, err, "argument", "%v", v)
	}
	require.Equal(t, "decimal", typeOf(t, db, "$1", surrealsql.Decimal("9223372036854775808")), "what the error says to send")
	big65 := new(big.Int).Lsh(big.NewInt(1), 65)
	require.Equal(t, "decimal", typeOf(t, db, "$1", big65))
	for _, v := range []any{nil, (*int)(nil)} {
		none := drivertest.NewDB(t, func(cfg *surrealsql.Config) { cfg.NilAs = surrealsql.NilIsNone })
		require.Equal(t, "none", typeOf(t, none, "$1", v))
	}
}

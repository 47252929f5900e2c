package surrealsql

import (
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"math"
	"path/filepath"
	"reflect"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Arguments as database/sql hands them over: what becomes of each by driver.Valuer and
// CheckNamedValue, and what many of them cost.

type (
	passesOn  struct{ RecordID }
	saysOther struct{ RecordID }
	wrapsID   struct{ id RecordID }
)

func (p passesOn) Value() (driver.Value, error) { return p.RecordID.Value() }
func (saysOther) Value() (driver.Value, error)  { return "other", nil }
func (w wrapsID) Value() (driver.Value, error)  { return w.id, nil }

var valuers = []struct {
	in   driver.Valuer
	tool driver.Value // what tools see
	out  any          // what the server gets
}{
	{RecordID("p:1"), "p:1", RecordID("p:1")},
	{new(RecordID("p:1")), "p:1", RecordID("p:1")},
	{Value[RecordID]{V: "p:1", Valid: true}, "p:1", RecordID("p:1")},
	{&Value[RecordID]{V: "p:1", Valid: true}, "p:1", RecordID("p:1")},
	{Value[*RecordID]{V: new(RecordID("p:1")), Valid: true}, "p:1", RecordID("p:1")},
	{Value[Value[RecordID]]{V: Value[RecordID]{V: "p:1", Valid: true}, Valid: true}, "p:1", RecordID("p:1")},
	{Value[sql.Null[int]]{V: sql.Null[int]{V: 1, Valid: true}, Valid: true}, int64(1), int64(1)},
	{Value[RecordID]{}, nil, nil},
	{Value[RecordID]{None: true}, nil, None},
	{Value[*int]{Valid: true}, nil, nil},
	{Value[any]{Valid: true}, nil, nil},
	{Value[NoneType]{Valid: true}, nil, None},
	{Value[int8]{V: 1, Valid: true}, int64(1), int64(1)},
	{Value[uint16]{V: 1, Valid: true}, int64(1), int64(1)},
	{Value[float32]{V: 1.5, Valid: true}, 1.5, 1.5},
	{Value[bool]{V: true, Valid: true}, true, true},
	{Value[Decimal]{V: "1.5", Valid: true}, "1.5", Decimal("1.5")},
	{Value[Table]{V: "t", Valid: true}, "t", Table("t")},
	{Value[Range]{V: "1..2", Valid: true}, "1..2", Range("1..2")},
	{Value[File]{V: "b:/k", Valid: true}, "b:/k", File("b:/k")},
	{Value[LongDuration]{V: "300y", Valid: true}, "300y", LongDuration("300y")},
	{Value[[16]byte]{V: aUUID, Valid: true}, aUUID.String(), UUID(aUUID.String())},
	{Value[time.Duration]{V: time.Second, Valid: true}, int64(time.Second), time.Second},
	{Value[time.Time]{V: time.Unix(1, 2).UTC(), Valid: true}, time.Unix(1, 2).UTC(), time.Unix(1, 2).UTC()},
	{Value[[]byte]{V: []byte("x"), Valid: true}, []byte("x"), []byte("x")},
	{Value[aliasBytes]{V: []byte("x"), Valid: true}, []byte("x"), []byte("x")},
	{Value[[]int]{V: []int{1, 2}, Valid: true}, "[1,2]", []any{int64(1), int64(2)}},
	{Value[Set]{V: Set{1}, Valid: true}, "[1]", Set{int64(1)}},
	{Value[Set]{Valid: true}, "[]", Set{}},
	{Value[map[string]RecordID]{V: map[string]RecordID{"a": "p:1"}, Valid: true}, `{"a":"p:1"}`, map[string]any{"a": RecordID("p:1")}},
	{Value[json.RawMessage]{V: json.RawMessage("[1]"), Valid: true}, "[1]", []any{int64(1)}},
	{Value[wrapsID]{V: wrapsID{"p:1"}, Valid: true}, "p:1", RecordID("p:1")},
	{ID{"p:1"}, "p:1", RecordID("p:1")},
	{&ID{"p:1"}, "p:1", RecordID("p:1")},
	{passesOn{"p:1"}, "p:1", RecordID("p:1")},
	{saysOther{"p:1"}, "other", "other"},
}

func TestArgValuerGivesToolsWhatDatabaseSQLKnowsAndTheServerWhatItIs(t *testing.T) {
	t.Parallel()
	for _, c := range valuers {
		v, err := c.in.Value()
		require.NoError(t, err, "%T", c.in)
		require.True(t, driver.IsValue(v), "%T gives %T", c.in, v)
		require.Equal(t, c.tool, v, "%T", c.in)

		converted, err := driver.DefaultParameterConverter.ConvertValue(c.in)
		require.NoError(t, err, "%T", c.in)
		require.Equal(t, c.tool, converted, "%T", c.in)

		require.Equal(t, c.out, bound(t, c.in), "%T", c.in)
		require.Equal(t, []any{c.out}, bound(t, []any{c.in}), "%T", c.in)
		require.Equal(t, map[string]any{"a": c.out}, bound(t, map[string]driver.Valuer{"a": c.in}), "%T", c.in)
	}
	require.Equal(t, []any{RecordID("p:1")}, bound(t, []RecordID{"p:1"}))
	require.Equal(t, RecordID("p:1"), bound(t, sql.Null[RecordID]{V: "p:1", Valid: true}))
	require.Nil(t, bound(t, (*RecordID)(nil)))
	require.Equal(t, RecordID("p:1"), bound(t, wrapsID{"p:1"}))
}

// Tools such as goqu and GORM's logger go on until they have a type that they know.
func TestArgValuersEndForToolsThatAskUntilTheyHaveABasicType(t *testing.T) {
	t.Parallel()
	for _, c := range valuers {
		var v any = c.in
		for range 3 {
			if valuer, ok := v.(driver.Valuer); ok {
				var err error
				v, err = valuer.Value()
				require.NoError(t, err)
			}
		}
		_, more := v.(driver.Valuer)
		require.False(t, more, "%T", c.in)
	}
}

func TestArgThatHasNoFormForToolsIsAnErrorThere(t *testing.T) {
	t.Parallel()
	_, err := Value[[]float64]{V: []float64{math.NaN()}, Valid: true}.Value()
	require.ErrorContains(t, err, "a []float64 as a driver.Value")
	require.Len(t, bound(t, Value[[]float64]{V: []float64{math.NaN()}, Valid: true}), 1, "the server takes it")
	_, err = Value[any]{V: chanValuer{}, Valid: true}.Value()
	require.ErrorContains(t, err, "it contains itself")
}

type chanValuer struct{}

func (c chanValuer) Value() (driver.Value, error) { return c, nil }

// Every Valuer of this module is in the test above.
func TestArgValuersAreEachTried(t *testing.T) {
	t.Parallel()
	tried := map[string]bool{}
	for _, c := range valuers {
		name, _, _ := strings.Cut(reflect.TypeOf(c.in).Name(), "[")
		tried[name] = true
	}
	for _, pattern := range []string{"*.go", "pool/*.go", "surrealtest/*.go"} {
		files, err := filepath.Glob(pattern)
		require.NoError(t, err)
		for _, name := range files {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
			require.NoError(t, err)
			for _, decl := range file.Decls {
				if f, ok := decl.(*ast.FuncDecl); ok && f.Recv != nil && f.Name.Name == "Value" && f.Type.Results != nil && len(f.Type.Results.List) == 2 {
					require.True(t, tried[receiver(f.Recv.List[0].Type)], "%s in %s", receiver(f.Recv.List[0].Type), name)
				}
			}
		}
	}
}

func receiver(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.StarExpr:
		return receiver(e.X)
	case *ast.IndexExpr:
		return receiver(e.X)
	case *ast.Ident:
		return e.Name
	}
	return ""
}

// manyArgs is a text with n parameters, and its arguments.
func manyArgs(n int, named bool) (string, []driver.NamedValue) {
	var b strings.Builder
	args := make([]driver.NamedValue, n)
	b.WriteString("RETURN [")
	for i := range n {
		args[i] = driver.NamedValue{Ordinal: i + 1, Value: i}
		if named {
			args[i].Name = fmt.Sprintf("p%d", i)
			fmt.Fprintf(&b, "$p%d, ", i)
		} else {
			fmt.Fprintf(&b, "$%d, ", i+1)
		}
	}
	return b.String() + "1]", args
}

// conn is a connection that has the session, and nothing else.
func (s *sessionState) conn() *Conn { return &Conn{session: s} }

// checkMany is what a call does with its arguments before it sends them.
func checkMany(t testing.TB, text string, args []driver.NamedValue) {
	q := newAnalysis(text)
	require.NoError(t, checkArgs(q, args))
	require.NoError(t, new(sessionState).conn().checkParams(t.Context(), q, args))
	_, err := appendArgs(nil, args, encoding{})
	require.NoError(t, err)
}

// With quadratic work, a text with 16 times the arguments costs 16 times as much as 16
// texts. The best of some runs is compared, in which no garbage is collected, but between them.
// Both are of about one length, so that a busy machine disturbs both alike.
func TestArgsCostGrowsWithTheirNumberOnly(t *testing.T) {
	const small, factor = 2_500, 16
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	for _, named := range []bool{true, false} {
		best := func(n, times int) time.Duration {
			text, args := manyArgs(n, named)
			least := time.Hour
			for range 7 {
				runtime.GC()
				start := time.Now()
				for range times {
					checkMany(t, text, args)
				}
				least = min(least, time.Since(start))
			}
			return least
		}
		few, many := best(small, factor), best(small*factor, 1)
		require.Less(t, many, few*factor/2, "named %v: %d times %d arguments took %s, %d took %s", named, factor, small, few, small*factor, many)
	}
}

func TestArgMistakeAmongManyIsFound(t *testing.T) {
	t.Parallel()
	text, args := manyArgs(1000, true)
	q := newAnalysis(text)
	at := func(change func([]driver.NamedValue) []driver.NamedValue) error {
		given := change(append([]driver.NamedValue(nil), args...))
		if err := checkArgs(q, given); err != nil {
			return err
		}
		return new(sessionState).conn().checkParams(t.Context(), q, given)
	}
	require.NoError(t, at(func(a []driver.NamedValue) []driver.NamedValue { return a }))
	require.ErrorContains(t, at(func(a []driver.NamedValue) []driver.NamedValue { return append(a, a[17]) }), `"p17" is given twice`)
	require.ErrorContains(t, at(func(a []driver.NamedValue) []driver.NamedValue { a[500].Name = "px"; return a }), `"px" is not used: the text has $p0, $p1`)
	require.ErrorContains(t, at(func(a []driver.NamedValue) []driver.NamedValue { return a[1:] }), `no value for $p0`)

	text, args = manyArgs(1000, false)
	require.ErrorContains(t, checkArgs(newAnalysis(strings.Replace(text, "$700,", "", 1)), args), "argument 700 is not used")
	require.ErrorContains(t, checkArgs(newAnalysis(text), args[1:]), "uses $1 to $1000, but 999 positional arguments are given")
}

func BenchmarkArgsThatAreMany(b *testing.B) {
	for _, named := range []bool{true, false} {
		text, args := manyArgs(40_000, named)
		b.Run(map[bool]string{true: "named", false: "numbered"}[named], func(b *testing.B) {
			for b.Loop() {
				checkMany(b, text, args)
			}
		})
	}
}

package values

import (
	"database/sql/driver"
	"fmt"
	"math"
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/drivertest"
)

// Decimals go through Go's big numbers unchanged, or are refused.

func rat(t testing.TB, s string) *big.Rat {
	t.Helper()
	r, ok := new(big.Rat).SetString(s)
	require.True(t, ok, s)
	return r
}

// Decimals from one end of SurrealDB's to the other.
var decimals = []string{
	"0", "1", "-1", "1.25", "0.1", "-19.99", "1500", "0.0000000000000000000000000001", "-0.0000000000000000000000000001",
	"79228162514264337593543950335", "-79228162514264337593543950335", "7.9228162514264337593543950335", "1234567890123456789012345678.9", "0.3333333333333333333333333333",
}

func TestDecimalGoesThroughBigRatAndBigFloatUnchanged(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	for _, text := range decimals {
		var r *big.Rat
		var f *big.Float
		var value big.Float
		for _, dest := range []any{&r, &f, &value} {
			require.NoError(t, db.QueryRowContext(t.Context(), "RETURN "+text+"dec").Scan(surrealsql.Into(dest)), "%s into %T", text, dest)
		}
		require.Zero(t, rat(t, text).Cmp(r), text)
		wrapped := struct {
			*big.Rat
		}{r}
		for _, v := range []any{r, *r, f, *f, value, &wrapped, numberValuer{r}, surrealsql.Value[*big.Float]{V: f, Valid: true}} {
			require.Equal(t, "decimal", drivertest.QueryOne[string](t, db, "RETURN type::of($1)", v), "%T", v)
			require.Equal(t, text, drivertest.QueryOne[string](t, db, "RETURN $1", v), "%T", v)
			require.True(t, drivertest.QueryOne[bool](t, db, "RETURN $1 = "+text+"dec", v), "%s as %T", text, v)
		}
		inside := map[string]any{"l": []*big.Rat{r}, "s": struct{ F *big.Float }{f}, "m": map[string]big.Rat{"r": *r}}
		require.True(t, drivertest.QueryOne[bool](t, db, fmt.Sprintf("RETURN $1 = { l: [%[1]sdec], s: { F: %[1]sdec }, m: { r: %[1]sdec } }", text), inside), text)
	}
	drivertest.MustExec(t, db, "CREATE item SET price = 1.25dec")
	require.Equal(t, 1, drivertest.QueryOne[int](t, db, "SELECT VALUE count() FROM item WHERE price = $1 GROUP ALL", big.NewRat(5, 4)))
	require.Equal(t, 1, drivertest.QueryOne[int](t, db, "SELECT VALUE count() FROM item WHERE price < $1 GROUP ALL", big.NewFloat(1.5)))
	require.Equal(t, []int64{1}, drivertest.QueryOne[surrealsql.Value[[]int64]](t, db, "RETURN [$1, $2].filter(|$n| $n = 1)", big.NewInt(1), big.NewRat(1, 2)).V)
}

type numberValuer struct{ n *big.Rat }

func (v numberValuer) Value() (driver.Value, error) { return v.n, nil }

func TestDecimalThatCannotBeIsRefusedNotRounded(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	long := new(big.Float).SetPrec(200).Quo(big.NewFloat(1), big.NewFloat(3))
	for _, v := range []any{
		big.NewRat(1, 3), rat(t, "79228162514264337593543950336"), rat(t, "1e-29"), rat(t, "1e1000"), rat(t, "1e-1000"), rat(t, "1/1180591620717411303424"),
		big.NewFloat(0.1), big.NewFloat(math.Inf(1)), big.NewFloat(1e300), big.NewFloat(5e-324), long, new(big.Float).SetMantExp(big.NewFloat(1), 1<<30), new(big.Float).SetMantExp(big.NewFloat(1), -1<<30),
	} {
		for _, v := range []any{v, []any{v}, struct{ N any }{v}} {
			_, err := db.ExecContext(t.Context(), "RETURN $1", v)
			require.ErrorContains(t, err, "argument $1", "%T", v)
			require.ErrorContains(t, err, "SurrealDB", "%T", v)
		}
	}
}

package surrealsql

import (
	"database/sql/driver"
	"fmt"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

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

// checkMany is what a call does with its arguments before it sends them.
func checkMany(t testing.TB, text string, args []driver.NamedValue) {
	q := newAnalysis(text)
	require.NoError(t, checkArgs(q, args))
	require.NoError(t, new(Conn).checkParams(t.Context(), q, args))
	_, err := appendArgs(nil, args, encoding{})
	require.NoError(t, err)
}

// With quadratic work, a text with 16 times the arguments costs 16 times as much as 16
// texts. The best of some runs without garbage collection is compared, and both are of
// about one length, so that a busy machine disturbs both alike.
func TestTheCostOfArgumentsGrowsWithTheirNumberOnly(t *testing.T) {
	const small, factor = 2_500, 16
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	for _, named := range []bool{true, false} {
		best := func(n, times int) time.Duration {
			text, args := manyArgs(n, named)
			least := time.Hour
			for range 7 {
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

func TestAMistakeAmongManyArgumentsIsFound(t *testing.T) {
	t.Parallel()
	text, args := manyArgs(1000, true)
	q := newAnalysis(text)
	at := func(change func([]driver.NamedValue) []driver.NamedValue) error {
		given := change(append([]driver.NamedValue(nil), args...))
		if err := checkArgs(q, given); err != nil {
			return err
		}
		return new(Conn).checkParams(t.Context(), q, given)
	}
	require.NoError(t, at(func(a []driver.NamedValue) []driver.NamedValue { return a }))
	require.ErrorContains(t, at(func(a []driver.NamedValue) []driver.NamedValue { return append(a, a[17]) }), `"p17" is given twice`)
	require.ErrorContains(t, at(func(a []driver.NamedValue) []driver.NamedValue { a[500].Name = "px"; return a }), `"px" is not used: the text has $p0, $p1`)
	require.ErrorContains(t, at(func(a []driver.NamedValue) []driver.NamedValue { return a[1:] }), `no value for $p0`)

	text, args = manyArgs(1000, false)
	require.ErrorContains(t, checkArgs(newAnalysis(strings.Replace(text, "$700,", "", 1)), args), "argument 700 is not used")
	require.ErrorContains(t, checkArgs(newAnalysis(text), args[1:]), "uses $1 to $1000, but 999 positional arguments are given")
}

func BenchmarkManyArguments(b *testing.B) {
	for _, named := range []bool{true, false} {
		text, args := manyArgs(40_000, named)
		b.Run(map[bool]string{true: "named", false: "numbered"}[named], func(b *testing.B) {
			for b.Loop() {
				checkMany(b, text, args)
			}
		})
	}
}

package literal_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql/internal/cbor"
	"github.com/surrealsql/surrealsql/internal/literal"
	"github.com/surrealsql/surrealsql/internal/wire"
)

// Numbers, as SurrealDB 4.0.0-beta.1 writes them for <string>$number.

func sized(name string, number item) item {
	n, ok := wire.SizedTag(name)
	if !ok {
		panic(name)
	}
	return tag(n, number)
}

// sizedTexts has numbers that have a width, in the server's text.
func sizedTexts() map[string]item {
	return map[string]item{
		"5i8": sized("i8", num(5)), "-128i8": sized("i8", num(-128)), "127i8": sized("i8", num(127)), "0u8": sized("u8", num(0)), "255u8": sized("u8", num(255)),
		"-32768i16": sized("i16", num(math.MinInt16)), "32767i16": sized("i16", num(math.MaxInt16)), "65535u16": sized("u16", num(math.MaxUint16)),
		"-2147483648i32": sized("i32", num(math.MinInt32)), "2147483647i32": sized("i32", num(math.MaxInt32)), "4294967295u32": sized("u32", num(math.MaxUint32)),
		"0u64": sized("u64", num(0)), "18446744073709551615u64": sized("u64", cbor.AppendUint(nil, math.MaxUint64)),
		"1.5f32": sized("f32", float(1.5)), "-0f32": sized("f32", float(math.Copysign(0, -1))), "16777216f32": sized("f32", float(1<<24)), "1.1f32": sized("f32", float(float64(float32(1.1)))),
		"340282350000000000000000000000000000000f32": sized("f32", float(math.MaxFloat32)), "0.000000000000000000000000000000000000000000001f32": sized("f32", float(math.SmallestNonzeroFloat32)),
		"<f32>NaN": sized("f32", float(math.NaN())), "<f32>Infinity": sized("f32", float(math.Inf(1))), "<f32>-Infinity": sized("f32", float(math.Inf(-1))),
		"1.5f16": sized("f16", float(1.5)), "-0f16": sized("f16", float(math.Copysign(0, -1))), "1.1f16": sized("f16", float(1.099609375)), "65504f16": sized("f16", float(65504)), "0.00000006f16": sized("f16", float(1.0/(1<<24))),
		"<f16>NaN": sized("f16", float(math.NaN())), "<f16>Infinity": sized("f16", float(math.Inf(1))), "<f16>-Infinity": sized("f16", float(math.Inf(-1))),
	}
}

func TestNumbersWithAWidthAreWrittenAsTheServerWritesThemAndReadBack(t *testing.T) {
	t.Parallel()
	for text, want := range sizedTexts() {
		require.Equal(t, text, render(t, literal.Append, want))
		got, err := literal.Parse(nil, text)
		require.NoError(t, err, text)
		require.Equal(t, want, got, text)

		id := record("p", list(want, object("a", want)))
		idText := "p:[" + text + ", { a: " + text + " }]"
		require.Equal(t, idText, render(t, literal.AppendRecord, id))
		got, err = literal.ParseRecord(nil, idText, true)
		require.NoError(t, err, idText)
		require.Equal(t, id, got, idText)
	}
	require.Equal(t, "1i8>..=5u64", render(t, literal.Append, span(excl(sized("i8", num(1))), incl(sized("u64", num(5))))))
	got, err := literal.ParseRange(nil, "1i8>..=5u64", true)
	require.NoError(t, err)
	require.Equal(t, span(excl(sized("i8", num(1))), incl(sized("u64", num(5)))), got)
}

func TestNumbersWithAWidthMayBeWrittenInOtherWays(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]item{
		"1_0i8": sized("i8", num(10)), "+5u16": sized("u16", num(5)), "-0u64": sized("u64", num(0)), "007u8": sized("u8", num(7)), "1e3f32": sized("f32", float(1000)),
		"0.1f16": sized("f16", float(0.0999755859375)), "1.50f32": sized("f32", float(1.5)), "5i64": num(5), "-9223372036854775808i64": num(math.MinInt64), "5f64": float(5), "1.10f64": float(1.1),
		// In a key a word is a text, also where it begins with a digit.
		"p:5i8": tag(wire.TagRecord, record("p", text("5i8"))),
	} {
		got, err := literal.Parse(nil, text)
		require.NoError(t, err, text)
		require.Equal(t, want, got, text)
	}
	for _, text := range []string{
		"128i8", "-129i8", "256u8", "-1u8", "32768i16", "65536u16", "2147483648i32", "4294967296u32", "18446744073709551616u64", "-1u64", "9223372036854775808i64", "1e39f32", "65520f16", "1e400f64",
		"1.5i8", "1e3u16", "1.5i64", "5i128", "5I8", "5i8i", "5i8_", "<f32>1", "<i8>NaN", "<f32", "<f32>", "<f64>NaN", "<f32>-NaNs", "<", "5i8..6i8x",
	} {
		_, err := literal.Parse(nil, text)
		require.Error(t, err, text)
	}
}

// A connection by plain cbor has no tags for them: 4.0 refuses the request there, and 3.3.5
// calls it a parse error.
func TestNumbersWithAWidthAreRefusedWhereTheyCannotBeSent(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"p:[5i8]", "p:{ a: <f32>NaN }", "p:[[1.5f16]]..", "p:[r'p:[5i8]']"} {
		_, err := literal.ParseRecord(nil, text, false)
		require.ErrorContains(t, err, "SurrealDB 4.0 alone", text)
		_, err = literal.ParseRecord(nil, text, true)
		require.NoError(t, err, text)
	}
	_, err := literal.ParseRange(nil, "1i8..5", false)
	require.ErrorContains(t, err, "SurrealDB 4.0 alone")
	got, err := literal.ParseRecord(nil, "p:[5i64, 5f64]", false)
	require.NoError(t, err)
	require.Equal(t, record("p", list(num(5), float(5))), got, "which have none")
}

func TestNumbersWithAWidthThatAreNoneHaveNoLiteral(t *testing.T) {
	t.Parallel()
	for want, b := range map[string]item{
		"300 is no i8": sized("i8", num(300)), "-1 is no u32": sized("u32", num(-1)), "0 or more": sized("u64", num(-1)), "1.1 is no f32": sized("f32", float(1.1)), "is no f16": sized("f16", float(65505)),
		"expected an integer": sized("i8", float(1)), "expected a float": sized("f32", num(1)), "cannot be the key": tag(wire.TagRecord, record("p", sized("i8", num(1)))),
	} {
		var d cbor.Decoder
		d.Reset(b)
		_, err := literal.Append(nil, &d)
		require.ErrorContains(t, err, want)
	}
}

func TestNumbersInExpressionsAreNoCommentAndNoComparison(t *testing.T) {
	t.Parallel()
	for want, b := range map[string]item{"5i8": sized("i8", num(5)), "(-5i8)": sized("i8", num(-5)), "(<f32>NaN)": sized("f32", float(math.NaN())), "[1u8]": list(sized("u8", num(1)))} {
		require.Equal(t, want, render(t, literal.AppendExpression, b))
	}
}

// Where two numbers of the fewest digits are equally near to a float, Rust takes the larger one.
func TestFloatsAreWrittenWithTheDigitsThatTheServerChooses(t *testing.T) {
	t.Parallel()
	for want, v := range map[string]float64{
		"1125899906842624.3f": 1<<50 + 0.25, "-1125899906842624.3f": -(1<<50 + 0.25), "1125899906842624.8f": 1<<50 + 0.75, "0.25f": 0.25, "2.5f": 2.5, "1.1f": 1.1, "5f": 5, "9007199254740992f": 1 << 53,
	} {
		require.Equal(t, want, render(t, literal.Append, float(v)))
	}
	for want, v := range map[string]float64{"2104848.3f32": 2104848.25, "-3046.0313f32": -3046.03125, "3046.0317f32": float64(float32(3046.0317)), "0.25f32": 0.25} {
		require.Equal(t, want, render(t, literal.Append, sized("f32", float(v))))
	}
}

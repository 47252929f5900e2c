package literal_test

import (
	"encoding/hex"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/surrealsql/surrealsql/internal/cbor"
	"github.com/surrealsql/surrealsql/internal/literal"
	"github.com/surrealsql/surrealsql/internal/wire"
)

// Literals as people write them, and values that come back from their text.

func TestParseUnderstandsWhatPeopleWrite(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]string{
		"p:⟨a b⟩": "p:`a b`", `p:⟨a\⟩b⟩`: "p:`a⟩b`", " p:1 ": "p:1", "p:007": "p:7", "p:+5": "p:5", "`p`:x": "p:x", "⟨p q⟩:1": "`p q`:1",
		"p:99999999999999999999": "p:`99999999999999999999`", "p:-99999999999999999999": "p:`-99999999999999999999`",
		"p:1_000": "p:`1_000`", "p:[1,]": "p:[1]", "p:[ 1 , 'a' ]": "p:[1, 'a']", "p:{a:1,}": "p:{ a: 1 }", `p:{'b':2,"a":1}`: "p:{ a: 1, b: 2 }",
		"p:{ 1 : 2 }": `p:{ "1": 2 }`, `p:u"` + someUUID + `"`: "p:u'" + someUUID + "'", "p:[TRUE, False, none, Null]": "p:[true, false, NONE, NULL]",
		`p:["\u0041\u{1F600}\/"]`: "p:['A😀/']", "p:[r'a:1', s'x', 1h30m, 1.5e3, -1.5]": "p:[a:1, 'x', 1h30m, 1500f, -1.5f]",
		"p:[d'2024-01-01T01:00:00+01:00']": "p:[d'2024-01-01T00:00:00Z']", "p:[(1,2)]": "p:[(1, 2)]", "p:[foo, `b c`, `1h`, `None`]": "p:[foo, `b c`, `1h`, `None`]", "p:[1h:x]": "p:[1h:x]",
		"p:[{ 1, 'x' }]": "p:[{1, 'x'}]", "p:[{}]": "p:[{  }]", "p:[{ , }]": "p:[{,}]", "p:a..=z": "p:a..=z", "p:[-Infinity, +1]": "p:[-Infinity, 1]",
		"p:[1_000, 1__0, 1_, 1_.5, 1_0e1_0]": "p:[1000, 10, 1, 1.5f, 100000000000f]", "p:[1_0h, 1h3_0m]": "p:[10h, 1h30m]", "p:[1e400, -1e400, -NaN]": "p:[Infinity, -Infinity, NaN]",
		"p:[1.50dec, 1_0dec, 1.5e3dec, -0.0dec]": "p:[1.5dec, 10dec, 1500dec, -0dec]", "p:[d'2024-01-01']": "p:[d'2024-01-01T00:00:00Z']",
		"p:[d'2024-01-01 01:02:03.1234567891+02:00']": "p:[d'2023-12-31T23:02:03.123456789Z']", "p:[d'12024-02-29t00:00:00z', d'-0000-01-01']": "p:[d'+12024-02-29T00:00:00Z', d'0000-01-01T00:00:00Z']",
		"p:[d'+262142-12-31T23:59:59.999999999Z', d'-262143-01-01']": "p:[d'+262142-12-31T23:59:59.999999999Z', d'-262143-01-01T00:00:00Z']",
		"p:[{ a: 1, b: 2, 'a': 3 }]":                                 "p:[{ a: 3, b: 2 }]", "p:[(1_0, inf)]": "p:[(10, inf)]",
		"p:[{ person:1, }]": "p:[{ person: 1 }]", "p:\n1": "",
	} {
		b, err := literal.ParseRecord(nil, s, true)
		if want == "" {
			require.Error(t, err, s)
			continue
		}
		require.NoError(t, err, s)
		require.Equal(t, want, render(t, literal.AppendRecord, b))
	}
}

// The server itself takes p:a-b for p:a and p:1.5 for p:1 (3.0.2).
func TestParseRefusesWhatItDoesNotUnderstandWholly(t *testing.T) {
	t.Parallel()
	for _, s := range []string{
		"", "p", "p:", ":1", "p:a-b", "p:1.5", "p:a b", "p:1 x", "p: 1", "p:日本", "日本:1", "p:'abc'", "p:\"abc\"", "p:rand()", "p:ulid()",
		"p:`a", "p:⟨a", "p:`a\\x`", "p:`a\\", "p:[1", "p:[1 2]", "p:[1+1]", "p:{a}x", "p:{a:}", "p:{a:1", "p:{1:2 3:4}", "p:[$x]", "p:[1,,2]",
		"p:[99999999999999999999]", "p:[{1}]", "p:[{a}]", "p:[1e_3]", "p:[1h_]", "p:[1h_30m]", "p:[79228162514264337593543950336dec]", "p:[0.00000000000000000000000000001dec]", "p:[1x]", "p:[b'0']", "p:[u'1']", "p:[d'x']", "p:[d'']", "p:[d'+1']", "p:[d'2024-1-1']", "p:[d'2023-02-29']", "p:[d'2024-01-01T24:00:00Z']", "p:[d'2024-01-01T00:00:00']", "p:[d'2024-01-01T00:00:00.Z']", "p:[d'2024-01-01T00:00:00+24:00']", "p:[d'+262143-01-01']", "p:[d'-262144-12-31']", "p:[x'1']", "p:[f'b']", "p:[f\"b:k\"]", "p:[f\"b:/k\\\"]",
		"p:[(1)]", "p:[(1,2,3)]", "p:[(a,b)]", "p:[(0x10,1)]", "p:[\"\\u{110000}\"]", "p:[\"\\ud800\"]", "p:[\"\\u12\"]", "p:[\"\\u{}\"]", "p:-", "p:-a", "p:1..5x y", "p:1>5", "p:1>",
		"p:u'", "a:b:c", "p:1..5..6", "p:\xff", "p:[-1h]", "p:[-]", "p:..=", "p:[,]", "p:[{,1}]", "``:1", "p:/*c*/1",
	} {
		_, err := literal.ParseRecord(nil, s, true)
		require.ErrorContains(t, err, "is not a record id", s)
	}
	_, err := literal.ParseRecord(nil, "p:a-b", true)
	require.EqualError(t, err, `"p:a-b" is not a record id such as person:tobie, person:1 or person:⟨a b⟩: expected its end at byte 3`)
	_, err = literal.ParseRange(nil, "15", true)
	require.ErrorContains(t, err, `"15" is not a range such as 1..5`)
	_, err = literal.ParseRange(nil, "", true)
	require.Error(t, err)
}

func TestDepthIsBoundedBothWays(t *testing.T) {
	t.Parallel()
	for _, open := range []string{"[", "{a:", "p:[", "p:{a:", "1..["} {
		_, err := literal.Parse(nil, strings.Repeat(open, 100_000))
		require.ErrorContains(t, err, "250", open)
	}
	deep := []byte(strings.Repeat("\x81", 400) + "\x00")
	var d cbor.Decoder
	d.Reset(deep)
	_, err := literal.Append(nil, &d)
	require.ErrorContains(t, err, "250")
}

func TestAppendRefusesWhatHasNoLiteral(t *testing.T) {
	t.Parallel()
	for want, b := range map[string]item{
		"tag 99":                         tag(99, num(1)),
		"undefined":                      {0xf7},
		"16":                             tag(wire.TagUUID, blob(1)),
		"expected 2":                     tag(wire.TagRecord, list(text("p"))),
		"a boolean cannot be the key":    tag(wire.TagRecord, record("p", boolean(true))),
		"tag 10 cannot be the key":       tag(wire.TagRecord, record("p", tag(wire.TagDecimal, text("1")))),
		"as a bound":                     span(tag(wire.TagNone, null()), null()),
		"less than a second":             tag(wire.TagDuration, list(num(1), num(1_000_000_000))),
		"expected a tag":                 tag(wire.TagLine, list(list(float(1), float(2)))),
		"88 was expected":                tag(wire.TagLine, list(tag(wire.TagLine, list()))),
		"the end of the input":           tag(wire.TagSet, nil),
		"a datetime of 1 parts":          tag(wire.TagDatetime, list(num(1))),
		"expected a text, found an inte": object("a", num(1))[:1],
	} {
		var d cbor.Decoder
		if want == "expected a text, found an inte" {
			b = append(b, 1, 1)
		}
		d.Reset(b)
		_, err := literal.Append(nil, &d)
		require.ErrorContains(t, err, want)
	}
}

func TestFileTextKeepsItsParts(t *testing.T) {
	t.Parallel()
	for want, f := range map[string][2]string{`b:/k\ y.txt`: {"b", "/k y.txt"}, `b\ u:/k\:x`: {"b u", "k:x"}, `b\/\é:/a/\\\"\é`: {"b/é", `a/\"é`}} {
		got := string(literal.AppendFile(nil, f[0], f[1]))
		require.Equal(t, want, got)
		bucket, key, err := literal.SplitFile(got)
		require.NoError(t, err)
		require.Equal(t, f[0], bucket)
		require.Equal(t, "/"+strings.TrimPrefix(f[1], "/"), key)
		b, err := literal.ParseFile(nil, got)
		require.NoError(t, err)
		require.Equal(t, `f"`+want+`"`, render(t, literal.Append, b))
	}
	for _, s := range []string{"", ":", "b", "b:", ":/k", "b:k", `b:/k\`} {
		_, err := literal.ParseFile(nil, s)
		require.ErrorContains(t, err, "expected bucket:/key", s)
	}
}

// With another character in the place of such bytes it would be another file.
func TestFileThatIsNotUTF8IsRefusedAndNotAnother(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"b:/\xff", "b\xc3:/k", string(literal.AppendFile(nil, "b", "k\xff.txt")), string(literal.AppendFile(nil, "\xff", "k"))} {
		_, err := literal.ParseFile(nil, s)
		require.ErrorContains(t, err, "is no file: it is not UTF-8", "%q", s)
	}
	require.Equal(t, "b:/k\\\ufffd", string(literal.AppendFile(nil, "b", "k\ufffd")), "that character is one like others")
}

// values draws any value that has a literal of its own.
func values(t *rapid.T, depth int) item {
	str := rapid.StringOf(rapid.OneOf(rapid.Rune(), rapid.RuneFrom([]rune("ab1_`'\"\\⟨⟩:-. \n\x00\b/{}[]$"))))
	kind := rapid.IntRange(0, 15).Draw(t, "kind")
	if depth == 0 {
		kind %= 12
	}
	switch kind {
	case 0:
		return num(rapid.Int64().Draw(t, "int"))
	case 1:
		return float(rapid.Float64().Draw(t, "float"))
	case 2:
		return boolean(rapid.Bool().Draw(t, "bool"))
	case 3:
		return null()
	case 4:
		return none()
	case 5:
		return text(str.Draw(t, "text"))
	case 6:
		return blob(rapid.SliceOf(rapid.Byte()).Draw(t, "bytes")...)
	case 7:
		return wire.AppendDuration(nil, rapid.Uint64().Draw(t, "s"), rapid.Uint32Max(999_999_999).Draw(t, "ns"))
	case 8:
		return tag(wire.TagDatetime, list(num(rapid.Int64Range(-8e12, 8e12).Draw(t, "at")), num(rapid.Int64Range(0, 999_999_999).Draw(t, "ns"))))
	case 9:
		return tag(wire.TagTable, text(rapid.StringMatching(`[0-9a-zA-Z ]+`).Draw(t, "table")))
	case 10:
		return point(rapid.Float64().Draw(t, "x"), rapid.Float64().Draw(t, "y"))
	case 11:
		return tag(wire.TagFile, list(text("b"+str.Draw(t, "bucket")), text("/"+str.Draw(t, "path"))))
	case 12:
		return object("a", values(t, depth-1), "b"+str.Draw(t, "key"), values(t, depth-1))
	case 13:
		return span(incl(values(t, 0)), excl(values(t, 0)))
	case 14:
		return tag(wire.TagRecord, record("t"+str.Draw(t, "table"), text(str.Draw(t, "key"))))
	default:
		items := make([]item, rapid.IntRange(0, 4).Draw(t, "n"))
		for i := range items {
			items[i] = values(t, depth-1)
		}
		return list(items...)
	}
}

func TestValuesSurviveTheirText(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		want := values(rt, 3)
		var d cbor.Decoder
		d.Reset(want)
		s, err := literal.Append(nil, &d)
		require.NoError(rt, err)
		got, err := literal.Parse(nil, string(s))
		require.NoError(rt, err)
		require.Equal(rt, hex.EncodeToString(want), hex.EncodeToString(got), "%s", s)
	})
}

func FuzzParse(f *testing.F) {
	for s := range measured(f) {
		f.Add(s)
	}
	for s := range sizedTexts() {
		f.Add(s)
	}
	f.Add("[1e5, 1..=2, {a:1}, {,}, f'b:/k', d'+10000-01-01T00:00:00Z']")
	f.Fuzz(func(t *testing.T, s string) {
		b, err := literal.Parse(nil, s)
		if err != nil {
			return
		}
		var d cbor.Decoder
		d.Reset(b)
		require.NoError(t, d.Skip())
		require.NoError(t, d.Tail())
		d.Reset(b)
		canonical, err := literal.Append(nil, &d)
		if err != nil {
			return // deeper than the text was
		}
		again, err := literal.Parse(nil, string(canonical))
		require.NoError(t, err, "%s", canonical)
		d.Reset(again)
		fixed, err := literal.Append(nil, &d)
		require.NoError(t, err)
		require.Equal(t, string(canonical), string(fixed))
	})
}

// Each digit in each place, by the digits of the bytes one by one.
func TestUUIDAsTextHasTheDigitsOfItsBytes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		u := [16]byte(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "UUID"))
		hex := hex.EncodeToString(u[:])
		text := string(literal.AppendUUID([]byte("id "), u))
		require.Equal(t, "id "+hex[:8]+"-"+hex[8:12]+"-"+hex[12:16]+"-"+hex[16:20]+"-"+hex[20:], text)
		back, err := literal.ParseUUID(text[3:])
		require.NoError(t, err)
		require.Equal(t, u, back)
	})
}

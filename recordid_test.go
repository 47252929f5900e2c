package surrealsql

import (
	"database/sql/driver"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// Record ids: how they are made, parsed, scanned and marshalled.

func TestRecordIDsAreMadeOfAnyKey(t *testing.T) {
	t.Parallel()
	for want, c := range map[string]struct {
		table string
		key   any
	}{
		"person:tobie": {"person", "tobie"}, "person:`a b`": {"person", "a b"}, "person:`123`": {"person", "123"}, "person:123": {"person", 123}, "person:``": {"person", ""},
		"`a b`:`⟩`": {"a b", "⟩"}, "p:u'0191f0a4-5c3e-7b7a-9f0e-2d7a4f1c6b55'": {"p", aUUID}, "p:['a', 1]": {"p", []any{"a", 1}}, "p:{ a: 1, b: 'x' }": {"p", map[string]any{"b": "x", "a": 1}},
		"p:{ x: 1 }": {"p", struct {
			X int `json:"x"`
		}{1}}, "p:1..=5": {"p", Range("1..=5")}, "p:a>..": {"p", Range("'a'>..")},
	} {
		id, err := NewRecordID(c.table, c.key)
		require.NoError(t, err)
		require.Equal(t, RecordID(want), id)
		require.Equal(t, c.table, id.Table())
		again, err := NewRecordID(id.Table(), id.Key())
		require.NoError(t, err)
		require.Equal(t, id, again, "its parts make the same id")
	}
}

func TestRecordIDsRefuseWhatIsNoKey(t *testing.T) {
	t.Parallel()
	for _, key := range []any{nil, 1.5, true, None, RecordID("p:1"), Decimal("1"), []byte("x"), Table("t"), make(chan int), "\xff", uint64(1 << 63), []any(nil)} {
		_, err := NewRecordID("p", key)
		require.ErrorContains(t, err, `surrealsql: record id of table "p"`, "%T", key)
	}
	for _, table := range []string{"", "\xff"} {
		_, err := NewRecordID(table, 1)
		require.Error(t, err)
	}
}

func TestRecordIDsAreParsedWholeOrNotAtAll(t *testing.T) {
	t.Parallel()
	id, err := ParseRecordID(" person:⟨a b⟩ ")
	require.NoError(t, err)
	require.Equal(t, RecordID("person:`a b`"), id)
	_, err = ParseRecordID("person:a-b")
	require.ErrorContains(t, err, `surrealsql: "person:a-b" is not a record id such as person:tobie`)
	require.Empty(t, RecordID("person:a-b").Table())
	require.Nil(t, RecordID("").Key())
}

func TestRecordIDsScanAndMarshalAsText(t *testing.T) {
	t.Parallel()
	var id RecordID
	for _, src := range []any{RecordID("p:1"), "p:1", []byte("p:1")} {
		id = ""
		require.NoError(t, id.Scan(src))
		require.Equal(t, RecordID("p:1"), id)
	}
	require.ErrorContains(t, id.Scan(nil), "sql.Null[RecordID]")
	require.ErrorContains(t, id.Scan(1), "int cannot be scanned")
	require.Error(t, id.Scan("x"))
	type link struct{ A, B RecordID }
	text, err := json.Marshal(link{A: "p:`a b`"})
	require.NoError(t, err)
	require.Equal(t, "{\"A\":\"p:`a b`\",\"B\":\"\"}", string(text))
	var back link
	require.NoError(t, json.Unmarshal(text, &back))
	require.Equal(t, link{A: "p:`a b`"}, back)
	v, err := id.Value()
	require.NoError(t, err)
	require.Equal(t, driver.Value(string(id)), v, "for tools; see valuer_test.go")
}

func TestRecordIDsOfHostileStringsComeBackAsTheyWere(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		hostile := rapid.StringOf(rapid.OneOf(rapid.Rune(), rapid.RuneFrom([]rune("a1_`'\"\\⟨⟩:-. \n\x00\b/{}[]$"))))
		table, key := "t"+hostile.Draw(rt, "table"), hostile.Draw(rt, "key")
		id, err := NewRecordID(table, key)
		require.NoError(rt, err)
		require.Equal(rt, table, id.Table())
		require.Equal(rt, key, id.Key())
		parsed, err := ParseRecordID(string(id))
		require.NoError(rt, err)
		require.Equal(rt, id, parsed)
	})
}

func TestRecordIDsAndOtherTextTypesAreTheirText(t *testing.T) {
	t.Parallel()
	require.Equal(t, "NONE", None.String())
	none, err := json.Marshal(None)
	require.NoError(t, err)
	require.Equal(t, "null", string(none))
	require.Equal(t, []string{"p:1", "t", "1.5", "x", "1h", "1..", "b:/k"},
		[]string{RecordID("p:1").String(), Table("t").String(), Decimal("1.5").String(), UUID("x").String(), LongDuration("1h").String(), Range("1..").String(), File("b:/k").String()})
	f := NewFile("my bucket", "dir/a b.txt")
	require.Equal(t, File(`my\ bucket:/dir/a\ b.txt`), f)
	require.Equal(t, "my bucket", f.Bucket())
	require.Equal(t, "/dir/a b.txt", f.Key())
	require.Empty(t, File("x").Bucket()+File("x").Key())
	s, ns, err := LongDuration("300y1ns").Split()
	require.NoError(t, err)
	require.Equal(t, []uint64{9460800000, 1}, []uint64{s, uint64(ns)})
	_, _, err = LongDuration("x").Split()
	require.ErrorContains(t, err, "surrealsql: ")
}

func TestRecordIDOfATableCalledAsAKeywordIsOneHoweverItIsWritten(t *testing.T) {
	t.Parallel()
	made, err := NewRecordID("value", 1)
	require.NoError(t, err)
	for _, text := range []string{"value:1", "`value`:1", "⟨value⟩:1"} {
		id, err := ParseRecordID(text)
		require.NoError(t, err)
		require.Equal(t, made, id)
	}
}

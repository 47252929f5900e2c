package surrealql

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// What an entry of an answer says, as the servers word it.
var entryMessages = map[string]string{
	"cancelled": "The query was not executed due to a cancelled transaction",
	"failed":    "The query was not executed due to a failed transaction",
	"root":      "An error occurred: x",
	"nocommit":  "Cannot COMMIT: the transaction was aborted due to a prior error",
	"missing":   "Missing COMMIT statement",
}

func TestAlignGivesEachEntryToItsStatement(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		major   int
		text    string
		entries string
		want    []int
	}{
		// Measured on 3.0.2.
		{3, "RETURN 1; RETURN 2", "ok ok", []int{0, 1}},
		{3, "LET $x = 1; USE NS t; OPTION IMPORT; RETURN 1", "ok ok ok ok", []int{0, 1, 2, 3}},
		{3, "THROW 'a'; RETURN 1; CREATE i:1", "root ok root", []int{0, 1, 2}},
		{3, "BEGIN; CREATE i; COMMIT; RETURN 2", "ok ok ok ok", []int{0, 1, 2, 3}},
		{3, "BEGIN; CREATE i:1; RETURN 4; CREATE i:2; COMMIT; RETURN 5", "ok ok ok ok ok", []int{0, 1, 2, 4, 5}},
		{3, "BEGIN; CREATE i:1; RETURN 4; CREATE i:2; CREATE i:3; CANCEL; RETURN 5", "ok cancelled cancelled ok ok", []int{0, 1, 2, 5, 6}},
		{3, "BEGIN; CREATE i:1; THROW 'x'; CREATE i:2; COMMIT; RETURN 6", "ok failed root cancelled ok", []int{0, 1, 2, 3, 5}},
		{3, "BEGIN; CREATE i:1; THROW 'x'; CREATE i:2; CANCEL; RETURN 6", "ok failed root cancelled ok", []int{0, 1, 2, 3, 5}},
		{3, "BEGIN; CREATE i:1; CANCEL; RETURN 5", "ok cancelled ok ok", []int{0, 1, 2, 3}},
		{3, "BEGIN; RETURN 1; RETURN 2; CANCEL; RETURN 4; BEGIN; COMMIT; RETURN 7", "ok cancelled ok ok ok ok ok", []int{0, 1, 3, 4, 5, 6, 7}},
		{3, "BEGIN; RETURN 1; LET $a = 2; CANCEL; LET $b = 4; BEGIN; RETURN 6; CANCEL; RETURN 8", "ok cancelled ok ok ok cancelled ok ok", []int{0, 1, 3, 4, 5, 6, 7, 8}},
		{3, "BEGIN; CREATE i:1; CANCEL; BEGIN; CREATE i:2; THROW 'q'; COMMIT; RETURN 7", "ok cancelled ok ok failed root ok", []int{0, 1, 2, 3, 4, 5, 7}},
		{3, "BEGIN; THROW 'q'; COMMIT; BEGIN; CREATE i:1; CANCEL; RETURN 7", "ok root ok cancelled ok ok", []int{0, 1, 3, 4, 5, 6}},
		{3, "BEGIN; LET $a = 1; CREATE i:1; IF true { RETURN 9 }; CREATE i:3; COMMIT; RETURN 8", "ok ok ok ok ok ok", []int{0, 1, 2, 3, 5, 6}},
		{3, "BEGIN; LET $a = 1; CREATE i:1; IF false { RETURN 9 }; CREATE i:3; COMMIT; RETURN 8", "ok ok ok ok ok ok ok", []int{0, 1, 2, 3, 4, 5, 6}},
		{3, "BEGIN; CREATE i:1; COMMIT; BEGIN; RETURN 2; CREATE i:7; COMMIT; RETURN 3", "ok ok ok ok ok ok ok", []int{0, 1, 2, 3, 4, 6, 7}},
		{3, "BEGIN; CREATE i:1", "ok missing", []int{0, 1}},
		{3, "BEGIN; OPTION IMPORT = false; CREATE i:1; COMMIT; RETURN 1", "ok ok ok ok ok", []int{0, 1, 2, 3, 4}},
		// Read in the source of main: a COMMIT that cannot has an entry.
		{3, "BEGIN; CREATE i:1; THROW 'x'; CREATE i:2; COMMIT; RETURN 6", "ok failed root cancelled nocommit ok", []int{0, 1, 2, 3, 4, 5}},
		{3, "BEGIN; CREATE i:1; COMMIT; RETURN 6", "ok failed nocommit ok", []int{0, 1, 2, 3}},
		// Read in the source of 2.6.
		{2, "LET $x = 1; USE NS t; OPTION IMPORT; RETURN 1", "ok ok ok", []int{0, 1, 3}},
		{2, "BEGIN; CREATE i; COMMIT; RETURN 2", "ok ok", []int{1, 3}},
		{2, "BEGIN; CREATE i:1; RETURN 4; CREATE i:2; COMMIT; RETURN 5", "ok ok", []int{2, 5}},
		{2, "BEGIN; CREATE i:1; THROW 'x'; CREATE i:2; COMMIT; RETURN 6", "failed root failed ok", []int{1, 2, 3, 5}},
		{2, "BEGIN; CREATE i:1; CANCEL; RETURN 5", "cancelled ok", []int{1, 3}},
	} {
		entries := strings.Fields(c.entries)
		a := Analyze(c.text).Align(c.major, len(entries))
		var got []int
		for _, e := range entries {
			i, ok := a.Next(e != "ok", entryMessages[e])
			require.True(t, ok, c.text)
			got = append(got, i)
		}
		require.Equal(t, c.want, got, "%d: %s: %s", c.major, c.text, c.entries)
	}
}

func TestAlignGivesEntriesBeyondStatementsToNone(t *testing.T) {
	t.Parallel()
	a := Analyze("RETURN 1").Align(3, 2)
	_, ok := a.Next(false, "")
	require.True(t, ok)
	_, ok = a.Next(false, "")
	require.False(t, ok)
}

package surrealsql

import (
	"database/sql"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A struct that stands for what it embeds by a pointer has that made anew, too.
func TestAStructThatStandsForAnEmbeddedPointerSharesNoMemoryWithEarlierRows(t *testing.T) {
	t.Parallel()
	for name, v := range fills {
		if name == "Scan" {
			continue // database/sql calls the Scan method that the struct has from its pointer
		}
		ids := keepRows[idPointer](t, v, RecordID("p:1"), RecordID("p:2"), nil, RecordID("p:3"))
		require.Equal(t, []idPointer{{new(RecordID("p:1"))}, {new(RecordID("p:2"))}, {}, {new(RecordID("p:3"))}}, ids)
		deep := keepRows[struct{ *ID }](t, v, RecordID("p:1"), nil, RecordID("p:2"))
		require.Equal(t, []struct{ *ID }{{&ID{"p:1"}}, {}, {&ID{"p:2"}}}, deep)
		wrapped := keepRows[struct{ idPointer }](t, v, RecordID("p:1"), RecordID("p:2"))
		require.Equal(t, "p:1", string(*wrapped[0].RecordID))
		null := keepRows[struct{ *sql.Null[int] }](t, v, 1, 2)
		require.Equal(t, sql.Null[int]{V: 1, Valid: true}, *null[0].Null)
		own := keepRows[struct{ *Value[int] }](t, v, 1, 2)
		require.Equal(t, Value[int]{V: 1, Valid: true}, *own[0].Value)
		at := time.Date(2024, 5, 6, 7, 8, 9, 10, time.UTC)
		times := keepRows[struct{ stampPointer }](t, v, at, at.Add(1))
		require.Equal(t, at, *times[0].Time)
	}
}

// keeper is embedded by pointers that nobody but this package can set.
type keeper struct {
	A    *int
	B    []int
	note string
}

func TestAnEmbeddedPointerThatNobodyCanSetPointsToACopyForEachRow(t *testing.T) {
	t.Parallel()
	type lent struct{ *keeper }
	type named struct {
		*keeper `json:"in"`
		N       int
	}
	type within struct{ In lent }
	rows := []any{map[string]any{"A": 1, "B": []int{1}}, map[string]any{"B": []int{2}}, map[string]any{}, map[string]any{"A": 4}}
	want := []keeper{{new(1), []int{1}, "mine"}, {B: []int{2}, note: "mine"}, {note: "mine"}, {A: new(4), note: "mine"}}
	for name, into := range fills {
		first := &keeper{note: "mine"}
		one, two, three := lent{first}, named{keeper: first}, within{lent{first}}
		var ones, twos, threes []keeper
		var kept []*keeper
		for _, row := range rows {
			require.NoError(t, into(encoded(t, row), &one), name)
			require.NoError(t, into(encoded(t, map[string]any{"in": row}), &two), name)
			require.NoError(t, into(encoded(t, map[string]any{"In": row}), &three), name)
			kept = append(kept, one.keeper, two.keeper, three.In.keeper)
		}
		for i := 0; i < len(kept); i += 3 {
			ones, twos, threes = append(ones, *kept[i]), append(twos, *kept[i+1]), append(threes, *kept[i+2])
		}
		require.Equal(t, want, ones, name)
		require.Equal(t, want, twos, name)
		require.Equal(t, want, threes, name)
		require.Equal(t, keeper{note: "mine"}, *first, name)
	}
}

func TestANULLLeavesAloneWhatNoObjectFills(t *testing.T) {
	t.Parallel()
	type person struct {
		*keeper
		Name   string
		Secret string `json:"-"`
		Home   struct {
			City string
			note string
		}
	}
	p := person{keeper: &keeper{note: "mine"}, Secret: "s"}
	p.Home.note = "mine"
	full := map[string]any{"A": 1, "Name": "x", "Home": map[string]any{"City": "Oslo"}}
	for _, row := range []any{full, map[string]any{"Home": nil}, full, nil, full} {
		require.NoError(t, fills["Into"](encoded(t, row), &p))
		require.Equal(t, []string{"mine", "s", "mine"}, []string{p.note, p.Secret, p.Home.note})
		if row, _ := row.(map[string]any); len(row) < 3 {
			require.Equal(t, []any{"", "", (*int)(nil)}, []any{p.Name, p.Home.City, p.A})
		}
	}
	require.Equal(t, "Oslo", p.Home.City)
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

func TestAStructWithAScanMethodIsToldOfNULLAsDatabaseSQLTellsIt(t *testing.T) {
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

func TestANilValueThatIsEmbeddedIsAnErrorOfScan(t *testing.T) {
	t.Parallel()
	var dest struct{ *Value[int] }
	require.ErrorContains(t, dest.Scan(int64(1)), "int64 cannot be scanned into a nil *surrealsql.Value[int]")
	require.NoError(t, Into(&dest).Scan(int64(1)))
	require.Equal(t, 1, dest.V)
}

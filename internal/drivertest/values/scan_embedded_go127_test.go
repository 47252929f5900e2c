//go:build go1.27 && !purego

package values

import (
	"database/sql"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/drivertest"
)

// Since Go 1.27 plain destinations are structs that embed others too.

type (
	momentPointer struct{ *time.Time }
	momentWithin  struct{ moment }
	lentFields    struct {
		audit
		Title
	}
)

// Since Go 1.27 Rows.Scan takes directly what a struct embeds, as Into does.
func TestScanFillsAStructThatEmbedsWithoutInto(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	at := time.Date(2024, 5, 6, 7, 8, 9, 10, time.UTC)
	const text = "RETURN d'2024-05-06T07:08:09.000000010Z'"
	require.Equal(t, moment{at}, drivertest.QueryOne[moment](t, db, text))
	require.Equal(t, &moment{at}, drivertest.QueryOne[*moment](t, db, text))
	require.Equal(t, momentPointer{&at}, drivertest.QueryOne[momentPointer](t, db, text))
	require.Equal(t, momentWithin{moment{at}}, drivertest.QueryOne[momentWithin](t, db, text))
	require.Equal(t, struct{ time.Time }{at}, drivertest.QueryOne[struct{ time.Time }](t, db, text))
	require.Equal(t, sql.Null[moment]{V: moment{at}, Valid: true}, drivertest.QueryOne[sql.Null[moment]](t, db, text))
	require.Equal(t, []moment{{at}, {}}, drivertest.QueryOne[[]moment](t, db, "SELECT v FROM { v: [d'2024-05-06T07:08:09.000000010Z', NONE] }"))
	require.Equal(t, ownerID{"p:1"}, drivertest.QueryOne[ownerID](t, db, "RETURN p:1"))
	for _, nothing := range []string{"RETURN NULL", "RETURN NONE"} {
		require.Nil(t, drivertest.QueryOne[*moment](t, db, nothing))
		require.Equal(t, sql.Null[moment]{}, drivertest.QueryOne[sql.Null[moment]](t, db, nothing))
		var dest moment
		require.ErrorContains(t, db.QueryRowContext(t.Context(), nothing).Scan(&dest), "scan into a pointer to it, or sql.Null")
	}
	var dest moment
	require.ErrorContains(t, db.QueryRowContext(t.Context(), "RETURN 'x'").Scan(&dest), "storing into a values.moment")

	fields := drivertest.QueryOne[lentFields](t, db, "SELECT v FROM { v: { Created: d'2024-05-06T07:08:09.000000010Z', title: 'T', other: 1 } }")
	require.Equal(t, lentFields{audit{Created: moment{at}}, Title{"T"}}, fields)
}

func TestScanOfAStructThatEmbedsSharesNoMemoryWithEarlierRows(t *testing.T) {
	t.Parallel()
	rows, err := drivertest.NewDB(t).QueryContext(t.Context(), "SELECT VALUE at FROM [{ at: d'2024-05-06T07:08:09Z' }, { at: d'2025-05-06T07:08:09Z' }]")
	require.NoError(t, err)
	defer rows.Close()
	var dest momentPointer
	var years []*time.Time
	for rows.Next() {
		require.NoError(t, rows.Scan(&dest))
		years = append(years, dest.Time)
	}
	require.NoError(t, rows.Err())
	require.Equal(t, []int{2024, 2025}, []int{years[0].Year(), years[1].Year()})
}

func TestScanKeepsTheTextOfARawMessageOfEarlierRows(t *testing.T) {
	t.Parallel()
	rows, err := drivertest.NewDB(t).QueryContext(t.Context(), "SELECT v FROM [{ v: [1, 2] }, { v: { a: 3 } }, { v: 'x' }]")
	require.NoError(t, err)
	defer rows.Close()
	var dest surrealsql.Value[[]byte]
	var kept []string
	var raws [][]byte
	for rows.Next() {
		require.NoError(t, rows.Scan(&dest))
		raws = append(raws, dest.V)
	}
	for _, raw := range raws {
		kept = append(kept, string(raw))
	}
	require.Equal(t, []string{"[1,2]", `{"a":3}`, "x"}, kept)
}

package floor_test

import (
	"database/sql/driver"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/surrealsql/surrealsql/benchmarks/internal/floor"
)

// The floor answers what it was given.

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestFloorAnswersItsTable(t *testing.T) {
	table := &floor.Table{Columns: []string{"n", "s"}, Rows: [][]driver.Value{{int64(1), "a"}, {int64(2), "b"}}}
	db := floor.Open(table.Repeat(3))
	defer db.Close()
	require.NoError(t, db.PingContext(t.Context()))
	rows, err := db.QueryContext(t.Context(), "anything", 1, "two")
	require.NoError(t, err)
	defer rows.Close()
	got, err := floor.Read(rows)
	require.NoError(t, err)
	require.Equal(t, table.Columns, got.Columns)
	require.Equal(t, [][]driver.Value{{int64(1), "a"}, {int64(2), "b"}, {int64(1), "a"}}, got.Rows)
}

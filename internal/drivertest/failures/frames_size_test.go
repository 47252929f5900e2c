package failures

import (
	"database/sql"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/drivertest"
	"github.com/surrealsql/surrealsql/internal/scripted"
)

// max_message_size bounds what an answer takes of memory, however it is sent.

func TestFramesTakeNoMoreMemoryThanAMessageMay(t *testing.T) {
	t.Parallel()
	const all = "SELECT * FROM x" // its columns are those of all rows
	row := map[string]any{"n": strings.Repeat("x", 100)}
	srv := streaming(t, func(c *scripted.Conn, id uint64) {
		c.Stream(id, begun)
		for range 100 {
			c.Stream(id, scripted.StreamRows(0, row))
		}
		c.Stream(id, finished, ended)
	}, all, streamed)
	for bound, fits := range map[int]bool{4 << 10: false, 20 << 10: true} {
		db := streams(t, srv, func(cfg *surrealsql.Config) { cfg.MaxMessageSize = bound })
		for _, ask := range []func() error{
			func() error { _, err := drivertest.ResultSets(t, db, all); return err },
			func() error { return drivertest.Exec(t.Context(), db, all) },
			func() error { return moveAside(t, db) },
		} {
			if err := ask(); fits {
				require.NoError(t, err)
			} else {
				require.ErrorIs(t, err, surrealsql.ErrMessageTooLarge)
			}
		}
		got, err := readFrom(t.Context(), db, streamed)
		require.NoError(t, err, "rows that are read as they come are not kept")
		require.Len(t, got, 100)
		var first any
		require.NoError(t, db.QueryRowContext(t.Context(), streamed).Scan(&first), "nor are those that QueryRow does not show")
		require.NotNil(t, first)
	}
}

// moveAside asks for something else while rows are arriving.
func moveAside(t *testing.T, db *sql.DB) error {
	conn := drivertest.Lease(t, db)
	defer conn.Close()
	rows, err := conn.QueryContext(t.Context(), streamed)
	require.NoError(t, err)
	defer rows.Close()
	_ = drivertest.Exec(t.Context(), conn, "UPDATE y")
	for rows.Next() {
	}
	return rows.Err()
}

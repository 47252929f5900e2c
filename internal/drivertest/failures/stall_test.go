package failures

import (
	"context"
	"database/sql"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/drivertest"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// A reader of a stream who pauses for longer than the server waits to send a frame.

// The second pause is so long that the server drops the frame that would tell of the end.
func TestStreamOfAReaderWhoPausesIsAnErrorThatSaysWhatToDo(t *testing.T) {
	t.Parallel()
	surrealtest.Needs(t, "3.3")
	srv := surrealtest.New(t, surrealtest.Options{Engine: surrealtest.EngineBinary, Env: []string{
		"SURREAL_WEBSOCKET_STREAM_SEND_TIMEOUT=1", "SURREAL_WEBSOCKET_RESPONSE_CHANNEL_SIZE=2",
	}})
	db := drivertest.Solo(drivertest.OpenDB(t, srv.TestDSN(t)))
	// More than the buffers of the sockets and of the server hold.
	drivertest.MustExec(t, db, `CREATE |long:1..8001| SET b = string::repeat('x', 5000) RETURN NONE`)
	conn := drivertest.ConnOf(t, db)
	for _, pause := range []time.Duration{1500 * time.Millisecond, 5 * time.Second} {
		err := errorOfPausedReading(t, db, pause)
		for err == nil && pause < time.Minute { // a busy machine fills the buffers later
			pause *= 2
			err = errorOfPausedReading(t, db, pause)
		}
		require.ErrorContains(t, err, "stopped before it completed", pause)
		require.ErrorContains(t, err, "SURREAL_WEBSOCKET_STREAM_SEND_TIMEOUT")
		require.NotErrorIs(t, err, context.DeadlineExceeded)
		require.False(t, surrealsql.IsRetryable(err))
		require.Same(t, conn, drivertest.ConnOf(t, db), "the connection is as good as before")
	}
}

// errorOfPausedReading reads a row, pauses, and returns what the reading of the others ended
// with.
func errorOfPausedReading(t *testing.T, db *sql.DB, pause time.Duration) error {
	t.Helper()
	// The context is what would end the waiting of a driver that waits for a lost frame.
	ctx, cancel := context.WithTimeout(t.Context(), pause+time.Minute)
	defer cancel()
	rows, err := db.QueryContext(ctx, `SELECT id, b FROM long`)
	require.NoError(t, err)
	defer rows.Close()
	require.True(t, rows.Next())
	time.Sleep(pause)
	for rows.Next() {
	}
	err = rows.Err()
	require.NoError(t, rows.Close())
	return err
}

package transactions

import (
	"context"
	"database/sql"
	"errors"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/drivertest"
	"github.com/surrealsql/surrealsql/internal/scripted"
	"github.com/surrealsql/surrealsql/internal/wire"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// Isolation: what a transaction that is serializable, or that only reads, has of a server
// that knows of it (4.0), and that none is taken for one on a server that does not.

// skew has two transactions each read both doctors on call and take another one off, and
// returns the errors of the second one's statements and commit.
func skew(t *testing.T, db *sql.DB, opts *sql.TxOptions) error {
	t.Helper()
	drivertest.MustExec(t, db, `UPSERT doctor:1 SET on_call = true; UPSERT doctor:2 SET on_call = true`)
	first, second := drivertest.Begin(t, db, opts), drivertest.Begin(t, db, opts)
	for _, tx := range []*sql.Tx{first, second} {
		require.Equal(t, 2, drivertest.QueryOne[int](t, tx, `RETURN count((SELECT * FROM doctor WHERE on_call))`))
	}
	drivertest.MustExec(t, first, `UPDATE doctor:1 SET on_call = false`)
	err := drivertest.Exec(t.Context(), second, `UPDATE doctor:2 SET on_call = false`)
	require.NoError(t, first.Commit())
	return errors.Join(err, second.Commit())
}

func TestTxThatIsSerializableDoesNotOverlookWhatItHasRead(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	require.NoError(t, skew(t, db, nil), "a snapshot does")
	if surrealtest.Version(t) < "4" {
		_, err := db.BeginTx(t.Context(), &sql.TxOptions{Isolation: sql.LevelSerializable})
		require.ErrorContains(t, err, `isolation level "Serializable" is not available on the server`)
		require.NoError(t, skew(t, db, nil), "and the connection is as good as before")
		return
	}
	require.True(t, surrealsql.IsConflict(skew(t, db, &sql.TxOptions{Isolation: sql.LevelSerializable})))
	require.Equal(t, 1, drivertest.QueryOne[int](t, db, `RETURN count((SELECT * FROM doctor WHERE on_call))`))

	tx := drivertest.Begin(t, db, &sql.TxOptions{Isolation: sql.LevelSerializable, ReadOnly: true})
	require.Equal(t, 1, drivertest.QueryOne[int](t, tx, `RETURN count((SELECT * FROM doctor WHERE on_call))`))
	require.NoError(t, tx.Commit())
}

func TestTxThatIsSerializableIsRepeatedByRetry(t *testing.T) {
	t.Parallel()
	surrealtest.Needs(t, "4.0")
	db := drivertest.NewDB(t)
	drivertest.MustExec(t, db, `CREATE a:1 SET n = 1; CREATE a:2 SET n = 1`)
	serializable := &sql.TxOptions{Isolation: sql.LevelSerializable}
	tries := 0
	err := surrealsql.Retry{Attempts: 3}.RunTx(t.Context(), db, serializable, func(ctx context.Context, tx *sql.Tx) error {
		tries++
		n := drivertest.QueryOne[int](t, tx, `SELECT VALUE n FROM ONLY a:1`)
		if tries == 1 {
			other := drivertest.Begin(t, db, serializable)
			require.Equal(t, 1, drivertest.QueryOne[int](t, other, `SELECT VALUE n FROM ONLY a:2`))
			drivertest.MustExec(t, other, `UPDATE a:1 SET n = 7`)
			require.NoError(t, other.Commit())
		}
		return drivertest.Exec(ctx, tx, `UPDATE a:2 SET n = $1`, n+1)
	})
	require.NoError(t, err)
	require.Equal(t, 2, tries)
	require.Equal(t, 8, drivertest.QueryOne[int](t, db, `SELECT VALUE n FROM ONLY a:2`), "what the first attempt has read is not written")
}

// A server that ignores what it is asked for, or answers something else.
func TestTxBegunAsAnotherKindIsNotGivenOut(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answer    any
		cancelled bool
	}{
		"a bare id":         {scripted.Raw(wire.AppendUUID(nil, [16]byte{1})), true},
		"another level":     {map[string]any{"id": scripted.Raw(wire.AppendUUID(nil, [16]byte{1})), "isolation": "snapshot"}, true},
		"no text as level":  {map[string]any{"id": scripted.Raw(wire.AppendUUID(nil, [16]byte{1})), "isolation": 1}, true},
		"an object, no id":  {map[string]any{"isolation": "serializable"}, false},
		"an empty object":   {map[string]any{}, false},
		"an id of 3 bytes":  {map[string]any{"id": scripted.Raw{0xd8, 37, 0x43, 1, 2, 3}, "isolation": "serializable"}, false},
		"an id that is not": {map[string]any{"id": nil, "isolation": "serializable"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var cancelled atomic.Bool
			srv := scripted.New(t, func(conn *scripted.Conn) {
				conn.Serve(func(r scripted.Request) {
					switch r.Method {
					case "begin":
						conn.Reply(r.ID, scripted.Value(c.answer))
					case "cancel":
						cancelled.Store(true)
						conn.Answer(r)
					default:
						conn.Answer(r)
					}
				})
			})
			db := drivertest.OpenDB(t, srv.DSN())
			_, err := db.BeginTx(t.Context(), &sql.TxOptions{Isolation: sql.LevelSerializable})
			require.Error(t, err)
			require.Equal(t, c.cancelled, cancelled.Load())
			require.Equal(t, !c.cancelled, surrealsql.IsConnectivity(err), err)
			require.NoError(t, db.PingContext(t.Context()))
		})
	}
}

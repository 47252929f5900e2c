package transactions

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/drivertest"
	"github.com/surrealsql/surrealsql/internal/scripted"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// Retry.RunTx runs a transaction again until it has committed, and never one whose outcome is
// unknown.

func TestRetryRunTxRunsOneTwiceThatConflictsOnce(t *testing.T) {
	t.Parallel()
	db := drivertest.PlainDB(t, surrealtest.DSN(t))
	drivertest.MustExec(t, db, `CREATE a:1 SET n = 0`)
	var failed []surrealsql.Attempt
	retry := surrealsql.Retry{OnRetry: func(_ context.Context, a surrealsql.Attempt) { failed = append(failed, a) }}
	runs := 0
	err := retry.RunTx(t.Context(), db, nil, func(ctx context.Context, tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `UPDATE a:1 SET n += 10`); err != nil {
			return err
		}
		if runs++; runs == 1 {
			drivertest.MustExec(t, db, `UPDATE a:1 SET n += 1`) // a rival, who commits first
		}
		return nil
	})
	require.NoError(t, err)
	require.Equal(t, 2, runs)
	require.Len(t, failed, 1)
	require.True(t, surrealsql.IsConflict(failed[0].Err), "%v", failed[0].Err)
	require.Equal(t, 11, drivertest.QueryOne[int](t, db, `SELECT VALUE n FROM ONLY a:1`))
}

func TestRetryRunTxRollsBackOnAnErrorAndReturnsIt(t *testing.T) {
	t.Parallel()
	db := drivertest.PlainDB(t, surrealtest.DSN(t))
	drivertest.MustExec(t, db, `DEFINE TABLE a`)
	broke, runs := errors.New("broke"), 0
	err := surrealsql.Retry{}.RunTx(t.Context(), db, nil, func(ctx context.Context, tx *sql.Tx) error {
		runs++
		drivertest.MustExec(t, tx, `CREATE a:1`)
		return broke
	})
	require.Equal(t, broke, err)
	require.Equal(t, 1, runs)
	require.Equal(t, 0, drivertest.QueryOne[int](t, db, `RETURN count(SELECT * FROM a)`))
	require.Zero(t, db.Stats().InUse)
}

func TestRetryRunTxRollsBackOnAPanicThatGoesOn(t *testing.T) {
	t.Parallel()
	db := drivertest.PlainDB(t, surrealtest.DSN(t))
	drivertest.MustExec(t, db, `DEFINE TABLE a`)
	require.PanicsWithValue(t, "boom", func() {
		_ = surrealsql.Retry{}.RunTx(t.Context(), db, nil, func(ctx context.Context, tx *sql.Tx) error {
			drivertest.MustExec(t, tx, `CREATE a:1`)
			panic("boom")
		})
	})
	require.Zero(t, db.Stats().InUse, "its connection is free again")
	require.Equal(t, 0, drivertest.QueryOne[int](t, db, `RETURN count(SELECT * FROM a)`))
}

func TestRetryRunTxRunsAReadOnlyOneAsOne(t *testing.T) {
	t.Parallel()
	db := drivertest.PlainDB(t, surrealtest.DSN(t))
	err := surrealsql.Retry{}.RunTx(t.Context(), db, &sql.TxOptions{ReadOnly: true}, func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `CREATE a`)
		return err
	})
	require.ErrorIs(t, err, surrealsql.ErrReadOnly)
}

// losing serves a database whose connections end at a request of the given kind,
// the first time or always.
func losing(t *testing.T, always bool, at func(scripted.Request) bool) *scripted.Server {
	return scripted.New(t, func(c *scripted.Conn) {
		c.Serve(func(r scripted.Request) {
			if at(r) && (always || c.Number() == 1) {
				c.Reset()
				return
			}
			c.Answer(r)
		})
	})
}

func createOnce(ctx context.Context, tx *sql.Tx) error {
	_, err := tx.ExecContext(ctx, `CREATE a`)
	return err
}

func TestRetryRunTxNeverRepeatsACommitWhoseOutcomeIsUnknown(t *testing.T) {
	t.Parallel()
	srv := losing(t, true, func(r scripted.Request) bool { return r.Method == "commit" })
	db := drivertest.PlainDB(t, srv.DSN())
	err := surrealsql.Retry{}.RunTx(t.Context(), db, nil, createOnce)
	require.ErrorIs(t, err, surrealsql.ErrOutcomeUnknown)
	require.Equal(t, 1, srv.Count("commit"))
	require.Len(t, srv.Queries(), 1)
}

func TestRetryRunTxNeverRepeatsAStatementThatMayHaveRun(t *testing.T) {
	t.Parallel()
	srv := losing(t, true, func(r scripted.Request) bool { return strings.HasPrefix(r.Text, "CREATE a") })
	db := drivertest.PlainDB(t, srv.DSN())
	err := surrealsql.Retry{}.RunTx(t.Context(), db, nil, createOnce)
	require.ErrorIs(t, err, surrealsql.ErrOutcomeUnknown)
	require.Len(t, srv.Queries(), 1)
}

func TestRetryRunTxBeginsAgainUntilTheServerIsBack(t *testing.T) {
	t.Parallel()
	proxy := surrealtest.NewProxy(t, surrealtest.New(t, surrealtest.Options{}).Addr(0))
	db := drivertest.PlainDB(t, "surrealdb://root:root@"+proxy.Addr()+"/ns/db?connect_attempts=1")
	require.NoError(t, proxy.Refuse(true))
	runs := 0
	err := surrealsql.Retry{OnRetry: func(_ context.Context, a surrealsql.Attempt) {
		if a.N == 2 {
			require.NoError(t, proxy.Refuse(false))
		}
	}}.RunTx(t.Context(), db, nil, func(ctx context.Context, tx *sql.Tx) error {
		runs++
		return createOnce(ctx, tx)
	})
	require.NoError(t, err)
	require.Equal(t, 1, runs, "there was no transaction before")
	require.Equal(t, 1, drivertest.QueryOne[int](t, db, `RETURN count(SELECT * FROM a)`))
}

func TestRetryRunTxRollsBackWhereTheContextEnds(t *testing.T) {
	t.Parallel()
	db := drivertest.PlainDB(t, surrealtest.DSN(t))
	drivertest.MustExec(t, db, `DEFINE TABLE a`)
	ctx, cancel := context.WithCancel(t.Context())
	err := surrealsql.Retry{}.RunTx(ctx, db, nil, func(ctx context.Context, tx *sql.Tx) error {
		if err := createOnce(ctx, tx); err != nil {
			return err
		}
		cancel()
		return nil
	})
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, 0, drivertest.QueryOne[int](t, db, `RETURN count(SELECT * FROM a)`))
}

func TestRetryRunTxRunsOnALeasedConnection(t *testing.T) {
	t.Parallel()
	db, proxy := drivertest.Proxied(t)
	conn, err := db.Conn(t.Context())
	require.NoError(t, err)
	defer conn.Close()
	runs := 0
	twice := func(ctx context.Context, tx *sql.Tx) error {
		if runs++; runs == 1 {
			return fmt.Errorf("as if: %w", surrealsql.ErrConflict)
		}
		return createOnce(ctx, tx)
	}
	require.NoError(t, surrealsql.Retry{}.RunTx(t.Context(), conn, nil, twice))
	require.Equal(t, 2, runs)
	require.Equal(t, 1, drivertest.QueryOne[int](t, conn, `RETURN count(SELECT * FROM a)`))

	proxy.CutAll(surrealtest.CutRST)
	err = surrealsql.Retry{}.RunTx(t.Context(), conn, nil, createOnce)
	require.ErrorIs(t, err, sql.ErrConnDone, "there is no other connection")
	require.Equal(t, 1, drivertest.QueryOne[int](t, db, `RETURN count(SELECT * FROM a)`))
}

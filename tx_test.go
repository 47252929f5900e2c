package surrealsql_test

import (
	"context"
	"database/sql"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/drivertest"
	"github.com/surrealsql/surrealsql/internal/scripted"
)

// Transactions: commit, rollback, isolation, conflicts, and what dooms them.

func TestTxCommitMakesAllWritesPermanentAtOnce(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	drivertest.NewAccounts(t, db)
	tx := drivertest.Begin(t, db)
	drivertest.MustExec(t, tx, `UPDATE account:a SET balance -= $1`, 3)
	drivertest.MustExec(t, tx, `UPDATE account:b SET balance += $1`, 3)
	require.Equal(t, 10, drivertest.Balance(t, db, "a"))
	require.Equal(t, 10, drivertest.Balance(t, db, "b"))
	require.NoError(t, tx.Commit())
	require.Equal(t, 7, drivertest.Balance(t, db, "a"))
	require.Equal(t, 13, drivertest.Balance(t, db, "b"))
	require.ErrorIs(t, tx.Commit(), sql.ErrTxDone)
	require.ErrorIs(t, tx.Rollback(), sql.ErrTxDone)
	require.ErrorIs(t, drivertest.Exec(t.Context(), tx, `CREATE x`), sql.ErrTxDone)
	drivertest.RequireGood(t, db)
}

func TestTxRollbackLeavesNothing(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	drivertest.NewAccounts(t, db)
	drivertest.RequireUnbroken(t, db, func() {
		tx := drivertest.Begin(t, db)
		drivertest.MustExec(t, tx, `DELETE account; CREATE account:c; DEFINE TABLE made`)
		require.Equal(t, 1, drivertest.CountOf(t, tx, "account"))
		require.NoError(t, tx.Rollback())
	})
	require.Equal(t, 2, drivertest.CountOf(t, db, "account"))
	require.True(t, surrealsql.IsNotFound(drivertest.Scan(t.Context(), db, `SELECT * FROM made`)))
}

// Snapshot isolation, seen from a second connection.
func TestTxIsIsolatedFromOtherConnections(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	drivertest.NewAccounts(t, db)
	tx := drivertest.Begin(t, db, &sql.TxOptions{Isolation: sql.LevelSnapshot})
	require.Equal(t, 10, drivertest.Balance(t, tx, "a"))

	// Neither sees what the other does.
	drivertest.MustExec(t, tx, `UPDATE account:b SET balance = 99`)
	require.Equal(t, 99, drivertest.Balance(t, tx, "b"), "it sees its own writes")
	require.Equal(t, 10, drivertest.Balance(t, db, "b"), "nobody else does")
	drivertest.MustExec(t, db, `UPDATE account:a SET balance = 50; CREATE account:c SET balance = 1`)
	require.Equal(t, 10, drivertest.Balance(t, tx, "a"), "it reads its snapshot")
	require.Equal(t, 2, drivertest.CountOf(t, tx, "account"))
	require.NoError(t, tx.Commit())
	require.Equal(t, 50, drivertest.Balance(t, db, "a"))
	require.Equal(t, 99, drivertest.Balance(t, db, "b"))
	require.Equal(t, 3, drivertest.CountOf(t, db, "account"))
}

func TestTxConflictOfTwoWritersIsToldToOneOfThem(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	drivertest.NewAccounts(t, db)
	first, second := drivertest.Begin(t, db), drivertest.Begin(t, db)
	drivertest.MustExec(t, first, `UPDATE account:a SET balance += 1`)
	errAtStatement := drivertest.Exec(t.Context(), second, `UPDATE account:a SET balance += 1`)
	require.NoError(t, first.Commit())
	err := second.Commit()
	require.Error(t, err)
	require.True(t, surrealsql.IsConflict(err), "%v (statement: %v)", err, errAtStatement)
	require.True(t, surrealsql.IsRetryable(err))
	require.NotErrorIs(t, err, surrealsql.ErrOutcomeUnknown)
	if errAtStatement != nil {
		require.True(t, surrealsql.IsConflict(errAtStatement), "%v", errAtStatement)
	}
	require.ErrorIs(t, second.Rollback(), sql.ErrTxDone)
	require.Equal(t, 11, drivertest.Balance(t, db, "a"))

	// Run again as a whole it succeeds.
	again := drivertest.Begin(t, db)
	drivertest.MustExec(t, again, `UPDATE account:a SET balance += 1`)
	require.NoError(t, again.Commit())
	require.Equal(t, 12, drivertest.Balance(t, db, "a"))
}

// A conflict that a server tells at the statement instead of at the commit dooms
// the transaction, and is recognised at both.
func TestTxConflictAtAStatementIsRecognised(t *testing.T) {
	t.Parallel()
	const conflict = "Transaction conflict: Write conflict, retry the transaction. This transaction can be retried"
	srv := scripted.New(t, func(c *scripted.Conn) {
		c.Serve(func(r scripted.Request) {
			if strings.HasPrefix(r.Text, "UPDATE a") {
				c.QueryResults(r.ID, scripted.Failed(conflict))
				return
			}
			c.Answer(r)
		})
	})
	db := drivertest.Solo(drivertest.OpenDB(t, srv.DSN()))
	tx := drivertest.Begin(t, db)
	require.True(t, surrealsql.IsConflict(drivertest.Exec(t.Context(), tx, "UPDATE a")))
	err := tx.Commit()
	require.ErrorIs(t, err, surrealsql.ErrTxDoomed)
	require.True(t, surrealsql.IsConflict(err), "%v", err)
	require.True(t, surrealsql.IsRetryable(err), "%v", err)
	require.Equal(t, 0, srv.Count("commit"))
	require.Equal(t, 1, srv.Count("cancel"))
	require.True(t, surrealsql.IsConflict(drivertest.Exec(t.Context(), db, "UPDATE a")), "without a transaction too")
	require.Equal(t, 1, srv.Connections())
}

// The multi-record UPDATE stops at its third record. SurrealDB would commit the
// first two.
func TestTxIsDoomedByAWriteThatFailsHalfway(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	drivertest.MustExec(t, db, `DEFINE TABLE n; DEFINE FIELD v ON n ASSERT $value < 3; FOR $i IN 1..=3 { CREATE type::record('n', $i) SET v = 0, next = $i }`)
	drivertest.RequireUnbroken(t, db, func() {
		tx := drivertest.Begin(t, db)
		drivertest.MustExec(t, tx, `CREATE before:1`)
		cause := drivertest.Exec(t.Context(), tx, `UPDATE n SET v = next`)
		require.Error(t, cause)
		require.ErrorContains(t, cause, "v")

		// What happens in it afterwards heals nothing.
		drivertest.RequireGood(t, tx)
		drivertest.MustExec(t, tx, `CREATE after:1`)
		err := tx.Commit()
		require.ErrorIs(t, err, surrealsql.ErrTxDoomed)
		var e, c *surrealsql.Error
		require.ErrorAs(t, err, &e)
		require.ErrorAs(t, cause, &c)
		require.Equal(t, c.Message, e.Message, "Commit says why")
		require.NotErrorIs(t, err, surrealsql.ErrOutcomeUnknown)
		require.ErrorIs(t, tx.Rollback(), sql.ErrTxDone)
	})
	require.Equal(t, 0, drivertest.QueryOne[int](t, db, `RETURN math::sum(SELECT VALUE v FROM n)`))
	require.True(t, surrealsql.IsNotFound(drivertest.Scan(t.Context(), db, `SELECT * FROM before`)))
	require.True(t, surrealsql.IsNotFound(drivertest.Scan(t.Context(), db, `SELECT * FROM after`)))
}

func TestTxIsDoomedByEveryKindOfFailedWrite(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	drivertest.MustExec(t, db, `CREATE a:1; DEFINE FUNCTION fn::make() { CREATE made; THROW 'after the write' }`)
	for _, text := range []string{
		`CREATE a:1`, `INSERT INTO a { id: 1 }`, `CREATE ONLY a:1`, `RETURN (CREATE a:1)`, `LET $x = (CREATE a:1)`,
		`IF true { CREATE a:2; THROW 'x' }`, `{ CREATE a:2; THROW 'x' }`, `FOR $i IN [1] { CREATE a:1 }`, `RETURN fn::make()`,
		`CREATE a:2; THROW 'x'; CREATE a:1`, `DEFINE TABLE a`,
	} {
		drivertest.RequireUnbroken(t, db, func() {
			tx := drivertest.Begin(t, db)
			require.Error(t, drivertest.Exec(t.Context(), tx, text), text)
			require.ErrorIs(t, tx.Commit(), surrealsql.ErrTxDoomed, text)
		})
		drivertest.RequireUnbroken(t, db, func() { // through Query, which tells at its sets
			tx := drivertest.Begin(t, db)
			rows, err := tx.QueryContext(t.Context(), text)
			if err == nil {
				require.Error(t, rows.Close(), text)
			}
			require.ErrorIs(t, tx.Commit(), surrealsql.ErrTxDoomed, text)
		})
	}
	require.Equal(t, 1, drivertest.CountOf(t, db, "a"))
}

func TestTxIsNotDoomedByAFailedRead(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	tx := drivertest.Begin(t, db)
	drivertest.MustExec(t, tx, `CREATE a:1`)
	for _, text := range []string{
		`SELECT * FROM missing`, `THROW 'x'`, `RETURN math::sum('x')`, `SELECT * FROM type::record('a')`, `RETURN [] + 1`,
		`SELEC 1`, `RETURN $nothing`, `INFO FOR TABLE missing`, `RETURN <int>'x'`,
	} {
		require.Error(t, drivertest.Scan(t.Context(), tx, text), text)
		drivertest.RequireGood(t, tx)
	}
	require.Error(t, drivertest.Scan(t.Context(), tx, `RETURN $1`, make(chan int)), "an argument that cannot be sent")
	require.Error(t, drivertest.Exec(t.Context(), tx, `CREATE a:2 SET n = $1`), "refused here: nothing ran")
	require.True(t, surrealsql.IsParse(drivertest.Exec(t.Context(), tx, `CREATE a:2 SET`)), "nothing ran")
	require.NoError(t, tx.Commit())
	require.Equal(t, 1, drivertest.CountOf(t, db, "a"))
}

func TestTxServesQueriesWhileRowsAreOpenAndMixesNothing(t *testing.T) {
	t.Parallel()
	db := drivertest.Solo(drivertest.NewDB(t))
	drivertest.MustExec(t, db, `FOR $i IN 1..=30 { CREATE type::record('n', $i) SET v = $i }`)
	tx := drivertest.Begin(t, db)
	rows, err := tx.QueryContext(t.Context(), `SELECT v, id FROM n ORDER BY v`)
	require.NoError(t, err)
	seen := 0
	for rows.Next() {
		var (
			v  int
			id surrealsql.RecordID
		)
		require.NoError(t, rows.Scan(&v, &id))
		seen++
		require.Equal(t, seen, v)
		drivertest.MustExec(t, tx, `UPDATE $1 SET v = $2; CREATE copy SET of = $1`, id, v+1000)
		require.Equal(t, v+1000, drivertest.QueryOne[int](t, tx, `SELECT VALUE v FROM ONLY $1`, id))
		require.Error(t, drivertest.Scan(t.Context(), tx, `THROW 'nested'`))
	}
	require.NoError(t, rows.Err())
	require.Equal(t, 30, seen)
	require.NoError(t, tx.Commit())
	require.Equal(t, 30, drivertest.CountOf(t, db, "copy"))
}

func TestTxEndsThoughRowsWereLeftOpen(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	drivertest.MustExec(t, db, `CREATE a:1; CREATE a:2`)
	drivertest.RequireUnbroken(t, db, func() {
		for _, end := range []func(*sql.Tx) error{(*sql.Tx).Commit, (*sql.Tx).Rollback} {
			tx := drivertest.Begin(t, db)
			rows, err := tx.QueryContext(t.Context(), `SELECT * FROM a; SELECT * FROM a`)
			require.NoError(t, err)
			require.True(t, rows.Next())
			drivertest.MustExec(t, tx, `UPDATE a:1 SET n = 1`)
			require.NoError(t, end(tx))
			require.False(t, rows.Next(), "the end of a transaction closes its rows")
			require.NoError(t, rows.Close())
		}
	})
}

func TestTxOfAnotherIsolationLevelIsRefused(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	for _, level := range []sql.IsolationLevel{
		sql.LevelReadUncommitted, sql.LevelReadCommitted, sql.LevelWriteCommitted, sql.LevelRepeatableRead, sql.LevelLinearizable,
	} {
		drivertest.RequireUnbroken(t, db, func() {
			_, err := db.BeginTx(t.Context(), &sql.TxOptions{Isolation: level})
			require.ErrorContains(t, err, level.String())
			require.ErrorContains(t, err, "sql.LevelSnapshot")
		})
	}
	for _, level := range []sql.IsolationLevel{sql.LevelDefault, sql.LevelSnapshot} {
		tx := drivertest.Begin(t, db, &sql.TxOptions{Isolation: level})
		require.NoError(t, tx.Commit())
	}
}

func TestTxWithinATxIsRefused(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	conn := drivertest.Lease(t, db)
	tx, err := conn.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	_, err = conn.BeginTx(t.Context(), nil)
	require.ErrorContains(t, err, "open on this connection already")
	drivertest.MustExec(t, tx, `CREATE a:1`)
	// What runs on the connection runs in its transaction: the server's session is one.
	require.Equal(t, 1, drivertest.CountOf(t, conn, "a"))
	require.NoError(t, tx.Commit())
	require.Equal(t, 1, drivertest.CountOf(t, db, "a"))
}

// The server would run what stands around them, and Commit would make permanent
// what the text has cancelled.
func TestTxRefusesTextsThatBeginOrCommit(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	tx := drivertest.Begin(t, db)
	drivertest.MustExec(t, tx, `CREATE a:1`)
	for _, text := range []string{`BEGIN; CREATE a:2; COMMIT`, `BEGIN; CREATE a:2; CANCEL`, `CREATE a:2; COMMIT`, `COMMIT`, `begin transaction`, `CANCEL`} {
		require.ErrorContains(t, drivertest.Exec(t.Context(), tx, text), "Commit or Rollback of the sql.Tx", text)
		require.ErrorContains(t, drivertest.Scan(t.Context(), tx, text), "Commit or Rollback of the sql.Tx", text)
		drivertest.RequireGood(t, tx)
	}
	require.NoError(t, tx.Commit(), "nothing of it was sent")
	require.Equal(t, 1, drivertest.CountOf(t, db, "a"))
}

func TestTxEndsWithItsConnectionWhenItsContextIsCancelled(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	drivertest.MustExec(t, db, `DEFINE TABLE a`)
	drivertest.Solo(db)
	ctx, cancel := context.WithCancel(t.Context())
	tx, err := db.BeginTx(ctx, nil)
	require.NoError(t, err)
	drivertest.MustExec(t, tx, `CREATE a:1`)
	cancel()
	require.Error(t, tx.Commit())
	require.Error(t, drivertest.Exec(t.Context(), tx, `CREATE a:2`))
	// database/sql rolls it back in the background; the pool's only connection
	// serves again after that.
	require.Equal(t, 0, drivertest.CountOf(t, db, "a"))
	tx = drivertest.Begin(t, db)
	drivertest.MustExec(t, tx, `CREATE a:3`)
	require.NoError(t, tx.Commit())
	require.Equal(t, 1, drivertest.CountOf(t, db, "a"))
}

func TestTxEndsAtADeadlineDuringAStatement(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	drivertest.MustExec(t, db, `DEFINE TABLE a`)
	drivertest.Solo(db)
	tx := drivertest.Begin(t, db)
	drivertest.MustExec(t, tx, `CREATE a:1`)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	err := drivertest.Exec(ctx, tx, `CREATE a:2; SLEEP 300ms`)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.ErrorIs(t, err, surrealsql.ErrOutcomeUnknown)
	require.Error(t, drivertest.Exec(t.Context(), tx, `CREATE a:3`), "the connection is gone, and the transaction with it")
	require.Error(t, tx.Commit())
	require.Equal(t, 0, drivertest.CountOf(t, db, "a"))
	drivertest.RequireGood(t, db)
}

func TestTxOnAServerWithoutBeginIsAnErrorThatSaysSo(t *testing.T) {
	t.Parallel()
	srv := scripted.New(t, func(c *scripted.Conn) {
		c.Serve(func(r scripted.Request) {
			if r.Method == "begin" {
				c.ReplyError(r.ID, -32601, "", "Method not found")
				return
			}
			c.Answer(r)
		})
	})
	db := drivertest.Solo(drivertest.OpenDB(t, srv.DSN()))
	_, err := db.BeginTx(t.Context(), nil)
	require.ErrorIs(t, err, surrealsql.ErrTxUnsupported)
	require.ErrorContains(t, err, "3.0.2", "it names the version that it met")
	require.NoError(t, drivertest.Exec(t.Context(), db, "CREATE x"))
	require.Equal(t, 1, srv.Connections())
}

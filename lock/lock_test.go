package lock_test

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/drivertest"
	"github.com/surrealsql/surrealsql/lock"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// holderVariable names, in a process of its own, the database whose lock it holds until it is killed.
const holderVariable = "SURREALSQL_TEST_LOCK_HOLDER"

func TestMain(m *testing.M) {
	if dsn := os.Getenv(holderVariable); dsn != "" {
		holdUntilKilled(dsn)
	}
	drivertest.Main(m)
}

func holdUntilKilled(dsn string) {
	db, err := sql.Open(surrealsql.DriverName, dsn)
	if err == nil {
		_, err = lock.Acquire(context.Background(), db, "job", &short)
	}
	fmt.Println("held:", err)
	select {}
}

// short is a lease that a test can wait for, and that a busy machine keeps extending.
var short = lock.Options{Lease: 2 * time.Second, Poll: 20 * time.Millisecond}

func acquire(t *testing.T, db *sql.DB) *lock.Lock {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), drivertest.Patience)
	defer cancel()
	l, err := lock.Acquire(ctx, db, "job", &short)
	require.NoError(t, err)
	t.Cleanup(func() { _ = l.Release(context.Background()) })
	return l
}

// requireHeld requires that nobody else gets the lock of the name for so long.
func requireHeld(t *testing.T, db *sql.DB, d time.Duration) *lock.HeldError {
	t.Helper()
	why := errors.New("the job can wait")
	ctx, cancel := context.WithTimeoutCause(t.Context(), d, why)
	defer cancel()
	_, err := lock.Acquire(ctx, db, "job", &short)
	var held *lock.HeldError
	require.ErrorAs(t, err, &held)
	require.ErrorIs(t, err, why)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	return held
}

func TestLockIsHeldByOneAndThenByTheNext(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	l := acquire(t, db)
	require.Equal(t, "job", l.Name())
	// It is held for longer than a lease lasts.
	held := requireHeld(t, db, 3*short.Lease)
	require.Contains(t, held.Error(), fmt.Sprintf(`lock: "job" is held by %s`, held.Owner))
	require.Contains(t, held.Owner, fmt.Sprint(os.Getpid()))
	require.LessOrEqual(t, held.Left, short.Lease)
	require.NoError(t, l.Fence(t.Context(), db))

	other, err := lock.Acquire(t.Context(), db, "another job", nil)
	require.NoError(t, err)
	require.NoError(t, other.Release(t.Context()))

	require.NoError(t, l.Release(t.Context()))
	require.NoError(t, l.Release(t.Context()))
	require.ErrorIs(t, l.Fence(t.Context(), db), lock.ErrLost)
	require.NoError(t, acquire(t, db).Release(t.Context()))
}

// Each holder reads a number and writes it back, which only loses nothing where they are alone.
func TestLockLetsOneOfManyInAtATime(t *testing.T) {
	t.Parallel()
	dsn := surrealtest.DSN(t)
	db := drivertest.OpenDB(t, dsn)
	drivertest.MustExec(t, db, `DEFINE TABLE n; CREATE n:1 SET n = 0`)
	const holders, times = 4, 3
	var all sync.WaitGroup
	for range holders {
		mine := drivertest.OpenDB(t, dsn)
		all.Go(func() {
			for range times {
				l, err := lock.Acquire(t.Context(), mine, "job", &lock.Options{Poll: 5 * time.Millisecond})
				if err != nil {
					t.Error(err)
					return
				}
				var n int
				err = mine.QueryRowContext(t.Context(), `SELECT VALUE n FROM n:1`).Scan(&n)
				_, errSet := mine.ExecContext(t.Context(), `UPDATE n:1 SET n = $1`, n+1)
				if err := errors.Join(err, errSet, l.Release(t.Context())); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	require.Equal(t, holders*times, drivertest.QueryOne[int](t, db, `SELECT VALUE n FROM n:1`))
}

func TestLockOfAKilledProcessEndsWithItsLease(t *testing.T) {
	t.Parallel()
	dsn := surrealtest.DSN(t)
	db := drivertest.OpenDB(t, dsn)
	program, err := os.Executable()
	require.NoError(t, err)
	holder := exec.Command(program)
	holder.Env = append(os.Environ(), holderVariable+"="+dsn, "SURREALTEST_SERVERS=")
	out, err := holder.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, holder.Start())
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, "held: <nil>\n", line)
	requireHeld(t, db, short.Lease+short.Lease/2)

	require.NoError(t, holder.Process.Kill())
	_ = holder.Wait()
	acquire(t, db)
}

func TestLockIsLostWithTheServerOutOfReach(t *testing.T) {
	t.Parallel()
	dsn := surrealtest.DSN(t)
	db := drivertest.OpenDB(t, dsn)
	proxy := surrealtest.NewProxy(t, drivertest.HostOf(t, dsn))
	cut := drivertest.OpenDB(t, proxy.DSN(dsn))
	l := acquire(t, cut)

	proxy.BlackHole(true)
	next := acquire(t, db) // the lease has ended
	drivertest.Receive(t, l.Lost(), "the loss to be told")
	proxy.BlackHole(false)
	proxy.CutAll(surrealtest.CutFIN) // what was sent into the hole is not to arrive
	require.ErrorIs(t, l.Fence(t.Context(), cut), lock.ErrLost)
	require.ErrorIs(t, l.Release(t.Context()), lock.ErrLost)
	require.NoError(t, next.Fence(t.Context(), db))
}

// A handle that is closed does not end the connection that the lock keeps.
func TestLockEndsWithItsHandle(t *testing.T) {
	t.Parallel()
	dsn := surrealtest.DSN(t)
	db := drivertest.OpenDB(t, dsn)
	closed := drivertest.OpenDB(t, dsn)
	l, err := lock.Acquire(t.Context(), closed, "job", &short)
	require.NoError(t, err)
	require.NoError(t, closed.Close())
	next := acquire(t, db)
	drivertest.Receive(t, l.Lost(), "the loss to be told")
	require.ErrorContains(t, l.Release(t.Context()), "database is closed")
	require.NoError(t, next.Release(t.Context()))
}

// Who has waited in vain does not hold the lock for a lease that nobody knows of.
func TestLockThatWasTakenTooLateIsFreed(t *testing.T) {
	t.Parallel()
	dsn := surrealtest.DSN(t)
	db := drivertest.OpenDB(t, dsn)
	proxy := surrealtest.NewProxy(t, drivertest.HostOf(t, dsn))
	cut := drivertest.OpenDB(t, proxy.DSN(dsn))
	drivertest.MustExec(t, db, `DEFINE TABLE surrealsql_lock`)
	hold := func() {
		require.NoError(t, surrealsql.Retry{Attempts: -1}.Do(t.Context(), func(ctx context.Context) error {
			_, err := db.ExecContext(ctx, `IF surrealsql_lock:job.owner != 'late' {
				UPSERT surrealsql_lock:job SET holder = 'x', owner = 'another', expires = time::now() + 1h }`)
			return err
		}))
	}
	late := func() bool { return drivertest.QueryOne[bool](t, db, `RETURN surrealsql_lock:job.owner = 'late'`) }
	hold()
	waiting, giveUp := context.WithCancel(t.Context())
	defer giveUp()
	done := make(chan error, 1)
	go func() {
		_, err := lock.Acquire(waiting, cut, "job", &lock.Options{Lease: time.Hour, Poll: 5 * time.Millisecond, Owner: "late"})
		done <- err
	}()
	// The last answer that is held may be that another one has the lock: then it goes on.
	for ; !late(); hold() {
		polls := proxy.Stats().BytesToServer + 5000
		proxy.Heal()
		_, err := proxy.Wait(t.Context(), func(s surrealtest.ProxyStats) bool { return s.BytesToServer > polls })
		require.NoError(t, err)
		proxy.Hold(surrealtest.ToClient, true)
		drivertest.MustExec(t, db, `DELETE surrealsql_lock:job WHERE holder = 'x'`)
		for tries := 0; tries < 50 && !late(); tries++ {
			time.Sleep(10 * time.Millisecond)
		}
	}
	giveUp()
	require.ErrorIs(t, drivertest.Receive(t, done, "the end of Acquire"), context.Canceled)
	proxy.Heal()

	ctx, cancel := context.WithTimeout(t.Context(), drivertest.Patience)
	defer cancel()
	next, err := lock.Acquire(ctx, db, "job", nil)
	require.NoError(t, err)
	require.NoError(t, next.Release(t.Context()))
}

func TestLockOutlivesALostConnection(t *testing.T) {
	t.Parallel()
	dsn := surrealtest.DSN(t)
	db := drivertest.OpenDB(t, dsn)
	proxy := surrealtest.NewProxy(t, drivertest.HostOf(t, dsn))
	cut := drivertest.OpenDB(t, proxy.DSN(dsn))
	l := acquire(t, cut)
	proxy.CutAll(surrealtest.CutRST)
	requireHeld(t, db, 2*short.Lease)
	require.NoError(t, l.Release(t.Context()))
}

// Who has lost the lock without knowing it is kept from committing.
func TestFencedTransactionDoesNotCommitAfterAnotherHasTheLock(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	drivertest.MustExec(t, db, `DEFINE TABLE n`)
	l, err := lock.Acquire(t.Context(), db, "job", nil)
	require.NoError(t, err)
	tx := drivertest.Begin(t, db)
	drivertest.MustExec(t, tx, `CREATE n:1`)
	require.NoError(t, l.Fence(t.Context(), tx))
	// As if the holder had been stopped for so long.
	drivertest.MustExec(t, db, `UPDATE surrealsql_lock:job SET expires = time::now() - 1s`)
	next, err := lock.Acquire(t.Context(), db, "job", nil)
	require.NoError(t, err)
	require.True(t, surrealsql.IsConflict(tx.Commit()))
	require.Zero(t, drivertest.CountOf(t, db, "n"))

	tx = drivertest.Begin(t, db)
	require.ErrorIs(t, l.Fence(t.Context(), tx), lock.ErrLost)
	require.NoError(t, tx.Rollback())
	require.ErrorIs(t, l.Release(t.Context()), lock.ErrLost)
	require.NoError(t, next.Release(t.Context()))
}

func TestFencedTransactionIsNoConflictWithHeartbeats(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	l := acquire(t, db)
	tx := drivertest.Begin(t, db)
	require.NoError(t, l.Fence(t.Context(), tx))
	requireHeld(t, db, 2*short.Lease) // so there were heartbeats
	require.NoError(t, tx.Commit())
	require.NoError(t, l.Release(t.Context()))
}

func TestLockIsRefusedWhereItCouldNotBeHeld(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	_, err := lock.Acquire(t.Context(), db, "", nil)
	require.ErrorContains(t, err, "needs a name")
	_, err = lock.Acquire(t.Context(), db, "job", &lock.Options{Lease: time.Millisecond})
	require.ErrorContains(t, err, "too short")
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = lock.Acquire(ended, db, "job", nil)
	require.ErrorIs(t, err, context.Canceled)
	db.SetMaxOpenConns(1)
	_, err = lock.Acquire(t.Context(), db, "job", nil)
	require.ErrorContains(t, err, "SetMaxOpenConns(2)")
}

// Names are values, so none of them breaks out of a text.
func TestLockMayHaveAnyNames(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	for _, table := range []string{"a table", "`; REMOVE TABLE x; `", `\`, "⟩"} {
		l, err := lock.Acquire(t.Context(), db, "a `name`", &lock.Options{Table: table})
		require.NoError(t, err, table)
		require.NoError(t, l.Release(t.Context()))
	}
}

// Nobody else has had the lock, so nothing that it does can be beside another's.
func TestFenceHoldsAfterALeaseThatNobodyTook(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	l, err := lock.Acquire(t.Context(), db, "job", nil)
	require.NoError(t, err)
	drivertest.MustExec(t, db, `UPDATE surrealsql_lock:job SET expires = time::now() - 1s`)
	require.NoError(t, l.Fence(t.Context(), db))
	require.NoError(t, l.Release(t.Context()))
	require.ErrorIs(t, l.Fence(t.Context(), db), lock.ErrLost)
}

func TestLockOfASessionIsReleasedInIt(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	other := drivertest.QueryOne[string](t, db, `RETURN session::db()`) + "_tenant"
	drivertest.MustExec(t, db, "DEFINE DATABASE `"+other+"`")
	tenant := surrealsql.WithSession(t.Context(), surrealsql.Session{Database: other})
	held, err := lock.Acquire(tenant, db, "job", &short)
	require.NoError(t, err)
	acquire(t, db) // is another lock
	require.NoError(t, held.Release(context.Background()))
	again, err := lock.Acquire(tenant, db, "job", &lock.Options{Lease: time.Hour})
	require.NoError(t, err)
	require.NoError(t, again.Release(context.Background()))
}

func TestWaitingThatEndsSaysThatItsContextHasAndWhy(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	acquire(t, db)
	why := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	defer time.AfterFunc(200*time.Millisecond, func() { cancel(why) }).Stop()
	_, err := lock.Acquire(ctx, db, "job", &short)
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorIs(t, err, why)
}

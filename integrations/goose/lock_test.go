package surrealgoose_test

import (
	"bufio"
	"context"
	"database/sql"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/pressly/goose/v3"
	gooselock "github.com/pressly/goose/v3/lock"
	"github.com/pressly/goose/v3/lock/locktesting"
	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	surrealgoose "github.com/surrealsql/surrealsql/integrations/goose"
	"github.com/surrealsql/surrealsql/lock"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// goose's own test of lockers: of five providers one migrates, and the others find nothing to do.
func TestProvidersMigrateOneAtATime(t *testing.T) {
	t.Parallel()
	dsn := surrealtest.DSN(t)
	fsys := files("1_a.sql", table("a"), "2_b.sql", table("b"), "3_c.sql", table("c"))
	locktesting.TestProviderLocking(t, func(t *testing.T) *goose.Provider {
		return newProvider(t, open(t, dsn), fsys)
	})
}

func TestLockersHoldTheLockOneAtATime(t *testing.T) {
	t.Parallel()
	locktesting.TestConcurrentLocking(t, newDB(t), func(*testing.T) gooselock.Locker {
		return surrealgoose.New(&short)
	}, 3*time.Second)
}

func TestKilledProcessLeavesNothingAndItsLockEnds(t *testing.T) {
	t.Parallel()
	dsn := surrealtest.DSN(t)
	db := open(t, dsn)
	program, err := os.Executable()
	require.NoError(t, err)
	other := exec.Command(program)
	other.Env = append(os.Environ(), migratorVariable+"="+dsn, "SURREALTEST_SERVERS=")
	out, err := other.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, other.Start())
	lines := bufio.NewScanner(out)
	for lines.Scan() && lines.Text() != "in the middle: <nil>" {
		require.NotContains(t, lines.Text(), "not stuck")
	}

	// While it lives nobody else migrates, however long it takes.
	again := goose.NewGoMigration(2, &goose.GoFunc{RunTx: func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `CREATE city:ottawa`)
		return err
	}}, nil)
	p := newProvider(t, db, cities, goose.WithGoMigrations(again))
	waiting, cancel := context.WithTimeout(t.Context(), 2*short.Lock.Lease)
	defer cancel()
	_, err = p.Up(waiting)
	var held *lock.HeldError
	require.ErrorAs(t, err, &held)
	require.EqualValues(t, 1, version(t, p))

	require.NoError(t, other.Process.Kill())
	_ = other.Wait()
	require.Equal(t, []int64{2}, up(t, p))
	require.Equal(t, 1, query[int](t, db, `RETURN count(SELECT * FROM city)`))
}

func TestCancelledMigrationLeavesNothingAndFreesTheLock(t *testing.T) {
	t.Parallel()
	db := newDB(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	stop := cancel
	m := goose.NewGoMigration(2, &goose.GoFunc{RunTx: func(ctx context.Context, tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `DEFINE TABLE country; CREATE city:ottawa`); err != nil {
			return err
		}
		stop()
		_, err := tx.ExecContext(ctx, `CREATE city:kyoto`)
		return err
	}}, nil)
	p := newProvider(t, db, cities, goose.WithGoMigrations(m))
	_, err := p.Up(ctx)
	require.ErrorIs(t, err, context.Canceled)
	require.EqualValues(t, 1, version(t, p))
	require.Equal(t, []string{"city"}, tables(t, db))
	require.Zero(t, query[int](t, db, `RETURN count(SELECT * FROM city)`))

	stop = func() {}
	started := time.Now()
	require.Equal(t, []int64{2}, up(t, p))
	require.Less(t, time.Since(started), short.Lock.Lease, "the lock was left to its lease")
	require.Equal(t, 2, query[int](t, db, `RETURN count(SELECT * FROM city)`))
}

// Two processes would migrate at once, if the one that was stopped could commit.
func TestProcessThatLostTheLockCommitsNothing(t *testing.T) {
	t.Parallel()
	dsn := surrealtest.DSN(t)
	db := open(t, dsn)
	var second *goose.Provider
	meanwhile := func() {
		// As if this process had been stopped for longer than the lease.
		run(t, db, `UPDATE goose_lock SET expires = time::now() - 1s WHERE expires IS NOT NONE`)
		require.Equal(t, []int64{2}, up(t, second))
	}
	create := func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `CREATE city SET name = 'Ottawa'`)
		return err
	}
	second = newProvider(t, open(t, dsn), cities, goose.WithGoMigrations(goose.NewGoMigration(2, &goose.GoFunc{RunTx: create}, nil)))
	first := newProvider(t, db, cities, goose.WithGoMigrations(goose.NewGoMigration(2, &goose.GoFunc{
		RunTx: func(ctx context.Context, tx *sql.Tx) error {
			err := create(ctx, tx)
			meanwhile()
			return err
		}}, nil)))
	_, err := first.Up(t.Context())
	require.ErrorIs(t, err, lock.ErrLost)
	require.Equal(t, 1, query[int](t, db, `RETURN count(SELECT * FROM city)`))
	require.EqualValues(t, 2, version(t, first))
	require.Empty(t, up(t, first))
}

// Without the lock a version is recorded once all the same.
func TestTwoProvidersWithoutLockRecordAVersionOnce(t *testing.T) {
	t.Parallel()
	dsn := surrealtest.DSN(t)
	db := open(t, dsn)
	newOne := func(f func(ctx context.Context, tx *sql.Tx) error) *goose.Provider {
		p, err := goose.NewProvider(goose.DialectCustom, open(t, dsn), cities, goose.WithStore(surrealgoose.New(nil)),
			goose.WithGoMigrations(goose.NewGoMigration(2, &goose.GoFunc{RunTx: f}, nil)))
		require.NoError(t, err)
		return p
	}
	create := func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `CREATE city SET name = 'Ottawa'`)
		return err
	}
	second := newOne(create)
	_, err := newOne(func(ctx context.Context, tx *sql.Tx) error {
		err := create(ctx, tx)
		require.Equal(t, []int64{2}, up(t, second))
		return err
	}).Up(t.Context())
	require.True(t, surrealsql.IsConflict(err) || surrealsql.IsDuplicate(err), "%v", err)
	require.Equal(t, 1, query[int](t, db, `RETURN count(SELECT * FROM city)`))
}

func TestLockIsRefusedWhereItWouldWaitWithoutEnd(t *testing.T) {
	t.Parallel()
	db := newDB(t)
	db.SetMaxOpenConns(2)
	_, err := newProvider(t, db, cities).Up(t.Context())
	require.ErrorContains(t, err, "SetMaxOpenConns(3) or more")
	db.SetMaxOpenConns(3)
	all := goose.NewGoMigration(2, &goose.GoFunc{RunDB: func(ctx context.Context, db *sql.DB) error {
		_, err := db.ExecContext(ctx, `CREATE city:ottawa`)
		return err
	}}, nil)
	require.Equal(t, []int64{1, 2}, up(t, newProvider(t, db, cities, goose.WithGoMigrations(all))))
	require.ErrorContains(t, surrealgoose.New(nil).Unlock(t.Context(), db), "not held")
}

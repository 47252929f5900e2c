package surrealmigrate_test

import (
	"database/sql"
	"errors"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-migrate/migrate/v4"
	"github.com/golang-migrate/migrate/v4/database"
	dbtesting "github.com/golang-migrate/migrate/v4/database/testing"
	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	surrealmigrate "github.com/surrealsql/surrealsql/integrations/migrate"
	"github.com/surrealsql/surrealsql/lock"
)

// golang-migrate's own tests of drivers.
func TestDriverPassesTheTestsOfGolangMigrate(t *testing.T) {
	t.Parallel()
	dsn, _ := newDB(t)
	d, err := database.Open(dsn)
	require.NoError(t, err)
	dbtesting.Test(t, d, []byte(`DEFINE TABLE a; CREATE a:1; DEFINE EVENT e ON a THEN { CREATE b; CREATE b; };`))
	require.NoError(t, d.Close())
}

func TestMigratePassesTheTestsOfGolangMigrate(t *testing.T) {
	t.Parallel()
	dsn, db := newDB(t)
	dbtesting.TestMigrate(t, newMigrate(t, dsn, files(
		"1_a.up.sql", "DEFINE TABLE a", "1_a.down.sql", "REMOVE TABLE a",
		"2_b.up.sql", "DEFINE TABLE b; CREATE b:1", "2_b.down.sql", "REMOVE TABLE b")))
	require.Equal(t, []string{"schema_lock"}, query[[]string](t, db, `RETURN object::keys((INFO FOR DB).tables)`))
}

func TestMigrateGoesUpAndDownAndTellsWhereItIs(t *testing.T) {
	t.Parallel()
	dsn, db := newDB(t)
	fsys := files(
		"1_a.up.sql", "DEFINE TABLE a SCHEMAFULL;\nDEFINE FIELD n ON a TYPE int;\nDEFINE INDEX n ON a FIELDS n UNIQUE;\n",
		"1_a.down.sql", "REMOVE TABLE a;",
		"2_b.up.sql", `
			-- several statements; with semicolons within;
			DEFINE FUNCTION fn::twice($n: int) { LET $m = $n * 2; RETURN $m; };
			DEFINE PARAM $rate VALUE 3;
			DEFINE TABLE b; /* here; too */
			DEFINE EVENT made ON a WHEN $event = 'CREATE' THEN {
				CREATE b SET n = fn::twice($after.n), text = 'a;b';
				CREATE b SET n = $rate;
			};
			LET $n = 4;
			CREATE a SET n = $n;`,
		"2_b.down.sql", "REMOVE TABLE b; REMOVE FUNCTION fn::twice; REMOVE PARAM $rate; REMOVE EVENT made ON a; DELETE a;",
		"3_c.up.sql", "", "3_c.down.sql", "\n# nothing;\n")
	m := newMigrate(t, keys(dsn, ""), fsys)
	_, _, err := m.Version()
	require.ErrorIs(t, err, migrate.ErrNilVersion)
	require.NoError(t, m.Up())
	requireVersion(t, m, 3, false)
	require.ErrorIs(t, m.Up(), migrate.ErrNoChange)
	require.Equal(t, []int{3, 8}, query[[]int](t, db, `RETURN { v: (SELECT VALUE n FROM b ORDER BY n) }`))
	require.NoError(t, m.Steps(-2))
	requireVersion(t, m, 1, false)
	require.Equal(t, []string{"a"}, tables(t, db))
	require.NoError(t, m.Migrate(2))
	require.NoError(t, m.Down())
	require.Empty(t, tables(t, db))
	_, _, err = m.Version()
	require.ErrorIs(t, err, migrate.ErrNilVersion)
}

func TestFailedMigrationLeavesNothingButDirtAndIsMended(t *testing.T) {
	t.Parallel()
	dsn, db := newDB(t)
	broken := files("1_a.up.sql", "DEFINE TABLE a", "2_b.up.sql",
		"DEFINE TABLE b SCHEMAFULL; DEFINE FIELD n ON b TYPE int; CREATE b:1 SET n = 1; CREATE b:2 SET n = 'no number';"+
			"DEFINE TABLE c; DEFINE USER u ON DATABASE PASSWORD 'secret-password'")
	m := newMigrate(t, dsn, broken)
	err := m.Up()
	require.ErrorContains(t, err, "migration failed")
	require.ErrorContains(t, err, "no number")
	require.NotContains(t, err.Error(), "secret-password")
	var serverError *surrealsql.Error
	require.ErrorAs(t, err, &serverError)
	require.Equal(t, []string{"a"}, tables(t, db))
	requireVersion(t, m, 2, true)
	var dirty migrate.ErrDirty
	require.ErrorAs(t, m.Up(), &dirty)

	mended := newMigrate(t, dsn, files("1_a.up.sql", "DEFINE TABLE a", "2_b.up.sql", "DEFINE TABLE b"))
	require.NoError(t, mended.Force(1)) // nothing of 2 is in force
	require.NoError(t, mended.Up())
	require.Equal(t, []string{"a", "b"}, tables(t, db))
	requireVersion(t, mended, 2, false)
}

func TestMigrationWithoutTransaction(t *testing.T) {
	t.Parallel()
	dsn, db := newDB(t)
	text := "\n-- x-no-tx-wrap \nDEFINE TABLE a; THROW 'no'; DEFINE TABLE b"
	require.True(t, surrealsql.IsThrown(newMigrate(t, dsn, files("1_a.up.sql", text)).Up()))
	require.Equal(t, []string{"a", "b"}, tables(t, db), "those after one that fails run, too")

	dsn, db = newDB(t)
	m := newMigrate(t, keys(dsn, "&x-no-tx-wrap=true"), files("1_a.up.sql", "DEFINE TABLE a; THROW 'no'"))
	require.True(t, surrealsql.IsThrown(m.Up()))
	require.Equal(t, []string{"a"}, tables(t, db))

	dsn, db = newDB(t)
	own := "BEGIN; DEFINE TABLE a; THROW 'no'; COMMIT"
	require.ErrorContains(t, newMigrate(t, dsn, files("1_a.up.sql", own)).Up(), "BEGIN")
	m = newMigrate(t, dsn, files("1_a.up.sql", "-- x-no-tx-wrap\n"+own))
	require.NoError(t, m.Force(-1))
	require.True(t, surrealsql.IsThrown(m.Up()))
	require.Empty(t, tables(t, db))
}

func TestTwoProcessesMigrateOneAtATime(t *testing.T) {
	t.Parallel()
	dsn, db := newDB(t)
	run(t, db, `DEFINE TABLE n; CREATE n:1 SET n = 0`)
	fsys := files("1_n.up.sql", "UPDATE n:1 SET n += 1", "2_n.up.sql", "UPDATE n:1 SET n += 1")
	var all sync.WaitGroup
	for range 4 {
		m := newMigrate(t, keys(dsn, "&x-lock-timeout=1m"), fsys)
		m.LockTimeout = time.Minute + time.Second
		all.Go(func() {
			if err := m.Up(); err != nil && !errors.Is(err, migrate.ErrNoChange) {
				t.Error(err)
			}
		})
	}
	all.Wait()
	require.Equal(t, 2, query[int](t, db, `SELECT VALUE n FROM n:1`))
}

func TestKilledProcessLeavesNothingAndItsLockEnds(t *testing.T) {
	t.Parallel()
	dsn, db := newDB(t)
	program, err := os.Executable()
	require.NoError(t, err)
	other := exec.Command(program)
	other.Env = append(os.Environ(), migratorVariable+"="+keys(dsn, ""), "SURREALTEST_SERVERS=")
	require.NoError(t, other.Start())
	mended := files("1_a.up.sql", "DEFINE TABLE a", "2_b.up.sql", "DEFINE TABLE b; CREATE b:1")
	m := newMigrate(t, keys(dsn, "&x-lock-timeout=4s"), mended)
	require.Eventually(t, func() bool {
		v, dirty, err := m.Version()
		return err == nil && v == 2 && dirty
	}, 20*time.Second, 10*time.Millisecond)
	// While it lives nobody else migrates, for longer than a lease.
	err = m.Up()
	require.ErrorIs(t, err, database.ErrLocked)
	var held *lock.HeldError
	require.ErrorAs(t, err, &held)

	require.NoError(t, other.Process.Kill())
	_ = other.Wait()
	require.Eventually(t, func() bool {
		var dirty migrate.ErrDirty
		return errors.As(m.Up(), &dirty)
	}, 20*time.Second, 10*time.Millisecond)
	require.Equal(t, []string{"a"}, tables(t, db))
	require.NoError(t, m.Force(1))
	require.NoError(t, m.Up())
	require.Equal(t, 1, query[int](t, db, `RETURN count(SELECT * FROM b)`))
}

func TestDriverThatLostTheLockWritesNothing(t *testing.T) {
	t.Parallel()
	dsn, db := newDB(t)
	first, second := openDriver(t, dsn), openDriver(t, dsn)
	require.NoError(t, first.Lock())
	require.NoError(t, first.SetVersion(1, true))
	// As if this process had been stopped for longer than the lease.
	run(t, db, `UPDATE schema_lock SET expires = time::now() - 1s WHERE expires IS NOT NONE`)
	require.NoError(t, second.Lock())
	require.ErrorIs(t, first.Run(strings.NewReader("DEFINE TABLE a")), lock.ErrLost)
	require.ErrorIs(t, first.SetVersion(1, false), lock.ErrLost)
	require.ErrorIs(t, first.Unlock(), lock.ErrLost)
	require.ErrorIs(t, first.Unlock(), database.ErrNotLocked)
	require.Empty(t, tables(t, db))
	require.NoError(t, second.Unlock())
}

func TestDropKeepsToItsDatabase(t *testing.T) {
	t.Parallel()
	dsn, db := newDB(t)
	run(t, db, "DEFINE DATABASE other; USE DB other; DEFINE TABLE there; CREATE there:1")
	run(t, db, `
		DEFINE TABLE a; CREATE a:1;
		DEFINE TABLE per_n AS SELECT n, count() AS total FROM a GROUP BY n;
		DEFINE TABLE `+"`a table`"+`;
		DEFINE TABLE likes TYPE RELATION; RELATE a:1->likes->a:1;
		DEFINE ANALYZER an TOKENIZERS blank;
		DEFINE INDEX ft ON a FIELDS text FULLTEXT ANALYZER an BM25;
		DEFINE FUNCTION fn::one::two($x: int) { RETURN $x };
		DEFINE PARAM $p VALUE 1;
		DEFINE SEQUENCE s;
		DEFINE ACCESS acc ON DATABASE TYPE RECORD;
		DEFINE API "/it's" FOR get THEN { RETURN {} };
		DEFINE USER kept ON DATABASE PASSWORD 'x'`)
	m := newMigrate(t, dsn, files("1_n.up.sql", "DEFINE TABLE n"))
	require.NoError(t, m.Up())
	require.NoError(t, m.Drop())
	info := query[map[string]any](t, db, `RETURN { info: (INFO FOR DB) }`)
	require.Empty(t, tables(t, db))
	for _, kind := range []string{"functions", "params", "analyzers", "sequences", "accesses", "apis"} {
		require.Empty(t, info[kind], kind)
	}
	require.Len(t, info["users"], 1)
	require.Equal(t, 1, query[int](t, db, `USE DB other; RETURN count(SELECT * FROM there)`))
}

// Another process waits for the lock while this one drops all tables.
func TestDropLeavesTheLockToTheNext(t *testing.T) {
	t.Parallel()
	dsn, db := newDB(t)
	first, second := openDriver(t, dsn), openDriver(t, keys(dsn, "&x-lock-timeout=1m"))
	require.NoError(t, first.Lock())
	require.NoError(t, first.SetVersion(3, false))
	next := make(chan error, 1)
	go func() { next <- second.Lock() }()
	require.NoError(t, first.Drop())
	version, dirty, err := first.Version()
	require.NoError(t, err)
	require.Equal(t, database.NilVersion, version)
	require.False(t, dirty)
	require.NoError(t, first.Unlock())
	require.NoError(t, <-next)
	require.NoError(t, second.Run(strings.NewReader("DEFINE TABLE a")))
	require.NoError(t, second.Unlock())
	require.Equal(t, []string{"a"}, tables(t, db))
}

func TestMigrateGoesUpAgainAfterDrop(t *testing.T) {
	t.Parallel()
	dsn, db := newDB(t)
	m := newMigrate(t, dsn, files("1_a.up.sql", "DEFINE TABLE a"))
	require.NoError(t, m.Up())
	require.NoError(t, m.Drop())
	require.NoError(t, m.Up())
	requireVersion(t, m, 1, false)
	require.Equal(t, []string{"a"}, tables(t, db))
}

func TestURLHasKeysOfItsOwn(t *testing.T) {
	t.Parallel()
	dsn, db := newDB(t)
	d, err := database.Open(keys(dsn, "&x-migrations-table=my%20versions&query_timeout=1m"))
	require.NoError(t, err)
	require.NoError(t, d.SetVersion(7, false))
	require.Equal(t, 7, query[int](t, db, "SELECT VALUE version FROM `my versions`"))
	require.NoError(t, d.Close())
	for key, want := range map[string]string{
		"&x-multi-statement=true": "no such key",
		"&x-lock-lease=soon":      "invalid duration",
		"&x-no-tx-wrap=perhaps":   "invalid syntax",
		"&no_such_key=1":          "no_such_key",
	} {
		_, err := database.Open(keys(dsn, key))
		require.ErrorContains(t, err, want)
	}
	_, err = surrealmigrate.WithInstance(db, nil)
	require.ErrorIs(t, err, surrealmigrate.ErrNilConfig)
	one, err := sql.Open(surrealsql.DriverName, dsn)
	require.NoError(t, err)
	one.SetMaxOpenConns(1)
	d, err = surrealmigrate.WithInstance(one, &surrealmigrate.Config{})
	require.NoError(t, err)
	require.ErrorContains(t, d.Lock(), "SetMaxOpenConns(2)")
	require.ErrorIs(t, d.Unlock(), database.ErrNotLocked)
	require.NoError(t, d.Close())
}

// A migration does not fail because programs write meanwhile: it is done again.
func TestMigrationThatConflictsIsDoneAgain(t *testing.T) {
	t.Parallel()
	dsn, db := newDB(t)
	run(t, db, `DEFINE TABLE n; CREATE n:1 SET n = 0, by = 0`)
	m := newMigrate(t, dsn, files("1_n.up.sql", "UPDATE n:1 SET n += 1; SLEEP 300ms"))
	done := make(chan error, 1)
	go func() { done <- m.Up() }()
	require.Eventually(t, func() bool {
		v, dirty, err := m.Version()
		return err == nil && v == 1 && dirty
	}, 20*time.Second, time.Millisecond)
	run(t, db, `UPDATE n:1 SET by += 1`)
	require.NoError(t, <-done)
	require.Equal(t, 1, query[int](t, db, `SELECT VALUE n FROM n:1`))
}

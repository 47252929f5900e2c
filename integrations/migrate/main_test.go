package surrealmigrate_test

// What the tests have in common: databases, migrations that stand in the test, and the process that
// is killed.

import (
	"database/sql"
	"fmt"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/golang-migrate/migrate/v4"
	"github.com/golang-migrate/migrate/v4/database"
	"github.com/golang-migrate/migrate/v4/source/iofs"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/surrealsql/surrealsql"
	_ "github.com/surrealsql/surrealsql/integrations/migrate"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// migratorVariable names, in a process of its own, the database that it migrates until it is killed.
const migratorVariable = "SURREALMIGRATE_TEST_MIGRATOR"

func TestMain(m *testing.M) {
	if url := os.Getenv(migratorVariable); url != "" {
		migrateUntilKilled(url)
	}
	goleak.VerifyTestMain(m)
}

// files are migrations: names, and what stands in them.
func files(namesAndTexts ...string) fstest.MapFS {
	fsys := fstest.MapFS{}
	for i := 0; i < len(namesAndTexts); i += 2 {
		fsys[namesAndTexts[i]] = &fstest.MapFile{Data: []byte(namesAndTexts[i+1])}
	}
	return fsys
}

// keys adds those of this driver to a DSN: a lease that a test can wait for.
func keys(dsn, more string) string {
	separator := "?"
	if strings.Contains(dsn, "?") {
		separator = "&"
	}
	return dsn + separator + "x-lock-lease=2s" + more
}

func openDriver(t testing.TB, url string) database.Driver {
	t.Helper()
	d, err := database.Open(url)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, d.Close()) })
	return d
}

func newMigrate(t testing.TB, url string, fsys fstest.MapFS) *migrate.Migrate {
	t.Helper()
	source, err := iofs.New(fsys, ".")
	require.NoError(t, err)
	m, err := migrate.NewWithSourceInstance("iofs", source, url)
	require.NoError(t, err)
	t.Cleanup(func() {
		errSource, errDatabase := m.Close()
		require.NoError(t, errSource)
		require.NoError(t, errDatabase)
	})
	return m
}

func newDB(t testing.TB) (dsn string, db *sql.DB) {
	t.Helper()
	dsn = surrealtest.DSN(t)
	db, err := sql.Open(surrealsql.DriverName, dsn)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return dsn, db
}

func query[T any](t testing.TB, db *sql.DB, text string) (v T) {
	t.Helper()
	require.NoError(t, db.QueryRowContext(t.Context(), text).Scan(surrealsql.Into(&v)), text)
	return v
}

func run(t testing.TB, db *sql.DB, text string, args ...any) {
	t.Helper()
	_, err := db.ExecContext(t.Context(), text, args...)
	require.NoError(t, err, text)
}

// tables are the tables of the database, in order, but those of the driver.
func tables(t testing.TB, db *sql.DB) (names []string) {
	t.Helper()
	for _, name := range query[[]string](t, db, `RETURN object::keys((INFO FOR DB).tables)`) {
		if !strings.HasPrefix(name, "schema_") {
			names = append(names, name)
		}
	}
	return names
}

func requireVersion(t testing.TB, m *migrate.Migrate, version uint, dirty bool) {
	t.Helper()
	v, d, err := m.Version()
	require.NoError(t, err)
	require.Equal(t, version, v)
	require.Equal(t, dirty, d)
}

// migrateUntilKilled comes to a migration that does not end soon.
func migrateUntilKilled(url string) {
	source, err := iofs.New(slow, ".")
	if err == nil {
		var m *migrate.Migrate
		if m, err = migrate.NewWithSourceInstance("iofs", source, url); err == nil {
			err = m.Up()
		}
	}
	fmt.Println("not killed:", err)
	os.Exit(1)
}

var slow = files("1_a.up.sql", "DEFINE TABLE a", "2_b.up.sql", "DEFINE TABLE b; CREATE b:1; SLEEP 20s; CREATE b:2")

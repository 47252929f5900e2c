package surrealgoose_test

// What the tests have in common: providers upon databases of their own, migrations that stand in
// the test, and the process that is killed.

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/pressly/goose/v3"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/surrealsql/surrealsql"
	surrealgoose "github.com/surrealsql/surrealsql/integrations/goose"
	"github.com/surrealsql/surrealsql/lock"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// migratorVariable names, in a process of its own, the database that it migrates until it is killed.
const migratorVariable = "SURREALGOOSE_TEST_MIGRATOR"

func TestMain(m *testing.M) {
	if dsn := os.Getenv(migratorVariable); dsn != "" {
		migrateUntilKilled(dsn)
	}
	goleak.VerifyTestMain(m)
}

// short is a lease that a test can wait for, and that a busy machine keeps extending.
var short = surrealgoose.Config{Lock: &lock.Options{Lease: 2 * time.Second, Poll: 20 * time.Millisecond}}

// files are migrations: names, and what stands in them.
func files(namesAndTexts ...string) fstest.MapFS {
	fsys := fstest.MapFS{}
	for i := 0; i < len(namesAndTexts); i += 2 {
		fsys[namesAndTexts[i]] = &fstest.MapFile{Data: []byte(namesAndTexts[i+1])}
	}
	return fsys
}

func open(t testing.TB, dsn string) *sql.DB {
	t.Helper()
	db, err := sql.Open(surrealsql.DriverName, dsn)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}

func newDB(t testing.TB) *sql.DB { return open(t, surrealtest.DSN(t)) }

// newProvider is a provider with a store and a lock of its own, as a process would have.
func newProvider(t testing.TB, db *sql.DB, fsys fstest.MapFS, options ...goose.ProviderOption) *goose.Provider {
	t.Helper()
	store := surrealgoose.New(&short)
	p, err := goose.NewProvider(goose.DialectCustom, db, fsys, append(options, goose.WithStore(store), goose.WithLocker(store))...)
	require.NoError(t, err)
	return p
}

// up migrates, and returns the versions that were applied.
func up(t testing.TB, p *goose.Provider) (versions []int64) {
	t.Helper()
	results, err := p.Up(t.Context())
	require.NoError(t, err)
	for _, r := range results {
		versions = append(versions, r.Source.Version)
	}
	return versions
}

// version waits for no lock, as GetDBVersion would.
func version(t testing.TB, p *goose.Provider) int64 {
	t.Helper()
	v, _, err := p.GetVersions(t.Context())
	require.NoError(t, err)
	return v
}

// tables are the tables of the database, in order, but those of goose.
func tables(t testing.TB, db *sql.DB) (names []string) {
	t.Helper()
	all := query[[]string](t, db, `RETURN object::keys((INFO FOR DB).tables)`)
	for _, name := range all {
		if !strings.HasPrefix(name, "goose_") {
			names = append(names, name)
		}
	}
	return names
}

func query[T any](t testing.TB, db *sql.DB, text string, args ...any) (v T) {
	t.Helper()
	require.NoError(t, db.QueryRowContext(t.Context(), text, args...).Scan(surrealsql.Into(&v)), text)
	return v
}

func run(t testing.TB, db *sql.DB, text string, args ...any) {
	t.Helper()
	_, err := db.ExecContext(t.Context(), text, args...)
	require.NoError(t, err, text)
}

// migrateUntilKilled writes within a migration, says so, and goes no further.
func migrateUntilKilled(dsn string) {
	db, err := sql.Open(surrealsql.DriverName, dsn)
	if err != nil {
		panic(err)
	}
	store := surrealgoose.New(&short)
	stuck := goose.NewGoMigration(2, &goose.GoFunc{RunTx: func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `CREATE city:ottawa`)
		fmt.Println("in the middle:", err)
		<-ctx.Done()
		return ctx.Err()
	}}, nil)
	p, err := goose.NewProvider(goose.DialectCustom, db, cities, goose.WithGoMigrations(stuck), goose.WithStore(store), goose.WithLocker(store))
	if err == nil {
		_, err = p.Up(context.Background())
	}
	fmt.Println("not stuck:", err)
	os.Exit(1)
}

var cities = files("00001_city.sql", `-- +goose Up
DEFINE TABLE city;
-- +goose Down
REMOVE TABLE city;
`)

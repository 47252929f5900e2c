package surrealsql_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// withSchema is a database whose connector runs a schema that is strict.
func withSchema(t *testing.T) (db *sql.DB, ns string) {
	t.Helper()
	db, ns, _ = withSchemaAt(t)
	return db, ns
}

func withSchemaAt(t *testing.T) (db *sql.DB, ns, dsn string) {
	t.Helper()
	dsn = surrealtest.DSN(t)
	cfg, err := surrealsql.ParseDSN(dsn)
	require.NoError(t, err)
	return openDB(t, dsn, func(c *surrealsql.Config) { c.SchemaFile = schemaFile(t, countedSchema) }), cfg.Namespace, dsn
}

func requireStrict(t *testing.T, db execer) {
	t.Helper()
	require.Error(t, exec(t.Context(), db, `CREATE person SET name = 'x', unknown = 1`), "the table is SCHEMAFULL")
}

func TestTheSchemaRunsOnceInEachDatabaseThatASessionUses(t *testing.T) {
	t.Parallel()
	db, ns := withSchema(t)
	var wg sync.WaitGroup
	for i := range 6 { // all at once, in two databases
		wg.Go(func() {
			conn, err := db.Conn(t.Context())
			if err != nil {
				t.Error(err)
				return
			}
			defer conn.Close()
			for range 3 {
				if err := conn.Raw(func(c any) error {
					return c.(*surrealsql.Conn).Use(t.Context(), ns, []string{"one", "two"}[i%2])
				}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	for _, name := range []string{"one", "two"} {
		conn := lease(t, db)
		raw(t, conn, func(c *surrealsql.Conn) error { return c.Use(t.Context(), ns, name) })
		requireStrict(t, conn)
		require.Equal(t, 1, countOf(t, conn, "ran"), name)
		require.NoError(t, conn.Close())
	}
	requireStrict(t, db)
	require.Equal(t, 1, countOf(t, db, "ran"))
}

func TestTheSchemaRunsInTheDatabaseThatASignInSelects(t *testing.T) {
	t.Parallel()
	db, ns, dsn := withSchemaAt(t)
	conn := lease(t, db)
	raw(t, conn, func(c *surrealsql.Conn) error {
		// As in a service whose tenants have databases with users of their own.
		if err := c.Use(t.Context(), ns, "tenant"); err != nil {
			return err
		}
		_, err := c.ExecContext(t.Context(), `DEFINE USER d ON DATABASE PASSWORD 'p' ROLES EDITOR`, nil)
		return err
	})
	require.NoError(t, conn.Close())

	other := openDB(t, dsn, func(c *surrealsql.Config) { c.Schema = `DEFINE TABLE OVERWRITE person SCHEMAFULL; CREATE ran_again` })
	conn = lease(t, other)
	for range 2 {
		raw(t, conn, func(c *surrealsql.Conn) error {
			return c.SignIn(t.Context(), surrealsql.Credentials{Namespace: ns, Database: "tenant", User: "d", Password: "p"})
		})
		requireStrict(t, conn)
		require.Equal(t, 1, countOf(t, conn, "ran_again"))
	}
	require.NoError(t, conn.Close())

	conn = lease(t, other)
	raw(t, conn, func(c *surrealsql.Conn) error {
		err := c.SignIn(t.Context(), surrealsql.Credentials{Namespace: ns, Database: "no_such_tenant", User: "d", Password: "wrong"})
		require.Error(t, err)
		return nil
	})
	home := where(t, other)
	require.Equal(t, home, where(t, conn), "a sign-in that fails leaves the session as it was")
}

func TestADatabaseWhoseSchemaFailsIsNotSelected(t *testing.T) {
	t.Parallel()
	db := newDB(t, func(c *surrealsql.Config) {
		c.Schema = `IF session::db() = 'bad' { THROW 'not here' }; DEFINE TABLE OVERWRITE person SCHEMAFULL`
	})
	conn := lease(t, db)
	home := where(t, conn)
	for range 2 {
		raw(t, conn, func(c *surrealsql.Conn) error {
			err := c.Use(t.Context(), "schema_fails", "bad")
			require.True(t, surrealsql.IsThrown(err), "%v", err)
			require.ErrorContains(t, err, "not selected")
			return nil
		})
		require.Equal(t, home, where(t, conn))
	}
	requireStrict(t, conn)
}

func TestADatabaseWithoutItsSchemaIsNotSelectedInATransaction(t *testing.T) {
	t.Parallel()
	db, ns := withSchema(t)
	conn := lease(t, db)
	raw(t, conn, func(c *surrealsql.Conn) error {
		tx, err := c.BeginTx(t.Context(), driver.TxOptions{})
		require.NoError(t, err)
		require.ErrorContains(t, c.Use(t.Context(), ns, "later"), "before BeginTx")
		require.NoError(t, tx.Rollback())
		require.NoError(t, c.Use(t.Context(), ns, "later"))
		tx, err = c.BeginTx(t.Context(), driver.TxOptions{})
		require.NoError(t, err)
		require.NoError(t, c.Use(t.Context(), ns, "later"), "it has run now")
		return tx.Rollback()
	})
	requireStrict(t, conn)
}

func TestATextThatWritesWhereTheSchemaHasNotRunIsRefused(t *testing.T) {
	t.Parallel()
	db, ns := withSchema(t)
	for _, text := range []string{
		`USE DB elsewhere; CREATE person`, `USE NS ` + ns + ` DB elsewhere; CREATE person`, "use namespace `" + ns + "` database `elsewhere`; UPSERT person:1",
		`USE NS other; CREATE person`, `SELECT 1 FROM 1; USE DB elsewhere; LET $x = (CREATE person)`, `BEGIN; USE DB elsewhere; CREATE person; COMMIT`,
		`USE /* hidden */ DB elsewhere; CREATE person`, `USE DB elsewhere; USE DB another; DELETE person`,
	} {
		require.ErrorContains(t, exec(t.Context(), db, text), "Use of the Conn", text)
		require.ErrorContains(t, scan(t.Context(), db, text), "Use of the Conn", text)
	}
	mustExec(t, db, `CREATE person SET name = 'x'; USE DB elsewhere`)
	mustExec(t, db, `USE NS `+ns+`; DELETE person`)
	leased(t, db, func(c *surrealsql.Conn) error { return c.Use(t.Context(), ns, "elsewhere") })
	mustExec(t, db, `USE DB elsewhere; CREATE person SET name = 'x'`)
	require.Error(t, exec(t.Context(), db, `USE DB elsewhere; CREATE person SET name = 'y', unknown = 1`))

	plain := newDB(t)
	mustExec(t, plain, `USE DB elsewhere; CREATE person SET unknown = 1`)
}

// A source of tokens may give each connection a database of its own.
func TestTheSchemaRunsInTheDatabaseOfAToken(t *testing.T) {
	t.Parallel()
	dsn, admin, _ := owned(t)
	token := apiToken(t, admin, time.Hour)
	db := openDB(t, dsn, func(c *surrealsql.Config) {
		c.Auth, c.User, c.Password, c.Namespace, c.Database = surrealsql.AuthToken, "", "", "", ""
		c.TokenSource = func(context.Context) (string, error) { return token, nil }
		c.SchemaFile = schemaFile(t, countedSchema)
	})
	first, second := lease(t, db), lease(t, db)
	requireStrict(t, first)
	requireStrict(t, second)
	require.Equal(t, 1, countOf(t, first, "ran"))
}

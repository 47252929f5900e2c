// Package sqlc tests code that sqlc (https://sqlc.dev) generated for PostgreSQL on SurrealDB:
// it works as far as a text is both PostgreSQL and SurrealQL. See docs/tools.md.
package sqlc

import (
	"database/sql"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/integrations/sqlc/people"
	"github.com/surrealsql/surrealsql/surrealtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func open(t *testing.T) *sql.DB {
	t.Helper()
	db, err := sql.Open(surrealsql.DriverName, surrealtest.DSN(t))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	_, err = db.ExecContext(t.Context(), `DEFINE TABLE person`)
	require.NoError(t, err)
	return db
}

func TestCodeOfSqlcWorks(t *testing.T) {
	t.Parallel()
	db := open(t)
	ctx := t.Context()
	q := people.New(db)
	ada := people.CreateParams{
		ID: "person:ada", Name: "Ada", Age: sql.NullInt64{Int64: 36, Valid: true},
		Born: time.Date(1815, 12, 10, 0, 0, 0, 1, time.UTC),
	}
	require.NoError(t, q.Create(ctx, ada))
	require.NoError(t, q.Create(ctx, people.CreateParams{ID: "person:kim", Name: "Kim", Born: time.Now()}))

	got, err := q.Get(ctx, "person:ada")
	require.NoError(t, err)
	require.Equal(t, people.Person(ada), got)
	_, err = q.Get(ctx, "person:nobody")
	require.ErrorIs(t, err, sql.ErrNoRows)

	// Within a transaction, as sqlc has it.
	tx, err := db.BeginTx(ctx, nil)
	require.NoError(t, err)
	defer tx.Rollback()
	n, err := q.WithTx(tx).Rename(ctx, people.RenameParams{Name: "Ada L.", ID: "person:ada"})
	require.NoError(t, err)
	require.EqualValues(t, 1, n)
	require.NoError(t, tx.Commit())

	adults, err := q.Adults(ctx, people.AdultsParams{Age: sql.NullInt64{Int64: 18, Valid: true}, Limit: 10})
	require.NoError(t, err)
	require.Equal(t, []people.AdultsRow{{Name: "Ada L.", Age: ada.Age}}, adults)

	require.NoError(t, q.Delete(ctx, "person:ada"))
	_, err = q.Get(ctx, "person:ada")
	require.ErrorIs(t, err, sql.ErrNoRows)
}

// What PostgreSQL has and SurrealQL has not is an error of the server, and says so.
func TestTextsOfPostgreSQLAloneAreRefused(t *testing.T) {
	t.Parallel()
	db := open(t)
	for _, text := range []string{
		`SELECT count(*) FROM person`,
		`INSERT INTO person (name) VALUES ('Ada') RETURNING id`,
		`SELECT name FROM person WHERE name IN ('Ada', 'Kim')`,
		`SELECT name FROM person WHERE name LIKE 'A%'`,
		`SELECT p.name FROM person AS p`,
		`SELECT name FROM person LIMIT 1 OFFSET 1`,
		`SELECT name FROM person JOIN town ON true`,
	} {
		_, err := db.ExecContext(t.Context(), text)
		require.True(t, surrealsql.IsParse(err), "%s: %v", text, err)
	}
}

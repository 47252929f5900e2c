// Package sqlmock_test shows how go-sqlmock tests a program that uses the driver: a
// repository, and its tests without a server. The last test has the repository prove
// itself on the real engine too.
package sqlmock_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"testing"

	"github.com/DATA-DOG/go-sqlmock"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/surrealtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// Person is a record of the table person.
type Person struct {
	ID   surrealsql.RecordID
	Name string
	Tags []string
}

// People keeps persons in SurrealDB.
type People struct{ DB *sql.DB }

// Find returns the person with the id, or sql.ErrNoRows.
func (p People) Find(ctx context.Context, id surrealsql.RecordID) (Person, error) {
	var found Person
	err := p.DB.QueryRowContext(ctx, findPerson, id).Scan(&found.ID, &found.Name, surrealsql.Into(&found.Tags))
	return found, err
}

// Rename gives the person a name and writes that down, both or neither.
func (p People) Rename(ctx context.Context, id surrealsql.RecordID, name string) error {
	tx, err := p.DB.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() // does nothing after Commit
	if _, err := tx.ExecContext(ctx, renamePerson, sql.Named("id", id), sql.Named("name", name)); err != nil {
		return fmt.Errorf("renaming %s: %w", id, err)
	}
	if _, err := tx.ExecContext(ctx, logRename, sql.Named("id", id), sql.Named("entry", map[string]any{"renamed": name})); err != nil {
		return fmt.Errorf("logging the new name of %s: %w", id, err)
	}
	return tx.Commit()
}

const (
	findPerson   = `SELECT id, name, tags FROM $1`
	renamePerson = `UPDATE $id SET name = $name`
	logRename    = `UPDATE $id SET log += $entry`
)

// asIs lets arguments through to the expectations as they are. By default
// sqlmock refuses what is no basic type: record ids, maps, structs, slices.
type asIs struct{}

func (asIs) ConvertValue(v any) (driver.Value, error) { return v, nil }

func newMock(t *testing.T) (*sql.DB, sqlmock.Sqlmock) {
	t.Helper()
	db, mock, err := sqlmock.New(
		sqlmock.ValueConverterOption(asIs{}),
		sqlmock.QueryMatcherOption(sqlmock.QueryMatcherEqual), // texts, not regular expressions: $ is one
	)
	require.NoError(t, err)
	t.Cleanup(func() {
		mock.ExpectClose()
		require.NoError(t, db.Close())
		require.NoError(t, mock.ExpectationsWereMet())
	})
	return db, mock
}

func TestRepositoryIsTestedWithoutAServer(t *testing.T) {
	t.Parallel()
	db, mock := newMock(t)
	mock.ExpectQuery(findPerson).
		WithArgs(surrealsql.RecordID("person:ada")).
		WillReturnRows(mock.NewRows([]string{"id", "name", "tags"}).
			AddRow(surrealsql.RecordID("person:ada"), "Ada", []any{"math", "poetry"}))
	mock.ExpectQuery(findPerson).
		WithArgs(surrealsql.RecordID("person:kim")).
		WillReturnRows(mock.NewRows([]string{"id", "name", "tags"}))

	people := People{db}
	ada, err := people.Find(t.Context(), "person:ada")
	require.NoError(t, err)
	require.Equal(t, Person{ID: "person:ada", Name: "Ada", Tags: []string{"math", "poetry"}}, ada)

	_, err = people.Find(t.Context(), "person:kim")
	require.ErrorIs(t, err, sql.ErrNoRows)
}

func TestRepositorysTxIsTestedWithoutAServer(t *testing.T) {
	t.Parallel()
	db, mock := newMock(t)
	mock.ExpectBegin()
	mock.ExpectExec(renamePerson).
		WithArgs(sql.Named("id", surrealsql.RecordID("person:ada")), sql.Named("name", "Ada L.")).
		WillReturnError(&surrealsql.Error{Kind: "Query", Message: "This transaction can be retried"})
	mock.ExpectRollback()

	err := People{db}.Rename(t.Context(), "person:ada", "Ada L.")
	require.True(t, surrealsql.IsConflict(err), "errors of the driver can be made up: %v", err)
}

func TestRepositoryThatIsMockedWorksOnTheRealEngine(t *testing.T) {
	t.Parallel()
	db, err := sql.Open(surrealsql.DriverName, surrealtest.DSN(t))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	_, err = db.ExecContext(t.Context(), `CREATE person:ada SET name = "Ada", tags = ["math", "poetry"], log = []`)
	require.NoError(t, err)

	people := People{db}
	require.NoError(t, people.Rename(t.Context(), "person:ada", "Ada L."))
	ada, err := people.Find(t.Context(), "person:ada")
	require.NoError(t, err)
	require.Equal(t, Person{ID: "person:ada", Name: "Ada L.", Tags: []string{"math", "poetry"}}, ada)
	var logged string
	require.NoError(t, db.QueryRowContext(t.Context(), `SELECT VALUE log[0].renamed FROM person:ada`).Scan(&logged))
	require.Equal(t, "Ada L.", logged)

	_, err = people.Find(t.Context(), "person:kim")
	require.ErrorIs(t, err, sql.ErrNoRows)
}

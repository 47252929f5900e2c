// Package failing tests what docs/tools.md says of the tools that do not work on SurrealDB: how
// they fail, and where they do so in silence. A tool that learns better fails a test here, so
// that the page is changed.
package failing

import (
	"database/sql"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/surrealtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// open opens a database with one person.
func open(t *testing.T) *sql.DB {
	t.Helper()
	db, err := sql.Open(surrealsql.DriverName, surrealtest.DSN(t))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	_, err = db.ExecContext(t.Context(), `CREATE person:ada SET name = "Ada", secret = "s", born = d"1815-12-10T00:00:00Z"`)
	require.NoError(t, err)
	return db
}

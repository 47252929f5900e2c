// Package datadog tests the driver through Datadog's tracer for database/sql: how a database is
// opened, what the spans say, and what passes through.
package datadog

import (
	"database/sql"
	"errors"
	"testing"

	sqltrace "github.com/DataDog/dd-trace-go/contrib/database/sql/v2"
	"github.com/DataDog/dd-trace-go/v2/ddtrace/mocktracer"
	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// open opens a Config whose queries are traced. Datadog's connector does not close ours, so it is
// closed beside the *sql.DB.
func open(cfg *surrealsql.Config) (db *sql.DB, closed func() error, err error) {
	connector, err := surrealsql.NewConnector(cfg)
	if err != nil {
		return nil, nil, err
	}
	db = sqltrace.OpenDB(connector, sqltrace.WithService("orders-db"), sqltrace.WithCustomTag("db.system", "surrealdb"))
	return db, func() error { return errors.Join(db.Close(), connector.Close()) }, nil
}

type member struct {
	ID   surrealsql.RecordID `json:"id"`
	Name string              `json:"name"`
}

// openTest opens an empty database with spans that are kept.
func openTest(t *testing.T) (*sql.DB, mocktracer.Tracer) {
	t.Helper()
	spans := mocktracer.Start()
	t.Cleanup(spans.Stop)
	cfg, err := surrealsql.ParseDSN(surrealtest.DSN(t))
	require.NoError(t, err)
	db, closed, err := open(cfg)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, closed()) })
	return db, spans
}

func TestSpansHaveTheTextAndNotTheArguments(t *testing.T) {
	db, spans := openTest(t)
	tx, err := db.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	_, err = tx.ExecContext(t.Context(), `CREATE member:a SET name = $1`, "s3cret")
	require.NoError(t, err)
	require.NoError(t, tx.Commit())
	var kinds []any
	for _, s := range spans.FinishedSpans() {
		kinds = append(kinds, s.Tag("sql.query_type"))
		require.NotContains(t, s.String(), "s3cret")
		require.Equal(t, "surrealdb", s.Tag("db.system"))
		require.Equal(t, "orders-db", s.Tag("service.name"))
	}
	require.Equal(t, []any{"Connect", "Begin", "Exec", "Commit"}, kinds)
	require.Equal(t, `CREATE member:a SET name = $1`, spans.FinishedSpans()[2].Tag("resource.name"))
	spans.Reset()
	const definition = `DEFINE USER kim ON DATABASE PASSWORD 'shown' ROLES VIEWER`
	_, err = db.ExecContext(t.Context(), definition)
	require.NoError(t, err)
	require.Equal(t, definition, spans.FinishedSpans()[0].Tag("resource.name"), "docs/tools.md says so")
}

func TestRecordsAreReadThroughTheTracer(t *testing.T) {
	db, _ := openTest(t)
	all, err := surrealsql.All[member](t.Context(), db, `SELECT * FROM [{ id: member:a, name: $1 }, { id: member:k, name: "Kim" }]`, "Ada")
	require.NoError(t, err)
	require.Equal(t, []member{{"member:a", "Ada"}, {"member:k", "Kim"}}, all)
	var names []string
	require.NoError(t, db.QueryRowContext(t.Context(), `RETURN $1`, []string{"a", "b"}).Scan(surrealsql.Into(&names)))
	require.Equal(t, []string{"a", "b"}, names)
}

func TestRawGivesTheDriversConnection(t *testing.T) {
	db, _ := openTest(t)
	conn, err := db.Conn(t.Context())
	require.NoError(t, err)
	defer conn.Close()
	require.NoError(t, conn.Raw(func(c any) error {
		_, ours := c.(*sqltrace.TracedConn).WrappedConn().(*surrealsql.Conn)
		require.True(t, ours)
		return nil
	}))
}

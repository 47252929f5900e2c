package surrealsql_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"io"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/drivertest"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// The driver as database/sql sees it: its names, its interfaces, and a program's first minute.
// TestMain is that of the whole package.

func TestMain(m *testing.M) { drivertest.Main(m) }

func TestDriverOpenByNameServesAProgramsFirstMinute(t *testing.T) {
	t.Parallel()
	dsn := surrealtest.DSN(t)
	for _, name := range []string{surrealsql.DriverName, surrealsql.DriverAlias} {
		db, err := sql.Open(name, dsn)
		require.NoError(t, err)
		require.NoError(t, db.PingContext(t.Context()))

		drivertest.MustExec(t, db, `CREATE person SET name = $1, age = $2`, "Tobie", 41)
		var (
			person string
			age    int
		)
		require.NoError(t, db.QueryRowContext(t.Context(), `SELECT name, age FROM person WHERE age > $1`, 40).Scan(&person, &age))
		require.Equal(t, "Tobie", person)
		require.Equal(t, 41, age)

		drivertest.MustExec(t, db, `DELETE person`)
		require.NoError(t, db.Close())
	}
}

// As usql asks each database.
func TestDriverAnswersAToolThatAsksForTheVersion(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	var server string
	drivertest.Raw(t, drivertest.Lease(t, db), func(c *surrealsql.Conn) error { server = c.ServerVersion(); return nil })
	for _, text := range []string{"SELECT version();", "select VERSION()", " SELECT version() ;\n"} {
		require.Equal(t, "surrealdb-"+server, drivertest.QueryOne[string](t, db, text), text)
	}
	stmt, err := db.PrepareContext(t.Context(), "SELECT version()")
	require.NoError(t, err)
	defer stmt.Close()
	rows, err := stmt.QueryContext(t.Context())
	require.NoError(t, err)
	defer rows.Close()
	columns, err := rows.Columns()
	require.NoError(t, err)
	require.Equal(t, []string{"version"}, columns)
	require.Error(t, drivertest.Scan(t.Context(), db, "SELECT version(1)"))
}

func TestDriverOpensAnEmptyDSNAndFailsAtFirstUse(t *testing.T) {
	t.Parallel()
	db, err := sql.Open("surrealdb", "") // as otelsql.Register does
	require.NoError(t, err)
	defer db.Close()
	require.IsType(t, surrealsql.Driver{}, db.Driver())
	require.ErrorIs(t, db.PingContext(t.Context()), surrealsql.ErrNoHosts)
}

func TestConnTellsTheServersVersion(t *testing.T) {
	t.Parallel()
	if os.Getenv("SURREALDB_URL") != "" {
		t.Log("the server in SURREALDB_URL decides which version it is")
	}
	drivertest.Raw(t, drivertest.Lease(t, drivertest.NewDB(t)), func(c *surrealsql.Conn) error {
		require.Regexp(t, `^\d+\.\d+\.\d+`, c.ServerVersion())
		return nil
	})
}

func TestConnectorThatIsClosedServesNobody(t *testing.T) {
	t.Parallel()
	cfg, err := surrealsql.ParseDSN(surrealtest.DSN(t))
	require.NoError(t, err)
	connector, err := surrealsql.NewConnector(cfg)
	require.NoError(t, err)
	db := sql.OpenDB(connector)
	require.NoError(t, db.PingContext(t.Context()))
	require.NoError(t, db.Close())
	require.Error(t, db.PingContext(t.Context()))
	_, err = connector.Connect(t.Context())
	require.ErrorIs(t, err, surrealsql.ErrClosed)
}

var (
	_ driver.Driver        = surrealsql.Driver{}
	_ driver.DriverContext = surrealsql.Driver{}

	_ driver.Connector = (*surrealsql.Connector)(nil)
	_ io.Closer        = (*surrealsql.Connector)(nil)

	_ driver.Conn               = (*surrealsql.Conn)(nil)
	_ driver.Pinger             = (*surrealsql.Conn)(nil)
	_ driver.SessionResetter    = (*surrealsql.Conn)(nil)
	_ driver.Validator          = (*surrealsql.Conn)(nil)
	_ driver.ExecerContext      = (*surrealsql.Conn)(nil)
	_ driver.QueryerContext     = (*surrealsql.Conn)(nil)
	_ driver.ConnPrepareContext = (*surrealsql.Conn)(nil)
	_ driver.ConnBeginTx        = (*surrealsql.Conn)(nil)
	_ driver.NamedValueChecker  = (*surrealsql.Conn)(nil)
)

// What the driver hands out behind an interface of database/sql/driver is
// asserted on the value itself.
func TestDriverImplementsEveryInterface(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	connector, err := surrealsql.Driver{}.OpenConnector(surrealtest.DSN(t))
	require.NoError(t, err)
	conn, err := connector.Connect(ctx)
	require.NoError(t, err)
	defer func() { require.NoError(t, conn.Close()) }()

	stmt, err := conn.Prepare("RETURN $1")
	require.NoError(t, err)
	require.Implements(t, (*driver.StmtExecContext)(nil), stmt)
	require.Implements(t, (*driver.StmtQueryContext)(nil), stmt)
	require.Implements(t, (*driver.NamedValueChecker)(nil), stmt)
	require.Equal(t, -1, stmt.NumInput(), "the driver counts, its errors say more")
	require.NoError(t, stmt.Close())

	rows, err := conn.(driver.QueryerContext).QueryContext(ctx, "RETURN 1", nil)
	require.NoError(t, err)
	require.Implements(t, (*driver.RowsNextResultSet)(nil), rows)
	require.Implements(t, (*driver.RowsColumnTypeDatabaseTypeName)(nil), rows)
	require.Implements(t, (*driver.RowsColumnTypeScanType)(nil), rows)
	require.Implements(t, (*driver.RowsColumnTypeNullable)(nil), rows)
	require.Implements(t, (*driver.RowsColumnTypeLength)(nil), rows)
	require.Implements(t, (*driver.RowsColumnTypePrecisionScale)(nil), rows)
	require.NoError(t, rows.Close())

	require.IsType(t, surrealsql.Driver{}, connector.Driver())
	require.NoError(t, connector.(io.Closer).Close())
	_, err = connector.Connect(ctx)
	require.ErrorIs(t, err, surrealsql.ErrClosed)
	require.False(t, conn.(driver.Validator).IsValid(), "a closed connector takes no connection back")
}

// The methods that database/sql replaced by ones with a context are there for
// the interfaces' sake.
func TestDriverMethodsWithoutContextSayWhichToUse(t *testing.T) {
	t.Parallel()
	conn, err := surrealsql.Driver{}.Open(surrealtest.DSN(t))
	require.NoError(t, err)
	defer func() { require.NoError(t, conn.Close()) }()

	tx, err := conn.Begin() //lint:ignore SA1019 it must work all the same
	require.NoError(t, err)
	require.NoError(t, tx.Rollback())
	stmt, err := conn.Prepare("RETURN 1")
	require.NoError(t, err)
	_, err = stmt.Exec(nil) //lint:ignore SA1019 it must say what to use
	require.ErrorContains(t, err, "context")
	_, err = stmt.Query(nil) //lint:ignore SA1019 it must say what to use
	require.ErrorContains(t, err, "context")
	require.NoError(t, conn.(driver.Pinger).Ping(context.Background()))
}

func TestConnPingAsksTheServer(t *testing.T) {
	t.Parallel()
	dsn := surrealtest.DSN(t)
	proxy := surrealtest.NewProxy(t, drivertest.HostOf(t, dsn))
	db := drivertest.OpenDB(t, proxy.DSN(dsn))
	require.NoError(t, db.PingContext(t.Context()))
	before := proxy.Stats()
	require.NoError(t, db.PingContext(t.Context()))
	require.Greater(t, proxy.Stats().BytesToServer, before.BytesToServer)
}

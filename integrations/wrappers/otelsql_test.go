package wrappers

import (
	"database/sql"
	"testing"

	"github.com/XSAM/otelsql"
	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// How a database is opened through otelsql.

// openOtelsql opens a Config through otelsql. For a DSN there are otelsql.Open and
// otelsql.Register.
func openOtelsql(cfg *surrealsql.Config, opts ...otelsql.Option) (*sql.DB, error) {
	connector, err := surrealsql.NewConnector(cfg)
	if err != nil {
		return nil, err
	}
	return otelsql.OpenDB(connector, opts...), nil
}

func TestOtelsqlOpensAConnector(t *testing.T) {
	t.Parallel()
	cfg, err := surrealsql.ParseDSN(surrealtest.DSN(t))
	require.NoError(t, err)
	db, err := openOtelsql(cfg)
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	n, err := surrealsql.One[int](t.Context(), db, "RETURN 1 + 1")
	require.NoError(t, err)
	require.Equal(t, 2, n)

	tx, err := db.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	_, err = tx.ExecContext(t.Context(), `CREATE person:ada`)
	require.NoError(t, err)
	require.NoError(t, tx.Commit())
}

func TestOtelsqlRegistersTheDriver(t *testing.T) {
	t.Parallel()
	name, err := otelsql.Register(surrealsql.DriverName) // opens an empty DSN to get at the driver
	require.NoError(t, err)
	db, err := sql.Open(name, surrealtest.DSN(t))
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	require.NoError(t, db.PingContext(t.Context()))
}

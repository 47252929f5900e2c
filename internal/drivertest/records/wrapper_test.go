package records

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// Records through what wraps the driver.

// wrapper is a connector whose connections and rows show of the driver's what the interfaces of
// Go 1.8 have, as wrappers for traces do.
type wrapper struct {
	driver.Connector
	context func(context.Context) context.Context // that a call goes on with
	text    func(string) string
	ahead   bool // rows are read one ahead
}

func (w *wrapper) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := w.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return &wrappedConn{conn, w}, nil
}

type wrappedConn struct {
	driver.Conn
	by *wrapper
}

func (c *wrappedConn) CheckNamedValue(v *driver.NamedValue) error {
	return c.Conn.(driver.NamedValueChecker).CheckNamedValue(v)
}

func (c *wrappedConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	if c.by.context != nil {
		ctx = c.by.context(ctx)
	}
	if c.by.text != nil {
		query = c.by.text(query)
	}
	rows, err := c.Conn.(driver.QueryerContext).QueryContext(ctx, query, args)
	if err != nil {
		return nil, err
	}
	if c.by.ahead {
		dest := make([]driver.Value, len(rows.Columns()))
		if err := rows.Next(dest); err != nil {
			return nil, err
		}
	}
	return plainRows{rows}, nil
}

// plainRows hides what rows have since Go 1.8.
type plainRows struct{ driver.Rows }

func wrapped(t *testing.T, w *wrapper) *sql.DB {
	t.Helper()
	cfg, err := surrealsql.ParseDSN(surrealtest.DSN(t))
	require.NoError(t, err)
	w.Connector, err = surrealsql.NewConnector(cfg)
	require.NoError(t, err)
	db := sql.OpenDB(w)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}

func TestRecordsAreReadThroughWrappers(t *testing.T) {
	t.Parallel()
	type traceKey struct{}
	for name, w := range map[string]*wrapper{
		"that pass the call on":       {},
		"with a context of their own": {context: func(ctx context.Context) context.Context { return context.WithValue(ctx, traceKey{}, 1) }},
		"that add a comment":          {text: func(text string) string { return "/* trace 1 */ " + text }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := wrapped(t, w)
			got, err := surrealsql.All[team](t.Context(), db, "SELECT * FROM [{ id: team:a, Name: $1 }, { id: team:b, Name: 'B' }]", "A")
			require.NoError(t, err)
			require.Equal(t, []team{{"team:a", "A"}, {"team:b", "B"}}, got)
		})
	}
}

func TestRecordsAreRefusedWhereTheDriverIsNotAskedForThem(t *testing.T) {
	t.Parallel()
	for name, w := range map[string]*wrapper{
		"another context": {context: func(context.Context) context.Context { return context.Background() }},
		"another text":    {text: func(string) string { return "RETURN 2" }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := wrapped(t, w)
			_, err := surrealsql.One[int](t.Context(), db, "RETURN 1")
			require.ErrorContains(t, err, "the rows are not read as records")
			require.Zero(t, db.Stats().InUse)
		})
	}
	db := wrapped(t, &wrapper{ahead: true})
	_, err := surrealsql.All[int](t.Context(), db, "SELECT VALUE n FROM [{ n: 1 }, { n: 2 }]")
	require.ErrorContains(t, err, "reads rows before they are asked for")
}

// A hook that asks something else with the call's context gets rows as ever.
func TestHookThatIsGivenTheContextGetsRowsAsEver(t *testing.T) {
	t.Parallel()
	var db *sql.DB
	hook := func(ctx context.Context) context.Context {
		if ctx.Value(asked{}) != nil {
			return ctx
		}
		var n int
		require.NoError(t, db.QueryRowContext(context.WithValue(ctx, asked{}, true), "SELECT VALUE n FROM ONLY { n: 5 }").Scan(&n))
		require.Equal(t, 5, n)
		return ctx
	}
	db = wrapped(t, &wrapper{context: hook})
	got, err := surrealsql.One[int](t.Context(), db, "RETURN 1")
	require.NoError(t, err)
	require.Equal(t, 1, got)
}

type asked struct{}

package live

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/drivertest"
	"github.com/surrealsql/surrealsql/internal/scripted"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// LiveQuery: typed changes, and live queries that outlive their connection.

type person struct {
	ID   surrealsql.RecordID `surreal:"id"`
	Name string              `surreal:"name"`
	Tags []string            `surreal:"tags"`
}

// patch is one of LIVE SELECT DIFF.
type patch struct {
	Op    string `surreal:"op"`
	Path  string `surreal:"path"`
	Value any    `surreal:"value"`
}

// changes runs a live query, and a change each time it has begun, until it has given so many.
func changes[T any](t *testing.T, db *sql.DB, n int, change, text string, args ...any) (got []surrealsql.Notification[T]) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for n1, err := range surrealsql.LiveQuery[T](ctx, db, text, args...) {
		require.NoError(t, err)
		if n1.Action == surrealsql.ActionBegun {
			require.Empty(t, got)
			drivertest.MustExec(t, db, change)
			continue
		}
		if got = append(got, n1); len(got) == n {
			break
		}
	}
	require.Len(t, got, n)
	return got
}

func TestLiveQueryGivesTypedChanges(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	drivertest.MustExec(t, db, `DEFINE TABLE person`)
	const change = `CREATE person:a SET name = 'Ann', tags = ['x', 'y'], other = 1`
	ann := person{"person:a", "Ann", []string{"x", "y"}}
	got := changes[person](t, db, 1, change, `LIVE SELECT * FROM person WHERE name = $1`, "Ann")
	require.Equal(t, surrealsql.Notification[person]{Action: surrealsql.ActionCreate, ID: "person:a", Record: ann}, got[0])

	deleted := changes[*person](t, db, 1, `DELETE person`, `LIVE SELECT name, id, tags FROM person`)
	require.Equal(t, surrealsql.Notification[*person]{Action: surrealsql.ActionDelete, ID: "person:a", Record: &ann}, deleted[0])

	objects := changes[map[string]any](t, db, 1, change, `LIVE SELECT name, tags FROM person`)
	require.Equal(t, map[string]any{"name": "Ann", "tags": []any{"x", "y"}}, objects[0].Record)

	names := changes[string](t, db, 1, `UPDATE person SET name = 'Bob'`, `LIVE SELECT VALUE name FROM person`)
	require.Equal(t, "Bob", names[0].Record)
	anything := changes[any](t, db, 1, `UPDATE person SET name = 'Eve'`, `LIVE SELECT name FROM person`)
	require.Equal(t, map[string]any{"name": "Eve"}, anything[0].Record)
	patches := changes[[]patch](t, db, 1, `UPDATE person SET other = 7`, `LIVE SELECT DIFF FROM person`)
	require.Equal(t, []patch{{"replace", "/other", int64(7)}}, patches[0].Record)
	drivertest.RequireGood(t, db)
	require.Empty(t, liveQueriesOf(t, db, "person"), "the loop has killed each")
}

func TestLiveQueryEndsWithAnErrorOrTheTable(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	drivertest.MustExec(t, db, `DEFINE TABLE person`)
	last := func(ctx context.Context, text string, begun func()) (last error) {
		for n, err := range surrealsql.LiveQuery[person](ctx, db, text) {
			require.NoError(t, last, "an error is the last")
			if last = err; n.Action == surrealsql.ActionBegun {
				begun()
			}
		}
		return last
	}
	never := func() { t.Error("it has begun") }
	patient, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for _, ctx := range []context.Context{patient, surrealsql.WithReconnect(patient, surrealsql.Retry{Attempts: -1})} {
		require.True(t, surrealsql.IsParse(last(ctx, `LIVE SELECT * FORM person`, never)))
		require.ErrorContains(t, last(ctx, `LIVE SELECT * FROM person:1`, never), "Cannot execute LIVE")

		ending, cancel := context.WithCancel(ctx)
		require.ErrorIs(t, last(ending, `LIVE SELECT * FROM person`, cancel), context.Canceled)
		require.NoError(t, last(ctx, `LIVE SELECT * FROM person`, func() { drivertest.MustExec(t, db, `REMOVE TABLE person; DEFINE TABLE person`) }))
		err := last(ctx, `LIVE SELECT name FROM person`, func() { drivertest.MustExec(t, db, `CREATE person SET name = { first: 1 }`) })
		require.ErrorContains(t, err, "storing into a live.person")
	}
	_, err := surrealsql.All[person](t.Context(), db, `LIVE SELECT * FROM person`)
	require.ErrorContains(t, err, "call LiveQuery")
	drivertest.RequireGood(t, db)
}

// cutOff ends the context of a live query before its connection is found to be lost.
type cutOff struct {
	*sql.DB
	end context.CancelFunc
}

func (c cutOff) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	defer c.end()
	return nil, &surrealsql.ConnError{Err: io.ErrUnexpectedEOF}
}

func TestLiveQueryWhoseContextHasEndedSaysSoThoughItsConnectionIsLost(t *testing.T) {
	t.Parallel()
	why := errors.New("enough")
	for _, reconnect := range []bool{false, true} {
		ctx, cancel := context.WithCancelCause(t.Context())
		if reconnect {
			ctx = surrealsql.WithReconnect(ctx, surrealsql.Retry{Attempts: -1})
		}
		for _, err := range surrealsql.LiveQuery[any](ctx, cutOff{end: func() { cancel(why) }}, `LIVE SELECT * FROM person`) {
			require.ErrorIs(t, err, context.Canceled)
			require.ErrorIs(t, err, why)
		}
	}
	dsn := surrealtest.DSN(t)
	drivertest.MustExec(t, drivertest.OpenDB(t, dsn), `DEFINE TABLE person`)
	conn := drivertest.Connect(t, dsn)
	ctx, cancel := context.WithCancel(t.Context())
	rows, err := conn.QueryContext(ctx, `LIVE SELECT * FROM person`, nil)
	require.NoError(t, err)
	given, giveUp := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer giveUp()
	_, err = conn.ExecContext(surrealsql.WithStream(given, surrealsql.StreamNever), `SLEEP 1s`, nil) // costs the connection
	require.Error(t, err)
	cancel()
	require.ErrorIs(t, rows.Next(make([]driver.Value, 3)), context.Canceled)
	require.NoError(t, rows.Close())
}

func TestLiveQueryIsResumedWhereItWasLost(t *testing.T) {
	t.Parallel()
	db, proxy := drivertest.Proxied(t)
	drivertest.MustExec(t, db, `DEFINE TABLE person`)
	var retries atomic.Int32
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	ctx = surrealsql.WithReconnect(ctx, surrealsql.Retry{Attempts: -1, OnRetry: func(context.Context, surrealsql.Attempt) { retries.Add(1) }})
	var got []surrealsql.Action
	for n, err := range surrealsql.LiveQuery[person](ctx, db, `LIVE SELECT * FROM person`) {
		require.NoError(t, err)
		switch got = append(got, n.Action); n.Action {
		case surrealsql.ActionBegun, surrealsql.ActionResumed:
			drivertest.MustExec(t, db, `CREATE person`)
		case surrealsql.ActionCreate:
			proxy.CutAll(surrealtest.CutRST)
		}
		if len(got) == 6 {
			break
		}
	}
	require.Equal(t, []surrealsql.Action{"BEGUN", "CREATE", "RESUMED", "CREATE", "RESUMED", "CREATE"}, got)
	require.GreaterOrEqual(t, int(retries.Load()), 2)
	drivertest.RequireGood(t, db)
}

func TestLiveQueryIsResumedWhereItsReaderLetItsSessionExpire(t *testing.T) {
	t.Parallel()
	dsn, db, _ := drivertest.NewDBWithUsers(t)
	drivertest.MustExec(t, db, `DEFINE TABLE person PERMISSIONS FULL;
		DEFINE ACCESS OVERWRITE account ON DATABASE TYPE RECORD
			SIGNIN (SELECT * FROM user WHERE name = $user AND crypto::argon2::compare(pass, $pass))
			DURATION FOR SESSION 2s`)
	user := drivertest.OpenDB(t, dsn, drivertest.As(surrealsql.AuthRecord, "Tobie", "rec-pass"), func(c *surrealsql.Config) { c.Access = "account" })
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var got []surrealsql.Action
	for n, err := range surrealsql.LiveQuery[person](surrealsql.WithReconnect(ctx, surrealsql.Retry{}), user, `LIVE SELECT * FROM person`) {
		require.NoError(t, err)
		got = append(got, n.Action)
		switch n.Action {
		case surrealsql.ActionBegun:
			time.Sleep(4 * time.Second) // meanwhile nobody renews it
		case surrealsql.ActionResumed:
			drivertest.MustExec(t, db, `CREATE person`)
		}
		if n.Action == surrealsql.ActionCreate {
			break
		}
	}
	require.Equal(t, []surrealsql.Action{"BEGUN", "RESUMED", "CREATE"}, got)
}

func TestLiveQueryIsResumedAsOftenAsItsSessionEndsThoughNothingChanges(t *testing.T) {
	t.Parallel()
	admin, cfg := briefUsers(t)
	drivertest.MustExec(t, admin, `DEFINE USER OVERWRITE brief ON DATABASE PASSWORD 'brief-pass' ROLES EDITOR DURATION FOR SESSION 1s`)
	db := drivertest.OpenDB(t, cfg.FormatDSN(), func(c *surrealsql.Config) { c.NoTokenReuse = true })
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var got []surrealsql.Action
	for n, err := range surrealsql.LiveQuery[any](surrealsql.WithReconnect(ctx, surrealsql.Retry{Attempts: 2}), db, `LIVE SELECT * FROM person`) {
		require.NoError(t, err)
		if got = append(got, n.Action); len(got) == 4 {
			break
		}
	}
	require.Equal(t, []surrealsql.Action{"BEGUN", "RESUMED", "RESUMED", "RESUMED"}, got)
}

func TestLiveQueryGivesUpAsItsRetrySays(t *testing.T) {
	t.Parallel()
	srv := liveServer(t, func(c *scripted.Conn) { c.Reset() })
	db := drivertest.OpenDB(t, srv.DSN())
	ctx := surrealsql.WithReconnect(patiently(t), surrealsql.Retry{Attempts: 4, Pause: time.Millisecond})
	var got []surrealsql.Action
	var last error
	for n, err := range surrealsql.LiveQuery[any](ctx, db, `LIVE SELECT * FROM t`) {
		if last = err; err == nil {
			got = append(got, n.Action)
		}
	}
	require.ErrorContains(t, last, "given up after 4 attempts")
	require.Equal(t, []surrealsql.Action{"BEGUN", "RESUMED", "RESUMED", "RESUMED"}, got)
}

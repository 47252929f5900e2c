package live

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/drivertest"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// How live queries end, and what a leased connection does beside them, on a real server.

func TestLiveConnectionThatIsLostIsAnError(t *testing.T) {
	t.Parallel()
	db, proxy := drivertest.Proxied(t)
	drivertest.MustExec(t, db, `DEFINE TABLE person`)
	rows := follow(t, db, `LIVE SELECT * FROM person`)
	drivertest.MustExec(t, db, `CREATE person:1`)
	next(t, rows)
	time.AfterFunc(20*time.Millisecond, func() { proxy.CutAll(surrealtest.CutRST) })
	require.False(t, rows.Next())
	require.True(t, surrealsql.IsConnectivity(rows.Err()), "%v", rows.Err())
	require.ErrorContains(t, rows.Err(), "changes from here on are not seen")
	require.NoError(t, rows.Close())
	drivertest.RequireGood(t, db)
}

func TestLiveRowsAreServedBesideOtherQueriesOfTheirConnection(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	drivertest.MustExec(t, db, `DEFINE TABLE person; DEFINE TABLE pet; FOR $i IN 0..5000 { CREATE number }`)
	conn := drivertest.Lease(t, db)
	people := follow(t, conn, `LIVE SELECT VALUE n FROM person`)
	pets := follow(t, conn, `LIVE SELECT * FROM pet`)
	many, err := conn.QueryContext(t.Context(), `SELECT id FROM number`)
	require.NoError(t, err)
	defer many.Close()
	require.True(t, many.Next())
	for n := range 5 {
		drivertest.MustExec(t, conn, `CREATE person:[$1] SET n = $1`, n)
		drivertest.MustExec(t, db, `CREATE pet`)
	}
	var records []any // the server may swap what follows within a millisecond
	for range 5 {
		_, _, record := next(t, people)
		records = append(records, record)
		require.Equal(t, 42, drivertest.QueryOne[int](t, conn, `RETURN 42`))
		action, _, _ := next(t, pets)
		require.Equal(t, "CREATE", action)
	}
	require.ElementsMatch(t, []any{int64(0), int64(1), int64(2), int64(3), int64(4)}, records)
	left := 1
	for many.Next() {
		left++
	}
	require.NoError(t, many.Err())
	require.Equal(t, 5000, left)
	require.NoError(t, pets.Close())
	drivertest.MustExec(t, conn, `CREATE person:x SET n = 7`)
	_, id, _ := next(t, people)
	require.Equal(t, "person:x", id)
}

func TestLiveQueryEndsWhenSomebodyElseSignsIn(t *testing.T) {
	t.Parallel()
	_, db, root := drivertest.NewDBWithUsers(t)
	drivertest.MustExec(t, db, `DEFINE TABLE person`)
	conn := drivertest.Lease(t, db)
	rows := follow(t, conn, `LIVE SELECT * FROM person`)
	drivertest.Raw(t, conn, func(c *surrealsql.Conn) error {
		return c.SignIn(t.Context(), surrealsql.Credentials{User: root, Password: "root-pass"})
	})
	require.False(t, rows.Next())
	require.ErrorContains(t, rows.Err(), "signin was called on its connection")
	require.NoError(t, rows.Close())
	drivertest.RequireGood(t, conn)
}

func TestLiveQueryOfASessionThatEndsWithItsTokenKnowsIt(t *testing.T) {
	t.Parallel()
	surrealtest.Needs(t, "4")
	dsn, db, _ := drivertest.NewDBWithUsers(t)
	drivertest.MustExec(t, db, `DEFINE TABLE person PERMISSIONS FULL`)
	token := drivertest.APIToken(t, db, 4*time.Second)
	user := drivertest.OpenDB(t, dsn, func(c *surrealsql.Config) {
		c.User, c.Password, c.Auth, c.Token = "", "", surrealsql.AuthToken, token
	})
	rows := follow(t, user, `LIVE SELECT * FROM person`)
	require.False(t, rows.Next())
	require.ErrorIs(t, rows.Err(), surrealsql.ErrExpired)
}

func TestLiveReadingIsWhatReadOnlyConnectionsMayDo(t *testing.T) {
	t.Parallel()
	dsn := surrealtest.DSN(t)
	db := drivertest.OpenDB(t, dsn)
	drivertest.MustExec(t, db, `DEFINE TABLE person`)
	reader := drivertest.OpenDB(t, dsn, func(c *surrealsql.Config) { c.ReadOnly = true })
	rows := follow(t, reader, `LIVE SELECT * FROM person`)
	drivertest.MustExec(t, db, `CREATE person:1`)
	next(t, rows)
	require.ErrorIs(t, drivertest.Scan(t.Context(), reader, `LIVE SELECT * FROM person WHERE (CREATE person)`), surrealsql.ErrReadOnly)
}

// 3.3 closes the connection of a reader that lets more than 100 messages wait.
func TestLiveReaderThatIsTooSlowIsToldSo(t *testing.T) {
	t.Parallel()
	surrealtest.Needs(t, "3.3")
	db := drivertest.NewDB(t)
	drivertest.MustExec(t, db, `DEFINE TABLE person`)
	ctx, cancel := context.WithTimeout(t.Context(), 2*patience)
	defer cancel()
	rows, err := db.QueryContext(ctx, `LIVE SELECT * FROM person`)
	require.NoError(t, err)
	defer rows.Close()
	for range 30 { // some 60 MB, which no socket holds
		drivertest.MustExec(t, db, `FOR $i IN 0..200 { CREATE person SET text = string::repeat('x', 10000) }`)
	}
	n := 0
	for rows.Next() {
		n++
	}
	require.ErrorIs(t, rows.Err(), surrealsql.ErrLagging)
	require.ErrorContains(t, rows.Err(), "SURREAL_WEBSOCKET_RESPONSE_CHANNEL_SIZE")
	require.Less(t, n, 6000)
	require.NoError(t, rows.Close())
}

package queries

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/drivertest"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// Requests larger than the server takes are refused, or their limit is named.

func TestRequestLargerThanTheServerTakesIsRefusedBeforeItIsSent(t *testing.T) {
	t.Parallel()
	db, proxy := drivertest.Proxied(t, func(c *surrealsql.Config) { c.MaxRequestSize = 64 << 10 })
	drivertest.Solo(db)
	long := strings.Repeat("x", 64<<10)
	conn := drivertest.ConnOf(t, db)
	before := proxy.Stats().BytesToServer
	requireTooLarge := func(err error) {
		t.Helper()
		require.ErrorIs(t, err, surrealsql.ErrRequestTooLarge)
		for _, says := range []string{"the request has 6", "the limit is 65536", "max_request_size", "SURREAL_WEBSOCKET_MAX_MESSAGE_SIZE"} {
			require.ErrorContains(t, err, says)
		}
		require.NotErrorIs(t, err, surrealsql.ErrOutcomeUnknown)
		require.False(t, surrealsql.IsConnectivity(err))
		require.False(t, surrealsql.IsRetryable(err))
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	requireTooLarge(drivertest.Exec(ctx, db, `CREATE t SET v = $1`, long))
	requireTooLarge(drivertest.Scan(ctx, db, `SELECT * FROM t WHERE v = $v`, sql.Named("v", long)))
	requireTooLarge(drivertest.Scan(ctx, db, `RETURN '`+long+`'`))
	drivertest.Leased(t, db, func(c *surrealsql.Conn) error {
		requireTooLarge(c.Let(ctx, "v", long))
		requireTooLarge(c.Use(ctx, long, "db"))
		requireTooLarge(c.SignIn(ctx, surrealsql.Credentials{User: "root", Password: long}))
		return nil
	})
	require.Less(t, proxy.Stats().BytesToServer-before, int64(4<<10), "a reset at most")
	require.Equal(t, conn, drivertest.ConnOf(t, db), "the connection is as good as before")

	tx, err := db.BeginTx(ctx, nil)
	require.NoError(t, err)
	drivertest.MustExec(t, tx, `CREATE t:1`)
	requireTooLarge(drivertest.Exec(ctx, tx, `CREATE t SET v = $1`, long))
	require.NoError(t, tx.Commit(), "nothing of it has run")
	require.Equal(t, 1, drivertest.QueryOne[int](t, db, `RETURN count(SELECT * FROM t)`))

	// What just fits goes through.
	require.Equal(t, 63<<10, drivertest.QueryOne[int](t, db, `RETURN string::len($1)`, long[:63<<10]))
}

func TestRequestLargerThanTheServerTakesWhileConnectingSaysSo(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 64<<10)
	for name, set := range map[string]func(*surrealsql.Config){
		"Variables": func(c *surrealsql.Config) { c.Variables = map[string]any{"v": long} },
		"Schema":    func(c *surrealsql.Config) { c.Schema = "RETURN '" + long + "'" },
		"Init":      func(c *surrealsql.Config) { c.Init = []string{"RETURN '" + long + "'"} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db, _ := drivertest.Proxied(t, set, func(c *surrealsql.Config) { c.MaxRequestSize = 16 << 10 })
			err := db.PingContext(t.Context())
			require.ErrorIs(t, err, surrealsql.ErrRequestTooLarge)
			require.False(t, errors.Is(err, surrealsql.ErrOutcomeUnknown))
		})
	}
}

// A server may be set to less than the driver knows: it cuts the connection off and
// gives no reason.
func TestRequestThatIsLargeHasItsCutOffNameTheLimit(t *testing.T) {
	t.Parallel()
	for size, says := range map[int]string{64 << 10: "set max_request_size to the same", 1 << 10: "the outcome is unknown"} {
		db, proxy := drivertest.Proxied(t)
		drivertest.RequireGood(t, db)
		before := proxy.Stats().BytesToServer
		failed := make(chan error, 1)
		go func() { failed <- drivertest.Exec(t.Context(), db, `SLEEP 1m -- `+strings.Repeat("x", size)) }()
		require.Eventually(t, func() bool { return proxy.Stats().BytesToServer-before > int64(size) }, 10*time.Second, time.Millisecond)
		proxy.CutAll(surrealtest.CutRST)
		err := <-failed
		require.ErrorContains(t, err, says)
		require.Equal(t, size >= 64<<10, strings.Contains(err.Error(), "SURREAL_WEBSOCKET_MAX_MESSAGE_SIZE"), "%v", err)
		require.ErrorIs(t, err, surrealsql.ErrOutcomeUnknown)
		require.True(t, surrealsql.IsConnectivity(err))
	}
}

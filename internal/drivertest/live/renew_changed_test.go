package live

import (
	"context"
	"database/sql"
	"errors"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/drivertest"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// Live queries at the end of their sessions, where something else has changed meanwhile, or
// stands in the way.

func TestLiveQueryOfASessionThatWasChangedEndsWithIt(t *testing.T) {
	t.Parallel()
	_, home, _ := briefly(t)
	conn := drivertest.Lease(t, home)
	drivertest.Raw(t, conn, func(c *surrealsql.Conn) error { return c.Let(t.Context(), "which", 1) })
	rows := follow(t, conn, `LIVE SELECT * FROM person WHERE n = $which`)
	drivertest.Raw(t, conn, func(c *surrealsql.Conn) error { return c.Let(t.Context(), "which", 2) })
	require.False(t, rows.Next())
	require.ErrorIs(t, rows.Err(), surrealsql.ErrExpired)
}

func TestLiveQueryThatIsRegisteredAnewHasTheArgumentsOfItsBeginning(t *testing.T) {
	t.Parallel()
	admin, home, shared := briefly(t)
	for table, db := range map[string]*sql.DB{"one": home, "two": shared} {
		t.Run(table, func(t *testing.T) {
			t.Parallel()
			wanted := []int{1}
			rows := follow(t, db, `LIVE SELECT * FROM `+table+` WHERE n IN $1`, wanted)
			wanted[0] = 2
			first := liveQueriesOf(t, admin, table)
			require.Len(t, first, 1)
			told := make(chan string, 1)
			go func() {
				defer close(told)
				if rows.Next() {
					_, id, _ := scan(t, rows)
					told <- id
				}
			}()
			require.Eventually(t, func() bool {
				now := liveQueriesOf(t, admin, table)
				for id := range first {
					delete(now, id)
				}
				return len(now) == 1
			}, patience, 10*time.Millisecond)
			drivertest.MustExec(t, admin, `CREATE type::record($1, 'b') SET n = 2`, table)
			drivertest.MustExec(t, admin, `CREATE type::record($1, 'a') SET n = 1`, table)
			require.Equal(t, table+":a", drivertest.Receive(t, told, "a change"))
		})
	}
}

// tunnel is a transport without deadlines, as golang.org/x/crypto/ssh makes.
type tunnel struct{ net.Conn }

var errNoDeadlines = errors.New("no deadlines")

func (tunnel) SetDeadline(time.Time) error      { return errNoDeadlines }
func (tunnel) SetReadDeadline(time.Time) error  { return errNoDeadlines }
func (tunnel) SetWriteDeadline(time.Time) error { return errNoDeadlines }

func TestLiveQueryWhoseWaitingCannotBeInterruptedEndsWithItsSession(t *testing.T) {
	t.Parallel()
	_, home, _ := briefly(t, func(cfg *surrealsql.Config) {
		cfg.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
			nc, err := new(net.Dialer).DialContext(ctx, network, addr)
			return tunnel{nc}, err
		}
	})
	began := time.Now()
	rows := follow(t, home, `LIVE SELECT * FROM person`)
	require.False(t, rows.Next())
	require.ErrorIs(t, rows.Err(), surrealsql.ErrExpired)
	require.GreaterOrEqual(t, time.Since(began), 5*time.Second)
	require.True(t, surrealsql.IsConnectivity(rows.Err()))
}

// endingWith ends a context as soon as a live query is to be killed.
type endingWith struct{ cancel context.CancelFunc }

func (e endingWith) QueryStart(ctx context.Context, start surrealsql.QueryStart) context.Context {
	if start.Query == "kill" {
		e.cancel()
	}
	return ctx
}

func (endingWith) QueryEnd(context.Context, surrealsql.QueryEnd) {}

func TestLiveQueryWhoseContextEndsWithItsRenewalLeavesNoneBehind(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	admin, home, _ := briefly(t, func(cfg *surrealsql.Config) { cfg.Tracer = endingWith{cancel} })
	conn := drivertest.Lease(t, home)
	rows, err := conn.QueryContext(ctx, `LIVE SELECT * FROM person`)
	require.NoError(t, err)
	require.False(t, rows.Next())
	require.ErrorIs(t, rows.Err(), context.Canceled)
	require.NoError(t, rows.Close())
	drivertest.RequireGood(t, conn)
	require.Empty(t, liveQueriesOf(t, admin, "person"))
}

// A session that another user's takes the place of ends its live queries, and the server does not
// say so (3.3.5, 4.0.0-beta.1).
func TestLiveQueryThatTheRenewalOfItsSessionHasEndedSaysSo(t *testing.T) {
	t.Parallel()
	surrealtest.Needs(t, "3.3") // which knows CONTEXT
	dsn, admin, _ := drivertest.NewDBWithUsers(t)
	drivertest.MustExec(t, admin, `DEFINE TABLE person PERMISSIONS FULL; DEFINE TABLE visit PERMISSIONS FULL;
		DEFINE ACCESS OVERWRITE account ON DATABASE TYPE RECORD
			SIGNIN (SELECT * FROM user WHERE name = $user AND crypto::argon2::compare(pass, $pass))
			CONTEXT (SELECT VALUE id FROM visit)
			DURATION FOR SESSION 6s`)
	home := drivertest.OpenDB(t, dsn, drivertest.As(surrealsql.AuthRecord, "Tobie", "rec-pass"), func(c *surrealsql.Config) { c.Access = "account" })
	rows := follow(t, home, `LIVE SELECT * FROM person`)
	drivertest.MustExec(t, admin, `CREATE visit:1`)
	require.False(t, rows.Next())
	require.ErrorIs(t, rows.Err(), surrealsql.ErrExpired)
	require.ErrorContains(t, rows.Err(), "CONTEXT")
}

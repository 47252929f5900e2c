package failures

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/drivertest"
	"github.com/surrealsql/surrealsql/internal/scripted"
)

// A connection that is lost in a lease says why at every later call of it.

var callsOfALease = map[string]func(context.Context, *sql.Conn) error{
	"Exec":  func(ctx context.Context, c *sql.Conn) error { return drivertest.Exec(ctx, c, `CREATE a`) },
	"Query": func(ctx context.Context, c *sql.Conn) error { return drivertest.Scan(ctx, c, `RETURN 1`) },
	"BeginTx": func(ctx context.Context, c *sql.Conn) error {
		_, err := c.BeginTx(ctx, nil)
		return err
	},
	"Prepare": func(ctx context.Context, c *sql.Conn) error {
		_, err := c.PrepareContext(ctx, `RETURN 1`)
		return err
	},
	"Let": func(ctx context.Context, c *sql.Conn) error {
		return c.Raw(func(c any) error { return c.(*surrealsql.Conn).Let(ctx, "x", 1) })
	},
}

// database/sql takes another connection at driver.ErrBadConn, but not for one that is
// leased.
func TestConnThatIsLostInALeaseSaysWhy(t *testing.T) {
	t.Parallel()
	for name, call := range callsOfALease {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := dropping(t, 0, func(c *scripted.Conn) { c.Request(); c.Reset() })
			conn := drivertest.Lease(t, drivertest.OpenDB(t, srv.DSN()))
			first := drivertest.Exec(t.Context(), conn, `UPDATE a`)
			require.ErrorIs(t, first, surrealsql.ErrOutcomeUnknown)
			var cause, lost *surrealsql.ConnError
			require.ErrorAs(t, first, &cause)

			err := call(t.Context(), conn)
			require.ErrorIs(t, err, driver.ErrBadConn)
			require.ErrorAs(t, err, &lost)
			require.Equal(t, srv.Addr(), lost.Addr)
			require.ErrorIs(t, err, cause.Err)
			require.ErrorContains(t, err, cause.Err.Error())
			require.ErrorContains(t, err, "nothing was sent")
			require.NotErrorIs(t, err, surrealsql.ErrOutcomeUnknown)
			require.True(t, surrealsql.IsConnectivity(err), "%v", err)
			require.True(t, surrealsql.IsRetryable(err), "%v", err)
			require.Len(t, srv.Queries(), 1)
		})
	}
}

// A call whose own context is alive has not timed out, nor was it cancelled.
func TestConnThatIsLostByAnEarlierContextDoesNotBlameTheLaterOne(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		end  func(context.Context) (context.Context, context.CancelFunc)
		want error
	}{
		"deadline": {func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithTimeout(ctx, 50*time.Millisecond)
		}, context.DeadlineExceeded},
		"cancel": {func(ctx context.Context) (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancel(ctx)
			time.AfterFunc(50*time.Millisecond, cancel)
			return ctx, cancel
		}, context.Canceled},
	} {
		for _, inTx := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				srv := scripted.New(t, func(c *scripted.Conn) {
					c.Serve(func(r scripted.Request) {
						if r.Method != "query" {
							c.Answer(r)
						}
					})
				})
				conn := drivertest.Connect(t, srv.DSN())
				if inTx {
					_, err := conn.BeginTx(t.Context(), driver.TxOptions{})
					require.NoError(t, err)
				}
				ctx, cancel := c.end(t.Context())
				defer cancel()
				_, err := conn.ExecContext(ctx, `UPDATE a`, nil)
				require.ErrorIs(t, err, c.want)

				_, exec := conn.ExecContext(t.Context(), `UPDATE a`, nil)
				for _, err := range []error{exec, conn.Ping(t.Context())} {
					require.ErrorContains(t, err, c.want.Error())
					require.NotErrorIs(t, err, c.want)
					require.False(t, surrealsql.IsTimeout(err), "%v", err)
					require.True(t, surrealsql.IsRetryable(err), "%v", err)
				}
				require.Equal(t, !inTx, errors.Is(exec, driver.ErrBadConn), "%v", exec)
			})
		}
	}
}

// A server says "Method not allowed" for each alike.
func TestConnErrorNamesAMethodThatTheServerDenies(t *testing.T) {
	t.Parallel()
	for method, call := range map[string]func(context.Context, *surrealsql.Conn) error{
		"begin": func(ctx context.Context, c *surrealsql.Conn) error {
			_, err := c.BeginTx(ctx, driver.TxOptions{})
			return err
		},
		"commit": func(ctx context.Context, c *surrealsql.Conn) error {
			tx, err := c.BeginTx(ctx, driver.TxOptions{})
			require.NoError(t, err)
			return tx.Commit()
		},
		"cancel": func(ctx context.Context, c *surrealsql.Conn) error {
			tx, err := c.BeginTx(ctx, driver.TxOptions{})
			require.NoError(t, err)
			return tx.Rollback()
		},
		"query": func(ctx context.Context, c *surrealsql.Conn) error {
			_, err := c.ExecContext(ctx, `CREATE a`, nil)
			return err
		},
		"let":   func(ctx context.Context, c *surrealsql.Conn) error { return c.Let(ctx, "x", 1) },
		"unset": func(ctx context.Context, c *surrealsql.Conn) error { return c.Unset(ctx, "x") },
		"signin": func(ctx context.Context, c *surrealsql.Conn) error {
			return c.SignIn(ctx, surrealsql.Credentials{User: "root", Password: "root"})
		},
		"authenticate": func(ctx context.Context, c *surrealsql.Conn) error {
			return c.SignIn(ctx, surrealsql.Credentials{Token: "a.b.c"})
		},
	} {
		t.Run(method, func(t *testing.T) {
			t.Parallel()
			srv := scripted.New(t, func(c *scripted.Conn) {
				for {
					if r := c.Request(); r.Method == method {
						c.ReplyError(r.ID, -32602, "NotAllowed", "Method not allowed")
					} else {
						c.Answer(r)
					}
				}
			})
			cfg, err := surrealsql.ParseDSN(srv.DSN())
			require.NoError(t, err)
			cfg.Auth = surrealsql.AuthNone
			connector, err := surrealsql.NewConnector(cfg)
			require.NoError(t, err)
			conn, err := connector.Connect(t.Context())
			require.NoError(t, err)
			defer conn.Close()
			err = call(t.Context(), conn.(*surrealsql.Conn))
			require.ErrorContains(t, err, `Method not allowed; the server denies the RPC method "`+method+`"`)
			require.ErrorContains(t, err, "SURREAL_CAPS_DENY_RPC")
			require.NotContains(t, err.Error(), "auth=")
			require.False(t, surrealsql.IsRetryable(err), "%v", err)
		})
	}
}

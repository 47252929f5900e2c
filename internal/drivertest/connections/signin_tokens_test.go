package connections

import (
	"bytes"
	"database/sql"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/drivertest"
	"github.com/surrealsql/surrealsql/internal/scripted"
)

// Which tokens are used, and what becomes of a session that ends with its token, where
// servers are scripted.

func TestSignInIsLeftToThePasswordWhereNoTokenIsTaken(t *testing.T) {
	t.Parallel()
	const n = 6
	for name, c := range map[string]struct {
		gate
		tokens int // sign-ins with one
	}{
		"each is refused": {gate{takes: func(string) bool { return false }}, n - 1},
		"the method is denied": {gate{before: func(c *scripted.Conn, r scripted.Request) bool {
			if r.Method == "authenticate" {
				c.ReplyError(r.ID, -32602, "NotAllowed", "Method not allowed")
			}
			return r.Method == "authenticate"
		}}, 1},
		"none is a JWT": {gate{before: func(c *scripted.Conn, r scripted.Request) bool {
			if r.Method == "signin" {
				c.Reply(r.ID, scripted.Value("opaque"))
			}
			return r.Method == "signin"
		}}, 0},
		"it would end the session soon": {gate{version: "4.0.0", life: 5 * time.Minute}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			gated(t, &c.gate, func(t *testing.T, srv *scripted.Server, dial dialer) {
				for range n {
					requireAll(t, dialling(t.Context(), dial, 1), 1, 0)
				}
				require.Equal(t, [2]int{n, c.tokens}, [2]int{srv.Count("signin"), srv.Count("authenticate")})
			})
		})
	}
}

// Two clusters in one Config have tokens of their own, so that they need not be asked in vain
// each time.
func TestSignInRemembersThatHostsHaveDifferentKeys(t *testing.T) {
	t.Parallel()
	a, b := &gate{life: time.Hour}, &gate{life: 2 * time.Hour}
	a.takes = func(token string) bool {
		return len(token) == len(a.token(1)) && strings.HasPrefix(token, a.token(1)[:40])
	}
	b.takes = func(token string) bool { return !a.takes(token) }
	sa, sb := scripted.New(t, a.script), scripted.New(t, b.script)
	connector := connectorTo(t, sa, sb)
	for range 8 {
		conn, err := connector.Connect(t.Context())
		require.NoError(t, err)
		require.NoError(t, conn.Close())
	}
	require.Equal(t, 2, sa.Count("signin"), "once for both, once for itself")
	require.Equal(t, 1, sb.Count("signin"))
}

func connectorTo(t *testing.T, hosts ...*scripted.Server) *surrealsql.Connector {
	t.Helper()
	cfg, err := surrealsql.ParseDSN(hosts[0].DSN("load_balance=round_robin"))
	require.NoError(t, err)
	for _, h := range hosts[1:] {
		cfg.Hosts = append(cfg.Hosts, drivertest.HostOf(t, h.DSN()))
	}
	connector, err := surrealsql.NewConnector(cfg)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, connector.Close()) })
	return connector
}

// Since 4.0 a session ends with the token that it signed in with.
func TestSessionThatEndsWithItsTokenIsRenewedBeforeItIsUsed(t *testing.T) {
	t.Parallel()
	for version, ends := range map[string]bool{"3.3.5": false, "4.0.0": true} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			inBubble(t, (&gate{version: version}).script, []string{"health_check_interval=0"}, func(t *testing.T, srv *scripted.Server, db *sql.DB) {
				db.SetMaxIdleConns(3)
				requireSignIns := func(when string, password, token int) {
					t.Helper()
					if !ends {
						password, token = 1, 2
					}
					require.Equal(t, [2]int{password, token}, [2]int{srv.Count("signin"), srv.Count("authenticate")}, when)
				}
				leases := leaseAll(t, db, 1)
				leases = append(leases, leaseAll(t, db, 2)...)
				pass(29 * time.Minute)
				runTx(t, leases...)
				requireSignIns("half of the token's life is left", 1, 2)
				pass(2 * time.Minute)
				runTx(t, leases...)
				runTx(t, leases...)
				requireSignIns("before a transaction, one by the password, which nothing ends", 2, 3)
				for _, lease := range leases {
					require.NoError(t, lease.Close())
				}
				pass(31 * time.Minute)
				for range 2 {
					for _, lease := range leaseAll(t, db, 3) {
						require.NoError(t, lease.Close())
					}
					requireSignIns("before a lease, where it is left to a token", 3, 3)
				}
				require.Equal(t, 3, srv.Connections())
			})
		})
	}
}

// runTx runs a transaction on each.
func runTx(t *testing.T, conns ...*sql.Conn) {
	t.Helper()
	for _, conn := range conns {
		tx, err := conn.BeginTx(t.Context(), nil)
		require.NoError(t, err)
		drivertest.MustExec(t, tx, `CREATE a RETURN NONE`)
		require.NoError(t, tx.Commit())
	}
}

func TestSignInTellsNobodyOfItsSecrets(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	g := &gate{key: "signature", takes: func(string) bool { return false }}
	refusing := false
	g.before = func(c *scripted.Conn, r scripted.Request) bool {
		if refusing && r.Method == "signin" {
			refuse(c, r)
			return true
		}
		return false
	}
	gated(t, g, func(t *testing.T, srv *scripted.Server, dial dialer) {
		conn, err := dial(t.Context())
		require.NoError(t, err)
		refusing = true
		_, err = dial(t.Context())
		drivertest.RequireClasses(t, err, "auth")
		slog.New(slog.NewTextHandler(&log, nil)).Error("x", "conn", conn, "err", err)
		for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
			fmt.Fprintf(&log, verb+verb, conn, err)
		}
		for _, secret := range []string{g.token(1), "signature", secretID, "hunter2"} {
			require.NotContains(t, log.String(), secret)
		}
	}, func(c *surrealsql.Config) {
		c.Password = "hunter2"
		c.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
}

package connections

import (
	"context"
	"database/sql"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/drivertest"
	"github.com/surrealsql/surrealsql/pool"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// A password is checked once a Connector, on the real engine: which connections sign in by
// the token that it gave, and what they do when its user changes.

// leaseAll leases n connections, all at once.
func leaseAll(t *testing.T, db *sql.DB, n int) []*sql.Conn {
	t.Helper()
	leases, errs := make([]*sql.Conn, n), make([]error, n)
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { leases[i], errs[i] = db.Conn(t.Context()) })
	}
	all.Wait()
	for i := range n {
		require.NoError(t, errs[i])
		t.Cleanup(func() { _ = leases[i].Close() })
	}
	return leases
}

// requireSigned asserts how many sign-ins there were.
func requireSigned(t *testing.T, m *drivertest.Methods, password, token int) {
	t.Helper()
	gotPassword, gotToken := m.Signed()
	require.Equal(t, [2]int{password, token}, [2]int{gotPassword, gotToken}, "sign-ins with the password and with a token")
}

func serverVersion(t *testing.T, db *sql.DB) (version string) {
	t.Helper()
	drivertest.Raw(t, drivertest.Lease(t, db), func(c *surrealsql.Conn) error { version = c.ServerVersion(); return nil })
	return version
}

func TestPasswordIsSentOnceHoweverManyConnectionsAreMadeAtOnce(t *testing.T) {
	t.Parallel()
	dsn, _, root := drivertest.NewDBWithUsers(t)
	const n = 50
	for name, as := range map[string]func(*surrealsql.Config){
		"root":      drivertest.As(surrealsql.AuthRoot, root, "root-pass"),
		"namespace": drivertest.As(surrealsql.AuthNamespace, "n", "ns-pass"),
		"database":  drivertest.As(surrealsql.AuthDatabase, "d", "db-pass"),
		"a source": func(c *surrealsql.Config) {
			c.Auth, c.User, c.Password = surrealsql.AuthDatabase, "", ""
			c.CredentialSource = func(context.Context) (string, string, error) { return "d", "db-pass", nil }
		},
	} {
		t.Run(name, func(t *testing.T) {
			var sent drivertest.Methods
			db := drivertest.OpenDB(t, dsn, as, sent.Use)
			for _, lease := range leaseAll(t, db, n) {
				drivertest.MustExec(t, lease, `INFO FOR DB`)
			}
			requireSigned(t, &sent, 1, n-1)
		})
	}
}

func TestPasswordIsSentByEachConnectionWhereTokensAreNotReused(t *testing.T) {
	t.Parallel()
	var sent drivertest.Methods
	dsn := surrealtest.DSN(t)
	db := drivertest.OpenDB(t, dsn+"?reuse_token=false", sent.Use)
	leaseAll(t, db, 5)
	requireSigned(t, &sent, 5, 0)
}

func TestPasswordIsSentByEachConnectionOfARecordUser(t *testing.T) {
	t.Parallel()
	dsn, admin, _ := drivertest.NewDBWithUsers(t)
	drivertest.MustExec(t, admin, `CREATE visits:1 SET n = 0;
		DEFINE ACCESS counted ON DATABASE TYPE RECORD SIGNIN { UPDATE visits:1 SET n += 1; RETURN user:tobie }`)
	var sent drivertest.Methods
	db := drivertest.OpenDB(t, dsn, sent.Use, func(c *surrealsql.Config) { c.Auth, c.Access = surrealsql.AuthRecord, "counted" })
	for range 3 {
		drivertest.Lease(t, db)
	}
	requireSigned(t, &sent, 3, 0)
	require.Equal(t, 3, drivertest.QueryOne[int](t, admin, `RETURN visits:1.n`), "the SIGNIN clause ran for each")
}

func TestPasswordOfAnotherUserOrLevelIsSentOnceToo(t *testing.T) {
	t.Parallel()
	dsn, admin, _ := drivertest.NewDBWithUsers(t)
	drivertest.MustExec(t, admin, `DEFINE USER d ON NAMESPACE PASSWORD 'db-pass' ROLES VIEWER;
		DEFINE USER e ON DATABASE PASSWORD 'db-pass' ROLES VIEWER`)
	var sent drivertest.Methods
	var number atomic.Int64
	users := []func(*surrealsql.Config){
		drivertest.As(surrealsql.AuthDatabase, "d", "db-pass"),
		drivertest.As(surrealsql.AuthDatabase, "e", "db-pass"),
		drivertest.As(surrealsql.AuthNamespace, "d", "db-pass"),
	}
	db := drivertest.OpenDB(t, dsn, sent.Use, func(c *surrealsql.Config) {
		c.BeforeConnect = func(_ context.Context, c *surrealsql.Config) error {
			users[int(number.Add(1)-1)%len(users)](c)
			return nil
		}
	})
	for i := range 9 {
		const who = `RETURN [$token.ID, $token.DB != NONE]`
		got := drivertest.QueryOne[surrealsql.Value[[]any]](t, drivertest.Lease(t, db), who).V
		require.Equal(t, [][]any{{"d", true}, {"e", true}, {"d", false}}[i%3], got)
	}
	requireSigned(t, &sent, 3, 6)
}

func TestPasswordIsSentAgainBeforeItsTokenExpires(t *testing.T) {
	t.Parallel()
	dsn := surrealtest.DSN(t)
	admin := drivertest.OpenDB(t, dsn)
	const life = 4 * time.Second
	drivertest.MustExec(t, admin, `DEFINE USER brief ON DATABASE PASSWORD 'p' ROLES OWNER DURATION FOR TOKEN 4s`)
	var sent drivertest.Methods
	db := drivertest.OpenDB(t, dsn, sent.Use, drivertest.As(surrealsql.AuthDatabase, "brief", "p"))
	n, began := 0, time.Now()
	for ; time.Since(began) < life+life/2; time.Sleep(life / 20) {
		drivertest.RequireGood(t, drivertest.Lease(t, db))
		n++
	}
	password, token := sent.Signed()
	require.Equal(t, n, password+token, "no token was refused")
	if strings.HasPrefix(serverVersion(t, admin), "3.") {
		halves := int(time.Since(began) / (life / 2))
		require.GreaterOrEqual(t, password, 2)
		require.LessOrEqual(t, password, halves+1, "once in each half of a token's life")
	} else {
		require.Equal(t, n, password, "such a token would end the session (4.0.0-beta.1)")
	}
}

func TestSessionsMadeByATokenLastAsLongAsThoseMadeByAPassword(t *testing.T) {
	t.Parallel()
	_, short, _ := shortLived(t)
	short.SetMaxOpenConns(2)
	for range 2 {
		conn := drivertest.Lease(t, short)
		began := time.Now()
		require.NoError(t, expire(t, conn).Rollback())
		require.Greater(t, time.Since(began), 500*time.Millisecond) // the server counts in whole seconds
		require.Less(t, time.Since(began), 5*time.Second)
		drivertest.RequireGood(t, conn)
	}
}

// What a program that has the old password meets, after the user was changed.
func TestPasswordThatIsChangedByDefineUserLetsNobodyInByAnOldToken(t *testing.T) {
	t.Parallel()
	dsn, admin, _ := drivertest.NewDBWithUsers(t)
	var sent drivertest.Methods
	var password atomic.Value
	password.Store("db-pass")
	db := drivertest.PlainDB(t, dsn, sent.Use, func(c *surrealsql.Config) {
		c.Auth = surrealsql.AuthDatabase
		c.CredentialSource = func(context.Context) (string, string, error) { return "d", password.Load().(string), nil }
	})
	old := leaseAll(t, db, 3)
	requireSigned(t, &sent, 1, 2)
	drivertest.MustExec(t, admin, `DEFINE USER OVERWRITE d ON DATABASE PASSWORD 'rotated' ROLES VIEWER`)
	for range 2 {
		_, err := db.Conn(t.Context())
		drivertest.RequireClasses(t, err, "auth")
	}
	requireSigned(t, &sent, 3, 3) // the token was tried once more, the password each time
	drivertest.MustExec(t, old[0], `CREATE a`)

	password.Store("rotated")
	leases := leaseAll(t, db, 3)
	requireSigned(t, &sent, 4, 5)
	require.Error(t, drivertest.Exec(t.Context(), leases[2], `DEFINE TABLE b`), "as a viewer now")
}

// One password check for all the connections that find the token refused.
func TestPasswordIsSentOnceWhereTheTokenIsRefused(t *testing.T) {
	t.Parallel()
	dsn, admin, _ := drivertest.NewDBWithUsers(t)
	var sent drivertest.Methods
	db := drivertest.OpenDB(t, dsn, sent.Use, drivertest.As(surrealsql.AuthDatabase, "d", "db-pass"))
	drivertest.Lease(t, db)
	drivertest.MustExec(t, admin, `DEFINE USER OVERWRITE d ON DATABASE PASSWORD 'db-pass' ROLES VIEWER`)
	for _, lease := range leaseAll(t, db, 20) {
		require.Error(t, drivertest.Exec(t.Context(), lease, `DEFINE TABLE b`), "as a viewer now")
	}
	password, _ := sent.Signed()
	require.Equal(t, 2, password)
}

// ALTER USER (since 3.3; 3.0.2 has none) leaves the key with which tokens are signed.
func TestPasswordThatIsAlteredIsNeededOnceTheTokenIsRenewed(t *testing.T) {
	t.Parallel()
	dsn := surrealtest.DSN(t)
	admin := drivertest.OpenDB(t, dsn)
	version := serverVersion(t, admin)
	if strings.HasPrefix(version, "3.0.") {
		t.Skipf("needs ALTER USER, which SurrealDB %s has not", version)
	}
	drivertest.MustExec(t, admin, `DEFINE USER u ON DATABASE PASSWORD 'old' ROLES OWNER DURATION FOR TOKEN 8s`)
	db := drivertest.PlainDB(t, dsn, drivertest.As(surrealsql.AuthDatabase, "u", "old"))
	first := drivertest.Lease(t, db)
	drivertest.MustExec(t, admin, `ALTER USER u ON DATABASE PASSWORD 'new'`)
	if strings.HasPrefix(version, "3.") {
		drivertest.RequireGood(t, drivertest.Lease(t, db))
	}
	time.Sleep(4 * time.Second)
	for range 2 {
		_, err := db.Conn(t.Context())
		drivertest.RequireClasses(t, err, "auth")
	}
	drivertest.RequireGood(t, first)
}

func TestUserThatIsRemovedGetsNoConnectionByItsToken(t *testing.T) {
	t.Parallel()
	dsn, admin, _ := drivertest.NewDBWithUsers(t)
	db := drivertest.PlainDB(t, dsn, drivertest.As(surrealsql.AuthDatabase, "d", "db-pass"))
	drivertest.Lease(t, db)
	drivertest.MustExec(t, admin, `REMOVE USER d ON DATABASE`)
	for range 2 {
		_, err := db.Conn(t.Context())
		drivertest.RequireClasses(t, err, "auth")
		require.ErrorContains(t, err, `user "d"`, "it tells of the password, which decided")
	}
}

func TestPasswordIsSentOnceByAPoolAndByEachOfItsReplicas(t *testing.T) {
	t.Parallel()
	dsn := surrealtest.DSN(t)
	cfg, err := surrealsql.ParseDSN(dsn)
	require.NoError(t, err)
	var writer, reader drivertest.Methods
	writer.Use(cfg)
	replica := cfg.Clone()
	reader.Use(replica)
	const n = 10
	p, err := pool.New(t.Context(), cfg, pool.Settings{Min: n, Max: n, RequireMin: true, ReplicaConfigs: []*surrealsql.Config{replica}})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, p.Close()) })
	for _, each := range []*pool.Pool{p, p.Replicas()[0]} {
		require.Eventually(t, func() bool { return each.Stats().Total == n }, drivertest.Patience, time.Millisecond)
	}
	requireSigned(t, &writer, 1, n-1)
	requireSigned(t, &reader, 1, n-1)
}

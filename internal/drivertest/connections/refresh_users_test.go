package connections

import (
	"context"
	"database/sql"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/drivertest"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// What tests of refresh tokens begin with: a database whose record users have them, and a program
// that keeps the newest one.

// keeper is a program's store of refresh tokens.
type keeper struct {
	mu    sync.Mutex
	saved []surrealsql.Tokens
	err   error // of the next save
}

func (k *keeper) save(_ context.Context, t surrealsql.Tokens) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if err := k.err; err != nil {
		k.err = nil
		return err
	}
	k.saved = append(k.saved, t)
	return nil
}

func (k *keeper) count() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return len(k.saved)
}

// newest is the refresh token to start with the next time.
func (k *keeper) newest() string {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.saved[len(k.saved)-1].Refresh
}

// as makes a Config that of the record user by its refresh token.
func (k *keeper) as(refresh string) func(*surrealsql.Config) {
	return func(c *surrealsql.Config) {
		c.User, c.Password, c.Access, c.RefreshToken, c.OnTokens = "", "", "app", refresh, k.save
	}
}

// newApp opens a database with the record access "app" WITH REFRESH, and its user Ada.
func newApp(t *testing.T, durations string) (dsn string, admin *sql.DB) {
	t.Helper()
	dsn = surrealtest.DSN(t)
	admin = drivertest.OpenDB(t, dsn)
	drivertest.MustExec(t, admin, `DEFINE TABLE user PERMISSIONS FOR select WHERE id = $auth.id;
		DEFINE INDEX name ON user FIELDS name UNIQUE;
		DEFINE TABLE note PERMISSIONS FULL;
		CREATE user:ada SET name = 'ada', pass = 'p';
		DEFINE ACCESS app ON DATABASE TYPE RECORD
			SIGNUP (CREATE user SET name = $user, pass = $pass)
			SIGNIN (SELECT * FROM user WHERE name = $user AND pass = $pass)
			WITH REFRESH `+durations)
	return dsn, admin
}

// ada are the credentials of the user of newApp.
func ada(t *testing.T, dsn string) surrealsql.Credentials {
	cfg, err := surrealsql.ParseDSN(dsn)
	require.NoError(t, err)
	return surrealsql.Credentials{Namespace: cfg.Namespace, Database: cfg.Database, Access: "app", User: "ada", Password: "p"}
}

// tokensOf signs in on a lease, and returns what the server gives.
func tokensOf(t *testing.T, db *sql.DB, cred surrealsql.Credentials) (got surrealsql.Tokens) {
	t.Helper()
	drivertest.Leased(t, db, func(c *surrealsql.Conn) error {
		require.NoError(t, c.SignIn(t.Context(), cred))
		got = c.Tokens()
		return nil
	})
	return got
}

func requireAda(t *testing.T, db drivertest.Queryer) {
	t.Helper()
	require.Equal(t, "user:ada", drivertest.QueryOne[string](t, db, `RETURN <string>$auth`))
}

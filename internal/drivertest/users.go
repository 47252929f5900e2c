package drivertest

import (
	"crypto/hmac"
	"crypto/sha512"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// Users of a database, by whom tests sign in.

// As changes a Config to sign in at a level.
func As(level surrealsql.AuthLevel, user, password string) func(*surrealsql.Config) {
	return func(c *surrealsql.Config) { c.Auth, c.User, c.Password = level, user, password }
}

// NewDBWithUsers opens a database with users on all levels, the record access
// "account" for its table of users, and the access "api" for tokens. The name of the
// user on the root level is the test's own, because the engine is shared.
func NewDBWithUsers(t testing.TB) (dsn string, db *sql.DB, root string) {
	t.Helper()
	dsn = surrealtest.DSN(t)
	db = OpenDB(t, dsn)
	root = "root_" + strings.ToLower(QueryOne[string](t, db, `RETURN rand::string(12)`))
	MustExec(t, db, `DEFINE USER `+root+` ON ROOT PASSWORD 'root-pass' ROLES OWNER;
		DEFINE USER n ON NAMESPACE PASSWORD 'ns-pass' ROLES OWNER;
		DEFINE USER d ON DATABASE PASSWORD 'db-pass' ROLES OWNER;
		DEFINE TABLE user SCHEMALESS PERMISSIONS FOR select WHERE id = $auth.id;
		CREATE user:tobie SET name = 'Tobie', pass = crypto::argon2::generate('rec-pass');
		DEFINE ACCESS account ON DATABASE TYPE RECORD
			SIGNUP (CREATE user SET name = $user, pass = crypto::argon2::generate($pass))
			SIGNIN (SELECT * FROM user WHERE name = $user AND crypto::argon2::compare(pass, $pass));
		DEFINE ACCESS api ON DATABASE TYPE JWT ALGORITHM HS512 KEY 'jwt-key'`)
	t.Cleanup(func() { MustExecAtEnd(t, db, `REMOVE USER IF EXISTS `+root+` ON ROOT`) })
	return dsn, db, root
}

// APIToken signs a token for the access "api" of the database that db is on.
func APIToken(t testing.TB, db *sql.DB, life time.Duration) string {
	t.Helper()
	encode := func(v any) string {
		text, err := json.Marshal(v)
		require.NoError(t, err)
		return base64.RawURLEncoding.EncodeToString(text)
	}
	unsigned := encode(map[string]any{"alg": "HS512", "typ": "JWT"}) + "." + encode(map[string]any{
		"ns": QueryOne[string](t, db, `RETURN session::ns()`), "db": QueryOne[string](t, db, `RETURN session::db()`),
		"ac": "api", "rl": []string{"Owner"}, "exp": time.Now().Add(life).Unix(),
	})
	mac := hmac.New(sha512.New, []byte("jwt-key"))
	mac.Write([]byte(unsigned))
	return unsigned + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

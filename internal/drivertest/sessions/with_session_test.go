package sessions

import (
	"context"
	"database/sql"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/drivertest"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// Sessions that calls name in their contexts: which call sees which, and what they cost.

// in is a context whose calls run in a database.
func in(ctx context.Context, database string) context.Context {
	return surrealsql.WithSession(ctx, surrealsql.Session{Database: database})
}

const whereText = `RETURN <string>session::db() + ' ' + <string>$who`

// where is the database of a call and its $who.
func where(t testing.TB, ctx context.Context, db drivertest.Queryer) (found string) {
	t.Helper()
	require.NoError(t, db.QueryRowContext(ctx, whereText).Scan(&found))
	return found
}

// own is a variable that the Config sets.
func own(c *surrealsql.Config) { c.Variables = map[string]any{"who": "me"} }

func TestSessionHoldsForTheCallsOfItsContext(t *testing.T) {
	t.Parallel()
	db := drivertest.Solo(drivertest.NewDB(t, own))
	home := where(t, t.Context(), db)
	require.Contains(t, home, " me")
	a := surrealsql.WithSession(t.Context(), surrealsql.Session{Database: "a", Variables: map[string]any{"who": "ada"}})
	b := in(t.Context(), "b")
	for range 3 {
		require.Equal(t, "a ada", where(t, a, db))
		require.Equal(t, "b me", where(t, b, db))
		require.Equal(t, home, where(t, t.Context(), db))
	}
	_, err := db.ExecContext(a, `CREATE thing:1`)
	require.NoError(t, err)
	require.NoError(t, drivertest.Exec(b, db, `CREATE thing:2; CREATE thing:3`))
	for ctx, want := range map[context.Context]int{a: 1, b: 2} {
		var n int
		require.NoError(t, db.QueryRowContext(ctx, `RETURN count(SELECT * FROM thing)`).Scan(&n))
		require.Equal(t, want, n)
	}
	st, err := db.PrepareContext(t.Context(), whereText)
	require.NoError(t, err)
	defer st.Close()
	for ctx, want := range map[context.Context]string{a: "a ada", b: "b me", t.Context(): home} {
		var found string
		require.NoError(t, st.QueryRowContext(ctx).Scan(&found))
		require.Equal(t, want, found)
	}
}

func TestSessionThatFitsCostsNoRoundTrip(t *testing.T) {
	t.Parallel()
	var m drivertest.Methods
	db := drivertest.Solo(drivertest.NewDB(t, m.Use, own))
	drivertest.MustExec(t, db, `RETURN 1`)
	for range 5 {
		for _, name := range []string{"a", "b"} {
			require.Equal(t, name+" me", where(t, in(t.Context(), name), db))
		}
	}
	require.Equal(t, 2, m.Count("attach"))
	require.Equal(t, 3, m.Count("use"), "one of them for the connection")
	require.Zero(t, m.Count("reset"))
	password, _ := m.Signed()
	require.Equal(t, 1, password, "one password check for all sessions of a user")
}

func TestSessionsGoOldestUsedFirst(t *testing.T) {
	t.Parallel()
	var m drivertest.Methods
	db := drivertest.Solo(drivertest.NewDB(t, m.Use, own, func(c *surrealsql.Config) { c.MaxSessions = 2 }))
	for _, name := range []string{"a", "b", "a", "c", "a", "c"} {
		require.Equal(t, name+" me", where(t, in(t.Context(), name), db))
	}
	require.Equal(t, 3, m.Count("attach"))
	require.Equal(t, 1, m.Count("detach"))
	require.Equal(t, "b me", where(t, in(t.Context(), "b"), db))
	require.Equal(t, 4, m.Count("attach"), "it had gone for c")
	require.Equal(t, "c me", where(t, in(t.Context(), "c"), db))
	require.Equal(t, 4, m.Count("attach"))
}

func TestTransactionRunsInTheSessionOfItsBegin(t *testing.T) {
	t.Parallel()
	db := drivertest.Solo(drivertest.NewDB(t, own))
	a := in(t.Context(), "a")
	require.NoError(t, drivertest.Exec(a, db, `CREATE place:here SET name = 'a'`))
	drivertest.MustExec(t, db, `CREATE place:here SET name = 'home'`)
	place := func(ctx context.Context, db drivertest.Queryer) (found string) { // to 3.0's transactions session::db() is NONE
		require.NoError(t, db.QueryRowContext(ctx, `RETURN place:here.name + ' ' + $who`).Scan(&found))
		return found
	}
	for n, commit := range []bool{true, false, true} {
		tx, err := db.BeginTx(a, nil)
		require.NoError(t, err)
		require.Equal(t, "a me", place(t.Context(), tx))
		require.Equal(t, "a me", place(a, tx))
		require.Equal(t, "a me", place(in(t.Context(), "a"), tx), "the same, named anew")
		require.NoError(t, drivertest.Exec(t.Context(), tx, `CREATE place`))
		err = drivertest.Exec(in(t.Context(), "b"), tx, `CREATE place`)
		require.ErrorContains(t, err, "another session than that of the transaction")
		if commit {
			require.NoError(t, tx.Commit())
		} else {
			require.NoError(t, tx.Rollback())
		}
		require.Equal(t, "home me", place(t.Context(), db))
		require.Equal(t, 2+n/2, drivertest.QueryOne[int](t, onlyIn{a, db}, `RETURN count(SELECT * FROM place)`))
	}
	require.Equal(t, 1, drivertest.CountOf(t, db, "place"))
	tx := drivertest.Begin(t, db)
	require.ErrorContains(t, drivertest.Exec(a, tx, `CREATE place`), "another session than that of the transaction")
	require.Equal(t, "home me", place(t.Context(), tx))
	require.NoError(t, tx.Rollback())
}

// onlyIn is a database whose calls run under one context.
type onlyIn struct {
	ctx context.Context
	*sql.DB
}

func (o onlyIn) QueryRowContext(_ context.Context, text string, args ...any) *sql.Row {
	return o.DB.QueryRowContext(o.ctx, text, args...)
}

func TestSessionOfAnotherUserSeesWhatThatUserMay(t *testing.T) {
	t.Parallel()
	dsn, admin, _ := drivertest.NewDBWithUsers(t)
	cfg, err := surrealsql.ParseDSN(dsn)
	require.NoError(t, err)
	var m drivertest.Methods
	db := drivertest.Solo(drivertest.OpenDB(t, dsn, m.Use))
	as := func(cred surrealsql.Credentials) context.Context {
		cred.Namespace, cred.Database = cfg.Namespace, cfg.Database
		return surrealsql.WithSession(t.Context(), surrealsql.Session{Credentials: cred})
	}
	tobie := as(surrealsql.Credentials{Access: "account", User: "Tobie", Password: "rec-pass"})
	who := func(ctx context.Context) (id any) {
		require.NoError(t, db.QueryRowContext(ctx, `RETURN $auth`).Scan(&id))
		return id
	}
	require.EqualValues(t, "user:tobie", who(tobie))
	require.Nil(t, who(t.Context()))
	require.EqualValues(t, "user:tobie", who(tobie))
	require.Equal(t, 1, drivertest.QueryOne[int](t, onlyIn{tobie, db}, `RETURN count(SELECT * FROM user)`))

	wrong := as(surrealsql.Credentials{Access: "account", User: "Tobie", Password: "wrong"})
	err = drivertest.Exec(wrong, db, `RETURN 1`)
	require.True(t, surrealsql.IsAuth(err), err)
	require.ErrorContains(t, err, `user "Tobie" by access "account"`)
	require.NotContains(t, err.Error(), "wrong")
	require.Nil(t, who(t.Context()))
	require.EqualValues(t, "user:tobie", who(tobie))
	require.NoError(t, drivertest.Exec(t.Context(), admin, `RETURN 1`))

	d := as(surrealsql.Credentials{User: "d", Password: "db-pass"})
	before, _ := m.Signed()
	require.NoError(t, drivertest.Exec(d, db, `RETURN 1`))
	other := drivertest.OpenDB(t, dsn, m.Use)
	require.NoError(t, drivertest.Exec(d, other, `RETURN 1`))
	after, _ := m.Signed()
	require.Equal(t, before+3, after, "a connector checks it once, and has a password of its own")
	for range 3 {
		require.NoError(t, drivertest.Exec(as(surrealsql.Credentials{User: "d", Password: "db-pass"}), db, `RETURN 1`))
		require.NoError(t, drivertest.Exec(surrealsql.WithSession(d, surrealsql.Session{
			Credentials: surrealsql.Credentials{User: "d", Password: "db-pass", Namespace: cfg.Namespace, Database: cfg.Database},
			Variables:   map[string]any{"n": time.Now()},
		}), db, `RETURN $n`))
	}
	again, _ := m.Signed()
	require.Equal(t, after, again, "its token serves")
}

func TestSessionThatExpiresIsRenewed(t *testing.T) {
	t.Parallel()
	dsn := surrealtest.DSN(t)
	db := drivertest.Solo(drivertest.OpenDB(t, dsn, own))
	cfg, err := surrealsql.ParseDSN(dsn)
	require.NoError(t, err)
	drivertest.MustExec(t, db, `DEFINE USER brief ON DATABASE PASSWORD 'x' ROLES OWNER DURATION FOR SESSION 1s`)
	ctx := surrealsql.WithSession(t.Context(), surrealsql.Session{
		Credentials: surrealsql.Credentials{User: "brief", Password: "x", Namespace: cfg.Namespace, Database: cfg.Database},
		Variables:   map[string]any{"who": "brief"},
	})
	require.Contains(t, where(t, ctx, db), " brief")
	time.Sleep(2100 * time.Millisecond) // a session's end is counted in whole seconds
	require.Contains(t, where(t, ctx, db), " brief")
	require.Contains(t, where(t, t.Context(), db), " me")
	time.Sleep(2100 * time.Millisecond)
	tx, err := db.BeginTx(ctx, nil)
	require.NoError(t, err)
	require.Contains(t, where(t, t.Context(), tx), " brief")
	require.NoError(t, tx.Commit())
}

func TestSessionIsSeparateFromWhatALeaseChanges(t *testing.T) {
	t.Parallel()
	db := drivertest.Solo(drivertest.NewDB(t, own))
	a := surrealsql.WithSession(t.Context(), surrealsql.Session{Database: "a"})
	home := where(t, t.Context(), db)
	conn := drivertest.Lease(t, db)
	require.Equal(t, "a me", where(t, a, conn))
	drivertest.Raw(t, conn, func(c *surrealsql.Conn) error { return c.Let(t.Context(), "who", "lease") })
	require.Equal(t, "a lease", where(t, a, conn), "what it does not name is the connection's")
	require.Contains(t, where(t, t.Context(), conn), " lease")
	require.NoError(t, conn.Close())
	require.Equal(t, home, where(t, t.Context(), db))
	require.Equal(t, "a me", where(t, a, db))
}

func TestSessionRunsTheSchemaOfItsDatabaseOnce(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t, func(c *surrealsql.Config) { c.Schema = `CREATE ran` })
	for range 3 {
		for _, name := range []string{"a", "b"} {
			ctx := surrealsql.WithSession(t.Context(), surrealsql.Session{Database: name, Variables: map[string]any{"who": "x"}})
			require.Equal(t, 1, drivertest.QueryOne[int](t, onlyIn{ctx, db}, `RETURN count(SELECT * FROM ran)`))
		}
	}
	require.Equal(t, 1, drivertest.CountOf(t, db, "ran"))
}

func TestSessionThatIsWrongIsTheErrorOfTheCall(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	for want, s := range map[string]surrealsql.Session{
		"needs a namespace":         {Credentials: surrealsql.Credentials{Database: "a", User: "u"}},
		"cannot be a variable":      {Variables: map[string]any{"a b": 1}},
		"is not UTF-8":              {Database: "\xff"},
		"variable $f":               {Variables: map[string]any{"f": func() {}}},
		"tried was a token":         {Credentials: surrealsql.Credentials{Token: "a.b.c"}},
		"$auth is SurrealDB's own":  {Variables: map[string]any{"auth": 1}},
		"expected a user, an acces": {Credentials: surrealsql.Credentials{Password: "p"}},
	} {
		ctx := surrealsql.WithSession(t.Context(), s)
		require.ErrorContains(t, drivertest.Exec(ctx, db, `RETURN 1`), want)
		_, err := db.BeginTx(ctx, nil)
		require.ErrorContains(t, err, want)
	}
	drivertest.RequireGood(t, db)
}

func TestLiveQueryKeepsItsSession(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t, own, func(c *surrealsql.Config) { c.MaxSessions = 1 })
	ctx, cancel := context.WithCancel(in(t.Context(), "a"))
	defer cancel()
	require.NoError(t, drivertest.Exec(ctx, db, `DEFINE TABLE thing`))
	conn := drivertest.Lease(t, db)
	rows, err := conn.QueryContext(ctx, `LIVE SELECT * FROM thing`)
	require.NoError(t, err)
	require.Equal(t, "b me", where(t, in(t.Context(), "b"), conn), "served beside it")
	require.Equal(t, "c me", where(t, in(t.Context(), "c"), conn))
	require.NoError(t, drivertest.Exec(in(t.Context(), "a"), db, `CREATE thing:1`))
	require.True(t, rows.Next(), rows.Err())
	require.NoError(t, rows.Close())
	require.Equal(t, "a me", where(t, in(t.Context(), "a"), conn))
}

func TestLiveQueryOfASharedSocketHasNoOtherSession(t *testing.T) {
	t.Parallel()
	cfg, err := surrealsql.ParseDSN(surrealtest.DSN(t))
	require.NoError(t, err)
	connector, err := surrealsql.NewConnector(cfg)
	require.NoError(t, err)
	live := sql.OpenDB(connector.Live())
	defer live.Close()
	_, err = live.QueryContext(in(t.Context(), "a"), `LIVE SELECT * FROM thing`)
	require.ErrorContains(t, err, "have the session of the Config")
}

// To name the namespace of a user beside the user changes nothing: the user's database is meant,
// not that of the connection.
func TestSessionOfADatabaseUserIsInTheDatabaseOfTheUser(t *testing.T) {
	t.Parallel()
	dsn, _, _ := drivertest.NewDBWithUsers(t)
	cfg, err := surrealsql.ParseDSN(dsn)
	require.NoError(t, err)
	db := drivertest.Solo(drivertest.OpenDB(t, dsn, func(c *surrealsql.Config) { c.Database = "elsewhere" }))
	user := surrealsql.Credentials{Namespace: cfg.Namespace, Database: cfg.Database, User: "d", Password: "db-pass"}
	for _, namespace := range []string{"", cfg.Namespace} {
		ctx := surrealsql.WithSession(t.Context(), surrealsql.Session{Namespace: namespace, Credentials: user})
		var found string
		require.NoError(t, db.QueryRowContext(ctx, `RETURN session::db()`).Scan(&found))
		require.Equal(t, cfg.Database, found)
	}
}

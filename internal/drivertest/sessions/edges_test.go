package sessions

import (
	"context"
	"database/sql"
	"errors"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/drivertest"
	"github.com/surrealsql/surrealsql/internal/scripted"
)

// Sessions that could not be made, or not wholly: nothing runs in them, nor in another one.

func TestSessionWhoseSchemaFailsServesNoCall(t *testing.T) {
	t.Parallel()
	for name, server := range map[string]string{"attached": "", "switched": "SURREAL_CAPS_DENY_RPC=attach"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			schema := func(c *surrealsql.Config) {
				c.Schema = `DEFINE TABLE IF NOT EXISTS ran; LET $first = (SELECT * FROM ran).len() = 0; CREATE ran;
					IF session::db() = 'a' AND $first { THROW 'not yet' }`
			}
			var db *sql.DB
			if server == "" {
				db = drivertest.Solo(drivertest.NewDB(t, own, schema))
			} else {
				db = onServerWith(t, server, schema)
			}
			for _, variables := range []map[string]any{nil, {"n": 1}} { // who has none runs the schema itself
				a := surrealsql.WithSession(t.Context(), surrealsql.Session{Database: "a", Variables: variables})
				if variables == nil {
					require.ErrorContains(t, drivertest.Exec(a, db, `CREATE thing`), "not yet")
					require.Contains(t, where(t, t.Context(), db), " me")
				}
				require.NoError(t, drivertest.Exec(a, db, `CREATE thing`))
				require.Equal(t, 2, drivertest.QueryOne[int](t, onlyIn{a, db}, `RETURN count(SELECT * FROM ran)`), "once more before the call")
			}
			require.Equal(t, 2, drivertest.QueryOne[int](t, onlyIn{in(t.Context(), "a"), db}, `RETURN count(SELECT * FROM thing)`))
			require.Contains(t, where(t, t.Context(), db), " me")
		})
	}
}

// A source of tokens is code of the program's, which runs while a session is made.
func TestSessionWhoseMakingPanicsServesNobody(t *testing.T) {
	t.Parallel()
	dsn, _, _ := drivertest.NewDBWithUsers(t)
	token := drivertest.APIToken(t, drivertest.OpenDB(t, dsn), 1e12)
	var unwind atomic.Pointer[func()]
	db := drivertest.Solo(drivertest.OpenDB(t, dsn, own, func(c *surrealsql.Config) {
		c.User, c.Password, c.Auth = "", "", surrealsql.AuthToken
		c.TokenSource = func(context.Context) (string, error) {
			if f := unwind.Load(); f != nil {
				(*f)()
			}
			return token, nil
		}
	}))
	home := where(t, t.Context(), db)
	a := surrealsql.WithSession(t.Context(), surrealsql.Session{Variables: map[string]any{"who": "ada"}})
	for name, f := range map[string]func(){"panics": func() { panic("no token") }, "ends its goroutine": runtime.Goexit} {
		unwind.Store(&f)
		done := make(chan any, 1)
		go func() {
			defer func() { done <- recover() }()
			_ = drivertest.Exec(a, db, `RETURN 1`)
		}()
		drivertest.Receive(t, done, "the end of the call")
		unwind.Store(nil)
		require.Equal(t, home, where(t, t.Context(), db), name)
		require.Contains(t, where(t, a, db), " ada", name)
		_, err := db.ExecContext(t.Context(), `RETURN 1`)
		require.NoError(t, err)
	}
}

// The connection that a call makes is everybody's: its set-up is none of that call.
func TestConnectionIsSetUpInItsOwnSessionWhoeverMakesIt(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t, own, func(c *surrealsql.Config) {
		c.Init = []string{`CREATE init`}
		c.Schema = `CREATE schema`
		c.AfterConnect = func(ctx context.Context, c *surrealsql.Conn) error {
			_, err := c.ExecContext(ctx, `CREATE hook SET who = $who`, nil)
			return err
		}
	})
	a := surrealsql.WithSession(t.Context(), surrealsql.Session{Database: "a", Variables: map[string]any{"who": "ada"}})
	require.Equal(t, "a ada", where(t, a, db), "the first call of all")
	require.Equal(t, "me", drivertest.QueryOne[string](t, db, `SELECT VALUE who FROM ONLY hook LIMIT 1`))
	require.Equal(t, 1, drivertest.CountOf(t, db, "init"))
	require.Equal(t, 1, drivertest.CountOf(t, db, "schema"))
	require.Equal(t, "", drivertest.QueryOne[string](t, onlyIn{a, db}, `RETURN object::keys((INFO FOR DB).tables).filter(|$n| $n != 'schema').join(',')`))
}

// What a Session leaves zero is as AfterConnect has left it, who is signed in above all.
func TestSessionThatAfterConnectHasUsedHasTheRestFromItsEnd(t *testing.T) {
	t.Parallel()
	dsn, admin, _ := drivertest.NewDBWithUsers(t)
	var at surrealsql.Credentials
	at.Namespace, at.Database = drivertest.QueryOne[string](t, admin, `RETURN session::ns()`), drivertest.QueryOne[string](t, admin, `RETURN session::db()`)
	at.User, at.Password = "d", "db-pass"
	lent := surrealsql.Session{Variables: map[string]any{"lent": true}}
	db := drivertest.Solo(drivertest.OpenDB(t, dsn, func(c *surrealsql.Config) {
		c.AfterConnect = func(ctx context.Context, c *surrealsql.Conn) error {
			_, err := c.ExecContext(surrealsql.WithSession(ctx, lent), `RETURN $lent`, nil)
			return errors.Join(err, c.Let(ctx, "role", "worker"), c.SignIn(ctx, at))
		}
	}))
	ctx := surrealsql.WithSession(t.Context(), lent)
	for range 2 {
		require.Equal(t, "worker d", drivertest.QueryOne[string](t, onlyIn{ctx, db}, `RETURN $role + " " + $token.ID`))
		require.True(t, surrealsql.IsAuth(drivertest.Exec(ctx, db, `INFO FOR ROOT`)))
		require.Equal(t, "worker d", drivertest.QueryOne[string](t, db, `RETURN $role + " " + $token.ID`))
	}
}

func TestSessionThatGoesIsDetachedThoughTheNextOneIsGivenUp(t *testing.T) {
	t.Parallel()
	var m drivertest.Methods
	db := drivertest.Solo(drivertest.NewDB(t, m.Use, own, func(c *surrealsql.Config) {
		c.MaxSessions, c.MaxRequestSize = 1, 100_000
	}))
	require.Equal(t, "a me", where(t, in(t.Context(), "a"), db))
	large := surrealsql.WithSession(t.Context(), surrealsql.Session{Variables: map[string]any{"v": make([]byte, 200_000)}})
	require.ErrorIs(t, drivertest.Exec(large, db, `RETURN 1`), surrealsql.ErrRequestTooLarge)
	require.Zero(t, m.Count("detach"))
	for range 2 {
		require.Equal(t, "b me", where(t, in(t.Context(), "b"), db))
	}
	require.Equal(t, 1, m.Count("detach"))
	require.Equal(t, "c me", where(t, in(t.Context(), "c"), db))
	require.Equal(t, 2, m.Count("detach"), "each once")
}

func TestLiveQueryOutlivesWhatATransactionMakesOfItsSession(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t, own)
	a := in(t.Context(), "a")
	require.NoError(t, drivertest.Exec(a, db, `DEFINE TABLE thing`))
	conn := drivertest.Lease(t, db)
	rows, err := conn.QueryContext(a, `LIVE SELECT * FROM thing`)
	require.NoError(t, err)
	tx, err := conn.BeginTx(a, nil)
	require.NoError(t, err)
	drivertest.Raw(t, conn, func(c *surrealsql.Conn) error { return c.Let(t.Context(), "who", "tx") })
	require.NoError(t, tx.Commit())
	for _, name := range []string{"a", "b"} {
		require.Equal(t, name+" me", where(t, in(t.Context(), name), conn))
	}
	require.NoError(t, drivertest.Exec(a, db, `CREATE thing:1`))
	ended := make(chan bool, 1)
	go func() { ended <- rows.Next() }()
	require.True(t, drivertest.Receive(t, ended, "the change"), rows.Err())
	require.NoError(t, rows.Close())
	require.Equal(t, "a me", where(t, a, conn))
}

func TestLiveQueryOfAnotherSessionOutlivesASignIn(t *testing.T) {
	t.Parallel()
	_, db, root := drivertest.NewDBWithUsers(t)
	a := in(t.Context(), "a")
	require.NoError(t, drivertest.Exec(a, db, `DEFINE TABLE thing`))
	conn := drivertest.Lease(t, db)
	rows, err := conn.QueryContext(a, `LIVE SELECT * FROM thing`)
	require.NoError(t, err)
	drivertest.Raw(t, conn, func(c *surrealsql.Conn) error {
		return c.SignIn(t.Context(), surrealsql.Credentials{User: root, Password: "root-pass"})
	})
	require.NoError(t, drivertest.Exec(a, db, `CREATE thing:1`))
	ended := make(chan bool, 1)
	go func() { ended <- rows.Next() }()
	require.True(t, drivertest.Receive(t, ended, "the change"), rows.Err())
	require.NoError(t, rows.Close())
}

func TestSessionsThatAllHaveLiveQueriesMakeNoRoom(t *testing.T) {
	t.Parallel()
	var m drivertest.Methods
	db := onServerWith(t, "SURREAL_WEBSOCKET_MAX_ATTACHED_SESSIONS=3", m.Use)
	conn := drivertest.Lease(t, db)
	for _, name := range []string{"a", "b"} {
		ctx := in(t.Context(), name)
		require.NoError(t, drivertest.Exec(ctx, conn, `DEFINE TABLE thing`))
		rows, err := conn.QueryContext(ctx, `LIVE SELECT * FROM thing`)
		require.NoError(t, err)
		defer rows.Close()
	}
	err := drivertest.Exec(in(t.Context(), "c"), conn, `RETURN 1`)
	require.ErrorContains(t, err, "live queries")
	require.ErrorContains(t, err, "use another connection")
	require.LessOrEqual(t, m.Count("attach"), 5)
	require.Equal(t, "a me", where(t, in(t.Context(), "a"), conn))
	require.Equal(t, "home me", where(t, t.Context(), conn))
}

func TestCallOfAMethodRunsInTheSessionOfItsContext(t *testing.T) {
	t.Parallel()
	dsn, _, _ := drivertest.NewDBWithUsers(t)
	cfg, err := surrealsql.ParseDSN(dsn)
	require.NoError(t, err)
	db := drivertest.Solo(drivertest.OpenDB(t, dsn, own))
	tobie := surrealsql.WithSession(t.Context(), surrealsql.Session{Credentials: surrealsql.Credentials{
		Namespace: cfg.Namespace, Database: cfg.Database, Access: "account", User: "Tobie", Password: "rec-pass",
	}})
	a := in(t.Context(), "a")
	require.NoError(t, drivertest.Exec(a, db, `CREATE thing:1 SET at = 'a'; DEFINE FUNCTION fn::who() { RETURN $who }`))
	require.NoError(t, drivertest.Exec(t.Context(), db, `CREATE thing:1 SET at = 'home'`))
	drivertest.Leased(t, db, func(c *surrealsql.Conn) error {
		var user struct{ Name string }
		require.NoError(t, c.Info(tobie, &user))
		require.Equal(t, "Tobie", user.Name)
		for ctx, at := range map[context.Context]string{a: "a", t.Context(): "home"} {
			var thing struct{ At string }
			require.NoError(t, c.Call(ctx, &thing, "select", surrealsql.RecordID("thing:1")))
			require.Equal(t, at, thing.At)
		}
		var who string
		require.NoError(t, c.Call(a, &who, "run", "fn::who"))
		require.Equal(t, "me", who)
		require.Error(t, c.Call(t.Context(), &who, "run", "fn::who"))
		return nil
	})
	require.Equal(t, "a me", where(t, a, db))
	require.Contains(t, where(t, t.Context(), db), " me")
}

func TestCallWhoseSessionIsLostInTheMakingIsMadeOnAnotherConnection(t *testing.T) {
	t.Parallel()
	var attached atomic.Int64
	srv := scripted.New(t, func(c *scripted.Conn) {
		c.Serve(func(r scripted.Request) {
			if r.Method == "attach" && attached.Add(1) == 1 {
				c.Drop()
				return
			}
			c.Answer(r)
		})
	})
	db := drivertest.Solo(drivertest.OpenDB(t, srv.DSN()))
	require.NoError(t, drivertest.Exec(in(t.Context(), "a"), db, `CREATE thing`))
	require.Equal(t, []string{"CREATE thing RETURN NULL"}, srv.Queries())
}

func TestSessionThatTheServerHasLostIsMadeAgain(t *testing.T) {
	t.Parallel()
	lost := false
	srv := scripted.New(t, func(c *scripted.Conn) {
		c.Serve(func(r scripted.Request) {
			if r.Method == "attach" {
				lost = false
			}
			if strings.HasPrefix(r.Text, "CREATE thing") && lost {
				c.ReplyError(r.ID, -32000, "NotFound", "Session not found: Some(u'0197')")
				return
			}
			if strings.HasPrefix(r.Text, "RETURN 1") {
				lost = true
			}
			c.Answer(r)
		})
	})
	db := drivertest.Solo(drivertest.OpenDB(t, srv.DSN()))
	a := in(t.Context(), "a")
	require.NoError(t, drivertest.Exec(a, db, `RETURN 1`))
	require.NoError(t, drivertest.Exec(a, db, `CREATE thing`))
	require.NoError(t, drivertest.Exec(a, db, `RETURN 2`))
	require.Equal(t, 2, srv.Count("attach"))
}

// What is remembered of a text was told of one tenant's table.
func TestTenantsWhoseTablesDifferReadTheSameText(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t, own)
	const n = 300
	text := `SELECT * FROM thing`
	for i, define := range []string{
		`DEFINE TABLE thing SCHEMAFULL; DEFINE FIELD a ON thing TYPE int; DEFINE FIELD b ON thing TYPE string; FOR $i IN 0..300 { CREATE thing SET a = $i, b = 'x' }`,
		`DEFINE TABLE thing SCHEMAFULL; DEFINE FIELD b ON thing TYPE int; DEFINE FIELD c ON thing TYPE option<string>; FOR $i IN 0..300 { CREATE thing SET b = $i, c = 'c' }`,
		`DEFINE TABLE thing; FOR $i IN 0..300 { CREATE thing SET z = 'z', b = 1 }`,
	} {
		require.NoError(t, drivertest.Exec(in(t.Context(), string(rune('a'+i))), db, define))
	}
	for round := range 4 {
		for i, want := range [][]string{{"id", "a", "b"}, {"id", "b", "c"}, {"id", "b", "z"}} {
			ctx := in(t.Context(), string(rune('a'+i)))
			if round == 3 {
				ctx = surrealsql.WithStream(ctx, surrealsql.StreamAlways)
			}
			rows, err := db.QueryContext(ctx, text)
			require.NoError(t, err)
			columns, err := rows.Columns()
			require.NoError(t, err)
			require.Equal(t, want, columns)
			count := 0
			for rows.Next() {
				var id surrealsql.RecordID
				var x, y any
				require.NoError(t, rows.Scan(&id, &x, &y))
				count++
			}
			require.NoError(t, rows.Err())
			require.Equal(t, n, count)
		}
	}
	type thing struct{ A, Z, B, C any }
	for range 2 {
		for i := range 3 {
			all, err := surrealsql.All[thing](in(t.Context(), string(rune('a'+i))), db, text)
			require.NoError(t, err)
			require.Len(t, all, n)
			require.Equal(t, []bool{i == 0, i == 2}, []bool{all[0].A != nil, all[0].Z != nil})
			require.NotNil(t, all[0].B)
		}
	}
}

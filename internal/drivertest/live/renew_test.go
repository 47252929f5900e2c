package live

import (
	"context"
	"database/sql"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/drivertest"
)

// Live queries outlive the sessions that they were registered in.

// briefUsers opens a database with a user whose sessions end soon, by the user's DSN too.
func briefUsers(t *testing.T) (admin *sql.DB, cfg *surrealsql.Config) {
	t.Helper()
	dsn, admin, _ := drivertest.NewDBWithUsers(t)
	drivertest.MustExec(t, admin, `DEFINE TABLE person PERMISSIONS FULL;
		DEFINE TABLE one; DEFINE TABLE two; DEFINE TABLE three;
		DEFINE USER brief ON DATABASE PASSWORD 'brief-pass' ROLES EDITOR DURATION FOR SESSION 6s`)
	cfg, err := surrealsql.ParseDSN(dsn)
	require.NoError(t, err)
	drivertest.As(surrealsql.AuthDatabase, "brief", "brief-pass")(cfg)
	cfg.NoTokenReuse = true
	return admin, cfg
}

// briefly opens the database of briefUsers by the user of brief sessions, on connections of their
// own and on a shared socket.
func briefly(t *testing.T, change ...func(*surrealsql.Config)) (admin, home, shared *sql.DB) {
	t.Helper()
	admin, cfg := briefUsers(t)
	for _, c := range change {
		c(cfg)
	}
	connector, err := surrealsql.NewConnector(cfg)
	require.NoError(t, err)
	home, shared = sql.OpenDB(connector), sql.OpenDB(connector.Live())
	t.Cleanup(func() { _, _ = shared.Close(), home.Close() })
	return admin, home, shared
}

// steadily is more than two such sessions last.
const steadily = 15 * time.Second

// requireOutlives writes steadily for longer than several sessions last, and requires that the rows
// tell of each record, in all.
func requireOutlives(t *testing.T, admin *sql.DB, table string, rows *sql.Rows) {
	t.Helper()
	var written atomic.Int64
	stop := make(chan struct{})
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-stop:
				return
			case <-t.Context().Done():
				return
			case <-time.After(10 * time.Millisecond):
			}
			if _, err := admin.ExecContext(context.Background(), `CREATE type::record($2, $1) SET n = $1`, written.Load(), table); err != nil {
				t.Error(err)
				return
			}
			written.Add(1)
		}
	}()
	until := time.Now().Add(steadily)
	told := make(map[string]int)
	for time.Now().Before(until) {
		_, id, _ := next(t, rows)
		told[id]++
	}
	close(stop)
	<-done
	for len(told) < int(written.Load()) {
		if !rows.Next() {
			for n := range written.Load() {
				if id := fmt.Sprintf("%s:%d", table, n); told[id] == 0 {
					t.Errorf("%s is missing", id)
				}
			}
			t.Fatal(rows.Err())
		}
		_, id, _ := scan(t, rows)
		told[id]++
	}
	twice := 0
	for _, n := range told {
		twice += n - 1
	}
	t.Logf("%d changes, %d of them told twice", written.Load(), twice)
	require.Less(t, twice, int(written.Load())/10+1)
}

func TestLiveQueryOutlivesItsSession(t *testing.T) {
	t.Parallel()
	admin, cfg := briefUsers(t)
	connector, err := surrealsql.NewConnector(cfg)
	require.NoError(t, err)
	home := sql.OpenDB(connector)
	shared := sql.OpenDB(connector.Live())
	t.Cleanup(func() { _, _ = home.Close(), shared.Close() })
	tenants := drivertest.OpenDB(t, cfg.FormatDSN(), func(c *surrealsql.Config) { c.User, c.Password, c.Auth = "n", "ns-pass", surrealsql.AuthNamespace })
	as := surrealsql.WithSession(t.Context(), surrealsql.Session{Credentials: surrealsql.Credentials{
		Namespace: cfg.Namespace, Database: cfg.Database, User: "brief", Password: "brief-pass"}})
	for table, of := range map[string]struct {
		where string
		db    *sql.DB
		ctx   context.Context
	}{
		"one": {"on its own connection", home, t.Context()},
		"two": {"on a shared socket", shared, t.Context()}, "three": {"in the session of its context", tenants, as},
	} {
		t.Run(of.where, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(of.ctx, steadily+patience)
			defer cancel()
			rows, err := of.db.QueryContext(ctx, `LIVE SELECT * FROM `+table)
			require.NoError(t, err)
			defer rows.Close()
			requireOutlives(t, admin, table, rows)
		})
	}
}

// A write tells the live queries that were there when it began.
func TestLiveQueryThatIsRegisteredAnewTellsOfWritesThatHadBegunBefore(t *testing.T) {
	t.Parallel()
	admin, home, shared := briefly(t)
	drivertest.MustExec(t, admin, `DEFINE USER OVERWRITE brief ON DATABASE PASSWORD 'brief-pass' ROLES EDITOR DURATION FOR SESSION 20s`)
	for table, db := range map[string]*sql.DB{"one": home, "two": shared} {
		t.Run(table, func(t *testing.T) {
			t.Parallel()
			rows := follow(t, db, `LIVE SELECT * FROM `+table)
			ids := make(chan string, 8)
			var reader sync.WaitGroup
			reader.Go(func() {
				for rows.Next() {
					_, id, _ := scan(t, rows)
					ids <- id
				}
			})
			t.Cleanup(reader.Wait)
			t.Cleanup(func() { _ = rows.Close() })
			// It lasts until the live query is two. 3.0.2 tells nobody of what BeginTx has begun.
			drivertest.MustExec(t, admin, `BEGIN; CREATE `+table+`:early; SLEEP 12500ms; COMMIT`)
			require.Len(t, liveQueriesOf(t, admin, table), 2)
			require.Equal(t, table+":early", drivertest.Receive(t, ids, "the change of the transaction"))
			drivertest.MustExec(t, admin, `CREATE `+table+`:both`)
			require.Equal(t, table+":both", drivertest.Receive(t, ids, "the change that both tell"))
			require.Eventually(t, func() bool { return len(liveQueriesOf(t, admin, table)) == 1 }, patience, 10*time.Millisecond)
			drivertest.MustExec(t, admin, `CREATE `+table+`:late`)
			require.Equal(t, table+":late", drivertest.Receive(t, ids, "the change that the new one tells"))
		})
	}
}

func TestLiveQueriesOfASharedSocketOutliveTheirSessionThoughNobodyReads(t *testing.T) {
	t.Parallel()
	admin, _, shared := briefly(t)
	var all []*sql.Rows
	for range 20 {
		all = append(all, follow(t, shared, `LIVE SELECT * FROM person WHERE n = $1`, 7))
	}
	time.Sleep(steadily)
	drivertest.MustExec(t, admin, `CREATE person:1 SET n = 7; CREATE person:2 SET n = 8`)
	for _, rows := range all {
		_, id, _ := next(t, rows)
		require.Equal(t, "person:1", id)
	}
}

func TestLiveQueryWhoseSessionCannotBeRenewedEndsWithIt(t *testing.T) {
	t.Parallel()
	admin, home, shared := briefly(t)
	a, b := follow(t, home, `LIVE SELECT * FROM person`), follow(t, shared, `LIVE SELECT * FROM person`)
	drivertest.MustExec(t, admin, `DEFINE USER OVERWRITE brief ON DATABASE PASSWORD 'another' ROLES EDITOR`)
	for _, rows := range []*sql.Rows{a, b} {
		require.False(t, rows.Next())
		require.ErrorIs(t, rows.Err(), surrealsql.ErrExpired)
		require.NoError(t, rows.Close())
	}
}

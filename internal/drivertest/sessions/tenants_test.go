package sessions

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/drivertest"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// Many tenants on few connections: nobody ever gets another one's answer.

// tenant is one of many, each with a database, a user and a variable of its own.
type tenant struct {
	name string
	as   surrealsql.Session
}

// newTenants makes tenants whose databases hold their name in a record, and 50 records.
func newTenants(t *testing.T, db *sql.DB, n int) []tenant {
	t.Helper()
	namespace := drivertest.QueryOne[string](t, db, `RETURN session::ns()`)
	tenants := make([]tenant, n)
	for i := range tenants {
		name := fmt.Sprintf("tenant%03d", i)
		tenants[i] = tenant{name, surrealsql.Session{Database: name, Variables: map[string]any{"tenant": name}}}
		ctx := surrealsql.WithSession(t.Context(), tenants[i].as)
		require.NoError(t, drivertest.Exec(ctx, db, `CREATE name:mine SET text = $tenant; DEFINE TABLE count;
			CREATE |item:1..50| SET owner = $tenant RETURN NONE`))
		if i%10 == 0 { // a user of the database: to make each costs the server a password's hash
			require.NoError(t, drivertest.Exec(ctx, db, `DEFINE USER u ON DATABASE PASSWORD 'p' ROLES EDITOR`))
			tenants[i].as.Credentials = surrealsql.Credentials{Namespace: namespace, Database: name, User: "u", Password: "p"}
		}
	}
	return tenants
}

// call makes one call of a tenant and checks its answer.
func (n *tenant) call(ctx context.Context, t *testing.T, db *sql.DB, kind int, prepared *sql.Stmt) error {
	ctx = surrealsql.WithSession(ctx, n.as)
	const mine = `SELECT VALUE [text, $tenant] FROM ONLY name:mine`
	check := func(got []string, err error) error {
		if err == nil {
			assert.Equal(t, []string{n.name, n.name}, got)
		}
		return err
	}
	var got []string
	switch kind {
	case 0:
		return check(got, prepared.QueryRowContext(ctx).Scan(surrealsql.Into(&got)))
	case 1: // a streamed answer, of which a part may be read
		rows, err := db.QueryContext(surrealsql.WithStream(ctx, surrealsql.StreamAlways), `SELECT VALUE [owner, $tenant] FROM item`)
		if err != nil {
			return err
		}
		defer rows.Close()
		for i := 0; rows.Next() && i < 20; i++ {
			if err := check(got, rows.Scan(surrealsql.Into(&got))); err != nil {
				return err
			}
		}
		return rows.Err()
	case 2:
		tx, err := db.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		defer func() { _ = tx.Rollback() }()
		if err := check(got, tx.QueryRowContext(ctx, mine).Scan(surrealsql.Into(&got))); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `CREATE count SET owner = $tenant`); err != nil {
			return err
		}
		return tx.Commit()
	}
	return check(got, db.QueryRowContext(ctx, mine).Scan(surrealsql.Into(&got)))
}

func TestTenantsNeverSeeEachOther(t *testing.T) {
	t.Parallel()
	tenants, calls := drivertest.FromEnv(t, "SURREALSQL_TEST_TENANTS", 200), drivertest.FromEnv(t, "SURREALSQL_TEST_TENANT_CALLS", 2000)
	var m drivertest.Methods
	db := drivertest.NewDB(t, m.Use, func(c *surrealsql.Config) {
		c.MaxSessions = 30
		c.Variables = map[string]any{"tenant": "nobody"}
	})
	db.SetMaxOpenConns(20)
	db.SetMaxIdleConns(20)
	all := newTenants(t, db, tenants)
	prepared, err := db.PrepareContext(t.Context(), `SELECT VALUE [text, $tenant] FROM ONLY name:mine`)
	require.NoError(t, err)
	defer prepared.Close()

	var left, done, cancelled atomic.Int64
	left.Store(int64(calls))
	var workers sync.WaitGroup
	for worker := range 40 {
		workers.Go(func() {
			random := rand.New(rand.NewPCG(1, uint64(worker)))
			for left.Add(-1) >= 0 && !t.Failed() {
				if random.IntN(20) == 0 { // a call in the connection's own session
					var who string
					assert.NoError(t, db.QueryRowContext(t.Context(), `RETURN $tenant`).Scan(&who))
					assert.Equal(t, "nobody", who)
					continue
				}
				ctx, cancel := t.Context(), func() {}
				if random.IntN(10) == 0 {
					ctx, cancel = context.WithTimeout(ctx, time.Duration(random.IntN(3000))*time.Microsecond)
				}
				err := all[random.IntN(len(all))].call(ctx, t, db, random.IntN(4), prepared)
				switch {
				case err == nil:
					done.Add(1)
				case ctx.Err() != nil && (errors.Is(err, context.DeadlineExceeded) || errors.Is(err, surrealsql.ErrTxDoomed) || errors.Is(err, sql.ErrTxDone)):
					cancelled.Add(1)
				default:
					assert.NoError(t, err)
				}
				cancel()
			}
		})
	}
	workers.Wait()
	t.Logf("%d calls, %d given up; %d attach, %d detach", done.Load(), cancelled.Load(), m.Count("attach"), m.Count("detach"))
	for _, n := range all {
		ctx := surrealsql.WithSession(t.Context(), n.as)
		require.Zero(t, drivertest.QueryOne[int](t, onlyIn{ctx, db}, `RETURN count(SELECT * FROM count WHERE owner != $tenant)`), n.name)
	}
	require.NotZero(t, m.Count("detach"))
}

// A lease changes its own session, looks into a tenant's and back, and leaves nothing behind.
func (n *tenant) lease(ctx context.Context, t *testing.T, db *sql.DB) error {
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	mine := "lease of " + n.name
	if err := conn.Raw(func(c any) error { return c.(*surrealsql.Conn).Let(ctx, "tenant", mine) }); err != nil {
		return err
	}
	for _, in := range []struct {
		ctx  context.Context
		want string
	}{{ctx, mine}, {surrealsql.WithSession(ctx, n.as), n.name}, {ctx, mine}} {
		var got string
		if err := conn.QueryRowContext(in.ctx, `RETURN $tenant`).Scan(&got); err != nil {
			return err
		}
		assert.Equal(t, in.want, got)
	}
	return nil
}

// follow reads one change of a tenant's table by a live query.
func (n *tenant) follow(ctx context.Context, t *testing.T, db *sql.DB) error {
	ctx, cancel := context.WithTimeout(surrealsql.WithSession(ctx, n.as), drivertest.Patience)
	defer cancel()
	rows, err := db.QueryContext(ctx, `LIVE SELECT VALUE owner FROM count`)
	if err != nil {
		return err
	}
	defer rows.Close()
	if _, err := db.ExecContext(ctx, `CREATE count SET owner = $tenant`); err != nil {
		return err
	}
	if rows.Next() {
		var action, id, owner string
		if err := rows.Scan(&action, &id, &owner); err != nil {
			return err
		}
		assert.Equal(t, n.name, owner)
	}
	return rows.Err()
}

func TestTenantsNeverSeeEachOtherWhileConnectionsDie(t *testing.T) {
	t.Parallel()
	for name, open := range map[string]func(testing.TB, string, ...func(*surrealsql.Config)) *sql.DB{"sql.DB": drivertest.PlainDB, "pool": drivertest.PooledDB} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dsn := surrealtest.DSN(t)
			proxy := surrealtest.NewProxy(t, drivertest.HostOf(t, dsn))
			nobody := func(c *surrealsql.Config) { c.MaxSessions, c.Variables = 3, map[string]any{"tenant": "nobody"} }
			all := newTenants(t, drivertest.OpenDB(t, dsn, nobody), 20)
			db := open(t, proxy.DSN(dsn), nobody)
			db.SetMaxOpenConns(12)
			db.SetMaxIdleConns(12)
			prepared, err := db.PrepareContext(t.Context(), `SELECT VALUE [text, $tenant] FROM ONLY name:mine`)
			require.NoError(t, err)
			defer prepared.Close()
			var done, failed atomic.Int64
			var workers sync.WaitGroup
			for worker := range 8 {
				workers.Go(func() {
					random := rand.New(rand.NewPCG(2, uint64(worker)))
					for range drivertest.FromEnv(t, "SURREALSQL_TEST_TENANT_CALLS", 100) {
						ctx, cancel := t.Context(), func() {}
						if random.IntN(5) == 0 {
							ctx, cancel = context.WithTimeout(ctx, time.Duration(random.IntN(5000))*time.Microsecond)
						}
						n := &all[random.IntN(len(all))]
						var err error
						switch kind := random.IntN(8); kind {
						case 4:
							err = n.lease(ctx, t, db)
						case 5:
							err = n.follow(ctx, t, db)
						case 6: // in the connection's own session
							var who string
							if err = db.QueryRowContext(ctx, `RETURN $tenant`).Scan(&who); err == nil {
								assert.Equal(t, "nobody", who)
							}
						case 7:
							if random.IntN(5) == 0 {
								proxy.CutAll([]surrealtest.Cut{surrealtest.CutRST, surrealtest.CutFIN}[random.IntN(2)])
							}
						default:
							err = n.call(ctx, t, db, kind, prepared)
						}
						if err == nil {
							done.Add(1)
						} else {
							failed.Add(1)
							assert.True(t, ctx.Err() != nil || surrealsql.IsConnectivity(err) || errors.Is(err, sql.ErrConnDone) || errors.Is(err, sql.ErrTxDone) ||
								errors.Is(err, driver.ErrBadConn) || errors.Is(err, surrealsql.ErrTxDoomed) || surrealsql.IsRetryable(err), "%v", err)
						}
						cancel()
					}
				})
			}
			workers.Wait()
			t.Logf("%d calls, %d that failed", done.Load(), failed.Load())
			require.NotZero(t, done.Load())
			for _, n := range all {
				ctx := surrealsql.WithSession(t.Context(), n.as)
				require.Zero(t, drivertest.QueryOne[int](t, onlyIn{ctx, db}, `RETURN count(SELECT * FROM count WHERE owner != $tenant)`), n.name)
			}
		})
	}
}

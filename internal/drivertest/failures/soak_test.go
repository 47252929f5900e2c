package failures

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/drivertest"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// Many queries with random deadlines leave nothing: no connection, no goroutine, no answer to
// another's query.

// soakQueries is how many queries the soak makes: 2,000, or what
// SURREALSQL_SOAK says, as in
//
//	SURREALSQL_SOAK=200000 go test -race -run Soak -timeout 1h ./internal/drivertest/failures
func soakQueries(t testing.TB) int { return drivertest.FromEnv(t, "SURREALSQL_SOAK", 2000) }

// It runs alone, before the parallel tests: it counts what the process holds.
func TestSoakOfRandomDeadlinesLeavesNoConnectionGoroutineOrWrongAnswer(t *testing.T) {
	const callers, most = 16, 8
	queries := soakQueries(t)
	server := surrealtest.New(t, surrealtest.Options{Engine: surrealtest.EngineNPM})
	dsn := server.TestDSN(t)
	token := soakToken(t, dsn)
	before := goleak.IgnoreCurrent()
	var used drivertest.Sockets
	db := drivertest.OpenDB(t, dsn, used.Use, func(cfg *surrealsql.Config) {
		// A password is hashed for 20 ms, so that no caller could connect in time.
		cfg.User, cfg.Password, cfg.Token = "", "", token
	})
	db.SetMaxOpenConns(most)
	drivertest.KeepIdle(db, most)

	var served, late atomic.Int64
	var wg sync.WaitGroup
	for caller := range callers {
		wg.Go(func() {
			for i := caller; i < queries; i += callers {
				switch err := soak(db, i); {
				case err == nil:
					served.Add(1)
				case errors.Is(err, context.DeadlineExceeded):
					late.Add(1)
				default:
					t.Errorf("query %d: %v", i, err)
				}
			}
		})
	}
	wg.Wait()
	_, opened := used.Count()
	t.Logf("%d queries were served, %d were late, over %d connections", served.Load(), late.Load(), opened)
	require.EqualValues(t, queries, served.Load()+late.Load())
	require.Greater(t, served.Load(), int64(queries/100), "too few to mean anything")
	require.Greater(t, late.Load(), int64(queries/100), "too few to mean anything")

	// database/sql rolls back in a goroutine of its own where the context has ended, and
	// package pool may go on with a dial whose caller has given up.
	require.Eventually(t, func() bool { return db.Stats().InUse == 0 && drivertest.Connecting(db) == 0 }, drivertest.Patience, time.Millisecond)
	open, _ := used.Count()
	require.Equal(t, drivertest.OpenConns(db), open)
	require.LessOrEqual(t, used.Most(), most)
	drivertest.RequireGood(t, db)
	require.NoError(t, db.Close())
	open, _ = used.Count()
	require.Zero(t, open)
	awaitServer(t, server, 0)
	goleak.VerifyNone(t, before)
}

// soak makes one query of some kind that must be answered with i, if in time.
func soak(db *sql.DB, i int) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Duration(rand.Int64N(int64(20*time.Millisecond)+1)))
	defer cancel()
	var got int
	var err error
	switch i % 4 {
	case 0:
		err = db.QueryRowContext(ctx, "RETURN $1", i).Scan(&got)
	case 1:
		err = db.QueryRowContext(ctx, "LET $slept = sleep(5ms); RETURN $1", i).Scan(&got)
	case 2:
		got, err = soakRows(ctx, db, i)
	case 3:
		got, err = soakTx(ctx, db, i)
	}
	if err == nil && got != i {
		return fmt.Errorf("got %d, which is the answer to another", got)
	}
	return err
}

// soakRows reads a result of many rows.
func soakRows(ctx context.Context, db *sql.DB, i int) (int, error) {
	rows, err := db.QueryContext(ctx, "SELECT VALUE $1 FROM array::range(0, 500)", i)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	got, n := i, 0
	for ; rows.Next(); n++ {
		var v int
		if err := rows.Scan(&v); err != nil {
			return 0, err
		}
		if v != i {
			got = v
		}
	}
	if err := rows.Err(); err != nil {
		return 0, err
	}
	if n != 500 {
		return 0, fmt.Errorf("%d rows came instead of 500", n)
	}
	return got, nil
}

func soakTx(ctx context.Context, db *sql.DB, i int) (got int, err error) {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return 0, err
	}
	defer tx.Rollback()
	err = tx.QueryRowContext(ctx, "CREATE ONLY soak CONTENT { n: $1 } RETURN VALUE n", i).Scan(&got)
	if err == nil {
		err = tx.Commit()
	}
	if errors.Is(err, sql.ErrTxDone) && ctx.Err() != nil {
		return 0, ctx.Err() // database/sql was faster to roll back
	}
	return got, err
}

// soakToken defines an access by JWT for root users, who alone may SLEEP, and makes
// a token for it.
func soakToken(t testing.TB, dsn string) string {
	t.Helper()
	const key = "only this test knows"
	db := drivertest.OpenDB(t, dsn)
	defer db.Close()
	drivertest.MustExec(t, db, "DEFINE ACCESS soak ON ROOT TYPE JWT ALGORITHM HS256 KEY '"+key+"'")
	drivertest.MustExec(t, db, "DEFINE TABLE soak")
	part := func(v any) string {
		b, err := json.Marshal(v)
		require.NoError(t, err)
		return base64.RawURLEncoding.EncodeToString(b)
	}
	signed := part(map[string]any{"alg": "HS256", "typ": "JWT"}) + "." + part(map[string]any{
		"exp": time.Now().Add(time.Hour).Unix(), "ac": "soak", "rl": []string{"Owner"},
	})
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(signed))
	return signed + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

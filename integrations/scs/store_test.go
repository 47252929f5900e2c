package surrealscs_test

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/surrealsql/surrealsql"
	surrealscs "github.com/surrealsql/surrealsql/integrations/scs"
	"github.com/surrealsql/surrealsql/surrealtest"
)

func TestMain(m *testing.M) {
	// scs.New starts a store in memory, which goes on when another one is set in its place.
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/alexedwards/scs/v2/memstore.(*MemStore).startCleanup"))
}

func open(t *testing.T) *sql.DB {
	t.Helper()
	db, err := sql.Open(surrealsql.DriverName, surrealtest.DSN(t))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}

// newStore is a store whose table is there, and which deletes nothing by itself.
func newStore(t *testing.T, db *sql.DB) *surrealscs.Store {
	t.Helper()
	store := surrealscs.New(db, &surrealscs.Options{CleanupInterval: -1})
	require.NoError(t, store.Define(t.Context()))
	return store
}

func TestStoreFindsWhatWasCommitted(t *testing.T) {
	t.Parallel()
	store := newStore(t, open(t))
	// Tokens that are odd as ids, or as text.
	for i, token := range []string{"abc", "", "42", "a:b", "`⟩'\"\\", "018f3f0e-0000-7000-8000-000000000000", "ünï\x00x"} {
		data := []byte{0, byte(i), 0xff, '\''}
		require.NoError(t, store.Commit(token, []byte("first"), time.Now().Add(time.Hour)))
		require.NoError(t, store.Commit(token, data, time.Now().Add(time.Hour)))
		got, found, err := store.Find(token)
		require.NoError(t, err, token)
		require.True(t, found, token)
		require.Equal(t, data, got)

		require.NoError(t, store.Delete(token))
		require.NoError(t, store.Delete(token), "and no error where there is none")
		got, found, err = store.Find(token)
		require.NoError(t, err)
		require.False(t, found)
		require.Empty(t, got)
	}
	require.NoError(t, store.Commit("none", nil, time.Now().Add(time.Hour)))
	got, found, err := store.Find("none")
	require.NoError(t, err)
	require.True(t, found)
	require.Empty(t, got)
}

func TestStoreFindsNoSessionByWhatIsNoToken(t *testing.T) {
	t.Parallel()
	store := newStore(t, open(t))
	for _, token := range []string{"\xff", "a\x80b", "session:1", "1..2", "u'x'", "\x00"} {
		_, found, err := store.Find(token)
		require.NoError(t, err, "%q", token)
		require.False(t, found)
		require.NoError(t, store.Delete(token), "%q", token)
	}
}

func TestStoreFindsNoExpiredSessions(t *testing.T) {
	t.Parallel()
	db := open(t)
	store := newStore(t, db)
	all, err := store.All()
	require.NoError(t, err)
	require.NotNil(t, all)
	require.Empty(t, all)

	require.NoError(t, store.Commit("old", []byte("o"), time.Now().Add(-time.Second)))
	require.NoError(t, store.Commit("new", []byte("n"), time.Now().Add(time.Hour)))
	_, found, err := store.Find("old")
	require.NoError(t, err)
	require.False(t, found)
	all, err = store.All()
	require.NoError(t, err)
	require.Equal(t, map[string][]byte{"new": []byte("n")}, all)

	require.Equal(t, 2, records(t, db))
	require.NoError(t, store.DeleteExpired(t.Context()))
	require.Equal(t, 1, records(t, db))
}

func records(t *testing.T, db *sql.DB) (n int) {
	t.Helper()
	require.NoError(t, db.QueryRowContext(t.Context(), `RETURN count(SELECT * FROM session)`).Scan(&n))
	return n
}

func TestStoreDeletesExpiredSessionsUntilItIsClosed(t *testing.T) {
	t.Parallel()
	db := open(t)
	require.NoError(t, newStore(t, db).Commit("old", []byte("o"), time.Now().Add(-time.Second)))
	store := surrealscs.New(db, &surrealscs.Options{CleanupInterval: time.Millisecond})
	require.Eventually(t, func() bool { return records(t, db) == 0 }, 30*time.Second, time.Millisecond)
	require.NoError(t, store.Close())
	require.NoError(t, store.Close())

	// It may be used on. What was deleting when it was closed may come late, once.
	require.Eventually(t, func() bool {
		require.NoError(t, store.Commit("old", []byte("o"), time.Now().Add(-time.Second)))
		return records(t, db) == 1
	}, 30*time.Second, time.Millisecond)
}

// lines is a log that is read while it is written.
type lines struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

func TestStoreTellsTheLogWhatItCouldNotDelete(t *testing.T) {
	t.Parallel()
	db, err := sql.Open(surrealsql.DriverName, surrealtest.DSN(t))
	require.NoError(t, err)
	require.NoError(t, db.Close())
	var log lines
	store := surrealscs.New(db, &surrealscs.Options{CleanupInterval: time.Millisecond, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	require.Eventually(t, func() bool { return bytes.Contains([]byte(log.String()), []byte("database is closed")) }, 30*time.Second, time.Millisecond)
	require.NoError(t, store.Close())
}

func TestStoreTakesCommitsOfOneSessionAtOnce(t *testing.T) {
	t.Parallel()
	db := open(t)
	store := newStore(t, db)
	var all sync.WaitGroup
	errs := make(chan error, 64)
	for i := range 16 {
		all.Go(func() {
			for range 4 {
				errs <- store.Commit("one", fmt.Append(nil, i), time.Now().Add(time.Hour))
			}
		})
	}
	all.Wait()
	close(errs)
	for err := range errs {
		require.NoError(t, err)
	}
	data, found, err := store.Find("one")
	require.NoError(t, err)
	require.True(t, found)
	require.NotEmpty(t, data)
}

func TestStoreEndsWithItsContext(t *testing.T) {
	t.Parallel()
	store := newStore(t, open(t))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, _, err := store.FindCtx(ctx, "a")
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorIs(t, store.CommitCtx(ctx, "a", nil, time.Now()), context.Canceled)
	require.ErrorIs(t, store.DeleteCtx(ctx, "a"), context.Canceled)
	_, err = store.AllCtx(ctx)
	require.ErrorIs(t, err, context.Canceled)
}

func TestStoreKeepsTablesApart(t *testing.T) {
	t.Parallel()
	db := open(t)
	odd := surrealscs.New(db, &surrealscs.Options{Table: "my `odd` \\table", CleanupInterval: -1})
	require.NoError(t, odd.Define(t.Context()))
	require.NoError(t, odd.Define(t.Context()), "what is there stays")
	plain := newStore(t, db)
	require.NoError(t, odd.Commit("a", []byte("odd"), time.Now().Add(time.Hour)))
	_, found, err := plain.Find("a")
	require.NoError(t, err)
	require.False(t, found)
	all, err := odd.All()
	require.NoError(t, err)
	require.Equal(t, map[string][]byte{"a": []byte("odd")}, all)
}

func TestStoreWithoutItsTableSaysSo(t *testing.T) {
	t.Parallel()
	surrealtest.Needs(t, "3.0") // 2.x knows no missing tables
	store := surrealscs.New(open(t), &surrealscs.Options{CleanupInterval: -1})
	_, _, err := store.Find("a")
	require.True(t, surrealsql.IsNotFound(err), "%v", err)
}

// serve is what README.md shows.
func serve(ctx context.Context, db *sql.DB) (http.Handler, *surrealscs.Store, error) {
	store := surrealscs.New(db, nil) // Close ends the deleting of expired sessions
	if err := store.Define(ctx); err != nil {
		return nil, store, err
	}
	sessions := scs.New()
	sessions.Store = store
	sessions.Lifetime = 24 * time.Hour
	sessions.HashTokenInStore = true // who reads the table cannot take over a session

	mux := http.NewServeMux()
	mux.HandleFunc("/count", func(w http.ResponseWriter, r *http.Request) {
		n := sessions.GetInt(r.Context(), "count") + 1
		sessions.Put(r.Context(), "count", n)
		fmt.Fprint(w, n)
	})
	return sessions.LoadAndSave(mux), store, nil
}

func TestStoreServesASessionManager(t *testing.T) {
	t.Parallel()
	handler, store, err := serve(t.Context(), open(t))
	defer store.Close()
	require.NoError(t, err)
	server := httptest.NewServer(handler)
	defer server.Close()
	client := server.Client()
	client.Jar, err = cookiejar.New(nil)
	require.NoError(t, err)
	for want := 1; want <= 3; want++ {
		resp, err := client.Get(server.URL + "/count")
		require.NoError(t, err)
		var body bytes.Buffer
		_, err = body.ReadFrom(resp.Body)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		require.Equal(t, fmt.Sprint(want), body.String())
	}
	client.CloseIdleConnections()
	all, err := store.All()
	require.NoError(t, err)
	require.Len(t, all, 1)
}

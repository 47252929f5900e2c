package surrealfiber_test

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gofiber/fiber/v3"
	"github.com/gofiber/fiber/v3/middleware/session"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/surrealsql/surrealsql"
	surrealfiber "github.com/surrealsql/surrealsql/integrations/fiber"
	"github.com/surrealsql/surrealsql/surrealtest"
)

var _ fiber.Storage = (*surrealfiber.Storage)(nil)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m,
		// The clocks of fasthttp and of fiber tick as long as the program runs.
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.updateServerDate.func1"),
		goleak.IgnoreAnyFunction("github.com/gofiber/utils/v2.StartTimeStampUpdater.func1.1"),
	)
}

func open(t *testing.T) *sql.DB {
	t.Helper()
	db, err := sql.Open(surrealsql.DriverName, surrealtest.DSN(t))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}

// newStorage is one whose table is there, and which deletes nothing by itself.
func newStorage(t *testing.T, db *sql.DB) *surrealfiber.Storage {
	t.Helper()
	storage := surrealfiber.New(db, &surrealfiber.Options{CleanupInterval: -1})
	require.NoError(t, storage.Define(t.Context()))
	return storage
}

func TestStorageGetsWhatWasSet(t *testing.T) {
	t.Parallel()
	storage := newStorage(t, open(t))
	for i, key := range []string{"john", "42", "a:b", "`⟩'\"\\", "018f3f0e-0000-7000-8000-000000000000", "ünï\x00x", "\xff", "\xfe", "x\x80"} {
		value := []byte{0, byte(i), 0xff, '\''}
		require.NoError(t, storage.Set(key, []byte("first"), 0))
		require.NoError(t, storage.Set(key, value, time.Hour))
		got, err := storage.Get(key)
		require.NoError(t, err, key)
		require.Equal(t, value, got)

		require.NoError(t, storage.Delete(key))
		require.NoError(t, storage.Delete(key), "and no error where there is none")
		got, err = storage.Get(key)
		require.NoError(t, err)
		require.Nil(t, got)
	}
}

// What fiber says of its interface: an empty key or value is ignored.
func TestStorageIgnoresEmptyKeysAndValues(t *testing.T) {
	t.Parallel()
	db := open(t)
	storage := newStorage(t, db)
	require.NoError(t, storage.Set("", []byte("x"), 0))
	require.NoError(t, storage.Set("a", nil, 0))
	require.NoError(t, storage.Set("a", []byte{}, 0))
	require.NoError(t, storage.Delete(""))
	got, err := storage.Get("")
	require.NoError(t, err)
	require.Nil(t, got)
	require.Zero(t, records(t, db))
}

func records(t *testing.T, db *sql.DB) (n int) {
	t.Helper()
	require.NoError(t, db.QueryRowContext(t.Context(), `RETURN count(SELECT * FROM fiber)`).Scan(&n))
	return n
}

func TestStorageGetsNoExpiredValues(t *testing.T) {
	t.Parallel()
	db := open(t)
	storage := newStorage(t, db)
	require.NoError(t, storage.Set("short", []byte("s"), time.Nanosecond))
	require.NoError(t, storage.Set("long", []byte("l"), time.Hour))
	require.NoError(t, storage.Set("ever", []byte("e"), 0))
	for key, want := range map[string][]byte{"short": nil, "long": []byte("l"), "ever": []byte("e")} {
		got, err := storage.Get(key)
		require.NoError(t, err)
		require.Equal(t, want, got, key)
	}
	require.Equal(t, 3, records(t, db))
	require.NoError(t, storage.DeleteExpired(t.Context()))
	require.Equal(t, 2, records(t, db))

	require.NoError(t, storage.Set("long", []byte("l"), 0))
	got, err := storage.Get("long")
	require.NoError(t, err)
	require.Equal(t, []byte("l"), got, "and no longer expires")

	require.NoError(t, storage.Reset())
	require.Zero(t, records(t, db))
}

func TestStorageDeletesExpiredValuesUntilItIsClosed(t *testing.T) {
	t.Parallel()
	db := open(t)
	require.NoError(t, newStorage(t, db).Set("old", []byte("o"), time.Nanosecond))
	storage := surrealfiber.New(db, &surrealfiber.Options{CleanupInterval: time.Millisecond})
	require.Eventually(t, func() bool { return records(t, db) == 0 }, 30*time.Second, time.Millisecond)
	require.NoError(t, storage.Close())
	require.NoError(t, storage.Close())

	// It may be used on. What was deleting when it was closed may come late, once.
	require.Eventually(t, func() bool {
		require.NoError(t, storage.Set("old", []byte("o"), time.Nanosecond))
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

func TestStorageTellsTheLogWhatItCouldNotDelete(t *testing.T) {
	t.Parallel()
	db, err := sql.Open(surrealsql.DriverName, surrealtest.DSN(t))
	require.NoError(t, err)
	require.NoError(t, db.Close())
	var log lines
	storage := surrealfiber.New(db, &surrealfiber.Options{CleanupInterval: time.Millisecond, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	require.Eventually(t, func() bool { return bytes.Contains([]byte(log.String()), []byte("database is closed")) }, 30*time.Second, time.Millisecond)
	require.NoError(t, storage.Close())
}

func TestStorageTakesValuesOfOneKeyAtOnce(t *testing.T) {
	t.Parallel()
	storage := newStorage(t, open(t))
	var all sync.WaitGroup
	errs := make(chan error, 64)
	for i := range 16 {
		all.Go(func() {
			for range 4 {
				errs <- storage.Set("one", fmt.Append(nil, i), time.Hour)
			}
		})
	}
	all.Wait()
	close(errs)
	for err := range errs {
		require.NoError(t, err)
	}
	value, err := storage.Get("one")
	require.NoError(t, err)
	require.NotEmpty(t, value)
}

func TestStorageEndsWithItsContext(t *testing.T) {
	t.Parallel()
	storage := newStorage(t, open(t))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := storage.GetWithContext(ctx, "a")
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorIs(t, storage.SetWithContext(ctx, "a", []byte("x"), 0), context.Canceled)
	require.ErrorIs(t, storage.DeleteWithContext(ctx, "a"), context.Canceled)
	require.ErrorIs(t, storage.ResetWithContext(ctx), context.Canceled)
}

func TestStorageKeepsTablesApart(t *testing.T) {
	t.Parallel()
	db := open(t)
	odd := surrealfiber.New(db, &surrealfiber.Options{Table: "my `odd` \\table", CleanupInterval: -1})
	require.NoError(t, odd.Define(t.Context()))
	require.NoError(t, odd.Define(t.Context()), "what is there stays")
	plain := newStorage(t, db)
	require.NoError(t, odd.Set("a", []byte("odd"), 0))
	require.NoError(t, plain.Reset())
	got, err := plain.Get("a")
	require.NoError(t, err)
	require.Nil(t, got)
	got, err = odd.Get("a")
	require.NoError(t, err)
	require.Equal(t, []byte("odd"), got)
}

// newApp is what README.md shows.
func newApp(ctx context.Context, db *sql.DB) (*fiber.App, *surrealfiber.Storage, error) {
	storage := surrealfiber.New(db, nil) // Close ends the deleting of expired values
	if err := storage.Define(ctx); err != nil {
		return nil, storage, err
	}
	app := fiber.New()
	app.Use(session.New(session.Config{Storage: storage}))
	app.Get("/count", func(c fiber.Ctx) error {
		s := session.FromContext(c)
		n, _ := s.Get("count").(int)
		s.Set("count", n+1)
		return c.SendString(fmt.Sprint(n + 1))
	})
	return app, storage, nil
}

// What a client sends as its cookie is any bytes; at an error the middleware panics.
func TestSessionsBeginForCookiesOfAnyBytes(t *testing.T) {
	t.Parallel()
	app := fiber.New()
	app.Use(session.New(session.Config{Storage: newStorage(t, open(t))}))
	app.Get("/", func(c fiber.Ctx) error {
		session.FromContext(c).Set("n", 1)
		return c.SendString("here")
	})
	for _, cookie := range []string{"\xff", "a\x80b", "ünï", strings.Repeat("x", 1<<10)} {
		req := httptest.NewRequest(http.MethodGet, "/", nil)
		req.Header.Set("Cookie", "session_id="+cookie)
		resp, err := app.Test(req, fiber.TestConfig{Timeout: time.Minute})
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		require.Equal(t, http.StatusOK, resp.StatusCode)
		require.Len(t, resp.Cookies(), 1, "a new session")
		require.NotEqual(t, cookie, resp.Cookies()[0].Value)
	}
}

func TestStorageKeepsTheSessionsOfAnApp(t *testing.T) {
	t.Parallel()
	db := open(t)
	app, storage, err := newApp(t.Context(), db)
	defer storage.Close()
	require.NoError(t, err)
	var cookies []*http.Cookie
	for want := 1; want <= 3; want++ {
		req := httptest.NewRequest(http.MethodGet, "/count", nil)
		for _, c := range cookies {
			req.AddCookie(c)
		}
		resp, err := app.Test(req, fiber.TestConfig{Timeout: time.Minute})
		require.NoError(t, err)
		var body bytes.Buffer
		_, err = body.ReadFrom(resp.Body)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		require.Equal(t, fmt.Sprint(want), body.String())
		cookies = resp.Cookies()
		require.NotEmpty(t, cookies)
	}
	require.Equal(t, 1, records(t, db))
}

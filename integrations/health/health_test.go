package surrealhealth

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"expvar"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/pool"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// Checks of a database that is there, that is not, and that is busy.

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// ask sends a request to a handler.
func ask(t *testing.T, h http.Handler, method string) (code int, report Report, text string) {
	t.Helper()
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, httptest.NewRequestWithContext(t.Context(), method, "/", nil))
	text = rec.Body.String()
	if method == http.MethodGet {
		require.NoError(t, json.Unmarshal([]byte(text), &report), text)
		require.Equal(t, "application/json", rec.Header().Get("Content-Type"))
	}
	if rec.Code != http.StatusMethodNotAllowed {
		require.Equal(t, "no-store", rec.Header().Get("Cache-Control"))
	}
	return rec.Code, report, text
}

func openDB(t *testing.T, dsn string) *sql.DB {
	t.Helper()
	db, err := sql.Open("surrealdb", dsn)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}

func TestReadyAsksTheDatabaseAndLiveDoesNot(t *testing.T) {
	t.Parallel()
	h := ForDB(openDB(t, surrealtest.DSN(t)), Settings{Timeout: time.Minute})
	require.Equal(t, "unknown", h.report().Status)
	code, report, _ := ask(t, h.Ready(), http.MethodGet)
	require.Equal(t, http.StatusOK, code)
	require.Equal(t, "ok", report.Status)
	require.Equal(t, Pool{Open: 1, Idle: 1}, report.Pool)
	require.NotZero(t, report.Checked)

	code, report, text := ask(t, h.Live(), http.MethodGet)
	require.Equal(t, http.StatusOK, code)
	require.Equal(t, "{\"status\":\"ok\"}\n", text)
	require.Equal(t, "ok", report.Status)
	code, _, text = ask(t, h.Ready(), http.MethodHead)
	require.Equal(t, http.StatusOK, code)
	require.Empty(t, text)
	code, _, _ = ask(t, h.Ready(), http.MethodPost)
	require.Equal(t, http.StatusMethodNotAllowed, code)
}

func TestReadyFindsThatTheDatabaseIsGoneAndBack(t *testing.T) {
	t.Parallel()
	dsn := surrealtest.DSN(t)
	cfg, err := surrealsql.ParseDSN(dsn)
	require.NoError(t, err)
	proxy := surrealtest.NewProxy(t, cfg.Hosts[0])
	cfg, err = surrealsql.ParseDSN(proxy.DSN(dsn))
	require.NoError(t, err)
	var down atomic.Bool
	cfg.ConnectAttempts = 1
	cfg.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
		if down.Load() {
			return nil, errors.New("no route to s3cret")
		}
		return new(net.Dialer).DialContext(ctx, network, addr)
	}
	connector, err := surrealsql.NewConnector(cfg)
	require.NoError(t, err)
	db := sql.OpenDB(connector)
	defer func() { require.NoError(t, db.Close()) }()
	var told []error
	h := ForDB(db, Settings{
		Timeout: time.Minute, Keep: -1, Changed: func(err error) { told = append(told, err) },
	})
	ready := func() (int, string) {
		code, report, text := ask(t, h.Ready(), http.MethodGet)
		require.NotContains(t, text, "127.0.0.1")
		require.NotContains(t, text, "s3cret")
		return code, report.Reason
	}
	code, _ := ready()
	require.Equal(t, http.StatusOK, code)
	down.Store(true)
	proxy.CutAll(surrealtest.CutFIN)
	code, reason := ready()
	require.Equal(t, http.StatusServiceUnavailable, code)
	require.Equal(t, "connection", reason)
	_, _ = ready()
	code, _, _ = ask(t, h.Live(), http.MethodGet)
	require.Equal(t, http.StatusOK, code)
	down.Store(false)
	code, _ = ready()
	require.Equal(t, http.StatusOK, code)
	require.Len(t, told, 3)
	require.NoError(t, told[0])
	require.Error(t, told[1])
	require.NoError(t, told[2])
}

func TestReadySaysThatThePoolIsBusy(t *testing.T) {
	t.Parallel()
	p, err := pool.Open(t.Context(), surrealtest.DSN(t), func(s *pool.Settings) {
		s.Min, s.Max, s.AcquireTimeout = 1, 1, 10*time.Millisecond
	})
	require.NoError(t, err)
	h := ForPool(p, Settings{Timeout: time.Minute, Keep: -1})
	conn, err := p.Acquire(t.Context())
	require.NoError(t, err)
	code, report, _ := ask(t, h.Ready(), http.MethodGet)
	require.Equal(t, http.StatusServiceUnavailable, code)
	require.Equal(t, "busy", report.Reason)
	require.Equal(t, Pool{Open: 1, InUse: 1}, report.Pool)
	require.NoError(t, conn.Close())
	code, _, _ = ask(t, h.Ready(), http.MethodGet)
	require.Equal(t, http.StatusOK, code)

	require.NoError(t, p.Close())
	_, report, _ = ask(t, h.Ready(), http.MethodGet)
	require.Equal(t, "closed", report.Reason)
}

func TestReadyDoesNotAcceptAWrongPassword(t *testing.T) {
	t.Parallel()
	cfg, err := surrealsql.ParseDSN(surrealtest.DSN(t))
	require.NoError(t, err)
	cfg.Password = "s3cret"
	connector, err := surrealsql.NewConnector(cfg)
	require.NoError(t, err)
	db := sql.OpenDB(connector)
	defer func() { require.NoError(t, db.Close()) }()
	_, report, text := ask(t, ForDB(db, Settings{Timeout: time.Minute}).Ready(), http.MethodGet)
	require.Equal(t, "unauthorized", report.Reason)
	require.NotContains(t, text, "s3cret")
}

func TestStopMakesItUnreadyWithoutACheck(t *testing.T) {
	t.Parallel()
	var checks atomic.Int64
	h := ForDB(openDB(t, "surrealdb://127.0.0.1:1/a/b"), Settings{Check: func(context.Context) error { checks.Add(1); return nil }})
	h.Stop()
	code, report, _ := ask(t, h.Ready(), http.MethodGet)
	require.Equal(t, http.StatusServiceUnavailable, code)
	require.Equal(t, "stopping", report.Reason)
	require.Zero(t, checks.Load())
	code, _, _ = ask(t, h.Live(), http.MethodGet)
	require.Equal(t, http.StatusOK, code)
}

// inBubble makes a Health whose checks are the test's, in fake time.
func inBubble(t *testing.T, s Settings, test func(h *Health)) {
	t.Parallel()
	synctest.Test(t, func(*testing.T) {
		test(newHealth(s, nil, func() Pool { return Pool{} }))
		synctest.Wait()
	})
}

func TestManyWhoAskShareOneCheck(t *testing.T) {
	var checks, running, most atomic.Int64
	inBubble(t, Settings{Check: func(ctx context.Context) error {
		checks.Add(1)
		most.Store(max(most.Load(), running.Add(1)))
		defer running.Add(-1)
		time.Sleep(500 * time.Millisecond)
		return nil
	}}, func(h *Health) {
		var work sync.WaitGroup
		for i := range 200 {
			work.Go(func() {
				time.Sleep(time.Duration(i) * time.Millisecond)
				require.Equal(t, "ok", h.Check(context.Background()).Status)
			})
		}
		work.Wait()
		require.EqualValues(t, 1, checks.Load())
		time.Sleep(999 * time.Millisecond)
		h.Check(context.Background())
		require.EqualValues(t, 1, checks.Load(), "its outcome is kept for a second")
		time.Sleep(time.Second)
		h.Check(context.Background())
		require.EqualValues(t, 2, checks.Load())
		require.EqualValues(t, 1, most.Load())
	})
}

func TestChecksDoNotPileUpBehindOneThatHangs(t *testing.T) {
	var checks atomic.Int64
	var release chan struct{}
	inBubble(t, Settings{Timeout: time.Second, Check: func(context.Context) error {
		checks.Add(1)
		<-release // it does not look at its context
		return errors.New("late")
	}}, func(h *Health) {
		release = make(chan struct{})
		for range 20 {
			began := time.Now()
			report := h.Check(context.Background())
			require.Equal(t, "timeout", report.Reason)
			require.LessOrEqual(t, time.Since(began), 1100*time.Millisecond)
			time.Sleep(time.Second)
		}
		require.EqualValues(t, 1, checks.Load())
		close(release)
		synctest.Wait()
		require.Equal(t, "error", h.Check(context.Background()).Reason)
	})
}

func TestCheckSaysWhyItTookTooLong(t *testing.T) {
	inBubble(t, Settings{Check: func(ctx context.Context) error {
		<-ctx.Done()
		return &pool.AcquireTimeoutError{}
	}}, func(h *Health) {
		require.Equal(t, "busy", h.Check(context.Background()).Reason)
	})
}

func TestCheckOutlivesTheOneWhoAskedFirst(t *testing.T) {
	inBubble(t, Settings{Check: func(ctx context.Context) error {
		select {
		case <-time.After(time.Second):
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}}, func(h *Health) {
		ctx, leave := context.WithTimeout(context.Background(), 100*time.Millisecond)
		defer leave()
		go h.Check(ctx)
		time.Sleep(200 * time.Millisecond)
		require.Equal(t, "ok", h.Check(context.Background()).Status)
	})
}

func TestCheckThatEndsItsGoroutineIsAnError(t *testing.T) {
	inBubble(t, Settings{Check: func(context.Context) error { runtime.Goexit(); return nil }}, func(h *Health) {
		require.Equal(t, "error", h.Check(context.Background()).Reason)
	})
}

func TestReasonsAreAFewWords(t *testing.T) {
	t.Parallel()
	h := newHealth(Settings{}, nil, nil)
	for want, err := range map[string]error{
		"timeout":      context.DeadlineExceeded,
		"busy":         fmt.Errorf("x: %w", pool.ErrTooManyWaiters),
		"closed":       pool.ErrClosed,
		"unauthorized": surrealsql.ErrAuth,
		"connection":   &surrealsql.ConnError{Err: errors.New("x")},
		"error":        errors.New("s3cret"),
	} {
		require.Equal(t, want, h.reason(err), "%v", err)
	}
}

func TestHealthIsAnExpvar(t *testing.T) {
	t.Parallel()
	h := ForDB(openDB(t, surrealtest.DSN(t)), Settings{Timeout: time.Minute})
	var v expvar.Var = h
	require.JSONEq(t, `{"status":"unknown","millis":0,"pool":{"open":0,"in_use":0,"idle":0,"waiting":0}}`, v.String())
	h.Check(t.Context())
	var report Report
	require.NoError(t, json.Unmarshal([]byte(v.String()), &report))
	require.Equal(t, "ok", report.Status)
}

package main

import (
	"context"
	"encoding/json"
	"flag"
	"io"
	"net/http"
	"regexp"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql/surrealtest"
)

// served is the program from its beginning to its end: stop has it end, and says how.
func served(t *testing.T, cfg config) (out *output, api, ops string, stop func() error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	out = new(output)
	ended := make(chan error, 1)
	go func() { ended <- serve(ctx, cfg, out) }()
	stop = sync.OnceValue(func() error { cancel(); return <-ended })
	t.Cleanup(func() { _ = stop() })
	addresses := regexp.MustCompile(`api=(http://\S+) ops=(http://\S+)`)
	require.Eventually(t, func() bool {
		found := addresses.FindStringSubmatch(out.String())
		if found != nil {
			api, ops = found[1], found[2]
		}
		return found != nil || len(ended) > 0
	}, patience, time.Millisecond)
	require.NotEmpty(t, api, "the program ended early")
	return out, api, ops, stop
}

// Clients order, follow and export when the program is asked to end: each request gets its answer or
// is refused as a whole, streams end by themselves, and nothing is left (TestMain looks for
// goroutines).
func TestEndUnderLoadAnswersWhatIsUnderWayAndLeavesNothing(t *testing.T) {
	t.Parallel()
	_, api, ops, stop := served(t, testConfig(t, "north"))
	web := &http.Client{Transport: &http.Transport{}}
	defer web.CloseIdleConnections()
	bob := &client{started: &started{t: t, url: api, http: web}, shop: "north", email: "bob@example.com"}
	status, body := bob.do("POST", "/users", account{bob.email, password})
	require.Equal(t, http.StatusCreated, status, body)
	require.NoError(t, json.Unmarshal([]byte(body), &bob.tokens))
	res, err := web.Get(ops + "/readyz")
	require.NoError(t, err)
	_ = res.Body.Close()
	require.Equal(t, http.StatusOK, res.StatusCode)

	var answers, refused atomic.Int32
	var work sync.WaitGroup
	begun := make(chan struct{}, 100)
	for range 8 {
		work.Go(func() {
			for {
				status, body := bob.do("GET", "/orders", nil)
				switch status {
				case http.StatusOK:
					answers.Add(1)
				case 0: // connection refused, or closed before the request was taken
					refused.Add(1)
					return
				default:
					t.Errorf("%d %s", status, body)
					return
				}
				select {
				case begun <- struct{}{}:
				default:
				}
			}
		})
	}
	f := bob.follow()
	name, _ := f.next()
	require.Equal(t, "orders", name)
	<-begun
	began := time.Now()
	require.NoError(t, stop())
	require.Less(t, time.Since(began), patience, "nothing had to be cut off")
	for name == "orders" || name == "order" {
		name, _ = f.next()
	}
	require.Equal(t, "ending", name)
	work.Wait()
	require.Positive(t, answers.Load())
	require.EqualValues(t, 8, refused.Load())
}

func TestEndCutsOffWhoDoesNotEndInTime(t *testing.T) {
	t.Parallel()
	cfg := testConfig(t, "north")
	cfg.drain = 100 * time.Millisecond
	s, err := open(t.Context(), cfg, io.Discard)
	require.NoError(t, err)
	held, err := s.db.Conn(t.Context())
	require.NoError(t, err)
	late, cancel := context.WithTimeout(t.Context(), cfg.drain)
	defer cancel()
	require.ErrorContains(t, s.close(late), "1")
	require.Error(t, held.PingContext(t.Context()))
	_ = held.Close()
}

func TestReadinessEndsWithTheDatabase(t *testing.T) {
	t.Parallel()
	cfg, proxy := proxied(t, "north")
	_, _, ops, _ := served(t, cfg)
	web := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	status := func(path string) int {
		res, err := web.Get(ops + path)
		require.NoError(t, err)
		defer res.Body.Close()
		return res.StatusCode
	}
	require.Equal(t, http.StatusOK, status("/readyz"))
	require.NoError(t, proxy.Refuse(true))
	proxy.CutAll(surrealtest.CutRST)
	require.Eventually(t, func() bool { return status("/readyz") == http.StatusServiceUnavailable }, patience, 20*time.Millisecond)
	require.Equal(t, http.StatusOK, status("/livez"))
	require.NoError(t, proxy.Refuse(false))
	require.Eventually(t, func() bool { return status("/readyz") == http.StatusOK }, patience, 20*time.Millisecond)
}

func TestShopThatIsNamedTwiceIsOne(t *testing.T) {
	t.Setenv("SHOPS", "north, south,,north")
	cfg, err := configFromEnv(t.Context())
	require.NoError(t, err)
	require.Equal(t, []string{"north", "south"}, cfg.shops)
}

func TestArgumentsThatAreWrongAreErrors(t *testing.T) {
	require.ErrorContains(t, run(t.Context(), []string{"sell"}, io.Discard), `"sell"`)
	require.ErrorIs(t, run(t.Context(), []string{"import", "-help"}, io.Discard), flag.ErrHelp)
	for variable, value := range map[string]string{
		"POOL_MAX": "0", "DRAIN_TIMEOUT": "soon", "LOG_LEVEL": "loud", "SURREALDB_URL": "postgres://x",
	} {
		t.Run(variable, func(t *testing.T) {
			t.Setenv(variable, value)
			require.ErrorContains(t, run(t.Context(), []string{"staff"}, io.Discard), variable)
		})
	}
	cfg := testConfig(t, "north")
	cfg.listen = "nowhere:x"
	require.Error(t, serve(t.Context(), cfg, io.Discard))
	cfg = testConfig(t, "north")
	cfg.ops = "nowhere:x"
	require.Error(t, serve(t.Context(), cfg, io.Discard))
	cfg.database.Hosts = []string{"127.0.0.1:1"}
	require.Error(t, serve(t.Context(), cfg, io.Discard))
}

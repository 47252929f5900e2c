package pool_test

import (
	"context"
	"fmt"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/scripted"
	"github.com/surrealsql/surrealsql/pool"
)

// lineman is a dialer to a server of pipes, which can be broken in several ways.
// It counts.
type lineman struct {
	mu    sync.Mutex
	srv   *scripted.Server
	fault func(ctx context.Context) (net.Conn, error) // nil while all is well
	dials map[string]int
	down  map[string]bool          // hosts that refuse
	held  map[string]chan struct{} // hosts that let wait
}

func (m *lineman) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	m.mu.Lock()
	if m.dials == nil {
		m.dials = make(map[string]int)
	}
	m.dials[addr]++
	fault := m.fault
	if m.down[addr] {
		fault = refuse
	}
	held := m.held[addr]
	m.mu.Unlock()
	if held != nil {
		select {
		case <-held:
		case <-ctx.Done(): // or a test that fails before its release would never end
			return nil, ctx.Err()
		}
	}
	if fault != nil {
		return fault(ctx)
	}
	return m.srv.Dial(ctx, network, addr)
}

func (m *lineman) set(fault func(context.Context) (net.Conn, error)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.fault = fault
}

func (m *lineman) dialled(addr string) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.dials[addr]
}

func refuse(context.Context) (net.Conn, error) { return nil, errRefused }

// changes notes the transitions of a breaker.
type changes struct {
	mu  sync.Mutex
	all []string
}

func (c *changes) note(addr string, from, to pool.BreakerState) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all = append(c.all, fmt.Sprintf("%s: %s to %s", addr, from, to))
}

// broken is a connector with a breaker, whose network is a lineman's, in a bubble.
type broken struct {
	lineman
	changes
	breaker   *pool.Breaker
	connector *surrealsql.Connector
}

const home = "127.0.0.1:8000"

func newBroken(t *testing.T, s pool.BreakerSettings, script func(*scripted.Conn), change ...func(*surrealsql.Config)) *broken {
	b := new(broken)
	b.srv = scripted.Pipes(t, script)
	s.OnChange = b.note
	b.breaker = pool.NewBreaker(s)
	cfg, err := surrealsql.ParseDSN(b.srv.DSN("connect_backoff=1s", "health_check_interval=0", "ping_after_idle=0"))
	require.NoError(t, err)
	cfg.DialContext = b.dial
	for _, f := range change {
		f(cfg)
	}
	b.breaker.Install(cfg)
	b.connector, err = surrealsql.NewConnector(cfg)
	require.NoError(t, err)
	return b
}

// connect makes a connection, and closes it.
func (b *broken) connect(ctx context.Context) error {
	c, err := b.connector.Connect(ctx)
	if err == nil {
		err = c.Close()
	}
	return err
}

// requireOpen asserts that a connect is refused at once, and returns why.
func (b *broken) requireOpen(t *testing.T) *pool.BreakerOpenError {
	t.Helper()
	before, started := b.dialled(home), time.Now()
	err := b.connect(t.Context())
	require.ErrorIs(t, err, pool.ErrBreakerOpen)
	require.True(t, surrealsql.IsConnectivity(err), "%v", err)
	var open *pool.BreakerOpenError
	require.ErrorAs(t, err, &open)
	require.Equal(t, home, open.Addr)
	require.Equal(t, before, b.dialled(home), "nobody asked the server")
	require.Equal(t, started, time.Now(), "and there was nothing to wait for")
	return open
}

func once(c *surrealsql.Config) { c.ConnectAttempts = 1 }

// stall lets dials to a host wait until release is called.
func (m *lineman) stall(addr string) (release func()) {
	hold := make(chan struct{})
	m.set(nil)
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.held == nil {
		m.held = make(map[string]chan struct{})
	}
	m.held[addr] = hold
	return func() { close(hold) }
}

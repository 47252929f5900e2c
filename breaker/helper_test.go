package breaker_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/breaker"
	"github.com/surrealsql/surrealsql/internal/drivertest"
	"github.com/surrealsql/surrealsql/internal/scripted"
)

// What the tests of the package share.

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// site is a server in a bubble of fake time, and a connector to it with a breaker.
type site struct {
	*drivertest.Pipes
	changes
	breaker   *breaker.Breaker
	connector *surrealsql.Connector
}

// changes notes the transitions of a breaker.
type changes struct {
	mu  sync.Mutex
	all []string
}

func (c *changes) note(addr string, from, to breaker.State) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all = append(c.all, fmt.Sprintf("%s: %s to %s", addr, from, to))
}

// home is the server's address.
const home = "127.0.0.1:8000"

func newSite(t *testing.T, s breaker.Settings, script func(*scripted.Conn), change ...func(*surrealsql.Config)) *site {
	b := &site{Pipes: drivertest.NewPipes(scripted.Pipes(t, script))}
	s.OnChange = b.note
	b.breaker = breaker.New(s)
	cfg, err := surrealsql.ParseDSN(b.Server.DSN("connect_backoff=1s", "health_check_interval=0", "ping_after_idle=0"))
	require.NoError(t, err)
	cfg.DialContext = b.Dial
	for _, f := range change {
		f(cfg)
	}
	b.breaker.Install(cfg)
	b.connector, err = surrealsql.NewConnector(cfg)
	require.NoError(t, err)
	return b
}

// once makes a connect one attempt.
func once(c *surrealsql.Config) { c.ConnectAttempts = 1 }

// connect makes a connection, and closes it.
func (b *site) connect(ctx context.Context) error {
	c, err := b.connector.Connect(ctx)
	if err == nil {
		err = c.Close()
	}
	return err
}

// requireOpen asserts that a connect is refused at once, and returns why.
func (b *site) requireOpen(t *testing.T) *breaker.OpenError {
	t.Helper()
	before, started := b.Dialled(home), time.Now()
	err := b.connect(t.Context())
	require.ErrorIs(t, err, breaker.ErrOpen)
	require.True(t, surrealsql.IsConnectivity(err), "%v", err)
	var open *breaker.OpenError
	require.ErrorAs(t, err, &open)
	require.Equal(t, home, open.Addr)
	require.Equal(t, before, b.Dialled(home), "nobody asked the server")
	require.Equal(t, started, time.Now(), "and there was nothing to wait for")
	return open
}

package pool

// What a breaker makes of the health of a pool.

import (
	"context"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/breaker"
)

func TestHealthIsThatOfTheBestHost(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := breaker.New(breaker.Settings{Failures: 1, OpenFor: time.Second})
		fail := func(host string) {
			cfg := &surrealsql.Config{Hosts: []string{host}, ConnectAttempts: 1}
			cfg.DialContext = func(context.Context, string, string) (net.Conn, error) { return nil, errChaos }
			b.Install(cfg)
			connector, err := surrealsql.NewConnector(cfg)
			require.NoError(t, err)
			_, err = connector.Connect(t.Context())
			require.ErrorIs(t, err, errChaos)
		}
		fail("half:1")
		time.Sleep(time.Second)
		fail("open:1")
		for want, orders := range map[breaker.State][][]string{
			breaker.Closed: {nil, {"closed:1"}, {"closed:1", "half:1", "open:1"}, {"half:1", "closed:1"},
				{"open:1", "closed:1", "open:1"}},
			breaker.HalfOpen: {{"half:1"}, {"half:1", "open:1"}, {"open:1", "half:1"}},
			breaker.Open:     {{"open:1", "open:1"}},
		} {
			for _, hosts := range orders {
				require.Equal(t, want, bestState(b, hosts), hosts)
			}
		}
		require.Equal(t, breaker.Closed, bestState(nil, []string{"open:1"}))
	})
}

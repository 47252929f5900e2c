package pool

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/surrealsql/surrealsql"
)

func TestAReplicaIsAsWellAsItsBestHost(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := NewBreaker(BreakerSettings{Failures: 1, OpenFor: time.Second})
		failed := &surrealsql.ConnError{Op: "connect", Err: errChaos}
		b.observe("half", failed)
		time.Sleep(time.Second)
		b.observe("open", failed)
		for want, orders := range map[BreakerState][][]string{
			BreakerClosed:   {nil, {"closed"}, {"closed", "half", "open"}, {"half", "closed"}, {"open", "closed", "open"}},
			BreakerHalfOpen: {{"half"}, {"half", "open"}, {"open", "half"}},
			BreakerOpen:     {{"open", "open"}},
		} {
			for _, hosts := range orders {
				require.Equal(t, want, b.best(hosts), hosts)
			}
		}
		require.Equal(t, BreakerClosed, (*Breaker)(nil).best([]string{"open"}))
	})
}

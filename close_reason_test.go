package surrealsql_test

import (
	"context"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// closings is a tracer that notes why connections are closed.
type closings struct {
	tracer
	mu      sync.Mutex
	reasons []string
}

func (*closings) ConnectEnd(context.Context, surrealsql.ConnectEnd) {}

func (*closings) QueryStart(ctx context.Context, _ surrealsql.QueryStart) context.Context { return ctx }

func (*closings) QueryEnd(context.Context, surrealsql.QueryEnd) {}

func (c *closings) CloseStart(ctx context.Context, start surrealsql.CloseStart) context.Context {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.reasons = append(c.reasons, start.Reason)
	return ctx
}

func (*closings) CloseEnd(context.Context, surrealsql.CloseEnd) {}

func (c *closings) seen() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.reasons)
}

func TestATracerIsToldWhyAConnectionIsClosed(t *testing.T) {
	t.Parallel()
	told := new(closings)
	db := plainDB(t, surrealtest.DSN(t), func(cfg *surrealsql.Config) { cfg.Tracer, cfg.MaxUses = told, 2 })

	require.NoError(t, db.PingContext(t.Context()))
	require.NoError(t, db.PingContext(t.Context()))
	require.Equal(t, []string{"max_uses is reached"}, told.seen())

	require.NoError(t, db.PingContext(t.Context()))
	db.SetMaxIdleConns(-1)
	require.Equal(t, "the pool let go of it", told.seen()[1])
}

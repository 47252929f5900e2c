package ctxerr_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql/internal/ctxerr"
)

// The error of a context that has ended, with its cause.

func TestContextErrorTellsItsCauseOnce(t *testing.T) {
	t.Parallel()
	why := errors.New("why")
	ctx, cancel := context.WithCancelCause(context.Background())
	require.NoError(t, ctxerr.Of(ctx))
	cancel(why)
	require.EqualError(t, ctxerr.Of(ctx), "context canceled: why")
	require.ErrorIs(t, ctxerr.Of(ctx), context.Canceled)
	require.ErrorIs(t, ctxerr.Of(ctx), why)

	ctx, cancel = context.WithCancelCause(context.Background())
	cancel(fmt.Errorf("the service stops: %w", context.Canceled))
	require.EqualError(t, ctxerr.Of(ctx), "the service stops: context canceled")

	late, stop := context.WithDeadline(context.Background(), time.Unix(0, 0))
	defer stop()
	require.Equal(t, context.DeadlineExceeded, ctxerr.Of(late))
}

// Package ctxerr says with which error a context has ended.
package ctxerr

import (
	"context"
	"errors"
	"fmt"
)

// Of is the error of a context that has ended, with its cause where one was given; nil
// before. The context's own error stays in the chain: who asks for
// context.DeadlineExceeded must find it.
func Of(ctx context.Context) error {
	err := ctx.Err()
	if err == nil {
		return nil
	}
	cause := context.Cause(ctx)
	if errors.Is(cause, err) {
		return cause
	}
	return fmt.Errorf("%w: %w", err, cause)
}

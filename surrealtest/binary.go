package surrealtest

import (
	"context"
	"errors"
)

func newBinary(ctx context.Context, opts Options) (launcher, error) {
	return nil, errors.New("surrealtest: no surreal on PATH")
}

func newDocker(ctx context.Context, opts Options) (launcher, error) {
	return nil, errors.New("surrealtest: no docker")
}

package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// The beginning and the end of what serves.

// serve answers requests until ctx ends. Then it takes no more, has streams end, and waits for what
// is under way, for drain at most; after that it closes the rest.
func serve(ctx context.Context, cfg config, diag io.Writer) (err error) {
	s, err := open(ctx, cfg, diag)
	if err != nil {
		return err
	}
	base, cut := context.WithCancel(context.WithoutCancel(ctx)) // of all requests
	defer cut()
	api, err := listen(ctx, cfg.listen, s.routes(), base)
	if err != nil {
		return errors.Join(err, s.close(base))
	}
	ops, err := listen(ctx, cfg.ops, s.opsRoutes(), base)
	if err != nil {
		return errors.Join(err, api.server.Close(), s.close(base))
	}
	s.log.InfoContext(ctx, "serving", "api", "http://"+api.address, "ops", "http://"+ops.address)
	select {
	case <-ctx.Done():
	case err = <-api.failed:
	case err = <-ops.failed:
	}

	s.log.InfoContext(ctx, "ending", "within", cfg.drain)
	late, done := context.WithTimeout(base, cfg.drain)
	defer done()
	s.health.Stop() // a load balancer looks at /readyz
	close(s.ending)
	if api.server.Shutdown(late) != nil {
		cut() // who has not ended in time is cut off
		_ = api.server.Close()
	}
	err = errors.Join(err, s.close(late), ops.server.Close())
	s.log.InfoContext(ctx, "ended", "error", err)
	return err
}

// listening is a server at its address.
type listening struct {
	server  *http.Server
	address string
	failed  chan error // why it serves no longer, unless it was closed
}

func listen(ctx context.Context, address string, handler http.Handler, base context.Context) (*listening, error) {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	l := &listening{
		server: &http.Server{
			Handler:           handler,
			ReadHeaderTimeout: 5 * time.Second,
			WriteTimeout:      requestTimeout + writeTimeout, // streams have a time for each piece
			IdleTimeout:       2 * time.Minute,
			BaseContext:       func(net.Listener) context.Context { return base },
		},
		address: listener.Addr().String(),
		failed:  make(chan error, 1),
	}
	go func() {
		if err := l.server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			l.failed <- err
		}
	}()
	return l, nil
}

func newLogger(cfg config, diag io.Writer) *slog.Logger {
	return slog.New(slog.NewTextHandler(diag, &slog.HandlerOptions{Level: cfg.level}))
}

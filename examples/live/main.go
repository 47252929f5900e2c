// Live shows live queries at work: a kitchen's tickets, which one goroutine writes and another
// prints as they change, and a web page on which every browser follows them with a live
// query of its own. All those queries share one connection.
//
//	go run ./examples/live
//
// It uses the SurrealDB of -dsn or SURREALDB_URL, in a database of its own, or an
// embedded one that it starts by itself.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"
)

const shutdownTimeout = 5 * time.Second

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the program at once
	err := program(ctx, os.Args[1:], os.Stdout, os.Stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
	case err != nil:
		fmt.Fprintln(os.Stderr, "live:", err)
		os.Exit(1)
	case ctx.Err() != nil:
		fmt.Fprintln(os.Stderr, "\nlive: interrupted; everything is closed")
		os.Exit(130)
	}
}

// options are what the command line says.
type options struct {
	listen, dsn string
	every       time.Duration
	write       bool
}

func parse(args []string, diag io.Writer) (o options, err error) {
	set := flag.NewFlagSet("live", flag.ContinueOnError)
	set.SetOutput(diag)
	set.StringVar(&o.listen, "listen", "127.0.0.1:8081", "the `address` of the page")
	set.StringVar(&o.dsn, "dsn", "", "the `DSN` of the server; else SURREALDB_URL, else an embedded engine")
	set.DurationVar(&o.every, "every", time.Second, "the time between two changes")
	set.BoolVar(&o.write, "write", true, "change tickets; false is a second terminal that looks on")
	if err := set.Parse(args); err != nil {
		return o, err
	}
	if o.every <= 0 {
		return o, errors.New("-every must be above 0")
	}
	return o, nil
}

// program runs the writer, the printer and the page until ctx ends or one of them fails.
func program(ctx context.Context, args []string, out, diag io.Writer) (err error) {
	o, err := parse(args, diag)
	if err != nil {
		return err
	}
	k, err := openKitchen(ctx, o.dsn, out)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, k.close()) }()
	var listening net.ListenConfig
	listener, err := listening.Listen(ctx, "tcp", o.listen)
	if err != nil {
		return err
	}
	k.printf("Using %s\nThe page is at http://%s/ (Ctrl-C ends it)", k.name, listener.Addr())

	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	var work sync.WaitGroup
	start := func(f func(context.Context) error) {
		work.Go(func() {
			if err := f(ctx); err != nil && ctx.Err() == nil {
				fail(err)
			}
		})
	}
	start(k.watch)
	start(func(ctx context.Context) error { return serve(ctx, listener, k.routes()) })
	if o.write {
		start(func(ctx context.Context) error { return k.cook(ctx, o.every) })
	}
	<-ctx.Done()
	work.Wait()
	if cause := context.Cause(ctx); !errors.Is(cause, context.Canceled) {
		return cause
	}
	return nil
}

// serve answers browsers until ctx ends, and their streams end with it.
func serve(ctx context.Context, listener net.Listener, handler http.Handler) error {
	web := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 5 * time.Second,
		BaseContext:       func(net.Listener) context.Context { return ctx },
	}
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		<-ctx.Done()
		late, done := context.WithTimeout(context.WithoutCancel(ctx), shutdownTimeout)
		defer done()
		if web.Shutdown(late) != nil {
			_ = web.Close() // who does not leave in time is shown out
		}
	}()
	if err := web.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err // the caller ends ctx, and with it the goroutine
	}
	<-closed
	return nil
}

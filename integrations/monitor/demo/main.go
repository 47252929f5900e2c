// Demo shows a running pool on the page of package surrealmonitor: what is in use, idle and
// waiting over time, the statistics, and leaks with the stack of the borrower.
//
//	go run ./demo
//
// It uses the SurrealDB of -dsn or SURREALDB_URL, or one that it starts by itself,
// and puts a small load on it that has everything a page could show.
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

	surrealmonitor "github.com/surrealsql/surrealsql/integrations/monitor"
	"github.com/surrealsql/surrealsql/pool"
)

// How the pool is set where the DSN does not say it: small enough for the load
// to be too much for it now and then.
const (
	minConns  = 2
	maxConns  = 8
	maxBurst  = 12
	leakAfter = 5 * time.Second
)

const shutdownTimeout = 5 * time.Second

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the program at once
	err := program(ctx, os.Args[1:], os.Stdout, os.Stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
	case ctx.Err() != nil:
		fmt.Fprintln(os.Stderr, "\ndemo: interrupted; everything is closed")
		os.Exit(130)
	case err != nil:
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

// program serves the page until ctx ends.
func program(ctx context.Context, args []string, out, diag io.Writer) (err error) {
	set := flag.NewFlagSet("demo", flag.ContinueOnError)
	set.SetOutput(diag)
	listen := set.String("listen", "127.0.0.1:8080",
		"the `address` of the page; whoever reaches it sees stacks of this program")
	dsn := set.String("dsn", "",
		"the `DSN` of the server, with pool_ keys; else SURREALDB_URL, else an embedded engine")
	demo := set.Bool("load", true, "put a small load on the pool")
	every := set.Duration("every", 500*time.Millisecond, "the time between two looks at the pool")
	if err := set.Parse(args); err != nil {
		return err
	}
	if *every <= 0 {
		return errors.New("-every must be above 0")
	}
	srv, err := findServer(ctx, *dsn, out)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, srv.close()) }()
	p, err := srv.open(ctx)
	if err != nil {
		return err
	}
	defer p.Close()
	monitor := surrealmonitor.New(p, surrealmonitor.Settings{Name: srv.name, Every: *every})
	defer monitor.Close()
	return serve(ctx, *listen, p, monitor, *demo, out)
}

// serve runs the page and the load, and returns when both have ended.
func serve(ctx context.Context, address string, p *pool.Pool, monitor *surrealmonitor.Monitor, demo bool, out io.Writer) error {
	var listening net.ListenConfig
	listener, err := listening.Listen(ctx, "tcp", address)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	web := &http.Server{Handler: monitor, ReadHeaderTimeout: 5 * time.Second}
	var work sync.WaitGroup
	defer work.Wait()
	defer cancel()
	if demo {
		work.Go(func() { load(ctx, p.DB()) })
	}
	work.Go(func() {
		<-ctx.Done()
		_ = monitor.Close() // which ends the streams of its pages
		late, done := context.WithTimeout(context.WithoutCancel(ctx), shutdownTimeout)
		defer done()
		_ = web.Shutdown(late) // what does not end in time ends with the program
	})
	fmt.Fprintf(out, "The page is at http://%s/ (Ctrl-C ends it)\n", listener.Addr())
	if err := web.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

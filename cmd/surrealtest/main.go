// Surrealtest starts a SurrealDB to try things with, and ends it on Ctrl-C:
//
//	go run github.com/surrealsql/surrealsql/cmd/surrealtest@latest
//
// It prints the DSN on its standard output and what it does on its standard error. The
// server is the program surreal on PATH, or SurrealDB's embedded engine on Node 20 or newer,
// which is fetched from npm once, or the image surrealdb/surrealdb in Docker. Its user root
// has the password root: it is no server for anything but trials.
//
// The exit code is 0 after Ctrl-C, 1 if there is no server or no more, and 2 for arguments
// that it does not take.
package main

import (
	"context"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	_ "github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/surrealtest"
)

const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
)

// The server is asked whether it is there each lookInterval, and may take lookTimeout.
const (
	lookInterval = 2 * time.Second
	lookTimeout  = 10 * time.Second
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the program at once
	os.Exit(program(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// program is main with all that it touches given to it.
func program(ctx context.Context, args []string, out, diag io.Writer) int {
	opts, err := parse(args, diag)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return exitOK
	case err != nil:
		return exitUsage
	}
	err = serve(ctx, opts, out, diag)
	if err == nil || ctx.Err() != nil {
		return exitOK
	}
	fmt.Fprintln(diag, err)
	return exitFailed
}

// parse reads the arguments; the flag package has told of an error when it returns one.
func parse(args []string, diag io.Writer) (opts surrealtest.Options, err error) {
	flags := flag.NewFlagSet("surrealtest", flag.ContinueOnError)
	flags.SetOutput(diag)
	flags.StringVar(&opts.Address, "addr", "127.0.0.1:8000", "where the server listens, `host:port`; with port 0 it is any that is free")
	flags.StringVar(&opts.Path, "path", "", "the `folder` that keeps the data, which may not exist yet; without it they are in memory")
	flags.StringVar((*string)(&opts.Engine), "engine", "", "surreal, npm or docker; the first that can be had if none is given")
	flags.StringVar(&opts.Program, "program", "", "the `path` of the program surreal, if it is not the one on PATH")
	if err := flags.Parse(args); err != nil {
		return opts, err
	}
	if flags.NArg() > 0 {
		err = fmt.Errorf("surrealtest: got the argument %q, expected flags alone: see -help", flags.Arg(0))
		fmt.Fprintln(diag, err)
		return opts, err
	}
	if !strings.Contains(opts.Address, ":") {
		opts.Address = "127.0.0.1:" + opts.Address
	}
	opts.Output = diag
	return opts, nil
}

// serve starts the server and returns when the context ends or the server has.
func serve(ctx context.Context, opts surrealtest.Options, out, diag io.Writer) error {
	server, err := surrealtest.Start(ctx, opts)
	if err != nil {
		return err
	}
	defer server.Close()
	dsn := reachable(server.DSN()) + "/test/test"
	fmt.Fprintln(out, dsn)
	kept := "Its data are in memory."
	if opts.Path != "" {
		kept = "Its data are in " + opts.Path + "."
	}
	fmt.Fprintf(diag, "surrealtest: sql.Open(\"surrealdb\", %q) opens it. %s Ctrl-C ends it.\n", dsn, kept)
	if err := watch(ctx, dsn); err != nil {
		return errors.Join(fmt.Errorf("surrealtest: the server is gone: %w", err), server.Close())
	}
	return nil
}

// reachable is a DSN whose host can be connected to: a server may listen on all addresses.
func reachable(dsn string) string {
	return strings.NewReplacer("@0.0.0.0:", "@127.0.0.1:", "@[::]:", "@[::1]:").Replace(dsn)
}

// watch returns nil when the context ends, or why the server does not answer any more.
func watch(ctx context.Context, dsn string) error {
	db, err := sql.Open("surrealdb", dsn)
	if err != nil {
		return err
	}
	defer db.Close()
	for {
		asking, cancel := context.WithTimeout(ctx, lookTimeout)
		err := db.PingContext(asking)
		cancel()
		if err != nil && ctx.Err() == nil {
			return err
		}
		select {
		case <-time.After(lookInterval):
		case <-ctx.Done():
			return nil
		}
	}
}

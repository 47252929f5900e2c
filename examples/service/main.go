// Service is a shop's HTTP API on SurrealDB, as a team would begin one: migrations, users and
// permissions that the database enforces, a database for each shop, transactions that are repeated,
// live updates, an import, exports, metrics, traces and an orderly end.
//
//	go run .                                  # serves; without SURREALDB_URL on an engine of its own
//	go run . import -shop north products.csv  # writes products
//	go run . staff -shop north ada@example.com
//
// The environment configures it: see config.go, and the README for a walk through it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the program at once
	err := run(ctx, os.Args[1:], os.Stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
	case err != nil:
		fmt.Fprintln(os.Stderr, "service:", err)
		os.Exit(1)
	}
}

// run is the program. It returns once everything is closed: when ctx ends, or when its command is
// done or has failed.
func run(ctx context.Context, args []string, diag io.Writer) error {
	command := "serve"
	if len(args) > 0 {
		command, args = args[0], args[1:]
	}
	cfg, err := configFromEnv(ctx)
	if err != nil {
		return err
	}
	switch command {
	case "serve":
		return serve(ctx, cfg, diag)
	case "import":
		return importCommand(ctx, cfg, args, diag)
	case "staff":
		return staffCommand(ctx, cfg, args, diag)
	default:
		return fmt.Errorf("got the command %q, expected serve, import or staff", command)
	}
}

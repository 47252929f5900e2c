package main

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/surrealsql/surrealsql"
)

// What the environment says. Each variable has a default, so that the program runs without any.

// config is the configuration of the program.
type config struct {
	database *surrealsql.Config    // SURREALDB_URL and its companions; nil: an engine of our own
	shops    []string              // SHOPS: each has a database of this name
	listen   string                // LISTEN: the address of the API
	ops      string                // OPS_LISTEN: the address of health and metrics, not for the public
	poolMax  int                   // POOL_MAX: connections to the database at most
	drain    time.Duration         // DRAIN_TIMEOUT: what requests have to end when the program does
	level    slog.Level            // LOG_LEVEL: debug, info, warn or error
	spans    sdktrace.SpanExporter // OTEL_EXPORTER_OTLP_ENDPOINT and its companions; nil: nobody wants any
}

func configFromEnv(ctx context.Context) (cfg config, err error) {
	cfg.listen = cmp.Or(os.Getenv("LISTEN"), "127.0.0.1:8080")
	cfg.ops = cmp.Or(os.Getenv("OPS_LISTEN"), "127.0.0.1:8081")
	for name := range strings.SplitSeq(cmp.Or(os.Getenv("SHOPS"), "north,south"), ",") {
		if name = strings.TrimSpace(name); name != "" && !slices.Contains(cfg.shops, name) {
			cfg.shops = append(cfg.shops, name)
		}
	}
	if cfg.poolMax, err = strconv.Atoi(cmp.Or(os.Getenv("POOL_MAX"), "20")); err != nil || cfg.poolMax < 1 {
		return cfg, fmt.Errorf("POOL_MAX: got %q, expected a number above 0", os.Getenv("POOL_MAX"))
	}
	if cfg.drain, err = time.ParseDuration(cmp.Or(os.Getenv("DRAIN_TIMEOUT"), "10s")); err != nil {
		return cfg, fmt.Errorf("DRAIN_TIMEOUT: %w", err)
	}
	if err := cfg.level.UnmarshalText([]byte(cmp.Or(os.Getenv("LOG_LEVEL"), "info"))); err != nil {
		return cfg, fmt.Errorf("LOG_LEVEL: %w", err)
	}
	if cfg.spans, err = exporterFromEnv(ctx); err != nil {
		return cfg, err
	}
	if os.Getenv("SURREALDB_URL") != "" {
		if cfg.database, err = surrealsql.ConfigFromEnv(); err != nil {
			return cfg, err
		}
		cfg.database.Namespace = cmp.Or(cfg.database.Namespace, "shops")
	}
	return cfg, nil
}

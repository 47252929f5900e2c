// Package surrealprometheus has Prometheus collectors for what the driver for SurrealDB and
// package pool do:
//
//	queries := surrealprometheus.NewQueries()
//	cfg.Tracer = surrealsql.JoinTracers(cfg.Tracer, queries)
//	p, err := pool.New(ctx, cfg, pool.Settings{Max: 20})
//	if err != nil {
//		return err
//	}
//	prometheus.MustRegister(queries, surrealprometheus.NewPool(p, "shop"))
//
// For the pool of a *sql.DB client_golang has a collector of its own:
//
//	prometheus.MustRegister(collectors.NewDBStatsCollector(db, "shop"))
//
// No label has a value of an argument, of a text or of an error's message. The file
// dashboard.json is a dashboard for Grafana of all of them.
package surrealprometheus

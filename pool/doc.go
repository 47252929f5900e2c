// Package pool is a fair connection pool for SurrealDB with [database/sql] as
// its face:
//
//	p, err := pool.Open(ctx, "surrealdb://root:root@localhost:8000/shop/main?pool_max=20")
//	defer p.Close()
//	db := p.DB() // a *sql.DB, for everything
//
// The pool of sql.DB is right for most programs. This one is for those who need
// what it cannot promise: waiters are served in the order of their arrival, wait
// for whichever comes first, a connection that is given back or a new one, and
// for no longer than pool_acquire_timeout; there is a minimum, and a burst above
// the maximum; lifetimes end at different times; leaks are found, with the stack
// of the borrower; and everything is counted.
//
// # Settings
//
// Each setting is a field of [Settings], a DSN key with the prefix pool_, and a
// variable with the prefix SURREALDB_POOL_; docs/pool.md has the table. Hooks, a
// gate, a breaker, replicas and a logger are fields only. What the program says goes
// before variables, and those before the DSN:
//
//	p, err := pool.Open(ctx, dsn, func(s *pool.Settings) { s.Max = 20 })
//
// # How it sits below database/sql
//
// The *sql.DB keeps no connection itself: each use of it leases one from the
// pool and gives it back afterwards. A lease is the driver's own connection, so
// [sql.Conn.Raw] gives a *surrealsql.Conn as ever. Leave the settings of the
// *sql.DB itself alone: SetMaxIdleConns and SetMaxOpenConns would put its own
// queue, which is not fair, before that of the pool.
//
// # Around it
//
// Each of these is opt-in, and all but the last are of use without a Pool too.
// [surrealsql.Retry] repeats what is safe to repeat. Package breaker lets connects to a
// server that does not answer fail at once (Breaker of the [Settings]). Package limiter
// lets calls pass at a rate, those of a higher priority first (a limiter's Wait as Gate of
// the Settings). Replicas of the Settings give readers ([Pool.Reader]) and a *sql.DB that
// finds the right server for each text ([Pool.Routed]).
//
// # The end of a program
//
// The package handles no signals. Where a program does, Drain belongs after it:
//
//	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
//	defer stop()
//	go serve(p.DB())
//	<-ctx.Done()
//	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
//	defer cancel()
//	err := p.Drain(ctx) // waits for what is running, refuses what is new
package pool

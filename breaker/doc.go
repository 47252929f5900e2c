// Package breaker is a circuit breaker for each server of SurrealDB: where one does not
// answer, connects to it fail at once instead of each caller finding out by itself.
//
//	b := breaker.New(breaker.Settings{Failures: 5, OpenFor: 10 * time.Second})
//	b.Install(cfg) // a *surrealsql.Config; or Breaker of pool.Settings
//
// It serves the pool of sql.DB as it does package pool. What it refuses fails with an
// [*OpenError], which says when to come back: surrealsql.Retry waits so long.
package breaker

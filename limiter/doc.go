// Package limiter is a rate limiter that lets the more urgent calls go first: before
// calls to a database, or to anything else.
//
//	l := limiter.New(limiter.Settings{Rate: 500, Burst: 50})
//	err := l.Wait(ctx) // then the call
//
// How urgent a call is its context says ([WithPriority]). A call that exceeds the rate
// waits; with Refuse, or where MaxWaiters wait already, it gets an [*ExceededError], which
// says when to come back: surrealsql.Retry waits so long. Such a call has not been made.
//
// As the Gate of pool.Settings a limiter's Wait stands before the leases of a pool:
//
//	p, err := pool.Open(ctx, dsn, func(s *pool.Settings) { s.Gate = l.Wait })
package limiter

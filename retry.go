package surrealsql

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/surrealsql/surrealsql/internal/backoff"
	"github.com/surrealsql/surrealsql/internal/ctxerr"
)

// What a program repeats: whole transactions, dials, single statements. The driver
// itself repeats only connecting (connect_retry.go) and what met an expired session.

// The defaults of [Retry].
const (
	defaultAttempts = 10
	defaultPause    = 5 * time.Millisecond
	defaultMaxPause = time.Second
)

// Retry says how often and after which pauses something is done again: a transaction
// with RunTx, anything else with Do. The zero value is ready for use. It is a value: copy
// it freely, use it from many goroutines at once.
//
// Before attempt n+1 it waits a random time between zero and Pause·2ⁿ⁻¹, but at most
// MaxPause ("full jitter": rivals that collided part, and clients do not come back in
// step). Where the error says when to come back it waits that long before: one that is, or
// wraps, an interface{ RetryAfter() time.Duration }, as those of the packages breaker and
// limiter are.
//
// It repeats what [IsRetryable] allows: never a statement that may have run, a commit whose
// outcome is unknown, or what the server answered with an error other than a conflict, that it
// takes no requests for now, or that the session has expired in a transaction.
// And it repeats what was refused before it reached the driver, with an error that says when
// to come back.
type Retry struct {
	// Attempts is how often it is tried in all. Zero means 10, 1 means no retry,
	// negative no limit.
	Attempts int
	// MaxElapsed ends the retries: no pause begins that would end later than this
	// after the first attempt began. It interrupts no attempt: the context does.
	// Zero means no limit.
	MaxElapsed time.Duration
	// Pause bounds the first pause; zero means 5ms. MaxPause bounds each; zero
	// means 1s. Negative means no pause.
	Pause    time.Duration
	MaxPause time.Duration
	// OnRetry, if set, is called after each failed attempt that another one will
	// follow, before the pause, on the caller's goroutine.
	OnRetry func(ctx context.Context, failed Attempt)
}

// Attempt is one that failed.
type Attempt struct {
	N     int           // its number, from 1
	Err   error         // why
	Pause time.Duration // before the next one
}

// Do runs f until it succeeds, fails for good or a limit is reached. f must be safe to
// repeat whenever it returns an error for which [IsRetryable] holds or that says when to
// come back: a ping, a read, a single statement, a dial. For transactions there is RunTx.
//
// For dials: the driver makes connect_attempts by itself, with the same kind of
// pauses, and a pool goes on dialling while someone waits. Do is for a program that
// wants to wait longer, such as for a server that starts together with it:
//
//	err := surrealsql.Retry{Attempts: -1, MaxElapsed: time.Minute}.Do(ctx, db.PingContext)
//
// The error is that of the last attempt; when a limit ended it, it says so. When the
// context ended, the error is the context's with the last attempt's joined to it.
func (r Retry) Do(ctx context.Context, f func(ctx context.Context) error) error {
	started := time.Now()
	var last error // of an attempt that could be repeated
	for n := 1; ; n++ {
		err := f(ctx)
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return ended(ctx, err, last)
		}
		if !repeatable(err) {
			return err
		}
		pause := backoff.Add(leastPause(err), r.pause(n))
		if (r.Attempts >= 0 && n >= r.attempts()) || r.tooLate(started, pause) {
			return gaveUp(err, n, time.Since(started))
		}
		if r.OnRetry != nil {
			r.OnRetry(ctx, Attempt{N: n, Err: err, Pause: pause})
		}
		if !backoff.Sleep(ctx, pause) {
			return ended(ctx, err, nil)
		}
		last = err
	}
}

// RunTx runs f in a transaction and commits it. Where the transaction conflicted with
// another one, or its connection failed before anything of it was in force, or its session has
// expired in it, it does so again.
//
// It is always the whole transaction that is repeated, never a statement. So f may be
// called several times and must have no effect but what it does through tx: it assigns
// results at its end, and sends no mail. f must use the context it gets, which is ctx, and
// must not call Commit or Rollback.
//
// It is not repeated when a statement or the commit was sent and not answered
// ([ErrOutcomeUnknown]): the caller has to look whether it happened. Any other error of f,
// Begin or Commit ends it at once and is returned. If f returns an error or panics the
// transaction is rolled back; a panic goes on. When ctx ends its error is returned, with
// the last attempt's joined to it.
//
// db is a *[sql.DB] of the plain driver, of a pool or of a wrapper such as otelsql. A
// *[sql.Conn] will do too, but where it is lost it ends with [sql.ErrConnDone]: there is no
// other.
func (r Retry) RunTx(ctx context.Context, db TxBeginner, opts *sql.TxOptions,
	f func(ctx context.Context, tx *sql.Tx) error) error {
	return r.Do(ctx, func(ctx context.Context) error { return runTxOnce(ctx, db, opts, f) })
}

// TxBeginner begins transactions: a *[sql.DB], a *[sql.Conn], or what has one in it.
type TxBeginner interface {
	BeginTx(ctx context.Context, opts *sql.TxOptions) (*sql.Tx, error)
}

// returner is an error that says when to come back.
type returner interface {
	error
	RetryAfter() time.Duration
}

// repeatable reports whether nothing has happened that could happen twice. Where an error
// says when to come back nothing was done, unless there is one of the driver's in it, such
// as that of another host, or of an Insert whose first batches are in force: then that one
// decides.
func repeatable(err error) bool {
	if _, ok := errors.AsType[returner](err); ok && !fromDriver(err) && !errors.Is(err, errInForce) {
		return true
	}
	return IsRetryable(err)
}

func fromDriver(err error) bool {
	_, failed := errors.AsType[*ConnError](err)
	_, answered := errors.AsType[*Error](err)
	return failed || answered
}

// leastPause is how long trying again is known to be in vain.
func leastPause(err error) time.Duration {
	if r, ok := errors.AsType[returner](err); ok {
		return r.RetryAfter()
	}
	return 0
}

// ended is the error when the context is over. What the attempt itself returned
// is mostly a consequence of that; why there was more than one is worth more.
func ended(ctx context.Context, err, before error) error {
	over := ctxerr.Of(ctx)
	if errors.Is(err, context.Cause(ctx)) {
		over = ctx.Err() // why it ended err says itself
	}
	if errors.Is(err, over) {
		over = nil
	}
	return errors.Join(over, err, before)
}

func gaveUp(err error, n int, elapsed time.Duration) error {
	if n == 1 {
		return err
	}
	return fmt.Errorf("surrealsql: given up after %d attempts in %s: %w", n, elapsed, err)
}

func (r Retry) attempts() int {
	if r.Attempts == 0 {
		return defaultAttempts
	}
	return r.Attempts
}

func (r Retry) tooLate(started time.Time, pause time.Duration) bool {
	return r.MaxElapsed > 0 && backoff.Add(time.Since(started), pause) > r.MaxElapsed
}

// pause is random between zero and the bound of the pause after attempt n.
func (r Retry) pause(n int) time.Duration {
	first := r.Pause
	if first == 0 {
		first = defaultPause
	}
	return backoff.Full(backoff.Bound(first, r.longest(), n))
}

// longest is the bound of every pause.
func (r Retry) longest() time.Duration {
	if r.MaxPause == 0 {
		return defaultMaxPause
	}
	return r.MaxPause
}

func runTxOnce(ctx context.Context, db TxBeginner, opts *sql.TxOptions,
	f func(context.Context, *sql.Tx) error) error {
	tx, err := db.BeginTx(ctx, opts)
	if err != nil {
		return err
	}
	over := false
	defer func() {
		if !over { // f panicked, or left by runtime.Goexit
			_ = tx.Rollback()
		}
	}()
	err = f(ctx, tx)
	over = true
	if err == nil {
		return tx.Commit()
	}
	// What a rollback fails with is not what f failed with: the server drops the
	// transaction anyway, so it says nothing about whether to repeat.
	if failed := tx.Rollback(); failed != nil && !errors.Is(failed, sql.ErrTxDone) {
		return &rollbackError{err: err, rollback: failed}
	}
	return err
}

// rollbackError is an error of f; people read that of the rollback after it, nobody else
// does.
type rollbackError struct{ err, rollback error }

func (e *rollbackError) Error() string {
	return fmt.Sprintf("%v (and rolling back failed: %v)", e.err, e.rollback)
}

func (e *rollbackError) Unwrap() error { return e.err }

package pool

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// RunTx runs f in a transaction and commits it; where the transaction conflicted
// with another one, or its connection failed before anything of it was in force,
// it does so anew, as retry says.
//
// It is always the whole transaction that is repeated, never a statement. So f may
// be called several times and must have no effect but what it does through tx: it
// assigns results at its end, and sends no mail. f must use the context it gets,
// which is ctx, and must not call Commit or Rollback.
//
// It is not repeated when a statement or the commit was sent and not answered
// ([surrealsql.ErrOutcomeUnknown]): the caller has to look whether it happened.
// Any other error of f, Begin or Commit ends it at once and is returned. If f
// returns an error or panics the transaction is rolled back; a panic goes on. When
// ctx ends its error is returned, with the last attempt's joined to it.
//
// A *[sql.DB] of the plain driver, of a [Pool] or of a wrapper such as otelsql will
// do.
func RunTx(ctx context.Context, db *sql.DB, opts *sql.TxOptions, f func(ctx context.Context, tx *sql.Tx) error, retry Retry) error {
	return retry.Do(ctx, func(ctx context.Context) error { return runTxOnce(ctx, db, opts, f) })
}

func runTxOnce(ctx context.Context, db *sql.DB, opts *sql.TxOptions, f func(context.Context, *sql.Tx) error) error {
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

// rollbackError is an error of f, with that of the rollback behind it for people
// only.
type rollbackError struct{ err, rollback error }

func (e *rollbackError) Error() string {
	return fmt.Sprintf("%v (and rolling back failed: %v)", e.err, e.rollback)
}

func (e *rollbackError) Unwrap() error { return e.err }

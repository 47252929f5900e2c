package surrealgoose

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/pressly/goose/v3/database"

	"github.com/surrealsql/surrealsql/lock"
)

// The lock among processes, of which Insert and Delete make the migrations depend.

// unlockTimeout bounds Unlock. goose lets its context never end, and its test of lockers calls it
// with one that has ended.
const unlockTimeout = 30 * time.Second

// Lock waits until no other process migrates, as long as Config.LockTimeout says; then the error is
// a [*lock.HeldError], which says who does.
//
// Of the connections of db goose keeps one and the lock another one, and a Go migration without
// a transaction needs a third. So a db that may have fewer is refused, rather than waited for
// without end.
func (s *Store) Lock(ctx context.Context, db *sql.DB) error {
	if n := db.Stats().MaxOpenConnections; n == 1 || n == 2 {
		return errors.New("surrealgoose: goose, its lock and a Go migration need a connection each: " +
			"SetMaxOpenConns(3) or more")
	}
	waiting, cancel := context.WithTimeout(ctx, s.lockTimeout)
	defer cancel()
	held, err := lock.Acquire(waiting, db, s.table, &s.lock)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.held = held
	return nil
}

// Unlock frees the lock. Its error is [lock.ErrLost] where another process has, or has had, the lock
// meanwhile: then what was migrated in a transaction since is not in force. Where the server
// cannot be reached the lock is left to the end of its lease.
func (s *Store) Unlock(ctx context.Context, _ *sql.DB) error {
	s.mu.Lock()
	held := s.held
	s.held = nil
	s.mu.Unlock()
	if held == nil {
		return errors.New("surrealgoose: the lock is not held")
	}
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), unlockTimeout)
	defer cancel()
	return held.Release(ending)
}

// fence makes a transaction depend upon the lock, if it is held: without WithLocker it never is.
func (s *Store) fence(ctx context.Context, db database.DBTxConn) error {
	s.mu.Lock()
	held := s.held
	s.mu.Unlock()
	if held == nil {
		return nil
	}
	return held.Fence(ctx, db)
}

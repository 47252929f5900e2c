// Package lock lets one process at a time do something, such as migrating a schema or running a
// job, among all that use a database:
//
//	l, err := lock.Acquire(ctx, db, "report", nil)
//	if err != nil {
//		return err
//	}
//	defer l.Release(ctx)
//
// SurrealDB has no advisory locks, so a lock is a record with a lease: who holds it extends the
// lease again and again (the heartbeat), and a lease that nobody extends ends. So the lock of a
// process that was killed is free after its lease, at the latest.
//
// A process that was stopped for longer than that, by its machine or by the network, may go on
// while another one has the lock already. [Lock.Fence] keeps it from doing harm: a transaction
// that calls it commits only if nobody else has had the lock since the transaction began.
package lock

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"
)

// Options say how a lock is held. nil and the zero value are all defaults.
type Options struct {
	// Table is the table of the lock's records, which is made where it is missing; nobody but
	// users of the database may read it. "" is "surrealsql_lock". Locks of different tables
	// know nothing of each other.
	Table string
	// Lease is for how long the lock outlives its holder's last heartbeat. Heartbeats come three
	// times as often. Zero is 30 seconds; less than 100 ms is an error. All processes should
	// have the same. The servers of a cluster have a clock each: it is to be well beyond what
	// these differ by.
	Lease time.Duration
	// Poll is how long Acquire waits before it asks again for a lock that is held. Zero is a
	// quarter of a second.
	Poll time.Duration
	// Owner tells people who holds the lock: it is in the error of those that wait. "" is
	// the name of the host and the number of the process.
	Owner string
}

// DefaultTable is the table of locks whose [Options] name none.
const DefaultTable = "surrealsql_lock"

// ErrLost is the error of a lock whose lease ended before it was released: somebody else may
// have, or have had, the lock.
var ErrLost = errors.New("lock: the lease has ended, or was taken by another holder")

// HeldError is the error of Acquire where the lock was held by another until the context ended.
type HeldError struct {
	Name  string        // of the lock
	Owner string        // who holds it, as [Options].Owner has it there
	Left  time.Duration // how long the lease lasted when it was asked for last, if nothing extends it
	Err   error         // why the waiting ended: the context's error
}

func (e *HeldError) Error() string {
	return fmt.Sprintf("lock: %q is held by %s (for another %v, unless that extends it): %v",
		e.Name, e.Owner, e.Left.Round(time.Millisecond), e.Err)
}

// Unwrap returns the error of the context.
func (e *HeldError) Unwrap() error { return e.Err }

// Lock is a lock that is held. Its methods may be called at the same time.
type Lock struct {
	name, table string
	lease       time.Duration
	values      map[string]any // of its statements

	db   *sql.DB
	conn *sql.Conn // kept, so that a program that uses all others cannot stop the heartbeats

	perhaps bool // Acquire has not got the lock, but may have taken it

	acquired context.Context // of Acquire, for its values

	stop  context.CancelFunc
	ended chan struct{} // closed when the heartbeats have ended
	lost  chan struct{} // closed when the lease is lost
	once  sync.Once     // of Release
	err   error         // of Release
}

// Acquire waits until the lock is free, or the context ends: then the error is a [*HeldError], if
// another one has the lock. Where the context ends before the answer comes, a goroutine frees
// what that may have taken; without a server for it, which it gives up after ten seconds, nobody
// has the lock until the lease ends.
//
// The lock is in the session that ctx names ([surrealsql.WithSession]); its heartbeats are, too, and
// Release is unless its own context names another. It keeps a connection of db for itself until
// Release, so a db that may have only one (SetMaxOpenConns) is refused. A goroutine extends the lease
// meanwhile. Closing db ends that: the lock is lost then, and free after its lease.
func Acquire(ctx context.Context, db *sql.DB, name string, o *Options) (*Lock, error) {
	l, poll, err := newLock(db, name, o)
	if err != nil {
		return nil, err
	}
	l.acquired = context.WithoutCancel(ctx)
	sent, err := l.wait(ctx, poll)
	switch {
	case err != nil && l.perhaps:
		go l.abandon(context.WithoutCancel(ctx))
		return nil, err
	case err != nil:
		l.giveBack()
		return nil, err
	}
	beating, stop := context.WithCancel(context.WithoutCancel(ctx))
	l.stop = stop
	go l.beat(beating, sent)
	return l, nil
}

func newLock(db *sql.DB, name string, o *Options) (l *Lock, poll time.Duration, err error) {
	if o == nil {
		o = &Options{}
	}
	l = &Lock{
		name:  name,
		table: cmp.Or(o.Table, DefaultTable),
		lease: cmp.Or(o.Lease, 30*time.Second),
		db:    db,
		ended: make(chan struct{}),
		lost:  make(chan struct{}),
	}
	switch {
	case name == "":
		return nil, 0, errors.New("lock: a lock needs a name")
	case l.lease < 100*time.Millisecond:
		return nil, 0, fmt.Errorf("lock: a lease of %v is too short for heartbeats: 100ms or more", l.lease)
	case db.Stats().MaxOpenConnections == 1:
		return nil, 0, errors.New("lock: db may have one connection only, which the lock would keep: SetMaxOpenConns(2) or more")
	}
	if l.values, err = l.arguments(cmp.Or(o.Owner, thisProcess())); err != nil {
		return nil, 0, err
	}
	return l, cmp.Or(o.Poll, 250*time.Millisecond), nil
}

func thisProcess() string {
	host, err := os.Hostname()
	if err != nil {
		host = "a host without a name"
	}
	return fmt.Sprintf("%s, process %d", host, os.Getpid())
}

// Name returns the name of the lock.
func (l *Lock) Name() string { return l.name }

// Lost returns a channel that is closed when the lease has ended before Release: no heartbeat has
// reached the server for so long, another one has the lock, or db was closed. What the holder does
// should end then; what it writes is kept from harm by Fence alone.
func (l *Lock) Lost() <-chan struct{} { return l.lost }

// Execer is a *sql.Tx, *sql.Conn or *sql.DB.
type Execer interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

// Fence makes a transaction of the holder's depend upon the lock: the error is [ErrLost] where
// another one has, or has had, the lock meanwhile, or it was released. That its lease has ended is
// no error by itself. And if another one takes it after this call, one of the two fails with a
// conflict ([surrealsql.IsConflict]): Commit, or the other's Acquire, which tries again.
// Call it in each transaction that must not happen beside another holder's, at any
// place in it. On what is no transaction it tells who has the lock at that moment.
func (l *Lock) Fence(ctx context.Context, tx Execer) error {
	res, err := tx.ExecContext(ctx, `UPDATE $fence SET used = time::now() WHERE holder = $holder`,
		l.args("fence", "holder")...)
	if err != nil {
		return err
	}
	n, err := res.RowsAffected()
	if err != nil {
		return err
	}
	if n != 1 {
		return fmt.Errorf("%w: %q", ErrLost, l.name)
	}
	return nil
}

// Release frees the lock and ends the heartbeats. It is [ErrLost] where another one has, or has had, the
// lock meanwhile.
// A context that has ended, or a server that cannot be reached, leaves the lock to the end of its
// lease. Further calls return what the first returned.
func (l *Lock) Release(ctx context.Context) error {
	l.once.Do(func() {
		l.stop()
		<-l.ended
		l.err = l.free(inSession{ctx, l.acquired})
		l.giveBack()
	})
	return l.err
}

// inSession is a context of Release: its values that are not there are those of Acquire's, whose
// session ([surrealsql.WithSession]) the lock is in.
type inSession struct {
	context.Context
	acquired context.Context
}

func (c inSession) Value(key any) any {
	if v := c.Context.Value(key); v != nil {
		return v
	}
	return c.acquired.Value(key)
}

// giveBack returns the connection to db. Its error could only be that it is lost.
func (l *Lock) giveBack() {
	if l.conn != nil {
		_ = l.conn.Close()
		l.conn = nil
	}
}

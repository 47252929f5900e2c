package lock

import (
	"cmp"
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/backoff"
	"github.com/surrealsql/surrealsql/internal/ctxerr"
)

// What the lock's records say, and the statements that take, extend and end a lease. All times
// are the server's, so clocks of holders do not matter: a holder measures its own lease from
// before it sent the heartbeat, and so takes it for over before the server does.

// arguments are the values of the statements. There are two records: heartbeats write the lease,
// while a transaction that is open has written the fence; on one record they would conflict. Who
// takes the lock writes both.
func (l *Lock) arguments(owner string) (map[string]any, error) {
	lease, err := surrealsql.NewRecordID(l.table, l.name)
	if err != nil {
		return nil, err
	}
	fence, err := surrealsql.NewRecordID(l.table, []string{l.name, "fence"})
	if err != nil {
		return nil, err
	}
	return map[string]any{"lease": lease, "fence": fence, "holder": rand.Text(), "length": l.lease, "owner": owner}, nil
}

// args are those that a statement names.
func (l *Lock) args(names ...string) []any {
	args := make([]any, len(names))
	for i, name := range names {
		args[i] = sql.Named(name, l.values[name])
	}
	return args
}

// wait takes the lock as soon as it is free. sent is when the lease began at the earliest.
func (l *Lock) wait(ctx context.Context, poll time.Duration) (sent time.Time, err error) {
	if err := l.define(ctx); err != nil {
		return sent, err
	}
	var held *HeldError
	for {
		sent = time.Now()
		other, err := l.take(ctx)
		l.perhaps = err != nil && (l.perhaps || ctx.Err() != nil || errors.Is(err, surrealsql.ErrOutcomeUnknown))
		switch {
		case err == nil && other == nil:
			return sent, nil
		case err == nil:
			held = other
		case ctx.Err() == nil && !repeatable(err):
			return sent, err
		}
		if !backoff.Sleep(ctx, backoff.Half(2*poll)) {
			why := ctxerr.Of(ctx)
			if held == nil && errors.Is(err, ctx.Err()) && errors.Is(err, context.Cause(ctx)) {
				return sent, err // it says so itself
			}
			if held == nil {
				return sent, errors.Join(why, err)
			}
			held.Err = why
			return sent, held
		}
	}
}

// abandon gives up what was not acquired: the connection, and the lock where a request that was not
// answered has taken it, or nobody would have it until its lease ends. It is for a goroutine: who
// wanted the lock waits no longer.
func (l *Lock) abandon(ctx context.Context) {
	defer l.giveBack()
	ctx, cancel := context.WithTimeout(ctx, min(l.lease, abandonTimeout))
	defer cancel()
	_ = l.free(ctx) // in vain it is left to the end of the lease
}

// abandonTimeout bounds for how long a goroutine outlives Acquire where the server cannot be
// reached.
const abandonTimeout = 10 * time.Second

// repeatable reports whether a statement of the lock's may be sent again: nothing has happened, or
// it is not known, and then the token tells.
func repeatable(err error) bool {
	return surrealsql.IsConflict(err) || surrealsql.IsRetryable(err) || errors.Is(err, surrealsql.ErrOutcomeUnknown)
}

// on calls f with the lock's connection. One that has failed is not used again.
func (l *Lock) on(ctx context.Context, f func(conn *sql.Conn) error) (err error) {
	if l.conn == nil {
		if l.conn, err = l.db.Conn(ctx); err != nil {
			l.conn = nil
			return err
		}
	}
	if err = f(l.conn); err != nil && !surrealsql.IsConflict(err) {
		_ = l.conn.Close()
		l.conn = nil
	}
	return err
}

// define makes the table where it is missing. The first record of a table makes it, too, but not
// where several come at once.
func (l *Lock) define(ctx context.Context) error {
	return surrealsql.Retry{Attempts: -1, MaxElapsed: time.Minute}.Do(ctx, func(ctx context.Context) error {
		return l.on(ctx, func(conn *sql.Conn) error {
			_, err := conn.ExecContext(ctx, `DEFINE TABLE IF NOT EXISTS `+quoted(l.table)+` SCHEMALESS PERMISSIONS NONE`)
			return err
		})
	})
}

// take takes the lock if its lease has ended; other is who holds it if not. Whether a request
// that was not answered has taken it, the next one finds out, by the holder's token.
func (l *Lock) take(ctx context.Context) (other *HeldError, err error) {
	var holder, owner string
	var left int64 // a duration cannot be negative (4.0.0-beta.1)
	err = l.on(ctx, func(conn *sql.Conn) error {
		err := conn.QueryRowContext(ctx, `
			BEGIN;
			LET $held = SELECT * FROM ONLY $lease;
			LET $taken = IF $held IS NONE OR $held.holder = $holder OR $held.expires <= time::now() {
				UPSERT $lease CONTENT { holder: $holder, owner: $owner, expires: time::now() + $length };
				UPSERT $fence CONTENT { holder: $holder };
			};
			COMMIT;
			SELECT holder, owner, time::nano(expires) - time::nano() AS left FROM $lease`,
			l.args("lease", "fence", "holder", "length", "owner")...).Scan(&holder, &owner, &left)
		if errors.Is(err, sql.ErrNoRows) { // it was released between the two
			return nil
		}
		return err
	})
	if err != nil || holder == l.values["holder"] {
		return nil, err
	}
	return &HeldError{Name: l.name, Owner: cmp.Or(owner, "one who has released it"), Left: time.Duration(left)}, nil
}

// closed reports whether db is, which does not end connections that are kept: the heartbeats would
// go on for as long as the process lives. database/sql says so before it looks at the context.
func (l *Lock) closed() bool {
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	conn, err := l.db.Conn(ended)
	if err == nil {
		_ = conn.Close()
		return false
	}
	return !errors.Is(err, context.Canceled)
}

// beat extends the lease until the lock is released or lost, or db is closed.
func (l *Lock) beat(ctx context.Context, extended time.Time) {
	defer close(l.ended)
	pause := l.lease / 3
	for backoff.Sleep(ctx, min(pause, time.Until(extended.Add(l.lease)))) {
		sent := time.Now()
		if l.closed() {
			l.giveBack()
			close(l.lost)
			return
		}
		mine, err := l.extend(ctx, extended.Add(l.lease))
		switch {
		case ctx.Err() != nil:
			return
		case err == nil && mine:
			extended, pause = sent, l.lease/3
			continue
		case err == nil || time.Since(extended) >= l.lease:
			close(l.lost)
			return
		}
		pause = l.lease / 20 // the server cannot be reached, or it was a conflict
	}
}

// extend is a heartbeat. mine is false where another one has taken the lock.
func (l *Lock) extend(ctx context.Context, end time.Time) (mine bool, err error) {
	ctx, cancel := context.WithDeadline(ctx, earlier(end, time.Now().Add(l.lease/3)))
	defer cancel()
	err = l.on(ctx, func(conn *sql.Conn) error {
		res, err := conn.ExecContext(ctx, `UPDATE $lease SET expires = time::now() + $length WHERE holder = $holder`,
			l.args("lease", "length", "holder")...)
		if err != nil {
			return err
		}
		n, err := res.RowsAffected()
		mine = n == 1
		return err
	})
	return mine, err
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// free ends the lease, if it is the holder's still. The fence goes with it: a transaction of the
// holder's that has not been committed cannot be any more.
func (l *Lock) free(ctx context.Context) error {
	unknown := false // an attempt before may have freed it
	for n := 1; ; n++ {
		var mine bool
		err := l.on(ctx, func(conn *sql.Conn) error {
			return conn.QueryRowContext(ctx, `
				BEGIN;
				LET $mine = (SELECT VALUE holder FROM ONLY $lease) = $holder;
				LET $freed = IF $mine { DELETE $lease; DELETE $fence };
				COMMIT;
				RETURN $mine`, l.args("lease", "fence", "holder")...).Scan(&mine)
		})
		switch {
		case err == nil && (mine || unknown):
			return nil
		case err == nil:
			return fmt.Errorf("%w: %q", ErrLost, l.name)
		case n == 10 || !repeatable(err) || !backoff.Sleep(ctx, backoff.Full(time.Duration(n)*20*time.Millisecond)):
			return err
		}
		unknown = unknown || errors.Is(err, surrealsql.ErrOutcomeUnknown)
	}
}

// quoted is a table's name as SurrealQL has it.
func quoted(name string) string {
	return "`" + strings.NewReplacer("\\", "\\\\", "`", "\\`").Replace(name) + "`"
}

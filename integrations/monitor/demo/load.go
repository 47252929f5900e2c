package main

import (
	"context"
	"database/sql"
	"math/rand/v2"
	"sync"
	"time"
)

// The load of the demo: callers who come in tides, and one who forgets a connection.

// tide is a number of callers who work for some time.
type tide struct {
	callers int
	lasts   time.Duration
}

// tides are few callers, more than the pool has connections for, and a spike.
var tides = []tide{{3, 8 * time.Second}, {16, 10 * time.Second}, {5, 6 * time.Second}, {60, 3 * time.Second}}

// load works on the database until ctx ends. Its errors are nobody's concern: the
// page counts them.
func load(ctx context.Context, db *sql.DB) {
	var work sync.WaitGroup
	defer work.Wait()
	work.Go(func() { forgetMany(ctx, db) })
	for ctx.Err() == nil {
		for _, t := range tides {
			flow(ctx, db, t)
		}
	}
}

func flow(ctx context.Context, db *sql.DB, t tide) {
	until := time.Now().Add(t.lasts)
	var callers sync.WaitGroup
	defer callers.Wait()
	for range t.callers {
		callers.Go(func() {
			for ctx.Err() == nil && time.Now().Before(until) {
				_ = borrow(ctx, db, between(2*time.Millisecond, 40*time.Millisecond))
				pause(ctx, between(0, 60*time.Millisecond))
			}
		})
	}
}

// forgetMany does every now and then what a program should not do.
func forgetMany(ctx context.Context, db *sql.DB) {
	for {
		pause(ctx, 2*time.Second)
		if ctx.Err() != nil {
			return
		}
		_ = forgetful(ctx, db)
		pause(ctx, 5*time.Second)
	}
}

// forgetful keeps its connection for much longer than it works with it: the page
// shows it among the leaks.
func forgetful(ctx context.Context, db *sql.DB) error { return borrow(ctx, db, 30*time.Second) }

// borrow takes a connection, asks something and keeps it for some time.
func borrow(ctx context.Context, db *sql.DB, keep time.Duration) error {
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	var two int
	if err := conn.QueryRowContext(ctx, `RETURN 1 + 1`).Scan(&two); err != nil {
		return err
	}
	pause(ctx, keep)
	return nil
}

func between(from, to time.Duration) time.Duration { return from + rand.N(to-from) }

func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

package main

import (
	"context"
	"time"

	"github.com/surrealsql/surrealsql"
)

// Live queries: the one that is printed, and what a page asks for.

// again has a live query outlive its connection, until its context ends.
var again = surrealsql.Retry{Attempts: -1, Pause: 100 * time.Millisecond, MaxPause: 5 * time.Second}

// update is what a follower of the tickets gets: all there are, or one that has changed.
type update struct {
	all    []ticket // when the live query has begun; not nil then
	action surrealsql.Action
	ticket ticket
}

// follow tells each what there is, and then what changes, until ctx ends or it returns an
// error. Where the live query was lost and is there again, it tells what there is once more,
// because changes may have been missed.
func (k *kitchen) follow(ctx context.Context, where string, each func(update) error) error {
	ctx = surrealsql.WithReconnect(ctx, again)
	changes := surrealsql.LiveQuery[ticket](ctx, k.live,
		`LIVE SELECT * FROM ticket WHERE $1 = '' OR kitchen = $1`, where)
	for n, err := range changes {
		if err != nil {
			return err
		}
		u := update{action: n.Action, ticket: n.Record}
		switch n.Action {
		case surrealsql.ActionBegun, surrealsql.ActionResumed:
			if u.all, err = k.tickets(ctx, where); err != nil {
				return err
			}
		}
		if err := each(u); err != nil {
			return err
		}
	}
	return nil
}

// tickets reads those that are there.
func (k *kitchen) tickets(ctx context.Context, where string) ([]ticket, error) {
	all, err := surrealsql.All[ticket](ctx, k.db,
		`SELECT * FROM ticket WHERE $1 = '' OR kitchen = $1 ORDER BY since`, where)
	if all == nil {
		all = []ticket{} // none, which is not nothing
	}
	return all, err
}

// watch prints what changes.
func (k *kitchen) watch(ctx context.Context) error {
	return k.follow(ctx, "", func(u update) error {
		if u.all != nil {
			k.printf("%-8s %d tickets are there", u.action, len(u.all))
		} else {
			k.printf("%-8s %s: %s, %s, in the %s kitchen", u.action, u.ticket.ID, u.ticket.Dish, u.ticket.State, u.ticket.Kitchen)
		}
		return nil
	})
}

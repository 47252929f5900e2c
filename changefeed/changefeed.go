// Package changefeed reads the changes of a table that has a change feed, from a position that
// a program saves, and goes on from there after a restart:
//
//	DEFINE TABLE order CHANGEFEED 3d
//
// A live query tells of changes while somebody listens; a change feed keeps them for as long as
// its definition says. So nothing is lost to a program that was down for less than that.
package changefeed

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/surrealsql/surrealsql"
)

// Position is how far a feed was read: the versionstamp of a set of changes, which the server
// gives to each transaction that changes the table. A later transaction has a higher one. The
// zero value is before all changes. A program saves it after it has dealt with the set.
type Position uint64

// Feed says what is read. Its zero value has no table and is an error.
type Feed struct {
	// Table is the table whose changes are read. It must have a CHANGEFEED.
	Table string
	// After is where reading goes on: after this set of changes. Zero is from the oldest
	// change that the feed still has.
	After Position
	// PageSize is about how many sets are asked for at a time, those of the database's other
	// tables among them; from 998 on it is as many as the server gives. It is lowered where an
	// answer is larger than max_message_size, which costs a connection. Zero is 500.
	PageSize int
	// Interval is how long Follow waits before it asks again, after the server had nothing
	// new. Zero is one second.
	Interval time.Duration
	// Settle is how long a set is waited for that belongs before one which is there already.
	// The server gives a transaction its versionstamp when it begins to commit, and shows its
	// changes when that is done: with 16 writers on two cores 1 to 9 of 6,400 sets came after
	// a set of a later transaction (3.3.5, 4.0.0-beta.1). A set is given once the feed was
	// asked, has had it or a later one, and so long has passed. So changes come that much
	// later, and those of a transaction whose commit takes longer, or comes from a node of a
	// cluster whose clock is that much behind, can be missed. Zero is two seconds.
	Settle time.Duration
}

// Set is the changes of one transaction to the table, in their order.
type Set[T any] struct {
	Position Position
	Changes  []Change[T]
}

// Action is what a change did.
type Action string

// The actions of changes. The feed does not tell a record that was made from one that was
// updated (SurrealDB 3.0.2 to 4.0.0-beta.1).
const (
	Update Action = "UPDATE" // the record was made, or updated
	Delete Action = "DELETE"
	Define Action = "DEFINE" // the table was defined, also again
)

// Change is one change.
type Change[T any] struct {
	Action Action
	ID     surrealsql.RecordID // of the record; "" where the table was defined, and of what a view's record became
	// Record is the record after the change. Of a deletion it is the record as it was, where
	// the feed has it (CHANGEFEED … INCLUDE ORIGINAL), else the zero value.
	Record T
	// Undo are the JSON patches that make what the record was before of what it is now, where
	// the feed has them (INCLUDE ORIGINAL), as the server sends them.
	Undo []any
	// Definition is what the server tells of the table's definition.
	Definition map[string]any
}

// ErrGap is the error of a position that the feed does not have any more: it was read too long
// ago, and changes after it may have been dropped, too. What to do is to read the table itself,
// and the feed from then on.
var ErrGap = errors.New("changefeed: the feed does not go back to the position")

// Read returns the sets of changes that there are when the loop begins, oldest first. T is what the table's records
// are read into, as by [surrealsql.Into]: a struct, or map[string]any.
//
// An error ends the reading, and is [ErrGap] where changes may have been missed. The sets before
// it are whole. While a set is dealt with no connection is held.
func Read[T any](ctx context.Context, q surrealsql.Querier, f Feed) iter.Seq2[Set[T], error] {
	return reading[T](ctx, q, f, false)
}

// Follow is Read, and then asks again and again for what is new, until the context ends: its
// error is the last one then. A failure of the connection is an error, too: range over another
// Follow, after the position of the last set.
//
// A program that deals with a set for longer than the feed keeps changes gets [ErrGap].
func Follow[T any](ctx context.Context, q surrealsql.Querier, f Feed) iter.Seq2[Set[T], error] {
	return reading[T](ctx, q, f, true)
}

func reading[T any](ctx context.Context, q surrealsql.Querier, f Feed, follow bool) iter.Seq2[Set[T], error] {
	return func(yield func(Set[T], error) bool) {
		if r, err := newReader[T](q, f); err != nil {
			yield(Set[T]{}, err)
		} else {
			r.read(ctx, follow, func(s Set[T], err error) bool { return yield(s, because(ctx, err)) })
		}
	}
}

// because is an error with the cause of a context that has ended, which database/sql does not tell.
func because(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); err != nil && errors.Is(err, ctx.Err()) && !errors.Is(err, cause) {
		return fmt.Errorf("%w: %w", err, cause)
	}
	return err
}

package changefeed

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/backoff"
	"github.com/surrealsql/surrealsql/internal/literal"
)

// How a feed is read: each question begins with the set that was given last, so that it shows
// when the feed has lost it; and what has come is given once it has settled (Feed.Settle).

const (
	defaultPageSize = 500
	defaultInterval = time.Second
	defaultSettle   = 2 * time.Second
)

// reader is where a feed stands.
type reader[T any] struct {
	q     surrealsql.Querier
	feed  Feed      // After goes on with what is given
	ident string    // the table, as SurrealQL names it
	asked time.Time // when the server was asked last for what comes after After; zero if never
	has   bool      // the table is known to have a feed
}

func newReader[T any](q surrealsql.Querier, f Feed) (*reader[T], error) {
	if f.Table == "" {
		return nil, errors.New("changefeed: no table is named")
	}
	f.PageSize = cmp.Or(max(f.PageSize, 0), defaultPageSize)
	f.Interval = cmp.Or(max(f.Interval, 0), defaultInterval)
	f.Settle = cmp.Or(max(f.Settle, 0), defaultSettle)
	return &reader[T]{q: q, feed: f, ident: string(literal.AppendIdent(nil, f.Table))}, nil
}

// read gives what there is and, with follow, what comes.
func (r *reader[T]) read(ctx context.Context, follow bool, yield func(Set[T], error) bool) {
	for {
		newest, err := r.newest(ctx)
		pause := r.feed.Interval
		if newest > r.feed.After {
			pause = r.feed.Settle
		} else if err == nil && !follow {
			return
		}
		if err == nil {
			err = sleep(ctx, pause)
		}
		if err != nil {
			yield(Set[T]{}, err)
			return
		}
		if newest > r.feed.After && (!r.give(ctx, newest, yield) || !follow) {
			return
		}
	}
}

// give gives the sets up to one. It reports whether the reader wants more, and there was no
// error.
func (r *reader[T]) give(ctx context.Context, last Position, yield func(Set[T], error) bool) bool {
	for r.feed.After < last {
		rows, err := r.page(ctx)
		if err != nil {
			yield(Set[T]{}, err)
			return false
		}
		for _, row := range rows {
			if row.Versionstamp > last {
				return true
			}
			set, err := setOf[T](row)
			if err != nil {
				yield(Set[T]{}, fmt.Errorf("changefeed: table %q: the set at %d: %w", r.feed.Table, row.Versionstamp, err))
				return false
			}
			r.feed.After = row.Versionstamp
			if !yield(set, nil) {
				return false
			}
		}
		if len(rows) == 0 {
			return true // they have expired since
		}
	}
	return true
}

// newest returns the position of the newest set, or After where nothing comes after that.
func (r *reader[T]) newest(ctx context.Context) (Position, error) {
	rows, err := r.page(ctx)
	if err != nil || len(rows) == 0 {
		return r.feed.After, err
	}
	last := rows[len(rows)-1].Versionstamp
	if len(rows) < r.feed.PageSize {
		return last, nil
	}
	// The server has no way to ask for the last set. Positions are close to one another or as
	// far apart as milliseconds, so steps that double find where nothing follows, and halves
	// what is before that.
	none := Position(math.MaxInt64)
	for step := Position(1); step < none-last; step *= 2 {
		found, err := r.ask(ctx, last+step, 1)
		if err != nil {
			return 0, err
		}
		if len(found) == 0 {
			none = last + step
			break
		}
		last = found[0].Versionstamp
	}
	for last+1 < none {
		middle := last + (none-last)/2
		found, err := r.ask(ctx, middle, 1)
		if err != nil {
			return 0, err
		}
		if len(found) == 0 {
			none = middle
		} else {
			last = found[0].Versionstamp
		}
	}
	return last, nil
}

func sleep(ctx context.Context, d time.Duration) error {
	if backoff.Sleep(ctx, d) {
		return nil
	}
	return context.Cause(ctx)
}

// row is a set as the server sends it.
type row struct {
	Changes      []map[string]any `surreal:"changes"`
	Versionstamp Position         `surreal:"versionstamp"`
}

// ask reads sets from a position on.
func (r *reader[T]) ask(ctx context.Context, since Position, limit int) ([]row, error) {
	text := fmt.Sprintf("SHOW CHANGES FOR TABLE %s SINCE %d LIMIT %d", r.ident, since, limit)
	rows, err := surrealsql.All[row](ctx, r.q, text)
	if err != nil {
		return nil, fmt.Errorf("changefeed: table %q: %w", r.feed.Table, err)
	}
	return rows, nil
}

// page reads the sets that come after the last, at most as many as a page has.
func (r *reader[T]) page(ctx context.Context) ([]row, error) {
	now := time.Now()
	rows, err := r.ask(ctx, r.feed.After, r.feed.PageSize+1) // SINCE has the last one, too
	switch {
	case err != nil:
	case r.feed.After == 0 && len(rows) == 0:
		err = r.mustHaveFeed(ctx)
	case r.feed.After == 0:
		rows = rows[:min(len(rows), r.feed.PageSize)]
	case len(rows) > 0 && rows[0].Versionstamp == r.feed.After:
		rows = rows[1:]
	default:
		err = r.mayHaveExpired(ctx, now)
	}
	r.asked = now
	return rows, err
}

// mayHaveExpired is the error of a position that the feed does not have: nil where it expired
// while nothing was changed. What comes after it expires later than that long after the feed was
// asked.
func (r *reader[T]) mayHaveExpired(ctx context.Context, now time.Time) error {
	if !r.asked.IsZero() {
		kept, known, err := r.retention(ctx)
		if err != nil {
			return err
		}
		if known && now.Sub(r.asked) < kept {
			return nil
		}
	}
	return fmt.Errorf("%w %d of table %q: read the table itself, and the feed from then on", ErrGap, r.feed.After, r.feed.Table)
}

// mustHaveFeed says that the table has no feed, of which the server tells no changes and no
// error. Who may not ask is not told.
func (r *reader[T]) mustHaveFeed(ctx context.Context) error {
	if r.has {
		return nil
	}
	kept, known, err := r.retention(ctx)
	if err != nil {
		return err
	}
	r.has = true
	if known && kept == 0 {
		return fmt.Errorf("changefeed: table %q has no change feed, or is not there: DEFINE TABLE %s CHANGEFEED 1d", r.feed.Table, r.ident)
	}
	return nil
}

// retention is how long the feed keeps changes, 0 where there is none. known is false where the
// server does not tell that to the user.
func (r *reader[T]) retention(ctx context.Context) (kept time.Duration, known bool, err error) {
	type table struct {
		Name       string `surreal:"name"`
		Changefeed *struct {
			Expiry time.Duration `surreal:"expiry"`
		} `surreal:"changefeed"`
	}
	tables, err := surrealsql.All[table](ctx, r.q, "RETURN (INFO FOR DB STRUCTURE).tables")
	switch {
	case surrealsql.IsAuth(err):
		return 0, false, nil
	case err != nil:
		return 0, false, fmt.Errorf("changefeed: asking how long table %q keeps its changes: %w", r.feed.Table, err)
	}
	for _, t := range tables {
		if t.Name == r.feed.Table && t.Changefeed != nil {
			return t.Changefeed.Expiry, true, nil
		}
	}
	return 0, true, nil
}

// setOf reads a set.
func setOf[T any](r row) (Set[T], error) {
	set := Set[T]{Position: r.Versionstamp, Changes: make([]Change[T], len(r.Changes))}
	for i, c := range r.Changes {
		if err := set.Changes[i].read(c); err != nil {
			return set, fmt.Errorf("change %d: %w", i+1, err)
		}
	}
	return set, nil
}

// read reads a change, which has a key that says what it is: define_table, delete, or update,
// whose value is the record, or, beside the record as current, the patches that undo it.
func (c *Change[T]) read(fields map[string]any) error {
	var record any
	switch {
	case fields["define_table"] != nil:
		c.Action = Define
		c.Definition, _ = fields["define_table"].(map[string]any)
		return nil
	case fields["delete"] != nil:
		c.Action = Delete
		deleted, _ := fields["delete"].(map[string]any)
		c.ID, _ = deleted["id"].(surrealsql.RecordID)
		if record = deleted["original"]; record == nil {
			return nil
		}
	case fields["current"] != nil:
		c.Action, record = Update, fields["current"]
		c.Undo, _ = fields["update"].([]any)
	case fields["update"] != nil:
		c.Action, record = Update, fields["update"]
	default:
		return fmt.Errorf("got %v, expected define_table, update or delete", slices.Sorted(maps.Keys(fields)))
	}
	if object, ok := record.(map[string]any); ok && c.ID == "" {
		c.ID, _ = object["id"].(surrealsql.RecordID)
	}
	return surrealsql.Into(&c.Record).Scan(record)
}

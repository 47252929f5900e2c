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
	"github.com/surrealsql/surrealsql/internal/ctxerr"
	"github.com/surrealsql/surrealsql/internal/literal"
)

// How a feed is read. Up to 3.3.5 a LIMIT counts the sets of all tables before those of the
// table are chosen, and is 1,000 at the most: behind so many changes of other tables a table
// seems to have none. So the sets of the database are read, and those of the table taken out
// of them. Each question begins with the set that was read last, so that it shows when the
// feed has lost it; and what has come is given once it has settled (Feed.Settle).

const (
	defaultPageSize = 500
	defaultInterval = time.Second
	defaultSettle   = 2 * time.Second
)

// maxSets is how many sets the server gives at a time at the most, whatever the LIMIT.
const maxSets = 1000

// reader is where a feed stands.
type reader[T any] struct {
	q      surrealsql.Querier
	feed   Feed      // After goes on with what is given
	passed Position  // of any table: no set up to it is still to be given
	ident  string    // the table, as SurrealQL names it
	asked  time.Time // what comes after passed was not there yet then; zero if that is not known
	has    bool      // the table is known to have a feed
}

func newReader[T any](q surrealsql.Querier, f Feed) (*reader[T], error) {
	if f.Table == "" {
		return nil, errors.New("changefeed: no table is named")
	}
	f.PageSize = cmp.Or(max(f.PageSize, 0), defaultPageSize)
	f.Interval = cmp.Or(max(f.Interval, 0), defaultInterval)
	f.Settle = cmp.Or(max(f.Settle, 0), defaultSettle)
	return &reader[T]{q: q, feed: f, passed: f.After, ident: string(literal.AppendName(nil, f.Table))}, nil
}

// read gives what there is and, with follow, what comes.
func (r *reader[T]) read(ctx context.Context, follow bool, yield func(Set[T], error) bool) {
	for {
		now := time.Now()
		newest, err := r.newest(ctx)
		more := newest > r.passed
		if err == nil && more {
			if err = sleep(ctx, r.feed.Settle); err == nil && !r.give(ctx, newest, yield) {
				return
			}
		}
		if err == nil {
			r.asked = now
			if err = r.mustHaveFeed(ctx); err == nil && !follow {
				return
			}
		}
		if err == nil && !more {
			err = sleep(ctx, r.feed.Interval)
		}
		if err != nil {
			yield(Set[T]{}, err)
			return
		}
	}
}

// give gives the sets up to one. It reports whether the reader wants more, and there was no
// error.
func (r *reader[T]) give(ctx context.Context, last Position, yield func(Set[T], error) bool) bool {
	for r.passed < last {
		rows, err := r.ownPage(ctx)
		if err != nil {
			yield(Set[T]{}, err)
			return false
		}
		for _, row := range rows {
			if row.Versionstamp > last {
				r.passed = last
				return true
			}
			if len(row.Changes) == 0 {
				r.passed = row.Versionstamp
				continue
			}
			set, err := setOf[T](row)
			if err != nil {
				yield(Set[T]{}, fmt.Errorf("changefeed: table %q: the set at %d: %w", r.feed.Table, row.Versionstamp, err))
				return false
			}
			r.feed.After, r.passed = row.Versionstamp, row.Versionstamp
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

// ownPage is page with the changes of the table alone. All of them are known before the first is
// given, as the program may take so long that the feed loses the others.
func (r *reader[T]) ownPage(ctx context.Context) ([]row, error) {
	rows, _, err := r.page(ctx)
	for i := range rows {
		if err == nil {
			rows[i].Changes, err = r.own(ctx, rows[i])
		}
	}
	return rows, err
}

// own returns the changes of the table in a set of the database. Where some do not tell whose they
// are, the server is asked for the table's: a set has no more parts than changes.
func (r *reader[T]) own(ctx context.Context, of row) ([]map[string]any, error) {
	if !slices.ContainsFunc(of.Changes, func(c map[string]any) bool { return tableOf(c) == "" }) {
		return slices.DeleteFunc(of.Changes, func(c map[string]any) bool { return tableOf(c) != r.feed.Table }), nil
	}
	rows, err := r.askFor(ctx, "TABLE "+r.ident, of.Versionstamp, min(len(of.Changes), maxSets))
	if err != nil || len(rows) == 0 || rows[0].Versionstamp != of.Versionstamp {
		return nil, err
	}
	return rows[0].Changes, nil
}

// tableOf is the table of a change, "" where that does not say: a record of a view has no id in it
// (3.0.2 to 4.0.0-beta.1).
func tableOf(change map[string]any) string {
	for _, key := range []string{"define_table", "delete", "current", "update"} {
		object, _ := change[key].(map[string]any)
		if id, ok := object["id"].(surrealsql.RecordID); ok {
			return id.Table()
		}
		if name, ok := object["name"].(string); ok && key == "define_table" {
			return name
		}
	}
	return ""
}

// newest returns the position of the newest set of the database, or passed where nothing comes
// after that.
func (r *reader[T]) newest(ctx context.Context) (Position, error) {
	rows, more, err := r.page(ctx)
	if err != nil || len(rows) == 0 {
		return r.passed, err
	}
	last := rows[len(rows)-1].Versionstamp
	if !more {
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
	return ctxerr.Of(ctx)
}

// row is a set as the server sends it.
type row struct {
	Changes      []map[string]any `surreal:"changes"`
	Versionstamp Position         `surreal:"versionstamp"`
}

// ask reads sets of the database from a position on.
func (r *reader[T]) ask(ctx context.Context, since Position, limit int) ([]row, error) {
	return r.askFor(ctx, "DATABASE", since, limit)
}

func (r *reader[T]) askFor(ctx context.Context, what string, since Position, limit int) ([]row, error) {
	text := fmt.Sprintf("SHOW CHANGES FOR %s SINCE %d LIMIT %d", what, since, limit)
	rows, err := surrealsql.All[row](ctx, r.q, text)
	if err != nil {
		return nil, fmt.Errorf("changefeed: table %q: %w", r.feed.Table, err)
	}
	return rows, nil
}

// page reads the sets that come after the last, about as many as a page has, and whether there
// may be more.
func (r *reader[T]) page(ctx context.Context) (rows []row, more bool, err error) {
	now := time.Now()
	rows, limit, err := r.askMany(ctx)
	if err != nil {
		return nil, false, err
	}
	more = parts(rows) >= limit
	switch {
	case r.passed == 0:
	case len(rows) > 0 && rows[0].Versionstamp == r.passed:
		rows = rows[1:]
	default:
		if err := r.mayHaveExpired(ctx, now); err != nil {
			return nil, false, err
		}
	}
	switch {
	case more && len(rows) > 1:
		rows = rows[:len(rows)-1]
	case more:
		rows, err = r.whole(ctx, rows)
	}
	return rows, more, err
}

// askMany asks for a page and what belongs to it, a smaller one where that is larger than a message
// may be: the sets of other tables are not what the program thought of with PageSize. That costs
// the connection, so it stays small.
func (r *reader[T]) askMany(ctx context.Context) (rows []row, limit int, err error) {
	var tooLarge error
	for {
		limit = min(r.feed.PageSize, maxSets-2) + 2 // SINCE has the last one, too, and that at the end may be a part
		rows, err = r.ask(ctx, r.passed, limit)
		switch {
		case err == nil:
			return rows, limit, nil
		case !errors.Is(err, surrealsql.ErrMessageTooLarge): // of a connection that is not replaced, too
			return nil, limit, errors.Join(tooLarge, err)
		case r.feed.PageSize == 1:
			return nil, limit, err
		}
		tooLarge, r.feed.PageSize = err, max((limit-2)/4, 1)
	}
}

// whole reads the one set that a page has, or the one that comes next, with all of its tables:
// it is whole where another one, or nothing, comes after it. It asks for few, as sets may be large.
func (r *reader[T]) whole(ctx context.Context, rows []row) ([]row, error) {
	since := r.passed + 1
	if len(rows) > 0 {
		since = rows[0].Versionstamp
	}
	for limit := 2; ; limit = min(4*limit, maxSets) {
		rows, err := r.ask(ctx, since, limit)
		if err != nil || len(rows) > 1 || parts(rows) < limit || limit == maxSets {
			return rows[:min(len(rows), 1)], err
		}
	}
}

// parts is how many sets of one table there are in those of the database, which is what a LIMIT
// counts up to 3.3.5: so it may cut the last one. 4.0.0-beta.1 counts sets of the database. Each
// change of a table that is not known counts as one, so there may be fewer.
func parts(rows []row) (n int) {
	for _, row := range rows {
		before := ""
		for i, c := range row.Changes {
			if table := tableOf(c); i == 0 || table != before || table == "" {
				before = table
				n++
			}
		}
	}
	return n
}

// mayHaveExpired is the error of a position that the feed does not have: nil where it expired
// while nothing was changed. What came after the feed was asked, and all was given, expires
// later than that long after it.
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
	return fmt.Errorf("%w %d of table %q: read the table itself, and the feed from then on", ErrGap, r.passed, r.feed.Table)
}

// mustHaveFeed says that the table has no feed, where there were no changes: the server tells no
// error. Who may not ask is not told.
func (r *reader[T]) mustHaveFeed(ctx context.Context) error {
	if r.has || r.feed.After > 0 {
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
	expiry, err := surrealsql.One[*time.Duration](ctx, r.q,
		"RETURN (INFO FOR DB STRUCTURE).tables[WHERE name = $1][0].changefeed.expiry", r.feed.Table)
	switch {
	case surrealsql.IsAuth(err):
		return 0, false, nil
	case err != nil:
		return 0, false, fmt.Errorf("changefeed: asking how long table %q keeps its changes: %w", r.feed.Table, err)
	case expiry == nil:
		return 0, true, nil
	}
	return *expiry, true, nil
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

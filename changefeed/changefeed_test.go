package changefeed_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/changefeed"
	"github.com/surrealsql/surrealsql/internal/drivertest"
	"github.com/surrealsql/surrealsql/surrealtest"
)

type person struct {
	ID   surrealsql.RecordID `json:"id"`
	Name string              `json:"name"`
}

// feedOf is a feed of a table that nobody writes at the moment, read in the smallest pages.
func feedOf(table string, after ...changefeed.Position) changefeed.Feed {
	f := changefeed.Feed{Table: table, PageSize: 1, Settle: 1, Interval: time.Hour}
	if len(after) > 0 {
		f.After = after[0]
	}
	return f
}

// read reads what there is.
func read[T any](t *testing.T, db surrealsql.Querier, f changefeed.Feed) (sets []changefeed.Set[T]) {
	t.Helper()
	for set, err := range changefeed.Read[T](t.Context(), db, f) {
		require.NoError(t, err)
		sets = append(sets, set)
	}
	return sets
}

func TestReadGivesTheChangesOfEachTransaction(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	drivertest.MustExec(t, db, `DEFINE TABLE person CHANGEFEED 1h`)
	drivertest.MustExec(t, db, `CREATE person:ada SET name = 'Ada'`)
	drivertest.MustExec(t, db, `BEGIN; UPDATE person:ada SET name = 'Ada L.'; CREATE person:bob SET name = 'Bob'; COMMIT`)
	drivertest.MustExec(t, db, `DELETE person:bob`)

	sets := read[person](t, db, feedOf("person"))
	require.Len(t, sets, 4)
	require.Equal(t, changefeed.Define, sets[0].Changes[0].Action)
	require.Equal(t, "person", sets[0].Changes[0].Definition["name"])
	require.Equal(t, []changefeed.Change[person]{
		{Action: changefeed.Update, ID: "person:ada", Record: person{"person:ada", "Ada"}},
	}, sets[1].Changes)
	require.Equal(t, []changefeed.Change[person]{
		{Action: changefeed.Update, ID: "person:ada", Record: person{"person:ada", "Ada L."}},
		{Action: changefeed.Update, ID: "person:bob", Record: person{"person:bob", "Bob"}},
	}, sets[2].Changes)
	require.Equal(t, []changefeed.Change[person]{{Action: changefeed.Delete, ID: "person:bob"}}, sets[3].Changes)

	for i := range sets {
		rest := read[person](t, db, feedOf("person", sets[i].Position))
		require.Equal(t, sets[i+1:], append([]changefeed.Set[person]{}, rest...), "after set %d", i)
	}
}

// Up to 3.3.5 a LIMIT counts the sets of all tables, and is 1,000 at the most.
func TestReadGivesWhatComesBehindTheChangesOfOtherTables(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	drivertest.MustExec(t, db, `DEFINE TABLE quiet CHANGEFEED 1h; DEFINE TABLE busy CHANGEFEED 1h; DEFINE TABLE zeal CHANGEFEED 1h`)
	drivertest.MustExec(t, db, `CREATE quiet:1`)
	drivertest.MustExec(t, db, strings.Repeat(`CREATE busy;`, 1100))
	drivertest.MustExec(t, db, `CREATE quiet:2`)
	drivertest.MustExec(t, db, `BEGIN; CREATE busy; CREATE quiet:3; CREATE zeal; COMMIT`)
	drivertest.MustExec(t, db, `BEGIN; CREATE busy; CREATE quiet:4; CREATE zeal; COMMIT; CREATE zeal`)
	for _, size := range []int{1, 100, 0, math.MaxInt} {
		f := changefeed.Feed{Table: "quiet", PageSize: size, Settle: 1}
		sets := read[map[string]any](t, db, f)
		require.Len(t, sets, 5, "page of %d", size)
		for i, set := range sets {
			require.Len(t, set.Changes, 1)
			if f.After = set.Position; i > 0 {
				require.EqualValues(t, fmt.Sprintf("quiet:%d", i), set.Changes[0].ID, "page of %d", size)
			}
		}
		require.Empty(t, read[any](t, db, f), "page of %d", size)
	}
	last := read[any](t, db, feedOf("zeal"))
	require.Len(t, last, 4)
	require.Len(t, read[any](t, db, feedOf("quiet")), 5)
	for _, err := range changefeed.Read[any](t.Context(), db, feedOf("missing")) {
		require.ErrorContains(t, err, "no change feed")
	}
}

func TestReadGetsByWithSmallerPagesWhereMessagesAreTooLarge(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t, func(c *surrealsql.Config) { c.MaxMessageSize = 128 << 10 })
	drivertest.MustExec(t, db, `DEFINE TABLE quiet CHANGEFEED 1h; DEFINE TABLE busy CHANGEFEED 1h; CREATE quiet:1`)
	drivertest.MustExec(t, db, strings.Repeat(`CREATE busy SET text = string::repeat('x', 10000) RETURN NONE;`, 60)+`CREATE quiet:2`)
	require.Len(t, read[any](t, db, changefeed.Feed{Table: "quiet", Settle: 1}), 3)
	conn := drivertest.Lease(t, db) // it is lost
	for _, err := range changefeed.Read[any](t.Context(), conn, changefeed.Feed{Table: "quiet", Settle: 1}) {
		require.ErrorIs(t, err, surrealsql.ErrMessageTooLarge)
	}
}

// A page may end in the middle of them.
func TestReadGivesSetsOfManyTablesWhole(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	var tables, writes strings.Builder
	for i := range 12 {
		fmt.Fprintf(&tables, "DEFINE TABLE t%02d CHANGEFEED 1h;", i)
		fmt.Fprintf(&writes, "CREATE t%02d; CREATE t%02[1]d;", i)
	}
	drivertest.MustExec(t, db, tables.String())
	for range 3 {
		drivertest.MustExec(t, db, "BEGIN;"+writes.String()+"COMMIT")
	}
	for _, table := range []string{"t00", "t07", "t11"} {
		for _, size := range []int{1, 10, 11, 12, 500} {
			f := changefeed.Feed{Table: table, PageSize: size, Settle: 1}
			sets := read[any](t, db, f)
			require.Len(t, sets, 4, "%s, page of %d", table, size)
			for i, set := range sets[1:] {
				require.Len(t, set.Changes, 2)
				f.After = set.Position
				require.Len(t, read[any](t, db, f), 2-i, "%s, page of %d", table, size)
			}
		}
	}
}

// Their records have no id in the feed, so that they do not tell whose they are.
func TestReadGivesChangesOfViewsToThemAlone(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	drivertest.MustExec(t, db, `DEFINE TABLE item CHANGEFEED 1h; CREATE item:1; DEFINE TABLE other CHANGEFEED 1h`)
	drivertest.MustExec(t, db, `DEFINE TABLE number CHANGEFEED 1h AS SELECT count() AS n FROM item GROUP ALL`)
	drivertest.MustExec(t, db, `DEFINE TABLE total CHANGEFEED 1h AS SELECT count() AS n FROM item GROUP ALL`)
	drivertest.MustExec(t, db, `CREATE item:2; BEGIN; CREATE other:1; CREATE item:3; COMMIT; CREATE other:2`)
	for _, table := range []string{"item", "number", "other", "total"} {
		told, err := surrealsql.All[struct{ Changes []any }](t.Context(), db, "SHOW CHANGES FOR TABLE "+table+" SINCE 0 LIMIT 1000")
		require.NoError(t, err)
		want := 0
		for _, set := range told {
			want += len(set.Changes)
		}
		for _, size := range []int{1, 2, 3, 500} {
			n := 0
			for _, set := range read[map[string]any](t, db, changefeed.Feed{Table: table, PageSize: size, Settle: 1}) {
				for _, c := range set.Changes {
					if n++; c.Action == changefeed.Update && (table == "item" || table == "other") {
						require.Equal(t, table, c.ID.Table())
					}
				}
			}
			require.Equal(t, want, n, "%s, page of %d", table, size)
		}
	}
}

func TestReadGivesWhatWasBeforeWhereTheFeedHasIt(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	drivertest.MustExec(t, db, `DEFINE TABLE person CHANGEFEED 1h INCLUDE ORIGINAL`)
	drivertest.MustExec(t, db, `CREATE person:ada SET name = 'Ada'`)
	drivertest.MustExec(t, db, `UPDATE person:ada SET name = 'Ada L.'`)
	drivertest.MustExec(t, db, `DELETE person:ada`)
	sets := read[person](t, db, feedOf("person"))
	require.Len(t, sets, 4)
	updated, deleted := sets[2].Changes[0], sets[3].Changes[0]
	require.Equal(t, person{"person:ada", "Ada L."}, updated.Record)
	require.NotEmpty(t, updated.Undo)
	require.Equal(t, changefeed.Delete, deleted.Action)
	require.Equal(t, surrealsql.RecordID("person:ada"), deleted.ID)
	if surrealtest.Version(t) == "3.0.2" {
		return // it leaves that out
	}
	require.Equal(t, "Ada L.", deleted.Record.Name)
}

func TestReadOfTableWithoutFeedSaysSo(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	drivertest.MustExec(t, db, `CREATE plain:1`)
	for _, table := range []string{"plain", "missing", "", "no such`table"} {
		n := 0
		for _, err := range changefeed.Read[any](t.Context(), db, feedOf(table)) {
			require.Error(t, err, table)
			n++
		}
		require.Equal(t, 1, n, table)
	}
}

func TestReadIsOfAContextWithAnyOptions(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	drivertest.MustExec(t, db, `DEFINE TABLE other; DEFINE TABLE person CHANGEFEED 1h`)
	for _, ctx := range []context.Context{surrealsql.WithStrictFields(t.Context()), surrealsql.WithExactTypes(t.Context())} {
		for table, told := range map[string]string{"person": "", "other": "no change feed"} {
			for _, err := range changefeed.Read[any](ctx, db, feedOf(table)) {
				if told == "" {
					require.NoError(t, err)
				} else {
					require.ErrorContains(t, err, told)
				}
			}
		}
	}
}

func TestReadNamesTablesThatNeedQuotes(t *testing.T) {
	t.Parallel()
	for _, table := range []string{"an order", "1st"} {
		db := drivertest.NewDB(t)
		drivertest.MustExec(t, db, "DEFINE TABLE `"+table+"` CHANGEFEED 1h; CREATE `"+table+"`:1")
		sets := read[map[string]any](t, db, feedOf(table))
		require.Equal(t, table, sets[len(sets)-1].Changes[0].ID.Table())
	}
}

func TestReadAfterPositionThatTheFeedLacksIsGap(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	drivertest.MustExec(t, db, `DEFINE TABLE person CHANGEFEED 1h; CREATE person:1; CREATE person:2`)
	sets := read[any](t, db, feedOf("person"))
	for _, after := range []changefeed.Position{1, sets[0].Position - 1, sets[len(sets)-1].Position + 1} {
		for _, err := range changefeed.Read[any](t.Context(), db, feedOf("person", after)) {
			require.ErrorIs(t, err, changefeed.ErrGap)
		}
	}
}

// What was there when the feed was asked is older than that, so it may be gone at any time
// after it: here with its database, which is quicker than to wait for its end.
func TestReadOfSetsThatAreGoneMeanwhileIsGap(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	drivertest.MustExec(t, db, `DEFINE TABLE person CHANGEFEED 1h; CREATE person:1; CREATE person:2`)
	name := drivertest.QueryOne[string](t, db, `RETURN session::db()`)
	var last error
	for _, err := range changefeed.Read[any](t.Context(), db, feedOf("person")) {
		if last = err; err == nil {
			drivertest.MustExec(t, db, fmt.Sprintf("REMOVE DATABASE `%[1]s`; DEFINE DATABASE `%[1]s`", name))
			drivertest.MustExec(t, db, `DEFINE TABLE person CHANGEFEED 1h`)
		}
	}
	require.ErrorIs(t, last, changefeed.ErrGap)
}

func TestReadErrorIsTheServers(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, err := range changefeed.Read[any](ctx, db, feedOf("person")) {
		require.ErrorIs(t, err, context.Canceled)
	}
	drivertest.MustExec(t, db, `DEFINE TABLE person CHANGEFEED 1h; CREATE person:1 SET name = 7`)
	var last error
	for set, err := range changefeed.Read[struct{ Name bool }](t.Context(), db, feedOf("person")) {
		if last = err; err == nil {
			require.Equal(t, changefeed.Define, set.Changes[0].Action)
		}
	}
	require.ErrorContains(t, last, "name")
}

// Writers write, and a follower stops at random and goes on from what it saved: it sees each
// change once, and of each record in the order of the writes.
func TestFollowSeesEachChangeOnceThroughAnyNumberOfStops(t *testing.T) {
	t.Parallel()
	const writers, writes, settle = 4, 60, time.Second
	db := drivertest.NewDB(t)
	drivertest.MustExec(t, db, `DEFINE TABLE item CHANGEFEED 1h`)
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for n := range writes {
				_, err := db.ExecContext(t.Context(), `CREATE item SET w = $1, n = $2`, w, n)
				for surrealsql.IsConflict(err) {
					_, err = db.ExecContext(t.Context(), `CREATE item SET w = $1, n = $2`, w, n)
				}
				if err != nil {
					t.Errorf("writer %d: %v", w, err)
					return
				}
			}
		})
	}
	type item struct{ W, N int }
	seen := make([][]int, writers)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	var last changefeed.Position
	total, stops := 0, 0
	for total < writers*writes {
		after := rand.IntN(20)
		for set, err := range changefeed.Follow[item](ctx, db, changefeed.Feed{Table: "item", After: last, PageSize: 7, Interval: time.Millisecond, Settle: settle}) {
			require.NoError(t, err, "%d of %d", total, writers*writes)
			require.Greater(t, set.Position, last)
			last = set.Position
			for _, c := range set.Changes {
				if c.Action == changefeed.Update {
					seen[c.Record.W] = append(seen[c.Record.W], c.Record.N)
					total++
				}
			}
			if after--; after <= 0 || total == writers*writes {
				stops++
				break
			}
		}
	}
	wg.Wait()
	for w := range writers {
		require.Equal(t, drivertest.Numbers(writes), seen[w], "writer %d", w)
	}
	require.Greater(t, stops, 3)
}

func TestFollowEndsWithItsContext(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	drivertest.MustExec(t, db, `DEFINE TABLE person CHANGEFEED 1h`)
	why := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	var got []string
	for set, err := range changefeed.Follow[any](ctx, db, feedOf("person")) {
		if err != nil {
			require.ErrorIs(t, err, why)
			require.ErrorIs(t, err, context.Canceled)
			got = append(got, "end")
			continue
		}
		got = append(got, fmt.Sprint(len(set.Changes)))
		time.AfterFunc(20*time.Millisecond, func() { cancel(why) })
	}
	require.Equal(t, []string{"1", "end"}, got)
	require.Zero(t, db.Stats().InUse)
	for _, err := range changefeed.Follow[any](ctx, db, feedOf("person")) { // which database/sql ends
		require.ErrorIs(t, err, why)
		require.ErrorIs(t, err, context.Canceled)
	}
}

package failures

import (
	"context"
	"database/sql"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/drivertest"
	"github.com/surrealsql/surrealsql/internal/scripted"
	"github.com/surrealsql/surrealsql/internal/shaped/shapedtest"
)

// Blocks that come frame by frame, of which one is wrong, torn or none; and how long what one
// block has announced holds for others.

// ints is the shape of rows with an integer, and intRows are rows of it.
var ints = shapedtest.Object(false, shapedtest.Column{Name: "c", Kind: shapedtest.Int})

func intRows(values ...int) (rows []shapedtest.Row) {
	for _, v := range values {
		rows = append(rows, ints.Row(map[string]any{"c": int64(v)}))
	}
	return rows
}

// announcedInts are rows after their shape, moreInts are rows alone.
func announcedInts(values ...int) scripted.Raw {
	return block(shapedtest.New().Announce(3, ints).Batch(3, intRows(values...)...))
}

func moreInts(values ...int) scripted.Raw {
	return block(shapedtest.New().Batch(3, intRows(values...)...))
}

// frames answers with frames of one statement, each of which has the given rows.
func (b *blocks) frames(rows ...scripted.Raw) {
	b.answer(func(c *scripted.Conn, r scripted.Request) { c.Stream(r.ID, framesOf(rows...)...) })
}

func framesOf(rows ...scripted.Raw) []scripted.Raw {
	frames := []scripted.Raw{begun}
	for _, r := range rows {
		frames = append(frames, rowsFrame(0, r))
	}
	return append(frames, finished, ended)
}

// slowFrames is frames with a pause after the second, so that rows are read while they come.
func (b *blocks) slowFrames(rows ...scripted.Raw) {
	b.answer(func(c *scripted.Conn, r scripted.Request) {
		all := framesOf(rows...)
		c.Stream(r.ID, all[:3]...)
		time.Sleep(10 * time.Millisecond)
		c.Stream(r.ID, all[3:]...)
	})
}

func cs(values ...string) (rows []string) {
	for _, v := range values {
		rows = append(rows, "c=int64("+v+")")
	}
	return rows
}

func TestShapesOfAStreamHoldForAllItsFramesAndNoOtherAnswer(t *testing.T) {
	t.Parallel()
	srv := newBlocks(t)
	db := drivertest.Solo(srv.open(t, surrealsql.StreamAlways))
	text := shapedtest.Object(false, shapedtest.Column{Name: "c", Kind: shapedtest.String})
	for _, query := range []string{"SELECT c FROM t", "SELECT * FROM t"} {
		for name, send := range map[string]func(...scripted.Raw){"at once": srv.frames, "slowly": srv.slowFrames} {
			send(announcedInts(1, 2), moreInts(3), moreInts(), block(shapedtest.New()), moreInts(4, 5),
				block(shapedtest.New().Announce(3, text).Batch(3, text.Row(map[string]any{"c": "x"}))),
				block(shapedtest.New().Announce(0, ints).Batch(3, text.Row(map[string]any{"c": "y"})).Batch(0, intRows(6)...)))
			got := readEverything(t.Context(), db, query)
			require.NoError(t, got.err, name)
			require.Equal(t, slices.Concat(cs("1", "2", "3", "4", "5"), []string{"c=string(x)", "c=string(y)"}, cs("6")), got.rows, name)

			send(moreInts(7), moreInts(8))
			got = readEverything(t.Context(), db, query)
			require.ErrorContains(t, got.err, "a batch of shape 3, which was not announced", name)
			require.Empty(t, got.rows, name)
			requireUnmixed(t, db, name)
		}
	}
}

// Whole records are laid out by the first of them. One that has another key may come as an
// object with columns, with a remainder, or as a single value.
func TestRecordWithANewKeyAfterTheFirstIsAnErrorAndNotCutShort(t *testing.T) {
	t.Parallel()
	record := map[string]any{"c": int64(4), "z": int64(5)}
	for name, s := range map[string]*shapedtest.Shape{
		"in a column":       shapedtest.Object(false, shapedtest.Column{Name: "c", Kind: shapedtest.Int}, shapedtest.Column{Name: "z", Kind: shapedtest.Int}),
		"in a remainder":    shapedtest.Object(true, shapedtest.Column{Name: "c", Kind: shapedtest.Int}),
		"in a single value": shapedtest.Values(),
	} {
		srv := newBlocks(t)
		db := drivertest.Solo(srv.open(t, surrealsql.StreamAlways))
		srv.slowFrames(announcedInts(1, 2), moreInts(3), block(shapedtest.Of(s, record)))
		got := readEverything(t.Context(), db, "SELECT * FROM t")
		if got.err != nil {
			require.ErrorContains(t, got.err, `the field "z"`, name)
			require.Equal(t, cs("1", "2", "3"), got.rows, name)
			got = readEverything(t.Context(), db, "SELECT * FROM t") // which it says helps
		}
		require.NoError(t, got.err, name)
		require.Equal(t, "c=int64(4) z=int64(5)", got.rows[3], name)
		requireUnmixed(t, db, name)
	}
}

func TestShapesOfAWholeAnswerHoldForOneOfItsStatements(t *testing.T) {
	t.Parallel()
	srv := newBlocks(t)
	db := drivertest.Solo(srv.open(t, surrealsql.StreamNever))
	srv.results(announcedInts(1), moreInts(2))
	got := readEverything(t.Context(), db, "SELECT c FROM t; SELECT c FROM u")
	require.ErrorContains(t, got.err, "a batch of shape 3, which was not announced")
	require.Equal(t, cs("1"), got.rows)
	requireUnmixed(t, db)
	srv.results(moreInts(2))
	got = readEverything(t.Context(), db, "SELECT c FROM t")
	require.ErrorContains(t, got.err, "a batch of shape 3, which was not announced")
	requireUnmixed(t, db)
}

func TestShapesOfAStreamHoldForAllItsStatements(t *testing.T) {
	t.Parallel()
	srv := newBlocks(t)
	db := drivertest.Solo(srv.open(t, surrealsql.StreamAlways))
	for range 3 {
		srv.results(announcedInts(1), moreInts(2), moreInts(3))
		got := readEverything(t.Context(), db, "SELECT c FROM t; SELECT * FROM u; SELECT c FROM v")
		require.NoError(t, got.err)
		require.Equal(t, cs("1", "2", "3"), got.rows)
	}
	requireUnmixed(t, db)
}

func TestFrameWithAWrongBlockEndsTheRowsAfterThoseBefore(t *testing.T) {
	t.Parallel()
	srv := newBlocks(t)
	db := drivertest.Solo(srv.open(t, surrealsql.StreamAlways))
	type wrong struct {
		name   string
		rows   scripted.Raw
		inside bool
	}
	wrongs := []wrong{
		{"an array", scripted.Value([]any{map[string]any{"c": 3}}), false}, {"a text", scripted.Value("x"), false},
		{"null", scripted.Value(nil), false}, {"a map", scripted.Value(map[string]any{}), false},
	}
	for _, w := range shapedtest.AllWrong() {
		wrongs = append(wrongs, wrong{w.Name, block(w.Block), w.Inside})
	}
	for _, w := range wrongs {
		for name, send := range map[string]func(...scripted.Raw){"at once": srv.frames, "slowly": srv.slowFrames} {
			send(announcedInts(1, 2), w.rows, announcedInts(3))
			got := readEverything(t.Context(), db, "SELECT c FROM t")
			if !w.inside {
				require.Error(t, got.err, "%s, %s", w.name, name)
				require.ErrorContains(t, got.err, "surrealsql: ", "%s, %s", w.name, name)
				n := min(2, len(got.rows))
				require.Equal(t, cs("1", "2")[:n], append([]string{}, got.rows[:n]...), "%s, %s", w.name, name)
				require.NotContains(t, got.rows, "c=int64(3)", "%s, %s", w.name, name)
			}
			requireUnmixed(t, db, "%s, %s", w.name, name)
		}
	}
}

func TestFramesOfBlocksThatAreTornGiveThePrefixOfTheirRowsAndAnError(t *testing.T) {
	t.Parallel()
	srv := newBlocks(t)
	db := drivertest.Solo(srv.open(t, surrealsql.StreamAlways))
	frames := framesOf(announcedInts(1, 2), moreInts(3), moreInts(4), announcedInts(5))
	want := cs("1", "2", "3", "4", "5")
	for _, text := range []string{"SELECT c FROM t", "SELECT * FROM t"} {
		whole := len(scripted.Streamed(1, frames...))
		for cut := range whole {
			srv.answer(func(c *scripted.Conn, r scripted.Request) {
				c.Write(scripted.Streamed(r.ID, frames...)[:cut])
				c.Drop()
			})
			got := readEverything(t.Context(), db, text)
			require.Error(t, got.err, "cut after %d of %d bytes", cut, whole)
			require.Equal(t, want[:len(got.rows)], append([]string{}, got.rows...), "cut after %d bytes", cut)
			requireUnmixed(t, db, "cut after %d bytes", cut)
		}
		srv.answer(func(c *scripted.Conn, r scripted.Request) {
			c.Drip(scripted.Streamed(r.ID, frames...), 10*time.Microsecond)
		})
		got := readEverything(t.Context(), db, text)
		require.NoError(t, got.err)
		require.Equal(t, want, got.rows)
	}
}

// A call on the connection while blocks are still to come moves them out of its way.
func TestFramesOfBlocksMakeWayForAnotherCall(t *testing.T) {
	t.Parallel()
	srv := newBlocks(t)
	db := srv.open(t, surrealsql.StreamAlways)
	text := shapedtest.Object(false, shapedtest.Column{Name: "c", Kind: shapedtest.String})
	texts := block(shapedtest.New().Announce(9, text).Batch(9, text.Row(map[string]any{"c": "x"})))
	all := slices.Concat(cs("1", "2", "3", "4"), []string{"c=string(x)"}, cs("5"))
	for name, send := range map[string]func(...scripted.Raw){"at once": srv.frames, "slowly": srv.slowFrames} {
		for before := range len(all) + 1 {
			send(announcedInts(1, 2), moreInts(3), moreInts(4), texts, moreInts(5))
			got := readBesides(t, db, before)
			require.NoError(t, got.err, "%s, after %d rows", name, before)
			require.Equal(t, all, got.rows, "%s, after %d rows", name, before)

			send(announcedInts(1, 2), moreInts(3), block(shapedtest.New().Batch(4, intRows(4)...)))
			got = readBesides(t, db, min(before, 2))
			require.ErrorContains(t, got.err, "a batch of shape 4, which was not announced", "%s, after %d rows", name, before)
			require.Equal(t, all[:len(got.rows)], append([]string{}, got.rows...), "%s, after %d rows", name, before)
			requireUnmixed(t, db)
		}
	}
}

// readBesides reads the rows of a query, and asks something else on the connection after some
// of them.
func readBesides(t testing.TB, db *sql.DB, before int) (o outcome) {
	t.Helper()
	conn := drivertest.Lease(t, db)
	defer func() { _ = conn.Close() }()
	rows, err := conn.QueryContext(t.Context(), "SELECT c FROM t")
	if err != nil {
		return outcome{err: err}
	}
	defer rows.Close()
	for i := 0; ; i++ {
		if i == before {
			var n int
			if err := conn.QueryRowContext(t.Context(), "RETURN 7").Scan(&n); err == nil {
				require.Equal(t, knownAnswer, n)
			}
		}
		if !rows.Next() {
			break
		}
		var v any
		if err := rows.Scan(&v); err != nil {
			return outcome{o.rows, err}
		}
		o.rows = append(o.rows, shown([]string{"c"}, []any{v}))
	}
	o.err = rows.Err()
	return o
}

// A stream of blocks that is given up leaves the connection to the next call.
func TestFramesOfBlocksThatAreGivenUpMixNothing(t *testing.T) {
	t.Parallel()
	srv := newBlocks(t)
	db := drivertest.Solo(srv.open(t, surrealsql.StreamAlways))
	stop := make(chan uint64, 1)
	srv.answer(func(c *scripted.Conn, r scripted.Request) {
		c.Stream(r.ID, begun, rowsFrame(0, announcedInts(1, 2)), rowsFrame(0, moreInts(3)))
		cancel := c.Request()
		if cancel.Method != "query_cancel" {
			t.Errorf("got %s", cancel.Method)
		}
		c.Reply(cancel.ID, scripted.None)
		c.Stream(r.ID, rowsFrame(0, moreInts(4)), rowsFrame(0, block(shapedtest.New().Batch(8))), scripted.StreamStopped(0))
		stop <- r.ID
	})
	for range 5 {
		ctx, cancel := context.WithCancel(t.Context())
		rows, err := db.QueryContext(ctx, "SELECT c FROM t")
		require.NoError(t, err)
		require.True(t, rows.Next())
		require.True(t, rows.Next())
		cancel()
		for rows.Next() {
		}
		require.Error(t, rows.Err())
		_ = rows.Close()
		drivertest.Receive(t, stop, "a cancelled stream")
		requireUnmixed(t, db)
	}
}

// 4.0.0-beta.1 announces no shape for a result without rows. One that does tells the types.
func TestShapeWithoutRowsTellsTheTypesOfColumns(t *testing.T) {
	t.Parallel()
	srv := newBlocks(t)
	srv.results(announcedInts())
	rows, err := srv.open(t, surrealsql.StreamNever).QueryContext(t.Context(), "SELECT c FROM x")
	require.NoError(t, err)
	defer rows.Close()
	types, err := rows.ColumnTypes()
	require.NoError(t, err)
	require.Equal(t, "int", types[0].DatabaseTypeName())
	nullable, ok := types[0].Nullable()
	require.True(t, ok && !nullable, "it has no flags")
	require.False(t, rows.Next())
	require.NoError(t, rows.Err())
}

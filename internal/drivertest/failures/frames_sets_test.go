package failures

import (
	"database/sql"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/drivertest"
	"github.com/surrealsql/surrealsql/internal/scripted"
)

// Streamed answers of several statements, whose frames may lie between each other's, and of
// statements in a transaction.

const twoSets = "SELECT VALUE n FROM x; SELECT VALUE n FROM y"

func TestFramesOfTwoStatementsAreKeptApart(t *testing.T) {
	t.Parallel()
	rows, finish := scripted.StreamRows, scripted.StreamFinished
	begin, end := scripted.StreamBegin(2), scripted.StreamEnd(2)
	both := []string{"[value] [1] [2]", "[value] [10] [20]"}
	for name, s := range map[string]struct {
		frames []scripted.Raw
		sets   []string
		fails  string
	}{
		"one after the other": {sets: both, frames: []scripted.Raw{
			begin, rows(0, 1), rows(0, 2), finish(0), rows(1, 10, 20), finish(1), end}},
		"rows between rows": {sets: both, frames: []scripted.Raw{
			begin, rows(0, 1), rows(1, 10), rows(0, 2), rows(1, 20), finish(0), finish(1), end}},
		"the second statement's end first": {sets: both, frames: []scripted.Raw{
			begin, rows(0, 1), rows(1, 10, 20), finish(1), rows(0, 2), finish(0), end}},
		"the second statement first": {sets: both, frames: []scripted.Raw{
			begin, rows(1, 10, 20), finish(1), rows(0, 1, 2), finish(0), end}},
		"both ends last": {sets: both, frames: []scripted.Raw{
			begin, rows(0, 1, 2), rows(1, 10, 20), finish(1), finish(0), end}},
		"a value and rows": {sets: []string{"[value] [1]", "[value] [10]"}, frames: []scripted.Raw{
			begin, scripted.StreamValue(0, 1), rows(1, 10), scripted.StreamSingle(0), finish(1), end}},
		"no rows in the first": {sets: []string{"[value]", "[value] [10]"}, frames: []scripted.Raw{
			begin, finish(0), rows(1, 10), finish(1), end}},
		"no rows in the second": {sets: []string{"[value] [1]", "[value]"}, frames: []scripted.Raw{
			begin, rows(0, 1), finish(1), finish(0), end}},
		"the second fails": {fails: "late", frames: []scripted.Raw{
			begin, rows(0, 1, 2), finish(0), rows(1, 10), scripted.StreamFailed(1, "late"), end}},
		"the second fails first": {fails: "late", frames: []scripted.Raw{
			begin, rows(0, 1), rows(1, 10), scripted.StreamFailed(1, "late"), rows(0, 2), finish(0), end}},
		"the first fails": {fails: "late", frames: []scripted.Raw{
			begin, rows(0, 1), scripted.StreamFailed(0, "late"), rows(1, 10), finish(1), end}},
		"the first fails last": {fails: "late", frames: []scripted.Raw{
			begin, rows(0, 1), rows(1, 10), finish(1), scripted.StreamFailed(0, "late"), end}},
		"the end fails after both": {fails: "gave out", frames: []scripted.Raw{
			begin, rows(0, 1), finish(0), rows(1, 10), finish(1), scripted.StreamBroken(2, "gave out")}},
		"the end fails after the first": {fails: "gave out", frames: []scripted.Raw{
			begin, rows(0, 1), finish(0), rows(1, 10), scripted.StreamBroken(1, "gave out")}},
		"the end fails after the second": {fails: "gave out", frames: []scripted.Raw{
			begin, rows(0, 1), rows(1, 10), finish(1), scripted.StreamBroken(1, "gave out")}},
		"an error in place of frames": {fails: "gave out", frames: []scripted.Raw{
			begin, rows(0, 1), finish(0), rows(1, 10), nil}},
		"an end without the second's": {fails: " ", frames: []scripted.Raw{
			begin, rows(0, 1), finish(0), rows(1, 10), end}},
		"an end without the first's": {fails: " ", frames: []scripted.Raw{
			begin, rows(0, 1), rows(1, 10), finish(1), end}},
		"three answers": {fails: " ", frames: []scripted.Raw{
			scripted.StreamBegin(3), rows(0, 1), finish(0), rows(1, 10), finish(1), rows(2, 3), finish(2), scripted.StreamEnd(3)}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := streaming(t, func(c *scripted.Conn, id uint64) {
				for _, f := range s.frames {
					if f == nil {
						c.ReplyError(id, -32000, "Internal", "gave out")
						return
					}
					c.Stream(id, f)
				}
			}, twoSets)
			for _, a := range askings() {
				within(t, a.name, func() {
					db := streams(t, srv)
					_, err := a.ask(t.Context(), db, twoSets)
					if s.fails == "" && a.rows != 1 {
						require.NoError(t, err, a.name)
					} else if s.fails != "" && (a.rows != 0 || name != "three answers") {
						require.ErrorContains(t, err, s.fails, a.name)
						require.NotErrorIs(t, err, sql.ErrNoRows, a.name)
					}
					sets, err := drivertest.ResultSets(t, db, twoSets)
					if s.fails == "" {
						require.NoError(t, err)
						require.Equal(t, s.sets, sets)
					} else {
						require.ErrorContains(t, err, s.fails)
					}
					require.NoError(t, drivertest.Exec(t.Context(), db, "UPDATE y"))
				})
			}
		})
	}
}

// A statement without rows of its own may fail after another's rows have begun.
func TestFramesOfAStatementBeforeTheRowsMayFailAfterThem(t *testing.T) {
	t.Parallel()
	const text = "LET $y = 1; SELECT VALUE n FROM x"
	begin, end := scripted.StreamBegin(2), scripted.StreamEnd(2)
	rows, finished := scripted.StreamRows(1, 1), scripted.StreamFinished(1)
	for name, frames := range map[string][]scripted.Raw{
		"after a row":           {begin, rows, scripted.StreamFailed(0, "late"), rows, finished, end},
		"after all":             {begin, rows, finished, scripted.StreamFailed(0, "late"), end},
		"after its value":       {begin, scripted.StreamValue(0, scripted.None), rows, scripted.StreamFailed(0, "late"), finished, end},
		"by the end":            {begin, scripted.StreamValue(0, scripted.None), rows, finished, scripted.StreamBroken(1, "late")},
		"before the rows begin": {begin, scripted.StreamFailed(0, "late"), rows, finished, end},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := streaming(t, func(c *scripted.Conn, id uint64) { c.Stream(id, frames...) }, text)
			db := streams(t, srv)
			for _, a := range askings() {
				_, err := a.ask(t.Context(), db, text)
				require.ErrorContains(t, err, "late", a.name)
			}
			require.Equal(t, 1, srv.Connections())
		})
	}
}

// A write in a transaction that has failed, at whatever time that is told, ends what the
// transaction may become.
func TestFramesOfAWriteThatFailsDoomItsTransaction(t *testing.T) {
	t.Parallel()
	const write, read = "CREATE x", "SELECT * FROM x"
	row := map[string]any{"n": 1}
	begun, end := scripted.StreamBegin(1), scripted.StreamEnd(1)
	ways := map[string]func(tx *sql.Tx, text string) error{
		"Exec":     func(tx *sql.Tx, text string) error { return drivertest.Exec(t.Context(), tx, text) },
		"QueryRow": func(tx *sql.Tx, text string) error { return drivertest.Scan(t.Context(), tx, text) },
		"Query":    func(tx *sql.Tx, text string) error { _, err := readFrom(t.Context(), tx, text); return err },
		"Query that is closed at once": func(tx *sql.Tx, text string) error {
			rows, err := tx.QueryContext(t.Context(), text)
			if err != nil {
				return err
			}
			return rows.Close()
		},
		"Query that is closed after a row": func(tx *sql.Tx, text string) error {
			rows, err := tx.QueryContext(t.Context(), text)
			if err != nil {
				return err
			}
			rows.Next()
			return errors.Join(rows.Err(), rows.Close())
		},
	}
	for name, frames := range map[string][]scripted.Raw{
		"after rows":        {begun, scripted.StreamRows(0, row), scripted.StreamFailed(0, "late"), end},
		"without rows":      {begun, scripted.StreamFailed(0, "late"), end},
		"by the end":        {begun, scripted.StreamRows(0, row), scripted.StreamBroken(0, "late")},
		"by the end's word": {begun, scripted.StreamBroken(0, "late")},
	} {
		for how, run := range ways {
			t.Run(name+", "+how, func(t *testing.T) {
				t.Parallel()
				srv := streaming(t, func(c *scripted.Conn, id uint64) { c.Stream(id, frames...) }, write, read)
				db := streams(t, srv)
				tx, err := db.BeginTx(t.Context(), nil)
				require.NoError(t, err)
				require.ErrorContains(t, run(tx, write), "late")
				require.Error(t, tx.Commit())
				require.Zero(t, srv.Count("commit"), "half of it would be in force")

				tx, err = db.BeginTx(t.Context(), nil)
				require.NoError(t, err)
				_ = run(tx, read) // rows of a read may be closed without looking at the rest
				require.NoError(t, tx.Commit(), "a read that failed has changed nothing")
				require.Equal(t, 1, srv.Count("commit"))
				require.Equal(t, 1, srv.Connections())
			})
		}
	}
}

// The rows of a write that was made on the lease stay open while its transaction ends: what
// they have not told yet decides about it, too.
func TestFramesOfAWriteThatIsOpenAtCommitDoomItsTransaction(t *testing.T) {
	t.Parallel()
	const write = "UPDATE x SET n = 1 RETURN VALUE n"
	begun, rows, end := scripted.StreamBegin(1), scripted.StreamRows(0, 1, 2), scripted.StreamEnd(1)
	for name, tail := range map[string][]scripted.Raw{
		"by the statement": {rows, scripted.StreamFailed(0, "late"), end},
		"by the end":       {rows, scripted.StreamBroken(0, "late")},
		"not at all":       {rows, scripted.StreamFinished(0), end},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := streaming(t, func(c *scripted.Conn, id uint64) {
				c.Stream(id, begun, rows)
				c.Stream(id, rows)
				c.Stream(id, tail...)
			}, write)
			conn, err := streams(t, srv).Conn(t.Context())
			require.NoError(t, err)
			defer conn.Close()
			tx, err := conn.BeginTx(t.Context(), nil)
			require.NoError(t, err)
			open, err := conn.QueryContext(t.Context(), write)
			require.NoError(t, err)
			require.True(t, open.Next())
			err = tx.Commit()
			_ = open.Close()
			if name == "not at all" {
				require.NoError(t, err)
				require.Equal(t, 1, srv.Count("commit"))
			} else {
				require.ErrorIs(t, err, surrealsql.ErrTxDoomed)
				require.ErrorContains(t, err, "late")
				require.Zero(t, srv.Count("commit"), "half of it would be in force")
				require.Equal(t, 1, srv.Count("cancel"))
			}
			require.NoError(t, drivertest.Exec(t.Context(), conn, "UPDATE y"))
			require.Equal(t, 1, srv.Connections())
		})
	}
}

// Requests of one connection run side by side on the server, so a commit before the end
// would take what has been done so far.
func TestFramesOfATransactionAreReadToTheirEndBeforeCommit(t *testing.T) {
	t.Parallel()
	const write = "CREATE x"
	for _, leave := range []string{"open", "closed"} {
		t.Run("rows that are "+leave, func(t *testing.T) {
			t.Parallel()
			ended := make(chan struct{})
			srv := scripted.New(t, func(c *scripted.Conn) {
				c.Serve(func(r scripted.Request) {
					switch {
					case asks(r, []string{write}):
						c.Stream(r.ID, scripted.StreamBegin(1), scripted.StreamRows(0, map[string]any{"n": 1}))
						time.AfterFunc(50*time.Millisecond, func() {
							close(ended)
							c.Stream(r.ID, scripted.StreamFinished(0), scripted.StreamEnd(1))
						})
					case r.Method == "commit":
						select {
						case <-ended:
						default:
							t.Error("commit came while the write was still running")
						}
						c.Answer(r)
					default:
						c.Answer(r)
					}
				})
			}).Streaming()
			db := streams(t, srv)
			tx, err := db.BeginTx(t.Context(), nil)
			require.NoError(t, err)
			rows, err := tx.QueryContext(t.Context(), write)
			require.NoError(t, err)
			defer rows.Close()
			require.True(t, rows.Next())
			if leave == "closed" {
				require.NoError(t, rows.Close())
			}
			require.NoError(t, tx.Commit())
			require.Zero(t, srv.Count("query_cancel"), "a write is not cancelled for its rows")
			require.Equal(t, 1, srv.Count("commit"))
			require.Equal(t, 1, srv.Connections())
		})
	}
}

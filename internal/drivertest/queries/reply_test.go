package queries

import (
	"context"
	"database/sql"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/drivertest"
	"github.com/surrealsql/surrealsql/internal/scripted"
)

// A reply is read in one walk: the rows first, and after them whether the statement
// succeeded. What is only after the rows must not be missed, however they are read.

// answering opens a database on a server that answers a SELECT or UPDATE with this
// result of "query".
func answering(t *testing.T, result scripted.Raw) (*sql.DB, *scripted.Server) {
	t.Helper()
	srv := scripted.New(t, func(c *scripted.Conn) {
		c.Serve(func(r scripted.Request) {
			if r.Text == `SELECT a, b FROM t` || r.Text == `UPDATE t RETURN a, b` {
				c.Reply(r.ID, result)
			} else {
				c.Answer(r)
			}
		})
	})
	return drivertest.OpenDB(t, srv.DSN()), srv
}

func pair(a, b any) map[string]any { return map[string]any{"a": a, "b": b} }

// failedAfter is an entry that has rows and failed all the same.
func failedAfter(rows ...any) scripted.Raw {
	return scripted.Value([]any{map[string]any{"result": rows, "status": "ERR", "time": "1ms"}})
}

// ways are how a program may read rows. Each returns the first error it meets.
var ways = map[string]func(ctx context.Context, q drivertest.Queryer) error{
	"all of them": func(ctx context.Context, q drivertest.Queryer) error {
		_, err := pairs(ctx, q)
		return err
	},
	"the first one": func(ctx context.Context, q drivertest.Queryer) error {
		var a, b any
		return q.QueryRowContext(ctx, `SELECT a, b FROM t`).Scan(&a, &b)
	},
	"none": func(ctx context.Context, q drivertest.Queryer) error {
		rows, err := q.QueryContext(ctx, `SELECT a, b FROM t`)
		if err != nil {
			return err
		}
		return rows.Close()
	},
}

// pairs reads all rows of the two columns.
func pairs(ctx context.Context, q drivertest.Queryer) (all [][2]any, err error) {
	rows, err := q.QueryContext(ctx, `SELECT a, b FROM t`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var p [2]any
		if err := rows.Scan(&p[0], &p[1]); err != nil {
			return nil, err
		}
		all = append(all, p)
	}
	return all, rows.Err()
}

func TestReplyThatIsShortFailsAfterItsRows(t *testing.T) {
	t.Parallel()
	db, srv := answering(t, failedAfter(pair(1, 2), pair(3, 4)))
	for name, read := range ways {
		err := read(t.Context(), db)
		var failed *surrealsql.Error
		require.ErrorAs(t, err, &failed, name)
		require.Equal(t, 1, failed.Statement)
	}
	require.Equal(t, 1, srv.Connections(), "the statement failed, not the connection")
}

func TestReplyThatFailsAfterItsRowsDoomsTheTx(t *testing.T) {
	t.Parallel()
	db, _ := answering(t, failedAfter(pair(1, 2)))
	tx := drivertest.Begin(t, db)
	rows, err := tx.QueryContext(t.Context(), `UPDATE t RETURN a, b`)
	require.NoError(t, err)
	for rows.Next() {
	}
	require.Error(t, rows.Err())
	require.NoError(t, rows.Close())
	require.ErrorIs(t, tx.Commit(), surrealsql.ErrTxDoomed)
}

func TestReplyThatIsCutAfterItsRowsIsAnErrorAndEndsTheConnection(t *testing.T) {
	t.Parallel()
	good := scripted.Raw(scripted.Entries(scripted.OK([]any{pair(1, 2), pair(3, 4)})))
	for name, bad := range map[string]scripted.Raw{
		"no end":          good[:len(good)-8],
		"something after": append(good[:len(good):len(good)], 0x01),
		"no status":       scripted.Value([]any{map[string]any{"result": []any{pair(1, 2)}, "time": "1ms"}}),
		"a broken row":    scripted.Value([]any{map[string]any{"result": []any{pair(1, 2), pair(3, scripted.Raw{0x1c})}, "status": "OK"}}),
	} {
		for how, read := range ways {
			t.Run(name+", reading "+how, func(t *testing.T) {
				t.Parallel()
				db, srv := answering(t, bad)
				err := read(t.Context(), db)
				var lost *surrealsql.ConnError
				require.ErrorAs(t, err, &lost)
				drivertest.MustExec(t, db, `RETURN 1`)
				require.Equal(t, 2, srv.Connections())
			})
		}
	}
}

func TestReplyWithAnUnknownValueCostsNoConnection(t *testing.T) {
	t.Parallel()
	unknown := scripted.Raw{0xd8, 0xff, 0x01} // tag 255
	db, srv := answering(t, scripted.Raw(scripted.Entries(scripted.OK([]any{pair(1, 2), pair(unknown, 4), pair(5, 6)}))))
	_, err := pairs(t.Context(), db)
	require.ErrorContains(t, err, "tag 255")
	require.NoError(t, ways["the first one"](t.Context(), db))
	require.NoError(t, ways["none"](t.Context(), db))
	drivertest.MustExec(t, db, `RETURN 1`)
	require.Equal(t, 1, srv.Connections())
}

func TestReplyLeavesNoValueOfTheRowBefore(t *testing.T) {
	t.Parallel()
	one, two := scripted.Value(1), scripted.Value(2)
	object := func(fields ...string) scripted.Raw {
		b := scripted.Raw{0xa0 + byte(len(fields))}
		for i, key := range fields {
			b = append(append(b, scripted.Value(key)...), [][]byte{one, two}[i%2]...)
		}
		return b
	}
	db, _ := answering(t, scripted.Raw(scripted.Entries(scripted.OK([]any{
		pair(8, 9),
		object("a"), pair(8, 9),
		object("b"), pair(8, 9),
		object(), pair(8, 9),
		object("a", "c"), pair(8, 9),
		object("b", "a"), pair(8, 9),
		object("a", "a"), pair(8, 9),
		object("b", "b"), pair(8, 9),
		object("c", "d"), pair(8, 9),
		object("a", "b", "c"), pair(8, 9),
		nil,
	}))))
	got, err := pairs(t.Context(), db)
	require.NoError(t, err)
	full := [2]any{int64(8), int64(9)}
	require.Equal(t, [][2]any{
		full,
		{int64(1), nil}, full,
		{nil, int64(1)}, full,
		{nil, nil}, full,
		{int64(1), nil}, full,
		{int64(2), int64(1)}, full,
		{int64(2), nil}, full,
		{nil, int64(2)}, full,
		{nil, nil}, full,
		{int64(1), int64(2)}, full,
		{nil, nil},
	}, got)
}

func TestReplyLeavesNoRowThatIsNoObjectInTheNextOne(t *testing.T) {
	t.Parallel()
	srv := scripted.New(t, func(c *scripted.Conn) {
		c.Serve(func(r scripted.Request) {
			c.QueryResult(r.ID, map[string]any{"a": 1}, 7, map[string]any{"a": 2}, 8, map[string]any{})
		})
	})
	rows, err := drivertest.OpenDB(t, srv.DSN()).QueryContext(t.Context(), `SELECT * FROM t`)
	require.NoError(t, err)
	defer rows.Close()
	var got [][2]any
	for rows.Next() {
		var p [2]any
		require.NoError(t, rows.Scan(&p[0], &p[1]))
		got = append(got, p)
	}
	require.NoError(t, rows.Err())
	require.Equal(t, [][2]any{{int64(1), nil}, {nil, int64(7)}, {int64(2), nil}, {nil, int64(8)}, {nil, nil}}, got)
}

func TestReplyKeepsItsColumnTypesWhileItIsRead(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	conn := drivertest.Lease(t, db)
	rows, err := conn.QueryContext(t.Context(), `SELECT n, s FROM [{ n: 1, s: 'a' }, { n: 2, s: 'b' }]`)
	require.NoError(t, err)
	defer rows.Close()
	for range 3 {
		drivertest.RequireGood(t, conn) // takes the buffer
		types, err := rows.ColumnTypes()
		require.NoError(t, err)
		require.Equal(t, "int", types[0].DatabaseTypeName())
		require.Equal(t, "string", types[1].DatabaseTypeName())
		rows.Next()
	}
	require.NoError(t, rows.Err())
}

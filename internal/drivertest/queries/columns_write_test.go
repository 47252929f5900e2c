package queries

import (
	"context"
	"database/sql"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/drivertest"
	"github.com/surrealsql/surrealsql/internal/scripted"
)

// The columns of what a write returns, and what is said where they cannot be read.

// Up to 3.3.5 the server leaves out of a RETURN what begins with a value and has no
// alias: [{}] is what comes for $before.n.
func TestColumnsOfAWriteReturnWhatBeginsWithAValue(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	drivertest.MustExec(t, db, `CREATE t:1 SET n = 1, o = { n: 5 }, `+"`_c`"+` = 'own', list = [7, 8]; CREATE u:1 SET n = 9`)
	person := sql.Named("p", map[string]any{"p": 40, "q": map[string]any{"p": 41}})
	for _, c := range []struct{ returned, columns, row string }{
		{`$before.n`, "$before.n", "1"},
		{`$before.n, $after.n`, "$before.n|$after.n", "1|2"},
		{`$after.n, n, $before.n`, "$after.n|n|$before.n", "2|2|1"},
		{`$before.n, $before.n, $after.o.n`, "$before.n|$before.n|$after.o.n", "1|1|5"},
		{`$before.n, _c`, "$before.n|_c", "1|own"},
		{`$before.n AS a, $after.n`, "a|$after.n", "1|2"},
		{`$p.p, $p.q.p`, "$p.p|$p.q.p", "40|41"},
		{`$p`, "p", "map[p:40 q:map[p:41]]"},
		{`u:1.n, n`, "u:1.n|n", "9|2"},
		{`(o).n, o.n AS z`, "(o).n|z", "5|5"},
		{`[n, 3][0], list[1]`, "[n, 3]|list", "2|8"},
		{`$before.list[0]`, "$before.list", "7"},
		{`$this.n, $before.o`, "$this.n|$before.o", "2|map[n:5]"},
		{`$before.n + $after.n`, "$before.n + $after.n", "3"},
	} {
		for _, text := range []string{`UPDATE t:1 SET n = 2 RETURN ` + c.returned, `UPDATE ONLY t:1 SET n = 2 RETURN ` + c.returned + ` TIMEOUT 5s`, `RETURN (UPDATE t:1 SET n = 2 RETURN ` + c.returned + `)`} {
			drivertest.MustExec(t, db, `UPDATE t:1 SET n = 1`)
			var args []any
			if strings.Contains(text, "$p") {
				args = append(args, person)
			}
			columns, row := firstRow(t, db, text, args...)
			require.Equal(t, c.columns, columns, text)
			require.Equal(t, c.row, row, text)
			require.Equal(t, 2, drivertest.QueryOne[int](t, db, `SELECT VALUE n FROM ONLY t:1`))
		}
	}
}

// manyWays are those by which a program may ask for what a write returns.
var manyWays = map[string]func(ctx context.Context, q drivertest.Queryer, text string) error{
	"QueryRow": func(ctx context.Context, q drivertest.Queryer, text string) error {
		var v any
		return q.QueryRowContext(ctx, text).Scan(&v)
	},
	"Query": func(ctx context.Context, q drivertest.Queryer, text string) error {
		rows, err := q.QueryContext(ctx, text)
		if err != nil {
			return err
		}
		for rows.Next() {
		}
		if err := rows.Err(); err != nil {
			return err
		}
		return rows.Close()
	},
}

func TestColumnsThatTheTextShowsToBeOneAreRefusedBeforeTheWrite(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	drivertest.MustExec(t, db, `CREATE t:1 SET n = 1, list = [1, 2]`)
	for _, text := range []string{
		`UPDATE t:1 SET n += 1 RETURN list[0], list[1]`,
		`UPDATE ONLY t:1 SET n += 1 RETURN n AS a, list AS a`,
		`RETURN 1; UPDATE t:1 SET n += 1 RETURN count(n), count(list)`,
		`UPDATE t:1 SET n += 1 RETURN n; SELECT list, list[0] FROM t`,
	} {
		for way, ask := range manyWays {
			err := ask(t.Context(), db, text)
			require.ErrorIs(t, err, surrealsql.ErrAmbiguousColumns, "%s: %s", way, text)
			require.Equal(t, 1, strings.Count(err.Error(), "surrealsql"), err)
			require.Equal(t, 1, strings.Count(err.Error(), "alias"), err)
			require.NotContains(t, err.Error(), "has run")
		}
	}
	require.Equal(t, 1, drivertest.QueryOne[int](t, db, `SELECT VALUE n FROM ONLY t:1`))
}

func TestColumnsThatCannotBeReadSayThatTheWriteIsDone(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	drivertest.MustExec(t, db, `CREATE t:1 SET n = 0, a = 1, b = 2`)
	n := 0
	for _, text := range []string{
		`UPDATE t:1 SET n += 1 RETURN type::field(<string> 'a'), type::field(<string> 'b')`,
		`UPDATE ONLY t:1 SET n += 1 RETURN type::field(<string> 'a'), type::field(<string> 'b')`,
		`LET $x = (UPDATE t:1 SET n += 1); SELECT type::field(<string> 'a'), type::field(<string> 'b') FROM t`,
	} {
		for way, ask := range manyWays {
			err := ask(t.Context(), db, text)
			n++
			require.ErrorIs(t, err, surrealsql.ErrAmbiguousColumns, "%s: %s", way, text)
			require.ErrorContains(t, err, "the text has run, and what it wrote is done", way)
			require.Equal(t, n, drivertest.QueryOne[int](t, db, `SELECT VALUE n FROM ONLY t:1`))

			tx, err := db.BeginTx(t.Context(), nil)
			require.NoError(t, err)
			require.ErrorContains(t, ask(t.Context(), tx, text), "what it wrote is in the transaction", way)
			n++
			require.NoError(t, tx.Commit())
			require.Equal(t, n, drivertest.QueryOne[int](t, db, `SELECT VALUE n FROM ONLY t:1`))
		}
	}
	err := manyWays["Query"](t.Context(), db, `SELECT type::field(<string> 'a'), type::field(<string> 'b') FROM t`)
	require.ErrorIs(t, err, surrealsql.ErrAmbiguousColumns)
	require.NotContains(t, err.Error(), "has run", "what only reads may be repeated")
	drivertest.MustExec(t, db, `UPDATE t:1 SET n += 1 RETURN type::field(<string> 'a'), type::field(<string> 'b')`)
}

func TestColumnUnderAKeyThatTheTextDidNotForetellIsNeverANull(t *testing.T) {
	t.Parallel()
	for name, rows := range map[string]any{
		"another key":             []any{map[string]any{"a": 1, "b!": 2}},
		"another key first":       []any{map[string]any{"A": 1, "b": 2}},
		"both":                    []any{map[string]any{"A": 1, "B": 2}},
		"one more":                []any{map[string]any{"b": 1, "c": 2, "d": 3}},
		"after what is no row":    []any{nil, map[string]any{"a": 1, "b!": 2}},
		"in a long list of them":  []any{map[string]any{"a!": 1, "b": 2}, map[string]any{"a!": 1, "b": 2}},
		"in the first of several": []any{map[string]any{"a": 1, "z": 2}, pair(1, 2)},
	} {
		db, srv := answering(t, scripted.Raw(scripted.Entries(scripted.OK(rows))))
		_, err := pairs(t.Context(), db)
		require.ErrorIs(t, err, surrealsql.ErrAmbiguousColumns, name)
		require.ErrorContains(t, err, "alias", name)
		require.Equal(t, 1, strings.Count(err.Error(), "surrealsql"), err)
		_, err = pairs(t.Context(), db)
		require.Error(t, err)
		require.Equal(t, 1, srv.Connections(), "%s: the connection is as good as before", name)
	}
}

// Which value it is, only its column tells, which Go 1.27 decodes by itself.
func TestColumnOfAnUnknownValueSaysThatTheWriteIsDone(t *testing.T) {
	t.Parallel()
	unknown := scripted.Raw{0xD9, 0xFF, 0xFF, 0xF6} // a tag that SurrealDB has not
	for _, row := range []map[string]any{{"a": 1, "b": unknown}, {"a": unknown, "b": 1}} {
		db, srv := answering(t, scripted.Raw(scripted.Entries(scripted.OK([]any{row}))))
		for text, done := range map[string]bool{`UPDATE t RETURN a, b`: true, `SELECT a, b FROM t`: false} {
			for _, dest := range [][2]any{{new(any), new(any)}, {new(int), new(string)}, {new(*int), surrealsql.Into(new(map[string]int))}} {
				err := db.QueryRowContext(t.Context(), text).Scan(dest[0], dest[1])
				require.ErrorContains(t, err, "cannot be decoded")
				require.Equal(t, done, strings.Contains(err.Error(), "the text has run, and what it wrote is done"), err)
			}
		}
		require.Equal(t, 1, srv.Connections())
	}
}

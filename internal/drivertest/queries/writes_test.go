package queries

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/drivertest"
)

// What a write that is hard to recognise means for a transaction, for the count of
// its records and for connections that only read. Whether it is recognised at all is
// in writes_engine_test.go.

func TestWriteToATargetOfAnyKindDoomsATxWhenItFailsHalfway(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	drivertest.MustExec(t, db, `DEFINE TABLE n; DEFINE FIELD v ON n ASSERT $value < 3; DEFINE TABLE limit; DEFINE FIELD v ON limit ASSERT $value < 3;
		FOR $i IN 1..=3 { CREATE type::record('n', $i) SET v = 0, next = $i; CREATE type::record('limit', $i) SET v = 0, next = $i }`)
	for _, text := range []string{
		`UPDATE <record>'n:1', <record>'n:2', <record>'n:3' SET v = next`, `UPDATE limit SET v = next`, `RETURN (UPDATE <record>'n:1', n SET v = next)`, `LET $x = UPDATE limit SET v = next`,
		`{ UPSERT <record>'n:1', n:3 SET v = 3 }`, `UPDATE (SELECT VALUE id FROM n) SET v = next`, `UPDATE [n:1, n:3] SET v = next`, `UPDATE { n:3 } SET v = next`,
		`LET $f = |$i| { CREATE made SET v = $i; IF $i = 2 { THROW 'half' } }; RETURN array::map([1, 2], $f)`,
		`LET $f = |$i| { CREATE made SET v = $i; IF $i = 2 { THROW 'half' } }; RETURN [1, 2].map($f)`,
		`LET $f = |$i| { CREATE made SET v = $i; IF $i = 2 { THROW 'half' } }; RETURN [1, 2].filter($f)`,
		`LET $f = |$i| { CREATE made SET v = $i; THROW 'half' }; RETURN 1.chain($f)`,
		`LET $o = { run: |$i| { CREATE made SET v = $i; THROW 'half' } }; RETURN $o.run(1)`,
		`LET $o = { run: |$i| { CREATE made SET v = $i; THROW 'half' } }; RETURN [1].map($o.run)`,
	} {
		tx := drivertest.Begin(t, db)
		require.Error(t, drivertest.Exec(t.Context(), tx, text), text)
		require.ErrorIs(t, tx.Commit(), surrealsql.ErrTxDoomed, text)
	}
	require.Equal(t, 0, drivertest.QueryOne[int](t, db, `RETURN math::sum(SELECT VALUE v FROM n) + math::sum(SELECT VALUE v FROM limit)`))
}

func TestWriteToATargetOfAnyKindCountsItsRecords(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	for _, c := range []struct {
		text string
		want int64
	}{
		{`CREATE <record>'person:1'`, 1}, {`UPDATE <record>'person:1' SET n = 1`, 1}, {`UPSERT <record<person>>'person:2'`, 1}, {`UPDATE person`, 2},
		{`CREATE limit SET n = 1`, 1}, {`CREATE contains, in, inside, end`, 4}, {`UPDATE limit, contains SET n = 2`, 2}, {`CREATE from SET n = 1`, 1}, {`DELETE FROM from`, 1}, {`DELETE end WHERE true`, 1},
		{`DELETE <record>'person:1'`, 1}, {`DELETE r'person:2'`, 1}, {`DELETE type :: table('limit')`, 1}, {`DELETE { contains }`, 0},
	} {
		n, err := drivertest.MustExec(t, db, c.text).RowsAffected()
		require.NoError(t, err)
		if c.want > 0 {
			require.Equal(t, c.want, n, c.text)
		}
	}
}

func TestReadOnlyConnSelectsNothingThatItCouldMake(t *testing.T) {
	t.Parallel()
	all := drivertest.NewDB(t)
	namespaces := func() string {
		return drivertest.QueryOne[string](t, all, `RETURN <string>object::keys((INFO FOR ROOT).namespaces)`)
	}
	db := drivertest.NewDB(t, func(c *surrealsql.Config) { c.ReadOnly = true })
	ns, name := drivertest.QueryOne[string](t, db, `RETURN session::ns()`), drivertest.QueryOne[string](t, db, `RETURN session::db()`)
	for _, text := range []string{
		`USE NS made_by_use DB made_by_use`, `use namespace made_by_use`, `RETURN 1; USE NS made_by_use; RETURN 2`, `USE DB made_by_use`, `USE NS type::string('made_by_use')`, "USE /* x */ NS `made_by_use`",
	} {
		require.ErrorIs(t, drivertest.Exec(t.Context(), db, text), surrealsql.ErrReadOnly, text)
		require.ErrorIs(t, drivertest.Scan(t.Context(), db, text), surrealsql.ErrReadOnly, text)
		require.False(t, surrealsql.ReadsOnly(text), text)
		require.ErrorIs(t, drivertest.Exec(t.Context(), drivertest.Begin(t, all, &sql.TxOptions{ReadOnly: true}), text), surrealsql.ErrReadOnly, text)
	}
	conn := drivertest.Lease(t, db)
	drivertest.Raw(t, conn, func(c *surrealsql.Conn) error {
		ctx := context.WithoutCancel(t.Context())
		require.ErrorIs(t, c.Use(ctx, "made_by_use", "made_by_use"), surrealsql.ErrReadOnly)
		require.ErrorIs(t, c.Use(ctx, ns, "made_by_use"), surrealsql.ErrReadOnly)
		require.NoError(t, c.Use(ctx, ns, ""))
		return c.Use(ctx, ns, name)
	})
	require.Equal(t, name, drivertest.QueryOne[string](t, conn, `RETURN session::db()`))
	writable := drivertest.Lease(t, all)
	tx, err := writable.BeginTx(t.Context(), &sql.TxOptions{ReadOnly: true})
	require.NoError(t, err)
	drivertest.Raw(t, writable, func(c *surrealsql.Conn) error {
		require.ErrorIs(t, c.Use(t.Context(), "made_by_use", "made_by_use"), surrealsql.ErrReadOnly)
		return nil
	})
	require.NoError(t, tx.Commit())
	require.NotContains(t, namespaces(), "made_by_use")
	require.NotContains(t, drivertest.QueryOne[string](t, all, `RETURN <string>object::keys((INFO FOR NS).databases)`), "made_by_use")
}

func TestTextOfASyntaxThatTheDriverDoesNotKnowIsSaidToBeThat(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t, func(c *surrealsql.Config) { c.ReadOnly = true })
	for _, text := range []string{`RETURN 1; VACUUM TABLE a`, `RETURN 1; SELECT * FORM a`, `RETURN 1; RETURN (`} {
		err := drivertest.Exec(t.Context(), db, text)
		require.ErrorIs(t, err, surrealsql.ErrReadOnly, text)
		require.ErrorContains(t, err, "statement 2", text)
		require.ErrorContains(t, err, "syntax that the driver does not know", text)
	}
	require.NotContains(t, drivertest.Exec(t.Context(), db, `CREATE a`).Error(), "syntax")
}

// The server reads a path as tokens, whatever stands between them, and names the key
// by what it has read.
func TestColumnOfAFunctionIsFoundHoweverItsPathIsWritten(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	drivertest.MustExec(t, db, "CREATE a:1 SET n = 5; DEFINE FUNCTION fn::Twice::it($n: int) { $n * 2 }; DEFINE FUNCTION fn::`a b`($n: int) { $n * 2 }")
	for _, c := range []struct {
		call, column string
		want         int64
	}{
		{`math :: max([n, 2])`, "math::max", 5}, {"math\n::\n max([n, 2])", "math::max", 5}, {`math/* x */::/* y */max([n, 2])`, "math::max", 5}, {"math -- x\n :: # y\n max([n, 2])", "math::max", 5},
		{"math::`max`([n, 2])", "math::max", 5}, {"`math`::max([n, 2])", "math::max", 5}, {`⟨math⟩::⟨max⟩([n, 2])`, "math::max", 5}, {`MATH::Max([n, 2])`, "math::max", 5}, {"Math :: `MAX` ([n, 2])", "math::max", 5},
		{`type :: field('n')`, "n", 5}, {"type::`field`('n')", "n", 5}, {`TYPE::FIELD('n')`, "n", 5}, {"type\n::\nfield ( 'n' )", "n", 5}, {`type :: fields(['n'])`, "n", 5},
		{`fn::Twice::it(n)`, "fn::Twice::it", 10}, {`fn :: Twice :: it(n)`, "fn::Twice::it", 10}, {"FN::Twice::`it`(n)", "fn::Twice::it", 10}, {"fn::`a b`(n)", "fn::a b", 10}, {"fn :: ⟨a b⟩ (n)", "fn::a b", 10},
	} {
		rows, err := db.QueryContext(t.Context(), `SELECT `+c.call+`, id FROM a`)
		require.NoError(t, err, c.call)
		columns, err := rows.Columns()
		require.NoError(t, err)
		require.Equal(t, []string{c.column, "id"}, columns, c.call)
		require.True(t, rows.Next(), c.call)
		var v, id any
		require.NoError(t, rows.Scan(&v, &id))
		require.Equal(t, c.want, v, c.call)
		require.NoError(t, rows.Close())
	}
}

// Exec asks the server for nulls instead of records by a clause at the right place, which
// a word that is a table must not hide.
func TestWriteToATableWithAnyWordForItsNameCountsItsRecords(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	for _, word := range tableWords {
		word = strings.ToLower(word)
		for _, c := range []struct {
			text string
			want int64
		}{
			{`CREATE %s SET n = 1`, 1}, {`CREATE %s`, 1}, {`UPDATE %s SET n = 2 WHERE true`, 2}, {`UPSERT %s:1 SET n = 1`, 1}, {`INSERT INTO %s [{}, {}]`, 2}, {`UPDATE %s`, 5}, {`DELETE %s`, 5},
		} {
			text := fmt.Sprintf(c.text, word)
			r, err := db.ExecContext(t.Context(), text)
			if err != nil { // a statement or a literal of that word: CREATE select, CREATE null
				require.True(t, surrealsql.IsParse(err) || strings.Contains(err.Error(), "Cannot execute") || strings.Contains(err.Error(), "control flow"), "%s: %v", text, err)
				continue
			}
			n, err := r.RowsAffected()
			require.NoError(t, err, text)
			require.Equal(t, c.want, n, text)
		}
	}
}

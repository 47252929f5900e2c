package transactions

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/drivertest"
	"github.com/surrealsql/surrealsql/internal/scripted"
)

// What of a text is in force after an error, which decides whether it may be run again.

const conflict = "Transaction conflict: Write conflict, retry the transaction. This transaction can be retried"

// Which texts may be run again whose statements answer so: "c" is a conflict, "x"
// another failure, "n" a neighbour's, "." a success.
func TestTxConflictIsRetryableOnlyWhereNothingElseOfTheTextIsInForce(t *testing.T) {
	t.Parallel()
	texts := map[string]struct {
		text, answers string
		retryable     bool
	}{
		"a statement alone":               {`UPDATE a`, "c", true},
		"a block of a statement":          {`{ CREATE a; UPDATE b }`, "c", true},
		"a FOR":                           {`FOR $i IN [1] { UPDATE b }`, "c", true},
		"an IF":                           {`IF true { UPDATE b }`, "c", true},
		"a LET":                           {`LET $x = (UPDATE b)`, "c", true},
		"a RETURN":                        {`RETURN (UPDATE b)`, "c", true},
		"after a write":                   {`CREATE audit; UPDATE b`, ".c", false},
		"before a write":                  {`UPDATE b; CREATE audit`, "c.", false},
		"between writes":                  {`CREATE a; UPDATE b; CREATE c`, ".c.", false},
		"after reads":                     {`SELECT * FROM a; LET $x = 1; UPDATE b; RETURN 2`, "..c.", true},
		"after a write in brackets":       {`RETURN [(CREATE a)]; UPDATE b`, ".c", false},
		"after a write in a LET":          {`LET $x = (CREATE a); UPDATE b`, ".c", false},
		"after a function of the schema":  {`RETURN fn::f(); UPDATE b`, ".c", false},
		"after a definition":              {`DEFINE TABLE a; UPDATE b`, ".c", false},
		"after a write that failed":       {`CREATE a; UPDATE b`, "xc", true},
		"beside another conflict":         {`UPDATE a; UPDATE b`, "cc", true},
		"beside another, and a write":     {`UPDATE a; UPDATE b; CREATE c`, "cc.", false},
		"in a block of statements":        {`BEGIN; CREATE a; UPDATE b; COMMIT`, "nnc", true},
		"at the end of a block":           {`BEGIN; CREATE a; UPDATE b; COMMIT`, "nnnc", true},
		"after a block":                   {`BEGIN; CREATE a; COMMIT; UPDATE b`, "...c", false},
		"in a block after a write":        {`CREATE a; BEGIN; UPDATE b; COMMIT`, ".nc", false},
		"in a block before a write":       {`BEGIN; UPDATE b; COMMIT; CREATE a`, "nc.", false},
		"after a block that is cancelled": {`BEGIN; CREATE a; CANCEL; UPDATE b`, ".n.c", true},
		"in the second of two blocks":     {`BEGIN; CREATE a; COMMIT; BEGIN; UPDATE b; COMMIT`, "...nc", false},
		"with an answer too many":         {`CREATE a; UPDATE b`, ".c.", false},
	}
	for name, c := range texts {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := scripted.New(t, func(conn *scripted.Conn) {
				conn.Serve(func(r scripted.Request) {
					if r.Method != "query" {
						conn.Answer(r)
						return
					}
					var entries []scripted.Raw
					for _, a := range c.answers {
						switch a {
						case 'c':
							entries = append(entries, scripted.Failed(conflict))
						case 'x':
							entries = append(entries, scripted.Failed("Database record `a:1` already exists"))
						case 'n':
							entries = append(entries, scripted.Failed("The query was not executed due to a failed transaction"))
						default:
							entries = append(entries, scripted.OK([]any{}))
						}
					}
					conn.QueryResults(r.ID, entries...)
				})
			})
			db := drivertest.OpenDB(t, srv.DSN())
			for how, run := range map[string]func(context.Context, queryAndExec) error{
				"Exec":  func(ctx context.Context, db queryAndExec) error { return drivertest.Exec(ctx, db, c.text) },
				"Query": func(ctx context.Context, db queryAndExec) error { return drain(ctx, db, c.text) },
			} {
				err := run(t.Context(), db)
				require.Error(t, err, how)
				if !strings.Contains(c.answers, "x") { // else the first failure is the other one
					require.Equal(t, c.retryable, surrealsql.IsRetryable(err), "%s: %v", how, err)
					wrapped := errors.Join(errors.New("beside"), err)
					require.Equal(t, c.retryable, surrealsql.IsRetryable(wrapped), "%s: %v", how, err)
					runs := 0
					_ = surrealsql.Retry{Attempts: 2, Pause: -1}.Do(t.Context(), func(ctx context.Context) error {
						runs++
						return run(ctx, db)
					})
					require.Equal(t, c.retryable, runs == 2, "%s: Retry", how)
				}
				if strings.Contains(c.text, "BEGIN") {
					continue
				}
				tx := drivertest.Begin(t, db)
				err = run(t.Context(), tx)
				require.Equal(t, surrealsql.IsConflict(err), surrealsql.IsRetryable(err), "in a transaction it is the whole that is run again: %v", err)
				require.NoError(t, tx.Rollback())
			}
		})
	}
}

type queryAndExec interface {
	drivertest.Queryer
	drivertest.Execer
}

// drain reads all result sets, and returns the first error.
func drain(ctx context.Context, db drivertest.Queryer, text string) (err error) {
	rows, err := db.QueryContext(ctx, text)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for {
		for rows.Next() {
		}
		if rows.Err() != nil || !rows.NextResultSet() {
			return rows.Err()
		}
	}
}

// Rows may stay open on a lease while a transaction begins or ends on it: what of their text is
// in force goes by where that has run.
func TestTxThatBeginsOrEndsWhileRowsAreOpenIsNoPartOfWhatTheirTextDid(t *testing.T) {
	t.Parallel()
	const text = `SELECT VALUE n FROM x; CREATE audit; UPDATE b`
	srv := scripted.New(t, func(c *scripted.Conn) {
		c.Serve(func(r scripted.Request) {
			if r.Method == "query" && r.Text == text {
				c.QueryResults(r.ID, scripted.OK([]any{1}), scripted.OK([]any{}), scripted.Failed(conflict))
			} else {
				c.Answer(r)
			}
		})
	})
	failure := func(rows *sql.Rows) error {
		for rows.Next() || rows.NextResultSet() {
		}
		return errors.Join(rows.Err(), rows.Close())
	}
	conn := drivertest.Lease(t, drivertest.OpenDB(t, srv.DSN()))
	rows, err := conn.QueryContext(t.Context(), text)
	require.NoError(t, err)
	tx, err := conn.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	err = failure(rows)
	require.True(t, surrealsql.IsConflict(err), err)
	require.False(t, surrealsql.IsRetryable(err), "the audit is in force")
	require.NoError(t, tx.Commit(), "it has run outside of it")

	tx, err = conn.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	rows, err = conn.QueryContext(t.Context(), text)
	require.NoError(t, err)
	require.NoError(t, tx.Rollback())
	err = failure(rows)
	require.True(t, surrealsql.IsConflict(err), err)
	require.True(t, surrealsql.IsRetryable(err), "nothing is in force")
}

// The measurement that it rests on: what one statement does is in force as a whole or
// not at all, and a neighbour's failure does not undo it.
func TestTxOfAStatementIsInForceAsAWholeOrNotAtAll(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	for text, left := range map[string]int{
		`{ CREATE a; THROW 'x' }`: 0, `IF true { CREATE a; THROW 'x' }`: 0, `LET $x = { CREATE a; THROW 'x' }`: 0,
		`FOR $i IN [1, 2] { CREATE a; IF $i = 2 { THROW 'x' } }`: 0, `RETURN { CREATE a; THROW 'x' }`: 0,
		`BEGIN; CREATE a; THROW 'x'; COMMIT`: 0, `CREATE a; THROW 'x'`: 1, `THROW 'x'; CREATE a`: 1,
		`BEGIN; CREATE a; COMMIT; THROW 'x'`: 1, `CREATE a; { CREATE a; THROW 'x' }; CREATE a`: 2,
	} {
		drivertest.MustExec(t, db, `DEFINE TABLE OVERWRITE a; DELETE a`)
		require.True(t, surrealsql.IsThrown(drivertest.Exec(t.Context(), db, text)), text)
		require.Equal(t, left, drivertest.CountOf(t, db, "a"), text)
	}
}

func TestTextWithLiveIsRefusedBeforeAnythingIsSent(t *testing.T) {
	t.Parallel()
	srv := scripted.New(t, func(c *scripted.Conn) { c.Serve(nil) })
	db := drivertest.Solo(drivertest.OpenDB(t, srv.DSN()))
	stmtOf := func(p interface {
		PrepareContext(context.Context, string) (*sql.Stmt, error)
	}, text string) error {
		stmt, err := p.PrepareContext(t.Context(), text)
		if err != nil {
			return err
		}
		defer stmt.Close()
		_, err = stmt.ExecContext(t.Context())
		return err
	}
	for _, text := range []string{
		`LIVE SELECT * FROM person`, `live select diff from person`, ` /* c */ LIVE -- x
			SELECT * FROM person FETCH friend`, `LIVE SELECT * FROM $t`, `CREATE a; LIVE SELECT * FROM person`,
		`BEGIN; LIVE SELECT * FROM person; COMMIT`, `LIVE SELECT * FROM person; SELEC`, `;;LIVE SELECT VALUE id FROM person WHERE a = 1;`,
		`LET $t = 'a'; LIVE SELECT * FROM type::table($t)`, `USE DB d; LIVE SELECT * FROM person`,
	} {
		require.ErrorContains(t, drivertest.Exec(t.Context(), db, text), "LIVE SELECT", text)
		if strings.Contains(strings.Trim(text, ";"), ";") { // else its rows are notifications
			require.ErrorContains(t, drivertest.Scan(t.Context(), db, text), "stands alone", text)
		}
		require.ErrorContains(t, stmtOf(db, text), "LIVE SELECT", text)
		tx := drivertest.Begin(t, db)
		if !strings.Contains(text, "BEGIN") {
			require.ErrorContains(t, drivertest.Exec(t.Context(), tx, text), "LIVE SELECT", text)
			require.ErrorContains(t, drivertest.Scan(t.Context(), tx, text), "LIVE SELECT", text)
			require.ErrorContains(t, stmtOf(tx, text), "LIVE SELECT", text)
		}
		require.NoError(t, tx.Rollback())
	}
	require.Empty(t, srv.Queries())
	for _, text := range []string{`SELECT live FROM a`, "RETURN 'LIVE SELECT * FROM a'", "SELECT * FROM `LIVE`", `UPDATE a SET live = true`, `KILL $id`} {
		args := []any{}
		if strings.Contains(text, "$id") {
			args = append(args, sql.Named("id", "x"))
		}
		require.NoError(t, drivertest.Exec(t.Context(), db, text, args...), text)
	}
	require.Equal(t, 1, srv.Connections())
}

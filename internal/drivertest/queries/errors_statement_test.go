package queries

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/drivertest"
)

// An error says which statement of its text has failed, however a program meets it.

// statementWays are the ways by which a statement's error reaches a program.
var statementWays = map[string]func(ctx context.Context, q preparer, text string) error{
	"Exec": func(ctx context.Context, q preparer, text string) error {
		_, err := q.ExecContext(ctx, text)
		return err
	},
	"QueryRow": func(ctx context.Context, q preparer, text string) error {
		var v any
		return q.QueryRowContext(ctx, text).Scan(&v)
	},
	"the rows' Close": func(ctx context.Context, q preparer, text string) error {
		rows, err := q.QueryContext(ctx, text)
		if err != nil {
			return err
		}
		return rows.Close()
	},
	"Close after one row": func(ctx context.Context, q preparer, text string) error {
		rows, err := q.QueryContext(ctx, text)
		if err != nil {
			return err
		}
		rows.Next()
		return errors.Join(rows.Err(), rows.Close())
	},
	"each result set": func(ctx context.Context, q preparer, text string) error {
		rows, err := q.QueryContext(ctx, text)
		if err != nil {
			return err
		}
		for more := true; more; more = rows.NextResultSet() {
			for rows.Next() {
			}
		}
		return errors.Join(rows.Err(), rows.Close())
	},
	"a prepared statement": func(ctx context.Context, q preparer, text string) error {
		stmt, err := q.PrepareContext(ctx, text)
		if err != nil {
			return err
		}
		_, err = stmt.ExecContext(ctx)
		return errors.Join(err, stmt.Close())
	},
}

type preparer interface {
	drivertest.Queryer
	drivertest.Execer
	PrepareContext(context.Context, string) (*sql.Stmt, error)
}

func TestErrorSaysWhichStatementFailedHoweverItIsMet(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	drivertest.MustExec(t, db, `CREATE there:1; CREATE there:2`)
	for text, want := range map[string]int{
		`THROW 'x'`:                                             1,
		`THROW 'x'; RETURN 2`:                                   1,
		`RETURN 1; THROW 'x'`:                                   2,
		`RETURN 1; RETURN 2; THROW 'x'`:                         3,
		`RETURN 1; RETURN 2; THROW 'x'; RETURN 4`:               3,
		`RETURN 1; RETURN 2; THROW 'x'; THROW 'y'`:              3,
		`SELECT id FROM there; SELECT id FROM there; THROW 'x'`: 3,
		`;; RETURN 1 ;; -- nothing
			; THROW 'x' ;`: 2,
		`LET $a = 1; THROW 'x'`:                                                 2,
		`LET $a = 1; LET $b = 2; CREATE there:1`:                                3,
		`LET $a = fn::missing(); RETURN 2`:                                      1,
		`RETURN 1; LET $a = fn::missing(); RETURN 2`:                            2,
		`OPTION IMPORT = false; THROW 'x'`:                                      2,
		`BEGIN; UPSERT t:1; COMMIT; THROW 'x'`:                                  4,
		`BEGIN; UPSERT t:2; THROW 'x'; UPSERT t:3; COMMIT`:                      3,
		`BEGIN; UPSERT t:2; THROW 'x'; UPSERT t:3; COMMIT; RETURN 1`:            3,
		`RETURN 1; BEGIN; LET $a = 1; CREATE there:1; COMMIT; RETURN 1`:         4,
		`BEGIN; UPSERT t:2; THROW 'x'; COMMIT; BEGIN; UPSERT t:5; COMMIT`:       3,
		`BEGIN; RETURN 1; COMMIT; BEGIN; UPSERT t:6; THROW 'x'; COMMIT`:         6,
		`BEGIN; RETURN 1; COMMIT; THROW 'x'; THROW 'y'`:                         4,
		`BEGIN; UPSERT t:7; CANCEL; THROW 'x'`:                                  4,
		`BEGIN; UPSERT t:7; LET $a = 1; CANCEL; RETURN 1; THROW 'x'`:            6,
		`IF true { THROW 'x' }`:                                                 1,
		`RETURN 1; IF true { RETURN 2 }; FOR $x IN [1] { THROW 'x' }; RETURN 3`: 3,
	} {
		for way, run := range statementWays {
			var failed *surrealsql.Error
			err := run(t.Context(), db, text)
			require.ErrorAs(t, err, &failed, "%s: %s", way, text)
			require.Equal(t, want, failed.Statement, "%s: %s: %v", way, text, err)
			if want > 1 {
				require.ErrorContains(t, err, fmt.Sprintf("statement %d: ", want))
			} else {
				require.NotContains(t, err.Error(), "statement")
			}
		}
	}
}

// A RETURN in a block ends it up to 3.3.5, and what is after it has no answer then;
// 4.0.0-beta.1 goes on.
func TestErrorAfterABlockThatReturnedSaysWhichStatementFailed(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	for text, want := range map[string]int{
		`BEGIN; RETURN 1; RETURN 2; RETURN 3; COMMIT; THROW 'x'`:                                    6,
		`BEGIN; RETURN 1; RETURN 2; COMMIT; RETURN 5; THROW 'x'; THROW 'y'`:                         6,
		`BEGIN; RETURN 1; RETURN 2; COMMIT; BEGIN; RETURN 3; RETURN 4; RETURN 5; COMMIT; THROW 'x'`: 10,
		`BEGIN; IF true { RETURN 1 }; UPSERT ret:1; UPSERT ret:2; COMMIT; THROW 'x'`:                6,
		`BEGIN; { RETURN 1 }; UPSERT ret:3; COMMIT; RETURN 5; THROW 'x'`:                            6,
		`BEGIN; LET $a = { RETURN 1 }; UPSERT ret:4; COMMIT; RETURN 5; THROW 'x'`:                   6,
		`BEGIN; FOR $x IN [1] { RETURN $x }; UPSERT ret:5; COMMIT; LET $b = 1; THROW 'x'`:           6,
		`BEGIN; RETURN 1; RETURN 2; COMMIT; BEGIN; UPSERT ret:6; THROW 'x'; UPSERT ret:7; COMMIT`:   7,
		`BEGIN; UPSERT ret:8; THROW 'x'; COMMIT; BEGIN; RETURN 1; RETURN 2; COMMIT; THROW 'y'`:      3,
		`BEGIN; IF false { RETURN 1 }; RETURN 3; RETURN 4; COMMIT; THROW 'x'`:                       6,
	} {
		for way, run := range statementWays {
			var failed *surrealsql.Error
			err := run(t.Context(), db, text)
			require.ErrorAs(t, err, &failed, "%s: %s", way, text)
			require.Equal(t, want, failed.Statement, "%s: %s: %v", way, text, err)

		}
	}
}

// sql.ErrNoRows would say that all is well, and only nothing was found.
func TestErrorOfALaterStatementIsThatOfAQueryRowThatFindsNoRow(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	drivertest.MustExec(t, db, `DEFINE TABLE empty; CREATE there:1`)
	for text, want := range map[string]int{
		`SELECT id FROM empty; CREATE there:1`:                           2,
		`SELECT * FROM empty; CREATE there:1`:                            2,
		`SELECT * FROM empty; RETURN 1; CREATE there:1`:                  3,
		`UPDATE empty SET n = 1; LET $x = fn::missing(); RETURN 1`:       2,
		`SELECT VALUE id FROM empty; BEGIN; CREATE there:1; COMMIT`:      3,
		`CREATE ONLY made RETURN NONE; CREATE there:1`:                   2,
		`CREATE ONLY made RETURN NONE; THROW 'x'; SELECT id FROM there`:  2,
		`SELECT id FROM empty; SELECT id FROM empty; THROW 'x'; THROW 1`: 3,
	} {
		for way, run := range statementWays {
			var failed *surrealsql.Error
			err := run(t.Context(), db, text)
			require.ErrorAs(t, err, &failed, "%s: %s", way, text)
			require.Equal(t, want, failed.Statement, "%s: %s: %v", way, text, err)
		}
	}
	require.ErrorIs(t, statementWays["QueryRow"](t.Context(), db, `SELECT id FROM empty; RETURN 1`), sql.ErrNoRows)
}

// In random texts each statement that answers, or throws, says which it is.
func TestErrorsAndRowsOfRandomTextsBelongToTheirStatements(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	random := rand.New(rand.NewPCG(1, 38))
	failures := 0
	for range 400 {
		text := randomText(random)
		rows, err := db.QueryContext(t.Context(), text)
		if err == nil {
			for more := true; more; more = rows.NextResultSet() {
				columns, err := rows.Columns()
				require.NoError(t, err)
				for rows.Next() {
					var v any
					require.NoError(t, rows.Scan(&v))
					require.Len(t, columns, 1, text)
					require.Equal(t, columns[0], fmt.Sprintf("s%v", v), text)
				}
			}
			err = errors.Join(rows.Err(), rows.Close())
		}
		failed := (*surrealsql.Error)(nil)
		if err != nil {
			require.ErrorAs(t, err, &failed, text)
			require.Positive(t, failed.Statement, text)
		}
		if surrealsql.IsThrown(err) {
			failures++
			require.Contains(t, failed.Message, fmt.Sprintf("{%d}", failed.Statement), text)
		}
	}
	require.Greater(t, failures, 50)
}

func randomText(random *rand.Rand) string {
	var text strings.Builder
	open := false
	number := 0
	for n := 2 + random.IntN(10); number < n || open; {
		number++
		switch pick := random.IntN(13); {
		case pick < 5 && number <= n:
			fmt.Fprintf(&text, "RETURN { s%d: %d }; ", number, number)
		case pick == 5 && number <= n:
			fmt.Fprintf(&text, "SELECT v AS s%d FROM [{ v: %d }]; ", number, number)
		case pick == 6 && number <= n:
			fmt.Fprintf(&text, "LET $x%d = %d; ", number, number)
		case pick == 7 && number <= n && random.IntN(2) == 0:
			fmt.Fprintf(&text, "THROW '{%d}'; ", number)
		case pick == 8 && number <= n:
			fmt.Fprintf(&text, "USE NS %s; ", "other")
		case open && pick == 9:
			text.WriteString("CANCEL; ")
			open = false
		case open:
			text.WriteString("COMMIT; ")
			open = false
		default:
			text.WriteString("BEGIN; ")
			open = true
		}
	}
	return text.String()
}

package connections

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/drivertest"
	"github.com/surrealsql/surrealsql/internal/lending"
	"github.com/surrealsql/surrealsql/internal/scripted"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// What a tracer is told of transactions, and of the session that a query is for.

// ledger notes transactions, and the queries with theirs, by names in the order of their begins:
// the numbers are the process's, which other tests begin transactions in.
type ledger struct {
	lines []string
	known []uint64
}

func (l *ledger) name(tx uint64) string {
	if tx == 0 {
		return "-"
	}
	return fmt.Sprint("t", slices.Index(l.known, tx))
}

func (l *ledger) QueryStart(ctx context.Context, s surrealsql.QueryStart) context.Context {
	l.lines = append(l.lines, l.name(s.Tx)+" "+s.Query)
	return ctx
}

func (l *ledger) QueryEnd(context.Context, surrealsql.QueryEnd) {}

type ledgerKey struct{}

func (l *ledger) TxStart(ctx context.Context, s surrealsql.TxStart) context.Context {
	l.known = append(l.known, s.Tx)
	kind := " starts"
	if s.ReadOnly {
		kind = " starts to read"
	}
	l.lines = append(l.lines, l.name(s.Tx)+kind)
	return context.WithValue(ctx, ledgerKey{}, s.Tx)
}

func (l *ledger) TxEnd(ctx context.Context, e surrealsql.TxEnd) {
	line := l.name(e.Tx) + " is rolled back"
	if e.Committed {
		line = l.name(e.Tx) + " is committed"
	}
	if e.Err != nil {
		line += ", an error"
	}
	if ctx.Value(ledgerKey{}) != e.Tx {
		line += ", not in its context"
	}
	l.lines = append(l.lines, line)
}

func (l *ledger) take() []string {
	lines := l.lines
	l.lines = nil
	return lines
}

func TestTracerIsToldOfTransactionsAndOfTheQueriesInThem(t *testing.T) {
	t.Parallel()
	l := new(ledger)
	db := drivertest.Solo(drivertest.NewDB(t, func(c *surrealsql.Config) { c.Tracer = l }))
	drivertest.MustExec(t, db, `DEFINE TABLE a`)

	tx := drivertest.Begin(t, db)
	drivertest.MustExec(t, tx, `CREATE a`)
	require.NoError(t, tx.Commit())
	require.ErrorIs(t, tx.Rollback(), sql.ErrTxDone)
	require.Equal(t, []string{"- DEFINE TABLE a", "t0 starts", "- begin", "t0 CREATE a", "t0 commit", "t0 is committed"}, l.take())

	require.NoError(t, drivertest.Begin(t, db).Rollback())
	tx, err := db.BeginTx(t.Context(), &sql.TxOptions{ReadOnly: true})
	require.NoError(t, err)
	require.NoError(t, tx.Commit())
	require.Equal(t, []string{
		"t1 starts", "- begin", "- cancel", "t1 is rolled back",
		"t2 starts to read", "- begin", "- cancel", "t2 is committed",
	}, l.take())

	tx = drivertest.Begin(t, db)
	require.Error(t, drivertest.Exec(t.Context(), tx, `CREATE a SET x = <int>"no"`))
	require.ErrorIs(t, tx.Commit(), surrealsql.ErrTxDoomed)
	ended := l.take()
	require.Equal(t, "t3 is rolled back, an error", ended[len(ended)-1])

	drivertest.MustExec(t, db, `RETURN 1`)
	require.Equal(t, []string{"- RETURN 1"}, l.take())
}

func TestTracerIsToldThatABeginFailed(t *testing.T) {
	t.Parallel()
	srv := scripted.New(t, func(c *scripted.Conn) {
		c.Serve(func(r scripted.Request) { c.ReplyError(r.ID, -32601, "NotFound", "Method not found") })
	})
	l := new(ledger)
	db := drivertest.PlainDB(t, srv.DSN(), func(c *surrealsql.Config) { c.Tracer = l })
	_, err := db.BeginTx(t.Context(), nil)
	require.ErrorIs(t, err, surrealsql.ErrTxUnsupported)
	require.Equal(t, []string{"t0 starts", "- begin", "t0 is rolled back, an error"}, l.take())
}

func TestTracerIsToldOfATransactionWhoseConnectionIsLost(t *testing.T) {
	t.Parallel()
	srv := scripted.New(t, func(c *scripted.Conn) {
		c.Serve(func(r scripted.Request) {
			if r.Text == "RETURN 'lost'" {
				c.Reset()
			}
			c.Answer(r)
		})
	})
	l := new(ledger)
	db := drivertest.PlainDB(t, srv.DSN(), func(c *surrealsql.Config) { c.Tracer = l })
	tx := drivertest.Begin(t, db)
	require.Error(t, drivertest.Exec(t.Context(), tx, `RETURN 'lost'`))
	require.Error(t, tx.Commit())
	require.Equal(t, []string{"t0 starts", "- begin", "t0 RETURN 'lost'", "t0 is rolled back, an error"}, l.take())
}

func TestTracerIsToldOfATransactionThatIsLeftOpen(t *testing.T) {
	t.Parallel()
	l := new(ledger)
	c := drivertest.Connect(t, surrealtest.DSN(t), func(c *surrealsql.Config) { c.Tracer = l })
	lent := lending.Of(c)
	lent.OnRelease(func(bool) {})
	_, err := c.BeginTx(t.Context(), driver.TxOptions{})
	require.NoError(t, err)
	require.Equal(t, lending.Leftover, lent.End())
	require.Equal(t, lending.Leftover, lent.End())
	lent.OnRelease(nil)
	require.Equal(t, []string{"t0 starts", "- begin", "t0 is rolled back, an error"}, l.take())
}

// places notes the namespace and the database of each query.
type places []string

func (p *places) QueryStart(ctx context.Context, s surrealsql.QueryStart) context.Context {
	*p = append(*p, s.Namespace+"|"+s.Database)
	return ctx
}
func (*places) QueryEnd(context.Context, surrealsql.QueryEnd) {}

func TestTracerIsToldTheDatabaseOfTheSession(t *testing.T) {
	t.Parallel()
	var p places
	var ns, name string
	db := drivertest.Solo(drivertest.NewDB(t, func(c *surrealsql.Config) {
		c.Tracer = &p
		ns, name = c.Namespace, c.Database
	}))
	drivertest.MustExec(t, db, `RETURN 1`)
	drivertest.Leased(t, db, func(c *surrealsql.Conn) error {
		if err := c.Use(t.Context(), ns, "another"); err != nil {
			return err
		}
		_, err := c.ExecContext(t.Context(), `RETURN 2`, nil)
		return err
	})
	own, another := ns+"|"+name, ns+"|another"
	require.Equal(t, places{own, own, another}, p)
}

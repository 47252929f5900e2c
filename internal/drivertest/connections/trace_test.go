package connections

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/drivertest"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// What a tracer is told of connections and queries, on the real engine.

// diary is a tracer of everything. It notes each event, and that an end gets what
// its start returned.
type diary struct {
	mu     sync.Mutex
	events []string
}

type diaryKey struct{}

func (d *diary) note(ctx context.Context, format string, args ...any) context.Context {
	d.mu.Lock()
	defer d.mu.Unlock()
	event := fmt.Sprintf(format, args...)
	d.events = append(d.events, event)
	return context.WithValue(ctx, diaryKey{}, event)
}

func (d *diary) end(ctx context.Context, err error) {
	outcome := ""
	if err != nil {
		outcome = " failed"
	}
	d.note(ctx, "/%v%s", ctx.Value(diaryKey{}), outcome)
}

func (d *diary) QueryStart(ctx context.Context, s surrealsql.QueryStart) context.Context {
	return d.note(ctx, "%d query %s (%d)", s.Conn, s.Query, s.Args)
}
func (d *diary) QueryEnd(ctx context.Context, e surrealsql.QueryEnd) { d.end(ctx, e.Err) }
func (d *diary) ConnectStart(ctx context.Context, s surrealsql.ConnectStart) context.Context {
	return d.note(ctx, "connect %d", s.Attempt)
}
func (d *diary) ConnectEnd(ctx context.Context, e surrealsql.ConnectEnd) { d.end(ctx, e.Err) }
func (d *diary) ResetStart(ctx context.Context, s surrealsql.ResetStart) context.Context {
	return d.note(ctx, "%d reset", s.Conn)
}
func (d *diary) ResetEnd(ctx context.Context, e surrealsql.ResetEnd) { d.end(ctx, e.Err) }
func (d *diary) CloseStart(ctx context.Context, s surrealsql.CloseStart) context.Context {
	return d.note(ctx, "%d close", s.Conn)
}
func (d *diary) CloseEnd(ctx context.Context, e surrealsql.CloseEnd) { d.end(ctx, e.Err) }

// take returns the events since the last take.
func (d *diary) take() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	events := d.events
	d.events = nil
	return events
}

func TestTracerIsToldOfEverythingInOrder(t *testing.T) {
	t.Parallel()
	var d diary
	db := drivertest.Solo(drivertest.NewDB(t, func(c *surrealsql.Config) { c.Tracer = &d }))
	ctx := t.Context()

	require.NoError(t, db.PingContext(ctx))
	require.Equal(t, []string{"connect 1", "/connect 1", "1 query ping (0)", "/1 query ping (0)"}, d.take())

	drivertest.MustExec(t, db, `CREATE a SET n = $1, m = $m`, 1, sql.Named("m", 2))
	require.Error(t, drivertest.Exec(ctx, db, `THROW 'x'`))
	require.Error(t, drivertest.Exec(ctx, db, `RETURN $1`), "refused here: nothing to tell")
	require.Equal(t, []string{
		"1 query CREATE a SET n = $1, m = $m (2)", "/1 query CREATE a SET n = $1, m = $m (2)",
		"1 query THROW 'x' (0)", "/1 query THROW 'x' (0) failed",
	}, d.take())

	tx := drivertest.Begin(t, db)
	drivertest.MustExec(t, tx, `CREATE a`)
	require.NoError(t, tx.Commit())
	require.NoError(t, drivertest.Begin(t, db).Rollback())
	require.Equal(t, []string{
		"1 query begin (0)", "/1 query begin (0)", "1 query CREATE a (0)", "/1 query CREATE a (0)",
		"1 query commit (0)", "/1 query commit (0)", "1 query begin (0)", "/1 query begin (0)", "1 query cancel (0)", "/1 query cancel (0)",
	}, d.take())

	drivertest.Leased(t, db, func(c *surrealsql.Conn) error { return c.Let(ctx, "x", 1) })
	drivertest.RequireGood(t, db)
	require.Equal(t, []string{
		"1 query let (0)", "/1 query let (0)", "1 reset", "/1 reset", "1 query RETURN $1 + 1 (1)", "/1 query RETURN $1 + 1 (1)",
	}, d.take())

	require.NoError(t, db.Close())
	require.Equal(t, []string{"1 close", "/1 close"}, d.take())
}

func TestTracerIsToldOfAConnectThatFails(t *testing.T) {
	t.Parallel()
	var d diary
	db := drivertest.NewDB(t, func(c *surrealsql.Config) { c.Tracer, c.Password = &d, "wrong" })
	require.True(t, surrealsql.IsAuth(db.PingContext(t.Context())))
	require.Equal(t, []string{"connect 1", "/connect 1 failed"}, d.take())
}

// What QueryStart returns is the context that the query runs under.
type canceller struct{}

func (canceller) QueryStart(ctx context.Context, s surrealsql.QueryStart) context.Context {
	if s.Query == "RETURN 'cancel me'" {
		ctx, cancel := context.WithCancel(ctx)
		cancel()
		return ctx
	}
	return ctx
}
func (canceller) QueryEnd(context.Context, surrealsql.QueryEnd) {}

func TestTracersContextIsTheQuerys(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t, func(c *surrealsql.Config) { c.Tracer = canceller{} })
	drivertest.RequireUnbroken(t, db, func() {
		require.ErrorIs(t, drivertest.Exec(t.Context(), db, `RETURN 'cancel me'`), context.Canceled)
	})
}

// addrs notes the server of each query.
type addrs struct{ start, end string }

func (a *addrs) QueryStart(ctx context.Context, s surrealsql.QueryStart) context.Context {
	a.start = s.Addr
	return ctx
}
func (a *addrs) QueryEnd(_ context.Context, e surrealsql.QueryEnd) { a.end = e.Addr }

func TestTracerIsToldTheServerOfAQuery(t *testing.T) {
	t.Parallel()
	var a addrs
	db, proxy := drivertest.Proxied(t, func(c *surrealsql.Config) { c.Tracer = &a })
	drivertest.RequireGood(t, db)
	require.Equal(t, addrs{proxy.Addr(), proxy.Addr()}, a)
}

// closings is a tracer that notes why connections are closed.
type closings struct {
	mu      sync.Mutex
	reasons []string
}

func (*closings) ConnectStart(ctx context.Context, _ surrealsql.ConnectStart) context.Context {
	return ctx
}

func (*closings) ConnectEnd(context.Context, surrealsql.ConnectEnd) {}

func (*closings) QueryStart(ctx context.Context, _ surrealsql.QueryStart) context.Context { return ctx }

func (*closings) QueryEnd(context.Context, surrealsql.QueryEnd) {}

func (c *closings) CloseStart(ctx context.Context, start surrealsql.CloseStart) context.Context {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.reasons = append(c.reasons, start.Reason)
	return ctx
}

func (*closings) CloseEnd(context.Context, surrealsql.CloseEnd) {}

func (c *closings) seen() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.reasons)
}

func TestTracerIsToldWhyAConnectionIsClosed(t *testing.T) {
	t.Parallel()
	told := new(closings)
	db := drivertest.PlainDB(t, surrealtest.DSN(t), func(cfg *surrealsql.Config) { cfg.Tracer, cfg.MaxUses = told, 2 })

	require.NoError(t, db.PingContext(t.Context()))
	require.NoError(t, db.PingContext(t.Context()))
	require.Equal(t, []string{"max_uses is reached"}, told.seen())

	require.NoError(t, db.PingContext(t.Context()))
	db.SetMaxIdleConns(-1)
	require.Equal(t, "the pool let go of it", told.seen()[1])
}

package pool

// One *sql.DB over the writer and the replicas.

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"log/slog"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/lending"
	"github.com/surrealsql/surrealsql/internal/printed"
)

// Routed returns a *sql.DB, always the same one, that sends what only reads to the
// replicas and everything else to the writer:
//
//   - a text of which [surrealsql.ReadsOnly] holds goes to the next replica that
//     [Pool.Reader] would choose, and if that turns out not to be reached to the one
//     after it, at last to the writer. It waits for no replica that is known to be
//     degraded while another or the writer is healthy;
//   - texts that may write, transactions (read-only ones too), live queries,
//     pings, and calls whose session names a database ([surrealsql.WithSession]), which
//     selecting it may make, go to the writer;
//   - an [sql.Conn] reads from one replica until it needs the writer for anything;
//     from then on it stays there, so that it reads what it wrote. Its Raw gives a
//     [*RoutedConn], by which sessions are changed.
//
// A read outside of these may be older than the program's last write: use
// [ReadFromWriter] where that matters.
//
// Connections are leased from the pools for each operation, so their limits, and no
// others, apply. Closing it closes the pool.
func (p *Pool) Routed() *sql.DB { return p.routes.routed() }

func openRouted(p *Pool) *sql.DB {
	db := sql.OpenDB(router{p})
	db.SetMaxIdleConns(-1)
	return db
}

// router makes connections that connect to nothing yet.
type router struct{ p *Pool }

var (
	_ driver.Connector = router{}
	_ io.Closer        = router{}
)

func (r router) Connect(context.Context) (driver.Conn, error) { return &RoutedConn{pool: r.p}, nil }

func (r router) Driver() driver.Driver { return r.p.source.Driver() }

func (r router) Close() error { return r.p.Close() }

// RoutedConn is a connection of [Pool.Routed]. It leases one from a replica's pool
// or the writer's when an operation needs it, and gives it back when database/sql
// gives the RoutedConn back. Like every driver.Conn it is used by one goroutine at a
// time.
type RoutedConn struct {
	pool   *Pool
	reader *surrealsql.Conn // leased from a replica, or nil
	writer *surrealsql.Conn // leased from the writer, or nil; from then on it serves all
}

var (
	_ driver.Conn               = (*RoutedConn)(nil)
	_ driver.Pinger             = (*RoutedConn)(nil)
	_ driver.ExecerContext      = (*RoutedConn)(nil)
	_ driver.QueryerContext     = (*RoutedConn)(nil)
	_ driver.ConnPrepareContext = (*RoutedConn)(nil)
	_ driver.ConnBeginTx        = (*RoutedConn)(nil)
	_ driver.NamedValueChecker  = (*RoutedConn)(nil)
	_ driver.SessionResetter    = (*RoutedConn)(nil)
	_ driver.Validator          = (*RoutedConn)(nil)
	_ fmt.Formatter             = (*RoutedConn)(nil)
	_ slog.LogValuer            = (*RoutedConn)(nil)
)

// Writer returns the writer's connection, which serves this lease from here on: for
// Use, Let and the like inside of [sql.Conn.Raw]. It is given back together with the
// RoutedConn: it must not be closed, nor kept.
func (c *RoutedConn) Writer(ctx context.Context) (*surrealsql.Conn, error) {
	if c.writer == nil {
		a := acquisition{pool: c.pool, ctx: ctx, bySQL: true}
		w, err := a.acquire()
		if err != nil {
			return nil, err
		}
		c.writer = w
	}
	return c.writer, nil
}

// lease returns the connection for a text.
func (c *RoutedConn) lease(ctx context.Context, text string) (*surrealsql.Conn, error) {
	switch {
	case c.writer != nil, fromWriter(ctx), !surrealsql.ReadsOnly(text), leadsAway(ctx):
		return c.Writer(ctx)
	case c.reader != nil:
		return c.reader, nil
	}
	r, err := c.pool.lendReader(ctx)
	if err != nil {
		return nil, err
	}
	if r == nil {
		return c.Writer(ctx)
	}
	c.reader = r
	return r, nil
}

// leadsAway reports whether a call is to run in another database: to select one may make it,
// which replicas refuse.
func leadsAway(ctx context.Context) bool {
	namespace, database := lending.SessionPlace(ctx)
	return namespace != "" || database != ""
}

// elsewhere reports whether another server may serve where this one does not: it
// cannot be reached, or is being shut down, or is degraded. One that has too much to do
// is not helped by sending its work to others, who have theirs.
func elsewhere(err error) bool {
	return errors.Is(err, errDegraded) || surrealsql.IsConnectivity(err) || errors.Is(err, ErrClosed)
}

// QueryContext runs the text where it belongs. The rows are the driver's own.
func (c *RoutedConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	on, err := c.lease(ctx, query)
	if err != nil {
		return nil, err
	}
	return on.QueryContext(ctx, query, args)
}

// ExecContext runs the text where it belongs.
func (c *RoutedConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	on, err := c.lease(ctx, query)
	if err != nil {
		return nil, err
	}
	return on.ExecContext(ctx, query, args)
}

// BeginTx begins a transaction on the writer.
func (c *RoutedConn) BeginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	w, err := c.Writer(ctx)
	if err != nil {
		return nil, err
	}
	return w.BeginTx(ctx, opts)
}

// Begin is BeginTx without context and options.
func (c *RoutedConn) Begin() (driver.Tx, error) {
	return c.BeginTx(context.Background(), driver.TxOptions{})
}

// Ping asks the writer whether it answers.
func (c *RoutedConn) Ping(ctx context.Context) error {
	w, err := c.Writer(ctx)
	if err != nil {
		return err
	}
	return w.Ping(ctx)
}

// CheckNamedValue lets every type through that can be sent. In a transaction the writer's
// connection is asked, which tells surrealsql.Insert that there is one.
func (c *RoutedConn) CheckNamedValue(nv *driver.NamedValue) error {
	if c.writer != nil {
		return c.writer.CheckNamedValue(nv)
	}
	return lending.CheckNamedValue(nv)
}

// ResetSession does nothing: there is no session between two leases.
func (c *RoutedConn) ResetSession(context.Context) error { return nil }

// IsValid gives back what is leased: database/sql asks it when a lease ends.
func (c *RoutedConn) IsValid() bool {
	for _, leased := range []*surrealsql.Conn{c.reader, c.writer} {
		if leased != nil {
			leased.IsValid() // its Close heeds the answer
		}
	}
	c.giveBack()
	return true
}

// Close gives back what is leased, which is closed where database/sql has not asked IsValid:
// it has given that up (driver.ErrBadConn, also from sql.Conn.Raw).
func (c *RoutedConn) Close() error {
	c.giveBack()
	return nil
}

func (c *RoutedConn) giveBack() {
	for _, leased := range []**surrealsql.Conn{&c.reader, &c.writer} {
		if *leased != nil {
			_ = (*leased).Close() // a lease's Close has no error
			*leased = nil
		}
	}
}

// String names what the connection has leased.
func (c *RoutedConn) String() string {
	switch {
	case c.writer != nil:
		return "routed connection, on the writer's " + c.writer.String()
	case c.reader != nil:
		return "routed connection, on a replica's " + c.reader.String()
	}
	return "routed connection, on none"
}

// Format prints [RoutedConn.String] for every verb.
func (c *RoutedConn) Format(f fmt.State, verb rune) {
	printed.As(f, verb, "pool.RoutedConn", c.String())
}

// LogValue makes log/slog log [RoutedConn.String].
func (c *RoutedConn) LogValue() slog.Value { return slog.StringValue(c.String()) }

// routedStmt is a prepared statement of a RoutedConn: a text, as it is for the
// driver, whose analysis is remembered.
type routedStmt struct {
	conn *RoutedConn
	text string
}

var (
	_ driver.Stmt              = (*routedStmt)(nil)
	_ driver.StmtExecContext   = (*routedStmt)(nil)
	_ driver.StmtQueryContext  = (*routedStmt)(nil)
	_ driver.NamedValueChecker = (*routedStmt)(nil)
)

// PrepareContext costs no round trip, and leases nothing: a text that the server
// cannot parse fails when it is executed.
func (c *RoutedConn) PrepareContext(_ context.Context, query string) (driver.Stmt, error) {
	return &routedStmt{conn: c, text: query}, nil
}

// Prepare is PrepareContext without a context.
func (c *RoutedConn) Prepare(query string) (driver.Stmt, error) {
	return c.PrepareContext(context.Background(), query)
}

func (s *routedStmt) Close() error { return nil }

// NumInput leaves the count to the driver, whose errors say more.
func (s *routedStmt) NumInput() int { return -1 }

func (s *routedStmt) CheckNamedValue(nv *driver.NamedValue) error { return s.conn.CheckNamedValue(nv) }

func (s *routedStmt) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	return s.conn.ExecContext(ctx, s.text, args)
}

func (s *routedStmt) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	return s.conn.QueryContext(ctx, s.text, args)
}

// errNoContext answers the methods that database/sql replaced by ones with a
// context; it does not call them.
var errNoContext = errors.New("pool: use the method that takes a context")

func (s *routedStmt) Exec([]driver.Value) (driver.Result, error) { return nil, errNoContext }

func (s *routedStmt) Query([]driver.Value) (driver.Rows, error) { return nil, errNoContext }

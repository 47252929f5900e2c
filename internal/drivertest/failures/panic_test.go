package failures

import (
	"context"
	"database/sql/driver"
	"log/slog"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/drivertest"
	"github.com/surrealsql/surrealsql/internal/lending"
	"github.com/surrealsql/surrealsql/internal/scripted"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// Code of the program's that panics, wherever the driver calls it, leaves a
// connection that gives right answers, or one that is given up: never one that takes
// the answer of one request for that of the next.

// fuse panics once, where it is lit.
type fuse struct{ at atomic.Value }

func (f *fuse) light(place string) { f.at.Store(place) }

func (f *fuse) pass(place string) {
	if f.at.CompareAndSwap(place, "") {
		panic("fuse: " + place)
	}
}

// fusedTracer passes a fuse at each of its calls.
type fusedTracer struct{ *fuse }

func (t fusedTracer) QueryStart(ctx context.Context, s surrealsql.QueryStart) context.Context {
	t.pass("QueryStart " + s.Query)
	return context.WithValue(ctx, fusedTracer{}, s.Query)
}

func (t fusedTracer) QueryEnd(ctx context.Context, _ surrealsql.QueryEnd) {
	t.pass("QueryEnd " + ctx.Value(fusedTracer{}).(string))
}

func (t fusedTracer) TraceContext(ctx context.Context) (traceparent, tracestate string) {
	query, _ := ctx.Value(fusedTracer{}).(string) // none in a reset
	t.pass("TraceContext " + query)
	return "", ""
}

func (t fusedTracer) ConnectStart(ctx context.Context, _ surrealsql.ConnectStart) context.Context {
	t.pass("ConnectStart")
	return ctx
}
func (t fusedTracer) ConnectEnd(context.Context, surrealsql.ConnectEnd) { t.pass("ConnectEnd") }
func (t fusedTracer) ResetStart(ctx context.Context, _ surrealsql.ResetStart) context.Context {
	t.pass("ResetStart")
	return ctx
}
func (t fusedTracer) ResetEnd(context.Context, surrealsql.ResetEnd) { t.pass("ResetEnd") }
func (t fusedTracer) CloseStart(ctx context.Context, _ surrealsql.CloseStart) context.Context {
	t.pass("CloseStart")
	return ctx
}
func (t fusedTracer) CloseEnd(context.Context, surrealsql.CloseEnd) { t.pass("CloseEnd") }
func (t fusedTracer) TxStart(ctx context.Context, _ surrealsql.TxStart) context.Context {
	t.pass("TxStart")
	return ctx
}
func (t fusedTracer) TxEnd(context.Context, surrealsql.TxEnd) { t.pass("TxEnd") }

// fusedHandler passes a fuse at each message that it is given.
type fusedHandler struct{ *fuse }

func (h fusedHandler) Enabled(context.Context, slog.Level) bool { return true }
func (h fusedHandler) WithAttrs([]slog.Attr) slog.Handler       { return h }
func (h fusedHandler) WithGroup(string) slog.Handler            { return h }
func (h fusedHandler) Handle(_ context.Context, r slog.Record) error {
	h.pass("log " + strings.TrimPrefix(r.Message, "surrealsql: "))
	return nil
}

// fused fills a Config with everything that can panic.
func fused(f *fuse) func(*surrealsql.Config) {
	return func(c *surrealsql.Config) {
		c.Tracer, c.Logger, c.LogQueries = fusedTracer{f}, slog.New(fusedHandler{f}), true
		c.BeforeConnect = func(context.Context, *surrealsql.Config) error { f.pass("BeforeConnect"); return nil }
		c.AfterConnect = func(context.Context, *surrealsql.Conn) error { f.pass("AfterConnect"); return nil }
		c.BeforeClose = func(*surrealsql.Conn) { f.pass("BeforeClose") }
		c.CredentialSource = func(context.Context) (string, string, error) {
			f.pass("CredentialSource")
			return "root", "root", nil
		}
		c.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
			f.pass("DialContext")
			return new(net.Dialer).DialContext(ctx, network, addr)
		}
	}
}

type fusedValuer struct{ *fuse }

func (v fusedValuer) Value() (driver.Value, error) { v.pass("Value"); return int64(1), nil }

type fusedText struct{ *fuse }

func (v fusedText) MarshalText() ([]byte, error) { v.pass("MarshalText"); return []byte("x"), nil }

type fusedJSON struct{ *fuse }

func (v fusedJSON) MarshalJSON() ([]byte, error) { v.pass("MarshalJSON"); return []byte("1"), nil }

// usesOfAConn are what a program does with a connection, with the places where its
// own code is run on the way.
func usesOfAConn(f *fuse) map[string]struct {
	places []string
	use    func(context.Context, *surrealsql.Conn)
} {
	type use = func(context.Context, *surrealsql.Conn)
	type uses = struct {
		places []string
		use    func(context.Context, *surrealsql.Conn)
	}
	around := func(text string, more ...string) []string {
		return append(more, "QueryStart "+text, "TraceContext "+text, "QueryEnd "+text)
	}
	arg := func(v any) use {
		return func(ctx context.Context, c *surrealsql.Conn) {
			nv := driver.NamedValue{Ordinal: 1, Value: v}
			_ = c.CheckNamedValue(&nv)
			_, _ = c.ExecContext(ctx, `RETURN $1`, []driver.NamedValue{nv})
		}
	}
	return map[string]uses{
		"ping":  {around("ping"), func(ctx context.Context, c *surrealsql.Conn) { _ = c.Ping(ctx) }},
		"let":   {around("let"), func(ctx context.Context, c *surrealsql.Conn) { _ = c.Let(ctx, "x", 7) }},
		"unset": {around("unset"), func(ctx context.Context, c *surrealsql.Conn) { _ = c.Unset(ctx, "x") }},
		"use":   {around("use"), func(ctx context.Context, c *surrealsql.Conn) { _ = c.Use(ctx, "panics", "panics") }},
		"signin": {around("signin"), func(ctx context.Context, c *surrealsql.Conn) {
			_ = c.SignIn(ctx, surrealsql.Credentials{User: "root", Password: "root"})
		}},
		"let of a Valuer": {[]string{"Value"}, func(ctx context.Context, c *surrealsql.Conn) { _ = c.Let(ctx, "x", fusedValuer{f}) }},
		"exec":            {around(`RETURN 1`, "log query"), func(ctx context.Context, c *surrealsql.Conn) { _, _ = c.ExecContext(ctx, `RETURN 1`, nil) }},
		"query": {around(`RETURN [{ a: 1 }, { a: 2 }]`), func(ctx context.Context, c *surrealsql.Conn) {
			_, _ = c.QueryContext(ctx, `RETURN [{ a: 1 }, { a: 2 }]`, nil)
		}},
		"rows that are closed": {[]string{"log query"}, func(ctx context.Context, c *surrealsql.Conn) {
			if rows, err := c.QueryContext(ctx, `RETURN [{ a: 1 }, { a: 2 }]`, nil); err == nil {
				_ = rows.Close()
			}
		}},
		"rows that arrive": {around(`SELECT a FROM 1..20000`, "log query"), func(ctx context.Context, c *surrealsql.Conn) {
			if rows, err := c.QueryContext(ctx, `SELECT a FROM 1..20000`, nil); err == nil {
				_ = rows.Close()
			}
		}},
		"a text that fails": {around(`THROW 'x'`, "log query failed"), func(ctx context.Context, c *surrealsql.Conn) { _, _ = c.QueryContext(ctx, `THROW 'x'`, nil) }},
		"a text that does not parse": {around(`SELEC 1`, "log query failed"), func(ctx context.Context, c *surrealsql.Conn) {
			_, _ = c.QueryContext(ctx, `SELEC 1`, nil)
		}},
		"an argument that is a Valuer":         {[]string{"Value"}, arg(fusedValuer{f})},
		"an argument with one inside":          {[]string{"Value"}, arg(map[string]any{"a": 1, "b": []any{fusedValuer{f}}})},
		"an argument that is a text marshaler": {[]string{"MarshalText"}, arg(fusedText{f})},
		"an argument that is a JSON marshaler": {[]string{"MarshalJSON"}, arg(fusedJSON{f})},
		"a transaction that commits": {append(around("begin", "TxStart", "TxEnd"), around("commit")...), func(ctx context.Context, c *surrealsql.Conn) {
			if tx, err := c.BeginTx(ctx, driver.TxOptions{}); err == nil {
				_, _ = c.ExecContext(ctx, `CREATE left`, nil)
				_ = tx.Commit()
			}
		}},
		"a transaction that rolls back": {append(around("begin", "TxStart", "TxEnd"), around("cancel")...), func(ctx context.Context, c *surrealsql.Conn) {
			if tx, err := c.BeginTx(ctx, driver.TxOptions{}); err == nil {
				_, _ = c.ExecContext(ctx, `CREATE left`, nil)
				_ = tx.Rollback()
			}
		}},
		"a reset": {[]string{"ResetStart", "TraceContext ", "ResetEnd"}, func(ctx context.Context, c *surrealsql.Conn) {
			_ = c.Let(ctx, "x", 8)
			_ = c.ResetSession(ctx)
		}},
		"a check": {around("ping"), func(ctx context.Context, c *surrealsql.Conn) { _ = lending.Of(c).Check(ctx) }},
	}
}

func TestPanicLeavesAConnectionThatIsRightOrDead(t *testing.T) {
	t.Parallel()
	dsn := surrealtest.DSN(t)
	names := usesOfAConn(nil)
	for name, u := range names {
		for _, place := range u.places {
			t.Run(name+" at "+place, func(t *testing.T) {
				t.Parallel()
				f := new(fuse)
				c := drivertest.Connect(t, dsn, fused(f))
				f.light(place)
				require.PanicsWithValue(t, "fuse: "+place, func() { usesOfAConn(f)[name].use(t.Context(), c) })
				requireRightOrDead(t, c)
			})
		}
	}
}

// requireRightOrDead asks a connection several things, as a pool would hand it out.
func requireRightOrDead(t *testing.T, c *surrealsql.Conn) {
	t.Helper()
	for n := range 3 {
		if !c.IsValid() || c.ResetSession(t.Context()) != nil {
			return
		}
		require.Equal(t, strconv.Itoa(40+n), firstValue(t, c, `RETURN <string>`+strconv.Itoa(40+n)))
		_, err := c.QueryContext(t.Context(), `SELECT * FROM left`, nil)
		require.True(t, err == nil || surrealsql.IsNotFound(err), "%v", err)
		require.NoError(t, c.Ping(t.Context()))
		tx, err := c.BeginTx(t.Context(), driver.TxOptions{})
		require.NoError(t, err)
		require.NoError(t, tx.Rollback())
	}
}

func firstValue(t *testing.T, c *surrealsql.Conn, text string) string {
	t.Helper()
	rows, err := c.QueryContext(t.Context(), text, nil)
	require.NoError(t, err)
	dest := make([]driver.Value, len(rows.Columns()))
	require.NoError(t, rows.Next(dest))
	require.NoError(t, rows.Close())
	s, _ := dest[0].(string)
	return s
}

// Nobody hears of a connection whose making, reset or closing panicked: its socket
// must not stay.
func TestPanicWhileConnectingOrClosingLeavesNoSocket(t *testing.T) {
	t.Parallel()
	for _, place := range []string{
		"BeforeConnect", "DialContext", "CredentialSource", "AfterConnect", "ConnectStart", "ConnectEnd", "log connected",
		"BeforeClose", "CloseStart", "CloseEnd", "log closed", "ResetStart", "ResetEnd",
	} {
		t.Run(place, func(t *testing.T) {
			t.Parallel()
			srv := scripted.New(t, func(c *scripted.Conn) { c.ServeUntilClose(nil) })
			f := new(fuse)
			cfg, err := surrealsql.ParseDSN(srv.DSN())
			require.NoError(t, err)
			fused(f)(cfg)
			connector, err := surrealsql.NewConnector(cfg)
			require.NoError(t, err)
			f.light(place)
			require.PanicsWithValue(t, "fuse: "+place, func() {
				conn, err := connector.Connect(t.Context())
				require.NoError(t, err)
				c := conn.(*surrealsql.Conn)
				require.NoError(t, c.Let(t.Context(), "x", 1))
				require.NoError(t, c.ResetSession(t.Context()))
				_ = c.Close()
			})
			srv.AwaitOpen(0)
		})
	}
}

// database/sql takes a connection back where an Exec of its panics, not where a
// Query, Ping, Begin or Commit does.
func TestPanicInAnExecOfAPoolCostsAtMostItsConnection(t *testing.T) {
	t.Parallel()
	f := new(fuse)
	db := drivertest.Solo(drivertest.NewDB(t, fused(f)))
	for _, place := range []string{"QueryStart RETURN $1", "QueryEnd RETURN $1", "log query", "Value"} {
		f.light(place)
		require.PanicsWithValue(t, "fuse: "+place, func() { _ = drivertest.Exec(t.Context(), db, `RETURN $1`, fusedValuer{f}) }, place)
		drivertest.RequireGood(t, db)
		drivertest.RequireGood(t, db)
	}
	require.Zero(t, db.Stats().InUse)
}

func TestConnToAServerThatDeniesVersionAndPingServes(t *testing.T) {
	t.Parallel()
	for name, denied := range map[string][]string{"version": {"version"}, "ping": {"ping"}, "both": {"version", "ping"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := scripted.New(t, func(c *scripted.Conn) {
				for {
					r := c.Request()
					if slices.Contains(denied, r.Method) {
						c.ReplyError(r.ID, -32602, "NotAllowed", "Method not allowed")
						continue
					}
					c.Answer(r)
				}
			})
			db := drivertest.Solo(drivertest.OpenDB(t, srv.DSN()))
			require.NoError(t, db.PingContext(t.Context()), "it has answered")
			conn := drivertest.Lease(t, db)
			drivertest.Raw(t, conn, func(c *surrealsql.Conn) error {
				want := "3.0.2"
				if denied[0] == "version" {
					want = ""
				}
				require.Equal(t, want, c.ServerVersion())
				return c.Let(t.Context(), "x", 1)
			})
			require.NoError(t, conn.Close())
			require.NoError(t, drivertest.Exec(t.Context(), db, `CREATE a`), "after a reset")
			require.Equal(t, 1, srv.Connections())
			require.LessOrEqual(t, srv.Count("version"), 2, "it is not asked at each reset")
		})
	}
}

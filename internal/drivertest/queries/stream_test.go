package queries

import (
	"context"
	"database/sql/driver"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/cbor"
	"github.com/surrealsql/surrealsql/internal/drivertest"
	"github.com/surrealsql/surrealsql/internal/scripted"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// Long results are read while they arrive: whole, in order, and in little memory.

func TestStreamArrivesWholeAndInOrder(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	rows, err := db.QueryContext(t.Context(), `LET $all = $1; SELECT $this AS i, $this * 2 AS twice FROM $all`, drivertest.Numbers(20_000))
	require.NoError(t, err)
	defer rows.Close()
	want := 0
	for rows.Next() {
		var i, twice int
		require.NoError(t, rows.Scan(&i, &twice))
		require.Equal(t, want, i)
		require.Equal(t, 2*want, twice)
		want++
	}
	require.NoError(t, rows.Err())
	require.Equal(t, 20000, want)
}

func TestStreamIsNotMixedWithAQueryInItsMiddle(t *testing.T) {
	t.Parallel()
	conn := drivertest.Lease(t, drivertest.NewDB(t))
	rows, err := conn.QueryContext(t.Context(), `SELECT $this AS i FROM $1`, drivertest.Numbers(20_000))
	require.NoError(t, err)
	defer rows.Close()
	for want := range 20000 {
		require.True(t, rows.Next())
		var i int
		require.NoError(t, rows.Scan(&i))
		require.Equal(t, want, i)
		if want%5000 == 10 {
			require.Equal(t, -want, drivertest.QueryOne[int](t, conn, `RETURN -$1`, want))
		}
	}
	require.False(t, rows.Next())
	require.NoError(t, rows.Err())
}

func TestStreamThatNobodyReadsCostsTheConnectionOnlyIfItIsLong(t *testing.T) {
	t.Parallel()
	dsn := surrealtest.DSN(t)
	proxy := surrealtest.NewProxy(t, drivertest.HostOf(t, dsn))
	db := drivertest.OpenDB(t, proxy.DSN(dsn), func(cfg *surrealsql.Config) { cfg.Stream = surrealsql.StreamNever })
	db.SetMaxOpenConns(1)
	first := drivertest.FirstDials(t)
	for _, c := range []struct{ rows, dials int }{{3000, first}, {400_000, first + 1}} {
		require.Zero(t, drivertest.QueryOne[int](t, db, `SELECT $this AS i FROM $1`, drivertest.Numbers(c.rows)))
		require.Equal(t, 1, drivertest.QueryOne[int](t, db, `RETURN 1`))
		require.EqualValues(t, c.dials, proxy.Stats().Accepted)
	}
}

func TestStreamTakesNoMoreMemoryIfItIsLonger(t *testing.T) {
	const rowCount, rowSize = 200_000, 100
	srv := scripted.New(t, func(c *scripted.Conn) {
		c.Serve(func(r scripted.Request) {
			body := cbor.AppendArrayHeader(nil, rowCount)
			row := cbor.AppendText(cbor.AppendText(cbor.AppendMapHeader(nil, 1), "pad"), strings.Repeat("x", rowSize))
			whole := drivertest.StreamReply(r.ID, body, row, rowCount, "OK")
			c.Write(whole.Head)
			for range rowCount / 1000 {
				c.Write(whole.Thousand)
			}
			c.Write(whole.Tail)
		})
	})
	db := drivertest.OpenDB(t, srv.DSN(), func(c *surrealsql.Config) { c.MaxMessageSize = 1 << 20 })
	rows, err := db.QueryContext(t.Context(), `SELECT pad FROM t`)
	require.NoError(t, err)
	defer rows.Close()
	var before, now runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	peak := uint64(0)
	n := 0
	for ; rows.Next(); n++ {
		if n%50_000 == 49_999 {
			runtime.GC()
			runtime.ReadMemStats(&now)
			peak = max(peak, now.HeapAlloc)
		}
	}
	require.NoError(t, rows.Err())
	require.Equal(t, rowCount, n)
	require.Less(t, int64(peak)-int64(before.HeapAlloc), int64(4<<20), "20 MB went by")
}

func TestStreamHasItsFirstRowBeforeTheRestIsSent(t *testing.T) {
	t.Parallel()
	scanned := make(chan struct{})
	srv := scripted.New(t, func(c *scripted.Conn) {
		c.Serve(func(r scripted.Request) {
			p := drivertest.NumberedReply(r.ID, 10_000, "OK")
			c.Write(p.Head)
			c.Write(p.Thousand)
			c.Wait(scanned) // nothing more until the first row has been scanned
			for range 9 {
				c.Write(p.Thousand)
			}
			c.Write(p.Tail)
		})
	})
	rows, err := drivertest.OpenDB(t, srv.DSN()).QueryContext(t.Context(), `SELECT i FROM t`)
	require.NoError(t, err)
	defer rows.Close()
	n := 0
	for ; rows.Next(); n++ {
		if n == 0 {
			close(scanned)
		}
	}
	require.NoError(t, rows.Err())
	require.Equal(t, 10_000, n)
}

func TestStreamThatFailsAfterItsRowsIsAnErrorAndNoShortResult(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(c *scripted.Conn, p drivertest.Pieces){
		"the statement failed":  func(c *scripted.Conn, p drivertest.Pieces) { c.Write(p.Tail) },
		"the connection ends":   func(c *scripted.Conn, p drivertest.Pieces) { c.Drop() },
		"the connection breaks": func(c *scripted.Conn, p drivertest.Pieces) { c.Reset() },
		"the reply is garbled":  func(c *scripted.Conn, p drivertest.Pieces) { c.Write(make([]byte, len(p.Tail))) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := scripted.New(t, func(c *scripted.Conn) {
				c.Serve(func(r scripted.Request) {
					if r.Text != `SELECT i FROM t` {
						c.Answer(r)
						return
					}
					p := drivertest.NumberedReply(r.ID, 2000, "ERR")
					c.Write(p.Head)
					c.Write(p.Thousand)
					c.Write(p.Thousand)
					end(c, p)
				})
			})
			db := drivertest.OpenDB(t, srv.DSN())
			rows, err := db.QueryContext(t.Context(), `SELECT i FROM t`)
			require.NoError(t, err)
			defer rows.Close()
			for rows.Next() {
			}
			require.Error(t, rows.Err())
			require.NoError(t, rows.Close())
			_, err = db.ExecContext(t.Context(), `RETURN 1`)
			require.NoError(t, err, "the pool goes on")
		})
	}
}

func TestStreamEndsAtOnceWithItsContext(t *testing.T) {
	t.Parallel()
	srv := scripted.New(t, func(c *scripted.Conn) {
		c.Serve(func(r scripted.Request) {
			p := drivertest.NumberedReply(r.ID, 10_000, "OK")
			c.Write(p.Head)
			c.Write(p.Thousand)
			c.AwaitClose()
		})
	})
	db := drivertest.OpenDB(t, srv.DSN())
	drivertest.RequireOnTime(t, func() time.Duration {
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		rows, err := db.QueryContext(ctx, `SELECT i FROM t`)
		require.NoError(t, err)
		for rows.Next() {
		}
		after := drivertest.SinceDeadline(ctx)
		require.ErrorIs(t, rows.Err(), context.DeadlineExceeded)
		require.NoError(t, rows.Close())
		return after
	})
	srv.AwaitOpen(0)
}

func TestStreamHasTheColumnTypesOfTheRowsThatHaveArrived(t *testing.T) {
	t.Parallel()
	rows, err := drivertest.NewDB(t).QueryContext(t.Context(), `SELECT $this AS i, <string>$this AS s, $this + 1 FROM $1`, drivertest.Numbers(20_000))
	require.NoError(t, err)
	defer rows.Close()
	types, err := rows.ColumnTypes()
	require.NoError(t, err)
	var names []string
	for _, c := range types {
		names = append(names, c.DatabaseTypeName())
	}
	require.Equal(t, []string{"int", "string", "int"}, names)
	for rows.Next() {
	}
	require.NoError(t, rows.Err())
}

// QueryRow has the rest of an answer dropped. What the program runs within it, on the same
// goroutine, has all of its rows.
func TestStreamIsWholeForWhatRunsWithinAQueryRow(t *testing.T) {
	t.Parallel()
	surrealtest.Needs(t, "3.3")
	const n, text = 20_000, "SELECT $this AS i FROM $1"
	lookUp := drivertest.NewDB(t)
	counted := make(map[string]int)
	db := drivertest.NewDB(t, func(cfg *surrealsql.Config) {
		cfg.AfterConnect = func(ctx context.Context, c *surrealsql.Conn) error {
			rows, err := c.QueryContext(ctx, text, []driver.NamedValue{{Ordinal: 1, Value: drivertest.Numbers(n)}})
			if err != nil {
				return err
			}
			for ; err == nil; counted["AfterConnect"]++ {
				err = rows.Next(make([]driver.Value, 1))
			}
			counted["AfterConnect"]-- // io.EOF
			return rows.Close()
		}
	})
	valuer := valuerFunc(func() (driver.Value, error) {
		rows, err := lookUp.QueryContext(t.Context(), text, drivertest.Numbers(n))
		if err != nil {
			return nil, err
		}
		for rows.Next() {
			counted["Valuer"]++
		}
		return int64(1), rows.Close()
	})
	require.Equal(t, 1, drivertest.QueryOne[int](t, db, "RETURN $1", valuer))
	require.Equal(t, map[string]int{"AfterConnect": n, "Valuer": n}, counted)
}

// valuerFunc is a driver.Valuer that does something.
type valuerFunc func() (driver.Value, error)

func (f valuerFunc) Value() (driver.Value, error) { return f() }

package failures

import (
	"context"
	"database/sql/driver"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/cbor"
	"github.com/surrealsql/surrealsql/internal/drivertest"
	"github.com/surrealsql/surrealsql/internal/scripted"
)

// What becomes of a result that is read while it arrives when the server falls
// silent in its middle, breaks off, or attacks.

// stallsAfter is a script that sends the first thousand of the rows of a long
// result and then nothing for ever.
func stallsAfter(rows int) func(*scripted.Conn) {
	return func(c *scripted.Conn) {
		c.Greet()
		p := drivertest.NumberedReply(c.Request().ID, rows, "OK")
		c.Write(p.Head)
		c.Write(p.Thousand)
		c.AwaitClose()
	}
}

func TestStreamEndsExactlyAtTheDeadlineOfItsQuery(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv := scripted.Pipes(t, stallsAfter(20_000))
		db := drivertest.OpenDB(t, srv.DSN(), drivertest.DialTo(srv))
		started := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		rows, err := db.QueryContext(ctx, "SELECT i FROM t")
		require.NoError(t, err)
		n := 0
		for ; rows.Next(); n++ {
		}
		require.Equal(t, 3*time.Second, time.Since(started))
		require.ErrorIs(t, rows.Err(), context.DeadlineExceeded)
		require.Less(t, n, 1001)
		_ = rows.Close()
		require.Zero(t, drivertest.OpenConns(db))
	})
}

func TestStreamIsBoundedByQueryTimeoutToo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv := scripted.Pipes(t, stallsAfter(20_000))
		db := drivertest.OpenDB(t, srv.DSN("query_timeout=3s"), drivertest.DialTo(srv))
		started := time.Now()
		rows, err := db.QueryContext(context.Background(), "SELECT i FROM t")
		require.NoError(t, err)
		for rows.Next() {
		}
		require.Equal(t, 3*time.Second, time.Since(started))
		require.ErrorContains(t, rows.Err(), "query_timeout is over")
		require.NoError(t, rows.Close())
	})
}

// Little is left of the result, so Close reads it to keep the connection; it does
// not come.
func TestStreamWhoseRestDoesNotArriveIsClosedAtCloseTimeout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv := scripted.Pipes(t, stallsAfter(3000))
		db := drivertest.OpenDB(t, srv.DSN("close_timeout=7s"), drivertest.DialTo(srv))
		rows, err := db.QueryContext(context.Background(), "SELECT i FROM t")
		require.NoError(t, err)
		require.True(t, rows.Next())
		started := time.Now()
		require.NoError(t, rows.Close())
		require.Equal(t, 7*time.Second, time.Since(started))
		require.Zero(t, drivertest.OpenConns(db), "where the rest would come is unknown")
	})
}

func TestStreamLetsAQueryAfterItEndAtItsOwnDeadline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv := scripted.Pipes(t, stallsAfter(20_000))
		conn := drivertest.Lease(t, drivertest.OpenDB(t, srv.DSN(), drivertest.DialTo(srv)))
		rows, err := conn.QueryContext(context.Background(), "SELECT i FROM t")
		require.NoError(t, err)
		require.True(t, rows.Next())
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		started := time.Now()
		require.ErrorIs(t, drivertest.Exec(ctx, conn, "CREATE x"), context.DeadlineExceeded)
		require.Equal(t, 3*time.Second, time.Since(started))
		require.Len(t, srv.Queries(), 1, "the second one was not sent")
		for rows.Next() {
		}
		require.Error(t, rows.Err(), "no short result")
		require.NoError(t, rows.Close())
	})
}

// What is read on after that is an error, or the rows that were sent: no others.
func TestStreamWhoseRestIsLostToAnotherCallGivesNoOtherRows(t *testing.T) {
	t.Parallel()
	const sent, total = 3000, 20_000
	row := func(i int) []byte {
		return cbor.AppendInt(cbor.AppendText(cbor.AppendMapHeader(nil, 1), "i"), int64(100_000+i))
	}
	for _, read := range []int{1, 7, 500, 2000} {
		synctest.Test(t, func(t *testing.T) {
			srv := scripted.Pipes(t, func(c *scripted.Conn) {
				c.Greet()
				id := c.Request().ID
				b := drivertest.StreamReply(id, cbor.AppendArrayHeader(nil, total), row(0), total, "OK").Head
				for i := range sent {
					b = append(b, row(i)...)
				}
				c.Write(b)
				c.AwaitClose()
			})
			conn := drivertest.Lease(t, drivertest.OpenDB(t, srv.DSN(), drivertest.DialTo(srv)))
			rows, err := conn.QueryContext(context.Background(), "SELECT i FROM t")
			require.NoError(t, err)
			defer rows.Close()
			for want := 0; rows.Next(); want++ {
				var i int
				require.NoError(t, rows.Scan(&i))
				require.Equal(t, 100_000+want, i, "after %d rows", read)
				if want == read {
					ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
					require.ErrorIs(t, drivertest.Exec(ctx, conn, "CREATE x"), context.DeadlineExceeded)
					cancel()
				}
			}
			require.Error(t, rows.Err(), "no short result")
			require.NoError(t, rows.Close())
		})
	}
}

func TestStreamThatIsClosedLeavesAnotherWhole(t *testing.T) {
	t.Parallel()
	tx, err := drivertest.NewDB(t).BeginTx(t.Context(), nil)
	require.NoError(t, err)
	defer tx.Rollback()
	const long = "SELECT $this + $2 AS i FROM $1"
	first, err := tx.QueryContext(t.Context(), long, drivertest.Numbers(20_000), 0)
	require.NoError(t, err)
	defer first.Close()
	require.True(t, first.Next())
	second, err := tx.QueryContext(t.Context(), long, drivertest.Numbers(20_000), 100_000)
	require.NoError(t, err)
	defer second.Close()
	require.True(t, second.Next())
	require.NoError(t, first.Close())
	want := 100_000
	for more := true; more; more = second.Next() {
		var i int
		require.NoError(t, second.Scan(&i))
		require.Equal(t, want, i)
		want++
	}
	require.NoError(t, second.Err())
	require.Equal(t, 120_000, want)
	drivertest.RequireGood(t, tx)
}

func TestStreamWithFewUnreadRowsCostsNoConnection(t *testing.T) {
	t.Parallel()
	srv := scripted.New(t, func(c *scripted.Conn) {
		c.Serve(func(r scripted.Request) {
			if r.Text != "SELECT i FROM t" {
				c.Answer(r)
				return
			}
			p := drivertest.NumberedReply(r.ID, 11_000, "OK") // 66 kB, of which the first are read
			c.Write(p.Head)
			for range 11 {
				c.Write(p.Thousand)
			}
			c.Write(p.Tail)
		})
	})
	db := drivertest.Solo(drivertest.OpenDB(t, srv.DSN()))
	for range 5 {
		rows, err := db.QueryContext(t.Context(), "SELECT i FROM t")
		require.NoError(t, err)
		for range 2000 {
			require.True(t, rows.Next())
		}
		require.NoError(t, rows.Close())
	}
	require.Equal(t, 1, srv.Connections())
}

// A program below database/sql may end a lease with rows open. They end with it.
func TestStreamEndsWithItsLease(t *testing.T) {
	t.Parallel()
	conn := drivertest.Lease(t, drivertest.NewDB(t))
	drivertest.Raw(t, conn, func(c *surrealsql.Conn) error {
		rows, err := c.QueryContext(t.Context(), "SELECT $this AS i FROM $all", []driver.NamedValue{{Name: "all", Value: drivertest.Numbers(20_000)}})
		require.NoError(t, err)
		dest := make([]driver.Value, 1)
		require.NoError(t, rows.Next(dest))
		if c.IsValid() { // or too much was left
			require.NoError(t, c.ResetSession(t.Context()))
		}
		require.Error(t, rows.Next(dest))
		return nil
	})
}

// Every attack again, on a result that is read while it arrives. What is only
// announced does not come: the connection ends.
func TestStreamThatIsHostileIsAnError(t *testing.T) {
	t.Parallel()
	for _, a := range attacks() {
		t.Run(a.name, func(t *testing.T) {
			t.Parallel()
			dropped := make(chan struct{})
			srv := attackedAt(t, attack{a.name, func(c *scripted.Conn, id uint64) {
				defer close(dropped)
				a.send(c, id)
				c.Drop()
			}})
			db := drivertest.Solo(drivertest.OpenDB(t, srv.DSN()))
			_, err := readAll(t, db, "SELECT i FROM t")
			if a.name != "no entry" { // which is no rows
				require.Error(t, err)
			}
			drivertest.Receive(t, dropped, "the end of the connection")
			if err := drivertest.Scan(t.Context(), db, "SELECT VALUE 42 FROM x"); err != nil {
				// On a busy machine the FIN arrives after the look at checkout.
				require.ErrorIs(t, err, surrealsql.ErrOutcomeUnknown)
			}
			require.Equal(t, 42, drivertest.QueryOne[int](t, db, "SELECT VALUE 42 FROM x"))
		})
	}
}

func TestStreamThatWasCutShortIsNeverTakenForAWholeOne(t *testing.T) {
	t.Parallel()
	whole := drivertest.NumberedReply(4, 3000, "OK") // after signin, use, version
	var b []byte
	b = append(append(append(append(append(b, whole.Head...), whole.Thousand...), whole.Thousand...), whole.Thousand...), whole.Tail...)
	for cut := 1; cut < len(b); cut += len(b)/60 + 1 {
		for name, end := range map[string]func(*scripted.Conn){"FIN": (*scripted.Conn).Drop, "RST": (*scripted.Conn).Reset} {
			srv := scripted.New(t, func(c *scripted.Conn) {
				if c.Number() > 1 {
					c.Serve(nil)
				}
				c.Greet()
				c.Request()
				c.Write(b[:cut])
				end(c)
			})
			db := drivertest.OpenDB(t, srv.DSN())
			got, err := readAll(t, db, "SELECT i FROM t")
			require.Error(t, err, "cut by %s at byte %d of %d, %d rows were read", name, cut, len(b), len(got))
			require.ErrorIs(t, err, surrealsql.ErrOutcomeUnknown)
			require.NotErrorIs(t, err, driver.ErrBadConn)
			require.NoError(t, drivertest.Exec(t.Context(), db, "UPDATE y"))
			require.Equal(t, 2, srv.Connections(), "the pool never hands that connection out again")
		}
	}
}

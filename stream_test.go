package surrealsql_test

import (
	"context"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/cbor"
	"github.com/surrealsql/surrealsql/internal/scripted"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// numbers are the rows of a long result.
func numbers(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return all
}

func TestALongResultArrivesWholeAndInOrder(t *testing.T) {
	t.Parallel()
	db := newDB(t)
	rows, err := db.QueryContext(t.Context(), `LET $all = $1; SELECT $this AS i, $this * 2 AS twice FROM $all`, numbers(20_000))
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

func TestAQueryInTheMiddleOfALongResultIsServedAndNothingIsMixed(t *testing.T) {
	t.Parallel()
	conn := lease(t, newDB(t))
	rows, err := conn.QueryContext(t.Context(), `SELECT $this AS i FROM $1`, numbers(20_000))
	require.NoError(t, err)
	defer rows.Close()
	for want := range 20000 {
		require.True(t, rows.Next())
		var i int
		require.NoError(t, rows.Scan(&i))
		require.Equal(t, want, i)
		if want%5000 == 10 {
			require.Equal(t, -want, queryOne[int](t, conn, `RETURN -$1`, want))
		}
	}
	require.False(t, rows.Next())
	require.NoError(t, rows.Err())
}

func TestRowsThatNobodyReadsCostTheConnectionOnlyIfTheyAreMany(t *testing.T) {
	t.Parallel()
	dsn := surrealtest.DSN(t)
	proxy := surrealtest.NewProxy(t, hostOf(t, dsn))
	db := openDB(t, proxy.DSN(dsn))
	db.SetMaxOpenConns(1)
	for _, c := range []struct{ rows, connections int }{{3000, 1}, {400_000, 2}} {
		require.Zero(t, queryOne[int](t, db, `SELECT $this AS i FROM $1`, numbers(c.rows)))
		require.Equal(t, 1, queryOne[int](t, db, `RETURN 1`))
		require.EqualValues(t, c.connections, proxy.Stats().Accepted)
	}
}

func TestMemoryDoesNotGrowWithAStreamedResult(t *testing.T) {
	const rowCount, rowSize = 200_000, 100
	srv := scripted.New(t, func(c *scripted.Conn) {
		c.Serve(func(r scripted.Request) {
			body := cbor.AppendArrayHeader(nil, rowCount)
			row := cbor.AppendText(cbor.AppendText(cbor.AppendMapHeader(nil, 1), "pad"), strings.Repeat("x", rowSize))
			whole := streamReply(r.ID, body, row, rowCount, "OK")
			c.Write(whole.head)
			for range rowCount / 1000 {
				c.Write(whole.thousand)
			}
			c.Write(whole.tail)
		})
	})
	db := openDB(t, srv.DSN(), func(c *surrealsql.Config) { c.MaxMessageSize = 1 << 20 })
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

type pieces struct{ head, thousand, tail []byte }

// streamReply is a reply of equal rows in pieces: what comes before the first
// row, a thousand rows, and what comes behind the last.
func streamReply(id uint64, body, row []byte, count int, status string) pieces {
	head := cbor.AppendArrayHeader(nil, 1)
	head = cbor.AppendText(cbor.AppendMapHeader(head, 2), "result")
	head = append(head, body...)
	tail := cbor.AppendText(cbor.AppendText(nil, "status"), status)
	envelope := scripted.Result(id, nil)
	size := len(envelope) + len(head) + count*len(row) + len(tail)
	return pieces{
		head:     append(append(scripted.Claim(scripted.OpBinary, uint64(size)), envelope...), head...),
		thousand: []byte(strings.Repeat(string(row), 1000)),
		tail:     tail,
	}
}

func TestTheFirstRowIsThereBeforeTheRestIsSent(t *testing.T) {
	t.Parallel()
	scanned := make(chan struct{})
	srv := scripted.New(t, func(c *scripted.Conn) {
		c.Serve(func(r scripted.Request) {
			p := numberedReply(r.ID, 10_000, "OK")
			c.Write(p.head)
			c.Write(p.thousand)
			c.Wait(scanned) // nothing more until the first row has been scanned
			for range 9 {
				c.Write(p.thousand)
			}
			c.Write(p.tail)
		})
	})
	rows, err := openDB(t, srv.DSN()).QueryContext(t.Context(), `SELECT i FROM t`)
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

func numberedReply(id uint64, count int, status string) pieces {
	row := cbor.AppendInt(cbor.AppendText(cbor.AppendMapHeader(nil, 1), "i"), 12345)
	return streamReply(id, cbor.AppendArrayHeader(nil, count), row, count, status)
}

func TestAFailureBehindTheRowsIsAnErrorAndNoShortResult(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(c *scripted.Conn, p pieces){
		"the statement failed":  func(c *scripted.Conn, p pieces) { c.Write(p.tail) },
		"the connection ends":   func(c *scripted.Conn, p pieces) { c.Drop() },
		"the connection breaks": func(c *scripted.Conn, p pieces) { c.Reset() },
		"the reply is garbled":  func(c *scripted.Conn, p pieces) { c.Write(make([]byte, len(p.tail))) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := scripted.New(t, func(c *scripted.Conn) {
				c.Serve(func(r scripted.Request) {
					if r.Text != `SELECT i FROM t` {
						c.Answer(r)
						return
					}
					p := numberedReply(r.ID, 2000, "ERR")
					c.Write(p.head)
					c.Write(p.thousand)
					c.Write(p.thousand)
					end(c, p)
				})
			})
			db := openDB(t, srv.DSN())
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

func TestTheContextEndsAStreamAtOnce(t *testing.T) {
	t.Parallel()
	srv := scripted.New(t, func(c *scripted.Conn) {
		c.Serve(func(r scripted.Request) {
			p := numberedReply(r.ID, 10_000, "OK")
			c.Write(p.head)
			c.Write(p.thousand)
			c.AwaitClose()
		})
	})
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	began := time.Now()
	rows, err := openDB(t, srv.DSN()).QueryContext(ctx, `SELECT i FROM t`)
	require.NoError(t, err)
	for rows.Next() {
	}
	require.ErrorIs(t, rows.Err(), context.DeadlineExceeded)
	require.NoError(t, rows.Close())
	require.Less(t, time.Since(began), 200*time.Millisecond)
	srv.AwaitOpen(0)
}

func TestColumnTypesOfAStreamAreThoseOfTheRowsThatHaveArrived(t *testing.T) {
	t.Parallel()
	rows, err := newDB(t).QueryContext(t.Context(), `SELECT $this AS i, <string>$this AS s, $this + 1 FROM $1`, numbers(20_000))
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

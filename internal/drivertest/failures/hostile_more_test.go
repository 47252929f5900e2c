package failures

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/drivertest"
	"github.com/surrealsql/surrealsql/internal/scripted"
)

// More of what a hostile server may send: replies of nobody, floods, flipped bytes, odd
// answers to the first requests.

func TestHostileReplyWithoutAnIDIsNobodysAndItsCallerWaitsForItsOwn(t *testing.T) {
	t.Parallel()
	for name, id := range map[string]any{"null": nil, "NONE": scripted.None} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := scripted.New(t, func(c *scripted.Conn) {
				c.Serve(func(r scripted.Request) {
					c.Message(scripted.Value(map[string]any{"id": id, "result": scripted.Raw(scripted.Entries(scripted.OK([]any{1})))}))
					c.QueryResult(r.ID, 42)
				})
			})
			require.Equal(t, 42, drivertest.QueryOne[int](t, drivertest.OpenDB(t, srv.DSN()), "SELECT VALUE 42 FROM x"))
			require.Equal(t, 1, srv.Connections())
		})
	}
}

func TestHostileReplyThatComesTwiceIsNeverTakenForTheNextOnes(t *testing.T) {
	t.Parallel()
	t.Run("when it comes with the first", func(t *testing.T) {
		t.Parallel()
		srv := scripted.New(t, func(c *scripted.Conn) {
			c.Serve(func(r scripted.Request) {
				answer := 42
				if c.Number() == 1 {
					answer = 41
					c.Write(slices.Repeat(scripted.Binary(scripted.Result(r.ID, scripted.Entries(scripted.OK([]any{answer})))), 2))
					return
				}
				c.QueryResult(r.ID, answer)
			})
		})
		db := drivertest.Solo(drivertest.OpenDB(t, srv.DSN()))
		require.Equal(t, 41, drivertest.QueryOne[int](t, db, "SELECT VALUE n FROM x"))
		require.Equal(t, 42, drivertest.QueryOne[int](t, db, "SELECT VALUE n FROM x"), "seen at checkout, and another connection taken")
		require.Equal(t, 2, srv.Connections())
	})
	t.Run("when it comes ahead of the second", func(t *testing.T) {
		t.Parallel()
		srv := scripted.New(t, func(c *scripted.Conn) {
			c.Greet()
			first := c.Request()
			c.QueryResult(first.ID, 41)
			c.Request()
			c.QueryResult(first.ID, 41)
			c.AwaitClose()
		})
		conn := drivertest.Lease(t, drivertest.OpenDB(t, srv.DSN()))
		require.Equal(t, 41, drivertest.QueryOne[int](t, conn, "SELECT VALUE n FROM x"))
		err := drivertest.Scan(t.Context(), conn, "SELECT VALUE n FROM x")
		require.ErrorIs(t, err, surrealsql.ErrOutcomeUnknown)
		require.ErrorContains(t, err, "not in flight")
		srv.AwaitOpen(0)
	})
}

func TestHostileErrorWithoutAnIDBelongsToTheRequestInFlight(t *testing.T) {
	t.Parallel()
	srv := scripted.New(t, func(c *scripted.Conn) {
		c.Serve(func(r scripted.Request) {
			if r.Text == "SELECT VALUE 42 FROM x" {
				c.QueryResult(r.ID, 42)
				return
			}
			c.Message(scripted.NamelessError(-32700, "Parse error"))
		})
	})
	db := drivertest.Solo(drivertest.OpenDB(t, srv.DSN()))
	var answered *surrealsql.Error
	require.ErrorAs(t, drivertest.Scan(t.Context(), db, "SELECT bad"), &answered)
	require.Equal(t, int64(-32700), answered.Code)
	require.Equal(t, 42, drivertest.QueryOne[int](t, db, "SELECT VALUE 42 FROM x"))
	require.Equal(t, 1, srv.Connections(), "the connection is as good as before")
}

func TestHostileErrorWithoutAnIDAmongSeveralRequestsEndsTheConnect(t *testing.T) {
	t.Parallel()
	srv := scripted.New(t, func(c *scripted.Conn) {
		c.Request() // signin, with use and version after it
		c.Message(scripted.NamelessError(-32700, "Parse error"))
		c.AwaitClose()
	})
	err := drivertest.OpenDB(t, srv.DSN("connect_attempts=1")).PingContext(t.Context())
	require.ErrorContains(t, err, "an error without an id")
	srv.AwaitOpen(0)
}

func TestHostileMessageAboveTheLimitIsRefusedHoweverItComes(t *testing.T) {
	t.Parallel()
	payload := make([]byte, 3000)
	for name, frames := range map[string][]byte{
		"in one frame":     scripted.Binary(payload),
		"in many frames":   scripted.Fragments(payload, slices.Repeat([]int{100}, 29)...),
		"announced at all": scripted.Claim(scripted.OpBinary, 2049),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := attackedAt(t, frameAttack(name, frames))
			db := drivertest.OpenDB(t, srv.DSN("max_message_size=2048"))
			require.ErrorIs(t, drivertest.Scan(t.Context(), db, "SELECT * FROM x"), surrealsql.ErrMessageTooLarge)
			require.Equal(t, 42, drivertest.QueryOne[int](t, db, "SELECT VALUE 42 FROM x"))
		})
	}
}

// Runs alone: it counts what the process holds.
func TestHostileFloodsCostNoMemory(t *testing.T) {
	const many = 20_000
	floods := map[string][]byte{
		"pings":                slices.Repeat(scripted.Frame(scripted.OpPing, []byte("hi")), many),
		"pongs":                slices.Repeat(scripted.Frame(scripted.OpPong, []byte("hi")), many),
		"notifications":        slices.Repeat(scripted.Binary(scripted.Notification(map[string]any{"action": "CREATE", "result": strings.Repeat("x", 100)})), many),
		"empty fragments":      append(scripted.Fragment(scripted.OpBinary, nil), slices.Repeat(scripted.Fragment(scripted.OpContinuation, nil), many)...),
		"pings among the idle": nil,
	}
	for name, flood := range floods {
		t.Run(name, func(t *testing.T) {
			srv := scripted.New(t, func(c *scripted.Conn) {
				c.Serve(func(r scripted.Request) {
					answer := scripted.Result(r.ID, scripted.Entries(scripted.OK([]any{42})))
					c.Write(flood)
					if strings.Contains(name, "fragments") {
						c.Write(scripted.Frame(scripted.OpContinuation, answer))
					} else {
						c.Message(answer)
					}
					if flood == nil {
						c.Write(floods["pings"])
					}
				})
			})
			db := drivertest.Solo(drivertest.OpenDB(t, srv.DSN()))
			require.NoError(t, drivertest.Lease(t, db).Close())
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			for range 3 {
				ctx, cancel := context.WithTimeout(t.Context(), drivertest.Patience)
				var got int
				require.NoError(t, db.QueryRowContext(ctx, "SELECT VALUE 42 FROM x").Scan(&got))
				cancel()
				require.Equal(t, 42, got)
			}
			runtime.GC()
			runtime.ReadMemStats(&after)
			require.Less(t, int64(after.HeapAlloc)-int64(before.HeapAlloc), int64(4<<20))
			require.Equal(t, 1, srv.Connections())
		})
	}
}

func TestHostileAnswerToTheUpgradeIsAnErrorInTime(t *testing.T) {
	t.Parallel()
	const ok = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
	for name, answer := range map[string]string{
		"junk":                     "\x00\x01\x02\x03\r\n\r\n",
		"nothing":                  "",
		"an endless header":        ok + "X-Long: " + strings.Repeat("x", 1<<20),
		"endless headers":          ok + strings.Repeat("X-Many: x\r\n", 1<<17),
		"a wrong accept":           ok + "Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\nSec-WebSocket-Protocol: cbor\r\n\r\n",
		"no accept":                ok + "\r\n",
		"a status that is no code": "HTTP/1.1 9999999999999999999 OK\r\n\r\n",
		"an endless refusal":       "HTTP/1.1 503 No\r\nContent-Length: 9223372036854775807\r\n\r\n" + strings.Repeat("x", 1<<20),
		"a refusal without end":    "HTTP/1.1 503 No\r\nTransfer-Encoding: chunked\r\n\r\nfffffff\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := scripted.Listen(t, func(c *scripted.Conn) {
				c.ReadUpgrade()
				c.Write([]byte(answer))
				c.Drop()
			})
			started := time.Now()
			require.Error(t, drivertest.OpenDB(t, srv.DSN("connect_timeout=3s", "connect_attempts=1")).PingContext(t.Context()))
			require.Less(t, time.Since(started), 3*time.Second+drivertest.Late)
			srv.AwaitOpen(0)
		})
	}
}

// hostileRows are rows whose values break what their tags promise.
func hostileRows() map[string]scripted.Raw {
	tag := func(n byte, v any) scripted.Raw {
		return append(scripted.Raw{0xD8, n}, scripted.Value(v)...)
	}
	rows := make(map[string]scripted.Raw)
	for n := range byte(100) {
		for name, v := range oddValues() {
			rows[fmt.Sprintf("tag %d on %s", n, name)] = tag(n, v)
		}
		rows[fmt.Sprintf("tag %d on an empty array", n)] = tag(n, []any{})
		rows[fmt.Sprintf("tag %d on three of three", n)] = tag(n, []any{[]any{1, 2, 3}, []any{nil}, "x"})
		rows[fmt.Sprintf("tag %d on a text", n)] = tag(n, "\x00⟩`'")
		rows[fmt.Sprintf("tag %d on extremes", n)] = tag(n, []any{announced(0, 1<<63), announced(1, 1<<63)})
	}
	return rows
}

// A value that cannot be read is an error of its row. The reply is here and
// well-formed, so the connection stays.
func TestHostileValueIsAnErrorOfItsRowOrAValueAndNeverAPanic(t *testing.T) {
	t.Parallel()
	rows := hostileRows()
	srv := scripted.New(t, func(c *scripted.Conn) {
		c.Serve(func(r scripted.Request) {
			c.QueryResult(r.ID, map[string]any{"v": rows[r.Text[len("SELECT v FROM x -- "):]]})
		})
	})
	db := drivertest.Solo(drivertest.OpenDB(t, srv.DSN()))
	for name := range rows {
		for _, dest := range []any{new(any), new(string), new(int64), new(time.Time), new([]byte), surrealsql.Into(new(any))} {
			row := db.QueryRowContext(t.Context(), "SELECT v FROM x -- "+name)
			_ = row.Scan(dest)
			require.False(t, surrealsql.IsConnectivity(row.Err()), name)
		}
	}
}

// Any reply with a few bytes changed is an answer or an error, in time.
func TestHostileReplyWithFlippedBytesIsAnAnswerOrAnErrorAndThePoolRecovers(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex // no memory is synchronised by what goes over a socket
	random := rand.New(rand.NewPCG(1, 2))
	srv := scripted.New(t, func(c *scripted.Conn) {
		c.Serve(func(r scripted.Request) {
			row := map[string]any{"id": "x:1", "n": 1, "list": []any{1.5, "two", nil}, "nested": map[string]any{"b": []byte("b")}}
			b := scripted.Binary(scripted.Result(r.ID, scripted.Entries(scripted.OK([]any{row, row}))))
			mu.Lock()
			for range 1 + random.IntN(3) {
				b[random.IntN(len(b))] = byte(random.Uint32())
			}
			mu.Unlock()
			c.Write(b)
			c.Drop() // what was announced and does not come ends here
		})
	})
	db := drivertest.Solo(drivertest.OpenDB(t, srv.DSN("connect_attempts=1")))
	for range 400 {
		ctx, cancel := context.WithTimeout(t.Context(), drivertest.Patience)
		rows, err := db.QueryContext(ctx, "SELECT * FROM x")
		if err == nil {
			for rows.Next() {
				cells := make([]any, 4)
				_ = rows.Scan(&cells[0], &cells[1], &cells[2], &cells[3])
			}
			_ = rows.Close()
		}
		require.NoError(t, ctx.Err())
		cancel()
	}
	srv.AwaitOpen(0)
}

// What opens a session, begins and ends a transaction is answered with anything:
// that is an error, or does not matter.
func TestHostileAnswerToAnyRequestIsBorne(t *testing.T) {
	t.Parallel()
	for _, method := range []string{"signin", "use", "version", "let", "begin", "commit", "cancel", "ping", "reset"} {
		for name, v := range oddValues() {
			t.Run(method+" answered with "+name, func(t *testing.T) {
				t.Parallel()
				srv := scripted.New(t, func(c *scripted.Conn) {
					for {
						if r := c.Request(); r.Method == method {
							c.Reply(r.ID, scripted.Value(v))
						} else {
							c.Answer(r)
						}
					}
				})
				db := drivertest.OpenDB(t, srv.DSN("connect_attempts=1", "reset=always"))
				ctx, cancel := context.WithTimeout(t.Context(), drivertest.Patience)
				defer cancel()
				for range 2 {
					_ = db.PingContext(ctx)
					if tx, err := db.BeginTx(ctx, nil); err == nil {
						_ = tx.Commit()
					}
					if tx, err := db.BeginTx(ctx, nil); err == nil {
						_ = tx.Rollback()
					}
				}
				require.NoError(t, ctx.Err())
				require.Zero(t, db.Stats().InUse)
			})
		}
	}
}

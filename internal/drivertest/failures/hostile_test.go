package failures

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql/internal/drivertest"
	"github.com/surrealsql/surrealsql/internal/scripted"
	"github.com/surrealsql/surrealsql/internal/shaped/shapedtest"
)

// A hostile or broken server may send anything. What must hold for all of it: no
// panic, no memory for what was only announced, an error for the caller, and a pool
// that serves the next one.

// attack is what a server answers a query with.
type attack struct {
	name string
	send func(c *scripted.Conn, id uint64)
}

// messageAttack is an attack by a whole message.
func messageAttack(name string, of func(id int) any) attack {
	return attack{name, func(c *scripted.Conn, id uint64) { c.Message(scripted.Value(of(int(id)))) }}
}

// frameAttack is an attack by bytes below the messages.
func frameAttack(name string, b []byte) attack {
	return attack{name, func(c *scripted.Conn, _ uint64) { c.Write(b) }}
}

// resultAttack is an attack by the result of a query.
func resultAttack(name string, result any) attack {
	return messageAttack(name, func(id int) any { return map[string]any{"id": id, "result": result} })
}

// announced is the head of a CBOR item that announces n.
func announced(major byte, n uint64) scripted.Raw {
	return binary.BigEndian.AppendUint64([]byte{major<<5 | 27}, n)
}

func attacks() []attack {
	return slices.Concat(frameAttacks(), messageAttacks(), replyAttacks(), announcements())
}

func frameAttacks() []attack {
	part := []byte{0xA0}
	return []attack{
		frameAttack("a text frame", scripted.Frame(scripted.OpText, []byte("{}"))),
		frameAttack("a masked frame", scripted.Masked(part)),
		frameAttack("an unknown opcode", scripted.Frame(3, part)),
		frameAttack("an unknown control opcode", scripted.Frame(11, part)),
		frameAttack("reserved bits", []byte{0xC2, 1, 0xA0}),
		frameAttack("a continuation of nothing", scripted.Frame(scripted.OpContinuation, part)),
		frameAttack("a message inside a message", append(scripted.Fragment(scripted.OpBinary, part), scripted.Frame(scripted.OpBinary, part)...)),
		frameAttack("a fragmented ping", []byte{0x09, 0}),
		frameAttack("a ping of 126 bytes", append([]byte{0x89, 126, 0, 126}, make([]byte, 126)...)),
		frameAttack("HTTP", []byte("HTTP/1.1 500 Internal Server Error\r\n\r\n")),
		frameAttack("zeros", make([]byte, 100)),
		frameAttack("ones", []byte(strings.Repeat("\xFF", 100))),
		frameAttack("an empty message", scripted.Binary(nil)),
	}
}

func messageAttacks() []attack {
	list := []attack{
		messageAttack("a foreign id", func(id int) any { return map[string]any{"id": id + 1000, "result": []any{}} }),
		messageAttack("the id of an earlier request", func(int) any { return map[string]any{"id": 1, "result": []any{}} }),
		messageAttack("a trailing byte", func(id int) any {
			return append(scripted.Raw(scripted.Result(uint64(id), scripted.Entries())), 0)
		}),
		messageAttack("neither result nor error", func(id int) any { return map[string]any{"id": id} }),
		messageAttack("keys that are no text", func(id int) any { return scripted.Raw{0xA1, 0x01, 0x01} }),
		messageAttack("an unfinished map", func(id int) any { return scripted.Raw{0xBF, 0x62, 'i', 'd', byte(id)} }),
		messageAttack("a reserved head", func(int) any { return scripted.Raw{0x1C} }),
		messageAttack("a break by itself", func(int) any { return scripted.Raw{0xFF} }),
		messageAttack("invalid UTF-8 in a key", func(int) any { return scripted.Raw{0xA1, 0x61, 0xFF, 0x00} }),
	}
	for name, v := range oddValues() {
		list = append(list, messageAttack("a message that is "+name, func(int) any { return v }))
		if name != "null" && name != "NONE" { // those are no id: see below
			list = append(list, messageAttack("an id that is "+name, func(int) any { return map[string]any{"id": v, "result": []any{}} }))
		}
		if name != "an array" {
			list = append(list, resultAttack("a result that is "+name, v))
		}
		for _, field := range []string{"code", "message", "kind", "details"} {
			list = append(list, messageAttack("an error whose "+field+" is "+name, func(id int) any {
				return map[string]any{"id": id, "error": map[string]any{"code": -1, "message": "no", field: v}}
			}))
		}
		list = append(list, messageAttack("an error that is "+name, func(id int) any { return map[string]any{"id": id, "error": v} }))
	}
	return list
}

func replyAttacks() []attack {
	var list []attack
	for name, v := range oddValues() {
		list = append(list,
			resultAttack("an entry that is "+name, []any{v}),
			resultAttack("a status that is "+name, []any{map[string]any{"status": v, "result": "no", "time": "1ms"}}),
			resultAttack("a failure that is "+name, []any{map[string]any{"status": "ERR", "result": v, "time": "1ms"}}),
			resultAttack("a failure whose kind is "+name, []any{map[string]any{"status": "ERR", "result": "no", "kind": v}}),
			resultAttack("a failure whose details are "+name, []any{map[string]any{"status": "ERR", "result": "no", "details": v}}),
		)
	}
	return append(list,
		resultAttack("an entry without a result", []any{map[string]any{"status": "OK"}}),
		resultAttack("an entry without a status", []any{map[string]any{"result": []any{}}}),
		resultAttack("more entries than statements", []any{scripted.OK([]any{}), scripted.OK([]any{}), scripted.OK([]any{})}),
		resultAttack("no entry", []any{}),
		resultAttack("deep nesting", []any{scripted.OK(scripted.Raw(scripted.Nested(100_000)))}),
		resultAttack("deep nesting instead of entries", scripted.Raw(scripted.Nested(1_000_000))),
		resultAttack("a tag on a tag on a tag", []any{scripted.OK(append(scripted.Raw(strings.Repeat("\xC6", 100_000)), 0xF6))}),
	)
}

// announcements claim more than comes.
func announcements() []attack {
	list := []attack{}
	for _, n := range []uint64{129 << 20, 1 << 40, math.MaxInt64, 1 << 63, math.MaxUint64} {
		list = append(list,
			frameAttack(fmt.Sprintf("a frame of %d bytes", n), scripted.Claim(scripted.OpBinary, n)),
			frameAttack(fmt.Sprintf("a fragment of %d bytes", n), append(scripted.Fragment(scripted.OpBinary, []byte{0xA0}), scripted.Claim(scripted.OpContinuation, n)...)),
			frameAttack(fmt.Sprintf("a ping of %d bytes", n), scripted.Claim(scripted.OpPing, n)))
		for major, what := range map[byte]string{2: "bytes", 3: "characters", 4: "elements", 5: "fields"} {
			list = append(list,
				messageAttack(fmt.Sprintf("a message of %d %s", n, what), func(int) any { return announced(major, n) }),
				resultAttack(fmt.Sprintf("a result of %d %s", n, what), announced(major, n)),
				resultAttack(fmt.Sprintf("a statement's result of %d %s", n, what), []any{scripted.OK(announced(major, n))}))
		}
	}
	return append(list, attack{"a frame of 100 MB, and then silence", func(c *scripted.Conn, _ uint64) {
		c.Write(scripted.Claim(scripted.OpBinary, 100<<20))
		c.Drop()
	}})
}

// oddValues are values of every type, none of which is what a field should be.
func oddValues() map[string]any {
	return map[string]any{
		"null": nil, "NONE": scripted.None, "a bool": true, "a negative number": -7, "a float": 1.5,
		"not a number": math.NaN(), "an array": []any{1}, "a map": map[string]any{"a": 1}, "bytes": []byte{1, 2},
		"invalid UTF-8": scripted.Raw{0x61, 0xFF}, "an unknown tag": scripted.Raw{0xD9, 0xFF, 0xFF, 0x01},
		"a huge number": announced(0, math.MaxUint64),
	}
}

// attackedAt is a server whose first connection attacks the first query.
func attackedAt(t testing.TB, a attack) *scripted.Server {
	return scripted.New(t, func(c *scripted.Conn) {
		if c.Number() > 1 {
			c.Serve(func(r scripted.Request) { c.QueryResult(r.ID, 42) })
		}
		c.Greet()
		a.send(c, c.Request().ID)
		c.Serve(func(r scripted.Request) { c.QueryResult(r.ID, 42) })
	})
}

func TestHostileReplyIsAnErrorAndThePoolRecovers(t *testing.T) {
	t.Parallel()
	for _, a := range attacks() {
		t.Run(a.name, func(t *testing.T) {
			t.Parallel()
			srv := attackedAt(t, a)
			db := drivertest.Solo(drivertest.OpenDB(t, srv.DSN()))
			ctx, cancel := context.WithTimeout(t.Context(), drivertest.Patience)
			defer cancel()
			err := drivertest.Scan(ctx, db, "SELECT * FROM x")
			require.Error(t, err)
			require.NotErrorIs(t, err, context.DeadlineExceeded, "it was not noticed")

			require.Equal(t, 42, drivertest.QueryOne[int](t, db, "SELECT VALUE 42 FROM x"))
			require.LessOrEqual(t, srv.Connections(), 2)
			srv.AwaitOpen(1)
		})
	}
}

// Runs alone: it counts what the process allocates.
func TestHostileSizesThatAreOnlyAnnouncedAllocateNothing(t *testing.T) {
	for _, a := range announcements() {
		srv := attackedAt(t, a)
		db := drivertest.Solo(drivertest.OpenDB(t, srv.DSN()))
		require.NoError(t, drivertest.Lease(t, db).Close()) // connected
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		require.Error(t, drivertest.Scan(t.Context(), db, "SELECT * FROM x"), a.name)
		runtime.ReadMemStats(&after)
		require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(1<<20), a.name)
	}
}

// FuzzHostileReply sends any bytes in answer to a query, and closes the connection after
// them. What comes of it is rows or an error: never a panic, and never a caller who
// waits.
func FuzzHostileReply(f *testing.F) {
	const id = 4 // after signin, use and version
	f.Add(scripted.Binary(scripted.Result(id, scripted.Entries(scripted.OK([]any{map[string]any{"id": "x:1", "n": 1}})))))
	f.Add(scripted.Binary(scripted.Result(id, scripted.Entries(scripted.Failed("no"), scripted.OK(nil)))))
	f.Add(scripted.Binary(scripted.Result(id, scripted.Entries(scripted.OK(scripted.Raw(shapedtest.Good().Append(nil)))))))
	f.Add(scripted.Binary(scripted.Error(id, -32000, "Internal", "no")))
	f.Add(scripted.Binary(scripted.NamelessError(-32700, "Parse error")))
	f.Add(scripted.Binary(scripted.Notification([]any{1.5, nil, []byte("b")})))
	f.Add(scripted.Fragments(scripted.Result(id, scripted.Entries(scripted.OK([]any{1}))), 3, 5))
	f.Add(scripted.CloseFrame(1001, "going away"))
	f.Fuzz(func(t *testing.T, b []byte) {
		srv := scripted.New(t, func(c *scripted.Conn) {
			c.Greet()
			c.Request()
			c.Write(b)
			c.Drop()
		})
		db := drivertest.OpenDB(t, srv.DSN("connect_attempts=1"))
		ctx, cancel := context.WithTimeout(t.Context(), drivertest.Patience)
		defer cancel()
		rows, err := db.QueryContext(ctx, "SELECT * FROM x; RETURN 1")
		for err == nil {
			for rows.Next() {
				columns, _ := rows.Columns()
				cells := make([]any, len(columns))
				for i := range cells {
					cells[i] = new(any)
				}
				_ = rows.Scan(cells...)
			}
			if !rows.NextResultSet() {
				break
			}
		}
		if rows != nil {
			_ = rows.Close()
		}
		if ctx.Err() != nil {
			t.Fatal("the caller waited although the connection was closed")
		}
	})
}

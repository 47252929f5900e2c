package surrealsql_test

import (
	"context"
	"testing"

	"github.com/surrealsql/surrealsql/internal/scripted"
)

// FuzzReply sends any bytes in answer to a query, and closes the connection behind
// them. What comes of it is rows or an error: never a panic, and never a caller who
// waits.
func FuzzReply(f *testing.F) {
	const id = 4 // behind signin, use and version
	f.Add(scripted.Binary(scripted.Result(id, scripted.Entries(scripted.OK([]any{map[string]any{"id": "x:1", "n": 1}})))))
	f.Add(scripted.Binary(scripted.Result(id, scripted.Entries(scripted.Failed("no"), scripted.OK(nil)))))
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
		db := openDB(t, srv.DSN("connect_attempts=1"))
		ctx, cancel := context.WithTimeout(t.Context(), patience)
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

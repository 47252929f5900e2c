package queries

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/cbor"
	"github.com/surrealsql/surrealsql/internal/drivertest"
	"github.com/surrealsql/surrealsql/internal/scripted"
)

// Between Next and Scan a row lies in the connection's buffer (since Go 1.27,
// where Next decodes nothing), and must survive whatever else happens there.

func TestRowsSurviveAQueryBetweenNextAndScan(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"buffered":     `SELECT * FROM $1`,
		"streamed":     `SELECT i, text FROM $1`,
		"placed":       `SELECT i, string::uppercase(text) FROM $1`,
		"single":       `RETURN $1[0]`,
		"within a key": `SELECT in.i, in.text FROM $1.map(|$r| { in: $r })`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			list := make([]map[string]any, 3000)
			for i := range list {
				list[i] = map[string]any{"i": i, "text": strings.Repeat("x", i%100)}
			}
			conn := drivertest.Lease(t, drivertest.NewDB(t))
			rows, err := conn.QueryContext(t.Context(), text, list)
			require.NoError(t, err)
			defer rows.Close()
			count := 0
			for ; rows.Next(); count++ {
				if count%1000 == 0 { // overwrites the buffer, if it is still the row's
					require.Len(t, drivertest.QueryOne[string](t, conn, `RETURN $1`, strings.Repeat("y", 100_000)), 100_000)
				}
				var (
					i    int
					text string
				)
				require.NoError(t, rows.Scan(&i, &text))
				require.Equal(t, count, i)
				require.Equal(t, strings.Repeat("x", count%100), strings.ToLower(text))
			}
			require.NoError(t, rows.Err())
			require.Equal(t, map[bool]int{true: 1, false: 3000}[name == "single"], count)
		})
	}
}

func TestRowsThatArriveInSmallPiecesAreWhole(t *testing.T) {
	t.Parallel()
	row := cbor.AppendInt(cbor.AppendText(cbor.AppendMapHeader(nil, 2), "i"), 12345)
	row = cbor.AppendText(cbor.AppendText(row, "text"), strings.Repeat("z", 50))
	srv := scripted.New(t, func(c *scripted.Conn) {
		c.Serve(func(r scripted.Request) {
			p := drivertest.StreamReply(r.ID, cbor.AppendArrayHeader(nil, 1000), row, 1000, "OK")
			c.Write(p.Head)
			for rest := p.Thousand; len(rest) > 0; {
				n := min(len(rest), 333)
				c.Write(rest[:n])
				rest = rest[n:]
			}
			c.Write(p.Tail)
		})
	})
	rows, err := drivertest.OpenDB(t, srv.DSN()).QueryContext(t.Context(), `SELECT text, i FROM t`)
	require.NoError(t, err)
	defer rows.Close()
	n := 0
	for ; rows.Next(); n++ {
		var (
			i    surrealsql.Value[int]
			text string
		)
		require.NoError(t, rows.Scan(&text, &i))
		require.Equal(t, 12345, i.V)
		require.Equal(t, strings.Repeat("z", 50), text)
	}
	require.NoError(t, rows.Err())
	require.Equal(t, 1000, n)
}

func TestRowsScannedTwiceGiveTheSame(t *testing.T) {
	t.Parallel()
	rows, err := drivertest.NewDB(t).QueryContext(t.Context(), `SELECT i, tags FROM { i: 7, tags: ['a', 'b'] }`)
	require.NoError(t, err)
	defer rows.Close()
	require.True(t, rows.Next())
	for range 2 {
		var (
			i    int
			tags surrealsql.Value[[]string]
		)
		require.NoError(t, rows.Scan(&i, &tags))
		require.Equal(t, 7, i)
		require.Equal(t, []string{"a", "b"}, tags.V)
	}
	require.False(t, rows.Next())
	require.NoError(t, rows.Err())
}

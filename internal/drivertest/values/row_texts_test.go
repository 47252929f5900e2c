package values

import (
	"database/sql"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/drivertest"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// The texts of a row, of which the short ones share memory where rows come by shaped.

// Lengths at both sides of what is read at once, and of what is shared: of a text, and of all
// that lie together.
var textLengths = []int{0, 1, 7, 8, 9, 15, 16, 17, 40, 63, 64, 65, 66, 200, 60, 60, 60, 60, 60}

func TestTextsOfARowAreTheirOwnWhateverTheirLength(t *testing.T) {
	t.Parallel()
	surrealtest.Needs(t, "4.0")
	dsn := surrealtest.DSN(t)
	db := drivertest.OpenDB(t, dsn)
	_, err := db.ExecContext(t.Context(), "DEFINE TABLE t SCHEMAFULL")
	require.NoError(t, err)
	columns := []string{"id", "token"}
	for i := range textLengths {
		columns = append(columns, fmt.Sprintf("t%02d", i))
		_, err = db.ExecContext(t.Context(), "DEFINE FIELD "+columns[i+2]+" ON t TYPE string")
		require.NoError(t, err)
	}
	_, err = db.ExecContext(t.Context(), "DEFINE FIELD token ON t TYPE uuid")
	require.NoError(t, err)
	var want [][]any
	for n, alphabet := range []string{"abcdefg", "aé中😀", "éa"} {
		row := map[string]any{"id": n, "token": [16]byte{0: byte(n), 5: 0xf0, 15: 0x9a}}
		values := []any{surrealsql.RecordID(fmt.Sprintf("t:%d", n)), fmt.Sprintf("%02x000000-00f0-0000-0000-00000000009a", n)}
		for i, length := range textLengths {
			text := firstBytes(alphabet, length, i)
			row[columns[i+2]], values = text, append(values, text)
		}
		_, err = db.ExecContext(t.Context(), "CREATE t CONTENT $1", row)
		require.NoError(t, err)
		want = append(want, values)
	}
	text := "SELECT " + strings.Join(columns, ", ") + " FROM t ORDER BY id"
	for _, protocol := range []surrealsql.Protocol{surrealsql.ProtocolShaped, surrealsql.ProtocolCBOR} {
		by := drivertest.OpenDB(t, dsn, func(c *surrealsql.Config) { c.Protocol = protocol })
		require.Equal(t, want, allAs[any](t, by, text, len(columns)), protocol)
		require.Equal(t, fmt.Sprint(want), fmt.Sprint(allAs[string](t, by, text, len(columns))), protocol)
	}
}

// firstBytes is a text of so many bytes, or of some fewer.
func firstBytes(alphabet string, length, from int) string {
	all := strings.Repeat(alphabet, length+1)
	runes := []rune(all)[from%len([]rune(alphabet)):]
	text := ""
	for _, r := range runes {
		if len(text)+len(string(r)) > length {
			break
		}
		text += string(r)
	}
	return text
}

// allAs reads all rows, which are kept while the next are read.
func allAs[T any](t *testing.T, db *sql.DB, text string, columns int) (all [][]T) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), text)
	require.NoError(t, err)
	defer rows.Close()
	for rows.Next() {
		values, dest := make([]T, columns), make([]any, columns)
		for i := range values {
			dest[i] = &values[i]
		}
		require.NoError(t, rows.Scan(dest...))
		all = append(all, values)
	}
	require.NoError(t, rows.Err())
	return all
}

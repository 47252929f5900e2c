package surrealsql_test

import (
	"context"
	"database/sql"
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/surrealdb/surrealdb.go/pkg/models"

	"github.com/surrealsql/surrealsql"
)

// scanByType scans all rows into variables of the types that the columns name, as
// tools do.
func scanByType(t *testing.T, ctx context.Context, db *sql.DB, text string, args ...any) (types []reflect.Type, count int) {
	t.Helper()
	rows, err := db.QueryContext(ctx, text, args...)
	require.NoError(t, err, text)
	defer rows.Close()
	columns, err := rows.ColumnTypes()
	require.NoError(t, err, text)
	dest := make([]any, len(columns))
	for i, c := range columns {
		types = append(types, c.ScanType())
		dest[i] = reflect.New(c.ScanType()).Interface()
	}
	for rows.Next() {
		require.NoError(t, rows.Scan(dest...), "%s: %v", text, types)
		count++
	}
	require.NoError(t, rows.Err())
	return types, count
}

func TestTheScanTypeOfAColumnWithANULLTakesIt(t *testing.T) {
	t.Parallel()
	db := newDB(t)
	for value, want := range map[string]reflect.Type{
		"7": reflect.TypeFor[sql.NullInt64](), "7.5": reflect.TypeFor[sql.NullFloat64](), "true": reflect.TypeFor[sql.NullBool](), "'x'": reflect.TypeFor[sql.NullString](), "7.5dec": reflect.TypeFor[sql.NullString](),
		"<bytes>'x'": reflect.TypeFor[[]byte](), "d'2024-02-29T12:00:00Z'": reflect.TypeFor[sql.NullTime](), "1h": reflect.TypeFor[*time.Duration](), "300y": reflect.TypeFor[*surrealsql.LongDuration](),
		"person:1": reflect.TypeFor[*surrealsql.RecordID](), "[1]": reflect.TypeFor[*[]any](), "{ a: 1 }": reflect.TypeFor[*map[string]any](), "{1,}": reflect.TypeFor[*[]any](), "1..2": reflect.TypeFor[*surrealsql.Range](),
		"(1, 2)": reflect.TypeFor[*models.GeometryPoint](), "u'0191f0a4-5c3e-7b7a-9f0e-2d7a4f1c6b55'": reflect.TypeFor[sql.NullString](),
	} {
		for _, nothing := range []string{"NULL", "NONE"} {
			for _, list := range []string{"{ x: " + value + " }, { x: " + nothing + " }", "{ x: " + nothing + " }, { x: " + value + " }", "{ x: " + value + " }, {}"} {
				types, count := scanByType(t, t.Context(), db, "SELECT x FROM ["+list+"]")
				require.Equal(t, []reflect.Type{want}, types, list)
				require.Equal(t, 2, count)
			}
		}
	}
	types, _ := scanByType(t, t.Context(), db, "SELECT * FROM [{ x: 1, y: 1 }, { x: 'a' }, { y: NULL, z: NONE }]")
	require.Equal(t, []reflect.Type{reflect.TypeFor[any](), reflect.TypeFor[sql.NullInt64](), reflect.TypeFor[any]()}, types)
}

func TestTheScanTypeOfAColumnWithNONETakesItWithExactTypesToo(t *testing.T) {
	t.Parallel()
	db := newDB(t)
	ctx := surrealsql.WithExactTypes(t.Context())
	types, count := scanByType(t, ctx, db, "SELECT a, b, c, d FROM [{ a: 1, b: 1, c: 1dec, d: {1,} }, { a: NONE, b: NULL, c: NULL, d: NULL }]")
	require.Equal(t, 2, count)
	require.Equal(t, []reflect.Type{reflect.TypeFor[any](), reflect.TypeFor[sql.NullInt64](), reflect.TypeFor[*surrealsql.Decimal](), reflect.TypeFor[*surrealsql.Set]()}, types)
}

func TestTheScanTypeOfAStreamTakesTheNULLsOfRowsThatHaveNotArrived(t *testing.T) {
	t.Parallel()
	list := numbers(20_000)
	_, count := scanByType(t, t.Context(), newDB(t), "SELECT IF $this < 19990 { $this } ELSE { NULL } AS i, IF $this < 19990 { person:1 } AS r FROM $1", list)
	require.Equal(t, 20_000, count)
}

package surrealsql

import (
	"database/sql"
	"math"
	"testing"
	"time"

	gofrs "github.com/gofrs/uuid"
	"github.com/stretchr/testify/require"
	"github.com/surrealdb/surrealdb.go/pkg/models"
)

// scan gives src to a *T as Rows.Scan does: sql.Null[T] uses the same conversion.
func scan[T any](t testing.TB, src any) T {
	t.Helper()
	var n sql.Null[T]
	require.NoError(t, n.Scan(src), "%T into %T", src, n.V)
	return n.V
}

func TestPlainDestinationsTakeWhatResultsHold(t *testing.T) {
	t.Parallel()
	require.Equal(t, "p:1", scan[string](t, RecordID("p:1")))
	require.Equal(t, []byte("p:1"), scan[[]byte](t, RecordID("p:1")))
	require.Equal(t, RecordID("p:1"), scan[RecordID](t, RecordID("p:1")))
	require.Equal(t, any(RecordID("p:1")), scan[any](t, RecordID("p:1")))
	require.Equal(t, "p:1", *scan[*string](t, RecordID("p:1")))
	require.Equal(t, sql.NullString{String: "p:1", Valid: true}, scan[sql.NullString](t, RecordID("p:1")))
	require.Equal(t, []string{"1..5", "t", "b:/k", "300y"},
		[]string{scan[string](t, Range("1..5")), scan[string](t, Table("t")), scan[string](t, NewFile("b", "k")), scan[string](t, LongDuration("300y"))})
	require.Equal(t, 1.5, scan[float64](t, received(t, encoded(t, Decimal("1.5")))))
	require.Equal(t, "1.5", scan[string](t, received(t, encoded(t, Decimal("1.5")))))
	require.Equal(t, aUUID, scan[gofrs.UUID](t, received(t, encoded(t, aUUID))))
	require.Equal(t, time.Hour, scan[time.Duration](t, time.Hour))
	require.Equal(t, []any{int64(1)}, scan[[]any](t, []any{int64(1)}))
	require.Equal(t, map[string]any{"a": nil}, scan[map[string]any](t, map[string]any{"a": nil}))
	require.Equal(t, aPoint, scan[models.GeometryPoint](t, aPoint))
	require.Equal(t, &aLine, scan[*models.GeometryLine](t, &aLine))
	require.Equal(t, int32(math.MaxInt32), scan[int32](t, int64(math.MaxInt32)))
}

func TestRecordIDsInPlainDestinationsRefuseNULL(t *testing.T) {
	t.Parallel()
	id := RecordID("p:1")
	require.ErrorContains(t, id.Scan(nil), "NULL cannot be scanned into a RecordID")
	none := sql.Null[RecordID]{V: id, Valid: true}
	require.NoError(t, none.Scan(nil))
	require.Equal(t, sql.Null[RecordID]{}, none)
	pointer := sql.Null[*RecordID]{V: &id, Valid: true}
	require.NoError(t, pointer.Scan(nil))
	require.Nil(t, pointer.V)
}

package values

import (
	"database/sql"
	"math"
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/surrealdb/surrealdb.go/pkg/models"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/drivertest"
)

// Go's sized numbers as arguments: int and float, unless Config.SizedNumbers keeps their width.

func keepWidths(c *surrealsql.Config) { c.SizedNumbers = true }

func TestSizedArgKeepsItsWidthWhereTheConfigSaysSo(t *testing.T) {
	onSized(t, func(t *testing.T, db *sql.DB) {
		names := map[reflect.Kind]string{reflect.Int8: "i8", reflect.Uint8: "u8", reflect.Int16: "i16", reflect.Uint16: "u16", reflect.Int32: "i32", reflect.Uint32: "u32", reflect.Uint64: "u64", reflect.Float32: "f32"}
		for text, v := range sized {
			name := names[reflect.TypeOf(v).Kind()]
			require.Equal(t, name, drivertest.QueryOne[string](t, db, "RETURN type::of($1)", v), text)
			require.Equal(t, v, drivertest.QueryOne[any](t, db, "RETURN $1", v), text)
			require.True(t, drivertest.QueryOne[bool](t, db, "RETURN $1 = "+text, v), text)
			require.Equal(t, v, drivertest.QueryOne[any](t, db, "SELECT VALUE n FROM CREATE open SET n = $1", v), "a schemaless field keeps it: %s", text)
			require.Equal(t, []any{v, map[string]any{"n": v}}, drivertest.QueryOne[any](t, db, "RETURN $1", []any{v, struct {
				N any `json:"n"`
			}{v}}), text)
			require.NoError(t, db.QueryRowContext(t.Context(), "RETURN $1", v).Scan(reflect.New(reflect.TypeOf(v)).Interface()))
		}
		require.Equal(t, surrealsql.RecordID("k:[5]"), drivertest.QueryOne[surrealsql.RecordID](t, db, "RETURN $1", newID(t, "k", []int8{5})), "a key is the key that it always was")
	}, keepWidths)
}

func newID(t *testing.T, table string, key any) surrealsql.RecordID {
	t.Helper()
	id, err := surrealsql.NewRecordID(table, key)
	require.NoError(t, err)
	return id
}

// An i32 is not everywhere what an int is (4.0.0-beta.1), so Go's widths change nothing by
// themselves: each of these would fail, or give something else.
func TestSizedArgIsAnIntWhereNobodyAsksForItsWidth(t *testing.T) {
	onSized(t, func(t *testing.T, db *sql.DB) {
		drivertest.MustExec(t, db, "CREATE k:[1, 2] SET n = 100000")
		n, one, two := int32(100000), uint64(1), uint8(2)
		require.Equal(t, "int", drivertest.QueryOne[string](t, db, "RETURN type::of($1)", n))
		require.Equal(t, "100000", drivertest.QueryOne[string](t, db, "RETURN <string>$1", n), "100000i32")
		require.Equal(t, int64(10_000_000_000), drivertest.QueryOne[int64](t, db, "RETURN $1 * $1", n), "Cannot perform multiplication")
		require.Equal(t, -1, drivertest.QueryOne[int](t, db, "RETURN $1 - $2", uint32(1), uint32(2)), "Cannot perform subtraction")
		require.Equal(t, 100000, drivertest.QueryOne[int](t, db, "SELECT VALUE n FROM k LIMIT $1", one), "must evaluate to a positive integer")
		require.Equal(t, 100000, drivertest.QueryOne[int](t, db, "SELECT VALUE n FROM ONLY type::record('k', [$1, $2])", one, two), "no such record")
		require.Equal(t, "float", drivertest.QueryOne[string](t, db, "RETURN type::of($1)", float32(1.5)))
	})
}

// What a server does otherwise with a number that has a width, so that a change of it is
// noticed: it is why they are not kept by default, and stands in docs/types.md.
func TestSizedArgIsNotEverywhereWhatAnIntIs(t *testing.T) {
	onSized(t, func(t *testing.T, db *sql.DB) {
		drivertest.MustExec(t, db, "CREATE k:[1, 2] SET n = 5; DEFINE INDEX n ON k FIELDS n")
		for _, same := range []string{"SELECT VALUE n FROM k WHERE n = $1", "SELECT VALUE n FROM k WHERE n IN [$1]", "SELECT VALUE n FROM k WHERE n >= $1", "SELECT VALUE n FROM k WHERE n IN 1..=$1"} {
			require.Equal(t, 5, drivertest.QueryOne[int](t, db, same, int8(5)), same)
		}
		require.Equal(t, "5i8", drivertest.QueryOne[string](t, db, "RETURN <string>$1", int8(5)))
		require.ErrorIs(t, drivertest.Scan(t.Context(), db, "SELECT * FROM type::record('k', [$1, $2])", int8(1), int8(2)), sql.ErrNoRows)
		for text, says := range map[string]string{
			"SELECT * FROM k LIMIT $1": "must evaluate to a positive integer", "SELECT * FROM k START $1": "must evaluate to a positive integer",
			"RETURN $1 * $1": "Cannot perform multiplication", "RETURN $1 + $1": "Cannot perform addition", "RETURN -$1": "Cannot negate",
		} {
			require.ErrorContains(t, drivertest.Scan(t.Context(), db, text, uint8(200)), says, text)
		}
	}, keepWidths)
}

func TestSizedArgBeyondInt64IsAU64InBothDirections(t *testing.T) {
	onSized(t, func(t *testing.T, db *sql.DB) {
		drivertest.MustExec(t, db, "DEFINE FIELD hash ON page TYPE u64; DEFINE INDEX hash ON page FIELDS hash UNIQUE")
		for _, n := range []uint64{1 << 63, math.MaxUint64, math.MaxInt64, 5} {
			drivertest.MustExec(t, db, "CREATE page SET hash = $1, open = $1", n)
			require.Equal(t, n, drivertest.QueryOne[uint64](t, db, "SELECT VALUE hash FROM page WHERE hash = $1", n))
			require.Equal(t, n, drivertest.QueryOne[uint64](t, db, "SELECT VALUE open FROM page WHERE open = $1", n))
			require.Equal(t, n, drivertest.QueryOne[uint64](t, db, "SELECT VALUE hash FROM page WHERE hash IN $1", []uint64{n}))
			require.Error(t, drivertest.Exec(t.Context(), db, "CREATE page SET hash = $1", n), "the index knows it")
		}
		require.Equal(t, []uint64{5, math.MaxInt64, 1 << 63, math.MaxUint64}, drivertest.QueryOne[surrealsql.Value[[][]uint64]](t, db, "RETURN [(SELECT VALUE hash FROM page ORDER BY hash)]").V[0])
		require.Equal(t, "u64", drivertest.QueryOne[string](t, db, "RETURN type::of($1)", uint64(1<<63)))
		require.Equal(t, uint64(math.MaxUint64), drivertest.QueryOne[any](t, db, "RETURN $hash", sql.Named("hash", uint64(math.MaxUint64))))
		require.ErrorContains(t, drivertest.Exec(t.Context(), db, "RETURN $1", models.RecordID{Table: "k", ID: uint64(math.MaxUint64)}), "cannot be the key of a record")
		id := newID(t, "k", []uint64{math.MaxUint64})
		require.Equal(t, id, drivertest.QueryOne[surrealsql.RecordID](t, db, "RETURN $1", id))
		require.Equal(t, []any{uint64(math.MaxUint64)}, id.Key())
	})
}

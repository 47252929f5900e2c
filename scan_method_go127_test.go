//go:build go1.27 && !purego

package surrealsql

import (
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"math/big"
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/surrealdb/surrealdb.go/pkg/models"
)

// Methods of destinations are called without the lock of database/sql.

func TestScanOfRowsWithoutScanColumnIsAsGood(t *testing.T) {
	t.Parallel()
	result := encoded(t, []any{map[string]any{"a": 1, "b": "x"}, map[string]any{"a": 2, "b": "y"}})
	r, err := openRowsDB(t, twoColumns, result, plainDecoding, func(r driver.Rows) driver.Rows { return indirect{r.(*rows)} }).Query(``)
	require.NoError(t, err)
	defer r.Close()
	types, err := r.ColumnTypes()
	require.NoError(t, err)
	require.Equal(t, []string{"int", "string"}, []string{types[0].DatabaseTypeName(), types[1].DatabaseTypeName()})
	var (
		a int
		b string
	)
	for r.Next() {
		require.NoError(t, r.Scan(&a, &b))
	}
	require.NoError(t, r.Err())
	require.Equal(t, 2, a)
	_, direct := driver.Rows(indirect{}).(driver.RowsColumnScanner)
	require.False(t, direct)
}

// panicScan panics when it is scanned into.
type panicScan struct{}

func (panicScan) Scan(any) error { panic("as the program pleases") }

func TestScanMethodThatPanicsLeavesTheLockAsItWas(t *testing.T) {
	t.Parallel()
	db := openRowsDB(t, twoColumns, oneRow(encoded(t, 1)), plainDecoding, asIs)
	r, err := db.Query(``)
	require.NoError(t, err)
	require.True(t, r.Next())
	require.PanicsWithValue(t, "as the program pleases", func() { _ = r.Scan(panicScan{}, new(int)) })
	_, err = r.Columns() // waits for the lock if that is still held
	require.NoError(t, err)
}

func TestScanLeavesTheLockForMethodsOfTheProgramOnly(t *testing.T) {
	t.Parallel()
	type list []int
	for _, dest := range []any{
		new(string), new(int), new(*string), new([]byte), new(any), new(time.Time), new(*time.Time), new(list), new([]list), new(map[string]any), new(scanPerson), new(RecordID),
		new(sql.Null[int]), new(sql.NullString), new(Value[int]), new(Value[[]scanPerson]), new(big.Int), new(models.RecordID), Into(new(int)), new(struct{ A sql.Null[*big.Int] }),
	} {
		require.False(t, calls(reflect.TypeOf(dest)), "%T", dest)
	}
	for _, dest := range []any{
		new(scanSeen), new(*scanSeen), new([]scanSeen), new([2]*scanSeen), new(map[string]scanSeen), new(struct{ a scanSeen }), new(struct{ scanSeen }), new(sql.Null[scanSeen]),
		new(Value[scanSeen]), new(Value[map[string]*scanSeen]), new(struct{ sql.Scanner }), struct{ sql.Scanner }{}, new(struct{ A struct{ json.Unmarshaler } }), new(aliasJSON), new(struct{ A []struct{ B aliasJSON } }), panicScan{}, new(Value[sql.Null[appendScan]]),
	} {
		require.True(t, calls(reflect.TypeOf(dest)), "%T", dest)
	}
}

func TestScanMethodCostsNoAllocationMoreThanItsValue(t *testing.T) {
	var (
		age, seen countScan
		score     float64
		born      time.Time
	)
	require.LessOrEqual(t, allocsPerRow(t, asIs, &age, &seen, &score, &born), allocsPerRow(t, unseen, &age, &seen, &score, &born))
}

type countScan struct{ n int }

func (c *countScan) Scan(any) error { c.n++; return nil }

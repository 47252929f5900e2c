//go:build go1.27 && !purego

package surrealsql

import (
	"database/sql"
	"encoding/json"
	"net/netip"
	"reflect"
	"testing"
	"time"
	"uuid"

	"github.com/stretchr/testify/require"
	"github.com/surrealdb/surrealdb.go/pkg/models"

	"github.com/surrealsql/surrealsql/internal/cbor"
)

func TestScanFillsWhatDatabaseSQLAloneRefuses(t *testing.T) {
	t.Parallel()
	when := time.Date(2024, 2, 29, 12, 0, 1, 5, time.UTC)
	person := map[string]any{"name": "Tobie", "AGE": 41, "tags": []string{"x", "y"}, "inner": map[string]any{"when": when, "id": RecordID("p:1"), "took": time.Hour, "u": aUUID}}
	filled := scanPerson{Name: "Tobie", Age: 41, Tags: []string{"x", "y"}, Inner: &scanInner{when, "p:1", time.Hour, aUUID}}
	for _, c := range []struct{ sent, want any }{
		{[]string{"a", "b"}, []string{"a", "b"}}, {[]string{}, []string{}}, {[]int{1, 2}, []int{1, 2}}, {Set{1, 2}, []int64{1, 2}},
		{[]any{1, 2.5, Decimal("3.5")}, []float64{1, 2.5, 3.5}}, {[]any{1, nil, None}, []*int{new(1), nil, nil}}, {[]any{[]int{1}, []int{}}, [][]int{{1}, {}}},
		{[]RecordID{"p:1", "p:2"}, []RecordID{"p:1", "p:2"}}, {[]any{aUUID, aUUID}, [][16]byte{aUUID, aUUID}}, {[]int{1, 2}, [2]int{1, 2}},
		{map[string]any{"a": 1, "b": 2}, map[string]int{"a": 1, "b": 2}}, {map[string]any{"a": []string{"x"}}, map[string][]string{"a": {"x"}}},
		{map[string]any{"1": true}, map[int]bool{1: true}}, {map[string]any{}, map[string]int{}},
		{person, filled}, {person, &filled}, {[]any{person}, []scanPerson{filled}}, {person, sql.Null[scanPerson]{V: filled, Valid: true}},
		{[]string{"a"}, sql.Null[[]string]{V: []string{"a"}, Valid: true}}, {[]any{1, "<b>"}, `[1,"\u003cb\u003e"]`}, {map[string]any{"id": RecordID("p:1"), "n": nil}, []byte(`{"id":"p:1","n":null}`)},
		{[]any{1, "a"}, json.RawMessage(`[1,"a"]`)}, {"text", json.RawMessage(`"text"`)}, {1, json.RawMessage(`1`)}, {"127.0.0.1", netip.MustParseAddr("127.0.0.1")},
		{aUUID, [16]byte(aUUID)}, {aUUID, uuid.UUID(aUUID)}, {aUUID, models.UUID{UUID: aUUID}}, {aUUID, models.UUIDString(aUUID.String())},
		{RecordID("p:1"), models.RecordID{Table: "p", ID: int64(1)}}, {RecordID("p:1"), &models.RecordID{Table: "p", ID: int64(1)}}, {when, models.CustomDateTime{Time: when}}, {time.Hour, models.CustomDuration{Duration: time.Hour}},
		{Decimal("1.5"), models.DecimalString("1.5")}, {Table("t"), models.Table("t")}, {aPoint, models.GeometryPoint(aPoint)}, {aLine, []models.GeometryPoint(aLine)},
		{90 * time.Second, models.CustomDurationString("1m30s")}, {LongDuration("300y"), models.CustomDurationString("300y")},
		{Range("1..5"), models.Range[int, models.BoundIncluded[int], models.BoundExcluded[int]]{Begin: &models.BoundIncluded[int]{Value: 1}, End: &models.BoundExcluded[int]{Value: 5}}},
		{[]any{aPoint}, []models.GeometryPoint{aPoint}},
	} {
		dest := reflect.New(reflect.TypeOf(c.want))
		require.NoError(t, scanTwice(t, encoded(t, c.sent), plainReader, asIs, dest.Interface(), fresh(dest.Interface())), "%T into %T", c.sent, c.want)
		require.Equal(t, c.want, dest.Elem().Interface(), "%T into %T", c.sent, c.want)
	}
}

func TestNullIsNilWhereThereIsOneAndAnErrorElsewhere(t *testing.T) {
	t.Parallel()
	for _, nothing := range []any{nil, None} {
		for _, dest := range []any{&[]string{"x"}, &map[string]int{"x": 1}, &json.RawMessage{1}, new(new(scanPerson)), &sql.Null[scanPerson]{Valid: true}, &Value[scanPerson]{Valid: true}} {
			require.NoError(t, scanTwice(t, encoded(t, nothing), plainReader, asIs, dest, fresh(dest)), "%T", dest)
			require.Zero(t, reflect.ValueOf(dest).Elem().Interface(), "%T", dest)
		}
		require.NoError(t, scanTwice(t, encoded(t, nothing), plainReader, asIs, new(models.CustomNil), new(NoneType)))
		for _, dest := range []any{new(scanPerson), new([2]int), new([16]byte), new(int), new(string), new(time.Time), new(bool), new(RecordID)} {
			require.Error(t, scanTwice(t, encoded(t, nothing), plainReader, asIs, dest, fresh(dest)), "%T", dest)
		}
	}
	var n Value[int]
	require.NoError(t, scanTwice(t, encoded(t, None), exactReader, asIs, &n, new(any)))
	require.Equal(t, Value[int]{None: true}, n)
}

func TestANumberThatDoesNotFitIsAnErrorAsBefore(t *testing.T) {
	t.Parallel()
	for _, dest := range []any{new(int8), new(uint8), new(int16), new(uint16), new(uint32), new(uint64), new(*uint8), new(sql.Null[int8])} {
		before := scanTwice(t, encoded(t, -70_000), plainReader, unseen, dest, fresh(dest))
		require.ErrorContains(t, before, "-70000", "%T", dest)
		require.EqualError(t, scanTwice(t, encoded(t, -70_000), plainReader, asIs, dest, fresh(dest)), before.Error(), "%T", dest)
	}
	err := scanTwice(t, encoded(t, []int{1, 300}), plainReader, asIs, new([]int8), new(any))
	require.ErrorContains(t, err, `storing into a []int8: [1]: 300 does not fit in a int8`)
}

func TestFieldsThatTheObjectLacksAreZeroAndThoseOfNoObjectStay(t *testing.T) {
	t.Parallel()
	p := scanPerson{Age: 5, More: map[string]any{"a": 1}}
	require.NoError(t, scanTwice(t, encoded(t, map[string]any{"name": "A", "more": 1}), plainReader, asIs, &p, new(any)))
	require.Equal(t, scanPerson{Name: "A", More: map[string]any{"a": 1}}, p)
}

func TestTheFieldInTheRightCaseWins(t *testing.T) {
	t.Parallel()
	for _, object := range []map[string]int{{"AGE": 1, "Age": 2}, {"Age": 2, "age": 1}} {
		var p scanPerson
		require.NoError(t, scanTwice(t, encoded(t, object), plainReader, asIs, &p, new(any)))
		require.Equal(t, 2, p.Age)
	}
}

func TestSlicesOfOneRowAreNotThoseOfTheNext(t *testing.T) {
	t.Parallel()
	result := encoded(t, []any{map[string]any{"a": []int{1, 2, 3}}, map[string]any{"a": []int{4}}})
	rows, err := openRowsDB(t, `SELECT a FROM t`, result, plainReader, asIs).Query(``)
	require.NoError(t, err)
	defer rows.Close()
	var seen [][]int
	for list := []int(nil); rows.Next(); seen = append(seen, list) {
		require.NoError(t, rows.Scan(&list))
	}
	require.NoError(t, rows.Err())
	require.Equal(t, [][]int{{1, 2, 3}, {4}}, seen)
}

// scanNowhere drops what it is given; a nil one will do.
type scanNowhere struct{}

func (*scanNowhere) Scan(any) error { return nil }

func TestScanSaysWhatTheDestinationLacks(t *testing.T) {
	t.Parallel()
	v := encoded(t, 1)
	require.ErrorContains(t, scanTwice(t, v, plainReader, asIs, (*int)(nil), new(int)), "nil pointer")
	require.ErrorContains(t, scanTwice(t, v, plainReader, asIs, (*RecordID)(nil), new(int)), "nil pointer")
	require.NoError(t, scanTwice(t, v, plainReader, asIs, (*scanNowhere)(nil), new(int)))
	require.ErrorContains(t, scanTwice(t, v, plainReader, asIs, (*scanPerson)(nil), new(int)), "nil pointer")
	require.ErrorContains(t, scanTwice(t, v, plainReader, asIs, (*Value[int])(nil), new(int)), "nil pointer")
	require.ErrorContains(t, scanTwice(t, v, plainReader, asIs, (*sql.Null[int])(nil), new(int)), "nil pointer")
	require.ErrorContains(t, scanTwice(t, v, plainReader, asIs, Into(nil), new(int)), "must be a pointer")
	require.ErrorContains(t, scanTwice(t, v, plainReader, asIs, 7, new(int)), "not a pointer")
	require.Error(t, scanTwice(t, v, plainReader, asIs, nil, new(int)))
	require.ErrorContains(t, scanTwice(t, v, plainReader, asIs, new(scanPerson), new(int)), "a SurrealDB int does not fit")
}

func TestAColumnWithoutARowIsAnError(t *testing.T) {
	t.Parallel()
	r := rowsOf(t, twoColumns, oneRow(encoded(t, 1)), plainReader)
	var v int
	require.ErrorContains(t, r.ScanColumn(noContext, 0, &v), "no column 0")
	require.NoError(t, r.NextRow())
	require.NoError(t, r.ScanColumn(noContext, 1, &v))
	require.ErrorContains(t, r.ScanColumn(noContext, 2, &v), "no column 2 in a row of 2")
	require.ErrorContains(t, r.ScanColumn(noContext, -1, &v), "no column -1")
	require.Error(t, r.NextRow())
	require.ErrorContains(t, r.ScanColumn(noContext, 0, &v), "no column 0")
}

func TestAValueThatIsNotKnownFailsItsColumnOnly(t *testing.T) {
	t.Parallel()
	b := cbor.AppendMapHeader(cbor.AppendArrayHeader(nil, 1), 2)
	b = append(cbor.AppendText(b, "a"), tagged(4711, cbor.AppendInt(nil, 1))...)
	b = cbor.AppendInt(cbor.AppendText(b, "b"), 2)
	r := rowsOf(t, twoColumns, b, plainReader)
	require.NoError(t, r.NextRow())
	var v any
	require.ErrorContains(t, r.ScanColumn(noContext, 0, &v), "CBOR tag 4711, which this driver does not know")
	require.NoError(t, r.ScanColumn(noContext, 1, &v))
	require.EqualValues(t, 2, v)
}

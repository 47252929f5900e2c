//go:build go1.27 && !purego

package surrealsql

import (
	"database/sql"
	"database/sql/driver"
	"io"
	"math"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// What scanning costs on Go 1.27, in allocations and time.

const fourColumnsText = `SELECT age, name, score, born FROM person`

// fourColumns is the result of fourColumnsText: a thousand rows of an int, a text, a float
// and a datetime.
func fourColumns(t testing.TB) []byte {
	list := make([]any, 1000)
	for i := range list {
		list[i] = struct { // sorted, as the server does it
			Age   int       `json:"age"`
			Born  time.Time `json:"born"`
			Name  string    `json:"name"`
			Score float64   `json:"score"`
		}{1000 + i, time.Unix(int64(i), 5), "person number " + strconv.Itoa(i), float64(i) / 3}
	}
	return encoded(t, list)
}

// scanAll reads all rows into one set of destinations.
func scanAll(t testing.TB, db *sql.DB, dest ...any) {
	rows, err := db.Query(``)
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		if err := rows.Scan(dest...); err != nil {
			t.Fatal(err)
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
}

// allocsPerRow is what a row of fourColumns costs beyond opening the result.
func allocsPerRow(t testing.TB, wrap func(driver.Rows) driver.Rows, dest ...any) float64 {
	db := openRowsDB(t, fourColumnsText, fourColumns(t), plainDecoding, wrap)
	all := testing.AllocsPerRun(5, func() { scanAll(t, db, dest...) })
	db = openRowsDB(t, fourColumnsText, encoded(t, []any{}), plainDecoding, wrap)
	return (all - testing.AllocsPerRun(5, func() { scanAll(t, db, dest...) })) / 1000
}

func TestScanOfAPlainRowCostsTheAllocationOfItsString(t *testing.T) {
	var (
		age   int
		name  string
		score float64
		born  time.Time

		maybeAge  sql.Null[int]
		maybeName sql.NullString
		wideAge   Value[int64]
		when      Value[time.Time]
	)
	const slack = 0.01 // what opening a result with columns costs more than one without
	require.LessOrEqual(t, allocsPerRow(t, asIs, &age, &name, &score, &born), 1+slack)
	require.LessOrEqual(t, allocsPerRow(t, asIs, &maybeAge, &maybeName, &score, &born), 1+slack)
	require.LessOrEqual(t, allocsPerRow(t, asIs, &wideAge, &name, Into(&score), &when), 1+2*slack)
	require.Equal(t, 1999, age)
	require.Equal(t, "person number 999", name)
	require.Equal(t, time.Unix(999, 5).UTC(), born)
}

// Numbers that have a width go into numbers without a value in an interface in between.
func TestScanOfNumbersThatHaveAWidthAllocatesNothing(t *testing.T) {
	list := make([]any, 1000)
	for i := range list {
		list[i] = map[string]any{"age": int32(100_000 + i), "born": uint64(math.MaxUint64), "name": float32(i) / 3, "score": []float32{1.1, 2.2, float32(i)}}
	}
	b, err := appendValue(nil, list, encoding{sized: true, keepWidth: true})
	require.NoError(t, err)
	var (
		age    int32
		wide   int64
		hash   uint64
		ratio  float32
		vector []float32
	)
	perRow := func(dest ...any) float64 {
		db := openRowsDB(t, fourColumnsText, b, plainDecoding, asIs)
		all := testing.AllocsPerRun(5, func() { scanAll(t, db, dest...) })
		db = openRowsDB(t, fourColumnsText, encoded(t, []any{}), plainDecoding, asIs)
		return (all - testing.AllocsPerRun(5, func() { scanAll(t, db, dest...) })) / 1000
	}
	const slack, slice = 0.05, 2 // package reflect allocates its head, too
	require.LessOrEqual(t, perRow(&age, &ratio, Into(&vector), &hash), slice+slack)
	require.LessOrEqual(t, perRow(&wide, Into(&ratio), Into(&vector), Into(&hash)), slice+slack)
	require.Equal(t, []any{int32(100_999), int64(100_999), uint64(math.MaxUint64), float32(333), []float32{1.1, 2.2, 999}}, []any{age, wide, hash, ratio, vector})
}

func TestScanOfOneRowCostsNoMoreThanBoxingIt(t *testing.T) {
	var (
		name string
		age  int
	)
	result := encoded(t, []any{map[string]any{"name": "Tobie", "age": 1234}})
	cost := func(wrap func(driver.Rows) driver.Rows) float64 {
		db := openRowsDB(t, `SELECT name, age FROM person`, result, plainDecoding, wrap)
		return testing.AllocsPerRun(20, func() {
			if err := db.QueryRow(``).Scan(&name, &age); err != nil {
				t.Fatal(err)
			}
		})
	}
	boxed, direct := cost(unseen), cost(asIs)
	t.Log("boxed", boxed, "direct", direct)
	require.LessOrEqual(t, direct, boxed-2, "neither the values nor the wrapper")
}

func BenchmarkScanThousandRows(b *testing.B) {
	var (
		age   int
		name  string
		score float64
		born  time.Time
	)
	result := fourColumns(b)
	for mode, wrap := range map[string]func(driver.Rows) driver.Rows{"direct": asIs, "boxed": unseen} {
		b.Run(mode, func(b *testing.B) {
			db := openRowsDB(b, fourColumnsText, result, plainDecoding, wrap)
			b.ReportAllocs()
			for b.Loop() {
				scanAll(b, db, &age, &name, &score, &born)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/1000, "ns/row")
		})
	}
	b.Run("floor", func(b *testing.B) { // database/sql over values that are ready
		db := sql.OpenDB(rowsDB(func() driver.Rows { return &readyRows{left: 1000} }))
		b.Cleanup(func() { _ = db.Close() })
		b.ReportAllocs()
		for b.Loop() {
			scanAll(b, db, &age, &name, &score, &born)
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/1000, "ns/row")
	})
}

// readyRows are rows that cost nothing.
type readyRows struct{ left int }

var readyRow = []driver.Value{int64(1234), "person number 1", 1.5, time.Unix(1, 5)}

func (*readyRows) Columns() []string { return []string{"age", "name", "score", "born"} }
func (*readyRows) Close() error      { return nil }

func (r *readyRows) Next(dest []driver.Value) error {
	if r.left--; r.left < 0 {
		return io.EOF
	}
	copy(dest, readyRow)
	return nil
}

func BenchmarkScanNested(b *testing.B) {
	list := make([]any, 100)
	for i, p := range benchPeople() {
		list[i] = map[string]any{"p": p}
	}
	result := encoded(b, list)
	for mode, wrap := range map[string]func(driver.Rows) driver.Rows{"direct": asIs, "tree": unseen} {
		b.Run(mode, func(b *testing.B) {
			db := openRowsDB(b, `SELECT p FROM t`, result, plainDecoding, wrap)
			var p benchPerson
			b.ReportAllocs()
			for b.Loop() {
				scanAll(b, db, Into(&p))
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/100, "ns/row")
		})
	}
}

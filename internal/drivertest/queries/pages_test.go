package queries

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/drivertest"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// Counting, and turning pages, as docs/queries.md says: what each way gives, and what it costs
// on a table with many records.

// Texts that count.
const (
	countAll   = `SELECT VALUE count FROM ONLY (SELECT count() FROM person GROUP ALL)`
	countWhere = `SELECT VALUE count FROM ONLY (SELECT count() FROM person WHERE age = $1 GROUP ALL)`
)

// pageOf is how many records a page has.
const pageOf = 20

// pageWay is a text that reads a page, and the argument by which it begins with a place. Without
// one the text is made for the place before.
type pageWay struct {
	name, text string
	arg        func(place int) any
}

func (w pageWay) page(ctx context.Context, db *sql.DB, place int) ([]int, error) {
	if w.arg == nil {
		return places(ctx, db, fmt.Sprintf(w.text, place-1))
	}
	return places(ctx, db, w.text, w.arg(place))
}

// places are those of the people that a text selects.
func places(ctx context.Context, db *sql.DB, text string, args ...any) (found []int, err error) {
	people, err := surrealsql.All[struct{ Place int }](ctx, db, text, args...)
	for _, p := range people {
		found = append(found, p.Place)
	}
	return found, err
}

// pageWays are ways to read the page that begins with a place.
var pageWays = []pageWay{
	{"start", `SELECT id, place FROM person ORDER BY id LIMIT 20 START $1`, func(place int) any { return place }},
	{"where", `SELECT id, place FROM person WHERE id > $1 ORDER BY id LIMIT 20`, func(place int) any { return personID(place - 1) }},
	{"range", `SELECT id, place FROM type::record('person', $1>..) LIMIT 20`, func(place int) any { return place - 1 }},
	{"range-in-text", `SELECT id, place FROM person:%d>.. LIMIT 20`, nil},
	{"field-start", `SELECT id, place FROM person ORDER BY place LIMIT 20 START $1`, func(place int) any { return place }},
	{"field-where", `SELECT id, place FROM person WHERE place > $1 ORDER BY place LIMIT 20`, func(place int) any { return place - 1 }},
}

func personID(n int) surrealsql.RecordID { return surrealsql.RecordID(fmt.Sprint("person:", n)) }

// newPeople is a database with n people, whose ids and places count from 0, and whose ages
// from 0 to 99 come again and again.
func newPeople(t testing.TB, n int) *sql.DB {
	t.Helper()
	db := drivertest.NewDB(t)
	people := func(yield func(map[string]any) bool) {
		for i := range n {
			if !yield(map[string]any{"id": i, "age": i % 100, "place": i}) {
				return
			}
		}
	}
	_, err := surrealsql.Insert(t.Context(), db, "person", people)
	require.NoError(t, err)
	return db
}

func TestPagesOfEachWayFollowEachOther(t *testing.T) {
	t.Parallel()
	const n = 5*pageOf + 3
	db := newPeople(t, n)
	for _, index := range []string{``, `DEFINE INDEX place ON person FIELDS place`} {
		drivertest.MustExec(t, db, index)
		for _, way := range pageWays {
			var all []int
			for {
				page, err := way.page(t.Context(), db, len(all))
				require.NoError(t, err, way.name)
				if len(page) == 0 {
					break
				}
				require.LessOrEqual(t, len(page), pageOf, way.name)
				all = append(all, page...)
			}
			require.Len(t, all, n, way.name)
			for i, place := range all {
				require.Equal(t, i, place, way.name)
			}
		}
	}
}

func TestPagesByFieldThatRepeatsMissNobody(t *testing.T) {
	t.Parallel()
	const n = 250
	db := newPeople(t, n)
	type row struct {
		ID         surrealsql.RecordID
		Age, Place int
	}
	for _, index := range []string{``, `DEFINE INDEX age ON person FIELDS age`} {
		drivertest.MustExec(t, db, index)
		page, err := surrealsql.All[row](t.Context(), db, `SELECT id, age, place FROM person ORDER BY age, id LIMIT 20`)
		seen := make(map[int]bool)
		for len(page) > 0 {
			require.NoError(t, err)
			for _, r := range page {
				require.False(t, seen[r.Place], r)
				seen[r.Place] = true
			}
			last := page[len(page)-1]
			page, err = surrealsql.All[row](t.Context(), db, `
				SELECT id, age, place FROM person WHERE age > $1 OR (age = $1 AND id > $2)
				ORDER BY age, id LIMIT 20`, last.Age, last.ID)
		}
		require.NoError(t, err)
		require.Len(t, seen, n)
	}
}

func TestPageBackwardsEndsBeforeRecord(t *testing.T) {
	t.Parallel()
	db := newPeople(t, 100)
	page, err := places(t.Context(), db,
		`SELECT id, place FROM person WHERE id < $1 ORDER BY id DESC LIMIT 3`, personID(50))
	require.NoError(t, err)
	require.Equal(t, []int{49, 48, 47}, page)
	page, err = places(t.Context(), db, `SELECT id, place FROM person:..50 ORDER BY id DESC LIMIT 3`)
	require.NoError(t, err)
	require.Equal(t, []int{49, 48, 47}, page)
}

// Whoever reads docs/pages.md is told not to write this: up to 3.3 the server takes the LIMIT of
// a range that is computed before it sorts.
func TestComputedRangeIsCutBeforeItIsSorted(t *testing.T) {
	t.Parallel()
	db := newPeople(t, 100)
	page, err := places(t.Context(), db, `SELECT id, place FROM type::record('person', ..$1) ORDER BY id DESC LIMIT 3`, 50)
	require.NoError(t, err)
	if surrealtest.Version(t) < "4" {
		require.Equal(t, []int{2, 1, 0}, page)
	} else {
		require.Equal(t, []int{49, 48, 47}, page)
	}
}

func TestCountOfNothingIsZero(t *testing.T) {
	t.Parallel()
	db := newPeople(t, 200)
	drivertest.MustExec(t, db, `DEFINE TABLE nobody`)
	require.Equal(t, 200, drivertest.QueryOne[int](t, db, countAll))
	require.Equal(t, 2, drivertest.QueryOne[int](t, db, countWhere, 7))
	require.Zero(t, drivertest.QueryOne[int](t, db, countWhere, 7777))
	require.Zero(t, drivertest.QueryOne[int](t, db, `SELECT VALUE count FROM ONLY (SELECT count() FROM nobody GROUP ALL)`))
}

// manyPeople is how many records the benchmarks have.
func manyPeople() int {
	if testing.Short() {
		return 10_000
	}
	return 100_000
}

// BenchmarkPages reads the first, the middle and the last page, by the fields without and
// with an index.
func BenchmarkPages(b *testing.B) {
	n := manyPeople()
	db := newPeople(b, n)
	turn := func(from, to int, suffix string) {
		for _, way := range pageWays[from:to] {
			for i, at := range []string{"first", "middle", "last"} {
				place := (n - pageOf) / 2 * i
				b.Run(way.name+suffix+"/"+at, func(b *testing.B) {
					for b.Loop() {
						page, err := way.page(b.Context(), db, place)
						require.NoError(b, err)
						require.Len(b, page, pageOf)
						require.Equal(b, place, page[0])
					}
				})
			}
		}
	}
	turn(0, len(pageWays), "")
	drivertest.MustExec(b, db, `DEFINE INDEX place ON person FIELDS place`)
	turn(4, len(pageWays), "-index")
}

// BenchmarkCount counts all records, and one in a hundred, without and with an index.
func BenchmarkCount(b *testing.B) {
	n := manyPeople()
	db := newPeople(b, n)
	count := func(name, text string, want int, args ...any) {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				got, err := surrealsql.One[int](b.Context(), db, text, args...)
				require.NoError(b, err)
				require.Equal(b, want, got)
			}
		})
	}
	count("all", countAll, n)
	count("where", countWhere, n/100, 7)
	count("ids", `RETURN count(SELECT VALUE id FROM person)`, n)
	drivertest.MustExec(b, db, `DEFINE INDEX everybody ON person COUNT`)
	count("all-count-index", countAll, n)
	drivertest.MustExec(b, db, `DEFINE INDEX age ON person FIELDS age`)
	count("where-index", countWhere, n/100, 7)
	drivertest.MustExec(b, db, `REMOVE INDEX age ON person; DEFINE INDEX seven ON person COUNT WHERE age = 7`)
	count("where-count-index-argument", countWhere, n/100, 7)
	if surrealtest.Version(b) == "3.0.2" {
		b.Log("SurrealDB 3.0.2 leaves the records that were there before out of such an index")
		return
	}
	count("where-count-index", strings.ReplaceAll(countWhere, "$1", "7"), n/100)
}

package surrealsql_test

import (
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

// BenchmarkInsertOfManyRecords inserts as many records in statements of several
// sizes: up to 3.3 the server's time for a statement grows faster than the
// statement. With -short a tenth of the records.
func BenchmarkInsertOfManyRecords(b *testing.B) {
	type person struct {
		Name string `json:"name"`
		Age  int    `json:"age"`
	}
	people := make([]person, 10_000)
	if testing.Short() {
		people = people[:1000]
	}
	for i := range people {
		people[i] = person{Name: "name " + strconv.Itoa(i), Age: i % 100}
	}
	for _, size := range []int{len(people), len(people) / 10, len(people) / 100} {
		b.Run(strconv.Itoa(size)+"-a-statement", func(b *testing.B) {
			db := newDB(b)
			for b.Loop() {
				for some := range slices.Chunk(people, size) {
					_, err := db.ExecContext(b.Context(), `INSERT INTO person $1`, some)
					require.NoError(b, err)
				}
			}
			require.Equal(b, b.N*len(people), countOf(b, db, "person"))
		})
	}
}

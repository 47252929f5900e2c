package bulk

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/drivertest"
)

// What it costs to insert many records, by how many go in one statement.

// BenchmarkInsertByBatches inserts as many records in statements of several sizes: up to 3.3
// the server's time for a statement grows faster than the statement. With -short a tenth of the
// records.
func BenchmarkInsertByBatches(b *testing.B) {
	type member struct {
		Name string `json:"name"`
		Age  int    `json:"age"`
	}
	members := make([]member, 10_000)
	if testing.Short() {
		members = members[:1000]
	}
	for i := range members {
		members[i] = member{"name " + strconv.Itoa(i), i % 100}
	}
	for _, size := range []int{1, 50, 100, 200, 500, 1000, 5000} {
		b.Run(strconv.Itoa(size), func(b *testing.B) {
			db := drivertest.NewDB(b)
			for b.Loop() {
				_, err := surrealsql.Bulk{BatchRecords: size}.Insert(b.Context(), db, "member", members)
				require.NoError(b, err)
			}
			require.Equal(b, b.N*len(members), drivertest.CountOf(b, db, "member"))
			b.ReportMetric(float64(b.N*len(members))/b.Elapsed().Seconds(), "records/s")
		})
	}
}

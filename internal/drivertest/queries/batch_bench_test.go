package queries

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/drivertest"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// What a batch saves where the server is far away.

// BenchmarkBatchBehindDelay runs 20 point queries one by one and in a batch, behind a proxy that
// holds what goes to the server back for 5 ms.
func BenchmarkBatchBehindDelay(b *testing.B) {
	const queries = 20
	db, proxy := drivertest.Proxied(b)
	drivertest.Solo(db)
	drivertest.MustExec(b, db, `CREATE |person:1..21| SET name = 'Ada'`)
	proxy.Delay(surrealtest.ToServer, 5*time.Millisecond)
	const text = `SELECT name FROM ONLY type::record('person', $1)`
	b.Run("one-by-one", func(b *testing.B) {
		for b.Loop() {
			for n := range queries {
				var name string
				require.NoError(b, db.QueryRowContext(b.Context(), text, n+1).Scan(&name))
			}
		}
	})
	b.Run("batch", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			var batch surrealsql.Batch
			for n := range queries {
				batch.Queue(text, n+1)
			}
			results, err := surrealsql.SendBatch(b.Context(), db, &batch)
			require.NoError(b, err)
			for range queries {
				var name string
				require.NoError(b, results.QueryRow().Scan(&name))
			}
			require.NoError(b, results.Close())
		}
	})
}

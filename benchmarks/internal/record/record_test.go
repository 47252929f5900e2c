package record_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/surrealsql/surrealsql/benchmarks/internal/record"
)

// The replies that are stored beside the code.

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestQueriesHaveStoredRepliesWithRows(t *testing.T) {
	set, err := record.Stored()
	require.NoError(t, err)
	require.NoError(t, set.Check())
	require.Len(t, set, len(record.Queries))
	require.Error(t, record.Set{}.Check())
}

func TestSetThatIsStoredIsTheSame(t *testing.T) {
	set, err := record.Stored()
	require.NoError(t, err)
	dir := t.TempDir()
	require.NoError(t, set.Store(dir))
	for _, q := range record.Queries {
		r := set[q.Key]
		want, err := os.ReadFile("testdata/" + q.Key + ".cbor")
		require.NoError(t, err)
		got, err := os.ReadFile(filepath.Join(dir, q.Key+".cbor"))
		require.NoError(t, err)
		require.Equal(t, want, got, q.Key)
		require.Len(t, got, r.Reply(r.Rows()).Size(1), q.Key)
	}
}

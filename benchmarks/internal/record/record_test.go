package record_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/surrealsql/surrealsql/benchmarks/internal/record"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestEveryQueryHasAStoredReplyWithRows(t *testing.T) {
	set, err := record.Stored()
	require.NoError(t, err)
	require.NoError(t, set.Check())
	require.Len(t, set, len(record.Queries))
	require.Error(t, record.Set{}.Check())
}

func TestASetThatIsStoredIsTheSame(t *testing.T) {
	set, err := record.Stored()
	require.NoError(t, err)
	dir := t.TempDir()
	require.NoError(t, set.Store(dir))
	for _, q := range record.Queries {
		r := set[q.Key]
		require.FileExists(t, dir+"/"+q.Key+".cbor")
		require.Len(t, r.Reply(r.Rows()).Payload([]byte{1}), r.Reply(r.Rows()).Size(1))
	}
}

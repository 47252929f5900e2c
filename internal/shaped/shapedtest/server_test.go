package shapedtest_test

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql/internal/shaped/shapedtest"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// What is written here is read by the server itself, which takes blocks in requests.

// dial connects to a server that speaks the format.
func dial(t testing.TB) *shapedtest.Client {
	t.Helper()
	surrealtest.Needs(t, "4.0")
	return shapedtest.Dial(t, surrealtest.DSN(t), "cbor.2")
}

func TestServerReadsWhatIsWritten(t *testing.T) {
	t.Parallel()
	c := dial(t)
	for _, right := range shapedtest.AllRight() {
		got, refused := c.Return(right.Block)
		require.Empty(t, refused, right.Name)
		require.Equal(t, shapedtest.Show(shapedtest.AppendCBOR(nil, right.Rows)), got, right.Name)
	}
}

func TestServerReadsWhatIsWrittenByChance(t *testing.T) {
	t.Parallel()
	c := dial(t)
	r := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		s := shapedtest.Random(r)
		values := make([]any, r.IntN(5))
		for i := range values {
			values[i] = s.RandomRow(r)
		}
		block := shapedtest.Of(s, values...)
		got, refused := c.Return(block)
		require.Empty(t, refused, "%x", block)
		require.Equal(t, shapedtest.Show(shapedtest.AppendCBOR(nil, values)), got, "%x", block)
	}
}

func TestServerRefusesWhatIsWrong(t *testing.T) {
	t.Parallel()
	c := dial(t)
	got, _ := c.Return(shapedtest.Good())
	require.Contains(t, got, `"z": true`)
	for _, wrong := range shapedtest.AllWrong() {
		_, refused := c.Return(wrong.Block)
		require.Contains(t, refused, "Invalid shaped frame: ", wrong.Name)
	}
}

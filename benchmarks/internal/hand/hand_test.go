package hand_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/surrealsql/surrealsql/benchmarks/internal/hand"
	"github.com/surrealsql/surrealsql/benchmarks/internal/record"
	"github.com/surrealsql/surrealsql/benchmarks/internal/replay"
	"github.com/surrealsql/surrealsql/internal/cbor"
)

// The hand-framed client against replayed replies, whatever their size.

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func client(t *testing.T, reply *replay.Reply) *hand.Client {
	t.Helper()
	c, err := hand.New(replay.NewConn(reply), reply.Protocol)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.Close()) })
	return c
}

func TestExchangeReadsTheWholeReplyWhateverItsSize(t *testing.T) {
	set, err := record.Stored()
	require.NoError(t, err)
	request := hand.Query(record.Page4.Wire, nil)
	for _, rows := range []int{0, 1, 2, 50, 1_000, 20_000} { // all three kinds of header
		reply := set[record.Page4.Key].Reply(rows)
		c := client(t, reply)
		for range 3 {
			size, err := c.Exchange(request)
			require.NoError(t, err)
			require.Equal(t, reply.Size(5), size)
		}
	}
}

func TestCallReturnsTheReplyToItsOwnId(t *testing.T) {
	set, err := record.Stored()
	require.NoError(t, err)
	reply := set[record.Page8.Key].Reply(1_000)
	c := client(t, reply)
	for id := range 3 {
		payload, err := c.Call(hand.Query(record.Page8.Wire, nil))
		require.NoError(t, err)
		require.Equal(t, reply.Payload(cbor.AppendUint(nil, 1<<31+uint64(id)+1)), payload)
	}
}

func TestPipelineOfRequestsIsOneExchange(t *testing.T) {
	set, err := record.Stored()
	require.NoError(t, err)
	c := client(t, set[record.One.Key].Reply(1))
	_, err = c.Exchange(hand.SignIn("root", "root"), hand.Use("ns", "db"), hand.NewRequest("ping"))
	require.NoError(t, err)
}

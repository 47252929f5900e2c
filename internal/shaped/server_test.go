package shaped_test

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql/internal/shaped/shapedtest"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// The reader beside that of the server, which reads the blocks of requests.

func TestReaderAgreesWithTheServerOnDamagedBlocks(t *testing.T) {
	t.Parallel()
	surrealtest.Needs(t, "4.0")
	c := shapedtest.Dial(t, surrealtest.DSN(t), "cbor.2")
	r := rand.New(rand.NewPCG(5, 5))
	var read, refused int
	for range 2000 {
		block, _ := written(r)
		block = damage(r, block)
		rows, err := readBytes(block)
		got, failure := c.Return(block)
		switch {
		case failure == "":
			require.NoError(t, err, "%x", []byte(block))
			require.Equal(t, got, show(rows), "%x", []byte(block))
			read++
		case err != nil:
			refused++
		default: // what is no matter of the format: who decodes the value sees it
			require.Regexp(t, "a dynamic value: |an invalid decimal", failure, "%x", []byte(block))
		}
	}
	require.Greater(t, read, 100)
	require.Greater(t, refused, 100)
}

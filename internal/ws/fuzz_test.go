package ws

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"testing"

	"github.com/gobwas/ws"
	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql/internal/scripted"
)

// Any bytes from a peer.

const fuzzBound = 1 << 16

func seed(f *testing.F) {
	for _, b := range [][]byte{
		scripted.Binary([]byte("abc")),
		scripted.Binary(make([]byte, 9000)),
		scripted.Fragments([]byte("abcdef"), 1, 0, 2),
		slices.Concat(scripted.Frame(scripted.OpPing, []byte("p")), scripted.Binary(nil)),
		slices.Concat(scripted.Fragment(scripted.OpBinary, []byte("a")), scripted.Frame(scripted.OpPing, nil), scripted.Frame(scripted.OpContinuation, nil)),
		scripted.CloseFrame(1001, "bye"),
		scripted.Masked([]byte("abc")),
		scripted.Claim(scripted.OpBinary, 1<<63),
		scripted.Claim(scripted.OpBinary, fuzzBound),
		scripted.Frame(scripted.OpText, nil),
	} {
		f.Add(b, 3)
		f.Add(b, 1<<20)
	}
}

// reference reads messages with another's parser, up to the first violation.
func reference(b []byte) (messages [][]byte) {
	r := bytes.NewReader(b)
	state := ws.StateClientSide
	var part []byte
	for {
		h, err := ws.ReadHeader(r)
		if err != nil || ws.CheckHeader(h, state) != nil || h.OpCode == ws.OpText || h.OpCode == ws.OpClose || h.Masked {
			return messages
		}
		if h.Length > int64(r.Len()) || !h.OpCode.IsControl() && h.Length > int64(fuzzBound-len(part)) {
			return messages
		}
		payload := make([]byte, h.Length)
		_, _ = io.ReadFull(r, payload)
		if h.OpCode.IsControl() {
			continue
		}
		part = append(part, payload...)
		if state = state.Set(ws.StateFragmented); h.Fin {
			messages = append(messages, part)
			part, state = nil, state.Clear(ws.StateFragmented)
		}
	}
}

func FuzzReadMessage(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, in []byte, step int) {
		c, _ := reading(fuzzBound, max(step, 1), in)
		for _, want := range reference(in) {
			got, err := c.ReadMessage()
			require.NoError(t, err)
			require.True(t, bytes.Equal(want, got))
		}
		_, err := c.ReadMessage()
		require.Error(t, err)
		require.True(t, c.Broken())
		require.LessOrEqual(t, cap(c.long), 4*fuzzBound)
		require.Len(t, c.window, windowSize)
	})
}

func FuzzPoll(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, in []byte, step int) {
		want := reference(in)
		c, _ := reading(fuzzBound, max(step, 1), in)
		var err error
		n := 0
		for err == nil {
			err = c.Poll(true, func(got []byte) error {
				if n == len(want) || !bytes.Equal(want[n], got) {
					return errors.New("not a message of the reference")
				}
				n++
				return nil
			})
		}
		require.NotErrorIs(t, err, ErrClosed)
		require.NotContains(t, err.Error(), "reference")
		require.True(t, c.Broken())
		require.Empty(t, c.long, "an idle connection collects nothing")
	})
}

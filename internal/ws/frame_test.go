package ws

import (
	"bytes"
	"io"
	"testing"

	"github.com/gobwas/ws"
	"github.com/stretchr/testify/require"
)

// Headers of frames, read and written.

func TestFrameHeadersAreReadInEveryLength(t *testing.T) {
	for _, tc := range []struct {
		name string
		in   []byte
		want header
	}{
		{"empty", []byte{0x82, 0}, header{opBinary, true, 2, 0}},
		{"short", []byte{0x82, 125}, header{opBinary, true, 2, 125}},
		{"the shortest of 16 bits", []byte{0x82, 126, 0, 126}, header{opBinary, true, 4, 126}},
		{"the longest of 16 bits", []byte{0x82, 126, 0xFF, 0xFF}, header{opBinary, true, 4, 65535}},
		{"the shortest of 64 bits", []byte{0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0}, header{opBinary, true, 10, 65536}},
		{"longer than needed", []byte{0x82, 126, 0, 5}, header{opBinary, true, 4, 5}},
		{"a first fragment", []byte{0x02, 1}, header{opBinary, false, 2, 1}},
		{"a continuation", []byte{0x00, 1}, header{opContinuation, false, 2, 1}},
		{"a last continuation", []byte{0x80, 1}, header{opContinuation, true, 2, 1}},
		{"a ping", []byte{0x89, 125}, header{opPing, true, 2, 125}},
		{"a pong", []byte{0x8A, 0}, header{opPong, true, 2, 0}},
		{"a close", []byte{0x88, 2}, header{opClose, true, 2, 2}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			h, need, err := parseHeader(append(tc.in, 1, 2, 3))
			require.NoError(t, err)
			require.Zero(t, need)
			require.Equal(t, tc.want, h)
			for n := range tc.in { // each prefix says how much more it wants
				_, need, err := parseHeader(tc.in[:n])
				require.NoError(t, err)
				require.Greater(t, need, n)
				require.LessOrEqual(t, need, len(tc.in))
			}
		})
	}
}

func TestFrameHeadersThatBreakTheProtocolAreRefused(t *testing.T) {
	for name, in := range map[string][]byte{
		"masked":                 {0x82, 0x81, 1, 2, 3, 4, 5},
		"RSV1":                   {0xC2, 0},
		"RSV2":                   {0xA2, 0},
		"RSV3":                   {0x92, 0},
		"text":                   {0x81, 1},
		"reserved data opcode":   {0x83, 0},
		"reserved control":       {0x8B, 0},
		"fragmented ping":        {0x09, 0},
		"fragmented close":       {0x08, 0},
		"oversized ping":         {0x89, 126, 0, 126},
		"ping of a claimed 2^63": {0x89, 127, 0x80, 0, 0, 0, 0, 0, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := parseHeader(in)
			var broken *ProtocolError
			require.ErrorAs(t, err, &broken)
			require.NotEmpty(t, broken.Reason)
		})
	}
}

func TestFramesSentAreMinimalMaskedAndReadableByAnother(t *testing.T) {
	for _, tc := range []struct{ length, head int }{
		{0, 6}, {1, 6}, {125, 6}, {126, 8}, {65535, 8}, {65536, 14}, {1 << 20, 14},
	} {
		payload := bytes.Repeat([]byte{0xA5}, tc.length)
		c := new(Conn)
		c.End(append(c.Begin(), payload...))
		require.Len(t, c.out, tc.head+tc.length)

		r := bytes.NewReader(c.out)
		h, err := ws.ReadHeader(r)
		require.NoError(t, err)
		require.NoError(t, ws.CheckHeader(h, ws.StateServerSide))
		require.Equal(t, ws.OpBinary, h.OpCode)
		require.True(t, h.Fin)
		got, err := io.ReadAll(r)
		require.NoError(t, err)
		ws.Cipher(got, h.Mask, 0)
		require.True(t, bytes.Equal(payload, got))
	}
}

func TestFramesHaveEachAMaskOfItsOwn(t *testing.T) {
	_, a := appendHeader(nil, opBinary, 1)
	_, b := appendHeader(nil, opBinary, 1)
	_, c := appendHeader(nil, opBinary, 1)
	require.False(t, a == b && b == c)
}

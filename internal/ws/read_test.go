package ws

import (
	"bytes"
	"io"
	"os"
	"runtime"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql/internal/scripted"
)

// Messages and control frames, read from any transport.

// script is a transport that brings some bytes, at most step at a time, and then
// ends. It keeps what is written to it.
type script struct {
	sink
	in   []byte
	step int
}

func (s *script) Read(b []byte) (int, error) {
	if len(s.in) == 0 {
		return 0, io.EOF
	}
	n := copy(b[:min(len(b), s.step)], s.in)
	s.in = s.in[n:]
	return n, nil
}

// reading returns a connection that reads the concatenated frames.
func reading(maxMessage, step int, frames ...[]byte) (*Conn, *script) {
	s := &script{in: slices.Concat(frames...), step: step}
	return newConn(s, s, maxMessage, nil), s
}

// answers parses what a client wrote into opcodes and payloads.
func answers(t *testing.T, b []byte) (ops []byte, payloads []string) {
	t.Helper()
	r := bytes.NewReader(b)
	for r.Len() > 0 {
		h, err := ws.ReadHeader(r)
		require.NoError(t, err)
		p := make([]byte, h.Length)
		_, err = io.ReadFull(r, p)
		require.NoError(t, err)
		ws.Cipher(p, h.Mask, 0)
		ops, payloads = append(ops, byte(h.OpCode)), append(payloads, string(p))
	}
	return ops, payloads
}

// steps are the sizes in which a transport brings its bytes.
var steps = []int{1, 2, 7, 4096, 1 << 30}

func TestMessagesOfEveryLengthArriveWhole(t *testing.T) {
	var want, frames [][]byte
	for i, n := range []int{0, 1, 125, 126, 127, 4000, 8180, 8188, 8189, 8192, 8193, 65535, 65536, 200_000, 3} {
		p := bytes.Repeat([]byte{byte(i + 1)}, n)
		want, frames = append(want, p), append(frames, scripted.Binary(p))
	}
	for _, step := range steps {
		c, s := reading(0, step, frames...)
		for _, p := range want {
			got, err := c.ReadMessage()
			require.NoError(t, err)
			require.True(t, bytes.Equal(p, got), "%d bytes in steps of %d", len(p), step)
		}
		_, err := c.ReadMessage()
		require.ErrorIs(t, err, io.ErrUnexpectedEOF)
		require.True(t, c.Broken())
		require.Empty(t, s.in)
	}
}

func TestMessageThatFitsIsNotCopied(t *testing.T) {
	c, _ := reading(0, 1<<30, scripted.Binary([]byte("abc")), scripted.Binary([]byte("def")))
	for _, want := range []string{"abc", "def"} {
		got, err := c.ReadMessage()
		require.NoError(t, err)
		require.Equal(t, want, string(got))
		require.Equal(t, &c.window[c.r-3], &got[0])
		require.Equal(t, len(got), cap(got), "an append must not run into the next frame")
	}
}

func TestFragmentsAreJoinedAndPingsBetweenThemAnswered(t *testing.T) {
	long := bytes.Repeat([]byte("0123456789"), 2000)
	frames := slices.Concat(
		scripted.Fragment(scripted.OpBinary, []byte("a")),
		scripted.Frame(scripted.OpPing, []byte("p1")),
		scripted.Fragment(scripted.OpContinuation, nil),
		scripted.Frame(scripted.OpPong, []byte("unasked")),
		scripted.Fragment(scripted.OpContinuation, long),
		scripted.Frame(scripted.OpPing, nil),
		scripted.Frame(scripted.OpContinuation, []byte("z")),
		scripted.Binary([]byte("next")),
	)
	for _, step := range steps {
		c, s := reading(0, step, frames)
		got, err := c.ReadMessage()
		require.NoError(t, err)
		require.Equal(t, "a"+string(long)+"z", string(got))
		got, err = c.ReadMessage()
		require.NoError(t, err)
		require.Equal(t, "next", string(got))
		ops, payloads := answers(t, s.got)
		require.Equal(t, []byte{opPong, opPong}, ops)
		require.Equal(t, []string{"p1", ""}, payloads)
	}
}

func TestPeerThatHasGoneIsHeardToTheEndThoughItsPingsCannotBeAnswered(t *testing.T) {
	frames := slices.Concat(
		scripted.Frame(scripted.OpPing, nil),
		scripted.Fragment(scripted.OpBinary, []byte("re")),
		scripted.Frame(scripted.OpPing, nil),
		scripted.Frame(scripted.OpContinuation, []byte("ply")),
		scripted.Frame(scripted.OpPing, nil),
		scripted.CloseFrame(1013, "too slow"),
	)
	for _, patience := range []time.Duration{0, time.Second} {
		for _, step := range steps {
			for name, next := range map[string]func(*Conn){
				"is read from": func(c *Conn) {
					_, err := c.ReadMessage()
					require.Equal(t, &CloseError{1013, "too slow"}, err)
				},
				"is written to": func(c *Conn) {
					require.NoError(t, c.End(append(c.Begin(), "another request"...)))
					n, err := c.Flush()
					require.Zero(t, n, "nothing has left")
					require.ErrorIs(t, err, ErrClosed)
				},
				"idles": func(c *Conn) {
					require.ErrorIs(t, c.Poll(false, func([]byte) error { return nil }), ErrClosed)
				},
			} {
				c, s := reading(0, step, frames)
				s.err = syscall.EPIPE
				c.SetPatience(patience)
				got, err := c.ReadMessage()
				require.NoError(t, err, "%s, in steps of %d", name, step)
				require.Equal(t, "reply", string(got))
				require.False(t, c.Broken())
				next(c)
				require.True(t, c.Broken(), name)
			}
		}
	}
}

func TestFragmentsOutOfSequenceAreRefused(t *testing.T) {
	for name, frames := range map[string][]byte{
		"a continuation of nothing": scripted.Frame(scripted.OpContinuation, nil),
		"a message inside another": slices.Concat(
			scripted.Fragment(scripted.OpBinary, []byte("a")), scripted.Binary([]byte("b"))),
		"a continuation of what has ended": slices.Concat(
			scripted.Fragments([]byte("abc"), 1), scripted.Frame(scripted.OpContinuation, nil)),
	} {
		t.Run(name, func(t *testing.T) {
			c, _ := reading(0, 1<<30, frames)
			var err error
			for err == nil {
				_, err = c.ReadMessage()
			}
			var broken *ProtocolError
			require.ErrorAs(t, err, &broken)
			require.True(t, c.Broken())
		})
	}
}

func TestMessageAboveTheBoundIsRefusedAtItsHeader(t *testing.T) {
	for name, frames := range map[string][][]byte{
		"at once":          {scripted.Claim(scripted.OpBinary, 101)},
		"2^63":             {scripted.Claim(scripted.OpBinary, 1<<63)},
		"2^64-1":           {scripted.Claim(scripted.OpBinary, 1<<64-1)},
		"by the fragments": {scripted.Fragment(scripted.OpBinary, make([]byte, 60)), scripted.Claim(scripted.OpContinuation, 41)},
	} {
		t.Run(name, func(t *testing.T) {
			c, _ := reading(100, 1<<30, frames...)
			_, err := c.ReadMessage()
			require.ErrorIs(t, err, ErrMessageTooLarge)
			require.ErrorContains(t, err, "at most 100")
			require.LessOrEqual(t, cap(c.long), streamSize)
			require.True(t, c.Broken())
		})
	}
	c, _ := reading(100, 1<<30, scripted.Binary(make([]byte, 100)), scripted.Fragments(make([]byte, 100), 50, 49))
	for range 2 {
		got, err := c.ReadMessage()
		require.NoError(t, err)
		require.Len(t, got, 100)
	}
}

func TestMessageMemoryGrowsWithWhatArrivesNotWithWhatIsClaimed(t *testing.T) {
	c, _ := reading(1<<30, 1<<30, scripted.Claim(scripted.OpBinary, 1<<29), make([]byte, 100_000))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := c.ReadMessage()
	runtime.ReadMemStats(&after)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(1<<20))
}

func TestMessageThatIsHugeDoesNotKeepItsMemory(t *testing.T) {
	huge := scripted.Binary(make([]byte, keepBuffer+1))
	for name, next := range map[string]func(*Conn){
		"once another is read":   func(c *Conn) { _, _ = c.ReadMessage() },
		"once the lease is over": func(c *Conn) { _ = c.Poll(false, func([]byte) error { return nil }) },
	} {
		t.Run(name, func(t *testing.T) {
			c, _ := reading(0, 1<<30, huge, scripted.Binary(nil))
			_, err := c.ReadMessage()
			require.NoError(t, err)
			require.Greater(t, cap(c.long), keepBuffer)
			next(c)
			require.Zero(t, cap(c.long))
		})
	}
}

func TestCloseFrameIsAnsweredAndTold(t *testing.T) {
	for _, tc := range []struct {
		name   string
		frame  []byte
		want   CloseError
		echo   string
		inText string
	}{
		{"with code and reason", scripted.CloseFrame(1001, "bye"), CloseError{1001, "bye"}, "\x03\xE9", "1001: bye"},
		{"with code", scripted.CloseFrame(1011, ""), CloseError{1011, ""}, "\x03\xF3", "1011"},
		{"with nothing", scripted.CloseFrame(0, ""), CloseError{1005, ""}, "", "1005"},
		{"with half a code", scripted.Frame(scripted.OpClose, []byte{3}), CloseError{1005, ""}, "", "1005"},
		{"with a reason that is no text", scripted.Frame(scripted.OpClose, []byte("\x03\xE9a\xFF")), CloseError{1001, "a?"}, "\x03\xE9", "a?"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c, s := reading(0, 1, tc.frame)
			_, err := c.ReadMessage()
			require.ErrorContains(t, err, tc.inText)
			var gone *CloseError
			require.ErrorAs(t, err, &gone)
			require.Equal(t, tc.want, *gone)
			ops, payloads := answers(t, s.got)
			require.Equal(t, []byte{opClose}, ops)
			require.Equal(t, []string{tc.echo}, payloads)
			require.True(t, c.Broken())
		})
	}
}

func TestMessageThatEndsAnywhereIsAnUnexpectedEnd(t *testing.T) {
	whole := slices.Concat(scripted.Frame(scripted.OpPing, []byte("p")), scripted.Fragments(make([]byte, 9000), 200, 8500))
	for n := range 600 {
		c, _ := reading(0, 1<<30, whole[:n*len(whole)/600])
		_, err := c.ReadMessage()
		require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	}
}

// stuck is a transport that gives neither bytes nor an error.
type stuck struct{ feed }

func (*stuck) Read([]byte) (int, error) { return 0, nil }

func TestReadGivesUpATransportThatGivesNothing(t *testing.T) {
	s := new(stuck)
	c := newConn(s, s, 0, nil)
	_, err := c.ReadMessage()
	require.ErrorIs(t, err, io.ErrNoProgress)
}

func TestReadEndsWithAPeerThatTakesNoPongInTime(t *testing.T) {
	c, s := reading(0, 1<<30, scripted.Frame(scripted.OpPing, nil), scripted.Binary(nil))
	s.err = os.ErrDeadlineExceeded
	_, err := c.ReadMessage()
	require.ErrorIs(t, err, os.ErrDeadlineExceeded)
	require.True(t, c.Broken())
}

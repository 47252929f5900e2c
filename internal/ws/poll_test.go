package ws

import (
	"errors"
	"io"
	"os"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql/internal/scripted"
)

// Poll on transports that are no sockets.

func TestPollReadsWhatIsNoSocketOnlyIfThorough(t *testing.T) {
	c, far := piped(t)
	written := make(chan error, 1)
	go func() {
		_, err := far.Write(slices.Concat(scripted.Binary([]byte("a")), scripted.Binary([]byte("b"))))
		written <- err
	}()
	require.NoError(t, c.Poll(false, noMessage(t)))

	var got []string
	take := func(b []byte) error { got = append(got, string(b)); return nil }
	for len(got) < 2 {
		require.NoError(t, c.Poll(true, take))
	}
	require.NoError(t, <-written)
	require.Equal(t, []string{"a", "b"}, got)
}

func TestPollOfWhatIsNoSocketTakesAMillisecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := piped(t)
		began := time.Now()
		require.NoError(t, c.Poll(true, noMessage(t)))
		require.Equal(t, peekReadTimeout, time.Since(began))
		require.NoError(t, c.Poll(false, noMessage(t)))
		require.Equal(t, peekReadTimeout, time.Since(began))
	})
}

func TestPollBoundsNothingThatComesAfterIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, far := piped(t)
		require.NoError(t, c.Poll(true, noMessage(t)))
		go func() {
			time.Sleep(time.Hour) // virtual
			_, _ = far.Write(scripted.Binary([]byte("late")))
		}()
		got, err := c.ReadMessage()
		require.NoError(t, err)
		require.Equal(t, "late", string(got))
	})
}

func TestPollNoticesThatWhatIsNoSocketWasClosed(t *testing.T) {
	c, far := piped(t)
	require.NoError(t, far.Close())
	require.Error(t, c.Poll(true, noMessage(t)))
	require.True(t, c.Broken())
}

func TestPollLeavesATransportWithoutDeadlinesAlone(t *testing.T) {
	near, _ := piped(t)
	c := newConn(noDeadlines{near.nc}, near.nc, 0, nil)
	require.NoError(t, c.Poll(true, noMessage(t)))
	require.False(t, c.Broken())
}

func TestPollIsNotHeldUpByAPeerThatSendsWithoutEnd(t *testing.T) {
	f := &feed{bytes: scripted.Frame(scripted.OpPing, []byte("p")), step: 1 << 30}
	c := newConn(f, f, 0, nil)
	require.NoError(t, c.Poll(true, noMessage(t)))
	require.LessOrEqual(t, f.given, pollReads*windowSize)
}

func TestPollIsNotHeldUpByAPongThatNobodyTakes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, far := piped(t)
		go func() { _, _ = far.Write(scripted.Frame(scripted.OpPing, nil)) }()
		synctest.Wait()
		began := time.Now()
		require.ErrorIs(t, c.Poll(true, noMessage(t)), os.ErrDeadlineExceeded)
		require.Equal(t, pongTimeout, time.Since(began))
		require.True(t, c.Broken())
	})
}

func TestPollAnswersPingsThatPiledUpByOnePong(t *testing.T) {
	s := new(script)
	early := slices.Concat(
		scripted.Frame(scripted.OpPing, []byte("a")), scripted.Binary([]byte("m")), scripted.Frame(scripted.OpPing, []byte("b")))
	c := newConn(noDeadlines{s}, s, 0, early)
	messages := 0
	require.NoError(t, c.Poll(false, func([]byte) error { messages++; return nil }))
	require.Equal(t, 1, messages)
	ops, payloads := answers(t, s.got)
	require.Equal(t, []byte{opPong}, ops)
	require.Equal(t, []string{"b"}, payloads)
	require.Equal(t, c.r, c.w, "all of it was taken")
}

func TestPollEndsAConnectionThatGotWhatHasNoBusinessThere(t *testing.T) {
	sentinel := errors.New("not expected")
	for name, tc := range map[string]struct {
		frames []byte
		want   string
	}{
		"a fragmented message":    {scripted.Fragment(scripted.OpBinary, nil), "fragmented message on an idle"},
		"a continuation":          {scripted.Frame(scripted.OpContinuation, nil), "out of sequence"},
		"a large message":         {scripted.Claim(scripted.OpBinary, windowSize), "large message on an idle"},
		"one too large":           {scripted.Claim(scripted.OpBinary, DefaultMaxMessage+1), "too large"},
		"one of 2^64-1 bytes":     {scripted.Claim(scripted.OpBinary, 1<<64-1), "too large"},
		"a masked frame":          {scripted.Masked(nil), "masked"},
		"what the handler abhors": {scripted.Binary(nil), sentinel.Error()},
	} {
		t.Run(name, func(t *testing.T) {
			s := new(script)
			c := newConn(noDeadlines{s}, s, 0, tc.frames)
			require.ErrorContains(t, c.Poll(false, func([]byte) error { return sentinel }), tc.want)
			require.True(t, c.Broken())
		})
	}
}

func TestPollCountsNoReplyIntoTheNext(t *testing.T) {
	const bound = 2 * windowSize
	s := &script{in: slices.Concat(scripted.Binary(make([]byte, bound)), scripted.Binary(make([]byte, 100))), step: 1 << 30}
	c := newConn(s, s, bound, nil)
	_, err := c.ReadMessage()
	require.NoError(t, err)
	messages := 0
	err = c.Poll(true, func([]byte) error { messages++; return nil })
	require.ErrorIs(t, err, io.ErrUnexpectedEOF, "the stream ends after it")
	require.Equal(t, 1, messages)
}

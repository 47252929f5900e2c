package ws

import (
	"bytes"
	"errors"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql/internal/scripted"
)

// Pipelines and control frames, written.

// sink counts writes; fail makes them fail after some bytes.
type sink struct {
	feed
	writes int
	got    []byte
	room   int
	err    error
}

func (s *sink) Write(b []byte) (int, error) {
	s.writes++
	if s.err != nil {
		b = b[:min(len(b), s.room)]
	}
	s.got = append(s.got, b...)
	return len(b), s.err
}

func TestPipelineIsOneWrite(t *testing.T) {
	s := new(sink)
	c := newConn(s, s, 0, nil)
	for _, p := range [][]byte{[]byte("one"), bytes.Repeat([]byte("2"), 300), nil} {
		c.End(append(c.Begin(), p...))
	}
	n, err := c.Flush()
	require.NoError(t, err)
	require.Equal(t, 1, s.writes)
	require.Equal(t, (6+3)+(8+300)+6, n)
	require.Len(t, s.got, n)
}

func TestDiscardSendsNothing(t *testing.T) {
	s := new(sink)
	c := newConn(s, s, 0, nil)
	c.End(append(c.Begin(), "one"...))
	_ = append(c.Begin(), "half"...)
	c.Discard()
	c.End(append(c.Begin(), "two"...))
	_, err := c.Flush()
	require.NoError(t, err)
	require.Len(t, s.got, 6+3)
}

func TestWriteThatFailsTellsWhetherAByteLeft(t *testing.T) {
	for _, room := range []int{0, 1, 8} {
		s := &sink{room: room, err: net.ErrClosed}
		c := newConn(s, s, 0, nil)
		n, err := send(c, []byte("abc"))
		require.ErrorIs(t, err, net.ErrClosed)
		require.Equal(t, room, n)
		require.True(t, c.Broken())

		n, err = send(c, []byte("abc"))
		require.ErrorIs(t, err, ErrClosed)
		require.Zero(t, n)
		require.Equal(t, 1, s.writes, "a broken connection is not written to")
	}
}

func TestWriteOfAHugeRequestDoesNotKeepItsMemory(t *testing.T) {
	s := new(sink)
	c := newConn(s, s, 0, nil)
	_, err := send(c, make([]byte, keepBuffer+1))
	require.NoError(t, err)
	require.Zero(t, cap(c.out))
	_, err = send(c, make([]byte, 1000))
	require.NoError(t, err)
	require.NotZero(t, cap(c.out))
}

func TestCloseSendsACloseFrame(t *testing.T) {
	left := make(chan scripted.ClientEnd, 1)
	srv := scripted.New(t, func(c *scripted.Conn) { left <- c.AwaitClose() })
	c := connect(t, to(srv))
	require.NoError(t, c.Close(time.Now().Add(time.Second)))
	require.EqualValues(t, 1000, (<-left).Code)
	require.True(t, c.Broken())
	require.NoError(t, c.Close(time.Now()), "twice is no error")
	_, err := c.ReadMessage()
	require.ErrorIs(t, err, net.ErrClosed)
	require.ErrorIs(t, c.Poll(true, noMessage(t)), ErrClosed)
}

func TestWriteIsBoundedAgainstAPeerThatDoesNotRead(t *testing.T) {
	for name, wrap := range map[string]func(net.Conn) net.Conn{
		"with deadlines":    func(nc net.Conn) net.Conn { return nc },
		"without deadlines": func(nc net.Conn) net.Conn { return noDeadlines{nc} },
	} {
		t.Run("Close "+name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				near, far := net.Pipe()
				defer far.Close()
				c := newConn(wrap(near), near, 0, nil)
				began := time.Now()
				require.Error(t, c.Close(began.Add(time.Second)))
				require.Equal(t, time.Second, time.Since(began))
				require.True(t, c.Broken())
			})
		})
		t.Run("FlushWithin "+name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				near, far := net.Pipe()
				defer far.Close()
				c := newConn(wrap(near), near, 0, nil)
				began := time.Now()
				c.End(append(c.Begin(), "abc"...))
				n, err := c.FlushWithin(time.Second)
				require.Error(t, err)
				require.Zero(t, n)
				require.Equal(t, time.Second, time.Since(began))
				require.True(t, c.Broken())
			})
		})
	}
}

func TestWriteBoundDoesNotBindTheNext(t *testing.T) {
	for name, wrap := range map[string]func(net.Conn) net.Conn{
		"with deadlines":    func(nc net.Conn) net.Conn { return nc },
		"without deadlines": func(nc net.Conn) net.Conn { return noDeadlines{nc} },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				near, far := net.Pipe()
				defer far.Close()
				c := newConn(wrap(near), near, 0, nil)
				defer c.Abort()
				read := make(chan struct{})
				go func() {
					defer close(read)
					for range 2 {
						_, _ = far.Read(make([]byte, 100))
						time.Sleep(time.Minute) // virtual
					}
				}()
				c.End(append(c.Begin(), "abc"...))
				_, err := c.FlushWithin(time.Second)
				require.NoError(t, err)
				_, err = send(c, []byte("def"))
				require.NoError(t, err)
				require.False(t, c.Broken())
				<-read
			})
		})
	}
}

// noDeadlines is a transport without deadlines, as golang.org/x/crypto/ssh makes.
type noDeadlines struct{ net.Conn }

var errNoDeadlines = errors.New("deadline not supported")

func (noDeadlines) SetDeadline(time.Time) error      { return errNoDeadlines }
func (noDeadlines) SetReadDeadline(time.Time) error  { return errNoDeadlines }
func (noDeadlines) SetWriteDeadline(time.Time) error { return errNoDeadlines }

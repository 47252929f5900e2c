//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package ws

import (
	"io"
	"net"
	"runtime"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql/internal/scripted"
)

// Poll on real sockets.

// arrived waits until n bytes lie in the window and the socket, or the end of
// the stream does.
func arrived(t *testing.T, c *Conn, n int) {
	t.Helper()
	if n -= c.w - c.r; n <= 0 { // they came together with the 101
		return
	}
	raw, err := c.raw.(syscall.Conn).SyscallConn()
	require.NoError(t, err)
	b := make([]byte, n)
	require.NoError(t, raw.Read(func(fd uintptr) bool {
		got, _, err := syscall.Recvfrom(int(fd), b, syscall.MSG_PEEK)
		if err != nil {
			return err != syscall.EAGAIN && err != syscall.EINTR
		}
		return got == 0 || got >= n
	}))
}

func TestPollAnswersAPing(t *testing.T) {
	ping := scripted.Frame(scripted.OpPing, []byte("are you there"))
	pong, polled := make(chan string, 1), make(chan struct{})
	srv := scripted.New(t, func(c *scripted.Conn) {
		c.Write(ping)
		pong <- string(c.AwaitPong())
		c.Wait(polled)
		c.Pong("unasked")
		c.Stall()
	})
	c := connect(t, to(srv))
	arrived(t, c, len(ping))
	require.NoError(t, c.Poll(false, noMessage(t)))
	require.Equal(t, "are you there", <-pong)
	close(polled)
	arrived(t, c, 2)
	require.NoError(t, c.Poll(false, noMessage(t)))
	require.False(t, c.Broken())
}

func TestPollNoticesAnEnd(t *testing.T) {
	for name, tc := range map[string]struct {
		end  func(*scripted.Conn)
		want error
	}{
		"a FIN":                    {(*scripted.Conn).Drop, io.ErrUnexpectedEOF},
		"an RST":                   {(*scripted.Conn).Reset, syscall.ECONNRESET},
		"a Close frame":            {func(c *scripted.Conn) { c.CloseFrame(1001, "") }, &CloseError{1001, ""}},
		"a Close frame and a FIN":  {func(c *scripted.Conn) { c.CloseFrame(1012, "x"); c.Drop() }, &CloseError{1012, "x"}},
		"half a frame and its end": {func(c *scripted.Conn) { c.Write(scripted.Claim(scripted.OpBinary, 1)); c.Drop() }, io.ErrUnexpectedEOF},
	} {
		t.Run(name, func(t *testing.T) {
			srv := scripted.New(t, func(c *scripted.Conn) {
				c.Arrived()
				tc.end(c)
				c.AwaitClose()
			})
			c := connect(t, to(srv))
			_, err := send(c, request(1, "RETURN 1"))
			require.NoError(t, err)
			for err == nil {
				err = c.Poll(false, noMessage(t))
				runtime.Gosched()
			}
			if want, ok := tc.want.(*CloseError); ok {
				var gone *CloseError
				require.ErrorAs(t, err, &gone)
				require.Equal(t, want, gone)
			} else {
				require.ErrorIs(t, err, tc.want)
			}
			require.True(t, c.Broken())
			require.ErrorIs(t, c.Poll(false, noMessage(t)), ErrClosed)
		})
	}
}

func TestPollAnswersACloseFrameWithItsCode(t *testing.T) {
	left := make(chan scripted.ClientEnd, 1)
	srv := scripted.New(t, func(c *scripted.Conn) {
		c.CloseFrame(1001, "going")
		left <- c.AwaitClose()
	})
	c := connect(t, to(srv))
	arrived(t, c, 4+5)
	require.Error(t, c.Poll(false, noMessage(t)))
	require.Equal(t, scripted.ClientEnd{Code: 1001, Err: io.EOF}, <-left)
}

func TestPollLeavesHalfAFrameForLater(t *testing.T) {
	frame := scripted.Binary([]byte("notification"))
	for _, cut := range []int{1, 2, 3, len(frame) - 1} {
		rest := make(chan struct{})
		srv := scripted.New(t, func(c *scripted.Conn) {
			c.Write(frame[:cut])
			c.Wait(rest)
			c.Write(append(frame[cut:], scripted.Binary([]byte("reply"))...))
			c.Stall()
		})
		c := connect(t, to(srv))
		arrived(t, c, cut)
		for range 3 {
			require.NoError(t, c.Poll(true, noMessage(t)))
		}
		close(rest)
		arrived(t, c, len(frame)+2+5)
		var got []string
		require.NoError(t, c.Poll(false, func(b []byte) error { got = append(got, string(b)); return nil }))
		require.Equal(t, []string{"notification", "reply"}, got)
	}
}

func TestPollLeavesHalfAFrameThatAReadCompletes(t *testing.T) {
	frame := scripted.Binary(make([]byte, 5000))
	rest := make(chan struct{})
	srv := scripted.New(t, func(c *scripted.Conn) {
		c.Write(frame[:100])
		c.Wait(rest)
		c.Write(frame[100:])
		c.Stall()
	})
	c := connect(t, to(srv))
	arrived(t, c, 100)
	require.NoError(t, c.Poll(false, noMessage(t)))
	close(rest)
	got, err := c.ReadMessage()
	require.NoError(t, err)
	require.Len(t, got, 5000)
}

func TestPollOfAQuietConnectionAllocatesNothing(t *testing.T) {
	ca := scripted.NewAuthority(t)
	for name, srv := range map[string]*scripted.Server{
		"plain": scripted.New(t, (*scripted.Conn).Stall),
		"TLS":   scripted.New(t, (*scripted.Conn).Stall).UseTLS(ca.ServerConfig()),
	} {
		t.Run(name, func(t *testing.T) {
			o := to(srv)
			if name == "TLS" {
				o.TLS = ca.ClientConfig()
			}
			c := connect(t, o)
			handle := noMessage(t)
			require.Zero(t, testing.AllocsPerRun(100, func() {
				if err := c.Poll(true, handle); err != nil {
					t.Error(err)
				}
			}))
		})
	}
}

func TestReadMessageAllocatesNothingForASmallOne(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer ln.Close()
	question, reply := make([]byte, 100), scripted.Binary(make([]byte, 200))
	go func() {
		nc, err := ln.Accept()
		if err != nil {
			return
		}
		defer nc.Close()
		for b := make([]byte, 6+len(question)); ; {
			if _, err := io.ReadFull(nc, b); err != nil {
				return
			}
			if _, err := nc.Write(reply); err != nil {
				return
			}
		}
	}()
	nc, err := net.Dial("tcp", ln.Addr().String())
	require.NoError(t, err)
	c := newConn(nc, nc, 0, nil)
	defer c.Abort()
	require.Zero(t, testing.AllocsPerRun(100, func() {
		if _, err := send(c, question); err != nil {
			t.Error(err)
		}
		if b, err := c.ReadMessage(); err != nil || len(b) != 200 {
			t.Error(len(b), err)
		}
		if err := c.Poll(false, nil); err != nil {
			t.Error(err)
		}
	}))
}

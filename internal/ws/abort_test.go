package ws

import (
	"context"
	"crypto/tls"
	"net"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql/internal/scripted"
)

// Abort and Close, against whoever reads, writes or hangs.

// transports are the ways to reach a scripted server.
func transports(t *testing.T) map[string]func(*scripted.Server) Options {
	ca := scripted.NewAuthority(t)
	return map[string]func(*scripted.Server) Options{
		"plain": to,
		"TLS": func(srv *scripted.Server) Options {
			srv.UseTLS(ca.ServerConfig())
			o := to(srv)
			o.TLS = ca.ClientConfig()
			return o
		},
		"TLS of the dialer's own": func(srv *scripted.Server) Options {
			srv.UseTLS(ca.ServerConfig())
			o := to(srv)
			o.DialContext = (&tls.Dialer{Config: ca.ClientConfig()}).DialContext
			return o
		},
		"no socket": func(srv *scripted.Server) Options {
			o := to(srv)
			o.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
				nc, err := new(net.Dialer).DialContext(ctx, network, addr)
				return struct{ net.Conn }{nc}, err
			}
			return o
		},
	}
}

// atOnce is far below the 5 s that closing a TLS connection can take, and far
// above what a loaded machine needs.
const atOnce = 2 * time.Second

func TestAbortWakesAReader(t *testing.T) {
	for name, options := range transports(t) {
		t.Run(name, func(t *testing.T) {
			left := make(chan scripted.ClientEnd, 1)
			srv := scripted.New(t, func(c *scripted.Conn) {
				c.Request()
				left <- c.AwaitClose()
			})
			c := connect(t, options(srv))
			_, err := send(c, request(1, "SELECT 1"))
			require.NoError(t, err)
			srv.AwaitCount("query", 1)

			woken := make(chan error, 1)
			go func() { _, err := c.ReadMessage(); woken <- err }()
			began := time.Now()
			c.Abort()
			require.Less(t, time.Since(began), atOnce)
			require.Error(t, <-woken)
			require.Zero(t, (<-left).Code, "no Close frame")
			require.True(t, c.Broken())
			c.Abort()
		})
	}
}

func TestAbortWakesAWriterWhosePeerDoesNotRead(t *testing.T) {
	for name, options := range transports(t) {
		t.Run(name, func(t *testing.T) {
			arrived, aborted := make(chan struct{}), make(chan struct{})
			left := make(chan error, 1)
			srv := scripted.New(t, func(c *scripted.Conn) {
				c.Arrived()
				close(arrived)
				c.Wait(aborted)
				left <- c.AwaitEnd()
			})
			c := connect(t, options(srv))
			type written struct {
				n   int
				err error
			}
			woken := make(chan written, 1)
			const size = 16 << 20 // more than the sockets' buffers take
			go func() {
				n, err := send(c, make([]byte, size))
				woken <- written{n, err}
			}()
			<-arrived
			began := time.Now()
			c.Abort()
			w := <-woken
			require.Less(t, time.Since(began), atOnce)
			require.Error(t, w.err)
			require.Less(t, w.n, size)
			require.NotZero(t, w.n, "some of it has arrived")
			close(aborted)
			require.Error(t, <-left)
		})
	}
}

func TestCloseIsBoundedByItsDeadline(t *testing.T) {
	for name, options := range transports(t) {
		t.Run(name, func(t *testing.T) {
			srv := scripted.New(t, (*scripted.Conn).Stall)
			c := connect(t, options(srv))
			clog(t, c)
			began := time.Now()
			_ = c.Close(began.Add(10 * time.Millisecond)) // six bytes may find room
			require.Less(t, time.Since(began), atOnce)
			require.True(t, c.Broken())
		})
	}
}

// clog fills the way to the peer, so that not even a Close frame can be written.
func clog(t *testing.T, c *Conn) {
	t.Helper()
	require.NoError(t, c.raw.SetWriteDeadline(time.Now().Add(50*time.Millisecond)))
	_, err := c.raw.Write(make([]byte, 16<<20))
	require.Error(t, err)
	require.NoError(t, c.raw.SetWriteDeadline(time.Time{}))
}

func TestAbortFromManyGoroutinesAtOnce(t *testing.T) {
	srv := scripted.New(t, nil)
	c := connect(t, to(srv))
	done := make(chan struct{})
	for range 8 {
		go func() { c.Abort(); done <- struct{}{} }()
	}
	_, err := c.ReadMessage()
	require.Error(t, err)
	for range 8 {
		<-done
	}
	srv.AwaitOpen(0)
}

// deaf is a transport that takes deadlines and does not keep them.
type deaf struct{ net.Conn }

func (deaf) SetDeadline(time.Time) error { return nil }

func TestInterruptEndsReadsOnATransportThatKeepsNoDeadlines(t *testing.T) {
	near, far := net.Pipe()
	c := newConn(deaf{near}, near, 0, nil)
	defer far.Close()
	defer c.Abort()
	c.Interrupt()
	_, err := c.ReadMessage()
	require.Equal(t, ErrInterrupted, err, "a read that begins afterwards")
	c.Resume()

	read := make(chan error, 1)
	go func() { _, err := c.ReadMessage(); read <- err }()
	require.Eventually(t, c.reading.Load, time.Minute, time.Millisecond)
	c.Interrupt()
	select {
	case err := <-read:
		require.Error(t, err)
	case <-time.After(time.Minute):
		t.Fatal("a read that was under way goes on")
	}
	require.True(t, c.Broken())
}

func TestInterruptLeavesAPingToBeAnsweredAfterIt(t *testing.T) {
	for name, options := range transports(t) {
		t.Run(name, func(t *testing.T) {
			answered := make(chan string, 1)
			srv := scripted.New(t, func(c *scripted.Conn) {
				c.Write(slices.Concat(scripted.Binary([]byte("one")), scripted.Frame(scripted.OpPing, []byte("there?")), scripted.Binary([]byte("two"))))
				answered <- string(c.AwaitPong())
				c.AwaitClose()
			})
			c := connect(t, options(srv))
			msg, err := c.ReadMessage()
			require.NoError(t, err)
			require.Equal(t, "one", string(msg))
			c.Interrupt()
			for range 2 {
				_, err = c.ReadMessage()
				require.Equal(t, ErrInterrupted, err)
			}
			c.Resume()
			msg, err = c.ReadMessage()
			require.NoError(t, err)
			require.Equal(t, "two", string(msg))
			require.Equal(t, "there?", <-answered)
			require.False(t, c.Broken())
		})
	}
}

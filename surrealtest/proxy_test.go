package surrealtest

import (
	"context"
	"errors"
	"io"
	"net"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// The faults of a Proxy, one by one, between a client and a server that echoes.

// echo is a server that sends back what it gets.
func echo(t testing.TB) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				_, _ = io.Copy(conn, conn)
			}()
		}
	}()
	t.Cleanup(func() {
		_ = l.Close()
		<-done
	})
	return l.Addr().String()
}

// dialProxy connects through a proxy; no step may take longer than 20 s.
func dialProxy(t testing.TB, p *Proxy) *net.TCPConn {
	t.Helper()
	conn, err := net.Dial("tcp", p.Addr())
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	require.NoError(t, conn.SetDeadline(time.Now().Add(20*time.Second)))
	return conn.(*net.TCPConn)
}

func say(t testing.TB, conn net.Conn, text string) {
	t.Helper()
	_, err := io.WriteString(conn, text)
	require.NoError(t, err)
}

func hear(t testing.TB, conn net.Conn, text string) {
	t.Helper()
	b := make([]byte, len(text))
	_, err := io.ReadFull(conn, b)
	require.NoError(t, err)
	require.Equal(t, text, string(b))
}

// hearNothing shows that nothing arrives. It waits in vain on purpose: that
// something is absent has no other sign.
func hearNothing(t testing.TB, conn net.Conn) {
	t.Helper()
	require.NoError(t, conn.SetReadDeadline(time.Now().Add(50*time.Millisecond)))
	n, err := conn.Read(make([]byte, 1))
	require.Zero(t, n)
	var timeout net.Error
	require.True(t, errors.As(err, &timeout) && timeout.Timeout(), "%v", err)
	require.NoError(t, conn.SetReadDeadline(time.Now().Add(20*time.Second)))
}

func await(t testing.TB, p *Proxy, condition func(ProxyStats) bool) ProxyStats {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	stats, err := p.Wait(ctx, condition)
	require.NoError(t, err)
	return stats
}

func TestProxyPassesBothDirectionsAndCounts(t *testing.T) {
	t.Parallel()
	p := NewProxy(t, echo(t))
	a, b := dialProxy(t, p), dialProxy(t, p)
	say(t, a, "hello")
	hear(t, a, "hello")
	await(t, p, func(s ProxyStats) bool { return s.Accepted == 2 })
	require.NoError(t, a.Close())
	await(t, p, func(s ProxyStats) bool { return s.Open == 1 })
	require.NoError(t, b.Close())
	stats := await(t, p, func(s ProxyStats) bool { return s.Open == 0 })
	require.Equal(t, ProxyStats{Accepted: 2, MaxOpen: 2, BytesToServer: 5, BytesToClient: 5}, stats)
}

func TestProxyPassesOnHalfCloses(t *testing.T) {
	t.Parallel()
	p := NewProxy(t, echo(t))
	conn := dialProxy(t, p)
	say(t, conn, "last words")
	require.NoError(t, conn.CloseWrite())
	all, err := io.ReadAll(conn)
	require.NoError(t, err)
	require.Equal(t, "last words", string(all))
}

func TestProxyDelaysWhatItPasses(t *testing.T) {
	t.Parallel()
	p := NewProxy(t, echo(t))
	conn := dialProxy(t, p)
	const each = 30 * time.Millisecond
	p.Delay(ToServer, each)
	p.Delay(ToClient, each)
	start := time.Now()
	say(t, conn, "x")
	hear(t, conn, "x")
	require.GreaterOrEqual(t, time.Since(start), 2*each)
}

func TestProxyThrottlesByteByByte(t *testing.T) {
	t.Parallel()
	p := NewProxy(t, echo(t))
	conn := dialProxy(t, p)
	p.Throttle(ToClient, 500)
	start := time.Now()
	say(t, conn, "0123456789")
	hear(t, conn, "0123456789")
	require.GreaterOrEqual(t, time.Since(start), 20*time.Millisecond)
}

func TestProxyCutsAfterSoManyBytes(t *testing.T) {
	t.Parallel()
	for _, how := range []Cut{CutFIN, CutRST} {
		for _, open := range []bool{true, false} {
			p := NewProxy(t, echo(t))
			var conn net.Conn
			if open {
				conn = dialProxy(t, p)
				say(t, conn, "before")
				hear(t, conn, "before")
			}
			p.CutAfter(ToClient, 3, how)
			if !open {
				conn = dialProxy(t, p)
			}
			say(t, conn, "012345")
			got, err := io.ReadAll(conn)
			require.Equal(t, "012", string(got))
			if how == CutFIN {
				require.NoError(t, err)
			} else {
				require.ErrorIs(t, err, syscall.ECONNRESET)
			}
			await(t, p, func(s ProxyStats) bool { return s.Open == 0 })
		}
	}
}

func TestProxyCutsBeforeTheServerSeesTheRest(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	p := NewProxy(t, l.Addr().String())
	p.CutAfter(ToServer, 4, CutFIN)
	say(t, dialProxy(t, p), "UPDATE")
	server, err := l.Accept()
	require.NoError(t, err)
	defer server.Close()
	got, err := io.ReadAll(server)
	require.NoError(t, err)
	require.Equal(t, "UPDA", string(got))
}

func TestProxyHealsBeforeACutThatHasNotCome(t *testing.T) {
	t.Parallel()
	p := NewProxy(t, echo(t))
	conn := dialProxy(t, p)
	p.CutAfter(ToClient, 3, CutRST)
	say(t, conn, "012")
	hear(t, conn, "012")
	p.Heal()
	say(t, conn, "345")
	hear(t, conn, "345")
}

func TestProxyCutsAllNow(t *testing.T) {
	t.Parallel()
	p := NewProxy(t, echo(t))
	conn := dialProxy(t, p)
	say(t, conn, "x")
	hear(t, conn, "x")
	p.CutAll(CutRST)
	_, err := conn.Read(make([]byte, 1))
	require.ErrorIs(t, err, syscall.ECONNRESET)
	again := dialProxy(t, p)
	say(t, again, "y")
	hear(t, again, "y")
}

func TestProxyBlackHoleHoldsEverythingUntilItIsLifted(t *testing.T) {
	t.Parallel()
	p := NewProxy(t, echo(t))
	old := dialProxy(t, p)
	say(t, old, "x")
	hear(t, old, "x")
	p.BlackHole(true)
	say(t, old, "lost?")
	fresh := dialProxy(t, p)
	say(t, fresh, "anyone?")
	await(t, p, func(s ProxyStats) bool { return s.BytesToServer == int64(len("xlost?anyone?")) })
	hearNothing(t, old)
	hearNothing(t, fresh)
	p.BlackHole(false)
	hear(t, old, "lost?")
	hear(t, fresh, "anyone?")
}

func TestProxyBlackHoleSeesClientsLeave(t *testing.T) {
	t.Parallel()
	p := NewProxy(t, echo(t))
	p.BlackHole(true)
	conn := dialProxy(t, p)
	say(t, conn, "x")
	await(t, p, func(s ProxyStats) bool { return s.Open == 1 })
	require.NoError(t, conn.Close())
	await(t, p, func(s ProxyStats) bool { return s.Open == 0 })
}

func TestProxyHoldsTheAnswerOnly(t *testing.T) {
	t.Parallel()
	p := NewProxy(t, echo(t))
	conn := dialProxy(t, p)
	p.Hold(ToClient, true)
	say(t, conn, "x")
	await(t, p, func(s ProxyStats) bool { return s.BytesToClient == 1 })
	hearNothing(t, conn)
	p.Hold(ToClient, false)
	hear(t, conn, "x")
}

func TestProxyThatDoesNotReadBlocksTheWriter(t *testing.T) {
	t.Parallel()
	p := NewProxy(t, echo(t))
	conn := dialProxy(t, p)
	say(t, conn, "x")
	hear(t, conn, "x")
	p.Pause(ToServer, true)
	require.NoError(t, conn.SetWriteDeadline(time.Now().Add(200*time.Millisecond)))
	n, err := conn.Write(make([]byte, 64<<20))
	var timeout net.Error
	require.True(t, errors.As(err, &timeout) && timeout.Timeout(), "%v", err)
	require.Equal(t, int64(1), p.Stats().BytesToServer)
	p.Pause(ToServer, false)
	go func() { _, _ = io.Copy(io.Discard, conn) }()
	await(t, p, func(s ProxyStats) bool { return s.BytesToServer == int64(1+n) })
}

func TestProxyRefusesAndAcceptsOnTheSamePort(t *testing.T) {
	t.Parallel()
	p := NewProxy(t, echo(t))
	old := dialProxy(t, p)
	say(t, old, "x")
	hear(t, old, "x")
	require.NoError(t, p.Refuse(true))
	_, err := net.Dial("tcp", p.Addr())
	require.ErrorIs(t, err, syscall.ECONNREFUSED)
	say(t, old, "y")
	hear(t, old, "y")
	require.NoError(t, p.Refuse(false))
	require.NoError(t, p.Refuse(false), "twice does nothing")
	fresh := dialProxy(t, p)
	say(t, fresh, "z")
	hear(t, fresh, "z")
}

func TestProxyResetsClientsWhenTheServerIsDown(t *testing.T) {
	t.Parallel()
	down, err := freeAddress()
	require.NoError(t, err)
	p := NewProxy(t, down)
	conn := dialProxy(t, p)
	say(t, conn, "x")
	_, err = conn.Read(make([]byte, 1))
	require.ErrorIs(t, err, syscall.ECONNRESET)
}

func TestProxyPassesOnAReset(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	p := NewProxy(t, l.Addr().String())
	conn := dialProxy(t, p)
	say(t, conn, "x")
	server, err := l.Accept()
	require.NoError(t, err)
	require.NoError(t, server.(*net.TCPConn).SetLinger(0))
	require.NoError(t, server.Close())
	_, err = conn.Read(make([]byte, 1))
	require.ErrorIs(t, err, syscall.ECONNRESET)
}

func TestProxyWaitSaysWhatItCountedInVain(t *testing.T) {
	t.Parallel()
	p := NewProxy(t, echo(t))
	why := errors.New("the test is over")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(why)
	_, err := p.Wait(ctx, func(s ProxyStats) bool { return s.Accepted == 7 })
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorIs(t, err, why)
	require.ErrorContains(t, err, "Accepted:0")
}

func TestProxyCloseLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	p, err := StartProxy(echo(t))
	require.NoError(t, err)
	p.Throttle(ToClient, 1)
	conn := dialProxy(t, p)
	say(t, conn, "a long text that takes minutes at this rate")
	p.Pause(ToServer, true)
	p.Close()
	p.Close()
	require.NoError(t, p.Refuse(false), "a closed proxy does not come back")
	_, err = net.Dial("tcp", p.Addr())
	require.Error(t, err)
}

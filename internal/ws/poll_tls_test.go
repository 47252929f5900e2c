//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package ws

import (
	"crypto/tls"
	"io"
	"net"
	"runtime"
	"testing"

	"github.com/gobwas/ws"
	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql/internal/scripted"
)

// Poll with TLS, which reads ahead.

// splitter holds back what is written after a cut, until it is let go.
type splitter struct {
	net.Conn
	cut  int // <0: nothing is held back
	held []byte
}

func (s *splitter) Write(b []byte) (int, error) {
	if s.cut < 0 {
		return s.Conn.Write(b)
	}
	s.held = append(s.held, b[s.cut:]...)
	if _, err := s.Conn.Write(b[:s.cut]); err != nil {
		return 0, err
	}
	return len(b), nil
}

func (s *splitter) letGo() error {
	s.cut = -1
	_, err := s.Conn.Write(s.held)
	return err
}

// tlsPair returns a connection right after its TLS handshake, without an
// upgrade, and its peer.
func tlsPair(t *testing.T) (*Conn, *tls.Conn, *splitter) {
	t.Helper()
	ca := scripted.NewAuthority(t)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer ln.Close()
	raw, err := net.Dial("tcp", ln.Addr().String())
	require.NoError(t, err)
	t.Cleanup(func() { _ = raw.Close() })
	far, err := ln.Accept()
	require.NoError(t, err)
	t.Cleanup(func() { _ = far.Close() })

	split := &splitter{Conn: far, cut: -1}
	cfg := ca.ServerConfig()
	cfg.ClientAuth = tls.RequestClientCert // puts the ticket after the client's last flight
	server := tls.Server(split, cfg)
	shaken := make(chan error, 1)
	go func() { shaken <- server.Handshake() }()
	trust := ca.ClientConfig()
	trust.ServerName = "localhost"
	trust.ClientSessionCache = tls.NewLRUClientSessionCache(1) // asks for tickets
	client := tls.Client(raw, trust)
	require.NoError(t, client.Handshake())
	require.NoError(t, <-shaken)
	require.Equal(t, uint16(tls.VersionTLS13), client.ConnectionState().Version)
	return newConn(client, raw, 0, nil), server, split
}

func TestTLSSessionTicketIsNoMessageAndNoFailure(t *testing.T) {
	c, server, _ := tlsPair(t)
	arrived(t, c, 1) // the server's session ticket, which nobody has read yet
	require.NoError(t, c.Poll(false, noMessage(t)))
	require.False(t, c.Broken())

	_, err := server.Write(scripted.Binary([]byte("hello")))
	require.NoError(t, err)
	got, err := c.ReadMessage()
	require.NoError(t, err)
	require.Equal(t, "hello", string(got))
}

func TestTLSRecordThatIsHalfThereStaysForLater(t *testing.T) {
	c, server, split := tlsPair(t)
	split.cut = 7
	_, err := server.Write(scripted.Binary([]byte("notification")))
	require.NoError(t, err)
	arrived(t, c, 7)
	for range 3 {
		require.NoError(t, c.Poll(false, noMessage(t)))
	}
	require.NoError(t, split.letGo())
	arrived(t, c, 1)
	var got []string
	for len(got) == 0 { // TCP may bring the rest in parts
		require.NoError(t, c.Poll(true, func(b []byte) error { got = append(got, string(b)); return nil }))
	}
	require.Equal(t, []string{"notification"}, got)
}

func TestTLSReadAheadIsNoticed(t *testing.T) {
	ca := scripted.NewAuthority(t)
	reply := scripted.Binary([]byte("reply"))
	connected := make(chan struct{})
	srv := scripted.New(t, func(c *scripted.Conn) {
		c.Wait(connected)
		c.Write(reply)
		c.CloseFrame(1001, "") // a record of its own; the socket stays open
		c.Stall()
	}).UseTLS(ca.ServerConfig())
	o := to(srv)
	o.TLS = ca.ClientConfig()
	c := connect(t, o)
	close(connected)
	const overhead = 5 + 1 + 16 // of a TLS 1.3 record
	arrived(t, c, len(reply)+4+2*overhead)
	got, err := c.ReadMessage()
	require.NoError(t, err)
	require.Equal(t, "reply", string(got))

	look, err := c.peeker.peek()
	require.NoError(t, err)
	require.Equal(t, empty, look, "the socket is empty: the second record lies in TLS")
	var gone *CloseError
	require.ErrorAs(t, c.Poll(false, noMessage(t)), &gone)
	require.EqualValues(t, 1001, gone.Code)
}

func TestTLSReadAheadDuringTheUpgradeIsNoticed(t *testing.T) {
	ca := scripted.NewAuthority(t)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer ln.Close()
	far := make(chan *tls.Conn, 1)
	go func() {
		nc, err := ln.Accept()
		if err != nil {
			return
		}
		split := &splitter{Conn: nc, cut: -1}
		server := tls.Server(split, ca.ServerConfig())
		u := ws.Upgrader{Protocol: func([]byte) bool { return true }}
		if server.Handshake() == nil {
			split.cut = 0
			_, _ = u.Upgrade(server)
			_, _ = server.Write(scripted.Frame(scripted.OpPing, []byte("first")))
			_ = split.letGo() // two records at once
		}
		far <- server
	}()
	c := connect(t, Options{Addr: ln.Addr().String(), Path: "/rpc", Protocols: []string{"cbor"}, TLS: ca.ClientConfig()})
	require.NoError(t, c.Poll(false, noMessage(t)))
	server := <-far
	defer server.Close()
	h, err := ws.ReadHeader(server)
	require.NoError(t, err)
	require.Equal(t, ws.OpPong, h.OpCode)
	require.EqualValues(t, len("first"), h.Length)
}

func TestTLSConnectionThatEndedWhileIdleIsNoticed(t *testing.T) {
	for name, end := range map[string]func(*tls.Conn, *splitter) error{
		"with a close_notify": func(server *tls.Conn, _ *splitter) error { return server.Close() },
		"without":             func(_ *tls.Conn, s *splitter) error { return s.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			c, server, split := tlsPair(t)
			require.NoError(t, end(server, split))
			var err error
			for err == nil {
				err = c.Poll(false, noMessage(t))
				runtime.Gosched()
			}
			require.ErrorIs(t, err, io.ErrUnexpectedEOF)
			require.True(t, c.Broken())
		})
	}
}

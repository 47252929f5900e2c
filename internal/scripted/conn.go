package scripted

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gobwas/ws"
)

// Conn is one connection, in the hands of its script. Unless a method says
// otherwise it belongs to the script's goroutine, which ends inside the call where
// the client has gone or the test is over.
type Conn struct {
	srv    *Server
	t      testing.TB
	raw    socket
	tls    *tls.Config
	nc     net.Conn // raw, or the TLS connection on it
	br     *bufio.Reader
	number int
	path   string
	header http.Header

	offered  []string // subprotocols
	protocol string   // agreed to

	queue    []Request // read while the script waited for something else
	pongs    [][]byte
	code     uint16 // of the client's Close frame
	finished atomic.Bool
}

func newConn(s *Server, raw socket, cfg *tls.Config, number int) *Conn {
	return &Conn{
		srv: s, t: s.t,
		raw: raw, tls: cfg, nc: raw, br: bufio.NewReader(raw),
		number: number, header: http.Header{},
	}
}

// secure does the TLS handshake where one is wanted. Its failure is the
// client's business.
func (c *Conn) secure() bool {
	if c.tls == nil {
		return true
	}
	server := tls.Server(c.raw, c.tls)
	c.nc = server
	c.br.Reset(server)
	return server.Handshake() == nil
}

// shut closes the socket. After Drop it waits until the client has closed its
// side: unread bytes would turn the FIN into an RST.
func (c *Conn) shut() {
	if c.finished.Load() {
		_, _ = io.Copy(io.Discard, c.raw)
	}
	_ = c.raw.Close()
}

// end ends the script because of an error, which is none of the test's
// business: the client has gone, or the server is closed.
func (c *Conn) end() { runtime.Goexit() }

// Number is the connection's number in its server, from 1.
func (c *Conn) Number() int { return c.number }

// Path is the path that the client asked for.
func (c *Conn) Path() string { return c.path }

// Header holds the headers of the upgrade request, the WebSocket ones left out.
func (c *Conn) Header() http.Header { return c.header }

// TLS returns the state of the TLS connection; the zero value without TLS.
func (c *Conn) TLS() tls.ConnectionState {
	if server, ok := c.nc.(*tls.Conn); ok {
		return server.ConnectionState()
	}
	return tls.ConnectionState{}
}

// Upgrade answers the upgrade request and agrees to a subprotocol as the server does; see
// [Server.UseProtocols]. The early bytes go out in the same write, as a server's first ping
// does.
func (c *Conn) Upgrade(early ...byte) { c.upgrade(c.srv.choose, early) }

// UpgradeAs is Upgrade, but it agrees to this subprotocol, offered or not; with "" to none.
func (c *Conn) UpgradeAs(protocol string, early ...byte) {
	c.upgrade(func([]string) string { return protocol }, early)
}

func (c *Conn) upgrade(choose func(offered []string) string, early []byte) {
	var answer bytes.Buffer
	u := ws.Upgrader{
		ProtocolCustom: func(offer []byte) (string, bool) {
			for p := range strings.SplitSeq(string(offer), ",") {
				c.offered = append(c.offered, strings.TrimSpace(p))
			}
			c.srv.countOffer(c.offered)
			c.protocol = choose(c.offered)
			return c.protocol, true
		},
		OnRequest: func(uri []byte) error { c.path = string(uri); return nil },
		OnHeader: func(key, value []byte) error {
			c.header.Add(string(key), string(value))
			return nil
		},
	}
	if _, err := u.Upgrade(readWriter{c.br, &answer}); err != nil {
		c.end()
	}
	answer.Write(early)
	c.Write(answer.Bytes())
}

// Offered are the subprotocols that the client offered in its upgrade request.
func (c *Conn) Offered() []string { return c.offered }

// Protocol is the subprotocol that was agreed to; "" for none.
func (c *Conn) Protocol() string { return c.protocol }

type readWriter struct {
	io.Reader
	io.Writer
}

// Refuse reads the upgrade request and answers it with another status.
func (c *Conn) Refuse(status int, body string) {
	c.ReadUpgrade()
	c.Write(fmt.Appendf(nil, "HTTP/1.1 %d %s\r\nContent-Length: %d\r\n\r\n%s",
		status, http.StatusText(status), len(body), body))
}

// ReadUpgrade reads the upgrade request and answers nothing.
func (c *Conn) ReadUpgrade() {
	r, err := http.ReadRequest(c.br)
	if err != nil {
		c.end()
	}
	c.path, c.header = r.URL.Path, r.Header
}

// Write sends bytes as they are.
func (c *Conn) Write(b []byte) {
	if _, err := c.nc.Write(b); err != nil {
		c.end()
	}
}

// Drip sends bytes one at a time with a pause after each.
func (c *Conn) Drip(b []byte, pause time.Duration) {
	tick := time.NewTicker(pause)
	defer tick.Stop()
	for i := range b {
		c.Write(b[i : i+1])
		select {
		case <-tick.C:
		case <-c.srv.done:
			c.end()
		}
	}
}

// Wait reads nothing until ch is closed or brings something, or the test ends.
func (c *Conn) Wait(ch <-chan struct{}) {
	select {
	case <-ch:
	case <-c.srv.done:
		c.end()
	}
}

// Stall reads and writes nothing until the test ends. What the client sends
// fills the socket's buffers: some megabytes go in before its writes block.
func (c *Conn) Stall() { c.Wait(nil) }

// Drop sends a FIN, without a Close frame. What the client sends from here on is
// taken without being looked at; nothing can be sent to it any more.
func (c *Conn) Drop() {
	c.finished.Store(true)
	c.srv.discount(c)
	_ = c.raw.CloseWrite()
}

// Reset closes the socket with an RST.
func (c *Conn) Reset() {
	c.srv.discount(c)
	_ = c.raw.SetLinger(0)
	_ = c.raw.Close()
}

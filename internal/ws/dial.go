package ws

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/gobwas/ws"

	"github.com/surrealsql/surrealsql/internal/ctxerr"
)

// How a connection is made: dial, TLS, and the upgrade by HTTP.

// Options say where and how Dial connects.
type Options struct {
	Addr   string      // host:port
	Path   string      // of the HTTP request, "/rpc", percent-encoded
	Header http.Header // added to the request; nil for none
	TLS    *tls.Config // nil for ws://; never changed. An empty ServerName becomes Addr's host

	// Protocols are the WebSocket subprotocols that are offered, in this order. The server
	// must take one of them: see Conn.Protocol.
	Protocols []string

	// DialContext makes the transport; nil means a net.Dialer.
	DialContext func(ctx context.Context, network, addr string) (net.Conn, error)

	// GaveUp, if set, is told of each socket that Dial has given up. The channel is
	// closed when the socket has been, which may be a moment later.
	GaveUp func(closed <-chan struct{})

	// MaxMessage bounds an incoming message, in bytes; zero is DefaultMaxMessage.
	MaxMessage int
	// MaxSend bounds an outgoing message likewise; what is larger is not sent.
	MaxSend int
}

// Dial connects, does the TLS handshake where one is wanted, and upgrades to
// WebSocket. The context bounds all of it, also against a peer that accepts
// and stays silent.
func Dial(ctx context.Context, o Options) (*Conn, error) {
	dial := o.DialContext
	if dial == nil {
		dial = new(net.Dialer).DialContext
	}
	nc, err := dial(ctx, "tcp", o.Addr)
	if err != nil {
		return nil, cause(ctx, err)
	}
	raw := nc
	if own, ok := nc.(*tls.Conn); ok {
		raw = own.NetConn() // a dialer with TLS of its own; see Abort
	}
	// Closing works on every net.Conn; deadlines do not on all.
	end := newClosing(raw)
	stop := context.AfterFunc(ctx, end.close)
	ready := false
	defer func() {
		if !ready { // also where a foreign transport panics
			end.close()
			if o.GaveUp != nil {
				o.GaveUp(end.done)
			}
		}
	}()
	c, err := upgrade(ctx, nc, raw, o)
	if !stop() || err != nil {
		return nil, cause(ctx, err)
	}
	c.end, ready = end, true
	return c, nil
}

func upgrade(ctx context.Context, nc, raw net.Conn, o Options) (*Conn, error) {
	if o.TLS != nil {
		cfg := o.TLS
		if cfg.ServerName == "" {
			host, _, err := net.SplitHostPort(o.Addr)
			if err != nil {
				return nil, err
			}
			cfg = cfg.Clone()
			cfg.ServerName = host
		}
		client := tls.Client(nc, cfg)
		if err := client.HandshakeContext(ctx); err != nil {
			return nil, err
		}
		nc = client
	}
	refusal := new(HandshakeError)
	d := ws.Dialer{
		Protocols: o.Protocols,
		Header:    ws.HandshakeHeaderHTTP(o.Header),
		OnStatusError: func(status int, _ []byte, resp io.Reader) {
			*refusal = HandshakeError{Status: status, Body: bodyLine(resp)}
		},
	}
	scheme := "ws"
	if o.TLS != nil {
		scheme = "wss"
	}
	path, err := url.PathUnescape(o.Path)
	if err != nil {
		return nil, fmt.Errorf("websocket: path %q: %w", o.Path, err)
	}
	in := &bounded{r: nc, left: maxAnswer}
	br, _, err := d.Upgrade(answer{nc, in}, &url.URL{Scheme: scheme, Host: o.Addr, Path: path, RawPath: o.Path})
	var status ws.StatusError
	if errors.As(err, &status) {
		if refusal.Status == 0 {
			refusal.Status = int(status)
		}
		return nil, refusal
	}
	if err != nil && !errors.Is(err, ws.ErrHandshakeBadSubProtocol) {
		return nil, fmt.Errorf("websocket: upgrade: %w", upgradeError(err))
	}
	said := agreements(in.seen)
	if err != nil || len(said) != 1 || !slices.Contains(o.Protocols, said[0]) {
		return nil, &SubprotocolError{Offered: o.Protocols, Agreed: said}
	}
	var early []byte
	if br != nil { // the server's first ping often comes with the 101
		early, _ = br.Peek(br.Buffered())
		defer ws.PutReader(br)
	}
	c := newConn(nc, raw, o.MaxMessage, early)
	c.maxSend, c.protocol = orDefault(o.MaxSend), said[0]
	return c, nil
}

// agreements are the subprotocols that an answer to the upgrade agrees to, as a rule one.
// The library does not say which, if it was not offered, and takes two for one.
func agreements(answer []byte) []string {
	var said []string
	for line := range bytes.SplitSeq(answer, []byte("\n")) {
		if line = bytes.TrimSpace(line); len(line) == 0 {
			break // frames may follow
		}
		if name, value, _ := bytes.Cut(line, []byte(":")); bytes.EqualFold(name, []byte("Sec-WebSocket-Protocol")) {
			said = append(said, string(bytes.TrimSpace(value)))
		}
	}
	return said
}

// upgradeError makes a ProtocolError of the library's complaints about what the answer
// says. Other errors are the network's.
func upgradeError(err error) error {
	var rejected *ws.ConnectionRejectedError
	if errors.As(err, &rejected) || errors.Is(err, ws.ErrMalformedResponse) ||
		errors.Is(err, ws.ErrHandshakeBadExtensions) {
		return &ProtocolError{err.Error() + ": is this a SurrealDB server?"}
	}
	return err
}

// maxAnswer bounds the HTTP answer to the upgrade. The library collects a
// header line of any length, so a hostile server could fill the memory with one
// until the context ends.
const maxAnswer = 64 << 10

// answer writes to a connection and reads no more from it than an answer may
// hold.
type answer struct {
	io.Writer
	io.Reader
}

type bounded struct {
	r    io.Reader
	left int
	seen []byte // what was read
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left == 0 {
		return 0, fmt.Errorf("the server's answer is longer than %d bytes: is this a SurrealDB server?", maxAnswer)
	}
	n, err := b.r.Read(p[:min(len(p), b.left)])
	b.left -= n
	b.seen = append(b.seen, p[:n]...)
	return n, err
}

// maxBodyLine is about two lines of a log, in bytes.
const maxBodyLine = 200

// bodyLine reads the beginning of a refusal's body, for the error message. A
// body of unknown length is left alone: on a connection that is kept open its
// end would never come.
func bodyLine(resp io.Reader) string {
	answer, err := http.ReadResponse(bufio.NewReader(resp), nil)
	if err != nil {
		return ""
	}
	defer answer.Body.Close()
	if answer.ContentLength <= 0 {
		return ""
	}
	head, _ := io.ReadAll(io.LimitReader(answer.Body, maxBodyLine))
	line, _, _ := strings.Cut(strings.TrimSpace(string(head)), "\n")
	return strings.ToValidUTF8(line, "?")
}

// cause puts the end of the context before the noise that closing the socket
// made.
func cause(ctx context.Context, err error) error {
	end := ctxerr.Of(ctx)
	switch {
	case end == nil:
		return err
	case err == nil, err == ctx.Err():
		return end
	}
	return fmt.Errorf("%w (%w)", end, err)
}

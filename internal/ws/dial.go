package ws

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/gobwas/ws"
)

// Options say where and how Dial connects.
type Options struct {
	Addr     string      // host:port
	Path     string      // of the HTTP request, "/rpc"
	Protocol string      // the WebSocket subprotocol that both must speak
	Header   http.Header // added to the request; nil for none
	TLS      *tls.Config // nil for ws://; never changed. An empty ServerName becomes Addr's host

	// DialContext makes the transport; nil means a net.Dialer.
	DialContext func(ctx context.Context, network, addr string) (net.Conn, error)

	// GaveUp, if set, is told of each socket that Dial has given up, by the channel
	// that is closed when the socket has been closed: which may be a moment later.
	GaveUp func(closed <-chan struct{})

	// MaxMessage bounds an incoming message, in bytes; zero is DefaultMaxMessage.
	MaxMessage int
	// MaxSend bounds an outgoing message likewise; what is larger is not sent.
	MaxSend int
}

// HandshakeError is an HTTP answer other than 101 to the upgrade.
type HandshakeError struct {
	Status int
	Body   string // its beginning, one line
}

func (e *HandshakeError) Error() string {
	text := fmt.Sprintf("websocket: the server answered the upgrade with HTTP %d %s instead of 101", e.Status, http.StatusText(e.Status))
	if e.Body != "" {
		text += ": " + e.Body
	}
	return text
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
		Protocols: []string{o.Protocol},
		Header:    ws.HandshakeHeaderHTTP(o.Header),
		OnStatusError: func(status int, _ []byte, resp io.Reader) {
			*refusal = HandshakeError{Status: status, Body: bodyLine(resp)}
		},
	}
	scheme := "ws"
	if o.TLS != nil {
		scheme = "wss"
	}
	br, hs, err := d.Upgrade(answer{nc, &bounded{nc, maxAnswer}}, &url.URL{Scheme: scheme, Host: o.Addr, Path: o.Path})
	var status ws.StatusError
	if errors.As(err, &status) {
		if refusal.Status == 0 {
			refusal.Status = int(status)
		}
		return nil, refusal
	}
	if err != nil {
		return nil, fmt.Errorf("websocket: upgrade: %w", strange(err))
	}
	if hs.Protocol != o.Protocol {
		return nil, &ProtocolError{fmt.Sprintf("the server agreed to subprotocol %q, expected %q: is this a SurrealDB server?", hs.Protocol, o.Protocol)}
	}
	var early []byte
	if br != nil { // the server's first ping often comes with the 101
		early, _ = br.Peek(br.Buffered())
		defer ws.PutReader(br)
	}
	c := newConn(nc, raw, o.MaxMessage, early)
	c.maxSend = orDefault(o.MaxSend)
	return c, nil
}

// strange makes a ProtocolError of the library's complaints about what the answer
// says. Other errors are the network's.
func strange(err error) error {
	var rejected *ws.ConnectionRejectedError
	if errors.As(err, &rejected) || errors.Is(err, ws.ErrMalformedResponse) ||
		errors.Is(err, ws.ErrHandshakeBadSubProtocol) || errors.Is(err, ws.ErrHandshakeBadExtensions) {
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
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left == 0 {
		return 0, fmt.Errorf("the server's answer is longer than %d bytes: is this a SurrealDB server?", maxAnswer)
	}
	n, err := b.r.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}

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
	head, _ := io.ReadAll(io.LimitReader(answer.Body, 200))
	line, _, _ := strings.Cut(strings.TrimSpace(string(head)), "\n")
	return strings.ToValidUTF8(line, "?")
}

// cause puts the end of the context before the noise that closing the socket
// made. The context's own error stays in the chain beside its cause: who asks
// for context.DeadlineExceeded must find it.
func cause(ctx context.Context, err error) error {
	end := ctx.Err()
	if end == nil {
		return err
	}
	if why := context.Cause(ctx); errors.Is(why, end) {
		end = why
	} else {
		end = fmt.Errorf("%w: %w", end, why)
	}
	if err == nil || err == ctx.Err() {
		return end
	}
	return fmt.Errorf("%w (%w)", end, err)
}

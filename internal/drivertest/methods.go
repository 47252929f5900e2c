package drivertest

import (
	"bytes"
	"context"
	"net"
	"sync"

	"github.com/fxamacker/cbor/v2"
	"github.com/gobwas/ws"

	"github.com/surrealsql/surrealsql"
)

// Methods counts the requests that a program sends to a real server, by their methods. The
// zero value is ready for use.
type Methods struct {
	mu     sync.Mutex
	counts map[string]int
}

// Use makes a Config's connections count.
func (m *Methods) Use(cfg *surrealsql.Config) { cfg.DialContext = m.Dial }

// Dial opens a socket whose requests are counted.
func (m *Methods) Dial(ctx context.Context, network, addr string) (net.Conn, error) {
	nc, err := new(net.Dialer).DialContext(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	return &overheard{Conn: nc, methods: m}, nil
}

// Count returns how many requests of a method have been sent.
func (m *Methods) Count(method string) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.counts[method]
}

// Signed returns how many sign-ins there were with a password and with a token.
func (m *Methods) Signed() (password, token int) { return m.Count("signin"), m.Count("authenticate") }

func (m *Methods) add(method string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.counts == nil {
		m.counts = make(map[string]int)
	}
	m.counts[method]++
}

// overheard reads along what is written.
type overheard struct {
	net.Conn
	methods  *Methods
	upgraded bool
	pending  []byte // written, and not read yet
}

func (o *overheard) Write(b []byte) (int, error) {
	o.pending = append(o.pending, b...)
	if !o.upgraded {
		var found bool
		if _, o.pending, found = bytes.Cut(o.pending, []byte("\r\n\r\n")); !found {
			panic("drivertest: expected the upgrade request in one write")
		}
		o.upgraded = true
	}
	for o.readFrame() {
	}
	return o.Conn.Write(b)
}

// readFrame reads one frame, if all of it is there.
func (o *overheard) readFrame() bool {
	r := bytes.NewReader(o.pending)
	header, err := ws.ReadHeader(r)
	if err != nil || int64(r.Len()) < header.Length {
		return false
	}
	start := len(o.pending) - r.Len()
	payload := bytes.Clone(o.pending[start : start+int(header.Length)])
	o.pending = o.pending[start+len(payload):]
	ws.Cipher(payload, header.Mask, 0)
	var request struct {
		Method string `cbor:"method"`
	}
	if header.OpCode == ws.OpBinary && cbor.Unmarshal(payload, &request) == nil {
		o.methods.add(request.Method)
	}
	return true
}

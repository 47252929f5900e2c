package drivertest

import (
	"context"
	"net"
	"sync"
	"syscall"

	"github.com/surrealsql/surrealsql/internal/scripted"
)

// ErrRefused is what a dial fails with where nobody listens.
var ErrRefused = &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}

// Refuse is a dial that is refused.
func Refuse(context.Context) (net.Conn, error) { return nil, ErrRefused }

// Pipes is the network before a server of pipes, for tests in fake time: its dials can
// be made to fail or to wait, and are counted by address.
type Pipes struct {
	Server *scripted.Server

	mu    sync.Mutex
	fault func(ctx context.Context) (net.Conn, error) // nil while all is well
	dials map[string]int
	down  map[string]bool          // addresses that refuse
	held  map[string]chan struct{} // addresses that let wait
}

// NewPipes makes the network before the server.
func NewPipes(srv *scripted.Server) *Pipes {
	return &Pipes{
		Server: srv,
		dials:  make(map[string]int), down: make(map[string]bool), held: make(map[string]chan struct{}),
	}
}

// Dial is for a Config's DialContext.
func (p *Pipes) Dial(ctx context.Context, network, addr string) (net.Conn, error) {
	p.mu.Lock()
	p.dials[addr]++
	fault, held := p.fault, p.held[addr]
	if p.down[addr] {
		fault = Refuse
	}
	p.mu.Unlock()
	if held != nil {
		select {
		case <-held:
		case <-ctx.Done(): // or a test that fails before its release would never end
			return nil, ctx.Err()
		}
	}
	if fault != nil {
		return fault(ctx)
	}
	return p.Server.Dial(ctx, network, addr)
}

// Fail makes all dials end so from now on; nil lets them through.
func (p *Pipes) Fail(fault func(context.Context) (net.Conn, error)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fault = fault
}

// SetDown makes dials to an address be refused, or not.
func (p *Pipes) SetDown(addr string, down bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.down[addr] = down
}

// Stall lets dials to an address wait until release is called.
func (p *Pipes) Stall(addr string) (release func()) {
	hold := make(chan struct{})
	p.mu.Lock()
	defer p.mu.Unlock()
	p.held[addr] = hold
	return func() { close(hold) }
}

// Dialled returns how often an address was dialled.
func (p *Pipes) Dialled(addr string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.dials[addr]
}

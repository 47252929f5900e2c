package surrealtest

import (
	"context"
	"fmt"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/ctxerr"
)

// The proxy that misbehaves: its public face. What goes through it is in
// proxy_link.go.

// Direction is one of the two ways through a Proxy.
type Direction int

const (
	// ToServer is what clients send.
	ToServer Direction = iota
	// ToClient is what the server answers.
	ToClient
)

// Cut is a way to end a connection.
type Cut int

const (
	// CutFIN closes it as a program does that ends in good order.
	CutFIN Cut = iota
	// CutRST resets it as a crashed machine or a firewall does.
	CutRST
)

// Proxy stands between clients and a server and misbehaves on demand. Each fault
// is one method, which sets it and with false, zero or a negative count lifts it,
// also while connections are open. It holds for those that are open and those to
// come. Its methods are safe for concurrent use.
type Proxy struct {
	target  string
	address string
	done    sync.WaitGroup // accept loops and links

	mu       sync.Mutex
	changed  *sync.Cond // broadcast when the counts change, for Wait
	listener net.Listener
	links    map[*link]struct{}
	faults   [2]faults
	counts   ProxyStats
	closed   bool
}

// faults are what one direction suffers.
type faults struct {
	delay    time.Duration
	rate     int
	paused   bool
	held     bool
	cutAfter int64 // for new links; < 0: never
	cut      Cut
}

// ProxyStats counts what went through a Proxy since it started.
type ProxyStats struct {
	Accepted      int   // connections accepted
	Open          int   // connections that neither their client nor the proxy has closed
	MaxOpen       int   // open at once, at most
	BytesToServer int64 // read from clients, forwarded or not
	BytesToClient int64 // read from the server, forwarded or not
}

// NewProxy starts a proxy on a free loopback port in front of the target, a
// host:port. It is closed when the test ends.
func NewProxy(t testing.TB, target string) *Proxy {
	t.Helper()
	p, err := StartProxy(target)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

// StartProxy is NewProxy for programs: Close ends it.
func StartProxy(target string) (*Proxy, error) {
	p := &Proxy{target: target, links: make(map[*link]struct{})}
	p.changed = sync.NewCond(&p.mu)
	p.Heal()
	if err := p.listenLocked("127.0.0.1:0"); err != nil {
		return nil, err
	}
	return p, nil
}

// Addr is the host and port that clients connect to.
func (p *Proxy) Addr() string { return p.address }

// DSN rewrites a data source name so that it goes through the proxy. One that
// cannot be parsed comes back as it is: whoever opens it reports why.
func (p *Proxy) DSN(dsn string) string {
	cfg, err := surrealsql.ParseDSN(dsn)
	if err != nil {
		return dsn
	}
	cfg.Hosts = []string{p.address}
	return cfg.FormatDSN()
}

// Stats returns the counts of this moment.
func (p *Proxy) Stats() ProxyStats {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.counts
}

// Wait returns as soon as the condition holds for the counts, which are looked
// at whenever one changes. When the context ends first, the error says what the
// counts were.
func (p *Proxy) Wait(ctx context.Context, condition func(ProxyStats) bool) (ProxyStats, error) {
	defer context.AfterFunc(ctx, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.changed.Broadcast()
	})()
	p.mu.Lock()
	defer p.mu.Unlock()
	for !condition(p.counts) {
		if ctx.Err() != nil {
			return p.counts, fmt.Errorf("surrealtest: waited in vain at the proxy: %w; it counts %+v",
				ctxerr.Of(ctx), p.counts)
		}
		p.changed.Wait()
	}
	return p.counts, nil
}

// Delay lets each piece of data arrive that much later, as a long line does.
// Zero lifts it.
func (p *Proxy) Delay(dir Direction, d time.Duration) {
	p.set(dir, func(f *faults) { f.delay = d })
}

// Throttle lets bytes through at that rate a second, one at a time while the
// rate is below 1,000. Zero lifts it.
func (p *Proxy) Throttle(dir Direction, bytesPerSecond int) {
	p.set(dir, func(f *faults) { f.rate = bytesPerSecond })
}

// Pause stops reading in a direction, as a peer that does not read: once the
// buffers of both ends are full, which takes some megabytes, the sender's writes
// block. A close of the sender is not seen meanwhile.
func (p *Proxy) Pause(dir Direction, on bool) { p.set(dir, func(f *faults) { f.paused = on }) }

// BlackHole accepts connections and data in both directions and passes nothing
// on, as a network does that lost the way. Lifting it passes on what was held,
// as TCP does when the way is found again. A client's close is seen and counted
// meanwhile.
func (p *Proxy) BlackHole(on bool) {
	p.Hold(ToServer, on)
	p.Hold(ToClient, on)
}

// Hold is BlackHole in one direction: holding ToClient lets the server do its
// work and withholds the answer.
func (p *Proxy) Hold(dir Direction, on bool) { p.set(dir, func(f *faults) { f.held = on }) }

// CutAfter passes n more bytes of each open connection in that direction, and
// the first n of each new one, and cuts the connection when another byte comes.
// What follows the n-th byte is lost. A negative n lifts it.
func (p *Proxy) CutAfter(dir Direction, n int64, how Cut) {
	p.set(dir, func(f *faults) { f.cutAfter, f.cut = n, how })
	p.mu.Lock()
	defer p.mu.Unlock()
	for l := range p.links {
		l.pipes[dir].left = n
	}
}

// CutAll cuts every open connection now. New ones are served.
func (p *Proxy) CutAll(how Cut) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for l := range p.links {
		l.endLocked(how)
	}
}

// Refuse closes the listener: connections are refused, as where no server runs.
// Open ones stay. It returns once the port refuses. Lifting it listens on the
// same port again, where an error says that another program has taken it.
func (p *Proxy) Refuse(on bool) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case on:
		p.unlistenLocked()
	case p.listener == nil && !p.closed:
		return p.listenLocked(p.address)
	}
	return nil
}

// Heal lifts every fault that was set, except Refuse.
func (p *Proxy) Heal() {
	for dir := range Direction(2) {
		p.CutAfter(dir, -1, CutFIN)
		p.set(dir, func(f *faults) { *f = faults{cutAfter: -1} })
	}
}

// Close cuts what is open and returns when nothing of the proxy is left.
func (p *Proxy) Close() {
	p.mu.Lock()
	p.closed = true
	p.unlistenLocked()
	for l := range p.links {
		l.endLocked(CutRST)
	}
	p.mu.Unlock()
	p.done.Wait()
}

// set changes the faults of a direction and wakes what waits for a change.
func (p *Proxy) set(dir Direction, change func(*faults)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change(&p.faults[dir])
	for l := range p.links {
		l.pipes[dir].wakeLocked()
	}
}

// listenLocked opens the listener. Before the proxy is shared it needs no lock.
func (p *Proxy) listenLocked(address string) error {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return fmt.Errorf("surrealtest: proxy: %w", err)
	}
	p.listener, p.address = l, l.Addr().String()
	p.done.Go(func() { p.acceptLoop(l) })
	return nil
}

func (p *Proxy) unlistenLocked() {
	if p.listener != nil {
		_ = p.listener.Close()
		p.listener = nil
	}
}

func (p *Proxy) acceptLoop(l net.Listener) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return // the listener is closed
		}
		p.serve(conn.(*net.TCPConn))
	}
}

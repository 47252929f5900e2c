package surrealsql

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"time"

	"github.com/surrealsql/surrealsql/internal/backoff"
	"github.com/surrealsql/surrealsql/internal/ctxerr"
	"github.com/surrealsql/surrealsql/internal/rpc"
	"github.com/surrealsql/surrealsql/internal/tokens"
	"github.com/surrealsql/surrealsql/internal/ws"
)

// Connector makes connections for one Config. Give it to [sql.OpenDB]:
//
//	cfg, err := surrealsql.ParseDSN(dsn)
//	cfg.TLSConfig = tlsConfig
//	connector, err := surrealsql.NewConnector(cfg)
//	db := sql.OpenDB(connector)
//
// It is safe for concurrent use. It also holds what connections share: the analyses of
// query texts, and the goroutine that checks idle connections.
type Connector struct {
	cfg      *Config
	left     undecided
	analyses *analysisCache
	log      logger
	tracers  tracers

	txUsers txUsers
	schema  schemaOnce
	tokens  tokens.Store
	chain   *loginChain // that a connector has in common with those of its Live
	hosts   []*host     // in the order of the Config

	recovering  *recovering
	lingering   lingering
	unstreamed  refusals
	unattached  refusals
	offers      offers
	idleChecker idleChecker
	roundRobin  atomic.Uint64 // the host at which the next attempt begins, counted on
	serial      atomic.Uint64 // numbers the connections
	closed      atomic.Bool
}

var (
	_ driver.Connector = (*Connector)(nil)
	_ io.Closer        = (*Connector)(nil)
)

// undecided is what the program's Config says of what complete decides by other fields. It is
// decided anew by what BeforeConnect makes of those, or a user that it gives would not sign in.
type undecided struct {
	auth   AuthLevel
	jitter time.Duration
}

// NewConnector checks the Config and makes a Connector of a copy of it. It does
// not connect.
func NewConnector(cfg *Config) (*Connector, error) {
	cfg = cfg.Clone()
	left := undecided{cfg.Auth, cfg.LifetimeJitter}
	if err := cfg.complete(); err != nil {
		return nil, err
	}
	if _, err := cfg.tls(); err != nil {
		return nil, err // rather than with the first connection
	}
	return &Connector{
		cfg:         cfg,
		left:        left,
		chain:       newLoginChain(cfg.RefreshToken),
		hosts:       hostsOf(cfg.Hosts),
		analyses:    newAnalysisCache(maxAnalysisBytes),
		log:         logger{cfg.Logger},
		tracers:     tracersOf(cfg.Tracer),
		schema:      newSchemaOnce(),
		recovering:  newRecovering(),
		idleChecker: idleChecker{conns: make(map[*Conn]struct{}), wake: make(chan struct{}, 1)},
	}, nil
}

// Close ends the connector: sql.DB.Close calls it. Idle connections are closed
// by then; those that are still leased are not taken back into a pool.
func (c *Connector) Close() error {
	if !c.closed.Swap(true) {
		c.chain.leave(c.cfg.CloseTimeout)
	}
	c.recovering.close(c.cfg.CloseTimeout)
	c.idleChecker.wakeUp()
	return nil
}

// Connect makes a connection that is ready for use: signed in, on its namespace
// and database, with schema and Init statements run. It takes at most
// connect_timeout, however many attempts connect_attempts allows: database/sql
// dials replacements with a context that never ends.
func (c *Connector) Connect(ctx context.Context) (driver.Conn, error) {
	if c.closed.Load() {
		return nil, errConnectorClosed
	}
	if err := c.cfg.usable(); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeoutCause(withoutOptions(ctx), c.cfg.ConnectTimeout, errConnectTimeout)
	defer cancel()
	conn, err := c.recovering.take(ctx)
	if conn == nil && err == nil {
		if conn, err = c.connect(ctx); err == nil {
			c.track(conn)
		}
	}
	if err != nil {
		return nil, inPart("surrealsql: cannot connect", err)
	}
	return conn, nil
}

var errConnectTimeout = fmt.Errorf("connect_timeout is over: %w", context.DeadlineExceeded)

// connect tries until an attempt succeeds, fails for good, or is the last.
func (c *Connector) connect(ctx context.Context) (*Conn, error) {
	for attempt := 1; ; attempt++ {
		conn, again, err := c.attempt(ctx, attempt)
		if err == nil {
			return conn, nil
		}
		if attempt >= c.cfg.ConnectAttempts || !again {
			return nil, err
		}
		c.log.connectRetried(ctx, attempt, err)
		if !backoff.Sleep(ctx, backoff.Full(backoff.Bound(c.cfg.ConnectBackoff, maxBackoff, attempt))) {
			return nil, fmt.Errorf("%w, after %d attempts: %w", ctxerr.Of(ctx), attempt, err)
		}
	}
}

// attempt tries each host once. again tells whether another attempt may succeed where this
// one failed.
func (c *Connector) attempt(ctx context.Context, number int) (conn *Conn, again bool, err error) {
	r := race[*Conn]{
		hosts: c.order(), delay: c.cfg.HostDelay,
		open:  func(ctx context.Context, n *runner[*Conn]) (*Conn, error) { return c.openTraced(ctx, n, number) },
		abort: (*Conn).abort, serves: c.hostServes,
		fails: func(h *host, why error) { c.hostFailed(h, 0, why) },
	}
	return r.run(ctx)
}

// openTraced opens a session and tells the tracer how that ended, also where a hook panics.
// Where the tracer panics itself, or a handler of logs, nobody gets the connection.
func (c *Connector) openTraced(ctx context.Context, n *runner[*Conn], attempt int) (conn *Conn, err error) {
	addr := n.host.addr
	ctx = c.tracers.ConnectStart(ctx, ConnectStart{Addr: addr, Attempt: attempt})
	end := ConnectEnd{Addr: addr, Err: errPanicked}
	opened, told := false, false
	defer func() {
		if conn != nil && !(opened && told) {
			conn.abort()
		}
	}()
	defer func() { c.tracers.ConnectEnd(ctx, end); told = true }()
	conn, err = c.open(ctx, n)
	if err == nil {
		end.Conn, end.Version, end.Protocol = conn.id, conn.version, conn.protocol
		c.log.connected(ctx, conn.attr(), conn.version, conn.protocol)
	}
	end.Err = err
	opened = true
	return conn, err
}

var errPanicked = errors.New("surrealsql: a hook panicked while connecting")

// open makes a session on the host. What fails on the way leaves no socket.
func (c *Connector) open(ctx context.Context, n *runner[*Conn]) (*Conn, error) {
	dialling, cancel := n.race.share(ctx)
	defer cancel()
	cfg, err := c.configFor(dialling)
	if err != nil {
		return nil, err
	}
	socket, err := c.dial(dialling, n.host, cfg)
	if err != nil {
		if !failsFast(err) { // else nobody has asked the server
			c.noticeLoss(n.host, err)
		}
		return nil, err
	}
	if err := n.reached(ctx, beforeSignIn); err != nil {
		c.lingering.giveUp(socket)
		return nil, &ConnError{Op: "connect", Addr: n.host.addr, Err: err}
	}
	preparing, cancel := n.race.share(ctx)
	defer cancel()
	return c.openOn(preparing, socket, cfg, n)
}

// turnedAway lets a host rest that takes no requests for now.
func (c *Connector) turnedAway(h *host, why error) { c.hostFailed(h, turnedAwayRest, why) }

// hostFailed lets a host rest, if there are others.
func (c *Connector) hostFailed(h *host, atLeast time.Duration, why error) {
	if len(c.hosts) < 2 {
		return
	}
	if rest, first := h.failed(atLeast); first {
		c.log.hostPassedOver(h.addr, rest, why)
	}
}

// hostServes ends the rest of a host.
func (c *Connector) hostServes(h *host) {
	if h.served() {
		c.log.hostBack(h.addr)
	}
}

// order lists the hosts in the order in which this attempt tries them.
func (c *Connector) order() []*host {
	first := 0
	switch n := len(c.hosts); {
	case n < 2:
		return c.hosts
	case c.cfg.LoadBalance == BalanceRoundRobin:
		first = int((c.roundRobin.Add(1) - 1) % uint64(n))
	case c.cfg.LoadBalance == BalanceRandom:
		first = rand.IntN(n)
	}
	if owed := slices.IndexFunc(c.hosts, (*host).takeOwed); owed >= 0 {
		first = owed
	}
	return inTurn(slices.Concat(c.hosts[first:], c.hosts[:first]))
}

// undecidedConfig is a copy of the Config, in which is open what the program has left open.
func (c *Connector) undecidedConfig() *Config {
	cfg := c.cfg.Clone()
	cfg.Auth, cfg.LifetimeJitter = c.left.auth, c.left.jitter
	return cfg
}

// configFor is the Config of one connection: as BeforeConnect leaves it.
func (c *Connector) configFor(ctx context.Context) (*Config, error) {
	if c.cfg.BeforeConnect == nil {
		return c.cfg, nil
	}
	cfg := c.undecidedConfig()
	if err := cfg.BeforeConnect(ctx, cfg); err != nil {
		return nil, &setUpError{inPart("BeforeConnect", err)}
	}
	if err := cfg.complete(); err != nil {
		return nil, &setUpError{inPart("BeforeConnect", err)}
	}
	if !cfg.sameTokens(c.cfg) {
		return nil, &setUpError{errOtherTokens}
	}
	return cfg, nil
}

// dial makes the socket of a connection to a host.
func (c *Connector) dial(ctx context.Context, h *host, cfg *Config) (*ws.Conn, error) {
	security, err := cfg.tls()
	if err != nil {
		return nil, &ConnError{Op: "connect", Addr: h.addr, Err: err}
	}
	began := time.Now()
	socket, err := c.offers.dial(ctx, cfg.Protocol, ws.Options{
		Addr:        h.addr,
		Path:        cfg.RPCPath,
		Header:      cfg.Headers,
		TLS:         security,
		DialContext: cfg.DialContext,
		MaxMessage:  cfg.MaxMessageSize,
		MaxSend:     cfg.MaxRequestSize,
	}, h.generation.Load(), &c.lingering)
	if err != nil {
		return nil, &ConnError{Op: "connect", Addr: h.addr, Err: err}
	}
	h.dialled(time.Since(began))
	return socket, nil
}

// probe asks a host that is down whether it is back. A hook that panics makes it fail: those
// who connect meet the panic, too.
func (c *Connector) probe(h *host) {
	err := errPanicked
	defer func() {
		_ = recover()
		h.endProbe()
		switch {
		case err == nil:
			c.hostServes(h)
		case c.recovering.ended.Err() == nil && !failsFast(err):
			c.hostFailed(h, 0, err)
		}
	}()
	ctx, cancel := context.WithTimeoutCause(c.recovering.ended, c.cfg.ConnectTimeout, errConnectTimeout)
	defer cancel()
	err = c.ask(ctx, h)
}

// ask asks a host for a pong, which costs it no sign-in. A server that is being shut down or
// out of memory upgrades connections, and says so at their first request, or hangs up.
func (c *Connector) ask(ctx context.Context, h *host) error {
	cfg, err := c.configFor(ctx)
	if err != nil {
		return err
	}
	socket, err := c.dial(ctx, h, cfg)
	if err != nil {
		return err
	}
	defer c.lingering.giveUp(socket)
	conn := rpc.NewConn(socket)
	conn.End(conn.Start("ping", rpc.NoTxn, rpc.NoTrace, 0))
	reply, err := conn.RoundTrip(ctx)
	if err != nil {
		return &ConnError{Op: "ping", Addr: h.addr, Err: err}
	}
	if reply.Err != nil {
		if e := refusal("ping", reply.Err); isTurnedAway(e) {
			return e
		}
	}
	return nil
}

// openOn makes a session on a socket, or closes that.
func (c *Connector) openOn(ctx context.Context, socket *ws.Conn, cfg *Config, n *runner[*Conn]) (*Conn, error) {
	h := n.host
	conn := c.newConn(socket, cfg, h)
	conn.lease.start(cfg, h.generation.Load())
	ready := false
	defer func() {
		if !ready { // also where a hook panics
			conn.abort()
		}
	}()
	signedIn := func() error {
		if err := n.reached(ctx, beforeSetUp); err != nil {
			return &ConnError{Op: "connect", Addr: h.addr, Err: err}
		}
		return nil
	}
	if err := conn.prepare(ctx, signedIn); err != nil {
		return nil, err
	}
	if err := conn.cutShort(ctx); err != nil {
		return nil, err
	}
	ready, conn.made = true, true
	return conn, nil
}

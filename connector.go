package surrealsql

import (
	"cmp"
	"context"
	"crypto/tls"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"time"

	"github.com/surrealsql/surrealsql/internal/backoff"
	"github.com/surrealsql/surrealsql/internal/rpc"
	"github.com/surrealsql/surrealsql/internal/ws"
)

// Connector makes connections for one Config. Give it to [sql.OpenDB]:
//
//	cfg, err := surrealsql.ParseDSN(dsn)
//	cfg.TLSConfig = tlsConfig
//	connector, err := surrealsql.NewConnector(cfg)
//	db := sql.OpenDB(connector)
//
// It is safe for concurrent use. It also holds what connections share: the
// analysis of query texts and the care for idle connections.
type Connector struct {
	cfg     *Config
	texts   *texts
	log     logger
	tracers tracers

	txUsers txUsers
	schema  schemaOnce

	lingering lingering
	caretaker caretaker
	alarm     atomic.Uint64 // counts the times the server seemed to be gone
	turn      atomic.Uint64 // of round_robin
	serial    atomic.Uint64 // numbers the connections
	closed    atomic.Bool
}

var (
	_ driver.Connector = (*Connector)(nil)
	_ io.Closer        = (*Connector)(nil)
)

// NewConnector checks the Config and makes a Connector of a copy of it. It does
// not connect.
func NewConnector(cfg *Config) (*Connector, error) {
	cfg = cfg.Clone()
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	c := &Connector{cfg: cfg, texts: newTexts(), schema: newSchemaOnce(), log: logger{cfg.Logger}, tracers: tracersOf(cfg.Tracer)}
	c.caretaker.conns = make(map[*Conn]struct{})
	c.caretaker.wake = make(chan struct{}, 1)
	return c, nil
}

// Driver returns the [Driver].
func (c *Connector) Driver() driver.Driver { return Driver{} }

// Hosts returns the servers, each as host:port, as tracers are told them.
func (c *Connector) Hosts() []string { return slices.Clone(c.cfg.Hosts) }

// Close ends the connector: sql.DB.Close calls it. Idle connections are closed
// by then; those that are still leased are not taken back into a pool.
func (c *Connector) Close() error {
	c.closed.Store(true)
	c.caretaker.ring()
	return nil
}

// Connect makes a connection that is ready for use: signed in, on its namespace
// and database, with schema and Init statements run. It takes at most
// dial_timeout, however many attempts connect_attempts allows: database/sql
// dials replacements with a context that never ends.
func (c *Connector) Connect(ctx context.Context) (driver.Conn, error) {
	if c.closed.Load() {
		return nil, errConnectorClosed
	}
	if err := c.cfg.usable(); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, c.cfg.DialTimeout, errDialTimeout)
	defer cancel()
	conn, err := c.connect(ctx)
	if err != nil {
		return nil, inPart("surrealsql: cannot connect", err)
	}
	c.adopt(conn)
	return conn, nil
}

var errDialTimeout = fmt.Errorf("dial_timeout is over: %w", context.DeadlineExceeded)

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
		if !sleep(ctx, backoff.Full(backoff.Bound(c.cfg.ConnectBackoff, maxBackoff, attempt))) {
			return nil, fmt.Errorf("%w, after %d attempts: %w", context.Cause(ctx), attempt, err)
		}
	}
}

// attempt tries each endpoint once. again tells whether another attempt may
// succeed where this one failed.
func (c *Connector) attempt(ctx context.Context, attempt int) (conn *Conn, again bool, err error) {
	var errs []error
	endpoints := c.endpoints()
	for i, addr := range endpoints {
		conn, err := c.try(ctx, addr, attempt, len(endpoints)-i)
		if err == nil {
			return conn, false, nil
		}
		errs = append(errs, err)
		if !mayPass(err) {
			again = false
			break
		}
		again = again || !failsFast(err)
	}
	return nil, again, errors.Join(errs...)
}

// try tries one endpoint, with an equal share of the time that is left for it and
// those behind it: one that stays silent must not use up the others' time.
func (c *Connector) try(ctx context.Context, addr string, attempt, left int) (*Conn, error) {
	if deadline, ok := ctx.Deadline(); ok && left > 1 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, time.Until(deadline)/time.Duration(left), errShare)
		defer cancel()
	}
	ctx = c.tracers.connectStart(ctx, ConnectStart{Addr: addr, Attempt: attempt})
	var conn *Conn
	handed := false
	defer func() {
		if !handed && conn != nil { // a tracer or a handler of logs has panicked
			conn.abort()
		}
	}()
	err := func() (err error) {
		end := ConnectEnd{Addr: addr, Err: errPanicked}
		defer func() { c.tracers.connectEnd(ctx, end) }() // however a hook ends this
		conn, err = c.open(ctx, addr)
		if err == nil {
			end.Conn, end.Version = conn.id, conn.version
			c.log.connected(ctx, conn)
		}
		end.Err = err
		return err
	}()
	handed = true
	return conn, err
}

var errPanicked = errors.New("surrealsql: a hook panicked while connecting")

var errShare = fmt.Errorf("this host's share of dial_timeout is over: %w", context.DeadlineExceeded)

// endpoints lists the hosts in the order in which this attempt tries them.
func (c *Connector) endpoints() []string {
	hosts := c.cfg.Hosts
	first := 0
	switch {
	case len(hosts) < 2:
		return hosts
	case c.cfg.LoadBalance == RoundRobin:
		first = int((c.turn.Add(1) - 1) % uint64(len(hosts)))
	case c.cfg.LoadBalance == Random:
		first = rand.IntN(len(hosts))
	}
	return slices.Concat(hosts[first:], hosts[:first])
}

// open makes a session on one endpoint. What fails on the way leaves no socket.
func (c *Connector) open(ctx context.Context, addr string) (*Conn, error) {
	cfg := c.cfg
	if cfg.BeforeConnect != nil {
		cfg = cfg.Clone()
		if err := cfg.BeforeConnect(ctx, cfg); err != nil {
			return nil, &setUpError{inPart("BeforeConnect", err)}
		}
		if err := cfg.validate(); err != nil {
			return nil, &setUpError{inPart("BeforeConnect", err)}
		}
	}
	if err := c.lingering.await(ctx); err != nil {
		return nil, &ConnError{Op: "connect", Addr: addr, Err: err}
	}
	socket, err := ws.Dial(ctx, ws.Options{
		Addr:        addr,
		Path:        "/rpc",
		Protocol:    "cbor",
		Header:      cfg.Headers,
		TLS:         cfg.tls(),
		DialContext: cfg.DialContext,
		GaveUp:      c.lingering.add,
		MaxMessage:  cfg.MaxMessageSize,
		MaxSend:     cfg.MaxRequestSize,
	})
	if err != nil {
		if !failsFast(err) { // else nobody has asked the server
			c.noticeLoss(addr, err)
		}
		return nil, &ConnError{Op: "connect", Addr: addr, Err: err}
	}
	conn := &Conn{connector: c, cfg: cfg, id: c.serial.Add(1), rpc: rpc.NewConn(socket), addr: addr, unheard: true}
	conn.care.begin(cfg, c.alarm.Load())
	ready := false
	defer func() {
		if !ready { // also where a hook panics
			conn.abort()
		}
	}()
	if err := conn.prepare(ctx); err != nil {
		return nil, err
	}
	if conn.rpc.Broken() { // ctx ended with the last exchange, whose answer came all the same
		return nil, &ConnError{Op: "connect", Addr: addr, Err: cmp.Or(context.Cause(ctx), ws.ErrClosed)}
	}
	ready = true
	return conn, nil
}

// tls returns the TLS settings, or nil for ws://.
func (c *Config) tls() *tls.Config {
	switch {
	case !c.TLS:
		return nil
	case c.TLSConfig == nil:
		return new(tls.Config)
	}
	return c.TLSConfig
}

// prepare signs in and runs what the Config wants to have run.
func (c *Conn) prepare(ctx context.Context) error {
	first := session{ns: c.cfg.Namespace, db: c.cfg.Database, variables: c.cfg.Variables}
	if err := c.establish(ctx, first, false); err != nil {
		return err
	}
	if err := c.setUp(ctx); err != nil {
		return &setUpError{err}
	}
	// What the hook made of the session is what a reset goes back to.
	c.base, c.dirty = c.now.clone(), false
	c.readOnly = c.cfg.ReadOnly
	return nil
}

// setUpError is an error of what the program wants to have done with each
// connection: schema, Init, hooks. It may have been done in part, so connecting
// is not tried again.
type setUpError struct{ err error }

func (e *setUpError) Error() string { return e.err.Error() }
func (e *setUpError) Unwrap() error { return e.err }

// setUp runs the schema, the Init statements and the hook.
func (c *Conn) setUp(ctx context.Context) error {
	if err := c.connector.schema.ensure(ctx, c); err != nil {
		return err
	}
	c.settingUp = true
	for i, text := range c.cfg.Init {
		if _, err := c.ExecContext(ctx, text, nil); err != nil {
			return inPart(fmt.Sprintf("text %d of Init", i+1), err)
		}
	}
	c.settingUp = false
	if c.cfg.AfterConnect != nil {
		if err := c.cfg.AfterConnect(ctx, c); err != nil {
			return inPart("AfterConnect", err)
		}
		if c.tx != nil {
			return errors.New("AfterConnect left a transaction open")
		}
	}
	return nil
}

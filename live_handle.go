package surrealsql

import (
	"cmp"
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/surrealsql/surrealsql/internal/box"
	"github.com/surrealsql/surrealsql/internal/ctxerr"
)

// Live queries beside the pool: a connector whose connections are light handles upon one socket.

// Live returns a connector for live queries that share one socket, beside the connections that
// serve everything else:
//
//	live := sql.OpenDB(connector.Live())
//	defer live.Close()
//	rows, err := live.QueryContext(ctx, "LIVE SELECT * FROM person")
//
// Each of its connections is a handle of a few hundred bytes, so a thousand live queries are
// one connection to the server. It serves nothing but LIVE SELECT. The socket is made with the
// first handle, closed with the last, and made anew after it was lost, which all its readers
// are told. It signs in by itself, not with another connection's token (but where those of a
// record user are kept, as for [Config].RefreshToken, they are those of all), and its
// max_lifetime and max_uses are not heeded.
//
// Since 3.3 the server keeps no more than SURREAL_WEBSOCKET_RESPONSE_CHANNEL_SIZE notifications
// (100) for a socket that it cannot write to at once: raise it where one change may concern many
// of its live queries, or all of them are lost with it.
//
// The socket is always read, so a slow reader holds up nobody: what it has not taken is kept in
// memory up to live_buffer_size, and then it is told by [ErrLagging], and no one else is. A
// context that ends before its live query is registered does not wait for that; a server that
// registers none within connect_timeout costs the socket.
//
// A transport without deadlines, as an SSH tunnel, cannot be shared: connecting says so.
func (c *Connector) Live() driver.Connector {
	cfg := c.undecidedConfig()
	cfg.NoTokenReuse = true // 4.0 ends a session, and its live queries, with the token
	own, err := NewConnector(cfg)
	if err == nil && cfg.keepsTokens() { // a refresh token can be used once
		c.chain.users.Add(1)
		own.chain = c.chain
	}
	return &liveConnector{connector: own, err: err, connecting: make(chan struct{}, 1)}
}

// liveConnector makes handles upon a socket.
type liveConnector struct {
	connector *Connector
	err       error // why there is none

	connecting chan struct{} // holds a value while somebody connects
	mu         sync.Mutex
	socket     *liveSocket // the present one, which may be over; nil before the first
}

var (
	_ driver.Connector = (*liveConnector)(nil)
	_ io.Closer        = (*liveConnector)(nil)
)

// Driver returns the [Driver].
func (l *liveConnector) Driver() driver.Driver { return Driver{} }

// Connect makes a handle, and the socket where there is none.
func (l *liveConnector) Connect(ctx context.Context) (driver.Conn, error) {
	if l.err != nil {
		return nil, l.err
	}
	if s := l.present(); s != nil {
		return &liveHandle{socket: s}, nil
	}
	select { // one at a time: those who come meanwhile use the same socket
	case l.connecting <- struct{}{}:
		defer func() { <-l.connecting }()
	case <-ctx.Done():
		return nil, fmt.Errorf("surrealsql: cannot connect: waiting for another one to make the socket of live queries: %w", ctxerr.Of(ctx))
	}
	if s := l.present(); s != nil {
		return &liveHandle{socket: s}, nil
	}
	made, err := l.connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	conn := made.(*Conn)
	l.connector.untrack(conn) // it is never idle
	if !conn.rpc.WebSocket().CanInterrupt() {
		_ = conn.closeNow()
		return nil, errCannotShare
	}
	s := startLiveSocket(conn)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.socket = s
	return &liveHandle{socket: s}, nil
}

var errCannotShare = errors.New("surrealsql: Live: this transport (Config.DialContext) has no deadlines, so that its reading cannot be interrupted: run live queries on connections of their own")

// present returns the socket for one more user, or nil.
func (l *liveConnector) present() *liveSocket {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.socket != nil && l.socket.use() {
		return l.socket
	}
	return nil
}

// Close waits until the socket is closed, whose handles sql.DB.Close has closed, unless rows are
// open still.
func (l *liveConnector) Close() error {
	if l.err != nil {
		return nil
	}
	l.mu.Lock()
	s := l.socket
	l.mu.Unlock()
	if s != nil && s.cause() != nil {
		<-s.over
	}
	return l.connector.Close()
}

// liveHandle is a connection to database/sql: it counts as a user of a socket, and runs one live
// query at a time.
type liveHandle struct {
	socket *liveSocket
	boxes  box.Arena
	closed bool
}

var (
	_ driver.Conn               = (*liveHandle)(nil)
	_ driver.QueryerContext     = (*liveHandle)(nil)
	_ driver.ExecerContext      = (*liveHandle)(nil)
	_ driver.ConnBeginTx        = (*liveHandle)(nil)
	_ driver.ConnPrepareContext = (*liveHandle)(nil)
	_ driver.NamedValueChecker  = (*liveHandle)(nil)
	_ driver.SessionResetter    = (*liveHandle)(nil)
	_ driver.Validator          = (*liveHandle)(nil)
	_ driver.Pinger             = (*liveHandle)(nil)
)

var errOnlyLive = errors.New("surrealsql: the connections of Connector.Live serve LIVE SELECT alone, by QueryContext: use the sql.DB of the Connector for everything else")

var errLiveOneSession = errors.New("surrealsql: the connections of Connector.Live have the session of the Config, and the context names another one (WithSession): run the live query on the sql.DB of the Connector")

// QueryContext registers a live query.
func (h *liveHandle) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	o := optionsOf(ctx)
	q, _ := h.socket.conn.connector.analyses.Get(query)
	records := o.records.claim(query)
	switch {
	case !q.live:
		records.unclaim()
		return nil, cmp.Or(q.ineffective, errOnlyLive)
	case o.session != nil:
		records.unclaim()
		return nil, errLiveOneSession
	case records != nil && !records.live:
		records.unclaim()
		return nil, errLiveRecords
	case records == nil && q.ambiguous != nil:
		return nil, q.ambiguous
	}
	args, err := keepArgs(args, h.socket.conn.encoding())
	if err != nil {
		records.unclaim()
		return nil, err
	}
	b, err := h.socket.subscribe(ctx, q, args)
	if err != nil {
		records.unclaim()
		return nil, err
	}
	f := &feed{inbox: b, records: records, wait: func() error { return h.socket.awaitFor(ctx, b) }}
	r := newLiveRows(q, h.socket.conn, f, decoding{exact: o.exact, boxes: &h.boxes})
	r.leave = func() { h.socket.kill(b) }
	return handOutLive(r), nil
}

// ExecContext refuses the text.
func (h *liveHandle) ExecContext(context.Context, string, []driver.NamedValue) (driver.Result, error) {
	return nil, errOnlyLive
}

// BeginTx refuses it.
func (h *liveHandle) BeginTx(context.Context, driver.TxOptions) (driver.Tx, error) {
	return nil, errOnlyLive
}

// Begin refuses it.
func (h *liveHandle) Begin() (driver.Tx, error) { return nil, errOnlyLive }

// Prepare is PrepareContext without a context.
func (h *liveHandle) Prepare(query string) (driver.Stmt, error) {
	return h.PrepareContext(context.Background(), query)
}

// PrepareContext keeps the text.
func (h *liveHandle) PrepareContext(_ context.Context, query string) (driver.Stmt, error) {
	return &liveStmt{handle: h, query: query}, nil
}

// CheckNamedValue is that of a Conn.
func (h *liveHandle) CheckNamedValue(nv *driver.NamedValue) error { return checkNamedValue(nv) }

// Ping asks the server whether it answers.
func (h *liveHandle) Ping(ctx context.Context) error {
	var err error
	t := h.socket.post(func(c *Conn) {
		bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), pongTimeout)
		defer cancel()
		err = c.Ping(bounded)
	})
	if gone := h.socket.wait(ctx, t); gone != nil {
		return gone
	}
	return err
}

// ResetSession reports a socket that is over: database/sql then makes another handle.
func (h *liveHandle) ResetSession(context.Context) error {
	if !h.IsValid() {
		return driver.ErrBadConn
	}
	return nil
}

// IsValid reports whether the socket serves.
func (h *liveHandle) IsValid() bool { return h.socket.cause() == nil }

// Close lets go of the socket.
func (h *liveHandle) Close() error {
	if !h.closed {
		h.closed = true
		h.socket.leave()
	}
	return nil
}

// liveStmt is a text that was prepared.
type liveStmt struct {
	handle *liveHandle
	query  string
}

var _ driver.StmtQueryContext = (*liveStmt)(nil)

func (s *liveStmt) Close() error { return nil }

func (s *liveStmt) NumInput() int { return -1 }

func (s *liveStmt) Exec([]driver.Value) (driver.Result, error) { return nil, errOnlyLive }

func (s *liveStmt) Query([]driver.Value) (driver.Rows, error) { return nil, errNoContext }

// QueryContext registers the live query.
func (s *liveStmt) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	return s.handle.QueryContext(ctx, s.query, args)
}

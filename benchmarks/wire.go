package main

import (
	"context"
	"database/sql"
	"net"
	"sync/atomic"

	"github.com/gorilla/websocket"
	"github.com/surrealdb/surrealdb.go/pkg/connection/gorillaws"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/benchmarks/internal/measure"
)

// What goes over the wire: bytes, and round trips.

// wire counts what goes over the connections that it dials.
type wire struct {
	sent, received atomic.Int64
	roundTrips     atomic.Int64 // times the client began to ask after it had read, or had just dialled
}

// dial is for Config.DialContext.
func (w *wire) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	counted := &countedConn{Conn: conn, wire: w}
	counted.listening.Store(true)
	return counted, nil
}

func (w *wire) reset() {
	w.sent.Store(0)
	w.received.Store(0)
	w.roundTrips.Store(0)
}

func (w *wire) extras() []measure.Extra {
	return []measure.Extra{
		{Name: "round trips", Value: float64(w.roundTrips.Load())},
		{Name: "sent", Value: float64(w.sent.Load()), Unit: "B"},
		{Name: "received", Value: float64(w.received.Load()), Unit: "B"},
	}
}

type countedConn struct {
	net.Conn
	wire      *wire
	listening atomic.Bool
}

func (c *countedConn) Write(b []byte) (int, error) {
	if !isPong(b) && c.listening.Swap(false) {
		c.wire.roundTrips.Add(1)
	}
	n, err := c.Conn.Write(b)
	c.wire.sent.Add(int64(n))
	return n, err
}

// isPong reports whether a write is the answer to a ping, for which nobody waits.
func isPong(b []byte) bool { return len(b) > 0 && b[0] == 0x8a }

func (c *countedConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.wire.received.Add(int64(n))
	if n > 0 {
		c.listening.Store(true)
	}
	return n, err
}

// counting runs f on a database whose connection is counted, after warm, if any,
// has been run on it, and tells what f sent and received.
func counting(cfg *surrealsql.Config, warm, f func(*sql.DB) error) ([]measure.Extra, error) {
	w := new(wire)
	cfg = cfg.Clone()
	cfg.DialContext = w.dial
	connector, err := surrealsql.NewConnector(cfg)
	if err != nil {
		return nil, err
	}
	db := sql.OpenDB(connector)
	defer db.Close()
	db.SetMaxOpenConns(1)
	if warm != nil {
		if err := warm(db); err != nil {
			return nil, err
		}
		w.reset()
	}
	if err := f(db); err != nil {
		return nil, err
	}
	return w.extras(), nil
}

// countingSDK tells what the SDK sends and receives during f. Its dialer is a
// variable of its package: nothing else of the SDK may connect meanwhile.
func countingSDK(f func() error) ([]measure.Extra, error) {
	w := new(wire)
	original := gorillaws.DefaultDialer
	gorillaws.DefaultDialer = &websocket.Dialer{
		Proxy: original.Proxy, HandshakeTimeout: original.HandshakeTimeout,
		EnableCompression: original.EnableCompression, Subprotocols: original.Subprotocols,
		NetDialContext: w.dial,
	}
	defer func() { gorillaws.DefaultDialer = original }()
	if err := f(); err != nil {
		return nil, err
	}
	return w.extras(), nil
}

package main

import (
	"context"
	"database/sql"
	"errors"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/benchmarks/internal/hand"
	"github.com/surrealsql/surrealsql/benchmarks/internal/measure"
	"github.com/surrealsql/surrealsql/benchmarks/internal/record"
	"github.com/surrealsql/surrealsql/benchmarks/internal/replay"
)

// The groups of what happens to a connection besides queries: connect, checkout,
// reset, ping.

const (
	cleanDriver = "driver, clean checkout"
	cleanTCP    = "driver, clean checkout, over loopback"
	dirtyDriver = "driver, lease that sets a variable"
)

// connectTo makes a connection, signs in, selects a database, and closes it.
func connectTo(cfg *surrealsql.Config, e *env, g *measure.Group) (*measure.Group, error) {
	connector, err := surrealsql.NewConnector(cfg)
	if err != nil {
		return nil, err
	}
	e.atEnd(connector.Close)
	password := cfg.Clone()
	noTokenReuse(password)
	each, err := surrealsql.NewConnector(password)
	if err != nil {
		return nil, err
	}
	e.atEnd(each.Close)
	g.Reference = theHand
	g.Cases = []measure.Case{
		{Name: theHand, Role: measure.Limit, Op: op(func() error { return handConnect(cfg) })},
		{Name: theDriver, Role: measure.Subject, Op: op(func() error { return connect(connector) }),
			Extras: func() ([]measure.Extra, error) { return counting(cfg, nil, checkout) }},
		{Name: passwordEachTime, Role: measure.Subject, Op: op(func() error { return connect(each) })},
		{Name: "SDK", Role: measure.SDK, Op: op(func() error { return sdkConnectAndClose(cfg) }),
			Extras: func() ([]measure.Extra, error) {
				return countingSDK(func() error { return sdkConnectAndClose(cfg) })
			}},
	}
	return g, nil
}

func connectLoopback(e *env) (*measure.Group, error) {
	cfg, err := e.loopback(record.One, 1)
	if err != nil {
		return nil, err
	}
	return connectTo(cfg, e, &measure.Group{
		Key:   "connect-loopback",
		Title: "Connect: over loopback",
		About: "Dial, upgrade, sign in as root, select namespace and database, close, against a " +
			"server that answers at once. A round trip is one wait for the server.",
	})
}

func connectEngine(e *env) (*measure.Group, error) {
	return connectTo(e.engineConfig(), e, &measure.Group{
		Key:   "connect-engine",
		Title: "Connect: on the real engine",
		About: "The same on SurrealDB, which hashes the password on purpose slowly. The driver does that once, " +
			"and signs its other connections in with the token that it was given.",
	})
}

func connect(c *surrealsql.Connector) error {
	conn, err := c.Connect(context.Background())
	if err != nil {
		return err
	}
	return conn.Close()
}

func handConnect(cfg *surrealsql.Config) error {
	c, err := hand.Dial(context.Background(), cfg.Hosts[0], replay.CBOR)
	if err != nil {
		return err
	}
	_, err = c.Exchange(hand.SignIn(cfg.User, cfg.Password), hand.Use(cfg.Namespace, cfg.Database))
	return errors.Join(err, c.Close())
}

func sdkConnectAndClose(cfg *surrealsql.Config) error {
	db, err := sdkConnect(cfg)
	if err != nil {
		return err
	}
	return db.Close(context.Background())
}

// checkout leases a connection and gives it back.
func checkout(db *sql.DB) error {
	conn, err := db.Conn(context.Background())
	if err != nil {
		return err
	}
	return conn.Close()
}

// checkoutClean is target 5.
func checkoutClean(e *env) (*measure.Group, error) {
	ready, err := e.floor(record.One, 1)
	if err != nil {
		return nil, err
	}
	memory, err := e.memory(e.set[record.One.Key].Reply(1))
	if err != nil {
		return nil, err
	}
	cfg, err := e.loopback(record.One, 1)
	if err != nil {
		return nil, err
	}
	tcp, err := e.open(cfg, 1)
	if err != nil {
		return nil, err
	}
	return &measure.Group{
		Key:   "checkout",
		Title: "Checkout of a clean connection",
		About: "DB.Conn and Conn.Close. The driver looks whether the connection died idle, " +
			"which over TCP is one system call; nothing is sent.",
		Reference: theFloor,
		Cases: []measure.Case{
			{Name: theFloor, Role: measure.Floor, Op: op(func() error { return checkout(ready) })},
			{Name: cleanDriver, Role: measure.Subject, Op: op(func() error { return checkout(memory) })},
			{Name: cleanTCP, Role: measure.Subject, Op: op(func() error { return checkout(tcp) })},
		},
	}, nil
}

// leaseDirty gives a connection back whose session it has changed, so that the
// next lease begins with a reset.
func leaseDirty(db *sql.DB) error {
	ctx := context.Background()
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	err = conn.Raw(func(c any) error { return c.(*surrealsql.Conn).Let(ctx, "tenant", 7) })
	return errors.Join(err, conn.Close())
}

// dirtyTo measures leases that change the session: each costs the exchange that
// changes it and the round trip that sets it back.
func dirtyTo(cfg *surrealsql.Config, e *env, g *measure.Group) (*measure.Group, error) {
	db, err := e.open(cfg, 1)
	if err != nil {
		return nil, err
	}
	client, err := e.hand(cfg)
	if err != nil {
		return nil, err
	}
	set := hand.NewRequest("let", hand.Text("tenant"), []byte{7})
	reset, signIn := hand.NewRequest("reset"), hand.SignIn(cfg.User, cfg.Password)
	use := hand.Use(cfg.Namespace, cfg.Database)
	g.Reference = theHand
	g.Cases = []measure.Case{
		{Name: theHand, Role: measure.Limit, Op: op(func() error {
			return errors.Join(exchange(client, reset, signIn, use), exchange(client, set))
		})},
		{Name: dirtyDriver, Role: measure.Subject, Op: op(func() error { return leaseDirty(db) }),
			Extras: func() ([]measure.Extra, error) {
				return counting(cfg, leaseDirty, checkout) // the reset alone
			}},
	}
	return g, nil
}

func dirtyLoopback(e *env) (*measure.Group, error) {
	cfg, err := e.loopback(record.One, 1)
	if err != nil {
		return nil, err
	}
	return dirtyTo(cfg, e, &measure.Group{
		Key:   "checkout-dirty",
		Title: "A lease that changes the session: over loopback",
		About: "Checkout with a reset, a session variable set, and release. Flights and bytes are " +
			"those of the reset alone.",
	})
}

func dirtyEngine(e *env) (*measure.Group, error) {
	return dirtyTo(e.engineConfig(), e, &measure.Group{
		Key:   "checkout-dirty-engine",
		Title: "A lease that changes the session: on the real engine",
		About: "The same on SurrealDB. The hand-framed way signs in with the password, which the " +
			"server hashes slowly; the driver with the token it was given.",
	})
}

// ping asks the server whether it answers.
func ping(e *env) (*measure.Group, error) {
	cfg, err := e.loopback(record.One, 1)
	if err != nil {
		return nil, err
	}
	db, client, sdk, err := e.clients(cfg)
	if err != nil {
		return nil, err
	}
	request, bg := hand.NewRequest("ping"), context.Background()
	return &measure.Group{
		Key:       "ping",
		Title:     "Ping: over loopback",
		About:     "DB.Ping is one round trip. The SDK does not send `ping`; its nearest call is Version.",
		Reference: theHand,
		Cases: []measure.Case{
			{Name: theHand, Role: measure.Limit, Op: op(func() error { return exchange(client, request) })},
			{Name: theDriver, Role: measure.Subject, Op: op(func() error { return db.PingContext(bg) })},
			{Name: "SDK, Version", Role: measure.SDK, Op: op(func() error { _, err := sdk.Version(bg); return err })},
		},
	}, nil
}

// Package lending is what package pool needs of the driver and no program does. A pool
// hands out the driver's own connections, unwrapped, so that every interface of theirs
// stays; how it gets them back, and what it must know of them meanwhile, is here and
// not among the methods that programs see. Package surrealsql sets the functions when
// it is initialised.
package lending

import (
	"context"
	"database/sql/driver"
	"time"
)

// Conn is a connection that a pool lends.
type Conn interface {
	// OnRelease makes the connection's Close call f instead of closing it, until it
	// is called again; nil makes Close close. A pool sets f when it has made the
	// connection and clears it before it closes it.
	//
	// kept tells f that database/sql asked IsValid before it gave the connection
	// back, and was told yes. Otherwise database/sql has given the connection up
	// (driver.ErrBadConn, also from sql.Conn.Raw), or the lease was none of
	// database/sql's.
	//
	// A lent connection that still has open rows or an open transaction is not
	// valid. OnRelease keeps the driver's idle checker from the connection until
	// StartIdling: so the pool's hooks may use it in between. It must not be called
	// while somebody else uses the connection.
	OnRelease(f func(kept bool))

	// End ends a lease, as IsValid does for database/sql, and returns why the
	// connection cannot be leased again. A pool calls it in the function of OnRelease.
	End() Unfit

	// Settling reports, after End, whether a call was given up whose end the server has
	// not told yet: the connection is as good as before once Settle has returned, which
	// waits for that end, as long as ctx allows, and then closes the socket. Nobody else may
	// use it until then.
	Settling() bool
	Settle(ctx context.Context)

	// StartIdling lets the driver's idle checker use the connection, once nothing of the
	// pool's or of the program's uses it any more. ResetSession, OnRelease and Close keep
	// it from the connection again.
	StartIdling()

	// Leftover reports whether the connection has open rows or an open transaction,
	// as a hook may have left it.
	Leftover() bool

	// Unfit returns what End does but Leftover, without a look at the socket. Only the
	// one that has the connection, or has it among its idle ones, may call it and End
	// and Leftover.
	Unfit() Unfit

	// Clean reports whether ResetSession will do without a round trip, for pools
	// which bound that round trip only where there is one.
	Clean() bool

	// TxSince returns when the open transaction was begun, or the zero time where none is
	// open. Any goroutine may call it.
	TxSince() time.Time

	// Told returns the connection's number and server as tracers are told them.
	Told() (number uint64, addr string)

	// Revoke closes the socket of a connection that somebody else may be using. The
	// errors that the borrower gets from then on wrap why, in a TakenError, also those of
	// open rows or of an open transaction. The first reason stays. Any goroutine may call
	// it. A later Close still calls the function of OnRelease.
	Revoke(why error)

	// Check asks the server whether it answers on an idle connection: one round trip,
	// after which it is as idle as before. A connection that fails is given up. Only the
	// one that has the connection may call it, while it lends it to nobody.
	Check(ctx context.Context) error
}

// TakenError is why a connection was taken away, as Revoke was told. So it says nothing of
// the server, although the calls that lost their connection by it failed.
type TakenError struct{ Why error }

func (e *TakenError) Error() string { return e.Why.Error() }

func (e *TakenError) Unwrap() error { return e.Why }

// SourceError is an error of the program's that gives or keeps credentials for a Config. So it
// says nothing of the server, whatever it is: a connection that it has lost is its own.
type SourceError struct {
	Source string // Config.TokenSource
	Why    error
}

func (e *SourceError) Error() string { return "surrealsql: " + e.Source + ": " + e.Why.Error() }

func (e *SourceError) Unwrap() error { return e.Why }

// Unfit is why a connection cannot be leased any more.
type Unfit string

// What makes a connection unfit.
const (
	Fit         Unfit = ""             // nothing does
	Leftover    Unfit = "leftover"     // rows or a transaction are open
	Broken      Unfit = "broken"       // it has failed, or its connector is closed
	MaxLifetime Unfit = "max_lifetime" // the limit of that DSN key is reached, although it works
	MaxUses     Unfit = "max_uses"     // the same
	Moved       Unfit = "moved"        // another host is to have one in its place, although it works
)

// Of returns the pool's side of a *surrealsql.Conn.
var Of func(driver.Conn) Conn

// Hosts returns the servers of a *surrealsql.Connector, each as host:port, as tracers
// are told them.
var Hosts func(driver.Connector) []string

// CheckNamedValue is that of every *surrealsql.Conn: what can be sent depends on none.
var CheckNamedValue func(*driver.NamedValue) error

// SessionPlace is the namespace and the database that the session names which the calls of a
// context want (surrealsql.WithSession); empty where it names none, or there is none.
var SessionPlace func(context.Context) (namespace, database string)

// ConfigFromGetenv is surrealsql.ConfigFromEnv where variables come from elsewhere: from
// an environment without the keys of package pool. config is a *surrealsql.Config.
var ConfigFromGetenv func(getenv func(string) string) (config any, err error)

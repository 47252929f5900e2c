package surrealsql

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"slices"
)

// The driver, as database/sql knows it by name.

// Names under which the driver is registered with database/sql. The second is for programs
// that also link another driver that calls itself "surrealdb": whichever is initialised
// first has that name. Most drivers panic where it is taken, so build such a program with
// the tag surrealsql_alias, which leaves the name to the other one.
const (
	DriverName  = "surrealdb"
	DriverAlias = "surrealsql"
)

func init() {
	for _, name := range registered {
		// sql.Register panics for a name that is taken; whoever came first keeps it.
		if !slices.Contains(sql.Drivers(), name) {
			sql.Register(name, Driver{})
		}
	}
}

// Driver is the database/sql driver. Programs use it by name:
//
//	db, err := sql.Open("surrealdb", "surrealdb://root:root@localhost:8000/shop/main")
//
// Its zero value is ready to use.
type Driver struct{}

var (
	_ driver.Driver        = Driver{}
	_ driver.DriverContext = Driver{}
)

// Open makes one connection. database/sql does not call it; it uses
// OpenConnector, which parses the DSN once.
func (d Driver) Open(dsn string) (driver.Conn, error) {
	c, err := d.OpenConnector(dsn)
	if err != nil {
		return nil, err
	}
	return c.Connect(context.Background())
}

// OpenConnector parses the DSN; it does not connect. The DSN may be empty, as
// tools that wrap a driver open one just to look at it: connecting then fails.
func (Driver) OpenConnector(dsn string) (driver.Connector, error) {
	cfg, err := ParseDSN(dsn)
	if err != nil {
		return nil, err
	}
	return NewConnector(cfg)
}

// Driver returns the [Driver].
func (c *Connector) Driver() driver.Driver { return Driver{} }

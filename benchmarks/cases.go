package main

import (
	"context"
	"database/sql"
	"reflect"

	"github.com/fxamacker/cbor/v2"
	surrealdb "github.com/surrealdb/surrealdb.go"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/benchmarks/internal/hand"
	own "github.com/surrealsql/surrealsql/internal/cbor"
)

// What the groups have in common: the names of their cases, and the operations of
// those that are no driver.

// Names of cases that other files refer to.
const (
	theDriver  = "driver"
	theFloor   = "database/sql floor"
	theHand    = "hand-framed exchange"
	thePeek    = "hand-framed exchange after a look into the socket"
	sdkMaps    = "SDK into maps"
	sdkStructs = "SDK into structs"

	cancellableDriver = "driver, cancellable context"
	cancellableFloor  = "database/sql floor, cancellable context"
)

// clients are the driver, the hand-framed client and the SDK, each on one
// connection to the same server.
func (e *env) clients(cfg *surrealsql.Config) (db *sql.DB, client *hand.Client, sdk *surrealdb.DB, err error) {
	if db, err = e.open(cfg, 1); err != nil {
		return nil, nil, nil, err
	}
	if client, err = e.hand(cfg); err != nil {
		return nil, nil, nil, err
	}
	sdk, err = e.sdk(cfg)
	return db, client, sdk, err
}

// cancellable is a context that can end and does not, until the group is over.
func (e *env) cancellable() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	e.atEnd(func() error { cancel(); return nil })
	return ctx
}

// op is an operation that does not care which worker does it.
func op(f func() error) func(int) error { return func(int) error { return f() } }

func exchange(c *hand.Client, requests ...*hand.Request) error {
	_, err := c.Exchange(requests...)
	return err
}

// walk reads a reply to its end without decoding it, with the driver's own
// decoder.
func walk(payload []byte) func() error {
	var d own.Decoder
	return func() error {
		d.Reset(payload)
		return d.Skip()
	}
}

func wellformed(payload []byte) func() error {
	return func() error { return lenient.Wellformed(payload) }
}

// lenient takes arrays and maps as long as a reply's.
var lenient = must(cbor.DecOptions{
	MaxArrayElements: 1 << 24,
	MaxMapPairs:      1 << 24,
	DefaultMapType:   reflect.TypeFor[map[string]any](),
}.DecMode())

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

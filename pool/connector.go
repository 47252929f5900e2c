package pool

// The way from database/sql into the pool.

import (
	"context"
	"database/sql/driver"
	"io"
)

// connector is the pool as database/sql sees it: connecting is leasing.
type connector struct{ p *Pool }

var (
	_ driver.Connector = connector{}
	_ io.Closer        = connector{}
)

func (c connector) Connect(ctx context.Context) (driver.Conn, error) {
	a := acquisition{pool: c.p, ctx: ctx, bySQL: true}
	conn, err := a.acquire()
	if err != nil {
		return nil, err
	}
	return conn, nil
}

func (c connector) Driver() driver.Driver { return c.p.source.Driver() }

func (c connector) Close() error { return c.p.Close() }

package main

import (
	"context"
	"database/sql"
	"testing"

	"github.com/jackc/puddle/v2"
	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/pool"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// What package pool costs beside what does the same: puddle's pool, of the same
// connections with the same look at them, and sql.DB's own.

const poolSize = 16

// leasing are the ways to take a connection and give it back.
func leasing(t testing.TB) map[string]func() error {
	ctx := context.Background()
	cfg, err := surrealsql.ParseDSN(surrealtest.DSN(t))
	require.NoError(t, err)
	connector, err := surrealsql.NewConnector(cfg)
	require.NoError(t, err)

	p, err := pool.New(ctx, cfg, pool.Settings{Min: poolSize, Max: poolSize})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, p.Close()) })

	db := sql.OpenDB(connector)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	db.SetMaxOpenConns(poolSize)
	db.SetMaxIdleConns(poolSize)

	of, err := puddle.NewPool(&puddle.Config[*surrealsql.Conn]{
		MaxSize: poolSize,
		Constructor: func(ctx context.Context) (*surrealsql.Conn, error) {
			c, err := connector.Connect(ctx)
			if err != nil {
				return nil, err
			}
			return c.(*surrealsql.Conn), nil
		},
		Destructor: func(c *surrealsql.Conn) { _ = c.Close() },
	})
	require.NoError(t, err)
	t.Cleanup(of.Close)

	throughSQL := func(db *sql.DB) func() error {
		return func() error {
			c, err := db.Conn(ctx)
			if err != nil {
				return err
			}
			return c.Close()
		}
	}
	return map[string]func() error{
		"pool": func() error {
			c, err := p.Acquire(ctx)
			if err != nil {
				return err
			}
			return c.Close()
		},
		"puddle": func() error {
			r, err := of.Acquire(ctx)
			if err != nil {
				return err
			}
			if err := r.Value().ResetSession(ctx); err != nil {
				return err
			}
			if r.Value().IsValid() {
				r.Release()
			}
			return nil
		},
		"sql.DB of pool": throughSQL(p.DB()),
		"sql.DB":         throughSQL(db),
	}
}

func BenchmarkLease(b *testing.B) {
	ways := leasing(b)
	for _, name := range []string{"pool", "puddle", "sql.DB of pool", "sql.DB"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := ways[name](); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(name+" by 16 goroutines", func(b *testing.B) {
			b.SetParallelism(8) // on two cores
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if err := ways[name](); err != nil {
						b.Error(err)
						return
					}
				}
			})
		})
	}
}

func TestAllocationsOfALease(t *testing.T) {
	ways := leasing(t)
	allocs := func(name string) float64 {
		return testing.AllocsPerRun(1000, func() {
			if err := ways[name](); err != nil {
				t.Fatal(err)
			}
		})
	}
	require.LessOrEqual(t, allocs("pool"), 1.0)
	require.LessOrEqual(t, allocs("sql.DB of pool")-allocs("sql.DB"), 6.0)
	t.Logf("pool %v, sql.DB of pool %v, sql.DB %v", allocs("pool"), allocs("sql.DB of pool"), allocs("sql.DB"))
}

package main

import (
	"context"
	"database/sql"
	"fmt"
	"testing"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// BenchmarkSessions is what a call in another session costs beside one in the connection's
// own: on the real engine, in a session that the connection has, and among 200 databases on
// one connection, by WithSession, by a lease that selects each, and by a connector for each.
func BenchmarkSessions(b *testing.B) {
	dsn := surrealtest.DSN(b)
	const tenants = 200
	in := make([]context.Context, tenants)
	for i := range in {
		in[i] = surrealsql.WithSession(context.Background(), surrealsql.Session{Database: name(i)})
	}
	open := func(b *testing.B, change func(*surrealsql.Config)) *sql.DB {
		cfg, err := surrealsql.ParseDSN(dsn)
		if err != nil {
			b.Fatal(err)
		}
		change(cfg)
		connector, err := surrealsql.NewConnector(cfg)
		if err != nil {
			b.Fatal(err)
		}
		db := sql.OpenDB(connector)
		db.SetMaxOpenConns(1)
		b.Cleanup(func() { _ = db.Close() })
		return db
	}
	query := func(b *testing.B, ctx context.Context, db interface {
		QueryRowContext(context.Context, string, ...any) *sql.Row
	}) {
		var one int
		if err := db.QueryRowContext(ctx, `RETURN 1`).Scan(&one); err != nil {
			b.Fatal(err)
		}
	}
	each := func(name string, call func(b *testing.B, i int), first int) {
		b.Run(name, func(b *testing.B) {
			for i := range first { // what is made once is there
				call(b, i)
			}
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				call(b, i%tenants)
			}
		})
	}
	kept := func(n int) func(*surrealsql.Config) { return func(c *surrealsql.Config) { c.MaxSessions = n } }
	all, few := open(b, kept(tenants)), open(b, kept(20))
	each("own", func(b *testing.B, _ int) { query(b, context.Background(), all) }, 1)
	each("one that fits", func(b *testing.B, _ int) { query(b, in[0], all) }, 1)
	each("200 that fit", func(b *testing.B, i int) { query(b, in[i], all) }, tenants)
	each("200 where 20 are kept", func(b *testing.B, i int) { query(b, in[i], few) }, 1)
	each("200 by Use on a lease", func(b *testing.B, i int) {
		conn, err := few.Conn(context.Background())
		if err != nil {
			b.Fatal(err)
		}
		defer conn.Close()
		err = conn.Raw(func(c any) error {
			return c.(*surrealsql.Conn).Use(context.Background(), "benchmarks", name(i))
		})
		if err != nil {
			b.Fatal(err)
		}
		query(b, context.Background(), conn)
	}, tenants)
	each("200 by a connector each", func(b *testing.B, i int) {
		db := open(b, func(c *surrealsql.Config) { c.Database = name(i) })
		query(b, context.Background(), db)
		_ = db.Close()
	}, 1)
}

func name(i int) string { return fmt.Sprintf("tenant%03d", i) }

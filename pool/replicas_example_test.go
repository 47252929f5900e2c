package pool_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/pool"
)

// exampleFamily is a pool with a replica; here both are one server.
func exampleFamily() (p *pool.Pool, done func()) {
	dsn, remove := exampleDSN()
	p, err := pool.Open(context.Background(), dsn, func(s *pool.Settings) { s.Replicas = []string{dsn} })
	must(err)
	return p, func() {
		must(p.Close())
		remove()
	}
}

func ExampleSettings_replicas() {
	p, err := pool.Open(context.Background(), "surrealdb://app@db1.example/shop/main?pool_max=20", func(s *pool.Settings) {
		s.Replicas = []string{"surrealdb://app@db2.example/shop/main", "surrealdb://app@db3.example/shop/main?pool_max=50"}
	})
	must(err)
	defer p.Close()
	fmt.Println(p.Replicas()[0].Settings().Max, p.Replicas()[1].Settings().Max)
	// Output: 20 50
}

func ExampleSettings_replicaConfigs() {
	writer := &surrealsql.Config{Hosts: []string{"db1.example"}, Namespace: "shop", Database: "main", TLS: true}
	replica := writer.Clone()
	replica.Hosts = []string{"db2.example"}
	p, err := pool.New(context.Background(), writer, pool.Settings{ReplicaConfigs: []*surrealsql.Config{replica}})
	must(err)
	defer p.Close()
	fmt.Println(len(p.Replicas()))
	// Output: 1
}

func ExamplePool_Reader() {
	p, done := exampleFamily()
	defer done()
	ctx := context.Background()

	_, err := p.Reader(ctx).ExecContext(ctx, `CREATE visit`)
	fmt.Println(errors.Is(err, surrealsql.ErrReadOnly))
	_, err = p.DB().ExecContext(ctx, `CREATE visit`)
	must(err)
	var n int
	must(p.Reader(ctx).QueryRowContext(ctx, `RETURN count(SELECT * FROM visit)`).Scan(&n))
	fmt.Println(n)
	// Output:
	// true
	// 1
}

// One *sql.DB for all: reads go to replicas, the rest to the writer.
func ExamplePool_Routed() {
	p, done := exampleFamily()
	defer done()
	ctx, db := context.Background(), p.Routed()

	_, err := db.ExecContext(ctx, `CREATE shop:main SET name = 'Corner'`)
	must(err)
	var name string
	must(db.QueryRowContext(ctx, `SELECT VALUE name FROM ONLY shop:main`).Scan(&name))
	fmt.Println(name)
	fmt.Println("leases of the writer:", p.Stats().Acquires)
	fmt.Println("leases of the replica:", p.Replicas()[0].Stats().Acquires)
	// Output:
	// Corner
	// leases of the writer: 1
	// leases of the replica: 1
}

func ExampleRoutedConn_Writer() {
	p, done := exampleFamily()
	defer done()
	ctx := context.Background()
	conn, err := p.Routed().Conn(ctx)
	must(err)
	defer conn.Close()
	must(conn.Raw(func(c any) error {
		w, err := c.(*pool.RoutedConn).Writer(ctx)
		if err != nil {
			return err
		}
		return w.Let(ctx, "answer", 42) // for this lease
	}))
	var n int
	must(conn.QueryRowContext(ctx, `RETURN $answer`).Scan(&n))
	fmt.Println(n)
	// Output: 42
}

func ExampleReadFromWriter() {
	p, done := exampleFamily()
	defer done()
	ctx, db := context.Background(), p.Routed()
	_, err := db.ExecContext(ctx, `CREATE visit`)
	must(err)
	var n int
	must(db.QueryRowContext(pool.ReadFromWriter(ctx), `RETURN count(SELECT * FROM visit)`).Scan(&n))
	fmt.Println(n, "visit, and the replica was asked", p.Replicas()[0].Stats().Acquires, "times")
	// Output: 1 visit, and the replica was asked 0 times
}

func ExamplePool_Replicas() {
	p, done := exampleFamily()
	defer done()
	for i, r := range p.Replicas() {
		fmt.Printf("replica %d: %d in use\n", i+1, r.Stats().Held)
	}
	// Output: replica 1: 0 in use
}

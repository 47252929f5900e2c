package surrealtest_test

import (
	"context"
	"database/sql"
	"fmt"
	"log"
	"os"
	"testing"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// A test asks for a DSN and has a database.
func ExampleDSN() {
	_ = func(t *testing.T) {
		db, err := sql.Open("surrealdb", surrealtest.DSN(t))
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		if _, err := db.Exec("CREATE person:ann SET age = 30"); err != nil {
			t.Fatal(err)
		}
	}
	// Output:
}

// A program starts an engine of its own, here one that forgets everything when
// it ends.
func ExampleStart() {
	ctx := context.Background()
	server, err := surrealtest.Start(ctx, surrealtest.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer server.Close()

	db, err := sql.Open("surrealdb", server.DSN()+"/shop/main")
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	var sum int
	if err := db.QueryRowContext(ctx, "RETURN 1 + 2").Scan(&sum); err != nil {
		log.Fatal(err)
	}
	fmt.Println(sum)
	// Output: 3
}

// A test that breaks its server has one alone. Data at a path outlive a crash.
func ExampleNew() {
	_ = func(t *testing.T) {
		server := surrealtest.New(t, surrealtest.Options{Path: t.TempDir()})
		db, err := sql.Open("surrealdb", server.TestDSN(t))
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		server.Kill()
		if err := server.Restart(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := db.Ping(); err != nil {
			t.Fatal(err)
		}
	}
	// Output:
}

func ExampleServer_Stats() {
	ctx := context.Background()
	server, err := surrealtest.Start(ctx, surrealtest.Options{Engine: surrealtest.EngineNPM})
	if err != nil {
		log.Fatal(err)
	}
	defer server.Close()
	db, err := sql.Open("surrealdb", server.DSN())
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	if err := db.Ping(); err != nil {
		log.Fatal(err)
	}
	stats, err := server.Stats()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(stats.Open, "open,", stats.Accepted, "in all")
	// Output: 1 open, 1 in all
}

// What a program tells its user comes through Output.
func ExampleOptions() {
	_ = surrealtest.Options{
		Path:   "/var/lib/trial", // keep the data
		Ports:  3,                // as three nodes
		Output: os.Stdout,        // say what happens
	}
	// Output:
}

// A proxy shows how a program bears a network that loses its way.
func ExampleNewProxy() {
	_ = func(t *testing.T) {
		dsn := surrealtest.DSN(t)
		cfg, err := surrealsql.ParseDSN(dsn)
		if err != nil {
			t.Fatal(err)
		}
		proxy := surrealtest.NewProxy(t, cfg.Hosts[0])
		db, err := sql.Open("surrealdb", proxy.DSN(dsn))
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()

		proxy.BlackHole(true)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := db.PingContext(ctx); err == nil {
			t.Fatal("got through a black hole")
		}
		proxy.BlackHole(false)
		if err := db.Ping(); err != nil {
			t.Fatal(err)
		}
	}
	// Output:
}

func ExampleProxy_Wait() {
	server, err := surrealtest.Start(context.Background(), surrealtest.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer server.Close()
	proxy, err := surrealtest.StartProxy(server.Addr(0))
	if err != nil {
		log.Fatal(err)
	}
	defer proxy.Close()

	db, err := sql.Open("surrealdb", proxy.DSN(server.DSN()))
	if err != nil {
		log.Fatal(err)
	}
	if err := db.Ping(); err != nil {
		log.Fatal(err)
	}
	if err := db.Close(); err != nil {
		log.Fatal(err)
	}
	stats, err := proxy.Wait(context.Background(), func(s surrealtest.ProxyStats) bool { return s.Open == 0 })
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(stats.Accepted > 0, stats.Open)
	// Output: true 0
}

// A test of what a server can do since a version is skipped on those before.
func ExampleNeeds() {
	_ = func(t *testing.T) {
		surrealtest.Needs(t, "3.3")
		db, err := sql.Open("surrealdb", surrealtest.DSN(t))
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
	}
	// Output:
}

// A test says on which server it failed.
func ExampleVersion() {
	_ = func(t *testing.T) {
		t.Logf("on SurrealDB %s", surrealtest.Version(t))
	}
	// Output:
}

// The engine may do no more than its environment allows.
func ExampleOptions_env() {
	_ = func(t *testing.T) {
		server := surrealtest.New(t, surrealtest.Options{Env: []string{"SURREAL_QUERY_TIMEOUT=1s"}})
		db, err := sql.Open("surrealdb", server.TestDSN(t))
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
	}
	// Output:
}

func ExampleServer_Version() {
	server, err := surrealtest.Start(context.Background(), surrealtest.Options{Engine: surrealtest.EngineNPM})
	if err != nil {
		log.Fatal(err)
	}
	defer server.Close()
	fmt.Println(server.Version())
	// Output: 3.0.2
}

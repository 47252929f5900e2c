package surrealsql_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"database/sql"
	"errors"
	"fmt"
	"log"
	"os"
	"time"

	"github.com/surrealsql/surrealsql"
)

// Examples of how a program opens a database: DSN, Config and Connector.

// What a string cannot say is a field of Config.
func ExampleNewConnector() {
	open := func(dsn, caFile string) (*sql.DB, error) {
		cfg, err := surrealsql.ParseDSN(dsn)
		if err != nil {
			return nil, err
		}
		ca, err := os.ReadFile(caFile)
		if err != nil {
			return nil, err
		}
		roots := x509.NewCertPool()
		if !roots.AppendCertsFromPEM(ca) {
			return nil, errors.New("no certificate in " + caFile)
		}
		cfg.TLSConfig = &tls.Config{RootCAs: roots}
		connector, err := surrealsql.NewConnector(cfg)
		if err != nil {
			return nil, err
		}
		return sql.OpenDB(connector), nil
	}

	db, err := open("wss://root:root@db.internal/shop/main", "/etc/ssl/ca.pem")
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
}

// A token that changes is asked for at each sign-in.
func ExampleConfig_tokenSource() {
	fetch := func(context.Context) (string, error) { return os.Getenv("APP_TOKEN"), nil } // from a vault, say

	cfg, err := surrealsql.ParseDSN("wss://db.example.com/shop/main")
	if err != nil {
		log.Fatal(err)
	}
	cfg.TokenSource = fetch
	connector, err := surrealsql.NewConnector(cfg)
	if err != nil {
		log.Fatal(err)
	}
	db := sql.OpenDB(connector)
	defer db.Close()
}

// Schema runs once per connector and database, Init and the hooks on every
// connection.
func ExampleConfig_hooks() {
	db, done := exampleDB(func(cfg *surrealsql.Config) {
		cfg.Schema = `
			DEFINE TABLE IF NOT EXISTS person SCHEMAFULL;
			DEFINE FIELD IF NOT EXISTS name ON person TYPE string`
		cfg.Variables = map[string]any{"tenant": "acme"}
		cfg.AfterConnect = func(ctx context.Context, conn *surrealsql.Conn) error {
			fmt.Println("a new connection")
			return conn.Let(ctx, "since", 2024)
		}
		cfg.BeforeClose = func(*surrealsql.Conn) { fmt.Println("a connection ends") }
	})
	defer done()

	var tenant string
	var since int
	must(db.QueryRow(`RETURN { a: $tenant, b: $since }`).Scan(&tenant, &since))
	fmt.Println(tenant, since)
	// Output:
	// a new connection
	// acme 2024
	// a connection ends
}

// A pool for a service that has a few dozen requests at a time.
func Example_pool() {
	dsn, done := exampleDSN()
	defer done()

	db, err := sql.Open("surrealdb", dsn)
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(20)
	db.SetMaxIdleConns(20)                  // as many, so that a burst does not dial anew
	db.SetConnMaxIdleTime(10 * time.Minute) // so that the pool shrinks at night

	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := db.PingContext(ctx); err != nil { // sql.Open does not connect
		log.Fatal(err)
	}
	fmt.Println(db.Stats().OpenConnections)
	// Output: 1
}

// An empty DSN opens nothing, and says so at first use.
func ExampleDriver() {
	db, err := sql.Open(surrealsql.DriverName, "")
	must(err)
	defer db.Close()

	err = db.Ping()
	fmt.Println(errors.Is(err, surrealsql.ErrNoHosts))
	// Output: true
}

// In a DSN it is written 0: health_check_interval=0.
func ExampleDisabled() {
	cfg := &surrealsql.Config{Hosts: []string{"localhost"}, HealthCheckInterval: surrealsql.Disabled}
	fmt.Println(cfg)
	// Output: surrealdb://localhost:8000?health_check_interval=0s
}

func ExampleParseDSN() {
	cfg, err := surrealsql.ParseDSN("surrealdb://root:s3cret@localhost/shop/main?connect_timeout=2s")
	if err != nil {
		panic(err)
	}
	fmt.Println(cfg.Hosts, cfg.Namespace, cfg.Database, cfg.ConnectTimeout)
	fmt.Println(cfg) // without the password

	_, err = surrealsql.ParseDSN("surrealdb://localhost?connect_timeout=2")
	fmt.Println(err)
	// Output:
	// [localhost:8000] shop main 2s
	// surrealdb://root:xxxxx@localhost:8000/shop/main?connect_timeout=2s
	// surrealsql: DSN key connect_timeout: got "2", expected a duration above 0, such as 5s or 1m30s
}

func ExampleConfig_FormatDSN() {
	cfg := &surrealsql.Config{
		Hosts:     []string{"db1.internal", "db2.internal"},
		TLS:       true,
		Namespace: "shop",
		Database:  "main",
		User:      "app",
		Password:  "p/w",
		Auth:      surrealsql.AuthDatabase,
	}
	fmt.Println(cfg.FormatDSN())
	// Output: surrealdb://app:p%2Fw@db1.internal:8000,db2.internal:8000/shop/main?tls=true&auth=database
}

func ExampleConfig_Clone() {
	base, err := surrealsql.ParseDSN("surrealdb://localhost/shop/main")
	if err != nil {
		panic(err)
	}
	archive := base.Clone()
	archive.Database, archive.QueryTimeout = "archive", time.Minute
	fmt.Println(base)
	fmt.Println(archive)
	// Output:
	// surrealdb://localhost:8000/shop/main
	// surrealdb://localhost:8000/shop/archive?query_timeout=1m0s
}

func ExampleConfigFromEnv() {
	// SURREALDB_URL=wss://db.example.com/rpc SURREALDB_NS=shop SURREALDB_DB=main
	// SURREALDB_USER=app SURREALDB_PASS=… SURREALDB_CONNECT_TIMEOUT=2s
	cfg, err := surrealsql.ConfigFromEnv()
	if err != nil {
		log.Fatal(err)
	}
	log.Print("connecting to ", cfg) // without the password
}

// Several hosts are tried in the order that LoadBalance gives.
func ExampleConfig() {
	cfg := &surrealsql.Config{
		Hosts:       []string{"db1", "db2", "db3"},
		LoadBalance: surrealsql.BalanceRoundRobin,
		Namespace:   "shop",
		Database:    "main",
		Auth:        surrealsql.AuthNamespace,
		User:        "app",
		Password:    "s3cret",
		NilAs:       surrealsql.NilIsNone,
		MaxLifetime: time.Hour,
	}
	fmt.Println(cfg) // its zero fields have their defaults
	// Output: surrealdb://app:xxxxx@db1:8000,db2:8000,db3:8000/shop/main?auth=namespace&max_lifetime=1h0m0s&load_balance=round_robin&null=none
}

package surrealsql_test

import (
	"fmt"
	"log"
	"time"

	"github.com/surrealsql/surrealsql"
)

func ExampleParseDSN() {
	cfg, err := surrealsql.ParseDSN("surrealdb://root:s3cret@localhost/shop/main?dial_timeout=2s")
	if err != nil {
		panic(err)
	}
	fmt.Println(cfg.Hosts, cfg.Namespace, cfg.Database, cfg.DialTimeout)
	fmt.Println(cfg) // without the password

	_, err = surrealsql.ParseDSN("surrealdb://localhost?dial_timeout=2")
	fmt.Println(err)
	// Output:
	// [localhost:8000] shop main 2s
	// surrealdb://root:xxxxx@localhost:8000/shop/main?dial_timeout=2s
	// surrealsql: DSN key dial_timeout: got "2", expected a duration above 0, such as 5s or 1m30s
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
	// SURREALDB_USER=app SURREALDB_PASS=… SURREALDB_DIAL_TIMEOUT=2s
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
		LoadBalance: surrealsql.RoundRobin,
		Namespace:   "shop",
		Database:    "main",
		Auth:        surrealsql.AuthNamespace,
		User:        "app",
		Password:    "s3cret",
		NullAs:      surrealsql.NilIsNone,
		MaxLifetime: time.Hour,
	}
	fmt.Println(cfg) // its zero fields have their defaults
	// Output: surrealdb://app:xxxxx@db1:8000,db2:8000,db3:8000/shop/main?auth=namespace&max_lifetime=1h0m0s&load_balance=round_robin&null=none
}

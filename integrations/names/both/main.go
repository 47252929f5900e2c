// Both links two drivers that call themselves "surrealdb". This one gives the name up by a
// build tag, and is opened as "surrealsql":
//
//	go run -tags surrealsql_alias ./names/both DSN
package main

import (
	"context"
	"database/sql"
	"fmt"
	"log"
	"os"

	"github.com/surrealsql/surrealsql"

	_ "github.com/surrealsql/surrealsql/integrations/names/both/zother"
)

func main() {
	other, err := sql.Open("surrealdb", "")
	if err != nil {
		log.Fatal(err)
	}
	defer other.Close()
	fmt.Println("surrealdb:", other.PingContext(context.Background()))

	db, err := sql.Open(surrealsql.DriverAlias, os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	fmt.Println("surrealsql:", db.PingContext(context.Background()))
}

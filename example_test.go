package surrealsql_test

import (
	"context"
	"database/sql"
	"fmt"
	"log"

	_ "github.com/surrealsql/surrealsql"
)

func Example() {
	dsn, done := exampleDSN() // such as surrealdb://root:root@localhost:8000/shop/main
	defer done()

	db, err := sql.Open("surrealdb", dsn)
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	ctx := context.Background()

	for name, age := range map[string]int{"Ada": 36, "Grace": 85, "Kim": 7} {
		if _, err := db.ExecContext(ctx, `CREATE person SET name = $1, age = $2`, name, age); err != nil {
			log.Fatal(err)
		}
	}

	rows, err := db.QueryContext(ctx, `SELECT name, age FROM person WHERE age > $1 ORDER BY name`, 18)
	if err != nil {
		log.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var (
			name string
			age  int
		)
		if err := rows.Scan(&name, &age); err != nil {
			log.Fatal(err)
		}
		fmt.Println(name, age)
	}
	if err := rows.Err(); err != nil {
		log.Fatal(err)
	}
	// Output:
	// Ada 36
	// Grace 85
}

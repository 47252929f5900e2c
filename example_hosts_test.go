package surrealsql_test

import (
	"fmt"

	"github.com/surrealsql/surrealsql"
)

func ExampleConnector_Hosts() {
	connector, err := surrealsql.NewConnector(&surrealsql.Config{Hosts: []string{"db1.example", "db2.example:9000"}})
	must(err)
	fmt.Println(connector.Hosts())
	// Output: [db1.example:8000 db2.example:9000]
}

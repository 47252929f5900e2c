package surrealsql_test

import (
	"fmt"

	"github.com/surrealsql/surrealsql"
)

// Names for spans and labels for metrics.
func ExampleOutlineOf() {
	o := surrealsql.OutlineOf(`SELECT name FROM person WHERE age > 18`)
	fmt.Printf("%s, %s, %q\n", o.Operation, o.Table, o.Summary)
	fmt.Println(surrealsql.OutlineOf(`CREATE sale:1 SET n = 2; UPDATE stock SET n -= 2`).Summary)
	// Output:
	// SELECT, person, "SELECT person"
	// CREATE sale; UPDATE stock
}

func ExampleWithoutLiterals() {
	fmt.Println(surrealsql.WithoutLiterals(`UPDATE person:ada SET mail = 'ada@example.com', age = $1`))
	// Output: UPDATE person:? SET mail = ?, age = $1
}

func ExampleWithoutSecrets() {
	fmt.Println(surrealsql.WithoutSecrets(`DEFINE USER ada ON ROOT PASSWORD 's3cret' ROLES VIEWER`))
	// Output: DEFINE USER ada ON ROOT PASSWORD '…' ROLES VIEWER
}

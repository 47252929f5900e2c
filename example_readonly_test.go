package surrealsql_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/surrealsql/surrealsql"
)

func ExampleReadsOnly() {
	fmt.Println(surrealsql.ReadsOnly(`SELECT * FROM person`))
	fmt.Println(surrealsql.ReadsOnly(`SELECT * FROM (DELETE person RETURN BEFORE)`))
	// Output:
	// true
	// false
}

func ExampleConfig_readOnly() {
	db, done := exampleDB(func(cfg *surrealsql.Config) { cfg.ReadOnly = true })
	defer done()

	_, err := db.ExecContext(context.Background(), `CREATE person:ada`)
	fmt.Println(errors.Is(err, surrealsql.ErrReadOnly))
	// Output: true
}

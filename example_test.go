package surrealsql_test

import (
	"context"
	"database/sql"
	"fmt"
	"log"
	"slices"
	"testing"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// The example of the package, and the engine that all examples run on.

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

// example stands in for the *testing.T that an Example has not, so that examples
// run on the same engine as the tests, each in a database of its own.
type example struct {
	testing.TB // only what surrealtest calls is there
	cleanups   []func()
}

func (*example) Helper() {}

func (*example) Name() string { return "example" }

func (e *example) Cleanup(f func()) { e.cleanups = append(e.cleanups, f) }

func (*example) Fatal(args ...any) { panic(fmt.Sprint(args...)) }

func (*example) Fatalf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }

func (*example) Errorf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }

func (e *example) done() {
	for _, f := range slices.Backward(e.cleanups) {
		f()
	}
}

// exampleDSN is the DSN of an empty database, which done removes.
func exampleDSN() (dsn string, done func()) {
	e := new(example)
	return surrealtest.DSN(e), e.done
}

// exampleDB opens an empty database, with changes to its Config; done closes and
// removes it.
func exampleDB(change ...func(*surrealsql.Config)) (db *sql.DB, done func()) {
	dsn, remove := exampleDSN()
	cfg, err := surrealsql.ParseDSN(dsn)
	if err != nil {
		panic(err)
	}
	for _, c := range change {
		c(cfg)
	}
	connector, err := surrealsql.NewConnector(cfg)
	if err != nil {
		panic(err)
	}
	db = sql.OpenDB(connector)
	return db, func() {
		if err := db.Close(); err != nil {
			panic(err)
		}
		remove()
	}
}

// must ends an example that fails.
func must(err error) {
	if err != nil {
		panic(err)
	}
}

// remove removes a namespace that an example made.
func remove(ctx context.Context, db *sql.DB, namespace string) error {
	_, err := db.ExecContext(ctx, "REMOVE NAMESPACE IF EXISTS "+namespace)
	return err
}

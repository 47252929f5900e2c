package surrealsql_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/surrealsql/surrealsql"
)

// Examples of queries: arguments, columns, result sets, cancelling, and live queries.

// Columns come in the order in which the text names them.
func Example_columns() {
	db, done := exampleDB()
	defer done()
	ctx := context.Background()
	_, err := db.ExecContext(ctx, `
		CREATE person:ada SET name = "Ada", address = { city: "London" }, tags = ["math"];
		CREATE person:kim SET name = "Kim", age = 7`)
	must(err)

	for _, text := range []string{
		`SELECT name, age, address.city FROM person ORDER BY name`,
		`SELECT count() AS people, math::max(age) AS oldest FROM person GROUP ALL`,
		`SELECT * FROM person`,
		`SELECT VALUE name FROM person`,
	} {
		rows, err := db.QueryContext(ctx, text)
		must(err)
		columns, err := rows.Columns()
		must(err)
		fmt.Println(columns)
		must(rows.Close())
	}
	// Output:
	// [name age address.city]
	// [people oldest]
	// [id address age name tags]
	// [value]
}

// Arguments have numbers or names. A value without either cannot be bound.
func Example_arguments() {
	db, done := exampleDB()
	defer done()
	ctx := context.Background()

	// Numbered from 1. A number may be used more than once.
	_, err := db.ExecContext(ctx, `CREATE person SET name = $1, age = $2`, "Ada", 36)
	must(err)

	// Named. The text is sent as it is.
	_, err = db.ExecContext(ctx, `CREATE person SET name = $name, age = $age`,
		sql.Named("name", "Grace"), sql.Named("age", 85))
	must(err)

	// Any value can be an argument: structs, maps and slices too.
	type person struct {
		Name string `json:"name"`
		Age  int    `json:"age"`
	}
	_, err = db.ExecContext(ctx, `INSERT INTO person $people`,
		sql.Named("people", []person{{"Kim", 7}, {"Lee", 8}}))
	must(err)

	// A list takes the place of IN (?, ?, …).
	var n int
	must(db.QueryRowContext(ctx, `RETURN count(SELECT * FROM person WHERE name IN $1)`, []string{"Ada", "Kim"}).Scan(&n))
	fmt.Println(n)

	// A misspelt name is an error: the server would take NONE for it.
	_, err = db.ExecContext(ctx, `CREATE person SET name = $nmae`, sql.Named("name", "Max"))
	fmt.Println(err)
	// Output:
	// 2
	// surrealsql: argument "name" is not used: the text has $nmae
}

// Each statement of a text is a result set, except LET, USE, BEGIN, COMMIT,
// CANCEL and OPTION.
func Example_resultSets() {
	db, done := exampleDB()
	defer done()
	ctx := context.Background()

	rows, err := db.QueryContext(ctx, `
		LET $limit = 18;
		INSERT INTO person [{ id: person:ada, age: 36 }, { id: person:kim, age: 7 }] RETURN VALUE id;
		SELECT id, age FROM person WHERE age > $limit`)
	must(err)
	defer rows.Close()
	for set := 1; ; set++ {
		columns, err := rows.Columns()
		must(err)
		fmt.Println("set", set, columns)
		for rows.Next() {
			values, into := make([]any, len(columns)), make([]any, len(columns))
			for i := range values {
				into[i] = &values[i]
			}
			must(rows.Scan(into...))
			fmt.Println(values...)
		}
		if !rows.NextResultSet() {
			break
		}
	}
	must(rows.Err())
	// Output:
	// set 1 [value]
	// person:ada
	// person:kim
	// set 2 [id age]
	// person:ada 36
}

// RETURN makes a statement that writes a query. Without it, RowsAffected counts
// the records.
func Example_returning() {
	db, done := exampleDB()
	defer done()
	ctx := context.Background()

	var id surrealsql.RecordID
	must(db.QueryRowContext(ctx, `CREATE person:ada SET name = "Ada" RETURN VALUE id`).Scan(&id))
	fmt.Println(id)

	var before, after string
	must(db.QueryRowContext(ctx, `UPDATE $1 SET name = "Ada L." RETURN $before.name AS before, $after.name AS after`, id).
		Scan(&before, &after))
	fmt.Println(before, "->", after)

	res, err := db.ExecContext(ctx, `DELETE person`)
	must(err)
	n, err := res.RowsAffected()
	must(err)
	fmt.Println(n, "deleted")
	// Output:
	// person:ada
	// Ada -> Ada L.
	// 1 deleted
}

func ExampleArgs() {
	db, done := exampleDB()
	defer done()
	ctx := context.Background()

	person := struct {
		Name string `json:"name"`
		Age  int    `json:"age"`
	}{"Ada", 36}
	var text string
	must(db.QueryRowContext(ctx, `RETURN $name + " is " + <string>$age`, surrealsql.Args(person)...).Scan(&text))
	fmt.Println(text)

	must(db.QueryRowContext(ctx, `RETURN $greeting + ", " + $name`,
		surrealsql.Args(map[string]any{"greeting": "Hello", "name": "Grace"})...).Scan(&text))
	fmt.Println(text)
	// Output:
	// Ada is 36
	// Hello, Grace
}

// A prepared statement saves the analysis of its text, not a round trip.
func ExampleConn_PrepareContext() {
	db, done := exampleDB()
	defer done()
	ctx := context.Background()

	stmt, err := db.PrepareContext(ctx, `RETURN $1 * $2`)
	must(err)
	defer stmt.Close()
	for i := range 3 {
		var product int
		must(stmt.QueryRowContext(ctx, i, 7).Scan(&product))
		fmt.Println(product)
	}
	// Output:
	// 0
	// 7
	// 14
}

// A context that ends stops the query on a server. Where it was streamed (SurrealDB 3.3)
// the connection goes on; else it is closed, and the pool makes another one.
func Example_cancelling() {
	db, done := exampleDB()
	defer done()
	must(db.Ping()) // connected: what ends below is the query

	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	_, err := db.ExecContext(ctx, `SLEEP 500ms`)
	fmt.Println(errors.Is(err, context.DeadlineExceeded))
	fmt.Println(errors.Is(err, surrealsql.ErrOutcomeUnknown)) // it may have run, or not

	must(db.Ping())
	fmt.Println(db.Stats().OpenConnections)
	// Output:
	// true
	// true
	// 1
}

// Many queries go in one round trip, each with its own arguments and its own result.
func ExampleSendBatch() {
	db, done := exampleDB()
	defer done()
	ctx := context.Background()

	var batch surrealsql.Batch
	batch.Queue(`CREATE person:ada SET name = $1, age = $2`, "Ada", 36)
	batch.Queue(`CREATE person:kim SET name = $1, age = $2`, "Kim", 7)
	batch.Queue(`CREATE person:ada`) // fails alone
	batch.Queue(`SELECT name FROM person WHERE age > $1`, 18)

	results, err := surrealsql.SendBatch(ctx, db, &batch)
	must(err)
	defer results.Close()
	for range 3 {
		if _, err := results.Exec(); err != nil {
			fmt.Println(err)
		}
	}
	var name string
	must(results.QueryRow().Scan(&name))
	fmt.Println(name)
	// Output:
	// surrealsql: query 3 of the batch: surrealdb: Database record `person:ada` already exists
	// Ada
}

// A live query tells of changes once it has begun. Leaving the loop ends it.
func ExampleLiveQuery() {
	db, done := exampleDB()
	defer done()
	ctx := context.Background()
	_, err := db.ExecContext(ctx, `DEFINE TABLE person`)
	must(err)

	type Person struct {
		Name string
		Age  int
	}
	for n, err := range surrealsql.LiveQuery[Person](ctx, db, `LIVE SELECT * FROM person WHERE age > $1`, 18) {
		must(err)
		fmt.Println(n.Action, n.ID, n.Record.Name, n.Record.Age)
		switch n.Action {
		case surrealsql.ActionBegun:
			_, err = db.ExecContext(ctx, `CREATE person:ada SET name = 'Ada', age = 36`)
			must(err)
			continue
		case surrealsql.ActionCreate:
			_, err = db.ExecContext(ctx, `DELETE person:ada`)
			must(err)
			continue
		}
		break
	}
	// Output:
	// BEGUN   0
	// CREATE person:ada Ada 36
	// DELETE person:ada Ada 36
}

// With a connection that may be lost, the loop goes on, and says where changes may have been
// missed.
func ExampleWithReconnect() {
	db, done := exampleDB()
	defer done()
	_, err := db.ExecContext(context.Background(), `DEFINE TABLE person; CREATE person:ada`)
	must(err)

	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	ctx = surrealsql.WithReconnect(ctx, surrealsql.Retry{Attempts: -1, MaxPause: 10 * time.Second})
	for n, err := range surrealsql.LiveQuery[any](ctx, db, `LIVE SELECT * FROM person`) {
		switch {
		case err != nil:
			fmt.Println("over:", err)
		case n.Action == surrealsql.ActionBegun, n.Action == surrealsql.ActionResumed:
			people, err := surrealsql.All[map[string]any](ctx, db, `SELECT * FROM person`)
			must(err)
			fmt.Println("all there is:", len(people))
		}
	}
	// Output:
	// all there is: 1
	// over: context deadline exceeded
}

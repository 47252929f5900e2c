package surrealql_test

import (
	"fmt"

	"github.com/surrealsql/surrealsql/internal/surrealql"
)

// How package surrealsql uses this one.

func ExampleAnalyze() {
	q := surrealql.Analyze("LET $min = $1; SELECT name, count() FROM person WHERE age > $min AND town = $town GROUP BY name")
	fmt.Println(q.Rewritten[:14], q.Ordinals, q.Params)
	for _, s := range q.Statements {
		fmt.Print(s.Kind, s.Yields, s.MayWrite)
		for _, c := range s.Projection.Columns {
			fmt.Print(" ", c.Name)
		}
		fmt.Println()
	}
	// Output:
	// LET $min = $_1 1 [town]
	// LET false false
	// SELECT true false name count
}

func ExampleProjection_Resolve() {
	q := surrealql.Analyze("SELECT name, age+1, address.city FROM person")
	// The keys of the engine's answer, sorted as it sends them.
	row := func(path surrealql.Path) []string {
		switch len(path) {
		case 0:
			return []string{"address", "age + 1", "name"}
		case 1:
			if path[0] == "address" {
				return []string{"city"}
			}
		}
		return nil
	}
	paths, err := q.Statements[0].Projection.Resolve(row)
	fmt.Println(paths, err)

	_, err = surrealql.Analyze("SELECT tags[0], tags[1] FROM person").Statements[0].Projection.Resolve(
		func(surrealql.Path) []string { return []string{"tags"} })
	fmt.Println(err)
	// Output:
	// [[name] [age + 1] [address city]] <nil>
	// column `tags[0]` and column `tags[1]` both arrive as "tags": give one an alias (… AS name)
}

func ExampleProjection_Check() {
	q := surrealql.Analyze("SELECT count(a), count(b) FROM t GROUP ALL")
	fmt.Println(q.Statements[0].Projection.Check())
	// Output:
	// column `count(a)` and column `count(b)` both arrive as "count": give one an alias (… AS name)
}

func ExampleProjection_Static() {
	fmt.Println(surrealql.Analyze("SELECT a, b.c, count() AS n FROM t").Statements[0].Projection.Static())
	fmt.Println(surrealql.Analyze("SELECT a, a + 1 FROM t").Statements[0].Projection.Static())
	// Output:
	// [[a] [b c] [n]]
	// []
}

func ExampleQuery_ExecText() {
	q := surrealql.Analyze("UPDATE person SET seen = $1 WHERE id = $2 TIMEOUT 5s; DELETE old RETURN NONE")
	fmt.Println(q.ExecText())
	// Output:
	// UPDATE person SET seen = $_1 WHERE id = $_2 RETURN NULL TIMEOUT 5s; DELETE old RETURN NONE
}

func ExampleQuery_Offset() {
	q := surrealql.Analyze("CREATE a; CREATE b SET x = $1 +")
	fmt.Println(q.ExecText())
	fmt.Println(q.Offset(22, true)) // of "CREATE b", where the server points
	// Output:
	// CREATE a RETURN NULL; CREATE b SET x = $_1 +
	// 10
}

func ExampleQuery_Align() {
	q := surrealql.Analyze("BEGIN; CREATE a; RETURN 1; CREATE b; COMMIT; RETURN 2")
	a := q.Align(3, 5) // a 3.x server answered five entries
	for range 5 {
		i, _ := a.Next(false, "")
		fmt.Print(q.Statements[i].Kind, " ")
	}
	// Output:
	// BEGIN CREATE RETURN COMMIT RETURN
}

func ExampleIsReserved() {
	fmt.Println(surrealql.IsReserved("auth"), surrealql.IsReserved("name"))
	// Output:
	// true false
}

func ExampleStatement_Counting() {
	for _, s := range surrealql.Analyze("CREATE a; CREATE ONLY a:1; SELECT * FROM a").Statements {
		fmt.Println(s.Kind, s.Counting())
	}
	// Output:
	// CREATE CountElements
	// CREATE CountOne
	// SELECT CountNothing
}

package surrealsql_test

import (
	"context"
	"fmt"

	"github.com/surrealsql/surrealsql"
)

// Examples of graphs: RELATE, and what is read along edges.

// knownPeople are four, of whom each knows the next.
const knownPeople = `
	CREATE person:ann SET name = 'Ann', age = 30;
	CREATE person:bob SET name = 'Bob', age = 40;
	CREATE person:cy SET name = 'Cy', age = 50;
	CREATE person:di SET name = 'Di', age = 60;
	RELATE person:bob->knows->person:cy SET since = 2021;
	RELATE person:cy->knows->person:di SET since = 2022;`

func Example_graph() {
	db, done := exampleDB()
	defer done()
	ctx := context.Background()
	_, err := db.ExecContext(ctx, knownPeople)
	must(err)

	type Knows struct {
		ID, In, Out surrealsql.RecordID
		Since       int
	}
	ann, bob := surrealsql.RecordID("person:ann"), surrealsql.RecordID("person:bob")
	edge, err := surrealsql.One[Knows](ctx, db, `RELATE $1->knows->$2 SET since = $3`, ann, bob, 2020)
	must(err)
	fmt.Println(edge.In, "knows", edge.Out, "since", edge.Since)

	type Person struct {
		ID   surrealsql.RecordID
		Name string
	}
	type Friend struct {
		Since int
		Out   Person
	}
	type Acquainted struct {
		Name    string
		Friends []Person
		Edges   []Friend
		By      []string
	}
	people, err := surrealsql.All[Acquainted](ctx, db, `
		SELECT name,
			->knows->person.{ id, name } AS friends,
			->knows.{ since, out: out.{ id, name } } AS edges,
			<-knows<-person.name AS by
		FROM person WHERE age < $1 ORDER BY name`, 50)
	must(err)
	for _, p := range people {
		fmt.Println(p.Name, p.Friends, p.Edges, p.By)
	}

	edges, err := surrealsql.All[Friend](ctx, db, `SELECT * FROM knows ORDER BY since FETCH out`)
	must(err)
	fmt.Println(edges)

	// Output:
	// person:ann knows person:bob since 2020
	// Ann [{person:bob Bob}] [{2020 {person:bob Bob}}] []
	// Bob [{person:cy Cy}] [{2021 {person:cy Cy}}] [Ann]
	// [{2020 {person:bob Bob}} {2021 {person:cy Cy}} {2022 {person:di Di}}]
}

func Example_graphScan() {
	db, done := exampleDB()
	defer done()
	ctx := context.Background()
	_, err := db.ExecContext(ctx, knownPeople)
	must(err)

	type Person struct{ Name string }
	rows, err := db.QueryContext(ctx, `
		SELECT in, out, since, out.name AS name, out->knows->person.{ name } AS next
		FROM knows ORDER BY since`)
	must(err)
	defer rows.Close()
	for rows.Next() {
		var in, out surrealsql.RecordID
		var since int
		var name string
		var next []Person
		must(rows.Scan(&in, &out, &since, &name, surrealsql.Into(&next)))
		fmt.Println(in, out, since, name, next)
	}
	must(rows.Err())
	// Output:
	// person:bob person:cy 2021 Cy [{Di}]
	// person:cy person:di 2022 Di []
}

func Example_graphPaths() {
	db, done := exampleDB()
	defer done()
	ctx := context.Background()
	_, err := db.ExecContext(ctx, knownPeople)
	must(err)
	bob := surrealsql.RecordID("person:bob")

	// All whom one can reach in at most five steps.
	ids, err := surrealsql.One[[]surrealsql.RecordID](ctx, db, `RETURN $1.{1..5+collect}->knows->person`, bob)
	must(err)
	fmt.Println(ids)

	// Their ways there.
	paths, err := surrealsql.One[[][]surrealsql.RecordID](ctx, db, `RETURN $1.{..+path}->knows->person`, bob)
	must(err)
	fmt.Println(paths)

	// The shortest way to one of them.
	di := surrealsql.RecordID("person:di")
	way, err := surrealsql.One[[]surrealsql.RecordID](ctx, db, `RETURN $1.{..+shortest=$2}->knows->person`, bob, di)
	must(err)
	fmt.Println(way)

	// A tree, three steps deep.
	type Person struct {
		Name  string
		Knows []Person
	}
	tree, err := surrealsql.One[Person](ctx, db, `RETURN $1.{3}.{ name, knows: ->knows->person.@ }`, bob)
	must(err)
	fmt.Println(tree)
	// Output:
	// [person:cy person:di]
	// [[person:cy person:di]]
	// [person:cy person:di]
	// {Bob [{Cy [{Di []}]}]}
}

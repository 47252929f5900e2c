package surrealsql_test

import (
	"context"
	"fmt"

	"github.com/surrealdb/surrealdb.go/pkg/models"

	"github.com/surrealsql/surrealsql"
)

// Examples of SurrealDB's models beside documents: graphs, full text, vectors, places on a map.

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

func Example_fullText() {
	db, done := exampleDB()
	defer done()
	ctx := context.Background()
	_, err := db.ExecContext(ctx, `
		DEFINE ANALYZER english TOKENIZERS blank, class FILTERS lowercase, snowball(english);
		DEFINE TABLE article;
		DEFINE INDEX title ON article FIELDS title FULLTEXT ANALYZER english BM25 HIGHLIGHTS;
		CREATE article:1 SET title = 'Running databases in production, and more databases';
		CREATE article:2 SET title = 'A database for graphs';
		CREATE article:3 SET title = 'Cooking for two';
		CREATE article:4 SET title = 'Growing tomatoes';
		CREATE article:5 SET title = 'Running for beginners';
		CREATE article:6 SET title = 'Bread';`)
	must(err)

	type Hit struct {
		ID    surrealsql.RecordID
		Title string
		Score float64
	}
	hits, err := surrealsql.All[Hit](ctx, db, `
		SELECT id, search::highlight('<b>', '</b>', 1) AS title, search::score(1) AS score
		FROM article WHERE title @1@ $1 ORDER BY score DESC LIMIT 10`, "database")
	must(err)
	for _, h := range hits {
		fmt.Println(h.ID, h.Title, h.Score > 0)
	}

	// Any of the words, where @@ wants all of them.
	titles, err := surrealsql.All[string](ctx, db,
		`SELECT VALUE title FROM article WHERE title @OR@ $1 ORDER BY title`, "graph tomato")
	must(err)
	fmt.Printf("%q\n", titles)
	// Output:
	// article:2 A <b>database</b> for graphs true
	// article:1 Running <b>databases</b> in production, and more <b>databases</b> true
	// ["A database for graphs" "Growing tomatoes"]
}

func Example_vectors() {
	db, done := exampleDB()
	defer done()
	ctx := context.Background()
	_, err := db.ExecContext(ctx, `
		DEFINE TABLE article;
		DEFINE INDEX embedding ON article FIELDS embedding HNSW DIMENSION 3 DIST COSINE TYPE F32;`)
	must(err)
	type Article struct {
		ID        surrealsql.RecordID `json:"id"`
		Embedding []float32           `json:"embedding"`
	}
	_, err = db.ExecContext(ctx, `INSERT INTO article $1`, []Article{
		{"article:1", []float32{1, 0, 0}},
		{"article:2", []float32{0, 1, 0}},
		{"article:3", []float32{0, 0.8, 0.6}},
	})
	must(err)

	// The two nearest; 40 is how widely the index looks for them.
	type Near struct {
		ID       surrealsql.RecordID
		Distance float64
	}
	nearest, err := surrealsql.All[Near](ctx, db, `
		SELECT id, vector::distance::knn() AS distance FROM article
		WHERE embedding <|2,40|> $1 ORDER BY distance`, []float32{0, 1, 0})
	must(err)
	for _, n := range nearest {
		fmt.Printf("%s %.2f\n", n.ID, n.Distance)
	}

	// The same without an index: exact, and slow where there are many.
	nearest, err = surrealsql.All[Near](ctx, db, `
		SELECT id, vector::distance::knn() AS distance FROM article
		WHERE embedding <|2,COSINE|> $1 ORDER BY distance`, []float32{0, 1, 0})
	must(err)
	fmt.Println(len(nearest), nearest[0].ID)
	// Output:
	// article:2 0.00
	// article:3 0.20
	// 2 article:2
}

func Example_geometry() {
	db, done := exampleDB()
	defer done()
	ctx := context.Background()
	type Place struct {
		ID surrealsql.RecordID  `json:"id"`
		At models.GeometryPoint `json:"at"` // longitude first, as in GeoJSON
	}
	places, err := surrealsql.All[Place](ctx, db, `INSERT INTO place $1`, []Place{
		{"place:berlin", models.GeometryPoint{Longitude: 13.4, Latitude: 52.5}},
		{"place:paris", models.GeometryPoint{Longitude: 2.35, Latitude: 48.85}},
	})
	must(err)
	fmt.Println(len(places), places[0].At.Longitude)

	// What lies inside a polygon, whose ring ends where it begins.
	region := models.GeometryPolygon{{
		{Longitude: 10, Latitude: 50}, {Longitude: 20, Latitude: 50}, {Longitude: 20, Latitude: 55},
		{Longitude: 10, Latitude: 55}, {Longitude: 10, Latitude: 50},
	}}
	inside, err := surrealsql.All[surrealsql.RecordID](ctx, db, `SELECT VALUE id FROM place WHERE at INSIDE $1`, region)
	must(err)
	fmt.Println(inside)

	// By distance, in meters.
	type Far struct {
		ID     surrealsql.RecordID
		Meters float64
	}
	far, err := surrealsql.All[Far](ctx, db,
		`SELECT id, geo::distance(at, $1) AS meters FROM place ORDER BY meters`, models.GeometryPoint{Longitude: 2.3, Latitude: 48.8})
	must(err)
	fmt.Println(far[0].ID, far[1].ID, int(far[1].Meters/1000), "km")
	// Output:
	// 2 13.4
	// [place:berlin]
	// place:paris place:berlin 882 km
}

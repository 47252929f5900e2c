package surrealsql_test

import (
	"context"
	"fmt"

	"github.com/surrealdb/surrealdb.go/pkg/models"

	"github.com/surrealsql/surrealsql"
)

// Examples of indexes that find by words, by nearness of vectors, and of places on a map.

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

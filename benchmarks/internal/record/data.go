package record

import (
	"fmt"
	"time"
)

// The records that are seeded. They are the same in each run.

// Person is a record of the table person.
type Person struct {
	ID      int       `json:"id"`
	Age     int       `json:"age"`
	Name    string    `json:"name"`
	Score   float64   `json:"score"`
	Created time.Time `json:"created"`
	City    string    `json:"city"`
	Visits  int       `json:"visits"`
	Height  float64   `json:"height"`
	Updated time.Time `json:"updated"`
}

// NewPerson makes the n-th person. A quarter of the ages fits a byte, which Go
// boxes without allocating, as with a column of numbers from 0 to 999; floats
// need all their bits.
func NewPerson(n int) Person {
	return Person{
		ID:      n,
		Age:     37 * n % 1_000,
		Name:    fmt.Sprintf("%s %s %04d", given[n%len(given)], family[n%len(family)], n),
		Score:   float64(n) / 3,
		Created: epoch.Add(time.Duration(n) * 1_234_567_891),
		City:    cities[n%len(cities)],
		Visits:  n * n,
		Height:  1.5 + float64(n%500)/997,
		Updated: epoch.Add(time.Duration(n) * 7_654_321_987),
	}
}

var epoch = time.Date(2024, 2, 29, 12, 30, 0, 123456789, time.UTC)

var (
	given  = []string{"Ada", "Barbara", "Edsger", "Grace", "Tobie", "Niklaus", "Katherine"}
	family = []string{"Lovelace", "Liskov", "Dijkstra", "Hopper", "Hitchcock", "Wirth"}
	cities = []string{"London", "Los Angeles", "Rotterdam", "New York", "Winterthur"}
)

// Document is a nested document.
type Document struct {
	Name    string            `json:"name"`
	Active  bool              `json:"active"`
	Since   time.Time         `json:"since"`
	Address Address           `json:"address"`
	Tags    []string          `json:"tags"`
	Orders  []Order           `json:"orders"`
	Labels  map[string]string `json:"labels"`
}

// Address is a part of a Document.
type Address struct {
	Street string `json:"street"`
	City   string `json:"city"`
	Place  struct {
		Lat float64 `json:"lat"`
		Lon float64 `json:"lon"`
	} `json:"place"`
}

// Order is a part of a Document.
type Order struct {
	SKU      string    `json:"sku"`
	Quantity int       `json:"quantity"`
	Price    float64   `json:"price"`
	Placed   time.Time `json:"placed"`
}

// NewDocument makes the n-th document.
func NewDocument(n int) Document {
	p := NewPerson(n)
	d := Document{
		Name:   p.Name,
		Active: n%3 != 0,
		Since:  p.Created,
		Tags:   []string{"customer", "newsletter", p.City},
		Labels: map[string]string{"source": "import", "segment": fmt.Sprintf("s%d", n%9)},
	}
	d.Address = Address{Street: fmt.Sprintf("%d Analytical Row", n), City: p.City}
	d.Address.Place.Lat, d.Address.Place.Lon = p.Score/100, -p.Height
	for i := range 3 {
		d.Orders = append(d.Orders, Order{
			SKU:      fmt.Sprintf("SKU-%05d", n*3+i),
			Quantity: 1 + i,
			Price:    float64(n+i) * 1.1,
			Placed:   p.Updated.Add(time.Duration(i) * time.Hour),
		})
	}
	return d
}

package main

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/surrealdb/surrealdb.go/surrealcbor"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/benchmarks/internal/measure"
	"github.com/surrealsql/surrealsql/benchmarks/internal/record"
)

// The groups of typed reading: rows as whole records into structs, beside Scan and the SDK.

const (
	scanned      = "driver, Scan into the fields of structs"
	readByAll    = "driver, All"
	readByStream = "driver, Stream"
	allByShaped  = "driver, All by shaped"
	scanByShaped = "driver, Scan by shaped"
	readAsOne    = "driver, One of a slice"
	sdkDecoder   = "SDK's decoder into structs"
)

// typedMember is a member as a program has it.
type typedMember struct {
	ID      surrealsql.RecordID `json:"id"`
	Age     int64               `json:"age"`
	Name    string              `json:"name"`
	Score   float64             `json:"score"`
	Active  bool                `json:"active"`
	City    string              `json:"city"`
	Created time.Time           `json:"created"`
	Token   string              `json:"token"`
}

// readAll reads all records at once.
func readAll[T any](db *sql.DB, text string, want int) error {
	all, err := surrealsql.All[T](context.Background(), db, text)
	if err != nil {
		return err
	}
	return counted(len(all), want)
}

// readStream reads records one by one.
func readStream[T any](db *sql.DB, text string, want int) error {
	got := 0
	for _, err := range surrealsql.Stream[T](context.Background(), db, text) {
		if err != nil {
			return err
		}
		got++
	}
	return counted(got, want)
}

// readOne reads an array of records as one value. The text names a value, and the reply is that to
// any text.
func readOne[T any](db *sql.DB, want int) error {
	all, err := surrealsql.One[[]T](context.Background(), db, record.Page.Text)
	if err != nil {
		return err
	}
	return counted(len(all), want)
}

// scanAll reads all rows into structs by their columns, as a program does without typed reading.
func scanAll[T any](db *sql.DB, text string, fields func(*T) []any, want int) error {
	rows, err := db.QueryContext(context.Background(), text)
	if err != nil {
		return err
	}
	defer rows.Close()
	var (
		all []T
		one T
	)
	dest := fields(&one)
	for rows.Next() {
		if err := rows.Scan(dest...); err != nil {
			return err
		}
		all = append(all, one)
	}
	return finish(rows, len(all), want)
}

func fieldsOf8(r *row8) []any {
	return []any{&r.Age, &r.Name, &r.Score, &r.Created, &r.City, &r.Visits, &r.Height, &r.Updated}
}

func fieldsOfMember(m *typedMember) []any {
	return []any{&m.ID, &m.Age, &m.Name, &m.Score, &m.Active, &m.City, &m.Created, &m.Token}
}

// records reads a page of eight columns.
func records(e *env) (*measure.Group, error) {
	n, recording := e.rows, e.set[record.Page8.Key]
	dbs, err := many(4, func() (*sql.DB, error) { return e.memory(recording.Reply(n)) })
	if err != nil {
		return nil, err
	}
	value, text := recording.Value(n), record.Page8.Text
	return &measure.Group{
		Key:   "records",
		Title: fmt.Sprintf("%s rows × 8 columns into structs: in memory", thousands(n)),
		About: "Whole queries through sql.DB whose reply comes from memory. The SDK's decoder is given the bytes of the same rows and " +
			"makes no query. Nearest to it is One of a slice, which reads all rows as one value, in one step of database/sql; its " +
			"request and the rest of its reply are in its time. All of them but Stream end with a slice of all structs. Figures are per row.",
		Reference: scanned, PerRow: true,
		Cases: []measure.Case{
			{Name: scanned, Role: measure.Subject, Rows: n, Op: op(func() error { return scanAll(dbs[0], text, fieldsOf8, n) })},
			{Name: readByAll, Role: measure.Subject, Rows: n, Op: op(func() error { return readAll[row8](dbs[1], text, n) })},
			{Name: readByStream, Role: measure.Subject, Rows: n, Op: op(func() error { return readStream[row8](dbs[2], text, n) })},
			{Name: readAsOne, Role: measure.Subject, Rows: n, Op: op(func() error { return readOne[row8](dbs[3], n) })},
			{Name: sdkDecoder, Role: measure.SDK, Rows: n, Op: op(unmarshal[row8](surrealcbor.Unmarshal, value, n))},
		},
	}, nil
}

// recordsOfMembers reads a page of members by cbor and by shaped.
func recordsOfMembers(e *env) (*measure.Group, error) {
	n, plain, shaped := e.rows, e.set[record.Members.Key], e.set[record.MembersShaped.Key]
	byCBOR, err := many(2, func() (*sql.DB, error) { return e.memory(plain.Reply(n)) })
	if err != nil {
		return nil, err
	}
	byShaped, err := many(2, func() (*sql.DB, error) { return e.memory(shaped.Reply(n)) })
	if err != nil {
		return nil, err
	}
	value, text := plain.Value(n), record.Members.Text
	scan := func(name string, db *sql.DB) measure.Case {
		return measure.Case{Name: name, Role: measure.Subject, Rows: n, Op: op(func() error { return scanAll(db, text, fieldsOfMember, n) })}
	}
	read := func(name string, db *sql.DB) measure.Case {
		return measure.Case{Name: name, Role: measure.Subject, Rows: n, Op: op(func() error { return readAll[typedMember](db, text, n) })}
	}
	return &measure.Group{
		Key:   "records-members",
		Title: fmt.Sprintf("%s rows × 8 columns of a table with a schema into structs: in memory", thousands(n)),
		About: "The same with an id, an integer, a float, a bool, a datetime, a UUID and two strings, by cbor and as SurrealDB 4.0 " +
			"sends them by shaped. The SDK knows cbor alone, and has the id and the UUID in types of its own.",
		Reference: scanned, PerRow: true,
		Cases: []measure.Case{
			scan(scanned, byCBOR[0]), read(readByAll, byCBOR[1]), scan(scanByShaped, byShaped[0]), read(allByShaped, byShaped[1]),
			{Name: sdkDecoder, Role: measure.SDK, Rows: n, Op: op(unmarshal[sdkMember](surrealcbor.Unmarshal, value, n))},
		},
	}, nil
}

// recordsNested reads nested documents.
func recordsNested(e *env) (*measure.Group, error) {
	n, recording := e.nested, e.set[record.Nested.Key]
	dbs, err := many(3, func() (*sql.DB, error) { return e.memory(recording.Reply(n)) })
	if err != nil {
		return nil, err
	}
	value := recording.Value(n)
	g := &measure.Group{
		Key:       "records-nested",
		Title:     thousands(n) + " nested documents into structs as records: in memory",
		About:     "The documents of the group of nested documents, which Scan reads as a column.",
		Reference: intoStructs, PerRow: true,
		Cases: []measure.Case{
			{Name: intoStructs, Role: measure.Subject, Rows: n, Op: op(func() error { return documents(dbs[0], n, into) })},
			{Name: readByAll, Role: measure.Subject, Rows: n, Op: op(func() error { return readAll[record.Document](dbs[1], record.Nested.Text, n) })},
			{Name: readAsOne, Role: measure.Subject, Rows: n, Op: op(func() error { return readOne[record.Document](dbs[2], n) })},
			{Name: sdkDecoder, Role: measure.SDK, Rows: n, Op: op(unmarshal[record.Document](surrealcbor.Unmarshal, value, n))},
		},
	}
	return g, nil
}

package main

import (
	"context"
	"database/sql/driver"
	"fmt"
	"io"

	"github.com/surrealdb/surrealdb.go/surrealcbor"

	"github.com/surrealsql/surrealsql/benchmarks/internal/measure"
	"github.com/surrealsql/surrealsql/benchmarks/internal/record"
)

// The group of the decoder: one array of objects, decoded in several ways.

const (
	decodeValues  = "driver, rows into their values"
	decodeRows    = "driver through sql.DB, rows into variables"
	decodeDriver  = "driver through sql.DB, an array into an *any"
	decodeSDKMaps = "surrealcbor into maps"
)

// decoder is target 7: the same objects as rows, which the driver decodes without
// a map, and as one value, an array, into Go's maps.
func decoder(e *env) (*measure.Group, error) {
	n := e.rows
	recording := e.set[record.Page.Key]
	db, err := e.memory(recording.Reply(n))
	if err != nil {
		return nil, err
	}
	direct, err := e.memory(e.set[record.Page4.Key].Reply(n))
	if err != nil {
		return nil, err
	}
	conn, err := direct.Conn(context.Background())
	if err != nil {
		return nil, err
	}
	e.atEnd(conn.Close)
	through, err := e.memory(e.set[record.Page4.Key].Reply(n))
	if err != nil {
		return nil, err
	}
	value := recording.Value(n)
	return &measure.Group{
		Key:   "decoder",
		Title: fmt.Sprintf("Decoding an array of %s objects of 4 fields", thousands(n)),
		About: fmt.Sprintf("Objects of %s bytes in all. The driver's figures are those of whole queries in memory, "+
			"the first without what database/sql adds; the others decode bytes that lie ready. "+
			"A program that takes a result as rows builds no map, which is most of what a map costs anybody; "+
			"one that has an array in a column gets a []any of map[string]any. Figures are per object.", thousands(len(value))),
		Reference: decodeValues, PerRow: true,
		Cases: []measure.Case{
			{Name: decodeValues, Role: measure.Subject, Rows: n, Op: op(func() error {
				return conn.Raw(func(c any) error { return values(c, record.Page4.Text, n) })
			})},
			{Name: decodeRows, Role: measure.Subject, Rows: n, Op: op(func() error {
				return page4(context.Background(), through, n)
			})},
			{Name: decodeDriver, Role: measure.Subject, Rows: n, Op: op(func() error {
				var v any
				if err := db.QueryRow(record.Page.Text).Scan(&v); err != nil {
					return err
				}
				return counted(len(v.([]any)), n)
			})},
			{Name: decodeSDKMaps, Role: measure.SDK, Rows: n, Op: op(unmarshal[map[string]any](surrealcbor.Unmarshal, value, n))},
			{Name: "surrealcbor into structs", Role: measure.SDK, Rows: n, Op: op(unmarshal[row4](surrealcbor.Unmarshal, value, n))},
			{Name: "fxamacker/cbor into maps", Role: measure.Relative, Rows: n,
				Op: op(unmarshal[map[string]any](lenient.Unmarshal, value, n))},
			{Name: "well-formedness walk of the value", Role: measure.Limit, Rows: n, Op: op(walk(value))},
			{Name: "well-formedness walk by fxamacker/cbor", Role: measure.Limit, Rows: n, Op: op(wellformed(value))},
		},
	}, nil
}

// values reads rows as database/sql does, into what it would scan.
func values(conn any, text string, want int) error {
	rows, err := conn.(driver.QueryerContext).QueryContext(context.Background(), text, nil)
	if err != nil {
		return err
	}
	defer rows.Close()
	dest := make([]driver.Value, len(rows.Columns()))
	got := 0
	for err = rows.Next(dest); err == nil; err = rows.Next(dest) {
		got++
	}
	if err != io.EOF {
		return err
	}
	return counted(got, want)
}

func unmarshal[T any](by func([]byte, any) error, value []byte, n int) func() error {
	return func() error {
		var v []T
		if err := by(value, &v); err != nil {
			return err
		}
		return counted(len(v), n)
	}
}

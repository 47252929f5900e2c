package main

import (
	"fmt"

	"github.com/surrealdb/surrealdb.go/surrealcbor"

	"github.com/surrealsql/surrealsql/benchmarks/internal/measure"
	"github.com/surrealsql/surrealsql/benchmarks/internal/record"
)

const (
	decodeDriver  = "driver, whole exchange, into an *any"
	decodeSDKMaps = "surrealcbor into maps"
)

// decoder is target 7: one value, an array of objects, into Go's maps.
func decoder(e *env) (*measure.Group, error) {
	n := e.rows
	recording := e.set[record.Page.Key]
	db, err := e.memory(recording.Reply(n))
	if err != nil {
		return nil, err
	}
	value := recording.Value(n)
	return &measure.Group{
		Key:   "decoder",
		Title: fmt.Sprintf("Decoding an array of %s objects of 4 fields", thousands(n)),
		About: fmt.Sprintf("One value of %s bytes becomes a []any of map[string]any. The driver's figure has everything in it that a query through sql.DB costs; "+
			"the others decode bytes that lie ready. Figures are per object.", thousands(len(value))),
		Reference: decodeDriver, PerRow: true,
		Cases: []measure.Case{
			{Name: decodeDriver, Role: measure.Subject, Rows: n, Op: op(func() error {
				var v any
				if err := db.QueryRow(record.Page.Text).Scan(&v); err != nil {
					return err
				}
				return counted(len(v.([]any)), n)
			})},
			{Name: decodeSDKMaps, Role: measure.SDK, Rows: n, Op: op(unmarshal[map[string]any](surrealcbor.Unmarshal, value, n))},
			{Name: "surrealcbor into structs", Role: measure.SDK, Rows: n, Op: op(unmarshal[row4](surrealcbor.Unmarshal, value, n))},
			{Name: "fxamacker/cbor into maps", Role: measure.Relative, Rows: n, Op: op(unmarshal[map[string]any](lenient.Unmarshal, value, n))},
			{Name: "well-formedness walk of the value", Role: measure.Limit, Rows: n, Op: op(walk(value))},
			{Name: "well-formedness walk by fxamacker/cbor", Role: measure.Limit, Rows: n, Op: op(wellformed(value))},
		},
	}, nil
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

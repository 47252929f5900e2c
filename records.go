package surrealsql

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"reflect"
	"slices"

	"github.com/surrealsql/surrealsql/internal/variable"
)

// Typed reading: rows as values of a Go type, each whole.

// ErrManyRows is in the error of [One] where there is more than one row.
var ErrManyRows = errors.New("surrealsql: more than one row")

// One runs a query and returns its only row. Without a row the error is [sql.ErrNoRows], with more
// than one it is [ErrManyRows]: who wants the first of many says LIMIT 1. What a T can be is told
// at [Query].
//
//	ada, err := surrealsql.One[Person](ctx, db, "SELECT * FROM ONLY $1", id)
//	n, err := surrealsql.One[int](ctx, db, "SELECT count() FROM person GROUP ALL")
func One[T any](ctx context.Context, q Querier, query string, args ...any) (T, error) {
	var first, none T
	rows, err := Query[T](ctx, q, query, args...)
	if err != nil {
		return none, err
	}
	defer rows.Close()
	n := 0
	for ; n < 2 && rows.Next(); n++ {
		if n == 0 {
			first = rows.Value()
		}
	}
	err = rows.Err()
	if n < 2 {
		err = cmp.Or(err, rows.Close())
	}
	switch {
	case err != nil:
		return none, err
	case n == 0:
		return none, sql.ErrNoRows
	case n > 1:
		return none, fmt.Errorf("%w, where One reads the only one: add LIMIT 1, or use All", ErrManyRows)
	}
	return first, nil
}

// All runs a query and returns all of its rows, those of the first result set where it has
// several. Without rows it returns an empty slice, never nil. After an error it returns none of
// them. What a T can be is told at [Query].
//
//	adults, err := surrealsql.All[Person](ctx, db, "SELECT * FROM person WHERE age >= $1 ORDER BY name", 18)
func All[T any](ctx context.Context, q Querier, query string, args ...any) ([]T, error) {
	rows, err := Query[T](ctx, q, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var first, zero T
	if !rows.next(&first) {
		if err := cmp.Or(rows.Err(), rows.Close()); err != nil {
			return nil, err
		}
		return []T{}, nil
	}
	all := append(make([]T, 0, 2+rows.expected()), first)
	for {
		if len(all) == cap(all) {
			all = slices.Grow(all, 2+rows.expected())
		}
		all = append(all, zero)
		if !rows.next(&all[len(all)-1]) {
			break
		}
	}
	if err := cmp.Or(rows.Err(), rows.Close()); err != nil {
		return nil, err
	}
	return all[:len(all)-1], nil
}

// expected is for how many rows memory is to be made ready.
func (r *Rows[T]) expected() int {
	return min(r.request.left, maxExpected/max(int(reflect.TypeFor[T]().Size()), 1))
}

// Stream runs a query and gives its rows one by one, while they arrive where they can: memory
// does not grow with their number. The query runs when the loop begins, and again with each
// loop. When the loop ends, however it does, the rows are closed. An error comes last, in the
// place of a row. What a T can be is told at [Query].
//
//	for p, err := range surrealsql.Stream[Person](ctx, db, "SELECT * FROM person") {
//		if err != nil {
//			return err
//		}
//		use(p)
//	}
//
// Rows that arrive are provisional until the loop has ended without an error: a statement that
// fails half-way has given rows that it takes back.
func Stream[T any](ctx context.Context, q Querier, query string, args ...any) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		rows, err := Query[T](ctx, q, query, args...)
		if err != nil {
			yield(none, err)
			return
		}
		defer rows.Close()
		for rows.Next() {
			if !yield(rows.Value(), nil) {
				return
			}
		}
		if err := cmp.Or(rows.Err(), rows.Close()); err != nil {
			yield(none, err)
		}
	}
}

// Rows are the rows of a query, each read whole into a T. They are used as [sql.Rows] are:
// by one goroutine, and they must be closed.
type Rows[T any] struct {
	rows    *sql.Rows
	request *recordRequest
	value   T
	err     error
}

// Query runs a query and returns its rows, each as a T:
//
//	rows, err := surrealsql.Query[Person](ctx, db, "SELECT * FROM person ORDER BY name")
//	if err != nil {
//		return err
//	}
//	defer rows.Close()
//	for rows.Next() {
//		use(rows.Value())
//	}
//	return rows.Err()
//
// [One], [All] and [Stream] do this in one line; Query is for texts of several result sets. q is a
// [*sql.DB], [*sql.Conn] or [*sql.Tx], or what wraps one of them.
//
// A row is what the server sends for it, whole: it has no columns, so SELECT * and projections
// without aliases are read as they are written, and a nested projection is an object in an
// object. It is stored in the T as [Into] stores a value. So a T can be
//
//   - a struct, whose fields are found by their `surreal` tag, else their `json` tag, else their
//     name; keys without a field are dropped, or refused with [WithStrictFields];
//   - a map, such as map[string]any, or any;
//   - a type of one value: a string, a number, [RecordID], time.Time, a slice, a type with a Scan
//     or UnmarshalText method. It takes what SELECT VALUE gives, and of a record with one field,
//     such as SELECT count(), that field's value;
//   - a type with an UnmarshalCBOR or UnmarshalJSON method, which takes the record;
//   - a pointer to one of them, [sql.Null] or [Value], for rows that may be NULL or NONE. To other
//     types such a row is an error. In fields NULL and NONE are the zero value.
//
// What RETURN and the like give is one row, but an array is its elements, unless T takes arrays
// itself. A query of ONLY one record that is not there has no row.
//
// The request for records travels in the call's context. Where something between drops it, as a
// wrapper with contexts of its own would, or where q is of another driver, the error says so.
func Query[T any](ctx context.Context, q Querier, query string, args ...any) (*Rows[T], error) {
	r := &Rows[T]{request: newRecordRequest(query, reflect.TypeFor[T](), optionsOf(ctx).strict)}
	var err error
	if r.rows, err = q.QueryContext(withRecordRequest(ctx, r.request), query, args...); err != nil {
		return nil, err
	}
	if !r.request.claimed.Load() {
		return nil, errors.Join(errNotRecords, r.rows.Close())
	}
	return r, nil
}

// Next reads the next row and reports whether there is one. After the last, and after an error,
// which Err returns, the rows are closed, unless there is another result set.
func (r *Rows[T]) Next() bool {
	var zero T
	r.value = zero
	return r.next(&r.value)
}

// next reads the next row into an empty variable.
func (r *Rows[T]) next(dest *T) bool {
	if r.err != nil {
		return false
	}
	r.request.dest = variable.To(dest)
	if !r.rows.Next() {
		return false
	}
	if r.err = r.request.finish(); r.err != nil {
		var zero T
		*dest = zero
		r.rows.Close()
		return false
	}
	return true
}

// Value returns the row that Next has read. It shares no memory with those before.
func (r *Rows[T]) Value() T { return r.value }

// Err returns the error that has ended the rows, if any: one of the connection, of a statement,
// or of a row that does not fit in a T.
func (r *Rows[T]) Err() error {
	if r.err != nil {
		return r.err
	}
	return r.rows.Err()
}

// NextResultSet goes on to the result set of the next statement and reports whether there is
// one. Its rows are Ts, too.
func (r *Rows[T]) NextResultSet() bool { return r.err == nil && r.rows.NextResultSet() }

// Close ends the reading. It can be called more than once, and returns the error of a statement
// that nobody has looked at.
func (r *Rows[T]) Close() error { return r.rows.Close() }

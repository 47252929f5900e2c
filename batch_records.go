package surrealsql

import (
	"cmp"
	"database/sql"
	"fmt"
	"reflect"

	"github.com/surrealsql/surrealsql/internal/variable"
)

// The results of a batch as values of a Go type, as records.go has those of one query.

// BatchAll returns all rows of the next query of a batch, each read whole into a T as [All] reads
// them: those of its first result set where it has several. Without rows it returns an empty
// slice. A row that does not fit in a T is an error, and no other query's.
//
//	b.Queue(`SELECT * FROM person`)
//	b.Queue(`SELECT VALUE count() FROM person GROUP ALL`)
//	results, err := surrealsql.SendBatch(ctx, db, &b)
//	…
//	people, err := surrealsql.BatchAll[Person](results)
//	n, err := surrealsql.BatchOne[int](results)
func BatchAll[T any](r *BatchResults) ([]T, error) {
	all := []T{}
	err := readBatch(r, func(row T) bool { all = append(all, row); return true })
	if err != nil {
		return nil, err
	}
	return all, nil
}

// BatchOne returns the only row of the next query of a batch, as [One] does: without a row the
// error is [sql.ErrNoRows], with more than one it is [ErrManyRows].
func BatchOne[T any](r *BatchResults) (T, error) {
	var first, none T
	n := 0
	err := readBatch(r, func(row T) bool {
		if n++; n == 1 {
			first = row
		}
		return n < 2
	})
	switch {
	case err != nil:
		return none, err
	case n == 0:
		return none, sql.ErrNoRows
	case n > 1:
		return none, &BatchError{Query: r.next, Err: fmt.Errorf("%w, where BatchOne reads the only one: add LIMIT 1, or use BatchAll", ErrManyRows)}
	}
	return first, nil
}

// AllInto has all rows of a queued query stored in dest, in place of what is there, as [BatchAll]
// reads them; [BatchResults.Close] does it.
//
//	var people []Person
//	surrealsql.AllInto(b.Queue(`SELECT * FROM person WHERE age >= $1`, 18), &people)
func AllInto[T any](q *QueuedQuery, dest *[]T) {
	q.typed = true
	q.finish = func(r *BatchResults) (err error) {
		*dest, err = BatchAll[T](r)
		return err
	}
}

// OneInto has the only row of a queued query stored in dest, as [BatchOne] reads it;
// [BatchResults.Close] does it.
func OneInto[T any](q *QueuedQuery, dest *T) {
	q.typed = true
	q.finish = func(r *BatchResults) (err error) {
		*dest, err = BatchOne[T](r)
		return err
	}
}

// readBatch gives each row of the next query to use, which says whether to go on.
func readBatch[T any](r *BatchResults, use func(T) bool) error {
	o, err := r.step()
	if err != nil {
		return err
	}
	rows := &BatchRows{results: r, outcome: o, query: r.next}
	request := newRecordRequest(r.joined.text, reflect.TypeFor[T](), r.strict)
	if err := r.reach(rows, request); err != nil || len(o.sets) == 0 {
		return err
	}
	for {
		var row T
		request.dest = variable.To(&row)
		if !r.rows.Next() {
			return cmp.Or(r.rows.Err(), rows.spoilt())
		}
		if err := request.finish(); err != nil {
			return &BatchError{Query: r.next, Err: err}
		}
		if !use(row) {
			return nil
		}
	}
}

package main

import (
	"database/sql"
	"fmt"
	"iter"
	"runtime"
	"runtime/metrics"
	"slices"
	"time"

	"gonum.org/v1/plot/plotter"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/benchmarks/internal/measure"
	"github.com/surrealsql/surrealsql/benchmarks/internal/report"
)

// Very many records of an iterator: how long they take, and that few of them are held.

const insertsManyKey = "inserts-many"

// inserted is a way to insert them, and what it held after so many records.
type inserted struct {
	name string
	took time.Duration // without looking at the heap
	idle uint64
	held []held
}

type held struct {
	records int
	heap    uint64 // in use, found by a collection
}

// heldAt are the numbers of records after which the heap is looked at.
func heldAt(n int) (at []int) {
	for _, share := range []int{100, 50, 20, 10, 5, 2, 1} {
		at = append(at, n/share)
	}
	return at
}

// insertsMany inserts as many records as the long result has rows.
func (f *findings) insertsMany(e *env) error {
	db, err := e.engine(4)
	if err != nil {
		return err
	}
	for _, w := range []struct {
		name   string
		insert func(*sql.DB, iter.Seq[map[string]any]) error
	}{
		{insertCall, func(db *sql.DB, items iter.Seq[map[string]any]) error {
			return insertAll(surrealsql.Bulk{}, db, items)
		}},
		{"driver, Insert on four connections", func(db *sql.DB, items iter.Seq[map[string]any]) error {
			return insertAll(surrealsql.Bulk{Connections: 4}, db, items)
		}},
		{"driver, collected first, then Insert", func(db *sql.DB, items iter.Seq[map[string]any]) error {
			return insertAll(surrealsql.Bulk{}, db, slices.Collect(items))
		}},
	} {
		way := inserted{name: w.name}
		items := func(at func(n int)) iter.Seq[map[string]any] { return manyItems(e.stream, at) }
		if err := emptyItems(db); err != nil {
			return err
		}
		start := time.Now()
		if err := w.insert(db, items(func(int) {})); err != nil {
			return err
		}
		way.took = time.Since(start)
		if err := emptyItems(db); err != nil {
			return err
		}
		way.idle = inUse()
		points := heldAt(e.stream)
		if err := w.insert(db, items(func(n int) {
			if slices.Contains(points, n) {
				way.held = append(way.held, held{n, inUse()})
			}
		})); err != nil {
			return err
		}
		f.insertedMany = append(f.insertedMany, way)
	}
	return emptyItems(db)
}

// manyItems makes records one by one, and tells how many it has given.
func manyItems(n int, given func(int)) iter.Seq[map[string]any] {
	return func(yield func(map[string]any) bool) {
		for i := range n {
			if !yield(map[string]any{"name": fmt.Sprint("name ", i), "age": i % 100, "score": float64(i) / 3, "city": "Ottawa"}) {
				return
			}
			given(i + 1)
		}
	}
}

// inUse is what a collection finds in use on the heap.
func inUse() uint64 {
	runtime.GC()
	sample := []metrics.Sample{{Name: heapLive}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

func (w *inserted) most() (above float64) {
	for _, h := range w.held {
		above = max(above, float64(h.heap)-float64(w.idle))
	}
	return above
}

func heldMost(f *findings) (float64, bool) {
	for i := range f.insertedMany {
		if w := &f.insertedMany[i]; w.name == insertCall {
			return w.most(), true
		}
	}
	return 0, false
}

func insertedTable(n int, all []inserted) report.Table {
	t := report.Table{
		Title: thousands(n) + " records of an iterator inserted: on the real engine",
		About: "Records of four fields, one run each. The heap in use is what a collection finds after some hundred and after all of them; " +
			"it is looked at in a run of its own.",
		Header: []string{"", "time", "records/s", "most heap in use above idle"},
	}
	for _, w := range all {
		t.Rows = append(t.Rows, []string{
			w.name, report.Duration(float64(w.took)), thousands(int(float64(n) / w.took.Seconds())), report.Bytes(w.most()),
		})
	}
	return t
}

func insertedLines(path string, all []inserted) error {
	roles := []measure.Role{measure.Subject, measure.Limit, measure.SDK}
	var lines []report.Line
	for i, w := range all {
		line := report.Line{Label: w.name, Role: roles[i], Dashed: i == 1}
		for _, h := range w.held {
			line.Points = append(line.Points, plotter.XY{X: float64(h.records), Y: max(float64(h.heap)-float64(w.idle), 0) / (1 << 20)})
		}
		lines = append(lines, line)
	}
	return report.Lines(path, "Heap in use, above idle", "records inserted", "MiB", lines)
}

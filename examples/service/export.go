package main

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"io"
	"iter"
	"net/http"
	"time"

	"github.com/surrealsql/surrealsql"
)

// Exports: row by row, so that neither side keeps the whole, and no longer than somebody reads.

// format makes of a writer what writes a row to it, and what writes what is left in the end.
type format[T any] func(io.Writer) (row func(T) error, rest func() error)

// exportProducts writes all products as the CSV that the import reads.
func (s *service) exportProducts(rw http.ResponseWriter, r *http.Request) error {
	rw.Header().Set("Content-Type", "text/csv; charset=utf-8")
	return export(rw, surrealsql.Stream[product](r.Context(), s.db, `SELECT * FROM product`), productsCSV)
}

func productsCSV(out io.Writer) (row func(product) error, rest func() error) {
	w := csv.NewWriter(out)
	_ = w.Write(csvHeader) // w keeps its error, and tells it in the end
	return func(p product) error { return w.Write(p.csv()) },
		func() error { w.Flush(); return w.Error() }
}

// exportOrders writes all orders that the user may see, a line of JSON each.
func (s *service) exportOrders(rw http.ResponseWriter, r *http.Request) error {
	rw.Header().Set("Content-Type", "application/x-ndjson")
	return export(rw, surrealsql.Stream[order](r.Context(), s.db, `SELECT * FROM order`), ordersJSON)
}

func ordersJSON(out io.Writer) (row func(order) error, rest func() error) {
	w := json.NewEncoder(out)
	return func(o order) error { return w.Encode(o) }, func() error { return nil }
}

// export writes rows while they come.
//
// An error after the first rows cuts the answer off (service.fail), which the client sees as one
// that did not arrive as a whole. A client that has gone ends the context of the request, and the
// query with it.
func export[T any](rw http.ResponseWriter, rows iter.Seq2[T, error], as format[T]) error {
	out := bufio.NewWriterSize(deadlined{rw, http.NewResponseController(rw)}, 32<<10)
	write, rest := as(out)
	for row, err := range rows {
		if err != nil {
			return err
		}
		if err := write(row); err != nil {
			return err
		}
	}
	if err := rest(); err != nil {
		return err
	}
	return out.Flush()
}

// deadlined is a client that has writeTimeout to take each piece.
type deadlined struct {
	io.Writer
	control *http.ResponseController
}

func (d deadlined) Write(p []byte) (int, error) {
	if err := d.control.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
		return 0, err
	}
	n, err := d.Writer.Write(p)
	if err != nil {
		err = problem{statusGone, "nobody reads the answer any more"}
	}
	return n, err
}

package surrealsql

import (
	"cmp"
	"database/sql"
	"errors"
)

// What came of the queries of a batch, one query after the other.

// BatchResults are the results of the queries of a batch, in the order in which they were
// queued: each call of Exec, Query or QueryRow goes on to the next one. They must be closed. They
// are for one goroutine.
type BatchResults struct {
	queued  []*QueuedQuery
	joined  *joinedBatch
	rows    *sql.Rows // nil for an empty batch
	request *batchRequest
	strict  bool // as WithStrictFields says

	next    int        // the query whose result comes next
	first   int        // its first statement, of those of the batch
	sets    int        // result sets of the statements before it
	at      int        // how many result sets have been gone through, with the one on which rows stand
	current *BatchRows // that can be read, or nil
	row     *BatchRow  // the last one that was asked for, or nil
	missed  error      // the first of those that nobody has been told
	closed  bool
}

// batchOutcome is what came of one query.
type batchOutcome struct {
	query *joinedQuery
	parts []batchStatement // its statements
	sets  []int            // those of them that have result sets
	first int              // the first of its result sets, of those of the batch
}

var errNoMoreResults = errors.New("surrealsql: all results of the batch have been taken")

// Exec returns how many records the next query's statements touched, as [sql.DB.ExecContext]
// does, but for one thing: the records are sent, where Exec asks for nulls in their place. Say
// RETURN NONE in a text that writes many. RowsAffected is an error then.
func (r *BatchResults) Exec() (sql.Result, error) {
	o, err := r.step()
	if err != nil {
		return nil, err
	}
	total := result(0)
	for i := range o.parts {
		n, known := o.parts[i].count.(result)
		if !known && o.parts[i].count != nil {
			return o.parts[i].count, nil
		}
		total += n
	}
	return total, nil
}

// Query returns the rows of the next query. Where one of its statements has failed that is the
// error, and there are no rows. They are valid until the next result is asked for.
func (r *BatchResults) Query() (*BatchRows, error) {
	o, err := r.step()
	if err != nil {
		return nil, err
	}
	rows := &BatchRows{results: r, outcome: o, query: r.next}
	if err := r.reach(rows, nil); err != nil {
		return nil, err
	}
	r.current = rows
	return rows, nil
}

// QueryRow returns the first row of the next query. Its errors are those of Scan.
func (r *BatchResults) QueryRow() *BatchRow {
	rows, err := r.Query()
	r.row = &BatchRow{rows: rows, err: err}
	return r.row
}

// Close reads what the queries that have been told what to do with their results came to, and
// ends the batch. The error is the first that nobody has been told: of a query whose result was
// not asked for, or of the connection. Closing twice does nothing.
func (r *BatchResults) Close() (err error) {
	if r.closed {
		return nil
	}
	defer func() { // where a function of the program panics, too: they hold the connection
		r.closed, r.current = true, nil
		if r.rows != nil {
			err = errors.Join(err, r.rows.Close())
		}
	}()
	for r.next < len(r.queued) {
		finish := r.queued[r.next].finish
		if finish == nil {
			finish = func(r *BatchResults) error { _, err := r.step(); return err }
		}
		if failed := finish(r); failed != nil && err == nil {
			err = cmp.Or(r.missed, failed)
		}
	}
	r.noteMissed()
	return cmp.Or(err, r.missed)
}

// noteMissed remembers the error of a row that was asked for and not scanned.
func (r *BatchResults) noteMissed() {
	if r.row != nil {
		r.missed = cmp.Or(r.missed, r.row.untold())
		r.row = nil
	}
}

// step goes on to the next query and returns what came of it.
func (r *BatchResults) step() (batchOutcome, error) {
	switch {
	case r.closed:
		return batchOutcome{}, errors.New("surrealsql: the results of the batch are closed")
	case r.next == len(r.queued):
		return batchOutcome{}, errNoMoreResults
	}
	r.noteMissed()
	r.current = nil
	query := &r.joined.queries[r.next]
	r.next++
	parts := r.request.statements[r.first:][:len(query.Statements)]
	o := batchOutcome{query: query, parts: parts, first: r.sets}
	for i := range parts {
		if parts[i].rows {
			o.sets = append(o.sets, i)
			r.sets++
		}
	}
	r.first += len(parts)
	if err := firstOf(parts); err != nil {
		return o, &BatchError{Query: r.next, Err: err}
	}
	return o, nil
}

// firstOf returns the error of the first of a query's statements that failed by itself.
func firstOf(parts []batchStatement) error {
	var first error
	for i := range parts {
		if err := parts[i].err; err != nil && (first == nil || isCollateral(first) && !isCollateral(err)) {
			first = err
		}
	}
	return first
}

// reach makes the rows stand on the result set of their query that is next, if it has any, for a
// reader of columns or, with records, of those.
func (r *BatchResults) reach(rows *BatchRows, records *recordRequest) error {
	if rows.set == len(rows.outcome.sets) {
		return nil
	}
	for to := rows.outcome.first + rows.set; r.at <= to; r.at++ {
		if r.request.records = nil; r.at == to {
			r.request.records = records
		}
		if !r.rows.NextResultSet() {
			return cmp.Or(r.rows.Err(), errBatchRowsOver)
		}
	}
	return rows.spoilt()
}

// spoilt is what is wrong with the result set on which the rows stand.
func (r *BatchRows) spoilt() error {
	if why := r.outcome.parts[r.outcome.sets[r.set]].spoilt; why != nil {
		return &BatchError{Query: r.query, Err: why}
	}
	return nil
}

// BatchRows are the rows of a query of a batch, as [sql.Rows] are those of one that is sent by
// itself. They end when the next result of the batch is asked for.
type BatchRows struct {
	results *BatchResults
	outcome batchOutcome
	query   int // its number, from 1
	set     int // which of its result sets they stand on
	err     error
}

// BatchRow is the first row of a query of a batch.
type BatchRow struct {
	rows *BatchRows
	err  error
	told bool // err was
}

// untold is the error that nobody has been told, if there is one.
func (r *BatchRow) untold() error {
	if r.told {
		return nil
	}
	r.told = true
	return r.err
}

// current reports whether the rows can still be read.
func (r *BatchRows) current() bool { return r.results.current == r && r.err == nil }

// Next goes on to the next row.
func (r *BatchRows) Next() bool {
	if !r.current() || len(r.outcome.sets) == 0 {
		return false
	}
	if r.results.rows.Next() {
		return true
	}
	r.err = cmp.Or(r.results.rows.Err(), r.spoilt())
	return false
}

// Scan copies the columns of the row, as [sql.Rows.Scan] does.
func (r *BatchRows) Scan(dest ...any) error {
	if !r.current() {
		return errBatchRowsOver
	}
	if err := r.results.rows.Scan(dest...); err != nil {
		return &BatchError{Query: r.query, Err: err}
	}
	return nil
}

var errBatchRowsOver = errors.New("surrealsql: the rows are over: they were closed, or the next result of the batch was asked for")

// Columns returns the names of the columns.
func (r *BatchRows) Columns() ([]string, error) {
	if !r.current() {
		return nil, errBatchRowsOver
	}
	if len(r.outcome.sets) == 0 || r.outcome.parts[r.outcome.sets[r.set]].hidden {
		return nil, nil
	}
	columns, err := r.results.rows.Columns()
	if own := r.outcome.query.names[r.outcome.sets[r.set]]; len(own) == len(columns) {
		copy(columns, own) // where $1 has another number in the whole text
	}
	return columns, err
}

// ColumnTypes returns what is known of the columns' types. Of a column that has its name of an
// argument in the text the name is that of the text which was sent.
func (r *BatchRows) ColumnTypes() ([]*sql.ColumnType, error) {
	if !r.current() || len(r.outcome.sets) == 0 {
		return nil, errBatchRowsOver
	}
	return r.results.rows.ColumnTypes()
}

// NextResultSet goes on to the next result set of the query.
func (r *BatchRows) NextResultSet() bool {
	if !r.current() || r.set+1 >= len(r.outcome.sets) {
		return false
	}
	r.set++
	r.err = r.results.reach(r, nil)
	return r.err == nil
}

// Err returns the error that ended the rows, if one did.
func (r *BatchRows) Err() error { return r.err }

// Close ends the rows. What was not read of them is passed over.
func (r *BatchRows) Close() error {
	if r.results.current == r {
		r.results.current = nil
	}
	return nil
}

// Scan copies the columns of the row, or returns [sql.ErrNoRows] where there is none.
func (r *BatchRow) Scan(dest ...any) error {
	if r.told = true; r.err != nil {
		return r.err
	}
	defer r.rows.Close()
	if !r.rows.Next() {
		if r.rows.err != nil {
			return r.rows.err
		}
		return sql.ErrNoRows
	}
	return r.rows.Scan(dest...)
}

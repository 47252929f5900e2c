package surrealsql

import (
	"context"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"sync/atomic"
)

// How batches are sent: one by one, or on several connections at once, and what comes of each.

// insertion is one call of Insert. Its goroutine gathers the rows, and settles what became of
// them in their order.
type insertion struct {
	Bulk
	ctx   context.Context
	db    ExecQuerier
	table string
	text  string // of a statement

	next    int       // the index of the first row that is in no batch yet
	flights []*flight // that are not settled, oldest first; with one connection none
	total   Inserted
	err     *InsertError // of the first batch that failed
	done    []RowRange
	unknown []RowRange
	inTx    bool

	failed atomic.Bool // a batch has, which may not be settled yet
}

// flight is a batch on its way. It takes more than one statement where its rows are large.
type flight struct {
	rows  reflect.Value // a slice
	first int           // the index of its first row
	done  chan struct{} // closed once it is over; nil where nobody waits

	parts    []part
	returned bool
	panicked any
}

// part is what became of the rows of one statement.
type part struct {
	rows    RowRange
	records int64
	ids     []RecordID
	err     *InsertError
	unknown bool
	inTx    bool
}

func (in *insertion) run(source rowSource) (Inserted, error) {
	defer in.await() // also where the program's iterator panics
	err := source(in)
	for len(in.flights) > 0 {
		in.settle()
	}
	return in.total, in.outcome(err)
}

// await waits for the batches that are on their way. The end of the context ends them.
func (in *insertion) await() {
	for _, f := range in.flights {
		<-f.done
	}
}

// goesOn reports whether more rows are to be sent.
func (in *insertion) goesOn() bool { return !in.failed.Load() && in.ctx.Err() == nil }

// dispatch sends a slice of rows: here, or by a goroutine, as soon as fewer than Connections
// are on their way. The rows belong to the batch until it is settled.
func (in *insertion) dispatch(rows reflect.Value) {
	f := &flight{rows: rows, first: in.next}
	in.next += rows.Len()
	if in.Connections == 1 {
		f.run(in)
		in.settled(f)
		return
	}
	if len(in.flights) == in.Connections {
		in.settle()
	}
	if in.failed.Load() {
		return
	}
	f.done = make(chan struct{})
	in.flights = append(in.flights, f)
	go f.fly(in)
}

// fly is run for a goroutine of its own: what the program's methods panic with when a row is
// encoded goes to the goroutine that called Insert.
func (f *flight) fly(in *insertion) {
	defer close(f.done)
	defer func() {
		if !f.returned {
			f.panicked = recover()
		}
	}()
	f.run(in)
	f.returned = true
}

// settle waits for the oldest batch.
func (in *insertion) settle() {
	f := in.flights[0]
	<-f.done
	in.flights = slices.Delete(in.flights, 0, 1)
	if !f.returned {
		panic(f.panicked)
	}
	in.settled(f)
}

// settled adds up what became of a batch.
func (in *insertion) settled(f *flight) {
	for i := range f.parts {
		p := &f.parts[i]
		in.inTx = in.inTx || p.inTx
		if p.unknown {
			in.unknown = append(in.unknown, p.rows)
		}
		if p.err != nil {
			if in.err == nil {
				in.err = p.err
			}
			continue
		}
		if n := len(in.done); n > 0 && in.done[n-1].To == p.rows.From {
			in.done[n-1].To = p.rows.To
		} else {
			in.done = append(in.done, p.rows)
		}
		in.total.Rows += p.rows.To - p.rows.From
		in.total.Records += p.records
		in.total.Batches++
		if in.IDs != nil {
			in.IDs(p.ids)
		}
		if in.Progress != nil {
			in.Progress(in.total)
		}
	}
}

// run sends the rows of a batch.
func (f *flight) run(in *insertion) {
	for rest, first := f.rows, f.first; rest.Len() > 0; {
		batch := &rowBatch{rows: rest.Interface(), bytes: in.BatchBytes, bad: -1}
		p := in.send(batch)
		n := batch.sent
		if p.err != nil {
			in.failed.Store(true)
			if n == 0 { // it was not even encoded
				n = rest.Len()
			}
			p.err.Table, p.err.Batch = in.table, RowRange{first, first + n}
			in.locate(p.err, rest.Slice(0, n), batch)
		}
		p.rows, p.inTx = RowRange{first, first + n}, batch.inTx
		f.parts = append(f.parts, p)
		if p.err != nil {
			return
		}
		rest, first = rest.Slice(n, rest.Len()), first+n
	}
}

// send sends one statement, again where that is safe.
func (in *insertion) send(batch *rowBatch) (p part) {
	var final error // which is not to be repeated
	err := in.Retry.Do(in.ctx, func(ctx context.Context) error {
		var err error
		if in.IDs != nil {
			err = in.query(ctx, batch, &p)
		} else {
			err = in.exec(ctx, batch, &p)
		}
		if err != nil && (batch.inTx || p.unknown) {
			final = err
			return nil
		}
		return err
	})
	if final != nil {
		err = final
	}
	if err == nil && batch.sent == 0 {
		err = errRowsNotTaken
	}
	if err != nil {
		p.unknown = p.unknown || errors.Is(err, ErrOutcomeUnknown)
		p.err = &InsertError{Row: -1, Err: err}
	}
	return p
}

var errRowsNotTaken = fmt.Errorf("surrealsql: the statement has run without its rows: expected an ExecQuerier on the driver %q whose wrappers pass arguments on", DriverName)

func (in *insertion) args(batch *rowBatch) []any {
	return append(slices.Clip(in.UpdateArgs), rowsArgument(batch))
}

func (in *insertion) exec(ctx context.Context, batch *rowBatch, p *part) error {
	res, err := in.db.ExecContext(ctx, in.text, in.args(batch)...)
	if err != nil {
		return err
	}
	if p.records, err = res.RowsAffected(); err != nil {
		p.records = int64(batch.sent) // a wrapper that does not tell; it is done all the same
	}
	return nil
}

// query is exec, and reads the ids. Once the server has answered anything but an error the
// records are in force, or else nobody knows, whatever happens to the rest of the answer.
func (in *insertion) query(ctx context.Context, batch *rowBatch, p *part) error {
	rows, err := Query[RecordID](ctx, in.db, in.text+" RETURN VALUE id", in.args(batch)...)
	if err != nil {
		p.unknown = errors.Is(err, errNotRecords) // it was answered
		return err
	}
	defer rows.Close()
	p.ids = make([]RecordID, 0, batch.sent)
	for rows.Next() {
		p.ids = append(p.ids, rows.Value())
	}
	if err = errors.Join(rows.Err(), rows.Close()); err != nil {
		_, answered := errors.AsType[*Error](err)
		p.unknown = !answered
	}
	p.records = int64(len(p.ids))
	return err
}

// dryRun asks the server whether it would take rows, by a transaction that it cancels. known is
// false where that cannot be told.
func (in *insertion) dryRun(rows reflect.Value) (takes, known bool) {
	batch := &rowBatch{rows: rows.Interface(), bytes: math.MaxInt, bad: -1}
	_, err := in.db.ExecContext(in.ctx, "BEGIN; "+in.text+"; CANCEL", in.args(batch)...)
	takes = isOf(err, classCollateral)
	return takes, takes || isOfData(err)
}

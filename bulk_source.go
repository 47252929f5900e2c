package surrealsql

import (
	"fmt"
	"reflect"
	"time"

	"github.com/surrealsql/surrealsql/internal/ctxerr"
)

// Where the rows of an insertion come from: a slice, an iterator or a channel. Their type is
// known to the program alone, so they are gathered by reflection, in slices of that type, which
// is what the encoder knows best.

// rowSource gathers all rows into an insertion, batch by batch. The error is that of the source.
type rowSource func(in *insertion) error

// rowSourceOf tells by its type what rows is.
func rowSourceOf(rows any) (rowSource, error) {
	v := reflect.ValueOf(rows)
	if !v.IsValid() {
		return nil, errNoRows(rows)
	}
	t := v.Type()
	switch {
	case t.Kind() == reflect.Slice && t.Elem().Kind() != reflect.Uint8:
		return func(in *insertion) error { return in.slice(v) }, nil
	case t.Kind() == reflect.Chan && t.ChanDir()&reflect.RecvDir != 0:
		return func(in *insertion) error { return in.channel(v) }, nil
	case t.Kind() == reflect.Func && v.IsNil():
	case t.Kind() == reflect.Func && t.CanSeq():
		return func(in *insertion) error { return in.seq(v) }, nil
	case t.Kind() == reflect.Func && t.CanSeq2() && t.In(0).In(1) == reflect.TypeFor[error]():
		return func(in *insertion) error { return in.seq2(v) }, nil
	}
	return nil, errNoRows(rows)
}

func errNoRows(rows any) error {
	return fmt.Errorf("rows are a %T: expected a slice, an iter.Seq[T], an iter.Seq2[T, error] or a channel, of structs, maps or pointers to them", rows)
}

// slice sends a slice by its parts, which are not copied.
func (in *insertion) slice(v reflect.Value) error {
	for i := 0; i < v.Len() && !in.failed.Load(); {
		end := min(i+in.BatchRecords, v.Len())
		in.dispatch(v.Slice3(i, end, end))
		i = end
	}
	return nil
}

func (in *insertion) seq(v reflect.Value) error {
	g := newGathering(in, v.Type().In(0).In(0))
	for row := range v.Seq() {
		if !g.add(row) {
			return ctxerr.Of(in.ctx)
		}
	}
	g.flush()
	return nil
}

func (in *insertion) seq2(v reflect.Value) error {
	g := newGathering(in, v.Type().In(0).In(0))
	for row, failed := range v.Seq2() {
		if err, _ := failed.Interface().(error); err != nil {
			return fmt.Errorf("the iterator: %w", err)
		}
		if !g.add(row) {
			return ctxerr.Of(in.ctx)
		}
	}
	g.flush()
	return nil
}

// channel receives until the channel is closed, and sends what it has when its first row has
// waited for long enough.
func (in *insertion) channel(v reflect.Value) error {
	g := newGathering(in, v.Type().Elem())
	cases := []reflect.SelectCase{
		{Dir: reflect.SelectRecv, Chan: v},
		{Dir: reflect.SelectRecv, Chan: reflect.ValueOf(in.ctx.Done())},
		{Dir: reflect.SelectRecv}, // the time for what has been gathered
		{Dir: reflect.SelectRecv}, // the oldest batch that is on its way
	}
	const row, late, settled = 0, 2, 3
	timer := time.NewTimer(0)
	timer.Stop()
	defer timer.Stop()
	add := func(row reflect.Value) {
		if g.add(row); g.n == 1 && in.MaxWait > 0 {
			timer.Reset(in.MaxWait)
		}
	}
	for in.goesOn() {
		if next, ok := v.TryRecv(); ok {
			add(next)
			continue
		}
		cases[late].Chan, cases[settled].Chan = reflect.Value{}, reflect.Value{}
		if g.n > 0 && in.MaxWait > 0 {
			cases[late].Chan = reflect.ValueOf(timer.C)
		}
		if len(in.flights) > 0 {
			cases[settled].Chan = reflect.ValueOf(in.flights[0].done)
		}
		switch chosen, next, ok := reflect.Select(cases); {
		case chosen == row && !ok:
			g.flush()
			return nil
		case chosen == row:
			add(next)
		case chosen == late:
			g.flush()
		case chosen == settled:
			in.settle()
		}
	}
	return ctxerr.Of(in.ctx)
}

// gathering is a batch of rows that come one by one.
type gathering struct {
	in   *insertion
	rows reflect.Value // a slice; its rows from n on are not set
	n    int
}

func newGathering(in *insertion, row reflect.Type) *gathering {
	return &gathering{in: in, rows: reflect.New(reflect.SliceOf(row)).Elem()}
}

// add adds a row, sends the batch if it is full, and reports whether to go on.
func (g *gathering) add(row reflect.Value) bool {
	if !g.in.goesOn() {
		return false
	}
	if g.n == g.rows.Len() {
		g.rows.Grow(1)
		g.rows.SetLen(min(g.rows.Cap(), g.in.BatchRecords))
	}
	g.rows.Index(g.n).Set(row)
	if g.n++; g.n == g.in.BatchRecords {
		g.flush()
	}
	return !g.in.failed.Load()
}

// flush sends what has been gathered.
func (g *gathering) flush() {
	if g.n == 0 {
		return
	}
	batch := g.rows.Slice3(0, g.n, g.n)
	g.n = 0
	g.in.dispatch(batch)
	if len(g.in.flights) > 0 { // it is on its way, and needs its rows
		g.rows.SetZero()
		return
	}
	batch.Clear()
}

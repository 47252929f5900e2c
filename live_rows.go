package surrealsql

import (
	"database/sql/driver"
	"fmt"
	"io"
	"reflect"

	"github.com/surrealsql/surrealsql/internal/cbor"
	"github.com/surrealsql/surrealsql/internal/rpc"
	"github.com/surrealsql/surrealsql/internal/shaped"
	"github.com/surrealsql/surrealsql/internal/surrealql"
)

// The rows of a live query: each notification is one. It is made an object with the keys
// action, id and record, which a result set decodes as it does any other row.

// The columns that every live query has, and those that take the whole of a notification's
// result.
const (
	actionColumn  = "action"
	idColumn      = "id"
	recordColumn  = "record"
	patchesColumn = "patches"
)

// feed gives the notifications of a live query to a result set.
type feed struct {
	inbox   *inbox
	wait    func() error   // returns when something has come to the inbox, or why there is no use in waiting
	records *recordRequest // takes the records, or nil: then they are columns

	twins twins
	scope shaped.Scope // of the blocks in it (4.0)
	rows  shaped.Rows
	dec   cbor.Decoder
	row   []byte                // the present one
	names *surrealql.Projection // to be found in the first result, or nil
}

// next makes the set stand before the next row.
func (f *feed) next(s *resultSet) (*cbor.Decoder, error) {
	for {
		raw, err := f.inbox.take()
		switch {
		case err != nil:
			s.done = true
			return nil, err
		case raw != nil && f.twins.takeMark(raw):
			if f.twins.begins(raw) {
				f.twins.scope, f.scope = f.scope, shaped.Scope{}
			}
			continue
		case raw != nil:
			if d, err := f.read(s, raw); d != nil || err != nil {
				return d, err
			}
			continue
		}
		if err := f.wait(); err != nil {
			return nil, err
		}
	}
}

// read makes a row of a notification, or nothing of one that has been told already.
func (f *feed) read(s *resultSet, raw []byte) (*cbor.Decoder, error) {
	n, err := rpc.ReadNotification(&f.dec, raw)
	if err != nil {
		return nil, f.fail(s, fmt.Errorf("surrealsql: a notification of a live query that cannot be read: %w", err))
	}
	former := f.twins.isFormer(n.ID)
	switch {
	case former && (n.Action == "KILLED" || n.Action == "ERROR"):
		return nil, nil
	case n.Action == "KILLED":
		return nil, f.fail(s, io.EOF)
	case n.Action == "ERROR":
		return nil, f.fail(s, f.serverError(n))
	}
	f.row = cbor.AppendText(cbor.AppendText(cbor.AppendMapHeader(f.row[:0], 3), actionColumn), n.Action)
	f.row = append(cbor.AppendText(f.row, idColumn), n.Record...)
	f.row = cbor.AppendText(f.row, recordColumn)
	from := len(f.row)
	scope := &f.scope
	if former {
		scope = &f.twins.scope
	}
	f.row, err = f.appendResult(f.row, n.Result, scope)
	if err == nil && f.twins.told(former, f.row) {
		return nil, nil
	}
	if err == nil && f.names != nil {
		err = f.layOut(s, f.row[from:])
	}
	if err != nil {
		return nil, f.fail(s, undecodableRow(err))
	}
	if f.records != nil {
		if err := f.records.take(f.row[from:], s.values); err != nil {
			return nil, f.fail(s, err)
		}
	}
	s.memory.Reset(f.row)
	return &s.memory, nil
}

// fail ends the live query for its reader.
func (f *feed) fail(s *resultSet, err error) error {
	f.inbox.finish(err)
	s.done = true
	return err
}

// serverError is that of a notification which says that the live query has failed.
func (f *feed) serverError(n rpc.Notification) error {
	text := "the server gave no reason"
	if b, err := f.appendResult(nil, n.Result, &f.scope); err == nil {
		f.dec.Reset(b)
		if e, err := rpc.ReadError(&f.dec); err == nil && e != nil && e.Message != "" {
			text = e.Message
		}
	}
	return newError(0, "", "the live query has failed: "+text, nil)
}

// appendResult appends a notification's result, which since 4.0 is a block of one row.
func (f *feed) appendResult(b, result []byte, scope *shaped.Scope) ([]byte, error) {
	f.dec.Reset(result)
	if !shaped.IsBlock(&f.dec) {
		return append(b, result...), nil
	}
	if _, err := f.dec.Tag(); err != nil {
		return b, err
	}
	if err := f.rows.Open(&f.dec, scope); err != nil {
		return b, err
	}
	n, err := f.rows.Batch(&f.dec)
	if err == nil && n != 1 {
		err = fmt.Errorf("a notification of %d rows: expected one", n)
	}
	if err != nil {
		return b, err
	}
	row, err := f.rows.Row(&f.dec)
	if err != nil {
		return b, err
	}
	if b, err = row.AppendCBOR(b); err != nil {
		return b, err
	}
	f.rows.Take(&f.dec, row)
	if n, err = f.rows.Batch(&f.dec); err == nil && n > 0 {
		err = fmt.Errorf("a notification with %d more rows: expected one", n)
	}
	return b, err
}

// layOut finds the columns of a projection that the text alone does not lay out.
func (f *feed) layOut(s *resultSet, result []byte) error {
	if cbor.KindOf(result[0]) != cbor.KindMap {
		return nil
	}
	found, err := f.names.Resolve(func(at surrealql.Path) []string { return keysAt(result, at) })
	if err != nil {
		return ambiguous(err)
	}
	s.layout, f.names = liveLayout(found), nil
	return nil
}

// liveLayout is that of a row whose record has the columns at these paths.
func liveLayout(paths []surrealql.Path) *layout {
	all := []surrealql.Path{{actionColumn}, {idColumn}}
	for _, path := range paths {
		all = append(all, append(surrealql.Path{recordColumn}, path...))
	}
	return makeLayout(all)
}

// The layouts of a row whose record is one column, or none.
var (
	wholeRecord = liveLayout([]surrealql.Path{{}})
	noRecord    = liveLayout(nil)
)

// openLive lays out the rows of a live query. Where the records go elsewhere, action and id are
// all their columns.
func (s *resultSet) openLive(q *analysis, f *feed) {
	statement := &q.Statements[0]
	p := &statement.Projection
	s.source, s.feed = notified, f
	s.columns, s.layout = []string{actionColumn, idColumn, recordColumn}, wholeRecord
	switch {
	case f.records != nil:
		s.columns, s.layout = s.columns[:2], noRecord
	case statement.Diff:
		s.columns[2] = patchesColumn
	case p.Form == surrealql.Value:
		s.columns[2] = valueColumn
	case p.Form == surrealql.Columns:
		s.columns = append(s.columns[:2], q.names[0]...)
		if paths := p.Static(); paths != nil {
			s.layout = liveLayout(paths)
		} else {
			f.names = p
		}
	}
}

// liveRows are the rows of a live query. Their reply is none of a connection's.
type liveRows struct {
	*rows
	leave func() // ends the live query on the server
}

var _ driver.RowsNextResultSet = (*liveRows)(nil)

func newLiveRows(q *analysis, owner owner, f *feed, values decoding) *liveRows {
	cur := newCursor()
	cur.reply.query, cur.reply.owner = q, owner
	cur.set.values = values
	cur.set.openLive(q, f)
	return &liveRows{rows: &rows{cursor: cur}}
}

// HasNextResultSet reports that there is no other.
func (r *liveRows) HasNextResultSet() bool { return false }

// NextResultSet returns io.EOF.
func (r *liveRows) NextResultSet() error { return io.EOF }

// Close ends the live query.
func (r *liveRows) Close() error {
	c := r.cursor
	if c == nil {
		return nil
	}
	r.scan.leave(c)
	r.cursor = nil
	r.leave()
	return nil
}

// columnKind is what is known of a column before a notification has come.
func columnKind(i int) (name string, scan reflect.Type) {
	switch i {
	case 0:
		return "string", reflect.TypeFor[string]()
	case 1:
		return "record", reflect.TypeFor[RecordID]()
	}
	return "", anyType
}

// ColumnTypeDatabaseTypeName returns "string" for the action and "record" for the id. Of what
// else is still to come nothing is known: "".
func (r *liveRows) ColumnTypeDatabaseTypeName(i int) string {
	name, _ := columnKind(i)
	return name
}

// ColumnTypeScanType returns the Go type that Scan into an *any gives for the column; *any
// itself where that is not known.
func (r *liveRows) ColumnTypeScanType(i int) reflect.Type {
	_, scan := columnKind(i)
	return scan
}

// ColumnTypeNullable reports that action and id are never NULL. Of the others it is not known.
func (r *liveRows) ColumnTypeNullable(i int) (nullable, ok bool) { return false, i < 2 }

// ColumnTypeLength is unlimited for the action.
func (r *liveRows) ColumnTypeLength(i int) (length int64, ok bool) {
	if i == 0 {
		return unlimited, true
	}
	return 0, false
}

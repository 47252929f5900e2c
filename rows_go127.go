//go:build go1.27 && !purego

package surrealsql

import (
	"bytes"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/surrealsql/surrealsql/internal/cbor"
	"github.com/surrealsql/surrealsql/internal/rowslock"
)

// Since Go 1.27 database/sql asks for one column at a time and shows where it
// goes, so that nothing is boxed on the way. Wrappers that know only
// driver.Rows still use Next.

var _ driver.RowsColumnScanner = (*rows)(nil)

// NextRow finds the columns of the next row and decodes nothing: a value that
// this driver does not know is an error of ScanColumn.
func (r *rows) NextRow() error {
	if r.scan.depth == 0 {
		r.scan.left = nil
	}
	c := r.cursor
	if c == nil {
		return io.EOF
	}
	var err error
	if c.set.records != nil {
		err = c.set.nextRecord()
	} else {
		c.row.open(len(c.set.columns))
		err = c.set.locate(c.row)
	}
	if err != nil {
		c.row.reuse()
		return c.noteRowError(err)
	}
	c.count++
	return nil
}

// ScanColumn decodes a column of the row into dest. What Rows.Scan could do with
// the value that Next gives, it does with the same result; beyond that it fills
// what Into fills.
func (r *rows) ScanColumn(ctx driver.ScanContext, index int, dest any) error {
	if c := r.cursor; c != nil && c.row.fit != nil && r.scan.left == nil && c.row.scanSlot(index, &c.set.values, dest) {
		return nil
	}
	row := r.current(index)
	if row == nil {
		return errors.New("surrealsql: the rows are closed")
	}
	if uint(index) >= uint(len(row.spans)) {
		return fmt.Errorf("surrealsql: there is no column %d in a row of %d", index, len(row.spans))
	}
	raw := missing
	if at := row.spans[index]; at.to > 0 {
		raw = row.row[at.from:] // more than the value, which its first bytes delimit
	} else if row.fit != nil {
		var err error
		if raw, err = row.slot(index); err != nil {
			return r.unscanned(undecodable(err))
		}
	}
	if scanShort(raw, dest) {
		return nil
	}
	row.cell.d.Reset(raw)
	if done, err := row.cell.plain(dest); done {
		return r.unscanned(undecodable(err))
	}
	r.scan.depth++
	defer r.scanned()
	return r.unscanned(row.cell.scanRare(ctx, dest))
}

// unscanned is afterWrite, unless the destination has closed the rows.
func (r *rows) unscanned(err error) error {
	if err == nil || r.cursor == nil {
		return err
	}
	return r.cursor.reply.afterWrite(err)
}

func (r *rows) scanned() { r.scan.depth-- }

// missing is what a column holds whose key the row lacks.
var missing = cbor.AppendNull(nil)

// shown is of use before Go 1.27, where Scan refuses what it takes since.
type shown struct{}

func (shown) show([]driver.Value)            {}
func (shown) hinted(names []string) []string { return names }

// indirect are rows without ScanColumn.
type indirect struct{ plainRows }

// plainRows are what rows have had since Go 1.8.
type plainRows interface {
	driver.RowsNextResultSet
	driver.RowsColumnTypeScanType
	driver.RowsColumnTypeDatabaseTypeName
	driver.RowsColumnTypeNullable
	driver.RowsColumnTypeLength
	driver.RowsColumnTypePrecisionScale
}

func handOut(r *rows) driver.Rows {
	if !rowslock.Found() {
		return indirect{r}
	}
	return r
}

func handOutLive(r *liveRows) driver.Rows {
	if !rowslock.Found() {
		return indirect{r}
	}
	return r
}

// scanState is what rows know while a column of theirs is scanned: a method of the program
// may go on to the next result set, or lose the connection, before the other columns
// of the row are scanned, which then are those of the row that was left.
type scanState struct {
	depth int // of scans that run within each other
	left  *located
}

// leave keeps the row that is being scanned before the cursor goes elsewhere.
func (s *scanState) leave(c *cursor) {
	if s.depth > 0 && s.left == nil && len(c.row.spans) > 0 {
		s.left = &located{
			row:   bytes.Clone(c.row.row),
			spans: slices.Clone(c.row.spans),
			fit:   c.row.fit,
			cell:  column{values: c.set.values.unboxed()},
		}
	}
}

// current is the row of which a column is to be scanned, or nil.
func (r *rows) current(index int) *located {
	if r.scan.left != nil && r.scan.depth == 0 {
		if index > 0 {
			return r.scan.left
		}
		r.scan.left = nil
	}
	if r.cursor == nil {
		return nil
	}
	row := r.cursor.row
	if values := r.cursor.set.values; row.cell.values != values { // stores of pointers cost more than this
		row.cell.values = values
	}
	return row
}

// locate walks the next row.
func (s *resultSet) locate(to *located) error {
	d, err := s.row()
	if err != nil {
		return err
	}
	if s.block != nil {
		return s.rowError(s.locateInBlock(d, to))
	}
	d.Hold()
	object := !s.verified && isObject(d)
	if err = s.layout.locate(d, to.spans, s.values); s.stray(err) {
		err = nil
	}
	s.verified = s.verified || object && err == nil
	to.row = d.Held()
	for i := 0; s.layout.nested && err == nil && i < len(s.layout.targets); i++ {
		err = s.layout.targets[i].locate(to.row, to.spans)
	}
	return s.rowError(err)
}

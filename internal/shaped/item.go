package shaped

import (
	"errors"
	"fmt"

	"github.com/surrealsql/surrealsql/internal/cbor"
	"github.com/surrealsql/surrealsql/internal/wire"
)

// What lies in a slot as CBOR.

// Item returns the CBOR item that a var slot holds.
func (r Row) Item(slot int) ([]byte, error) {
	b := r.Var(slot)
	return b, checkItem(b)
}

// checkItem checks that bytes are one item.
func checkItem(b []byte) error {
	var d cbor.Decoder
	d.Reset(b)
	err := d.Skip()
	if err == nil {
		err = d.Tail()
	}
	if err != nil {
		return fmt.Errorf("a slot that holds no CBOR item: %w", err)
	}
	return nil
}

// checkWhole checks a record id that is held as CBOR, whose table its column may name.
func checkWhole(b []byte, table string) error {
	if err := checkItem(b); err != nil {
		return err
	}
	var d cbor.Decoder
	d.Reset(b)
	if tag, err := d.Tag(); err != nil || tag != wire.TagRecord {
		return errors.New("a record id that is none")
	}
	if table == "" {
		return nil
	}
	if err := wire.ReadPair(&d, "a record id"); err != nil {
		return err
	}
	if own, err := d.TextBytes(); err != nil || string(own) != table {
		return fmt.Errorf("a record id of table %.40q in a column of those of %.40q", own, table)
	}
	return nil
}

// Remainder makes a decoder stand before the map of those keys of an object that have no
// column, and returns false where there are none. It reads the row, up to the end of that
// map. slot is that of the object, or of the root.
func (r Row) Remainder(d *cbor.Decoder, slot int) (bool, error) {
	if slot < 0 {
		return false, nil
	}
	from, to := r.varAt(slot)
	if from == to {
		return false, nil
	}
	if err := checkItem(r.Bytes[from:to]); err != nil {
		return false, err
	}
	d.Reset(r.Bytes[:to])
	d.Advance(from)
	if kind, _ := d.PeekKind(); kind != cbor.KindMap {
		return false, fmt.Errorf("the remainder of an object that is %s", kind)
	}
	return true, nil
}

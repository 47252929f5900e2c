package surrealsql

import (
	"database/sql/driver"
	"fmt"

	"github.com/surrealsql/surrealsql/internal/cbor"
	"github.com/surrealsql/surrealsql/internal/literal"
)

// RecordID is the id of a record in SurrealDB's own text: person:tobie,
// person:1, person:`a b`, person:['Ottawa', 2024], person:u'0191f0a4-…'. It may
// also be a range of ids, person:1..5. Results hold record ids as RecordID; it
// scans into a string, and it binds back as a record, not as a string.
//
// Equal ids have equal texts if they come from a result, [NewRecordID] or
// [ParseRecordID]. A conversion such as RecordID("person:⟨a b⟩") is fine for
// binding, which reads every way to write an id, but may not compare equal. What
// is not wholly an id is refused when bound, so never build one with Sprintf
// from foreign input: NewRecordID takes any key. One kind of key does not survive
// its text, as it does not on the server: an object within an array or object that
// looks like a geometry, such as { type: 'Point', coordinates: [1, 2] }, is one.
//
// The zero value is no record id: binding it is an error. For a link that may be
// absent use *RecordID or sql.Null[RecordID].
type RecordID string

// NewRecordID returns the id of the record with that key. The key may be a
// string (any, also an empty one or one that looks like a number), an integer,
// a UUID ([UUID] or any [16]byte), an array, an object (a map or struct), or a
// [Range] of those. Numbers in it have no width: of []int8{5} it makes [5], not
// [5i8], which is another key; RecordID("p:[5i8]") has it.
func NewRecordID(table string, key any) (RecordID, error) {
	raw, err := appendRecordParts(nil, table, key, encoding{sized: true}, maxDepth)
	if err != nil {
		return "", &invalidError{fmt.Errorf("record id of table %q: %w", table, err)}
	}
	return renderRecord(raw)
}

// ParseRecordID reads a record id in any way SurrealQL writes it, such as
// person:tobie, person:⟨a b⟩ or person:`a b`, and returns it in its one
// canonical form, which is that of the server: t:[1_000, 1.50dec, d'2024-01-01']
// becomes t:[1000, 1.5dec, d'2024-01-01T00:00:00Z']. A set within the key keeps its
// order, where the server sorts it. All of the text must be an id; spaces around it
// are ignored.
//
// The text that a server makes of an id, by <string>id, may differ: of a table that is
// called as a keyword it is `value`:1 (3.3.5, 4.0.0-beta.1), which this makes value:1, as
// results hold it. So compare ids with ids, and not with such a text.
func ParseRecordID(text string) (RecordID, error) {
	raw, err := literal.ParseRecord(nil, text, true)
	if err != nil {
		return "", &invalidError{err}
	}
	return renderRecord(raw)
}

func renderRecord(raw []byte) (RecordID, error) {
	var d cbor.Decoder
	d.Reset(raw)
	text, err := literal.AppendRecord(nil, &d)
	if err != nil {
		return "", &invalidError{err}
	}
	return RecordID(text), nil
}

// Table returns the name of the record's table, without quotes; "" if the text
// is no record id.
func (r RecordID) Table() string {
	table, _, _ := r.split()
	return table
}

// Key returns the record's key: an int64, string, [UUID], []any, map[string]any
// or [Range], such that NewRecordID makes the same id of it, unless numbers within it
// have a width (SurrealDB 4.0): those of p:[5i8] are an int8, of which NewRecordID
// makes the 5 that it always made. It is nil if the text is no record id.
func (r RecordID) Key() any {
	_, key, _ := r.split()
	return key
}

func (r RecordID) split() (table string, key any, err error) {
	raw, err := literal.ParseRecord(nil, string(r), true)
	if err != nil {
		return "", nil, err
	}
	var d cbor.Decoder
	d.Reset(raw)
	if _, err = d.ArrayLen(); err != nil {
		return "", nil, err
	}
	if table, err = d.Text(); err != nil {
		return "", nil, err
	}
	key, err = decodeExact(&d)
	return table, key, err
}

// String returns the text.
func (r RecordID) String() string { return string(r) }

// Value returns the text, for the tools that show arguments or look for a type that
// database/sql knows. As an argument of this driver a RecordID is a record
// nevertheless, also within other values and in a struct that embeds it. A type of the
// program's with a Value method of its own is what that returns: it is a record if it
// returns the RecordID itself, and a string if it returns the RecordID's Value.
func (r RecordID) Value() (driver.Value, error) { return string(r), nil }

func (r RecordID) bound() any { return r }

// Scan takes a RecordID or a text that is one. NULL is an error: scan into a
// *RecordID or sql.Null[RecordID] where it can come.
func (r *RecordID) Scan(src any) (err error) {
	if r == nil {
		return fmt.Errorf("surrealsql: %T cannot be scanned into a nil *RecordID: a struct that embeds one needs it set, or embeds a RecordID", src)
	}
	switch src := src.(type) {
	case RecordID:
		*r = src
	case string:
		*r, err = ParseRecordID(src)
	case []byte:
		*r, err = ParseRecordID(string(src))
	case nil:
		err = fmt.Errorf("surrealsql: NULL cannot be scanned into a RecordID: scan into a variable of type *RecordID or sql.Null[RecordID]")
	default:
		err = fmt.Errorf("surrealsql: %T cannot be scanned into a RecordID: expected a record id", src)
	}
	return err
}

// MarshalText returns the text; JSON therefore holds a string.
func (r RecordID) MarshalText() ([]byte, error) { return []byte(r), nil }

// UnmarshalText reads a record id as [ParseRecordID] does. Empty text gives the
// zero value, as MarshalText makes of that.
func (r *RecordID) UnmarshalText(text []byte) (err error) {
	if len(text) == 0 {
		*r = ""
		return nil
	}
	*r, err = ParseRecordID(string(text))
	return err
}

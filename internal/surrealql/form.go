package surrealql

// Form says where the columns of a result come from.
type Form uint8

const (
	// Nothing: the statement has no result of its own (DEFINE, FOR, SLEEP …) and
	// answers NONE: no columns, no rows. If anything else comes, treat it as
	// Dynamic.
	Nothing Form = iota
	// Columns: the text lists them, see Projection.Columns and Resolve. A row that
	// is no object (SELECT $this FROM [1, 2], or a SELECT that holds a RETURN) is
	// the value of the column if there is one column, and cannot be laid out if
	// there are more.
	Columns
	// Star: whole records, or fields that cannot be told from the text. The
	// columns are the union of the keys.
	Star
	// Value: one column, "value"; each element is a row whatever it is.
	Value
	// Dynamic: the result decides. An object is one row, an array of objects is
	// rows, anything else is one row with the column "value".
	Dynamic
)

var formNames = [...]string{"Nothing", "Columns", "Star", "Value", "Dynamic"}

// String returns the name of the form.
func (f Form) String() string { return nameOf(formNames[:], int(f)) }

// Shape says how rows are laid out in the result.
type Shape uint8

const (
	// AsIs: the result decides, as with Dynamic.
	AsIs Shape = iota
	// Many: an array with one element a row.
	Many
	// One: the row itself, as with ONLY. NONE or NULL is no row, except that a
	// Value of NULL is a row.
	One
)

var shapeNames = [...]string{"AsIs", "Many", "One"}

// String returns the name of the shape.
func (s Shape) String() string { return nameOf(shapeNames[:], int(s)) }

func nameOf(names []string, i int) string {
	if i < len(names) {
		return names[i]
	}
	return "unknown"
}

package surrealsql

import (
	"database/sql/driver"
	"fmt"

	"github.com/surrealsql/surrealsql/internal/cbor"
	"github.com/surrealsql/surrealsql/internal/literal"
)

// Literal renders a value as SurrealQL: an expression that the server evaluates
// to what it would bind for v as an argument. It is for the places where an
// argument cannot stand, since a definition keeps parameters by their names:
//
//	limit, err := surrealsql.Literal(1000)
//	_, err = db.Exec("DEFINE FIELD credit ON account TYPE int DEFAULT " + limit)
//
// It takes whatever can be an argument; nil is NULL, and [None] NONE. Whatever a
// string holds, the text is one value: nothing of it is read as SurrealQL. It may
// stand wherever an expression may, but not for a name. Everywhere else an
// argument is better: it need not be parsed, and does not spoil the caches.
//
// The error says what in v cannot be sent, or that it lies deeper than the
// server's parser reads. A [File] is read only by servers that allow files; and a
// definition with a collection of geometries that has points in it is read back
// wrong by servers before 4.0.
func Literal(v any) (string, error) {
	text, err := renderLiteral(v)
	if err != nil {
		return "", fmt.Errorf("surrealsql: Literal: %w", err)
	}
	return text, nil
}

func renderLiteral(v any) (string, error) {
	nv := driver.NamedValue{Value: v}
	if err := checkNamedValue(&nv); err != nil {
		return "", err
	}
	raw, err := appendValue(nil, nv.Value, encoding{})
	if err != nil {
		return "", err
	}
	var d cbor.Decoder
	d.Reset(raw)
	text, err := literal.AppendExpression(nil, &d)
	return string(text), err
}

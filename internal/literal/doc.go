// Package literal turns SurrealDB's values from CBOR into SurrealQL literals
// and back, so that a record id, a range or a file can be carried as a Go
// string without losing anything.
//
// What [Append] writes is what the server writes for `<string>$value` (measured
// on 3.0.2). [Parse] reads that and what people write: both kinds of quotes,
// `ident` and ⟨ident⟩, spaces, trailing commas. It reads literals only, never
// an expression, and refuses what it does not understand to the last byte.
//
// That is why ids are not sent to the server as text: 3.0.2 reads the text of a
// record id up to where it stops making sense, and so takes `p:a-b` for p:a
// and `p:1..5` for p:1.
//
// Two things cannot be told apart in text, for the server neither: a geometry
// other than a point and the object {type, coordinates} that is written for it,
// which both read as the geometry, and a set of nothing but records, which looks
// like an object.
package literal

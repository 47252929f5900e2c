// Package shaped reads the rows of SurrealDB 4.0's row format, which its WebSocket
// subprotocol "shaped" has in the place of a CBOR array of rows, and writes those of a request.
//
// A block is CBOR tag 57 around a byte string: a version, then messages. One announces a
// shape, which is the columns of a row with their names and types, and says where in a row
// each of them lies. Another is a batch: rows of one shape, which hold values only. So the
// place of every value is known before a row is read:
//
//	presence bits | fixed slots | ends of the var slots | var slots
//
// A fixed slot lies at the same place in every row of a shape. A var slot lies after all
// that, from where the one before it ends. What has no type of its own, as a field of a
// table without a schema, is one CBOR item in a var slot; the keys of an object that have no
// column are one CBOR map, its remainder.
//
// The sender is not trusted: each length, count, order and limit is checked before it is
// used, nothing is allocated for a count that the bytes cannot hold, and no input makes this
// package panic. All integers are little endian. What is said here of the format was read
// from the source of SurrealDB 4.0.0-beta.1 and tried on it.
package shaped

// Package cbor reads and writes the part of CBOR (RFC 8949) that SurrealDB
// speaks. It knows bytes and nothing else: no network, no Go structures, no
// meaning of tags.
//
// Reading is done with a [Decoder], which the caller pulls item by item:
//
//	var d cbor.Decoder
//	d.Reset(reply)
//	for key, err := range d.Pairs() {
//		...
//	}
//
// or, where every nanosecond counts,
//
//	n, err := d.MapLen()
//	for more, err := d.More(&n); more; more, err = d.More(&n) {
//		key, err := d.TextBytes()
//		...
//	}
//
// The Decoder allocates nothing except what a call returns as its own copy
// (Text, Bytes) and the joining of strings sent in chunks. It never panics,
// whatever the input, and never allocates by a length that the input merely
// claims. Over a plain slice a claimed length is compared with the bytes that
// are there; over a [Source] the window grows only as bytes really arrive.
//
// A call that fails because the next item is of another kind consumes nothing,
// so that the caller may look again, skip the item, or give up.
//
// Writing is done by functions that append to a byte slice.
package cbor

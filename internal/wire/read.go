package wire

import (
	"fmt"
	"time"

	"github.com/surrealsql/surrealsql/internal/cbor"
)

// What stands after a tag, read. Each function names in its errors what it reads.

// parts reads the head of one of SurrealDB's small arrays. They always come
// with their length.
func parts(d *cbor.Decoder, what string, least, most int) (int, error) {
	n, err := d.ArrayLen()
	if err == nil && (n < least || n > most) {
		err = fmt.Errorf("%s of %d parts: expected %d", what, n, most)
	}
	return n, err
}

// ReadPair reads the head of a record id, a range or whatever else is an array of two.
func ReadPair(d *cbor.Decoder, what string) error {
	_, err := parts(d, what, 2, 2)
	return err
}

// pair is the head of an array of two.
var pair = cbor.AppendArrayHeader(nil, 2)[0]

// ReadDatetime reads the [seconds, nanoseconds] after a datetime's tag.
func ReadDatetime(d *cbor.Decoder) (time.Time, error) {
	if t, size := ShortDatetime(d.Rest()); size > 0 {
		d.Advance(size)
		return t, nil
	}
	if err := ReadPair(d, "a datetime"); err != nil {
		return time.Time{}, err
	}
	s, err := d.Int()
	if err != nil {
		return time.Time{}, err
	}
	ns, err := readNanos(d, "a datetime")
	return time.Unix(s, int64(ns)).UTC(), err
}

// ShortDatetime reads what stands after the tag of a datetime whose integers are short.
// size is 0 where b does not begin with that.
func ShortDatetime(b []byte) (t time.Time, size int) {
	if len(b) == 0 || b[0] != pair {
		return t, 0
	}
	s, n := cbor.ShortInt(b[1:])
	ns, m := cbor.ShortInt(b[1+n:])
	if n == 0 || m == 0 || uint64(ns) >= uint64(time.Second) {
		return t, 0
	}
	return time.Unix(s, ns).UTC(), 1 + n + m
}

// ShortUUID reads a UUID with its tag. size is 0 for what is none.
func ShortUUID(b []byte) (u [16]byte, size int) {
	const head = 3
	if len(b) < head+len(u) || string(b[:head]) != uuidHead {
		return u, 0
	}
	return [16]byte(b[head:]), head + len(u)
}

// ShortNothing reads NULL or NONE. size is 0 for all else.
func ShortNothing(b []byte) (size int) {
	if tag, head := cbor.ShortTag(b); head > 0 {
		if size = cbor.ShortNull(b[head:]); size == 0 || tag != TagNone {
			return 0
		}
		return head + size
	}
	return cbor.ShortNull(b)
}

// uuidHead is how a UUID begins: its tag, which takes two bytes, and the length of its own.
var uuidHead = string(AppendUUID(nil, [16]byte{})[:3])

// ShortRecord reads a record id with its tag, whose table is a short text and whose key is one,
// or a number of up to 32 bits: key begins with that. size is 0 for all others.
func ShortRecord(b []byte) (table, key []byte, size int) {
	tag, at := cbor.ShortTag(b)
	if at == 0 || tag != TagRecord || at >= len(b) || b[at] != pair {
		return nil, nil, 0
	}
	at++
	table, n := cbor.ShortText(b[at:])
	if n == 0 {
		return nil, nil, 0
	}
	at += n
	key = b[at:]
	if _, n = cbor.ShortText(key); n == 0 {
		_, n = cbor.ShortInt(key)
	}
	if n == 0 {
		return nil, nil, 0
	}
	return table, key, at + n
}

// ReadDuration reads the [], [seconds] or [seconds, nanoseconds] after a
// duration's tag.
func ReadDuration(d *cbor.Decoder) (seconds uint64, nanos uint32, err error) {
	n, err := parts(d, "a duration", 0, 2)
	if err == nil && n > 0 {
		seconds, err = d.Uint()
	}
	if err == nil && n > 1 {
		nanos, err = readNanos(d, "a duration")
	}
	return seconds, nanos, err
}

func readNanos(d *cbor.Decoder, what string) (uint32, error) {
	ns, err := d.Int()
	if err == nil && (ns < 0 || ns >= int64(time.Second)) {
		err = fmt.Errorf("%s with %d nanoseconds: expected 0 or more, and less than a second", what, ns)
	}
	return uint32(ns), err
}

// ReadUUID reads the 16 bytes after a UUID's tag.
func ReadUUID(d *cbor.Decoder) (u [16]byte, err error) {
	b, err := d.BytesView()
	if err == nil && len(b) != len(u) {
		err = fmt.Errorf("a UUID of %d bytes: expected 16", len(b))
	}
	copy(u[:], b)
	return u, err
}

// ReadFile reads the [bucket, key] after a file's tag.
func ReadFile(d *cbor.Decoder) (bucket, key string, err error) {
	if err = ReadPair(d, "a file"); err != nil {
		return "", "", err
	}
	if bucket, err = d.Text(); err == nil {
		key, err = d.Text()
	}
	return bucket, key, err
}

// ReadPoint reads the [x, y] after a point's tag.
func ReadPoint(d *cbor.Decoder) (x, y float64, err error) {
	if err = ReadPair(d, "a point"); err != nil {
		return 0, 0, err
	}
	if x, err = ReadCoordinate(d); err == nil {
		y, err = ReadCoordinate(d)
	}
	return x, y, err
}

// ReadCoordinate reads a number of a point, which may be an integer.
func ReadCoordinate(d *cbor.Decoder) (float64, error) {
	if k, _ := d.PeekKind(); k == cbor.KindInt {
		v, err := d.Int()
		return float64(v), err
	}
	return d.Float()
}

// ExpectTag reads a tag that must be want.
func ExpectTag(d *cbor.Decoder, want uint64) error {
	tag, err := d.Tag()
	if err == nil && tag != want {
		err = fmt.Errorf("CBOR tag %d where %d was expected", tag, want)
	}
	return err
}

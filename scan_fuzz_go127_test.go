//go:build go1.27 && !purego

package surrealsql

import (
	"maps"
	"reflect"
	"slices"
	"testing"

	"github.com/surrealsql/surrealsql/internal/cbor"
)

// FuzzScanColumn gives any bytes to any destination. Nothing may panic, and what
// the old way of scanning takes the new one takes with the same result.
func FuzzScanColumn(f *testing.F) {
	dests := everyDestination()
	values := everyValue(f)
	for i, name := range slices.Sorted(maps.Keys(values)) {
		f.Add(values[name], uint8(13*i), i%2 == 0)
	}
	f.Fuzz(func(t *testing.T, v []byte, which uint8, exact bool) {
		var d cbor.Decoder
		d.Reset(v)
		if d.Skip() != nil || d.Tail() != nil {
			return // NextRow stops at what is not one item
		}
		read := plainReader
		if exact {
			read = exactReader
		}
		dest := dests[int(which)%len(dests)]
		before, after := fresh(dest), fresh(dest)
		refused := scanTwice(t, v, read, unseen, before, fresh(dest))
		err := scanTwice(t, v, read, asIs, after, fresh(dest))
		if refused == nil && err != nil {
			t.Fatalf("%x into %T was fine before: %v", v, dest, err)
		}
		if refused == nil && !same(before, after) {
			t.Fatalf("%x into %T: %#v, not %#v", v, dest, reflect.ValueOf(after).Elem(), reflect.ValueOf(before).Elem())
		}
		_ = scanTwice(t, v, read, asIs, Into(fresh(dest)), Into(fresh(dest)))
	})
}

// FuzzNextRow gives any bytes as a whole result: both ways see the same rows.
func FuzzNextRow(f *testing.F) {
	f.Add(oneRow([]byte{1}))
	f.Add(encoded(f, []any{map[string]any{"a": map[string]any{"c": 1, "d": 2}, "b": 1}, None, 7}))
	f.Fuzz(func(t *testing.T, result []byte) {
		var d cbor.Decoder
		d.Reset(result)
		if d.Skip() != nil || d.Tail() != nil {
			return // an error, not rows
		}
		if namesTwice(result) {
			return // the value that counts is the last: whether the others are read differs
		}
		for _, text := range []string{twoColumns, `SELECT a.c, a.d, b FROM t`, `SELECT * FROM t`, `SELECT VALUE a FROM t`, `RETURN $a`} {
			before, refused := allRows(text, result, unseen)
			after, err := allRows(text, result, asIs)
			if (refused == nil) != (err == nil) || refused == nil && !same(&before, &after) {
				t.Fatalf("%s: %v (%v), not %v (%v)", text, after, err, before, refused)
			}
		}
	})
}

// namesTwice reports whether an object has a key more than once, which SurrealDB's
// have not.
func namesTwice(raw []byte) bool {
	var d cbor.Decoder
	d.Reset(raw)
	kind, _ := d.PeekKind()
	n := 0
	switch kind {
	case cbor.KindTag:
		_, _ = d.Tag()
		return namesTwice(d.Rest())
	case cbor.KindArray:
		n, _ = d.ArrayLen()
	case cbor.KindMap:
		n, _ = d.MapLen()
	}
	seen := make(map[string]bool)
	for {
		if more, err := d.More(&n); err != nil || !more {
			return false
		}
		if kind == cbor.KindMap {
			key, err := d.TextBytes()
			if err != nil || seen[string(key)] {
				return err == nil
			}
			seen[string(key)] = true
		}
		if item, err := d.Raw(); err != nil || namesTwice(item) {
			return err == nil
		}
	}
}

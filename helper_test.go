package surrealsql

import (
	"database/sql/driver"
	"testing"

	gofrs "github.com/gofrs/uuid"
	"github.com/stretchr/testify/require"
	"github.com/surrealdb/surrealdb.go/pkg/models"

	"github.com/surrealsql/surrealsql/internal/cbor"
)

// What the tests of more than one file use.

// sent encodes v and reads it back with exact types.
func sent(t testing.TB, v any) any {
	t.Helper()
	b, err := appendValue(nil, v, encoding{})
	require.NoError(t, err, "%T", v)
	return decoded(t, b)
}

func decoded(t testing.TB, b []byte) any {
	t.Helper()
	var d cbor.Decoder
	d.Reset(b)
	v, err := decodeExact(&d)
	require.NoError(t, err)
	require.NoError(t, d.Tail())
	return v
}

type (
	aliasString string
	aliasBytes  []byte
	aliasByte   byte
	aliasUUID   [16]aliasByte
	aliasInts   []int8
)

var (
	aPoint = models.GeometryPoint{Longitude: 1.5, Latitude: -2}
	aLine  = models.GeometryLine{{Longitude: 0, Latitude: 0}, {Longitude: 1, Latitude: 0}, {Longitude: 1, Latitude: 1}, {Longitude: 0, Latitude: 0}}
	aUUID  = gofrs.Must(gofrs.FromString("0191f0a4-5c3e-7b7a-9f0e-2d7a4f1c6b55"))
)

// received decodes as rows do.
func received(t testing.TB, b []byte) any {
	t.Helper()
	var d cbor.Decoder
	d.Reset(b)
	v, err := decodeValue(&d)
	require.NoError(t, err)
	require.NoError(t, d.Tail())
	return v
}

func encoded(t testing.TB, v any) []byte {
	t.Helper()
	b, err := appendValue(nil, v, encoding{})
	require.NoError(t, err)
	return b
}

// bound gives what an argument arrives as, through CheckNamedValue as in a query.
func bound(t testing.TB, v any) any {
	t.Helper()
	nv := driver.NamedValue{Ordinal: 1, Value: v}
	require.NoError(t, checkNamedValue(&nv), "%T", v)
	return sent(t, nv.Value)
}

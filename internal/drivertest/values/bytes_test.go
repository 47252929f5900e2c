package values

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/drivertest"
)

// Destinations of bytes take texts as they are, and arrays and objects as JSON.

type (
	blob     []byte
	octet    byte
	octets   []octet
	withBlob struct {
		B blob
		O octets
		R json.RawMessage
	}
)

func TestScanIntoBytesTakesTextAsItIsAndArraysAndObjectsAsJSON(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	for expression, want := range map[string]string{
		"[104, 105]": "[104,105]", "[]": "[]", "{1, 2}": "[1,2]", "{ a: [1, 'x'], b: NONE }": `{"a":[1,"x"],"b":null}`, "[person:1]": `["person:1"]`,
		"'hi'": "hi", "<bytes>'hi'": "hi", "person:1": "person:1", "1.50dec": "1.5",
		"(1, 2)": `{"Longitude":1,"Latitude":2}`,
	} {
		text := "SELECT v FROM { v: " + expression + " }"
		var b []byte
		var named blob
		var other octets
		for dest, got := range map[any]func() []byte{
			&b: func() []byte { return b }, &named: func() []byte { return named },
			&other: func() (raw []byte) {
				for _, o := range other {
					raw = append(raw, byte(o))
				}
				return raw
			},
		} {
			require.NoError(t, db.QueryRowContext(t.Context(), text).Scan(surrealsql.Into(dest)), "%s into %T", expression, dest)
			require.Equal(t, want, string(got()), "%s into %T", expression, dest)
		}
		require.Equal(t, want, string(drivertest.QueryOne[surrealsql.Value[[]byte]](t, db, text).V), expression)
		require.Equal(t, want, string(drivertest.QueryOne[surrealsql.Value[blob]](t, db, text).V), expression)
		within := drivertest.QueryOne[surrealsql.Value[withBlob]](t, db, "SELECT v FROM { v: { B: "+expression+", O: "+expression+" } }").V
		require.Equal(t, want, string(within.B), expression)
		require.Len(t, within.O, len(want), expression)
		scansDirectly(t, db, text, want)
	}
	for _, expression := range []string{"1", "true", "1h"} {
		var b blob
		err := db.QueryRowContext(t.Context(), "SELECT v FROM { v: "+expression+" }").Scan(surrealsql.Into(&b))
		require.ErrorContains(t, err, "does not fit in a values.blob", expression)
	}
}

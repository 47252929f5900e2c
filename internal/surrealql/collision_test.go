package surrealql

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Columns that would land on one key.

func TestCollisionsSeenInTextNeedNoRow(t *testing.T) {
	t.Parallel()
	for fields, bad := range map[string]bool{
		"tags[0], tags[1]": true, "count(a), count(b)": true, "a AS x, b AS x": true, "b, b.c": true,
		"a, a": false, "a AS x, a AS x": false, "b.c, b.d": false, "count(a), count(a)": false, "a + 1, a+1": false,
	} {
		pr := projectionOf(t, "SELECT "+fields+" FROM t")
		if err := pr.Check(); bad {
			require.ErrorIs(t, err, ErrAmbiguous, fields)
		} else {
			require.NoError(t, err, fields)
		}
	}
}

func TestCollisionsAreSeenAmongManyColumns(t *testing.T) {
	t.Parallel()
	var fields []string
	for i := range 100 {
		fields = append(fields, fmt.Sprintf("f%d, g.f%d, f%d + 1 AS h%d", i, i, i, i))
	}
	many := strings.Join(fields, ", ")
	for extra, bad := range map[string]bool{"x": false, "f7": false, "g.f7": false, "f7[0]": true, "g": true, "f8.x": true, "1 AS h9": true, "g.f7.x": true} {
		pr := projectionOf(t, "SELECT "+many+", "+extra+" FROM t")
		if bad {
			require.ErrorIs(t, pr.Check(), ErrAmbiguous, extra)
			require.Nil(t, pr.Static(), extra)
		} else {
			require.NoError(t, pr.Check(), extra)
			require.Len(t, pr.Static(), 301, extra)
		}
	}
}

package values

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/drivertest"
)

// Structs that embed others, on the real engine.

type (
	moment   struct{ time.Time }
	audit    struct{ Created, Changed moment }
	links    struct{ Owner *ownerID }
	ownerID  struct{ surrealsql.RecordID }
	document struct {
		audit
		links `json:"links"`
		*Title
		Tags surrealsql.Value[[]string] `json:"tags"`
	}
	Title struct {
		Title string `json:"title"`
	}
)

func TestStructThatWrapsATimeIsComparedAsADatetime(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	at := moment{time.Date(2024, 5, 6, 7, 8, 9, 10, time.UTC)}
	drivertest.MustExec(t, db, "CREATE event SET at = $1", at)
	require.Equal(t, "datetime", drivertest.QueryOne[string](t, db, "RETURN type::of($1)", at))
	require.Equal(t, "datetime", drivertest.QueryOne[string](t, db, "RETURN type::of($1)", &at))
	for _, later := range []any{moment{at.Add(1)}, &moment{at.Add(1)}, struct{ *time.Time }{new(at.Add(1))}, struct{ moment }{moment{at.Add(1)}}} {
		require.Equal(t, 1, drivertest.QueryOne[int](t, db, "SELECT VALUE count() FROM event WHERE at < $1 GROUP ALL", later), "%T", later)
		require.Equal(t, 1, drivertest.QueryOne[int](t, db, "SELECT VALUE count() FROM event WHERE at < $1.at GROUP ALL", map[string]any{"at": later}), "%T", later)
	}
	var back moment
	require.NoError(t, db.QueryRowContext(t.Context(), "SELECT VALUE at FROM event").Scan(surrealsql.Into(&back)))
	require.Equal(t, at, back)
	require.Equal(t, at, drivertest.QueryOne[surrealsql.Value[moment]](t, db, "SELECT VALUE at FROM event").V)
}

func TestStructOfEmbeddedOnesComesBackAsItWas(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	at := moment{time.Date(2024, 5, 6, 7, 8, 9, 10, time.UTC)}
	doc := document{
		audit{at, moment{at.Add(time.Hour)}}, links{&ownerID{"person:1"}}, &Title{"T"},
		surrealsql.Value[[]string]{V: []string{"a"}, Valid: true},
	}
	drivertest.MustExec(t, db, "CREATE person:1 SET name = 'Ada'; CREATE doc:1 CONTENT $1", doc)
	require.Equal(t, "Ada", drivertest.QueryOne[string](t, db, "SELECT VALUE links.Owner.name FROM ONLY doc:1"))
	require.True(t, drivertest.QueryOne[bool](t, db, "RETURN doc:1.links.Owner = $1", doc.Owner))
	require.Equal(t, []any{"Changed", "Created", "links", "tags", "title"}, drivertest.QueryOne[surrealsql.Value[[]any]](t, db, "RETURN object::keys(object::remove(doc:1.*, 'id'))").V)

	var docs []document
	require.NoError(t, db.QueryRowContext(t.Context(), "SELECT v FROM { v: [doc:1.*] }").Scan(surrealsql.Into(&docs)))
	require.Equal(t, []document{doc}, docs)
	require.Equal(t, doc, drivertest.QueryOne[surrealsql.Value[document]](t, db, "SELECT v FROM { v: doc:1.* }").V)
}

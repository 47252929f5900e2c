package surrealsql_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/scripted"
)

func TestAnInitStatementWhoseOutcomeIsUnknownIsNotRunAgain(t *testing.T) {
	t.Parallel()
	for name, set := range map[string]func(*surrealsql.Config){
		"Init":   func(c *surrealsql.Config) { c.Init = []string{"CREATE visit"} },
		"Schema": func(c *surrealsql.Config) { c.Schema = "CREATE visit" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := scripted.New(t, func(c *scripted.Conn) {
				c.Serve(func(scripted.Request) { c.Drop() })
			})
			db := openDB(t, srv.DSN(), set, func(c *surrealsql.Config) { c.ConnectAttempts = 5 })
			require.ErrorIs(t, db.PingContext(t.Context()), surrealsql.ErrOutcomeUnknown)
			require.Len(t, srv.Queries(), 1)
		})
	}
}

package surrealsql

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/surrealsql/surrealsql/internal/surrealql"
)

// A USE in a text lasts for that text, so a write behind it goes to a database that the
// session is not on, and that the schema may not have run in. The text is refused then:
// to run the schema in between would be the half of a text.

// writesElsewhere returns the index of the first USE that a statement which may write
// stands behind, or -1.
func writesElsewhere(q *surrealql.Query) int {
	use := slices.IndexFunc(q.Statements, func(s surrealql.Statement) bool { return s.Kind == surrealql.Use })
	if use >= 0 && slices.ContainsFunc(q.Statements[use:], func(s surrealql.Statement) bool { return s.Kind != surrealql.Use && s.MayWrite }) {
		return use
	}
	return -1
}

// admit returns an error for a text that writes where the schema has not run.
func (s schemaOnce) admit(ctx context.Context, c *Conn, q *analysis) error {
	if c.cfg.SchemaFile == "" && c.cfg.Schema == "" {
		return nil
	}
	ns, db := c.stands()
	for i := q.elsewhere; i < len(q.Statements); i++ {
		if q.Statements[i].Kind != surrealql.Use {
			continue
		}
		text := q.Text[q.Statements[i].Pos:q.Statements[i].End]
		m := usePattern.FindStringSubmatch(text)
		if m == nil {
			return fmt.Errorf("surrealsql: statement %d (%s): cannot tell whether the schema has run there: select the database with Use of the Conn", i+1, text)
		}
		if m[1] != "" {
			ns = bareName(m[1])
		}
		if m[2] != "" {
			db = bareName(m[2])
		}
		name, pending, err := s.pending(ctx, c, ns, db)
		if err != nil {
			return fmt.Errorf("surrealsql: %w", err)
		}
		if pending {
			return fmt.Errorf("surrealsql: statement %d (%s): %s has not run in namespace %q, database %q: select it with Use of the Conn, which runs it", i+1, text, name, ns, db)
		}
	}
	return nil
}

const useName = "([\\pL\\pN_]+|`[^`\\\\]*`|⟨[^⟩\\\\]*⟩)"

// usePattern is a USE whose names stand in the text, with the namespace and the
// database.
var usePattern = regexp.MustCompile(`(?i)^use(?:\s+(?:ns|namespace)\s+` + useName + `)?(?:\s+(?:db|database)\s+` + useName + `)?\s*$`)

func bareName(name string) string { return strings.Trim(name, "`⟨⟩") }

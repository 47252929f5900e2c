package surrealql_test

import (
	"testing"

	"github.com/surrealsql/surrealsql/internal/floors"
)

// What walks the grammar is a circle by its nature: an expression may hold a
// statement, which holds expressions. Everything else stands below or above it.
func TestFilesKeepTheirFloors(t *testing.T) {
	floors.Keep(t, 10,
		"keyword.go token.go strings.go placeholders.go reserved.go functions.go form.go",
		"lexer.go",
		"canonical.go secrets.go cursor.go scope.go projection.go",
		"words.go collision.go statement.go counting.go",
		"resolve.go",
		"expr.go query.go",
		"columns.go align.go rewrite.go",
		"parser.go parse_expression.go parse_operand.go parse_idiom.go parse_brackets.go parse_call.go "+
			"parse_statement.go parse_select.go parse_write.go parse_define.go",
		"analyze.go names.go outline.go doc.go",
	)
}

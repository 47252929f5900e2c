package literal

import (
	"testing"

	"github.com/surrealsql/surrealsql/internal/floors"
)

func TestFilesKeepTheirFloors(t *testing.T) {
	t.Parallel()
	floors.Keep(t, 3,
		"doc.go ident.go escape.go decimal.go file.go uuid.go duration.go number.go",
		"datetime.go",
		"parser.go",
		"parse_string.go parse_number.go parse_geometry.go",
		"parse_value.go parse_object.go parse_record.go", // values, objects and keys hold each other
		"render.go render_geometry.go",                   // so do values and collections of geometries
		"expression.go",
	)
}

package wire

// Geometries, which lie in each other by fixed rules.

// Geometry is one of the seven that SurrealDB has.
type Geometry struct {
	Tag  uint64
	Name string // of its type in GeoJSON, and so in the object that is its text
	Part uint64 // the tag of what it is an array of; 0 for a point, and for a collection, which holds any
}

// Geometries has them in the order of their tags.
var Geometries = [...]Geometry{
	{TagPoint, "Point", 0},
	{TagLine, "LineString", TagPoint},
	{TagPolygon, "Polygon", TagLine},
	{TagMultiPoint, "MultiPoint", TagPoint},
	{TagMultiLine, "MultiLineString", TagLine},
	{TagMultiPolygon, "MultiPolygon", TagPolygon},
	{TagCollection, "GeometryCollection", 0},
}

// IsGeometry reports whether a tag is that of a geometry.
func IsGeometry(tag uint64) bool { return tag >= TagPoint && tag <= TagCollection }

// GeometryOf is the geometry with a tag, for which IsGeometry holds.
func GeometryOf(tag uint64) Geometry { return Geometries[tag-TagPoint] }

//go:build go1.27 && !purego

package values

// Destinations that a plain Scan fills since Go 1.27 only.

func init() {
	shapes["a slice"] = shape{"[%q]", func() any { return new([]byScan) }}
	shapes["an array"] = shape{"[%q]", func() any { return new([1]**byJSON) }}
	shapes["a struct"] = shape{"{ A: %q }", func() any { return new(struct{ A byText }) }}
	shapes["a struct's slice"] = shape{"{ A: [%q] }", func() any { return new(*struct{ A []*byCBOR }) }}
	shapes["a map"] = shape{"{ A: %q }", func() any { return new(map[string]byText) }}
	shapes["a map's key"] = shape{"{ %q: 1 }", func() any { return new(map[textKey]any) }}
	shapes["JSON"] = shape{"%q", func() any { return new(byJSON) }}
	shapes["text"] = shape{"%q", func() any { return new(byText) }}
	shapes["CBOR"] = shape{"%q", func() any { return new(byCBOR) }}
}

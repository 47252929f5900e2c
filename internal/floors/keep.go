package floors

import (
	"strings"
	"testing"
)

// Keep fails a test in whose folder a file uses what stands on a higher floor than
// itself, or where more than circle files form a circle: each of them can only be
// understood with all the others. See [House.Up] for the order. With -v it tells
// the package's figures.
func Keep(t *testing.T, circle int, order ...string) {
	t.Helper()
	house, err := Read(".")
	if err != nil {
		t.Fatal(err)
	}
	up, err := house.Up(order...)
	if err != nil {
		t.Fatal(err)
	}
	for _, use := range up {
		t.Errorf("%s:%d uses %s of %s, which is on a higher floor: move one of them, or name what is needed in an interface", use.From, use.Pos.Line, use.Name, use.To)
	}
	largest := house.Circle()
	t.Logf("%d files, %d arrows, %d uses up, largest circle %d: %s",
		len(house.Files), house.Arrows(), len(up), len(largest), strings.Join(largest, " "))
	if len(largest) > circle {
		t.Errorf("%d files form a circle, where at most %d should: %s", len(largest), circle, strings.Join(largest, " "))
	}
}

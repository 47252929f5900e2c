package keys

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Sizes in bytes, with units.

// sizeUnits are the suffixes of a size, the binary ones from large to small
// first, since formatting takes the first that divides.
var sizeUnits = []struct {
	suffix string
	bytes  int
}{
	{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10},
	{"GB", 1e9}, {"MB", 1e6}, {"kB", 1e3}, {"B", 1},
}

// Size is a number of bytes.
func Size[T any](field func(*T) *int, least, most int) Value[T] {
	parse := func(v string) (int, bool) {
		n, ok := parseSize(v)
		return n, ok && n >= least && n <= most
	}
	expect := fmt.Sprintf("a size from %s to %s, such as 64MiB, 64MB or 67108864", formatSize(least), formatSize(most))
	return valueOf(field, expect, parse, formatSize)
}

func parseSize(v string) (int, bool) {
	unit := 1
	for _, u := range sizeUnits {
		at := len(v) - len(u.suffix)
		if at > 0 && strings.EqualFold(v[at:], u.suffix) {
			v, unit = v[:at], u.bytes
			break
		}
	}
	n, err := strconv.Atoi(v)
	return n * unit, err == nil && n >= 0 && n <= math.MaxInt/unit
}

func formatSize(n int) string {
	for _, u := range sizeUnits[:3] {
		if n%u.bytes == 0 {
			return strconv.Itoa(n/u.bytes) + u.suffix
		}
	}
	return strconv.Itoa(n)
}

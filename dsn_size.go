package surrealsql

import (
	"math"
	"strconv"
	"strings"
)

// minMessageSize is what a reply needs to say anything, an error included.
const minMessageSize = 1 << 10

// maxMessageSize fits an int on every machine, so that a DSN means the same.
const maxMessageSize = 2047 << 20

// sizeUnits are the suffixes of a size, the binary ones from large to small
// first, since formatting takes the first that divides.
var sizeUnits = []struct {
	suffix string
	bytes  int64
}{
	{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10},
	{"GB", 1e9}, {"MB", 1e6}, {"kB", 1e3}, {"B", 1},
}

func sizeKey(k dsnKey, field func(*Config) *int) *dsnKey {
	k.expect = "a size from 1KiB to 2047MiB, such as 64MiB, 64MB or 67108864"
	k.set = func(c *Config, v string) error {
		n, err := parseSize(v)
		if err != nil || n < minMessageSize || n > maxMessageSize {
			return errBadValue
		}
		*field(c) = int(n)
		return nil
	}
	k.get = func(c *Config) string {
		if *field(c) == 0 {
			return ""
		}
		return formatSize(int64(*field(c)))
	}
	return &k
}

func parseSize(v string) (int64, error) {
	unit := int64(1)
	for _, u := range sizeUnits {
		at := len(v) - len(u.suffix)
		if at > 0 && strings.EqualFold(v[at:], u.suffix) {
			v, unit = v[:at], u.bytes
			break
		}
	}
	n, err := strconv.ParseInt(v, 10, 64)
	if err != nil || n < 0 || n > math.MaxInt64/unit {
		return 0, errBadValue
	}
	return n * unit, nil
}

func formatSize(n int64) string {
	for _, u := range sizeUnits[:3] {
		if n%u.bytes == 0 {
			return strconv.FormatInt(n/u.bytes, 10) + u.suffix
		}
	}
	return strconv.FormatInt(n, 10)
}

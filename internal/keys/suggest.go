package keys

import (
	"fmt"
	"slices"
	"strings"
)

// Keys that a list has not, and which one was probably meant.

// maxName is longer than the name of any key, and shorter than most tokens.
const maxName = 40

// IsName tells whether name could be that of a key. What could not may be a part
// of a password, and is not to be shown.
func IsName(name string) bool {
	return name != "" && len(name) <= maxName && !strings.ContainsFunc(name, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '_' && r != '-' && r != '.'
	})
}

// Unknown is the error for a key that l has not. It names the one that may have
// been meant, and not the value: under a misspelt name it may be a password.
func (l List[T]) Unknown(name string) error {
	said := packageOf[T]() + ": DSN key " + name
	if k := l.Nearest(name); k != nil {
		return fmt.Errorf("%s: unknown, did you mean %s (%s)?", said, k.Name, k.Expect)
	}
	var names []string
	for _, k := range l {
		if k.Place != BeforeHost && !k.Retired {
			names = append(names, k.Name)
		}
	}
	return fmt.Errorf("%s: unknown, expected one of %s", said, strings.Join(names, ", "))
}

// Nearest is the key that name comes nearest to, if it is near: at most a third
// of the letters differ.
func (l List[T]) Nearest(name string) *Key[T] {
	name = strings.ToLower(strings.ReplaceAll(name, "-", "_"))
	var best *Key[T]
	least := len(name)/3 + 1
	for _, k := range l {
		if k.Retired {
			continue
		}
		for _, n := range slices.Concat([]string{k.Name}, k.Aka, k.Former) {
			if d := distance(name, n); d < least {
				best, least = k, d
			}
		}
	}
	return best
}

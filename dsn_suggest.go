package surrealsql

import (
	"fmt"
	"strings"

	"github.com/surrealsql/surrealsql/internal/spell"
)

// errDatabaseAlone refuses a database without a namespace, whose use ends the
// process of a 3.0 server.
func errDatabaseAlone(database string) error {
	return fmt.Errorf("surrealsql: db: got the database %q without a namespace, expected /namespace/database in the DSN, or ns as well", database)
}

// errUnknownKey names the key and the one it may have been meant to be. Its
// value is not shown: under a misspelt name it may be a password. Nor is a name
// that can be no key, for then it may be a part of a password.
func errUnknownKey(name string) error {
	if name == "" || len(name) > 40 || strings.ContainsFunc(name, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '_' && r != '-' && r != '.'
	}) {
		return fmt.Errorf("surrealsql: DSN: got something after the ? that is no key, expected key=value pairs joined by &, with ? percent-encoded as %%3F elsewhere")
	}
	if strings.HasPrefix(name, "pool_") {
		return fmt.Errorf("surrealsql: DSN key %s: it is one of package pool, expected pool.Open instead of sql.Open to open this DSN, or no key that begins with pool_", name)
	}
	k := nearestKey(name)
	if k == nil {
		return fmt.Errorf("surrealsql: DSN key %s: unknown, expected one of %s", name, strings.Join(keyNames(), ", "))
	}
	if k.where == inUserinfo {
		return fmt.Errorf("surrealsql: DSN key %s: unknown, expected it before the host, as in %s", name, dsnForm)
	}
	return fmt.Errorf("surrealsql: DSN key %s: unknown, did you mean %s (%s)?", name, k.name, k.expect)
}

// keyNames are the keys that a query may hold.
func keyNames() []string {
	var names []string
	for _, k := range dsnKeys {
		if k.where != inUserinfo {
			names = append(names, k.name)
		}
	}
	return names
}

// nearestKey is the key that name comes nearest to, if it is near: at most a
// third of the letters differ.
func nearestKey(name string) *dsnKey {
	name = strings.ToLower(strings.ReplaceAll(name, "-", "_"))
	var best *dsnKey
	least := len(name)/3 + 1
	for _, k := range dsnKeys {
		for _, n := range append([]string{k.name}, k.aka...) {
			if d := spell.Distance(name, n); d < least {
				best, least = k, d
			}
		}
	}
	return best
}

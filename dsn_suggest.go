package surrealsql

import (
	"fmt"
	"strings"

	"github.com/surrealsql/surrealsql/internal/keys"
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
	if !keys.IsName(name) {
		return fmt.Errorf("surrealsql: DSN: got something after the ? that is no key, expected key=value pairs joined by &, with ? percent-encoded as %%3F elsewhere")
	}
	if strings.HasPrefix(name, "pool_") {
		return fmt.Errorf("surrealsql: DSN key %s: it is one of package pool, expected pool.Open instead of sql.Open to open this DSN, or no key that begins with pool_", name)
	}
	if k := dsnKeys.Nearest(name); k != nil && k.Place == keys.BeforeHost {
		return fmt.Errorf("surrealsql: DSN key %s: unknown, expected it before the host, as in %s", name, dsnForm)
	}
	return dsnKeys.Unknown(name)
}

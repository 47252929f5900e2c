package pool

// The keys of this package in a DSN, which parseDSN takes out before the driver reads
// the rest.

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/surrealsql/surrealsql/internal/keys"
)

// parseDSN takes the keys of this package out of a DSN and returns the rest.
func (s *Settings) parseDSN(dsn string) (rest string, err error) {
	head, query, ok := strings.Cut(dsn, "?")
	if !ok {
		return dsn, nil
	}
	var others, seen []string
	for pair := range strings.SplitSeq(query, "&") {
		name, value, _ := strings.Cut(pair, "=")
		if !strings.HasPrefix(name, prefix) {
			others = append(others, pair)
			continue
		}
		k := poolKeys.Named(name)
		if k == nil {
			return "", errUnknownKey(name)
		}
		if slices.Contains(seen, k.Name) {
			return "", fmt.Errorf("pool: DSN key %s: got it twice, expected it once", name)
		}
		seen = append(seen, k.Name)
		v, err := url.QueryUnescape(value)
		if err != nil {
			return "", fmt.Errorf(
				"pool: DSN key %s: got a %% that begins no escape, expected %%25 for a percent sign", name)
		}
		if err := k.Set(s, "DSN key "+name, v); err != nil {
			return "", err
		}
	}
	if len(others) == 0 {
		return head, nil
	}
	return head + "?" + strings.Join(others, "&"), nil
}

// errUnknownKey names the key and the one it may have been meant to be.
func errUnknownKey(name string) error {
	if !keys.IsName(name) {
		return errors.New("pool: DSN: got something that begins with pool_ and is no key, " +
			"expected key=value pairs joined by &")
	}
	return poolKeys.Unknown(name)
}

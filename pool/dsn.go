package pool

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strings"

	"github.com/surrealsql/surrealsql"
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
		if slices.Contains(seen, name) {
			return "", fmt.Errorf("pool: DSN key %s: got it twice, expected it once", name)
		}
		seen = append(seen, name)
		if err := s.parsePair(name, value); err != nil {
			return "", err
		}
	}
	if len(others) == 0 {
		return head, nil
	}
	return head + "?" + strings.Join(others, "&"), nil
}

func (s *Settings) parsePair(name, value string) error {
	k := poolKeys.Named(name)
	if k == nil {
		return errUnknownKey(name)
	}
	v, err := url.QueryUnescape(value)
	if err != nil {
		return fmt.Errorf("pool: DSN key %s: got a %% that begins no escape, expected %%25 for a percent sign", name)
	}
	return k.Set(s, "DSN key "+name, v)
}

// errUnknownKey names the key and the one it may have been meant to be.
func errUnknownKey(name string) error {
	if !keys.IsName(name) {
		return errors.New("pool: DSN: got something that begins with pool_ and is no key, expected key=value pairs joined by &")
	}
	return poolKeys.Unknown(name)
}

// FromEnv is Open for what the environment says: SURREALDB_URL holds a DSN for
// Open, and each of its keys can be given by a variable of its own, as
// [surrealsql.ConfigFromEnv] describes: those of this package are SURREALDB_POOL_MAX
// and so on. Variables go before the URL, and options before both.
func FromEnv(ctx context.Context, opts ...Option) (*Pool, error) {
	cfg, s, err := fromEnv(os.Getenv)
	if err != nil {
		return nil, err
	}
	return open(ctx, cfg, s, opts)
}

func fromEnv(getenv func(string) string) (*surrealsql.Config, Settings, error) {
	const urlVariable = "SURREALDB_URL"
	s := Settings{Lazy: true}
	rest, err := s.parseDSN(getenv(urlVariable))
	if err != nil {
		return nil, s, fmt.Errorf("%s: %w", urlVariable, err)
	}
	if err := poolKeys.FromEnv(&s, getenv); err != nil {
		return nil, s, err
	}
	cfg, err := surrealsql.ConfigFromGetenv(func(name string) string {
		if name == urlVariable {
			return rest
		}
		return getenv(name)
	})
	return cfg, s, err
}

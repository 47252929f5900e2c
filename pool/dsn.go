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
	"github.com/surrealsql/surrealsql/internal/spell"
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
	k := keyNamed(name)
	if k == nil {
		return errUnknownKey(name)
	}
	v, err := url.QueryUnescape(value)
	if err != nil {
		return fmt.Errorf("pool: DSN key %s: got a %% that begins no escape, expected %%25 for a percent sign", name)
	}
	return k.assign(s, "DSN key "+name, v)
}

func keyNamed(name string) *key {
	if i := slices.IndexFunc(keys, func(k *key) bool { return k.name == name }); i >= 0 {
		return keys[i]
	}
	return nil
}

// errUnknownKey names the key and the one it may have been meant to be.
func errUnknownKey(name string) error {
	if len(name) > 40 || strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.") != "" {
		return errors.New("pool: DSN: got something that begins with pool_ and is no key, expected key=value pairs joined by &")
	}
	names := make([]string, len(keys))
	best, least := "", len(name)/3+1
	for i, k := range keys {
		names[i] = k.name
		if d := spell.Distance(strings.ReplaceAll(strings.ToLower(name), "-", "_"), k.name); d < least {
			best, least = k.name, d
		}
	}
	if best != "" {
		return fmt.Errorf("pool: DSN key %s: unknown, did you mean %s (%s)?", name, best, keyNamed(best).expect)
	}
	return fmt.Errorf("pool: DSN key %s: unknown, expected one of %s", name, strings.Join(names, ", "))
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
	var bad []error
	for _, k := range keys {
		if v := getenv(k.env()); v != "" {
			bad = append(bad, k.assign(&s, k.env(), v))
		}
	}
	if err := errors.Join(bad...); err != nil {
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

package surrealmigrate

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// What a URL says beside the DSN.

// parseURL parts the keys that begin with "x-" from the DSN. The rest is left as it is: a list of
// hosts is no URL to package url.
func parseURL(text string) (dsn string, config *Config, err error) {
	dsn, query, _ := strings.Cut(text, "?")
	config = &Config{}
	var rest []string
	for pair := range strings.SplitSeq(query, "&") {
		key, value, _ := strings.Cut(pair, "=")
		switch {
		case !strings.HasPrefix(key, "x-"):
			if pair != "" {
				rest = append(rest, pair)
			}
		default:
			if value, err = url.QueryUnescape(value); err == nil {
				err = config.set(key, value)
			}
			if err != nil {
				return "", nil, fmt.Errorf("surrealmigrate: %s: %w", key, err)
			}
		}
	}
	if len(rest) > 0 {
		dsn += "?" + strings.Join(rest, "&")
	}
	return dsn, config, nil
}

func (c *Config) set(key, value string) (err error) {
	switch key {
	case "x-migrations-table":
		c.MigrationsTable = value
	case "x-no-tx-wrap":
		c.NoTxWrap, err = strconv.ParseBool(value)
	case "x-lock-lease":
		c.LockLease, err = time.ParseDuration(value)
	case "x-lock-timeout":
		c.LockTimeout, err = time.ParseDuration(value)
	default:
		err = fmt.Errorf("no such key: there are x-migrations-table, x-no-tx-wrap, x-lock-lease and x-lock-timeout")
	}
	return err
}

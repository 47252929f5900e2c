package surrealsql

import (
	"fmt"
	"os"
)

// urlVariable holds a whole DSN; each key has a variable of its own besides.
const urlVariable = "SURREALDB_URL"

// ConfigFromEnv reads the configuration from the environment: SURREALDB_URL
// holds a DSN for [ParseDSN], and each key of the table of DSN keys can be
// given by a variable of its own, in upper case after SURREALDB_, such as
// SURREALDB_USER, SURREALDB_PASS, SURREALDB_NS, SURREALDB_DB, SURREALDB_TOKEN
// and SURREALDB_DIAL_TIMEOUT. Those override what the URL says. An empty
// variable counts as none, and variables of other names are not looked at.
//
// A user or an access method from a variable also replaces a token of the URL.
//
// Without SURREALDB_URL there is no server: the error is [ErrNoHosts]. Other
// errors name the variable, its value unless it is secret, and what is expected.
func ConfigFromEnv() (*Config, error) { return ConfigFromGetenv(os.Getenv) }

// ConfigFromGetenv is ConfigFromEnv where variables come from elsewhere: from a
// file, or changed. getenv returns the empty text for one that is not set.
func ConfigFromGetenv(getenv func(string) string) (*Config, error) {
	dsn := getenv(urlVariable)
	if dsn == "" {
		return nil, fmt.Errorf("%w; %s is not set", ErrNoHosts, urlVariable)
	}
	c, err := parseDSN(dsn)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", urlVariable, err)
	}
	if getenv(dsnKeys.Named("user").Variable()) != "" || getenv(dsnKeys.Named("access").Variable()) != "" {
		c.Token = ""
	}
	if err := dsnKeys.FromEnv(c, getenv); err != nil {
		return nil, err
	}
	if err := c.finish(); err != nil {
		return nil, err
	}
	return c, nil
}

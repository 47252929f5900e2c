package surrealsql

import (
	"fmt"
	"os"

	"github.com/surrealsql/surrealsql/internal/lending"
)

// A Config from environment variables: a DSN, and one variable for each key.

// urlVariable holds a whole DSN; each key has a variable of its own besides.
const urlVariable = "SURREALDB_URL"

// ConfigFromEnv reads the configuration from the environment: SURREALDB_URL
// holds a DSN for [ParseDSN], and each key of the table of DSN keys can be
// given by a variable of its own, in upper case after SURREALDB_, such as
// SURREALDB_USER, SURREALDB_PASS, SURREALDB_NS, SURREALDB_DB, SURREALDB_TOKEN
// and SURREALDB_CONNECT_TIMEOUT. Those override what the URL says. An empty
// variable counts as none, and variables of other names are not looked at.
//
// A user or an access method from a variable also replaces a token of the URL, and a token or
// a password the file that the URL has for it, or the other way round.
//
// Without SURREALDB_URL there is no server: the error is [ErrNoHosts]. Other
// errors name the variable, its value unless it is secret, and what is expected.
func ConfigFromEnv() (*Config, error) { return configFromGetenv(os.Getenv) }

// configFromGetenv is ConfigFromEnv where variables come from elsewhere. getenv returns
// the empty text for one that is not set.
func configFromGetenv(getenv func(string) string) (*Config, error) {
	dsn := getenv(urlVariable)
	if dsn == "" {
		return nil, fmt.Errorf("%w; %s is not set", ErrNoHosts, urlVariable)
	}
	c, err := parseDSN(dsn)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", urlVariable, err)
	}
	says := func(key string) bool { return getenv(dsnKeys.Named(key).Variable()) != "" }
	if says("user") || says("access") || says("token") || says("token_file") {
		c.Token, c.TokenFile = "", ""
	}
	if says("pass") || says("pass_file") {
		c.Password, c.PasswordFile = "", ""
	}
	if err := dsnKeys.FromEnv(c, getenv); err != nil {
		return nil, err
	}
	if err := c.checkParsed(); err != nil {
		return nil, err
	}
	return c, nil
}

func init() {
	lending.ConfigFromGetenv = func(getenv func(string) string) (any, error) {
		return configFromGetenv(getenv)
	}
}

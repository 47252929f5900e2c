package surrealsql

import (
	"fmt"
	"log/slog"
	"strconv"

	"github.com/surrealsql/surrealsql/internal/printed"
)

// However a Config, a Connector, a Conn or Credentials are printed, no password
// and no token comes out. Without Format, verbs such as %+v and %d would print the
// fields.

var (
	_ fmt.Stringer   = Config{}
	_ fmt.Formatter  = Config{}
	_ slog.LogValuer = Config{}

	_ fmt.Formatter  = Credentials{}
	_ slog.LogValuer = Credentials{}

	_ fmt.Formatter  = (*Connector)(nil)
	_ slog.LogValuer = (*Connector)(nil)
	_ fmt.Formatter  = (*Conn)(nil)
	_ slog.LogValuer = (*Conn)(nil)
)

// String returns the DSN of c with passwords and tokens replaced by xxxxx. It
// can be shown and logged, and not be connected with.
func (c Config) String() string {
	if s := c.format(true); s != "" {
		return s
	}
	return "surrealdb (no host)"
}

// Format prints [Config.String] for every verb.
func (c Config) Format(f fmt.State, verb rune) { printed.As(f, verb, "surrealsql.Config", c.String()) }

// LogValue makes log/slog log [Config.String].
func (c Config) LogValue() slog.Value { return slog.StringValue(c.String()) }

// String names who signs in, without secrets.
func (c Credentials) String() string {
	if c.Token != "" {
		return "a token"
	}
	return fmt.Sprintf("user %q, namespace %q, database %q, access %q", c.User, c.Namespace, c.Database, c.Access)
}

// Format prints [Credentials.String] for every verb.
func (c Credentials) Format(f fmt.State, verb rune) {
	printed.As(f, verb, "surrealsql.Credentials", c.String())
}

// LogValue makes log/slog log [Credentials.String].
func (c Credentials) LogValue() slog.Value { return slog.StringValue(c.String()) }

// String returns [Config.String] of the connector's Config.
func (c *Connector) String() string { return c.cfg.String() }

// Format prints [Connector.String] for every verb.
func (c *Connector) Format(f fmt.State, verb rune) {
	printed.As(f, verb, "surrealsql.Connector", c.String())
}

// LogValue makes log/slog log [Connector.String].
func (c *Connector) LogValue() slog.Value { return slog.StringValue(c.String()) }

// String names the connection: its number in the connector and its server.
func (c *Conn) String() string { return "connection " + strconv.FormatUint(c.id, 10) + " to " + c.addr }

// Format prints [Conn.String] for every verb.
func (c *Conn) Format(f fmt.State, verb rune) { printed.As(f, verb, "surrealsql.Conn", c.String()) }

// LogValue makes log/slog log [Conn.String].
func (c *Conn) LogValue() slog.Value { return slog.StringValue(c.String()) }

// MarshalText makes encoders of JSON, YAML and the like write [Credentials.String]. A
// Config they refuse: it has functions.
func (c Credentials) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

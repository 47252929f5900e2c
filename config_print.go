package surrealsql

import (
	"fmt"
	"io"
	"log/slog"
	"strconv"
)

// However a Config is printed, no password and no token comes out.

var (
	_ fmt.Stringer   = Config{}
	_ fmt.Formatter  = Config{}
	_ slog.LogValuer = Config{}
)

// String returns the DSN of c with passwords and tokens replaced by xxxxx. It
// can be shown and logged, and not be connected with.
func (c Config) String() string {
	if s := c.format(true); s != "" {
		return s
	}
	return "surrealdb (no host)"
}

// Format prints [Config.String] for every verb. Without it, %+v and %#v would
// print the fields, passwords included. It has no other use.
func (c Config) Format(f fmt.State, verb rune) {
	s := c.String()
	switch {
	case verb == 'v' && f.Flag('#'):
		s = "surrealsql.Config(" + strconv.Quote(s) + ")"
	case verb == 'q':
		s = strconv.Quote(s)
	}
	// A State of package fmt never fails to write.
	_, _ = io.WriteString(f, s)
}

// LogValue makes log/slog log [Config.String].
func (c Config) LogValue() slog.Value { return slog.StringValue(c.String()) }

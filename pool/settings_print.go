package pool

import (
	"fmt"
	"log/slog"
	"strings"

	"github.com/surrealsql/surrealsql/internal/printed"
)

// However Settings, a Pool or a RoutedConn are printed, no password and no token comes
// out: not those of replicas either, which are kept as they were given. Without Format,
// verbs such as %+v and %#v would print the fields.

var (
	_ fmt.Formatter  = Settings{}
	_ slog.LogValuer = Settings{}
	_ fmt.Formatter  = (*Pool)(nil)
	_ slog.LogValuer = (*Pool)(nil)
	_ fmt.Formatter  = (*RoutedConn)(nil)
	_ slog.LogValuer = (*RoutedConn)(nil)
)

// String returns the settings as they are written in a DSN. Of hooks and replicas it
// says nothing but how many replicas there are.
func (s Settings) String() string {
	var b strings.Builder
	for _, k := range poolKeys {
		if v := k.Get(&s); v != "" {
			if b.Len() > 0 {
				b.WriteByte('&')
			}
			b.WriteString(k.Name + "=" + v)
		}
	}
	if n := len(s.replicas); n > 0 {
		fmt.Fprintf(&b, " (%d replicas)", n)
	}
	return b.String()
}

// Format prints [Settings.String] for every verb.
func (s Settings) Format(f fmt.State, verb rune) { printed.As(f, verb, "pool.Settings", s.String()) }

// LogValue makes log/slog log [Settings.String].
func (s Settings) LogValue() slog.Value { return slog.StringValue(s.String()) }

// Format prints [Pool.String] for every verb.
func (p *Pool) Format(f fmt.State, verb rune) { printed.As(f, verb, "pool.Pool", p.String()) }

// LogValue makes log/slog log [Pool.String].
func (p *Pool) LogValue() slog.Value { return slog.StringValue(p.String()) }

// String names what the connection has leased.
func (c *RoutedConn) String() string {
	switch {
	case c.writer != nil:
		return "routed connection, on the writer's " + c.writer.String()
	case c.reader != nil:
		return "routed connection, on a replica's " + c.reader.String()
	}
	return "routed connection, on none"
}

// Format prints [RoutedConn.String] for every verb.
func (c *RoutedConn) Format(f fmt.State, verb rune) {
	printed.As(f, verb, "pool.RoutedConn", c.String())
}

// LogValue makes log/slog log [RoutedConn.String].
func (c *RoutedConn) LogValue() slog.Value { return slog.StringValue(c.String()) }

package surrealsql

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// dsnKey is one thing a DSN can say. Parsing, formatting, defaults, checks,
// environment variables, suggestions for misspelt keys and the documentation's
// table all come from dsnKeys: there is no second list.
type dsnKey struct {
	name   string
	field  string   // of Config; empty if there is none
	aka    []string // other spellings, for suggestions
	where  keyPlace
	secret bool // never shown
	expect string
	def    string // the default, as it would be written; empty if there is none
	defDoc string // what the documentation says instead of def
	doc    string

	set func(c *Config, v string) error
	// get returns the value as it would be written, or "" if it is unset.
	get func(c *Config) string
}

// keyPlace is where in a DSN a key's value is written.
type keyPlace int

const (
	inQuery    keyPlace = iota
	inPath              // in the path, and understood in the query too
	inUserinfo          // before the host only: queries end up in logs
)

var errBadValue = errors.New("bad value")

var dsnKeys = []*dsnKey{
	textKey(dsnKey{name: "user", field: "User", aka: []string{"username"}, where: inUserinfo,
		doc: "The user to sign in as."},
		func(c *Config) *string { return &c.User }),
	textKey(dsnKey{name: "pass", field: "Password", aka: []string{"password", "passwd", "pwd"}, where: inUserinfo, secret: true,
		doc: "The user's password."},
		func(c *Config) *string { return &c.Password }),
	textKey(dsnKey{name: "ns", field: "Namespace", aka: []string{"namespace"}, where: inPath,
		doc: "The namespace to use."},
		func(c *Config) *string { return &c.Namespace }),
	textKey(dsnKey{name: "db", field: "Database", aka: []string{"database", "dbname"}, where: inPath,
		doc: "The database to use; it needs a namespace."},
		func(c *Config) *string { return &c.Database }),
	boolKey(dsnKey{name: "tls", field: "TLS", aka: []string{"ssl", "sslmode"}, def: "false",
		doc: "Connect with TLS; the schemes `wss` and `surrealdb+wss` say the same, and mean port 443 where none is given."},
		func(c *Config) *bool { return &c.TLS }),
	enumKey(dsnKey{name: "auth", field: "Auth", aka: []string{"level", "auth_level"},
		defDoc: "`token` if there is a token, else `record` if there is an access, else `root` if there is a user, else `none`",
		doc:    "The level to sign in at."},
		func(c *Config) *AuthLevel { return &c.Auth },
		AuthRoot, AuthNamespace, AuthDatabase, AuthRecord, AuthToken, AuthNone),
	textKey(dsnKey{name: "access", field: "Access", aka: []string{"ac", "scope"},
		doc: "The access method (`DEFINE ACCESS`) to sign in with; user and password become its `$user` and `$pass`."},
		func(c *Config) *string { return &c.Access }),
	textKey(dsnKey{name: "token", field: "Token", aka: []string{"jwt"}, secret: true,
		doc: "A JWT to authenticate with. Prefer `SURREALDB_TOKEN` or `Config.TokenSource`: DSNs end up in logs."},
		func(c *Config) *string { return &c.Token }),
	positiveKey(dsnKey{name: "dial_timeout", field: "DialTimeout", aka: []string{"timeout", "connect_timeout"}, def: "5s",
		doc: "Bounds connecting, with all its attempts: dial, TLS, upgrade, sign-in, schema."},
		func(c *Config) *time.Duration { return &c.DialTimeout }),
	durationKey(dsnKey{name: "query_timeout", field: "QueryTimeout", aka: []string{"read_timeout", "statement_timeout"}, def: "0s", defDoc: "`0` (none)",
		doc: "Bounds each query that has no nearer deadline. When it passes, the connection is closed, which stops the query on the server."},
		func(c *Config) *time.Duration { return &c.QueryTimeout }),
	positiveKey(dsnKey{name: "close_timeout", field: "CloseTimeout", aka: []string{"write_timeout"}, def: "10s",
		doc: "Bounds what has no context: Close, Commit, Rollback."},
		func(c *Config) *time.Duration { return &c.CloseTimeout }),
	sizeKey(dsnKey{name: "max_message_size", field: "MaxMessageSize", aka: []string{"max_packet_size"}, def: "128MiB",
		doc: "The largest message accepted from the server; a larger one closes the connection with `ErrMessageTooLarge`."},
		func(c *Config) *int { return &c.MaxMessageSize }),
	countKey(dsnKey{name: "max_uses", field: "MaxUses", def: "0", defDoc: "`0` (no limit)",
		doc: "A connection is retired after so many leases."}, 0,
		func(c *Config) *int { return &c.MaxUses }),
	durationKey(dsnKey{name: "max_lifetime", field: "MaxLifetime", aka: []string{"conn_max_lifetime"}, def: "0s", defDoc: "`0` (no limit)",
		doc: "A connection of that age is retired, with jitter, which `SetConnMaxLifetime` has not."},
		func(c *Config) *time.Duration { return &c.MaxLifetime }),
	durationKey(dsnKey{name: "lifetime_jitter", field: "LifetimeJitter", defDoc: "a tenth of `max_lifetime`",
		doc: "Each connection's life is shorter than `max_lifetime` by a random part of this."},
		func(c *Config) *time.Duration { return &c.LifetimeJitter }),
	durationKey(dsnKey{name: "health_check_interval", field: "HealthCheckInterval", def: "5s",
		doc: "The time between two looks at the idle connections; `0` turns them off."},
		func(c *Config) *time.Duration { return &c.HealthCheckInterval }),
	durationKey(dsnKey{name: "ping_after_idle", field: "PingAfterIdle", def: "30s",
		doc: "An idle connection is pinged after so long; `0` turns it off."},
		func(c *Config) *time.Duration { return &c.PingAfterIdle }),
	countKey(dsnKey{name: "connect_attempts", field: "ConnectAttempts", aka: []string{"retries", "max_retries"}, def: "3",
		doc: "How often connecting is tried in all, each time with every host, while the error can pass: a refused connection, not a refused password."}, 1,
		func(c *Config) *int { return &c.ConnectAttempts }),
	durationKey(dsnKey{name: "connect_backoff", field: "ConnectBackoff", aka: []string{"backoff"}, def: "100ms",
		doc: "The longest pause before the second attempt. It doubles for each further one; a random part of it is waited. `0` waits not at all."},
		func(c *Config) *time.Duration { return &c.ConnectBackoff }),
	enumKey(dsnKey{name: "load_balance", field: "LoadBalance", aka: []string{"load_balance_hosts", "target"}, def: string(InOrder),
		doc: "The order in which several hosts are tried."},
		func(c *Config) *LoadBalance { return &c.LoadBalance }, InOrder, RoundRobin, Random),
	textKey(dsnKey{name: "schema_file", field: "SchemaFile", aka: []string{"schema"},
		doc: "The path of a SurrealQL file that is run once, before the first connection is used."},
		func(c *Config) *string { return &c.SchemaFile }),
	boolKey(dsnKey{name: "read_only", field: "ReadOnly", aka: []string{"readonly"}, def: "false",
		doc: "Refuse statements that may write with `ErrReadOnly`, before they are sent; every transaction is read-only."},
		func(c *Config) *bool { return &c.ReadOnly }),
	enumKey(dsnKey{name: "null", field: "NullAs", aka: []string{"nil"}, def: string(NilIsNull),
		doc: "What a nil argument becomes: NULL, or NONE, which fields of type `option<…>` take."},
		func(c *Config) *NullMode { return &c.NullAs }, NilIsNull, NilIsNone),
	enumKey(dsnKey{name: "reset", field: "Reset", def: string(ResetAuto),
		doc: "When a session is reset between two leases: if it was changed, each time, or not at all."},
		func(c *Config) *ResetMode { return &c.Reset }, ResetAuto, ResetAlways, ResetNever),
	boolKey(dsnKey{name: "log_queries", field: "LogQueries", aka: []string{"debug", "log"}, def: "false",
		doc: "Log each query's text, duration and rows with `log/slog`; arguments are not shown."},
		func(c *Config) *bool { return &c.LogQueries }),
	{name: "encoding", def: "cbor", expect: "cbor or json",
		doc: "Has no effect, the wire is always CBOR. Understood because DSNs written for xo/dburl may have it.",
		set: func(_ *Config, v string) error {
			if v != "cbor" && v != "json" {
				return errBadValue
			}
			return nil
		},
		get: func(*Config) string { return "" }},
}

// env is the environment variable that says the same.
func (k *dsnKey) env() string { return "SURREALDB_" + strings.ToUpper(k.name) }

// assign sets the value; said is how the reader knows the key: DSN key x, or
// the name of an environment variable.
func (k *dsnKey) assign(c *Config, said, v string) error {
	if k.set(c, v) != nil {
		return k.badValue(said, v)
	}
	return nil
}

func (k *dsnKey) badValue(said, v string) error {
	got := strconv.Quote(v)
	if k.secret {
		got = "a value that is not shown"
	}
	return fmt.Errorf("surrealsql: %s: got %s, expected %s", said, got, k.expect)
}

func textKey(k dsnKey, field func(*Config) *string) *dsnKey {
	k.expect = "text in UTF-8 that is not empty"
	k.set = func(c *Config, v string) error {
		// CBOR text must be UTF-8, and the server ends a session that sends other.
		if v == "" || !utf8.ValidString(v) {
			return errBadValue
		}
		*field(c) = v
		return nil
	}
	k.get = func(c *Config) string { return *field(c) }
	return &k
}

func boolKey(k dsnKey, field func(*Config) *bool) *dsnKey {
	k.expect = "true or false"
	k.set = func(c *Config, v string) (err error) {
		*field(c), err = strconv.ParseBool(v)
		return err
	}
	k.get = func(c *Config) string { return strconv.FormatBool(*field(c)) }
	return &k
}

func enumKey[T ~string](k dsnKey, field func(*Config) *T, values ...T) *dsnKey {
	names := make([]string, len(values))
	for i, v := range values {
		names[i] = string(v)
	}
	last := len(names) - 1
	k.expect = strings.Join(names[:last], ", ") + " or " + names[last]
	k.set = func(c *Config, v string) error {
		if !slices.Contains(values, T(v)) {
			return errBadValue
		}
		*field(c) = T(v)
		return nil
	}
	k.get = func(c *Config) string { return string(*field(c)) }
	return &k
}

// positive is a duration that cannot be turned off.
func positiveKey(k dsnKey, field func(*Config) *time.Duration) *dsnKey {
	k.expect = "a duration above 0, such as 5s or 1m30s"
	return durationsKey(k, field, func(d time.Duration) bool { return d > 0 })
}

// duration is one that 0 turns off. Where off is the default, zero is off;
// elsewhere Disabled is, because zero means the default.
func durationKey(k dsnKey, field func(*Config) *time.Duration) *dsnKey {
	k.expect = "a duration such as 500ms or 1m30s, or 0 for off"
	base := durationsKey(k, field, func(d time.Duration) bool { return d >= 0 })
	set, off := base.set, Disabled
	if k.def == "0s" {
		off = 0
	}
	base.set = func(c *Config, v string) error {
		err := set(c, v)
		if err == nil && *field(c) == 0 {
			*field(c) = off
		}
		return err
	}
	base.get = func(c *Config) string {
		switch d := *field(c); {
		case d < 0:
			return "0s"
		case d == 0:
			return ""
		default:
			return d.String()
		}
	}
	return base
}

func durationsKey(k dsnKey, field func(*Config) *time.Duration, ok func(time.Duration) bool) *dsnKey {
	k.set = func(c *Config, v string) error {
		d, err := time.ParseDuration(v)
		if err != nil || !ok(d) {
			return errBadValue
		}
		*field(c) = d
		return nil
	}
	k.get = func(c *Config) string {
		if *field(c) == 0 {
			return ""
		}
		return field(c).String()
	}
	return &k
}

func countKey(k dsnKey, least int, field func(*Config) *int) *dsnKey {
	k.expect = fmt.Sprintf("a whole number from %d to %d", least, math.MaxInt32)
	k.set = func(c *Config, v string) error {
		// 32 bits, so that a DSN means the same on every machine.
		n, err := strconv.ParseInt(v, 10, 32)
		if err != nil || int(n) < least {
			return errBadValue
		}
		*field(c) = int(n)
		return nil
	}
	k.get = func(c *Config) string {
		if *field(c) == 0 {
			return ""
		}
		return strconv.Itoa(*field(c))
	}
	return &k
}

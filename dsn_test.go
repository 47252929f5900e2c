package surrealsql

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql/internal/keys"
)

// configWith is a Config with the defaults and what set changes.
func configWith(set func(*Config)) *Config {
	c := new(Config)
	dsnKeys.ApplyDefaults(c)
	set(c)
	return c
}

func TestParseDSNReadsEveryForm(t *testing.T) {
	t.Parallel()
	local := []string{"localhost:8000"}
	for dsn, want := range map[string]func(*Config){
		"surrealdb://":                func(c *Config) { c.Hosts = local },
		"surrealdb:///":               func(c *Config) { c.Hosts = local },
		"surrealdb://localhost":       func(c *Config) { c.Hosts = local },
		"surreal://localhost:8000":    func(c *Config) { c.Hosts = local },
		"sur://localhost/":            func(c *Config) { c.Hosts = local },
		"sr://localhost:8000/":        func(c *Config) { c.Hosts = local },
		"SurrealDB://localhost":       func(c *Config) { c.Hosts = local },
		"ws://localhost/rpc":          func(c *Config) { c.Hosts = local },
		"ws://localhost:8000/rpc/":    func(c *Config) { c.Hosts = local },
		"surrealdb+ws://localhost":    func(c *Config) { c.Hosts = local },
		"wss://db.example.com/rpc":    func(c *Config) { c.Hosts, c.TLS = []string{"db.example.com:443"}, true },
		"wss://db.example.com:8000":   func(c *Config) { c.Hosts, c.TLS = []string{"db.example.com:8000"}, true },
		"WSS://":                      func(c *Config) { c.Hosts, c.TLS = []string{"localhost:443"}, true },
		"wss://a,b:9,[::1]":           func(c *Config) { c.Hosts, c.TLS = []string{"a:443", "b:9", "[::1]:443"}, true },
		"surrealdb+wss://h":           func(c *Config) { c.Hosts, c.TLS = []string{"h:443"}, true },
		"surrealdb+wss://h:443":       func(c *Config) { c.Hosts, c.TLS = []string{"h:443"}, true },
		"wss://h:443?tls=true":        func(c *Config) { c.Hosts, c.TLS = []string{"h:443"}, true },
		"surrealdb://h?tls=1":         func(c *Config) { c.Hosts, c.TLS = []string{"h:8000"}, true },
		"surrealdb://h?":              func(c *Config) { c.Hosts = []string{"h:8000"} },
		"surrealdb://[::1]/":          func(c *Config) { c.Hosts = []string{"[::1]:8000"} },
		"surrealdb://[::1]:9000":      func(c *Config) { c.Hosts = []string{"[::1]:9000"} },
		"surrealdb://[fe80::1%25en0]": func(c *Config) { c.Hosts = []string{"[fe80::1%en0]:8000"} },
		"surrealdb://a,b:9,[::1],d":   func(c *Config) { c.Hosts = []string{"a:8000", "b:9", "[::1]:8000", "d:8000"} },
		"surrealdb://root@h":          func(c *Config) { c.Hosts, c.User = []string{"h:8000"}, "root" },
		"surrealdb://root:@h":         func(c *Config) { c.Hosts, c.User = []string{"h:8000"}, "root" },
		"surrealdb://root:a:b@h":      func(c *Config) { c.Hosts, c.User, c.Password = []string{"h:8000"}, "root", "a:b" },
		"surrealdb://root:a@b@h":      func(c *Config) { c.Hosts, c.User, c.Password = []string{"h:8000"}, "root", "a@b" },
		"surrealdb://r%3A%40:%2F%3F%23%25+%C3%A9@h": func(c *Config) {
			c.Hosts, c.User, c.Password = []string{"h:8000"}, "r:@", "/?#%+é"
		},
		"surrealdb://h/shop":                   func(c *Config) { c.Hosts, c.Namespace = []string{"h:8000"}, "shop" },
		"surrealdb://h/shop/":                  func(c *Config) { c.Hosts, c.Namespace = []string{"h:8000"}, "shop" },
		"surrealdb://h/shop/main":              shopMain,
		"surrealdb://h/shop/main/":             shopMain,
		"surrealdb://h/shop/main/rpc":          shopMain,
		"surrealdb://h/rpc?ns=shop&db=main":    shopMain,
		"ws://h?db=main&ns=shop":               shopMain,
		"ws://h/shop/main?ns=shop":             shopMain,
		"ws://h/shop?db=main":                  shopMain,
		"surrealdb://h/shop/rpc":               func(c *Config) { c.Hosts, c.Namespace, c.Database = []string{"h:8000"}, "shop", "rpc" },
		"surrealdb://h?ns=rpc":                 func(c *Config) { c.Hosts, c.Namespace = []string{"h:8000"}, "rpc" },
		"surrealdb://h/a%2Fb/c%40%20d+e":       func(c *Config) { c.Hosts, c.Namespace, c.Database = []string{"h:8000"}, "a/b", "c@ d+e" },
		"surrealdb://h?ns=a%2Fb&db=c+d":        func(c *Config) { c.Hosts, c.Namespace, c.Database = []string{"h:8000"}, "a/b", "c d" },
		"surrealdb://h/shop/main&?&null=null&": shopMain2,
	} {
		got, err := ParseDSN(dsn)
		require.NoError(t, err, dsn)
		require.Equal(t, configWith(want), got, dsn)
	}
}

func shopMain(c *Config) { c.Hosts, c.Namespace, c.Database = []string{"h:8000"}, "shop", "main" }

func shopMain2(c *Config) { c.Hosts, c.Namespace, c.Database = []string{"h:8000"}, "shop", "main&" }

func TestParseDSNReadsEveryKey(t *testing.T) {
	t.Parallel()
	got, err := ParseDSN("surrealdb://u:p@h/n/d?tls=true&auth=record&access=users&token=a.b-c%3D&dial_timeout=1s&query_timeout=2s" +
		"&close_timeout=3s&max_message_size=64MiB&max_request_size=32MiB&max_uses=7&max_lifetime=1h&lifetime_jitter=5m&health_check_interval=9s" +
		"&ping_after_idle=11s&connect_attempts=4&connect_backoff=10ms&load_balance=random&schema_file=%2Fetc%2Fs.surql" +
		"&null=none&reset=always&log_queries=true&log_slow_queries=200ms&read_only=true&encoding=cbor")
	require.NoError(t, err)
	require.Equal(t, &Config{
		Hosts: []string{"h:8000"}, User: "u", Password: "p", Namespace: "n", Database: "d",
		TLS: true, Auth: AuthRecord, Access: "users", Token: "a.b-c=",
		DialTimeout: time.Second, QueryTimeout: 2 * time.Second, CloseTimeout: 3 * time.Second,
		MaxMessageSize: 64 << 20, MaxRequestSize: 32 << 20, MaxUses: 7, MaxLifetime: time.Hour, LifetimeJitter: 5 * time.Minute,
		HealthCheckInterval: 9 * time.Second, PingAfterIdle: 11 * time.Second,
		ConnectAttempts: 4, ConnectBackoff: 10 * time.Millisecond, LoadBalance: Random,
		SchemaFile: "/etc/s.surql", NullAs: NilIsNone, Reset: ResetAlways, LogQueries: true, LogSlowQueries: 200 * time.Millisecond, ReadOnly: true,
	}, got)

	for _, k := range dsnKeys {
		if k.Place == keys.InQuery && k.Name != "encoding" {
			require.NotContains(t, []string{"", k.Default}, k.Get(got), "this test sets %s to its default", k.Name)
		}
	}
}

func TestDurationsThatZeroTurnsOff(t *testing.T) {
	t.Parallel()
	off, err := ParseDSN("surrealdb://h?query_timeout=0&max_lifetime=0&lifetime_jitter=0&health_check_interval=0&ping_after_idle=0s&connect_backoff=0")
	require.NoError(t, err)
	require.Zero(t, off.QueryTimeout)
	require.Zero(t, off.MaxLifetime)
	for _, d := range []time.Duration{off.LifetimeJitter, off.HealthCheckInterval, off.PingAfterIdle, off.ConnectBackoff} {
		require.Equal(t, Disabled, d)
	}
	again, err := ParseDSN(off.FormatDSN())
	require.NoError(t, err)
	require.Equal(t, off, again)
	require.NoError(t, off.validate())
	require.Equal(t, Disabled, off.HealthCheckInterval, "a default must not turn on again what is off")
}

// What github.com/xo/dburl v0.56.0 passes to the driver: the cases of its own
// tests, and a host it fills in.
func TestDSNsOfDburlWorkAsTheyAre(t *testing.T) {
	t.Parallel()
	for _, dsn := range []string{
		"surrealdb://root:pw@127.0.0.1/dbmeta/dbmeta",
		"surrealdb://user:pass@host:9000/ns/db?tls=true",
		"surrealdb://user:p%40ss@host/my%2Fns/db?auth=database&encoding=json",
		"surrealdb://[::1]/ns/db",
		"surrealdb://localhost/ns/db",
	} {
		c, err := ParseDSN(dsn)
		require.NoError(t, err, dsn)
		require.NoError(t, c.validate(), dsn)
	}
}

func TestFormatDSNLeavesDefaultsOut(t *testing.T) {
	t.Parallel()
	for dsn, want := range map[string]string{
		"":                                   "",
		"sr://":                              "surrealdb://localhost:8000",
		"ws://root:root@h/rpc?ns=a&db=b":     "surrealdb://root:root@h:8000/a/b",
		"wss://h/a/b?dial_timeout=5s":        "surrealdb://h:443/a/b?tls=true",
		"ws://h?ns=rpc":                      "surrealdb://h:8000?ns=rpc",
		"ws://h?ns=rpc&db=rpc":               "surrealdb://h:8000/rpc/rpc",
		"ws://u:%40%2F%3A%3F@h":              "surrealdb://u:%40%2F%3A%3F@h:8000",
		"ws://h?ns=a%2Fb%40%3F%25":           "surrealdb://h:8000/a%2Fb%40%3F%25",
		"ws://a,[fe80::1%25e],c:1":           "surrealdb://a:8000,[fe80::1%25e]:8000,c:1",
		"ws://h?token=x%26y":                 "surrealdb://h:8000?token=x%26y",
		"ws://h?max_message_size=1048576":    "surrealdb://h:8000?max_message_size=1MiB",
		"ws://h?query_timeout=90s&null=null": "surrealdb://h:8000?query_timeout=1m30s",
	} {
		c, err := ParseDSN(dsn)
		require.NoError(t, err, dsn)
		require.Equal(t, want, c.FormatDSN(), dsn)
	}
}

func FuzzDSN(f *testing.F) {
	for _, seed := range []string{
		"", "surrealdb://root:root@localhost:8000/ns/db?tls=true", "ws://h/rpc?ns=rpc", "wss://[::1%25e]:1,b/a%2Fb/c?token=%00",
		"sr://u:%ff@h?max_message_size=1500kB&lifetime_jitter=0", "surrealdb://[fe80::1%2525]?schema_file=%20&connect_backoff=1ns",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, dsn string) {
		c, err := ParseDSN(dsn)
		if err != nil {
			require.Nil(t, c)
			return
		}
		formatted := c.FormatDSN()
		again, err := ParseDSN(formatted)
		require.NoError(t, err, formatted)
		require.Equal(t, c, again, formatted)
		require.Equal(t, formatted, again.FormatDSN())
		require.NoError(t, again.validate(), formatted)
	})
}

package surrealsql

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql/internal/keys"
	"github.com/surrealsql/surrealsql/internal/keys/keystest"
)

// A DSN read and written: its forms, its keys, and what its errors say and keep to themselves.

// configWith is a Config with the defaults and what set changes.
func configWith(set func(*Config)) *Config {
	c := new(Config)
	dsnKeys.ApplyDefaults(c)
	set(c)
	return c
}

func TestDSNIsReadInEveryForm(t *testing.T) {
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
		"surrealdb://h/shop":                func(c *Config) { c.Hosts, c.Namespace = []string{"h:8000"}, "shop" },
		"surrealdb://h/shop/":               func(c *Config) { c.Hosts, c.Namespace = []string{"h:8000"}, "shop" },
		"surrealdb://h/shop/main":           shopMain,
		"surrealdb://h/shop/main/":          shopMain,
		"surrealdb://h/shop/main/rpc":       shopMain,
		"surrealdb://h/rpc?ns=shop&db=main": shopMain,
		"ws://h?db=main&ns=shop":            shopMain,
		"ws://h/shop/main?ns=shop":          shopMain,
		"ws://h/shop?db=main":               shopMain,
		"surrealdb://h/shop/rpc":            func(c *Config) { c.Hosts, c.Namespace, c.Database = []string{"h:8000"}, "shop", "rpc" },
		"wss://h/inst/rpc?ns=shop&db=main": func(c *Config) {
			c.Hosts, c.TLS, c.RPCPath, c.Namespace, c.Database = []string{"h:443"}, true, "/inst/rpc", "shop", "main"
		},
		"ws://h/a/b%20/rpc?db=main&ns=shop": func(c *Config) {
			shopMain(c)
			c.RPCPath = "/a/b%20/rpc"
		},
		"ws://h/shop/main?rpc_path=%2Finst%2Frpc": func(c *Config) {
			shopMain(c)
			c.RPCPath = "/inst/rpc"
		},
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

func TestDSNIsReadWithEveryKey(t *testing.T) {
	t.Parallel()
	got, err := ParseDSN("surrealdb://u:p@h/n/d?tls=true&tls_ca_file=ca.pem&tls_cert_file=c.pem&tls_key_file=k.pem&tls_server_name=sn&tls_skip_verify=true&rpc_path=/i/rpc&pass_file=pf&token_file=tf&auth=record&access=users&token=a.b-c%3D&reuse_token=false&connect_timeout=1s&query_timeout=2s" +
		"&close_timeout=3s&cancel_timeout=1s&stream=always&protocol=cbor.2&max_message_size=64MiB&max_request_size=32MiB&live_buffer_size=1MiB&max_sessions=9&max_uses=7&max_lifetime=1h&lifetime_jitter=5m&health_check_interval=9s" +
		"&ping_after_idle=11s&connect_attempts=4&connect_backoff=10ms&load_balance=random&host_delay=30ms&rebalance=false&schema_file=%2Fetc%2Fs.surql" +
		"&null=none&sized_numbers=true&reset=always&log_queries=true&log_slow_queries=200ms&read_only=true&encoding=cbor")
	require.NoError(t, err)
	require.Equal(t, &Config{
		Hosts: []string{"h:8000"}, User: "u", Password: "p", Namespace: "n", Database: "d",
		TLS: true, TLSCAFile: "ca.pem", TLSCertFile: "c.pem", TLSKeyFile: "k.pem", TLSServerName: "sn", TLSSkipVerify: true,
		RPCPath: "/i/rpc", PasswordFile: "pf", TokenFile: "tf", Auth: AuthRecord, Access: "users", Token: "a.b-c=", NoTokenReuse: true,
		ConnectTimeout: time.Second, QueryTimeout: 2 * time.Second, CloseTimeout: 3 * time.Second, CancelTimeout: time.Second, Stream: StreamAlways, Protocol: ProtocolCBOR2,
		MaxMessageSize: 64 << 20, MaxRequestSize: 32 << 20, LiveBufferSize: 1 << 20, MaxSessions: 9, MaxUses: 7, MaxLifetime: time.Hour, LifetimeJitter: 5 * time.Minute,
		HealthCheckInterval: 9 * time.Second, PingAfterIdle: 11 * time.Second,
		ConnectAttempts: 4, ConnectBackoff: 10 * time.Millisecond, LoadBalance: BalanceRandom, HostDelay: 30 * time.Millisecond, NoRebalance: true,
		SchemaFile: "/etc/s.surql", NilAs: NilIsNone, SizedNumbers: true, Reset: ResetAlways, LogQueries: true, LogSlowQueries: 200 * time.Millisecond, ReadOnly: true,
	}, got)

	for _, k := range dsnKeys {
		if k.Place == keys.InQuery && k.Name != "encoding" {
			require.NotContains(t, []string{"", k.Default}, k.Get(got), "this test sets %s to its default", k.Name)
		}
	}
}

func TestDSNDurationsThatZeroTurnsOff(t *testing.T) {
	t.Parallel()
	off, err := ParseDSN("surrealdb://h?query_timeout=0&max_lifetime=0&lifetime_jitter=0&health_check_interval=0&ping_after_idle=0s&connect_backoff=0&host_delay=0")
	require.NoError(t, err)
	require.Zero(t, off.QueryTimeout)
	require.Zero(t, off.MaxLifetime)
	for _, d := range []time.Duration{off.LifetimeJitter, off.HealthCheckInterval, off.PingAfterIdle, off.ConnectBackoff, off.HostDelay} {
		require.Equal(t, Disabled, d)
	}
	again, err := ParseDSN(off.FormatDSN())
	require.NoError(t, err)
	require.Equal(t, off, again)
	require.NoError(t, off.complete())
	require.Equal(t, Disabled, off.HealthCheckInterval, "a default must not turn on again what is off")
}

// What github.com/xo/dburl v0.58.0 passes to the driver: the cases of its own
// tests, and a host it fills in.
func TestDSNOfDburlWorksAsItIs(t *testing.T) {
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
		require.NoError(t, c.complete(), dsn)
	}
}

func TestDSNFormattedLeavesDefaultsOut(t *testing.T) {
	t.Parallel()
	for dsn, want := range map[string]string{
		"":                                   "",
		"sr://":                              "surrealdb://localhost:8000",
		"ws://root:root@h/rpc?ns=a&db=b":     "surrealdb://root:root@h:8000/a/b",
		"wss://h/a/b?connect_timeout=5s":     "surrealdb://h:443/a/b?tls=true",
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
		require.NoError(t, again.complete(), formatted)
	})
}

// Every wrong value is an error that says where, what came and what is expected.
func TestDSNErrorsNameTheKeyTheValueAndWhatIsExpected(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		dsn  string
		says []string
	}{
		{"localhost:8000/ns/db", []string{"no scheme", "surrealdb://"}},
		{"surrealdb:localhost", []string{"no scheme", "surrealdb://"}},
		{"root:root@localhost", []string{"no scheme"}},
		{"://h", []string{"scheme"}},
		{"postgres://h", []string{"unknown scheme", "surrealdb+wss"}},
		{"http://h/rpc", []string{"scheme http,", "ws://"}},
		{"https://h/rpc", []string{"scheme https", "wss://"}},
		{"mem://", []string{"mem", "embedded", "surrealdb://"}},
		{"rocksdb://x", []string{"rocksdb", "embedded"}},
		{"surrealdb://h h", []string{"' '", "byte 13", "%20"}},
		{"surrealdb://h/a#b", []string{"'#'", "%23"}},
		{"surrealdb://h/a\n", []string{`'\n'`, "%0A"}},
		{"surrealdb://h:0", []string{"host:port"}},
		{"surrealdb://u@h:0", []string{`"h:0"`, "1 to 65535"}},
		{"surrealdb://u@h:65536", []string{`"h:65536"`, "1 to 65535"}},
		{"surrealdb://u@h:x", []string{`"h:x"`, "1 to 65535"}},
		{"surrealdb://u@h:", []string{`"h:"`, "1 to 65535"}},
		{"surrealdb://u@h:080", []string{`"h:080"`, "1 to 65535"}},
		{"surrealdb://u@a,,b", []string{`""`, "a host name"}},
		{"surrealdb://u@é", []string{`"é"`, "a host name"}},
		{"surrealdb://u@::1", []string{`"::1"`, "brackets"}},
		{"surrealdb://u@[::1", []string{"brackets"}},
		{"surrealdb://u@[1.2.3.4]", []string{`"[1.2.3.4]"`, "IPv6"}},
		{"surrealdb://u@[::g]:8000", []string{`"[::g]:8000"`, "IPv6"}},
		{"surrealdb://u:%zz@h", []string{"user or password", "%25"}},
		{"surrealdb://:p@h", []string{"password without a user"}},
		{"surrealdb://h/%zz", []string{"path", "%25"}},
		{"surrealdb://h/a/b/c", []string{"/namespace/database"}},
		{"surrealdb://h//db", []string{"db", `"db"`, "without a namespace", "ns"}},
		{"surrealdb://h?db=x", []string{"db", `"x"`, "without a namespace"}},
		{"ws://h/a/rpc", []string{"rpc", "two ways", "?ns="}},
		{"ws://h/a/rpc?ns=n&rpc_path=/b", []string{"rpc_path", "one of them"}},
		{"ws://h?rpc_path=a", []string{"rpc_path", `"a"`, "/instance/rpc"}},
		{"ws://h?rpc_path=//a/rpc", []string{"rpc_path"}},
		{"ws://h?rpc_path=/a%20b", []string{"rpc_path"}},
		{"ws://h?rpc_path=/a%3Fb", []string{"rpc_path"}},
		{"ws://h?rpc_path=/a%23b", []string{"rpc_path"}},
		{"ws://h?rpc_path=/a%0d%0aX:+y", []string{"rpc_path"}},
		{"ws://h?tls_ca_file=x", []string{"tls_ca_file", "wss://"}},
		{"ws://h?tls_skip_verify=true", []string{"tls_skip_verify", "wss://"}},
		{"wss://h?tls_cert_file=x", []string{"tls_cert_file", "tls_key_file", "both"}},
		{"ws://h?sslrootcert=x", []string{"sslrootcert", "tls_ca_file"}},
		{"ws://h?pass_file=x", []string{"user"}},
		{"surrealdb://h/a@b", []string{"@", "%40"}},
		{"surrealdb://h/%ff", []string{"Namespace", `"\xff"`, "UTF-8"}},
		{"surrealdb://h/a?ns=b", []string{"ns", `"b"`, `"a"`}},
		{"surrealdb://h?ns=", []string{"ns", `""`, "not empty"}},
		{"surrealdb://h?null=none&null=none", []string{"null", "twice"}},
		{"surrealdb://h?null=%", []string{"null", "%25"}},
		{"surrealdb://h?user=u", []string{"user", "before the host"}},
		{"surrealdb://h?pass=u", []string{"pass", "before the host"}},
		{"surrealdb://h?tls=maybe", []string{"tls", `"maybe"`, "true or false"}},
		{"ws://h?tls=true", []string{"tls", `"true"`, "wss://"}},
		{"wss://h?tls=false", []string{"tls", `"false"`, "ws://"}},
		{"surrealdb://h?auth=admin", []string{"auth", `"admin"`, "root, namespace, database, record, token or none"}},
		{"surrealdb://h?auth=", []string{"auth", `""`}},
		{"surrealdb://h?auth=root", []string{"auth=root", "user"}},
		{"surrealdb://u@h?auth=namespace", []string{"auth=namespace", "namespace"}},
		{"surrealdb://u@h/n?auth=database", []string{"auth=database", "a database"}},
		{"surrealdb://u@h/n/d?auth=record", []string{"auth=record", "access"}},
		{"surrealdb://h?access=a", []string{"auth=record", "a namespace", "a database"}},
		{"surrealdb://h?auth=token", []string{"auth=token", "a token"}},
		{"surrealdb://h?token=%ff", []string{"token", "not shown", "UTF-8"}},
		{"surrealdb://h?access=%ff", []string{"access", `"\xff"`, "UTF-8"}},
		{"surrealdb://h?connect_timeout=5", []string{"connect_timeout", `"5"`, "duration", "5s"}},
		{"surrealdb://h?connect_timeout=0", []string{"connect_timeout", `"0"`, "above 0"}},
		{"surrealdb://h?query_timeout=-1s", []string{"query_timeout", `"-1s"`, "0 for off"}},
		{"surrealdb://h?close_timeout=0s", []string{"close_timeout", `"0s"`, "above 0"}},
		{"surrealdb://h?max_message_size=1023", []string{"max_message_size", `"1023"`, "1KiB"}},
		{"surrealdb://h?max_message_size=2GiB", []string{"max_message_size", `"2GiB"`, "2047MiB"}},
		{"surrealdb://h?max_uses=-1", []string{"max_uses", `"-1"`, "from 0"}},
		{"surrealdb://h?max_lifetime=1d", []string{"max_lifetime", `"1d"`, "duration"}},
		{"surrealdb://h?lifetime_jitter=x", []string{"lifetime_jitter", `"x"`, "duration"}},
		{"surrealdb://h?max_lifetime=1s&lifetime_jitter=2s", []string{"lifetime_jitter", "2s", "at most max_lifetime", "1s"}},
		{"surrealdb://h?health_check_interval=x", []string{"health_check_interval", `"x"`, "duration"}},
		{"surrealdb://h?ping_after_idle=x", []string{"ping_after_idle", `"x"`, "duration"}},
		{"surrealdb://h?connect_attempts=0", []string{"connect_attempts", `"0"`, "from 1"}},
		{"surrealdb://h?connect_backoff=x", []string{"connect_backoff", `"x"`, "duration"}},
		{"surrealdb://h?load_balance=x", []string{"load_balance", `"x"`, "in_order, round_robin or random"}},
		{"surrealdb://h?schema_file=", []string{"schema_file", `""`}},
		{"surrealdb://h?null=nil", []string{"null", `"nil"`, "null or none"}},
		{"surrealdb://h?reset=x", []string{"reset", `"x"`, "auto, always or never"}},
		{"surrealdb://h?log_queries=x", []string{"log_queries", `"x"`, "true or false"}},
		{"surrealdb://h?encoding=xml", []string{"encoding", `"xml"`, "cbor or json"}},
	} {
		got, err := ParseDSN(c.dsn)
		require.Error(t, err, c.dsn)
		require.Nil(t, got, c.dsn)
		require.True(t, strings.HasPrefix(err.Error(), "surrealsql: "), err.Error())
		for _, s := range c.says {
			require.ErrorContains(t, err, s, c.dsn)
		}
	}
}

func TestDSNErrorOfAnUnknownKeySuggestsTheNearestOne(t *testing.T) {
	t.Parallel()
	for key, want := range map[string]string{
		"conect_timeout": "did you mean connect_timeout", "connecttimeout": "did you mean connect_timeout",
		"Connect-Timeout": "did you mean connect_timeout", "timeout": "did you mean connect_timeout",
		"namespace": "did you mean ns", "database": "did you mean db", "NS": "did you mean ns",
		"loadbalance": "did you mean load_balance", "ssl": "did you mean tls", "max_life_time": "did you mean max_lifetime",
		"username": "before the host", "password": "before the host", "Pass": "before the host",
		"zzzzzz": "expected one of ns, db, tls",
	} {
		_, err := ParseDSN("surrealdb://h?" + key + "=S3cr3t")
		require.ErrorContains(t, err, "DSN key "+key, key)
		require.ErrorContains(t, err, want, key)
		require.NotContains(t, err.Error(), "S3cr3t")
	}
}

func TestDSNThatIsEmptyOpensAndFailsAtFirstUse(t *testing.T) {
	t.Parallel()
	c, err := ParseDSN("")
	require.NoError(t, err)
	require.NoError(t, c.complete())
	require.ErrorIs(t, c.usable(), ErrNoHosts)
	require.Empty(t, c.FormatDSN())

	c, err = ParseDSN("surrealdb://")
	require.NoError(t, err)
	require.NoError(t, c.usable())
}

// secretMark stands in every place of a DSN that can hold a secret, or part of
// one that was not escaped.
const secretMark = "S3cr3tM4rk"

func TestDSNErrorsShowNoSecrets(t *testing.T) {
	t.Parallel()
	for _, dsn := range []string{
		"SECRET", "root:SECRET@host/ns/db", "root:SECRET://host", "surrealdb:root:SECRET@host", "root:SECRET@x://h",
		"surrealdb://root:SECRET", "surrealdb://root:SECRET/ns", "surrealdb://root:SECRET/x@host/ns/db", "surrealdb://root:SECRET?x@host/ns/db",
		"surrealdb://root:a?SECRET@host/ns/db", "surrealdb://root:1?SECRET@host", "surrealdb://root:1?SECRET=@host", "surrealdb://root:1?tls=SECRET@host", "surrealdb://root:a/SECRET@host/ns/db",
		"surrealdb://root:1/SECRET@host/ns/db", "surrealdb://root:1/a/b/SECRET@host", "surrealdb://root:a#SECRET@host", "surrealdb://root:SECRET#a@host",
		"surrealdb://root:a@b:SECRET/x@host", "surrealdb://root:a@!SECRET/x@host", "surrealdb://root:a@b:SECRET?x@host", "surrealdb://root:a@b?SECRET=1@host", "surrealdb://root:a@b?tls=SECRET@host",
		"surrealdb://root:SECRET SECRET@host", "surrealdb://root:%zzSECRET@host", "surrealdb://root:SECRET%@host", "surrealdb://root:SECRET,b@,x",
		"surrealdb://root:SECRET,b", "surrealdb://root:[SECRET]:1", "surrealdb://root:SECRET@h:bad", "surrealdb://root:SECRET@h/a/b/c/d",
		"surrealdb://root:SECRET@h?x=y", "surrealdb://root:SECRET@h?tls=x", "surrealdb://root:SECRET\xff@h?null=x", "surrealdb://root:SECRET%ff@h",
		"surrealdb://:SECRET@h", "surrealdb://h?token=SECRET%ff", "surrealdb://h?token=SECRET&token=SECRET", "surrealdb://h?token=SECRET%zz",
		"surrealdb://h?tokn=SECRET", "surrealdb://h?password=SECRET", "surrealdb://h?pass=SECRET", "surrealdb://h?pwd=SECRET", "surrealdb://h?secret=SECRET",
		"surrealdb://h?jwt=SECRET", "surrealdb://h?token=SECRET&auth=root", "http://root:SECRET@host", "mem://SECRET", "postgres://u:SECRET@h",
	} {
		dsn = strings.ReplaceAll(dsn, "SECRET", secretMark)
		_, err := ParseDSN(dsn)
		require.Error(t, err, dsn)
		for e := err; e != nil; e = errors.Unwrap(e) {
			require.NotContains(t, fmt.Sprintf("%v %+v %#v", e, e, e), secretMark, dsn)
		}
	}
}

func FuzzDSNErrorsShowNoSecrets(f *testing.F) {
	for _, seed := range []string{"@h/ns/db?x=1", "/x@h/ns/db", "?x@h/", "#@h", "%zz@h", ",x@h:1", " @h?token=x", "@h?token=x&token=y", "://h"} {
		f.Add("surrealdb", seed)
		f.Add("wss", seed)
	}
	f.Fuzz(func(t *testing.T, scheme, rest string) {
		c, err := ParseDSN(scheme + "://root:" + secretMark + rest)
		if err != nil {
			require.NotContains(t, err.Error(), secretMark)
			return
		}
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
			require.NotContains(t, fmt.Sprintf(verb, c), secretMark)
		}
	})
}

func TestDSNKeysDocumentedAreTheOnesThatWork(t *testing.T) {
	t.Parallel()
	keystest.RequireDocumented(t, dsnKeys, "docs/dsn.md")
}

func TestDSNKeysAreDocumentedAndTheirDefaultsAreValuesOfThem(t *testing.T) {
	t.Parallel()
	keystest.RequireSound(t, dsnKeys)
}

package surrealsql

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A Config: its defaults and checks, its copies, what it shows of its secrets, and how the
// environment fills it.

// secretConfig holds secretMark wherever a secret can be.
func secretConfig(t *testing.T) *Config {
	c, err := ParseDSN("surrealdb://root:" + secretMark + "@h/ns/db?token=" + secretMark)
	require.NoError(t, err)
	c.AuthParams = map[string]any{"key": secretMark}
	c.Headers = http.Header{"Authorization": {secretMark}}
	c.Variables = map[string]any{"v": secretMark}
	c.Init = []string{secretMark}
	c.Schema = secretMark
	return c
}

func TestConfigPrintedShowsNoSecrets(t *testing.T) {
	t.Parallel()
	c := secretConfig(t)
	shown := []string{c.String()}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%T"} {
		for _, v := range []any{c, *c, []*Config{c}[0], []Config{*c}, map[string]Config{"k": *c}, struct{ C *Config }{c}, struct{ C Config }{*c}} {
			shown = append(shown, fmt.Sprintf(verb, v))
		}
	}
	shown = append(shown, fmt.Sprint(c), fmt.Sprintln(*c), fmt.Errorf("x: %v", c).Error())
	for _, value := range []any{c, *c} {
		var b bytes.Buffer
		slog.New(slog.NewTextHandler(&b, nil)).Info("m", "cfg", value)
		slog.New(slog.NewJSONHandler(&b, nil)).Info("m", "cfg", value)
		shown = append(shown, b.String())
		asJSON, err := json.Marshal(value)
		require.Error(t, err) // functions cannot be marshalled
		shown = append(shown, string(asJSON), err.Error())
	}
	for _, s := range shown {
		require.NotContains(t, s, secretMark)
	}
	require.Equal(t, "surrealdb://root:xxxxx@h:8000/ns/db?token=xxxxx", c.String())
	require.Equal(t, `surrealsql.Config("surrealdb://root:xxxxx@h:8000/ns/db?token=xxxxx")`, fmt.Sprintf("%#v", c))
	require.Equal(t, "surrealdb (no host)", Config{}.String())
}

func TestConfigFormatDSNHoldsTheSecrets(t *testing.T) {
	t.Parallel()
	require.Equal(t, "surrealdb://root:"+secretMark+"@h:8000/ns/db?token="+secretMark, secretConfig(t).FormatDSN())
}

func TestConfigErrorsShowNoSecrets(t *testing.T) {
	t.Parallel()
	for _, spoil := range []func(*Config){
		func(c *Config) { c.Password += "\xff" },
		func(c *Config) { c.Token += "\xff" },
		func(c *Config) { c.User = "" },
		func(c *Config) { c.ConnectTimeout = -time.Second },
		func(c *Config) { c.Hosts = []string{"::"} },
		func(c *Config) { c.SchemaFile = "x" },
		func(c *Config) { c.Hosts = []string{"h", "root:" + secretMark + "@h:8000"} },
		func(c *Config) { c.Hosts = []string{"ws://root:" + secretMark + "@h:8000/rpc"} },
	} {
		c := secretConfig(t)
		spoil(c)
		err := c.complete()
		require.Error(t, err)
		require.NotContains(t, err.Error(), secretMark)
		require.NotContains(t, c.String(), secretMark)
	}
}

func TestConfigCloneSharesNothing(t *testing.T) {
	t.Parallel()
	c := secretConfig(t)
	c.TLSConfig = &tls.Config{ServerName: "a"}
	d := c.Clone()
	require.Equal(t, c.FormatDSN(), d.FormatDSN())

	d.Hosts[0], d.Init[0], d.AuthParams["key"], d.Variables["v"] = "x", "x", "x", "x"
	d.Headers.Set("Authorization", "x")
	d.TLSConfig.ServerName = "x"
	require.Equal(t, "h:8000", c.Hosts[0])
	require.Equal(t, secretMark, c.Init[0])
	require.Equal(t, secretMark, c.AuthParams["key"])
	require.Equal(t, secretMark, c.Variables["v"])
	require.Equal(t, secretMark, c.Headers.Get("Authorization"))
	require.Equal(t, "a", c.TLSConfig.ServerName)

	// A new field that is a reference must be cloned too, or be said here to
	// be one that nobody changes.
	known := map[string]bool{
		"Hosts": true, "Init": true, "AuthParams": true, "Variables": true, "Headers": true, "TLSConfig": true, // cloned
		"Logger": true, "Tracer": true, // safe for concurrent use
	}
	for f := range reflect.TypeFor[Config]().Fields() {
		switch f.Type.Kind() {
		case reflect.Slice, reflect.Map, reflect.Pointer, reflect.Interface:
			require.True(t, known[f.Name], "Clone and Config.%s", f.Name)
		}
	}
	require.Equal(t, new(Config), new(Config).Clone())
}

func TestConfigLiteralsTakeTheDefaults(t *testing.T) {
	t.Parallel()
	c := &Config{Hosts: []string{"h", "[::1]"}, MaxLifetime: time.Hour, PingAfterIdle: Disabled, LogQueries: true}
	require.NoError(t, c.complete())
	require.Equal(t, []string{"h:8000", "[::1]:8000"}, c.Hosts)
	require.Equal(t, 5*time.Second, c.ConnectTimeout)
	require.Equal(t, 10*time.Second, c.CloseTimeout)
	require.Zero(t, c.QueryTimeout)
	require.Equal(t, 128<<20, c.MaxMessageSize)
	require.Zero(t, c.MaxUses)
	require.Equal(t, 6*time.Minute, c.LifetimeJitter)
	require.Equal(t, 5*time.Second, c.HealthCheckInterval)
	require.Less(t, c.PingAfterIdle, time.Duration(0))
	require.Equal(t, 3, c.ConnectAttempts)
	require.Equal(t, 100*time.Millisecond, c.ConnectBackoff)
	require.Equal(t, BalanceInOrder, c.LoadBalance)
	require.Equal(t, NilIsNull, c.NilAs)
	require.Equal(t, ResetAuto, c.Reset)
	require.Equal(t, AuthNone, c.Auth)
	require.Same(t, slog.Default(), c.Logger)

	again := c.Clone()
	require.NoError(t, again.complete())
	require.Equal(t, c, again)
}

func TestConfigErrorsNameTheField(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		set  func(*Config)
		says []string
	}{
		{func(c *Config) { c.Hosts = []string{"a b"} }, []string{"host", `"a b"`}},
		{func(c *Config) { c.ConnectTimeout = -1 }, []string{"Config.ConnectTimeout", `"-1ns"`, "above 0"}},
		{func(c *Config) { c.MaxMessageSize = 1 }, []string{"Config.MaxMessageSize", `"1"`, "1KiB"}},
		{func(c *Config) { c.MaxUses = -1 }, []string{"Config.MaxUses", `"-1"`, "whole number"}},
		{func(c *Config) { c.ConnectAttempts = -1 }, []string{"Config.ConnectAttempts", `"-1"`}},
		{func(c *Config) { c.NilAs = "x" }, []string{"Config.NilAs", `"x"`, "null or none"}},
		{func(c *Config) { c.Reset = "x" }, []string{"Config.Reset", `"x"`}},
		{func(c *Config) { c.LoadBalance = "x" }, []string{"Config.LoadBalance", `"x"`}},
		{func(c *Config) { c.Auth = "x" }, []string{"Config.Auth", `"x"`, "token or none"}},
		{func(c *Config) { c.Database = "x" }, []string{`"x"`, "without a namespace"}},
		{func(c *Config) { c.SchemaFile, c.Schema = "x", "y" }, []string{"schema_file", "Schema"}},
		{func(c *Config) { c.MaxLifetime, c.LifetimeJitter = 1, 2 }, []string{"lifetime_jitter", "2ns", "1ns"}},
	} {
		cfg := &Config{Hosts: []string{"h"}}
		c.set(cfg)
		err := cfg.complete()
		for _, s := range c.says {
			require.ErrorContains(t, err, s)
		}
	}
}

func TestAuthLevelIsDerived(t *testing.T) {
	t.Parallel()
	source := func(context.Context) (string, error) { return "jwt", nil }
	credentials := func(context.Context) (string, string, error) { return "u", "p", nil }
	for _, c := range []struct {
		cfg  Config
		want AuthLevel
	}{
		{Config{}, AuthNone},
		{Config{User: "u"}, AuthRoot},
		{Config{CredentialSource: credentials}, AuthRoot},
		{Config{User: "u", Namespace: "n", Database: "d"}, AuthRoot},
		{Config{User: "u", Access: "a"}, AuthRecord},
		{Config{User: "u", Token: "t"}, AuthToken},
		{Config{TokenSource: source, Access: "a"}, AuthToken},
		{Config{User: "u", Token: "t", Auth: AuthRoot}, AuthRoot},
		{Config{User: "u", Auth: AuthNone}, AuthNone},
	} {
		require.Equal(t, c.want, c.cfg.authLevel())
	}
}

func TestAuthRequestsOfEachLevel(t *testing.T) {
	t.Parallel()
	base := Config{Namespace: "n", Database: "d", User: "u", Password: "p"}
	for _, c := range []struct {
		name   string
		set    func(*Config)
		method string
		param  any
	}{
		{"none", func(c *Config) { c.Auth = AuthNone }, "", nil},
		{"root", func(c *Config) {}, "signin", map[string]any{"user": "u", "pass": "p"}},
		{"namespace", func(c *Config) { c.Auth = AuthNamespace }, "signin", map[string]any{"user": "u", "pass": "p", "ns": "n"}},
		{"database", func(c *Config) { c.Auth = AuthDatabase }, "signin", map[string]any{"user": "u", "pass": "p", "ns": "n", "db": "d"}},
		{"record", func(c *Config) { c.Access, c.AuthParams = "a", map[string]any{"email": "e", "ns": "other"} }, "signin",
			map[string]any{"user": "u", "pass": "p", "ns": "n", "db": "d", "ac": "a", "email": "e"}},
		{"record without user", func(c *Config) {
			c.User, c.Password, c.Access, c.AuthParams = "", "", "a", map[string]any{"email": "e"}
		}, "signin",
			map[string]any{"ns": "n", "db": "d", "ac": "a", "email": "e"}},
		{"bearer of a root user", func(c *Config) {
			c.User, c.Password, c.Access, c.Auth, c.AuthParams = "", "", "a", AuthRoot, map[string]any{"key": "k"}
		}, "signin", map[string]any{"ac": "a", "key": "k"}},
		{"token", func(c *Config) { c.Token = "t" }, "authenticate", "t"},
		{"token source", func(c *Config) {
			c.Token = "old"
			c.TokenSource = func(context.Context) (string, error) { return "new", nil }
		}, "authenticate", "new"},
		{"credentials", func(c *Config) {
			c.CredentialSource = func(context.Context) (string, string, error) { return "cu", "cp", nil }
		}, "signin", map[string]any{"user": "cu", "pass": "cp"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			cfg := base.Clone()
			c.set(cfg)
			require.NoError(t, cfg.checkAuth())
			params := fmt.Sprint(cfg.AuthParams)
			method, param, err := cfg.authRequest(t.Context())
			require.NoError(t, err)
			require.Equal(t, c.method, method)
			require.Equal(t, c.param, param)
			require.Equal(t, params, fmt.Sprint(cfg.AuthParams), "the Config's own map must not change")
		})
	}
}

func TestAuthCallbacksFailTheSignIn(t *testing.T) {
	t.Parallel()
	boom := fmt.Errorf("vault is sealed")
	for _, c := range []*Config{
		{TokenSource: func(context.Context) (string, error) { return "", boom }},
		{CredentialSource: func(context.Context) (string, string, error) { return "", "", boom }},
	} {
		_, _, err := c.authRequest(t.Context())
		require.ErrorIs(t, err, boom)
	}
	_, _, err := (&Config{TokenSource: func(context.Context) (string, error) { return "", nil }}).authRequest(t.Context())
	require.ErrorContains(t, err, "empty token")
}

// fromEnv reads a Config from an environment of its own, so that tests can be
// parallel.
func fromEnv(env map[string]string) (*Config, error) {
	return configFromGetenv(func(name string) string { return env[name] })
}

func TestConfigFromEnvOverridesTheURL(t *testing.T) {
	t.Parallel()
	c, err := fromEnv(map[string]string{
		"SURREALDB_URL":  "ws://root:old@h/rpc?ns=a&connect_timeout=1s&null=none",
		"SURREALDB_USER": "me", "SURREALDB_PASS": "new", "SURREALDB_NS": "shop", "SURREALDB_DB": "main",
		"SURREALDB_CONNECT_TIMEOUT": "2s", "SURREALDB_NULL": "", "SURREALDB_UNHEARD_OF": "x", "SURREALDB_TLS": "true",
	})
	require.NoError(t, err)
	require.Equal(t, configWith(func(c *Config) {
		c.Hosts, c.User, c.Password, c.Namespace, c.Database = []string{"h:8000"}, "me", "new", "shop", "main"
		c.ConnectTimeout, c.NilAs, c.TLS = 2*time.Second, NilIsNone, true
	}), c)
}

func TestConfigFromEnvHasAVariableForEveryKey(t *testing.T) {
	t.Parallel()
	for _, k := range dsnKeys {
		value := map[string]string{
			"tls": "true", "auth": "none", "load_balance": "random", "null": "none", "reset": "never", "log_queries": "true", "read_only": "true",
			"connect_attempts": "9", "max_uses": "9", "max_sessions": "9", "encoding": "json", "db": "d", "access": "x", "stream": "never",
			"reuse_token": "false", "rebalance": "false", "protocol": "shaped", "sized_numbers": "true",
			"rpc_path": "/a/rpc", "tls_skip_verify": "true",
		}[k.Name]
		if value == "" {
			value = "1234s" // a duration, and a text
		}
		if slices.Contains([]string{"max_message_size", "max_request_size", "live_buffer_size"}, k.Name) {
			value = "3MiB"
		}
		url := "surrealdb://h" + map[string]string{ // what a key is of no use without
			"tls_ca_file": "?tls=true", "tls_server_name": "?tls=true", "tls_skip_verify": "?tls=true",
			"tls_cert_file": "?tls=true&tls_key_file=k", "tls_key_file": "?tls=true&tls_cert_file=c",
		}[k.Name]
		env := map[string]string{"SURREALDB_URL": url, "SURREALDB_USER": "u", "SURREALDB_NS": "n", "SURREALDB_DB": "d", k.Variable(): value}
		c, err := fromEnv(env)
		require.NoError(t, err, k.Name)
		if k.Name == "encoding" {
			continue
		}
		want := new(Config)
		require.NoError(t, k.Set(want, "", value))
		require.Equal(t, k.Get(want), k.Get(c), k.Name)

		env[k.Variable()] = "\xff" + secretMark
		_, err = fromEnv(env)
		require.ErrorContains(t, err, "surrealsql: "+k.Variable()+": got ")
		require.ErrorContains(t, err, "expected "+k.Expect)
		if k.Secret {
			require.NotContains(t, err.Error(), secretMark)
		}
	}
}

func TestConfigFromEnvGivesAUserPrecedenceOverATokenOfTheURL(t *testing.T) {
	t.Parallel()
	const url = "ws://h/n/d?token=t"
	c, err := fromEnv(map[string]string{"SURREALDB_URL": url, "SURREALDB_USER": "u", "SURREALDB_PASS": "p"})
	require.NoError(t, err)
	require.Equal(t, AuthRoot, c.authLevel())

	c, err = fromEnv(map[string]string{"SURREALDB_URL": url, "SURREALDB_ACCESS": "a"})
	require.NoError(t, err)
	require.Equal(t, AuthRecord, c.authLevel())

	c, err = fromEnv(map[string]string{"SURREALDB_URL": "ws://u:p@h", "SURREALDB_TOKEN": "t2"})
	require.NoError(t, err)
	require.Equal(t, AuthToken, c.authLevel())
	require.Equal(t, "t2", c.Token)

	c, err = fromEnv(map[string]string{"SURREALDB_URL": "ws://u:p@h?token_file=f", "SURREALDB_TOKEN": "t2"})
	require.NoError(t, err)
	require.Equal(t, [2]string{"t2", ""}, [2]string{c.Token, c.TokenFile})

	c, err = fromEnv(map[string]string{"SURREALDB_URL": "ws://u:p@h", "SURREALDB_PASS_FILE": "f"})
	require.NoError(t, err)
	require.Equal(t, [2]string{"", "f"}, [2]string{c.Password, c.PasswordFile})
}

func TestConfigFromEnvErrorsNameTheVariable(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		env  map[string]string
		says []string
	}{
		{nil, []string{"SURREALDB_URL is not set"}},
		{map[string]string{"SURREALDB_USER": "u"}, []string{"SURREALDB_URL is not set"}},
		{map[string]string{"SURREALDB_URL": "h:8000"}, []string{"SURREALDB_URL: ", "no scheme"}},
		{map[string]string{"SURREALDB_URL": "ws://h", "SURREALDB_CONNECT_TIMEOUT": "x", "SURREALDB_TLS": "y"},
			[]string{"SURREALDB_CONNECT_TIMEOUT", `"x"`, "SURREALDB_TLS", `"y"`}},
		{map[string]string{"SURREALDB_URL": "ws://h", "SURREALDB_DB": "d"}, []string{"without a namespace"}},
		{map[string]string{"SURREALDB_URL": "ws://h", "SURREALDB_AUTH": "root"}, []string{"auth=root without a user"}},
	} {
		_, err := fromEnv(c.env)
		for _, s := range c.says {
			require.ErrorContains(t, err, s)
		}
	}
	_, err := fromEnv(nil)
	require.ErrorIs(t, err, ErrNoHosts)
}

func TestConfigFromEnvReadsTheProcess(t *testing.T) {
	for _, k := range dsnKeys {
		t.Setenv(k.Variable(), "") // whoever runs the tests may have set some
	}
	t.Setenv("SURREALDB_URL", "wss://h:443/rpc")
	t.Setenv("SURREALDB_NS", "n")
	c, err := ConfigFromEnv()
	require.NoError(t, err)
	require.Equal(t, "surrealdb://h:443/n?tls=true", c.FormatDSN())
}

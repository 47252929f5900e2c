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
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

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

func TestPrintedConfigsShowNoSecrets(t *testing.T) {
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

func TestFormatDSNHoldsTheSecrets(t *testing.T) {
	t.Parallel()
	require.Equal(t, "surrealdb://root:"+secretMark+"@h:8000/ns/db?token="+secretMark, secretConfig(t).FormatDSN())
}

func TestErrorsOfConfigsShowNoSecrets(t *testing.T) {
	t.Parallel()
	for _, spoil := range []func(*Config){
		func(c *Config) { c.Password += "\xff" },
		func(c *Config) { c.Token += "\xff" },
		func(c *Config) { c.User = "" },
		func(c *Config) { c.DialTimeout = -time.Second },
		func(c *Config) { c.Hosts = []string{"::"} },
		func(c *Config) { c.SchemaFile = "x" },
	} {
		c := secretConfig(t)
		spoil(c)
		err := c.validate()
		require.Error(t, err)
		require.NotContains(t, err.Error(), secretMark)
	}
}

func TestCloneSharesNothing(t *testing.T) {
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

func TestLiteralConfigsTakeTheDefaults(t *testing.T) {
	t.Parallel()
	c := &Config{Hosts: []string{"h", "[::1]"}, MaxLifetime: time.Hour, PingAfterIdle: Disabled, LogQueries: true}
	require.NoError(t, c.validate())
	require.Equal(t, []string{"h:8000", "[::1]:8000"}, c.Hosts)
	require.Equal(t, 5*time.Second, c.DialTimeout)
	require.Equal(t, 10*time.Second, c.CloseTimeout)
	require.Zero(t, c.QueryTimeout)
	require.Equal(t, 128<<20, c.MaxMessageSize)
	require.Zero(t, c.MaxUses)
	require.Equal(t, 6*time.Minute, c.LifetimeJitter)
	require.Equal(t, 5*time.Second, c.HealthCheckInterval)
	require.Less(t, c.PingAfterIdle, time.Duration(0))
	require.Equal(t, 3, c.ConnectAttempts)
	require.Equal(t, 100*time.Millisecond, c.ConnectBackoff)
	require.Equal(t, InOrder, c.LoadBalance)
	require.Equal(t, NilIsNull, c.NullAs)
	require.Equal(t, ResetAuto, c.Reset)
	require.Equal(t, AuthNone, c.Auth)
	require.Same(t, slog.Default(), c.Logger)

	again := c.Clone()
	require.NoError(t, again.validate())
	require.Equal(t, c, again)
}

func TestWrongConfigsNameTheField(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		set  func(*Config)
		says []string
	}{
		{func(c *Config) { c.Hosts = []string{"a b"} }, []string{"host", `"a b"`}},
		{func(c *Config) { c.DialTimeout = -1 }, []string{"Config.DialTimeout", `"-1ns"`, "above 0"}},
		{func(c *Config) { c.MaxMessageSize = 1 }, []string{"Config.MaxMessageSize", `"1"`, "1KiB"}},
		{func(c *Config) { c.MaxUses = -1 }, []string{"Config.MaxUses", `"-1"`, "whole number"}},
		{func(c *Config) { c.ConnectAttempts = -1 }, []string{"Config.ConnectAttempts", `"-1"`}},
		{func(c *Config) { c.NullAs = "x" }, []string{"Config.NullAs", `"x"`, "null or none"}},
		{func(c *Config) { c.Reset = "x" }, []string{"Config.Reset", `"x"`}},
		{func(c *Config) { c.LoadBalance = "x" }, []string{"Config.LoadBalance", `"x"`}},
		{func(c *Config) { c.Auth = "x" }, []string{"Config.Auth", `"x"`, "token or none"}},
		{func(c *Config) { c.Database = "x" }, []string{`"x"`, "without a namespace"}},
		{func(c *Config) { c.SchemaFile, c.Schema = "x", "y" }, []string{"schema_file", "Schema"}},
		{func(c *Config) { c.MaxLifetime, c.LifetimeJitter = 1, 2 }, []string{"lifetime_jitter", "2ns", "1ns"}},
	} {
		cfg := &Config{Hosts: []string{"h"}}
		c.set(cfg)
		err := cfg.validate()
		for _, s := range c.says {
			require.ErrorContains(t, err, s)
		}
	}
}

func TestTheLevelOfAuthIsDerived(t *testing.T) {
	t.Parallel()
	source := func(context.Context) (string, error) { return "jwt", nil }
	credentials := func(context.Context) (string, string, error) { return "u", "p", nil }
	for _, c := range []struct {
		cfg  Config
		want AuthLevel
	}{
		{Config{}, AuthNone},
		{Config{User: "u"}, AuthRoot},
		{Config{Credentials: credentials}, AuthRoot},
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

func TestSignInRequestsOfEachLevel(t *testing.T) {
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
			c.Credentials = func(context.Context) (string, string, error) { return "cu", "cp", nil }
		}, "signin", map[string]any{"user": "cu", "pass": "cp"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			cfg := base.Clone()
			c.set(cfg)
			require.NoError(t, cfg.validateAuth())
			params := fmt.Sprint(cfg.AuthParams)
			method, param, err := cfg.authRequest(t.Context())
			require.NoError(t, err)
			require.Equal(t, c.method, method)
			require.Equal(t, c.param, param)
			require.Equal(t, params, fmt.Sprint(cfg.AuthParams), "the Config's own map must not change")
		})
	}
}

func TestCallbacksFailTheSignIn(t *testing.T) {
	t.Parallel()
	boom := fmt.Errorf("vault is sealed")
	for _, c := range []*Config{
		{TokenSource: func(context.Context) (string, error) { return "", boom }},
		{Credentials: func(context.Context) (string, string, error) { return "", "", boom }},
	} {
		_, _, err := c.authRequest(t.Context())
		require.ErrorIs(t, err, boom)
	}
	_, _, err := (&Config{TokenSource: func(context.Context) (string, error) { return "", nil }}).authRequest(t.Context())
	require.ErrorContains(t, err, "empty token")
}

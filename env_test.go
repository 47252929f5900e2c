package surrealsql

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// fromEnv reads a Config from an environment of its own, so that tests can be
// parallel.
func fromEnv(env map[string]string) (*Config, error) {
	return ConfigFromGetenv(func(name string) string { return env[name] })
}

func TestVariablesOverrideTheURL(t *testing.T) {
	t.Parallel()
	c, err := fromEnv(map[string]string{
		"SURREALDB_URL":  "ws://root:old@h/rpc?ns=a&dial_timeout=1s&null=none",
		"SURREALDB_USER": "me", "SURREALDB_PASS": "new", "SURREALDB_NS": "shop", "SURREALDB_DB": "main",
		"SURREALDB_DIAL_TIMEOUT": "2s", "SURREALDB_NULL": "", "SURREALDB_UNHEARD_OF": "x", "SURREALDB_TLS": "true",
	})
	require.NoError(t, err)
	require.Equal(t, configWith(func(c *Config) {
		c.Hosts, c.User, c.Password, c.Namespace, c.Database = []string{"h:8000"}, "me", "new", "shop", "main"
		c.DialTimeout, c.NullAs, c.TLS = 2*time.Second, NilIsNone, true
	}), c)
}

func TestEveryKeyHasAVariable(t *testing.T) {
	t.Parallel()
	base := map[string]string{"SURREALDB_URL": "surrealdb://h"}
	for _, k := range dsnKeys {
		value := map[string]string{
			"tls": "true", "auth": "none", "load_balance": "random", "null": "none", "reset": "never", "log_queries": "true", "read_only": "true",
			"connect_attempts": "9", "max_uses": "9", "encoding": "json", "db": "d", "access": "x",
		}[k.Name]
		if value == "" {
			value = "1234s" // a duration, and a text
		}
		if k.Name == "max_message_size" || k.Name == "max_request_size" {
			value = "3MiB"
		}
		env := map[string]string{"SURREALDB_URL": base["SURREALDB_URL"], "SURREALDB_USER": "u", "SURREALDB_NS": "n", "SURREALDB_DB": "d", k.Variable(): value}
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

func TestATokenOfTheURLGivesWayToAUserOfTheEnvironment(t *testing.T) {
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
}

func TestWrongEnvironmentsNameTheVariable(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		env  map[string]string
		says []string
	}{
		{nil, []string{"SURREALDB_URL is not set"}},
		{map[string]string{"SURREALDB_USER": "u"}, []string{"SURREALDB_URL is not set"}},
		{map[string]string{"SURREALDB_URL": "h:8000"}, []string{"SURREALDB_URL: ", "no scheme"}},
		{map[string]string{"SURREALDB_URL": "ws://h", "SURREALDB_DIAL_TIMEOUT": "x", "SURREALDB_TLS": "y"},
			[]string{"SURREALDB_DIAL_TIMEOUT", `"x"`, "SURREALDB_TLS", `"y"`}},
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

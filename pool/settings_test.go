package pool

// Settings by field, DSN key and variable.

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/keys/keystest"
)

func TestDSNKeysDocumentedAreTheOnesThatWork(t *testing.T) {
	t.Parallel()
	keystest.RequireDocumented(t, poolKeys, "../docs/pool.md")
}

func TestSettingsHaveAKeyForEachField(t *testing.T) {
	t.Parallel()
	keystest.RequireSound(t, poolKeys)
	byField := make(map[string]bool)
	for _, k := range poolKeys {
		byField[k.Field] = k.Field != ""
		require.True(t, strings.HasPrefix(k.Name, prefix), k.Name)
	}
	for f := range reflect.TypeFor[Settings]().Fields() {
		switch f.Type.Kind() {
		case reflect.Func, reflect.Pointer, reflect.Slice: // what no DSN can say
		default:
			require.True(t, byField[f.Name], "%s has no key", f.Name)
		}
	}
}

func TestDSNSaysWhatThePoolIsLike(t *testing.T) {
	t.Parallel()
	var s Settings
	rest, err := s.parseDSN("surrealdb://h/ns/db?pool_max=20&connect_timeout=1s&pool_min=3&" +
		"pool_acquire_timeout=0&pool_order=fifo&pool_require_min=true&null=none")
	require.NoError(t, err)
	require.Equal(t, "surrealdb://h/ns/db?connect_timeout=1s&null=none", rest)
	require.NoError(t, s.complete())
	require.Equal(t, 20, s.Max)
	require.Equal(t, 20, s.Burst)
	require.Equal(t, 3, s.Min)
	require.Equal(t, FIFO, s.Order)
	require.Negative(t, s.AcquireTimeout)
	require.True(t, s.RequireMin)
	require.Equal(t, time.Hour/10, s.LifetimeJitter)

	rest, err = s.parseDSN("surrealdb://h/ns/db?pool_max=20")
	require.NoError(t, err)
	require.Equal(t, "surrealdb://h/ns/db", rest)
}

func TestSettingsThatAreBadAreRefusedByName(t *testing.T) {
	t.Parallel()
	for query, want := range map[string]string{
		"pool_max=0":                      `pool: DSN key pool_max: got "0", expected a whole number from 1 to 2147483647`,
		"pool_acquire_timeout=5":          `pool: DSN key pool_acquire_timeout: got "5", expected a duration such as 500ms or 1m30s, or 0 for off`,
		"pool_connect_backoff=0":          `pool: DSN key pool_connect_backoff: got "0", expected a duration above 0, such as 100ms`,
		"pool_order=random":               `pool: DSN key pool_order: got "random", expected lifo or fifo`,
		"pool_reclaim=perhaps":            `pool: DSN key pool_reclaim: got "perhaps", expected true or false`,
		"pool_maxx=3":                     "pool: DSN key pool_maxx: unknown, did you mean pool_max (a whole number from 1 to 2147483647)?",
		"pool_min=1&pool_min=2":           "pool: DSN key pool_min: got it twice, expected it once",
		"pool_min=%zz":                    "pool: DSN key pool_min: got a % that begins no escape, expected %25 for a percent sign",
		"pool_min=11":                     "pool: pool_min: got 11, expected at most pool_max, which is 10",
		"pool_min_idle=11":                "pool: pool_min_idle: got 11, expected at most pool_max, which is 10",
		"pool_burst=9":                    "pool: pool_burst: got 9, expected at least pool_max, which is 10",
		"pool_lifetime_jitter=2h":         "pool: pool_lifetime_jitter: got 2h0m0s, expected at most pool_max_lifetime, which is 1h0m0s",
		"pool_connect_backoff=5s":         "pool: pool_connect_backoff: got 5s, expected at most pool_max_connect_backoff, which is 2s",
		"pool_" + strings.Repeat("x", 50): "pool: DSN: got something that begins with pool_ and is no key, expected key=value pairs joined by &",
		"pool_min=1&tlss=true":            "surrealsql: DSN key tlss: unknown, did you mean tls (true or false)?",
	} {
		_, err := Open(t.Context(), "surrealdb://h/ns/db?"+query)
		require.EqualError(t, err, want)
	}
	_, err := Open(t.Context(), "surrealdb://h/ns/db?pool_colour=red")
	require.ErrorContains(t, err, "pool_colour: unknown, expected one of pool_min, pool_max,")
	_, err = New(t.Context(), &surrealsql.Config{}, Settings{Max: -1})
	require.EqualError(t, err, `pool: Settings.Max: got "-1", expected a whole number from 1 to 2147483647`)
	_, err = surrealsql.Driver{}.OpenConnector("surrealdb://h/ns/db?pool_max=3")
	require.ErrorContains(t, err, "pool_max: it is one of package pool, expected pool.Open instead of sql.Open")
}

func TestFromEnvReadsVariablesAsADSN(t *testing.T) {
	t.Parallel()
	env := map[string]string{
		"SURREALDB_URL":           "surrealdb://h/ns/db?pool_max=3&pool_min=1",
		"SURREALDB_POOL_MAX":      "7",
		"SURREALDB_POOL_MIN_IDLE": "2",
		"SURREALDB_USER":          "ada",
	}
	getenv := func(name string) string { return env[name] }
	cfg, s, err := fromEnv(getenv)
	require.NoError(t, err)
	require.Equal(t, "ada", cfg.User)
	require.Equal(t, 7, s.Max)
	require.Equal(t, 1, s.Min)
	require.Equal(t, 2, s.MinIdle)

	env["SURREALDB_POOL_MAX"] = "many"
	_, _, err = fromEnv(getenv)
	require.EqualError(t, err, `pool: SURREALDB_POOL_MAX: got "many", expected a whole number from 1 to 2147483647`)
	delete(env, "SURREALDB_POOL_MAX")
	env["SURREALDB_URL"] = "surrealdb://h/ns/db?pool_max=x"
	_, _, err = fromEnv(getenv)
	require.ErrorContains(t, err, "SURREALDB_URL: pool: DSN key pool_max")
}

func TestOpenChangesSettingsAfterTheDSN(t *testing.T) {
	t.Parallel()
	want := Settings{Max: 4, Burst: 5, MaxWaiters: 6, MaxConnecting: 7, MaxUses: 8, HealthCheckBatch: 9, AcquireTimeout: 10,
		MaxLifetime: 11, LifetimeJitter: 1, MaxIdleTime: 12, HealthCheckInterval: 13, LeakAfter: 14, Reclaim: true,
		RequireMin: true, Order: FIFO, ConnectBackoff: 15, MaxConnectBackoff: 16}
	p, err := Open(t.Context(), "surrealdb://h/ns/db?pool_max=3&pool_min=1", func(s *Settings) {
		require.Equal(t, Settings{Max: 3, Min: 1}, *s)
		*s = want
	})
	require.NoError(t, err)
	defer p.Close()
	require.Equal(t, want, p.Settings())

	q, err := New(t.Context(), &surrealsql.Config{Hosts: []string{"h"}}, DefaultSettings())
	require.NoError(t, err)
	defer q.Close()
	require.Equal(t, 10, q.Settings().Burst)
	require.False(t, q.Settings().RequireMin)
}

func TestDSNsAndVariablesOfEarlierNamesAreUnderstood(t *testing.T) {
	t.Parallel()
	want := Settings{
		MaxConnecting: 1, ConnectBackoff: 2, MaxConnectBackoff: 3,
		HealthCheckInterval: 4, HealthCheckBatch: 5, RequireMin: true,
	}
	const former = "pool_max_dials=1&pool_dial_backoff=2ns&pool_max_dial_backoff=3ns&" +
		"pool_check_interval=4ns&pool_check_batch=5&pool_lazy=false"
	var s Settings
	_, err := s.parseDSN("surrealdb://h/ns/db?" + former)
	require.NoError(t, err)
	require.Equal(t, want, s)

	env := map[string]string{"SURREALDB_URL": "surrealdb://h/ns/db"}
	for pair := range strings.SplitSeq(former, "&") {
		name, value, _ := strings.Cut(pair, "=")
		env["SURREALDB_"+strings.ToUpper(name)] = value
	}
	_, s, err = fromEnv(func(name string) string { return env[name] })
	require.NoError(t, err)
	require.Equal(t, want, s)
	require.Equal(t, "pool_health_check_interval=4ns&pool_health_check_batch=5&pool_require_min=true&pool_max_connecting=1&"+
		"pool_connect_backoff=2ns&pool_max_connect_backoff=3ns", s.String())
}

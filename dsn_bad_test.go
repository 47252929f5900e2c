package surrealsql

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Every wrong value is an error that says where, what came and what is expected.
func TestWrongDSNsNameTheKeyTheValueAndWhatIsExpected(t *testing.T) {
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
		{"surrealdb://h?dial_timeout=5", []string{"dial_timeout", `"5"`, "duration", "5s"}},
		{"surrealdb://h?dial_timeout=0", []string{"dial_timeout", `"0"`, "above 0"}},
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

func TestUnknownKeysSuggestTheNearestOne(t *testing.T) {
	t.Parallel()
	for key, want := range map[string]string{
		"dail_timeout": "did you mean dial_timeout", "dialtimeout": "did you mean dial_timeout",
		"Dial-Timeout": "did you mean dial_timeout", "timeout": "did you mean dial_timeout",
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

func TestEmptyDSNOpensAndFailsAtFirstUse(t *testing.T) {
	t.Parallel()
	c, err := ParseDSN("")
	require.NoError(t, err)
	require.NoError(t, c.validate())
	require.ErrorIs(t, c.usable(), ErrNoHosts)
	require.Empty(t, c.FormatDSN())

	c, err = ParseDSN("surrealdb://")
	require.NoError(t, err)
	require.NoError(t, c.usable())
}

// secretMark stands in every place of a DSN that can hold a secret, or part of
// one that was not escaped.
const secretMark = "S3cr3tM4rk"

func TestErrorsOfDSNsShowNoSecrets(t *testing.T) {
	t.Parallel()
	for _, dsn := range []string{
		"SECRET", "root:SECRET@host/ns/db", "root:SECRET://host", "surrealdb:root:SECRET@host", "root:SECRET@x://h",
		"surrealdb://root:SECRET", "surrealdb://root:SECRET/ns", "surrealdb://root:SECRET/x@host/ns/db", "surrealdb://root:SECRET?x@host/ns/db",
		"surrealdb://root:a?SECRET@host/ns/db", "surrealdb://root:1?SECRET@host", "surrealdb://root:1?SECRET=@host", "surrealdb://root:1?tls=SECRET@host", "surrealdb://root:a/SECRET@host/ns/db",
		"surrealdb://root:1/SECRET@host/ns/db", "surrealdb://root:1/a/b/SECRET@host", "surrealdb://root:a#SECRET@host", "surrealdb://root:SECRET#a@host",
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

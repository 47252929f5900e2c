package surrealsql

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"github.com/surrealsql/surrealsql/internal/keys"
)

// A DSN is read and written with the keys of dsn_keys.go; so is the environment.

// schemes are what a DSN may begin with, and whether it means TLS: nil leaves
// that to the key tls. The aliases are those of xo/dburl.
var schemes = map[string]*bool{
	"surrealdb": nil, "surreal": nil, "sur": nil, "sr": nil,
	"ws": new(false), "surrealdb+ws": new(false),
	"wss": new(true), "surrealdb+wss": new(true),
}

// ParseDSN reads a DSN:
//
//	surrealdb://user:password@host:8000/namespace/database?key=value&…
//	wss://host/rpc?ns=namespace&db=database
//
// The schemes surreal, sur and sr mean surrealdb; ws and wss, and surrealdb+ws
// and surrealdb+wss, say whether there is TLS. Several hosts are separated by
// commas, and an IPv6 address is in brackets. A host without a port means port
// 443 where the scheme is wss or surrealdb+wss, and port 8000 with all others,
// also with tls=true. User, password, namespace and database are percent-encoded
// where they hold any of : / ? # [ ] @ %. A path that ends in /rpc, as SurrealDB's
// own URLs do, is understood; with ws and wss it is the server's, as in
// wss://host/instance/rpc?ns=namespace&db=database, where the namespace is a key. The keys are those of the table in docs/dsn.md.
//
// The fields of the result that the DSN does not set have their defaults.
// An empty DSN is no error: it gives a Config without hosts, with which
// connecting fails with [ErrNoHosts].
//
// Errors name the key, the value and what is expected. They hold no password
// and no token, nor anything that could be part of one.
func ParseDSN(dsn string) (*Config, error) {
	c, err := parseDSN(dsn)
	if err != nil {
		return nil, err
	}
	if err := c.checkParsed(); err != nil {
		return nil, err
	}
	return c, nil
}

// checkParsed gives what a DSN or the environment says its defaults and checks it; what a
// program has yet to fill in is checked by complete.
func (c *Config) checkParsed() error {
	dsnKeys.ApplyDefaults(c)
	return c.check()
}

// parseDSN reads what the DSN says and no more: no defaults, no check of what
// must hold between keys.
func parseDSN(dsn string) (*Config, error) {
	c := new(Config)
	if dsn == "" {
		return c, nil
	}
	scheme, rest, err := cutScheme(dsn)
	if err != nil {
		return nil, err
	}
	if i := strings.IndexFunc(rest, func(r rune) bool { return r <= ' ' || r == 0x7f || r == '#' }); i >= 0 {
		return nil, fmt.Errorf("surrealsql: DSN: character %q at byte %d: expected it percent-encoded, as %%%02X",
			rest[i], len(dsn)-len(rest)+i, rest[i])
	}
	rest, query, _ := strings.Cut(rest, "?")
	authority, path := rest, ""
	if i := strings.IndexByte(rest, '/'); i >= 0 {
		authority, path = rest[:i], rest[i:]
	}
	port := defaultPort
	if tls := schemes[scheme]; tls != nil && *tls {
		port = defaultWSSPort
	}
	// An @ behind the host says that what was read as that may be the middle of a password.
	strayed := strings.Contains(path+query, "@")
	if err := c.parseAuthority(authority, port, !strayed); err != nil {
		return nil, err
	}
	path, err = c.cutRPCPath(path, query, schemes[scheme] != nil)
	if err != nil {
		return nil, err
	}
	if err := c.parsePath(path, schemes[scheme] != nil); err != nil {
		return nil, err
	}
	err = c.parseQuery(query, schemes[scheme])
	if err != nil && strings.Contains(query, "@") {
		// What was read as the query may be the rest of a password, and its @
		// the one before the host.
		err = errors.New("surrealsql: DSN: got no valid key=value pairs after the ?, but an @: expected %3F for a ? in a password, %40 for an @ in a value")
	}
	if err != nil {
		return nil, err
	}
	return c, nil
}

func cutScheme(dsn string) (scheme, rest string, err error) {
	scheme, rest, ok := strings.Cut(dsn, "://")
	// What stands before the first :// may be anything, a password included.
	isWord := !strings.ContainsFunc(scheme, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '+' && r != '-' && r != '.'
	})
	if !ok || !isWord {
		return "", "", errors.New("surrealsql: DSN: got no scheme, expected the form " + dsnForm)
	}
	scheme = strings.ToLower(scheme)
	if _, ok := schemes[scheme]; ok {
		return scheme, rest, nil
	}
	switch scheme {
	case "http":
		err = errors.New("surrealsql: DSN: got the scheme http, but this driver speaks WebSocket: expected ws:// or surrealdb://")
	case "https":
		err = errors.New("surrealsql: DSN: got the scheme https, but this driver speaks WebSocket: expected wss:// or surrealdb://…?tls=true")
	case "mem", "memory", "file", "rocksdb", "surrealkv", "surrealkv+versioned", "tikv", "indxdb":
		err = fmt.Errorf("surrealsql: DSN: got the scheme %s of an embedded engine, which has no driver in Go: expected a server's, %s", scheme, dsnForm)
	default:
		err = fmt.Errorf("surrealsql: DSN: got an unknown scheme, expected surrealdb, surreal, sur, sr, ws, wss, surrealdb+ws or surrealdb+wss, as in %s", dsnForm)
	}
	return "", "", err
}

// parseAuthority reads user:password@host:port,host:port; port is that of hosts
// without one. show says that what stands behind the last @ is no part of a password.
func (c *Config) parseAuthority(authority, port string, show bool) error {
	hosts, hasUser := authority, false
	if i := strings.LastIndexByte(authority, '@'); i >= 0 {
		hasUser = true
		user, password, _ := strings.Cut(authority[:i], ":")
		hosts = authority[i+1:]
		var err, err2 error
		c.User, err = url.PathUnescape(user)
		c.Password, err2 = url.PathUnescape(password)
		if err != nil || err2 != nil {
			return errors.New("surrealsql: DSN: user or password: got a % that begins no escape, expected %25 for a percent sign")
		}
	}
	if hosts == "" {
		hosts = "localhost" // as xo/dburl writes it
	}
	for h := range strings.SplitSeq(hosts, ",") {
		// In a URL the % before an IPv6 address's zone is written %25.
		host, err := parseHost(strings.Replace(h, "%25", "%", 1), port)
		if err != nil && !(hasUser && show) {
			// Without an @ the text may be the user and the password of a DSN
			// whose password holds an unescaped / or ?: it is not shown.
			return errors.New("surrealsql: DSN: got no valid host:port after the scheme, expected the form " + dsnForm +
				", with / ? # @ in the password percent-encoded")
		}
		if err != nil {
			return err
		}
		c.Hosts = append(c.Hosts, host)
	}
	return nil
}

// cutRPCPath takes the path of a WebSocket's URL for the server's, where the query has the
// namespace: then it holds no name. It returns what parsePath is to read.
func (c *Config) cutRPCPath(path, query string, webSocket bool) (string, error) {
	if !webSocket || path == defaultRPCPath || !strings.HasSuffix(path, "/rpc") || !strings.Contains("&"+query, "&ns=") {
		return path, nil
	}
	if strings.Contains("&"+query, "&rpc_path=") {
		return "", errors.New("surrealsql: DSN key rpc_path: got it beside a path that ends in /rpc: expected one of them")
	}
	c.RPCPath = path
	return "", nil
}

// parsePath reads /namespace/database, each with or without what follows, and
// the /rpc of SurrealDB's own URLs.
func (c *Config) parsePath(path string, webSocket bool) error {
	if strings.Contains(path, "@") {
		// Most likely the password holds an unescaped slash, and what was
		// taken for the host is part of it.
		return errors.New("surrealsql: DSN: got an @ after the host: expected %40 for it in a namespace or database, and %2F for a / in a password")
	}
	parts := strings.Split(strings.TrimSuffix(strings.TrimPrefix(path, "/"), "/"), "/")
	switch {
	case len(parts) == 2 && parts[1] == "rpc" && webSocket:
		return errors.New("surrealsql: DSN: got a path of one name and rpc, which can be read in two ways: " +
			"expected /namespace/database, or the path of the server with ?ns=namespace&db=database")
	case parts[len(parts)-1] == "rpc" && len(parts) != 2:
		parts = parts[:len(parts)-1]
	}
	if len(parts) > 2 {
		return errors.New("surrealsql: DSN: got more than two names in the path, expected /namespace/database with %2F for a / in a name")
	}
	for i, field := range []*string{&c.Namespace, &c.Database}[:len(parts)] {
		name, err := url.PathUnescape(parts[i])
		if err != nil {
			return errors.New("surrealsql: DSN: path: got a % that begins no escape, expected %25 for a percent sign")
		}
		*field = name
	}
	return nil
}

// parseQuery reads key=value&…; tls is what the scheme said of it.
func (c *Config) parseQuery(query string, tls *bool) error {
	seen := make(map[string]bool)
	for pair := range strings.SplitSeq(query, "&") {
		if pair == "" {
			continue
		}
		name, value, _ := strings.Cut(pair, "=")
		k := dsnKeys.Named(name)
		if k == nil {
			return errUnknownKey(name)
		}
		said := "DSN key " + name
		v, err := url.QueryUnescape(value)
		switch {
		case err != nil:
			return fmt.Errorf("surrealsql: %s: got a %% that begins no escape, expected %%25 for a percent sign", said)
		case seen[k.Name]:
			return fmt.Errorf("surrealsql: %s: got it twice, expected it once", said)
		case k.Place == keys.BeforeHost:
			return fmt.Errorf("surrealsql: %s: expected it before the host, as in %s", said, dsnForm)
		case k.Place == keys.InPath && k.Get(c) != "" && k.Get(c) != v:
			return fmt.Errorf("surrealsql: %s: got %q, but the path says %q: expected one of them", said, v, k.Get(c))
		}
		seen[k.Name] = true
		if err := k.Set(c, said, v); err != nil {
			return err
		}
		if name == "tls" && tls != nil && c.TLS != *tls {
			return fmt.Errorf("surrealsql: %s: got %q, but the scheme says otherwise: expected ws:// without TLS, wss:// with it, or surrealdb:// with tls=true or false", said, v)
		}
	}
	if tls != nil {
		c.TLS = *tls
	}
	return nil
}

// FormatDSN returns the DSN that [ParseDSN] reads as c, password and token
// included: print c itself to see it without them. Values at their defaults
// are left out. What a DSN cannot say (TLSConfig, callbacks, Init …) is lost.
// A Config without hosts gives the empty DSN.
func (c *Config) FormatDSN() string { return c.format(false) }

// hidden stands for a password or token, as in net/url's Redacted.
const hidden = "xxxxx"

func (c *Config) format(redact bool) string {
	if len(c.Hosts) == 0 {
		return ""
	}
	show := func(k *keys.Key[Config]) string {
		v := k.Get(c)
		if redact && k.Secret && v != "" {
			return hidden
		}
		return v
	}
	var b strings.Builder
	b.WriteString("surrealdb://")
	if user, password := show(dsnKeys.Named("user")), show(dsnKeys.Named("pass")); password != "" {
		b.WriteString(url.UserPassword(user, password).String() + "@")
	} else if user != "" {
		b.WriteString(url.User(user).String() + "@")
	}
	for i, h := range c.Hosts {
		if full, err := parseHost(h, defaultPort); err == nil {
			h = full
		} else if at := strings.LastIndexByte(h, '@'); redact && at >= 0 { // no host, and a password, most likely
			h = hidden + h[at:]
		}
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(strings.Replace(h, "%", "%25", 1))
	}
	// A namespace alone that is called rpc would be read as the endpoint's path.
	byPath := c.Namespace != "" && (c.Namespace != "rpc" || c.Database != "")
	if byPath {
		b.WriteString("/" + escapeName(c.Namespace))
		if c.Database != "" {
			b.WriteString("/" + escapeName(c.Database))
		}
	}
	sep := "?"
	for _, k := range dsnKeys {
		v := show(k)
		if v == "" || v == k.Default || k.Place == keys.BeforeHost || k.Place == keys.InPath && byPath {
			continue
		}
		b.WriteString(sep + k.Name + "=" + url.QueryEscape(v))
		sep = "&"
	}
	return b.String()
}

// escapeName escapes a segment of the path; url.PathEscape leaves the @.
func escapeName(s string) string {
	return strings.ReplaceAll(url.PathEscape(s), "@", "%40")
}

// errUnknownKey names the key and the one it may have been meant to be. Its
// value is not shown: under a misspelt name it may be a password. Nor is a name
// that can be no key, for then it may be a part of a password.
func errUnknownKey(name string) error {
	if !keys.IsName(name) {
		return fmt.Errorf("surrealsql: DSN: got something after the ? that is no key, expected key=value pairs joined by &, with ? percent-encoded as %%3F elsewhere")
	}
	if strings.HasPrefix(name, "pool_") {
		return fmt.Errorf("surrealsql: DSN key %s: it is one of package pool, expected pool.Open instead of sql.Open to open this DSN, or no key that begins with pool_", name)
	}
	if k := dsnKeys.Nearest(name); k != nil && k.Place == keys.BeforeHost {
		return fmt.Errorf("surrealsql: DSN key %s: unknown, expected it before the host, as in %s", name, dsnForm)
	}
	return dsnKeys.Unknown(name)
}

// parseHost checks host or host:port and returns it with its port, or with the
// one given here.
func parseHost(s, port string) (string, error) {
	if strings.Contains(s, "@") { // what stands before it is a password, most likely
		return "", errors.New("surrealsql: host: got one with an @, expected host:port, and the user and the password in Config.User and Config.Password")
	}
	bad := func(expect string) error {
		return fmt.Errorf("surrealsql: host: got %q, expected %s", s, expect)
	}
	host := s
	if i := strings.LastIndexByte(s, ':'); i > strings.LastIndexByte(s, ']') {
		host, port = s[:i], s[i+1:]
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 || port[0] == '0' {
		return "", bad("host:port with a port from 1 to 65535")
	}
	if strings.HasPrefix(host, "[") && strings.HasSuffix(host, "]") {
		host = host[1 : len(host)-1]
		if ip, err := netip.ParseAddr(host); err != nil || !ip.Is6() || strings.ContainsAny(ip.Zone(), "/?#@[]:,% ") {
			return "", bad("an IPv6 address in the brackets, as in [::1]:8000")
		}
		return net.JoinHostPort(host, port), nil
	}
	if strings.Contains(host, ":") {
		return "", bad("an IPv6 address in brackets, as in [::1]:8000")
	}
	if host == "" || strings.ContainsFunc(host, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '.' && r != '-' && r != '_'
	}) {
		return "", bad("a host name or an IP address")
	}
	return net.JoinHostPort(host, port), nil
}

// A server listens on 8000, with TLS and without. A wss:// URL is most often
// that of a proxy or of SurrealDB Cloud, whose URLs name no port and mean 443.
const (
	defaultPort    = "8000"
	defaultWSSPort = "443"
)

// defaultRPCPath is where a server has its WebSocket.
const defaultRPCPath = "/rpc"

// checkRPCPath refuses what is no path of a URL: it would change the request that it is
// written into.
func checkRPCPath(path string) error {
	u, err := url.ParseRequestURI(path)
	if err != nil || !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") || u.RawQuery != "" || u.ForceQuery ||
		strings.ContainsFunc(path, func(r rune) bool { return r <= ' ' || r >= 0x7f || r == '#' }) {
		return fmt.Errorf("surrealsql: rpc_path: got %q, expected the path of a URL, such as /instance/rpc", path)
	}
	return nil
}

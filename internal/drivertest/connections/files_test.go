package connections

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/drivertest"
	"github.com/surrealsql/surrealsql/internal/scripted"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// What a DSN names by a path: files with certificates, a password, a token; and the path of
// the server itself.

// write puts a file into a folder of the test.
func write(t testing.TB, path, text string) string {
	t.Helper()
	if !filepath.IsAbs(path) {
		path = filepath.Join(t.TempDir(), path)
	}
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

// pemOf is a certificate and its key as files hold them.
func pemOf(t testing.TB, c tls.Certificate) (cert, key string) {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(c.PrivateKey)
	require.NoError(t, err)
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Certificate[0]})),
		string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

// and appends keys to a DSN.
func and(dsn string, pairs ...string) string {
	for i := 0; i < len(pairs); i += 2 {
		sep := "&"
		if !strings.Contains(dsn, "?") {
			sep = "?"
		}
		dsn += sep + pairs[i] + "=" + url.QueryEscape(pairs[i+1])
	}
	return dsn
}

func TestTLSFilesOfADSNAreReadForEachConnection(t *testing.T) {
	t.Parallel()
	ca, clients := scripted.NewAuthority(t), scripted.NewAuthority(t)
	dsn, proxy := terminate(t, &tls.Config{
		Certificates: []tls.Certificate{ca.Server("db.internal")},
		ClientAuth:   tls.RequireAndVerifyClientCert, ClientCAs: clients.Pool(),
	})
	first, key := pemOf(t, clients.Client("first"))
	certFile, keyFile := write(t, "client.pem", first), write(t, "client.key", key)
	db := drivertest.OpenDB(t, and(dsn, "tls_ca_file", write(t, "ca.pem", ca.PEM()), "tls_server_name", "db.internal",
		"tls_cert_file", certFile, "tls_key_file", keyFile))
	drivertest.RequireGood(t, db)

	second, key := pemOf(t, clients.Client("second"))
	write(t, certFile, second)
	write(t, keyFile, key)
	leaseAll(t, db, 2) // of which one is new
	var names []string
	for _, h := range proxy.handshakes() {
		names = append(names, h.PeerCertificates[0].Subject.CommonName)
	}
	require.Equal(t, "first", names[0])
	require.Equal(t, "second", names[len(names)-1])
}

func TestTLSFileThatIsWrongIsAnErrorOfOpening(t *testing.T) {
	t.Parallel()
	ca := scripted.NewAuthority(t)
	cert, key := pemOf(t, ca.Client("c"))
	_, otherKey := pemOf(t, ca.Client("d"))
	for says, pairs := range map[string][]string{
		"no such file":             {"tls_ca_file", filepath.Join(t.TempDir(), "none.pem")},
		"holds no certificate":     {"tls_ca_file", write(t, "key.pem", key)},
		"is no file of at most":    {"tls_ca_file", t.TempDir()},
		"does not match":           {"tls_cert_file", write(t, "c.pem", cert), "tls_key_file", write(t, "d.key", otherKey)},
		"failed to find any PEM d": {"tls_cert_file", write(t, "empty.pem", ""), "tls_key_file", write(t, "c.key", key)},
	} {
		cfg, err := surrealsql.ParseDSN(and("wss://127.0.0.1:1", pairs...))
		require.NoError(t, err, "a DSN may be read where its files are not")
		_, err = surrealsql.NewConnector(cfg)
		require.ErrorContains(t, err, pairs[0])
		require.NotContains(t, err.Error(), "PRIVATE KEY")
		if says != "no such file" { // Windows says it otherwise
			require.ErrorContains(t, err, says)
		}
	}
}

func TestTLSIsNotVerifiedWhereTheDSNSaysSo(t *testing.T) {
	t.Parallel()
	dsn, _ := terminate(t, scripted.NewAuthority(t).ServerConfig())
	drivertest.RequireGood(t, drivertest.OpenDB(t, and(dsn, "tls_skip_verify", "true")))
}

func TestPasswordFileIsReadAtEachSignInWithAPassword(t *testing.T) {
	t.Parallel()
	dsn, root, _ := drivertest.NewDBWithUsers(t)
	file := write(t, "pass", "db-pass\n")
	db := drivertest.OpenDB(t, and(dsn, "pass_file", file, "reuse_token", "false"), drivertest.As(surrealsql.AuthDatabase, "d", ""))
	drivertest.RequireGood(t, db)

	drivertest.MustExec(t, root, `DEFINE USER OVERWRITE d ON DATABASE PASSWORD "new-pass" ROLES OWNER`)
	write(t, file, "new-pass\r\n")
	leaseAll(t, db, 3)

	for text, says := range map[string]string{
		"": "is empty", "a\nb\n": "several lines",
		"\xff\xfen\x00e\x00w\x00": "UTF-8", "\ufeffnew-pass\r\n": "byte order mark", // by PowerShell's > and Set-Content
	} {
		write(t, file, text)
		other := drivertest.OpenDB(t, and(dsn, "pass_file", file), drivertest.As(surrealsql.AuthDatabase, "d", ""))
		require.ErrorContains(t, other.PingContext(t.Context()), says)
	}
}

func TestTokenFileIsReadAtEachSignIn(t *testing.T) {
	t.Parallel()
	dsn, root, _ := drivertest.NewDBWithUsers(t)
	token := drivertest.APIToken(t, root, time.Hour)
	file := write(t, "token", token+"\n")
	anonymous := func(c *surrealsql.Config) { c.Auth, c.User, c.Password = surrealsql.AuthAuto, "", "" }
	db := drivertest.OpenDB(t, and(dsn, "token_file", file), anonymous)
	drivertest.RequireGood(t, db)

	write(t, file, "\xff\xfen\x00o\x00")
	err := drivertest.OpenDB(t, and(dsn, "token_file", file), anonymous).PingContext(t.Context())
	require.ErrorContains(t, err, "token_file")
	require.ErrorContains(t, err, "UTF-8")
	strange := func(c *surrealsql.Config) {
		c.TokenSource = func(context.Context) (string, error) { return "a.b\xff.c", nil }
	}
	err = drivertest.OpenDB(t, dsn, anonymous, strange).PingContext(t.Context())
	require.ErrorContains(t, err, "the token is not UTF-8")
	require.False(t, surrealsql.IsConnectivity(err), "%v", err)

	write(t, file, "no.token.at-all")
	other := drivertest.OpenDB(t, and(dsn, "token_file", file), anonymous)
	err = other.PingContext(t.Context())
	require.True(t, surrealsql.IsAuth(err), err)
	write(t, file, token)
	drivertest.RequireGood(t, other)
	require.NoError(t, os.Remove(file))
	_, err = drivertest.OpenDB(t, and(dsn, "token_file", file), anonymous).Conn(t.Context())
	require.ErrorContains(t, err, "token_file")
	require.ErrorIs(t, err, os.ErrNotExist)
}

func TestServerIsReachedAtAPathOfItsOwn(t *testing.T) {
	t.Parallel()
	dsn := surrealtest.DSN(t)
	cfg, err := surrealsql.ParseDSN(dsn)
	require.NoError(t, err)
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(&url.URL{Scheme: "http", Host: cfg.Hosts[0]})
		r.Out.URL.Path, r.Out.URL.RawPath = "/rpc", ""
	}}
	mux := http.NewServeMux()
	mux.Handle("/instance/rpc", proxy)
	mux.HandleFunc("/an%20instance/{name}/rpc", func(w http.ResponseWriter, r *http.Request) {
		if r.RequestURI == "/an%20instance/a%2Fb/rpc" { // as the DSN has it
			proxy.ServeHTTP(w, r)
		}
	})
	srv := httptest.NewServer(mux)
	t.Cleanup(srv.Close)
	host := strings.TrimPrefix(srv.URL, "http://")

	drivertest.RequireGood(t, drivertest.OpenDB(t, and(dsn, "rpc_path", "/instance/rpc"),
		func(c *surrealsql.Config) { c.Hosts = []string{host} }))
	drivertest.RequireGood(t, drivertest.OpenDB(t, "ws://root:root@"+host+"/instance/rpc?ns="+cfg.Namespace+"&db="+cfg.Database))
	drivertest.RequireGood(t, drivertest.OpenDB(t, "ws://root:root@"+host+"/an%20instance/a%2Fb/rpc?ns="+cfg.Namespace+"&db="+cfg.Database))
	err = drivertest.OpenDB(t, dsn, func(c *surrealsql.Config) { c.Hosts = []string{host} }).PingContext(t.Context())
	require.ErrorContains(t, err, "404")
}

// Who opens a pipe to read it waits for a writer, whatever the deadline.
func TestSchemaFileThatIsAPipeHoldsUpNobody(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("it has no files that are pipes")
	}
	path := filepath.Join(t.TempDir(), "pipe")
	require.NoError(t, exec.CommandContext(t.Context(), "mkfifo", path).Run())
	db := drivertest.NewDB(t, func(c *surrealsql.Config) { c.SchemaFile = path })
	ended := make(chan error, 1)
	go func() { ended <- db.PingContext(t.Context()) }()
	require.ErrorContains(t, drivertest.Receive(t, ended, "the end of the connect"), "no regular file")
}

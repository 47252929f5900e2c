package connections

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/drivertest"
	"github.com/surrealsql/surrealsql/internal/scripted"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// TLS: who is trusted, and whose certificate is shown.

// terminator ends TLS in front of a server that has none, as a load balancer
// does it.
type terminator struct {
	target string
	ln     net.Listener
	wg     sync.WaitGroup

	mu    sync.Mutex
	seen  []tls.ConnectionState
	conns []net.Conn
}

// terminate starts one in front of the real engine. It ends with the test.
func terminate(t testing.TB, cfg *tls.Config) (dsn string, p *terminator) {
	t.Helper()
	dsn = surrealtest.DSN(t)
	ln, err := tls.Listen("tcp", "127.0.0.1:0", cfg)
	require.NoError(t, err)
	p = &terminator{target: drivertest.HostOf(t, dsn), ln: ln}
	p.wg.Go(p.accept)
	t.Cleanup(p.close)
	parsed, err := surrealsql.ParseDSN(dsn)
	require.NoError(t, err)
	parsed.Hosts, parsed.TLS = []string{ln.Addr().String()}, true
	return parsed.FormatDSN(), p
}

func (p *terminator) accept() {
	for {
		conn, err := p.ln.Accept()
		if err != nil {
			return
		}
		p.wg.Go(func() { p.serve(conn.(*tls.Conn)) })
	}
}

func (p *terminator) serve(client *tls.Conn) {
	defer client.Close()
	p.keep(client)
	if client.Handshake() != nil {
		// Closing now could reset the connection before the client has read why.
		_, _ = io.Copy(io.Discard, client.NetConn())
		return
	}
	p.mu.Lock()
	p.seen = append(p.seen, client.ConnectionState())
	p.mu.Unlock()
	server, err := net.Dial("tcp", p.target)
	if err != nil {
		return
	}
	p.keep(server)
	p.wg.Go(func() { _, _ = io.Copy(client, server); _ = client.Close() })
	_, _ = io.Copy(server, client)
	_ = server.Close()
}

func (p *terminator) keep(conn net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.conns = append(p.conns, conn)
}

func (p *terminator) close() {
	_ = p.ln.Close()
	p.mu.Lock()
	for _, conn := range p.conns {
		_ = conn.Close()
	}
	p.mu.Unlock()
	p.wg.Wait()
}

// handshakes are the TLS handshakes that succeeded.
func (p *terminator) handshakes() []tls.ConnectionState {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.seen
}

func withTLS(cfg *tls.Config) func(*surrealsql.Config) {
	return func(c *surrealsql.Config) { c.TLSConfig = cfg }
}

func TestTLSIsServedWhereTheAuthorityIsTrusted(t *testing.T) {
	t.Parallel()
	ca := scripted.NewAuthority(t)
	dsn, proxy := terminate(t, ca.ServerConfig())
	db := drivertest.OpenDB(t, dsn, withTLS(ca.ClientConfig()))
	drivertest.MustExec(t, db, "CREATE person:1 SET name = $1", "Tobie")
	require.Equal(t, "Tobie", drivertest.QueryOne[string](t, db, "SELECT VALUE name FROM person:1"))
	tx, err := db.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	drivertest.MustExec(t, tx, "CREATE person:2")
	require.NoError(t, tx.Commit())
	require.NotEmpty(t, proxy.handshakes())
}

func TestTLSCertificateOfAnUnknownAuthorityIsRefusedAtOnce(t *testing.T) {
	t.Parallel()
	dsn, proxy := terminate(t, scripted.NewAuthority(t).ServerConfig())
	for name, trust := range map[string]*tls.Config{
		"Go's defaults":     nil,
		"another authority": scripted.NewAuthority(t).ClientConfig(),
	} {
		t.Run(name, func(t *testing.T) {
			var used drivertest.Sockets
			err := drivertest.OpenDB(t, dsn, withTLS(trust), used.Use).PingContext(t.Context())
			var unknown x509.UnknownAuthorityError
			require.ErrorAs(t, err, &unknown)
			require.False(t, surrealsql.IsRetryable(err))
			open, opened := used.Count()
			require.Equal(t, 1, opened, "it will not pass")
			require.Zero(t, open)
		})
	}
	require.Empty(t, proxy.handshakes())
}

func TestTLSServerNameIsTheConnectionsOwn(t *testing.T) {
	t.Parallel()
	ca := scripted.NewAuthority(t)
	dsn, proxy := terminate(t, &tls.Config{Certificates: []tls.Certificate{ca.Server("db.example")}})

	err := drivertest.OpenDB(t, dsn, withTLS(ca.ClientConfig())).PingContext(t.Context())
	var mismatch x509.HostnameError
	require.ErrorAs(t, err, &mismatch, "the certificate is not for 127.0.0.1")
	require.False(t, surrealsql.IsRetryable(err))

	named := ca.ClientConfig()
	named.ServerName = "db.example"
	drivertest.RequireGood(t, drivertest.OpenDB(t, dsn, withTLS(named)))
	require.Equal(t, "db.example", proxy.handshakes()[0].ServerName)
	require.Equal(t, "db.example", named.ServerName)
}

func TestTLSClientCertificateIsShownToTheServerThatAsksForOne(t *testing.T) {
	t.Parallel()
	ca := scripted.NewAuthority(t)
	asking := ca.ServerConfig()
	asking.ClientAuth, asking.ClientCAs = tls.RequireAndVerifyClientCert, ca.Pool()
	dsn, proxy := terminate(t, asking)

	var used drivertest.Sockets
	err := drivertest.OpenDB(t, dsn, withTLS(ca.ClientConfig()), used.Use).PingContext(t.Context())
	require.Error(t, err)
	_, opened := used.Count()
	require.Equal(t, 1, opened, "it will not pass: %v", err)

	shown := ca.ClientConfig()
	shown.Certificates = []tls.Certificate{ca.Client("a program")}
	drivertest.RequireGood(t, drivertest.OpenDB(t, dsn, withTLS(shown)))
	require.Equal(t, "a program", proxy.handshakes()[0].PeerCertificates[0].Subject.CommonName)
}

// Connections of one program may differ in all of it, and BeforeConnect may
// change it for one connection, as where certificates are renewed.
func TestTLSConfigIsEachConnectionsOwn(t *testing.T) {
	t.Parallel()
	one, other := scripted.NewAuthority(t), scripted.NewAuthority(t)
	first, _ := terminate(t, one.ServerConfig())
	second, _ := terminate(t, other.ServerConfig())
	drivertest.RequireGood(t, drivertest.OpenDB(t, first, withTLS(one.ClientConfig())))
	drivertest.RequireGood(t, drivertest.OpenDB(t, second, withTLS(other.ClientConfig())))
	require.Error(t, drivertest.OpenDB(t, first, withTLS(other.ClientConfig())).PingContext(t.Context()))

	drivertest.RequireGood(t, drivertest.OpenDB(t, first, withTLS(other.ClientConfig()), func(cfg *surrealsql.Config) {
		cfg.BeforeConnect = func(_ context.Context, cfg *surrealsql.Config) error {
			cfg.TLSConfig.RootCAs = one.Pool()
			return nil
		}
	}))
}

func TestTLSIsPutOnTopOfWhatACustomDialerReturns(t *testing.T) {
	t.Parallel()
	ca := scripted.NewAuthority(t)
	dsn, proxy := terminate(t, ca.ServerConfig())
	target := proxy.ln.Addr().String()
	var asked string
	db := drivertest.OpenDB(t, dsn, withTLS(ca.ClientConfig()), func(cfg *surrealsql.Config) {
		cfg.Hosts = []string{"localhost:9"} // through a tunnel that knows where that is
		cfg.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
			asked = addr
			return new(net.Dialer).DialContext(ctx, network, target)
		}
	})
	drivertest.RequireGood(t, db)
	require.Equal(t, "localhost:9", asked)
	require.Equal(t, "localhost", proxy.handshakes()[0].ServerName)
}

func TestTLSDatabaseNoticesARestartOfWhatIsBetween(t *testing.T) {
	t.Parallel()
	ca := scripted.NewAuthority(t)
	dsn, proxy := terminate(t, ca.ServerConfig())
	db := drivertest.OpenDB(t, dsn, withTLS(ca.ClientConfig()))
	drivertest.FillIdle(t, db, 3)
	proxy.mu.Lock()
	for _, conn := range proxy.conns {
		_ = conn.Close()
	}
	proxy.mu.Unlock()
	drivertest.RequireGood(t, db)
}

package ws

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql/internal/scripted"
)

// Dial with TLS.

func TestTLSTrustsOnlyTheGivenAuthority(t *testing.T) {
	ca, stranger := scripted.NewAuthority(t), scripted.NewAuthority(t)
	srv := scripted.New(t, nil).UseTLS(ca.ServerConfig())
	o := to(srv)

	o.TLS = ca.ClientConfig()
	connect(t, o)
	require.Empty(t, o.TLS.ServerName, "the caller's settings are not changed")

	o.TLS = stranger.ClientConfig()
	_, err := Dial(context.Background(), o)
	var unknown x509.UnknownAuthorityError
	require.ErrorAs(t, err, &unknown)
	var refused *tls.CertificateVerificationError
	require.ErrorAs(t, err, &refused)
}

func TestTLSChecksTheServersName(t *testing.T) {
	ca := scripted.NewAuthority(t)
	srv := scripted.New(t, nil).UseTLS(&tls.Config{Certificates: []tls.Certificate{ca.Server("db.example")}})
	o := to(srv)

	o.TLS = ca.ClientConfig()
	_, err := Dial(context.Background(), o)
	var wrong x509.HostnameError
	require.ErrorAs(t, err, &wrong)

	o.TLS.ServerName = "db.example"
	connect(t, o)

	// The name comes from the address, where there is one.
	o.TLS.ServerName = ""
	o.Addr = "db.example:8000"
	o.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, srv.Addr())
	}
	connect(t, o)
}

func TestTLSShowsTheClientsCertificate(t *testing.T) {
	ca := scripted.NewAuthority(t)
	cfg := ca.ServerConfig()
	cfg.ClientAuth, cfg.ClientCAs = tls.RequireAndVerifyClientCert, ca.Pool()
	who := make(chan string, 1)
	srv := scripted.New(t, func(c *scripted.Conn) {
		who <- c.TLS().PeerCertificates[0].Subject.CommonName
	}).UseTLS(cfg)
	o := to(srv)
	o.TLS = ca.ClientConfig()
	o.TLS.Certificates = []tls.Certificate{ca.Client("service 7")}
	connect(t, o)
	require.Equal(t, "service 7", <-who)

	o.TLS = ca.ClientConfig()
	_, err := Dial(context.Background(), o)
	require.Error(t, err)
}

func TestTLSToAServerWithoutItFails(t *testing.T) {
	srv := scripted.Listen(t, func(c *scripted.Conn) {
		c.Arrived()
		c.Write([]byte("HTTP/1.1 400 Bad Request\r\n\r\n"))
		c.Drop()
	})
	o := to(srv)
	o.TLS = scripted.NewAuthority(t).ClientConfig()
	_, err := Dial(context.Background(), o)
	var notTLS tls.RecordHeaderError
	require.ErrorAs(t, err, &notTLS)
}

func TestTLSCarriesAMessageBothWays(t *testing.T) {
	ca := scripted.NewAuthority(t)
	big := make([]byte, 100_000)
	srv := scripted.New(t, func(c *scripted.Conn) {
		r := c.Request()
		c.Reply(r.ID, scripted.Value(r.Text))
		c.Message(big)
		c.AwaitClose()
	}).UseTLS(ca.ServerConfig())
	o := to(srv)
	o.TLS = ca.ClientConfig()
	c := connect(t, o)
	_, err := send(c, request(1, "hello"))
	require.NoError(t, err)
	got, err := c.ReadMessage()
	require.NoError(t, err)
	require.Equal(t, scripted.Result(1, scripted.Value("hello")), got)
	got, err = c.ReadMessage()
	require.NoError(t, err)
	require.Equal(t, big, got)
}

package connections

import (
	"bytes"
	"context"
	"net"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/drivertest"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// Real servers that change their version behind an address, and proxies before them that do
// something to the header of the subprotocol.

// best is what ProtocolAuto ends with on the server of the tests.
func best(t testing.TB) surrealsql.Protocol {
	if surrealtest.Version(t) < "4" { // no part of a version has two digits
		return surrealsql.ProtocolCBOR
	}
	return surrealsql.ProtocolShaped
}

func TestAutoFollowsARealServerThatIsDowngradedAndUpgraded(t *testing.T) {
	t.Parallel()
	cfg, err := surrealsql.ParseDSN(surrealtest.DSN(t))
	require.NoError(t, err)
	newer, older := cfg.Hosts[0], surrealtest.New(t, surrealtest.Options{Engine: surrealtest.EngineNPM}).Addr(0)
	behind := newer
	var used drivertest.Sockets
	cfg.Hosts = []string{"db.example"}
	cfg.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) { return used.Dial(ctx, network, behind) }
	c, err := surrealsql.NewConnector(cfg)
	require.NoError(t, err)
	defer c.Close()
	for range 3 {
		behind = newer
		require.Equal(t, best(t), speaks(t, c))
		require.Equal(t, best(t), speaks(t, c))
		behind = older
		require.Equal(t, surrealsql.ProtocolCBOR, speaks(t, c))
		require.Equal(t, surrealsql.ProtocolCBOR, speaks(t, c))
	}
	open, opened := used.Count()
	require.Zero(t, open)
	if best(t) == surrealsql.ProtocolCBOR {
		require.Equal(t, 12, opened)
	} else {
		require.LessOrEqual(t, opened, 18, "one more at each change")
	}
}

var header = regexp.MustCompile(`(?i)(Sec-WebSocket-Protocol: *)([^\r]*)\r\n`)

// meddler is a connection through a proxy that changes the header, nil leaves it alone: what
// the client offers, and what the server agrees to. The upgrade's request and its answer each
// are one write and one read here.
type meddler struct {
	net.Conn
	request, answer func(line string) string
	asked, answered bool
}

func (m *meddler) Write(b []byte) (int, error) {
	if m.asked || m.request == nil {
		return m.Conn.Write(b)
	}
	m.asked = true
	if _, err := m.Conn.Write(header.ReplaceAllFunc(b, func(line []byte) []byte { return []byte(m.request(string(line))) })); err != nil {
		return 0, err
	}
	return len(b), nil
}

func (m *meddler) Read(b []byte) (int, error) {
	n, err := m.Conn.Read(b)
	if m.answered || m.answer == nil || n == 0 {
		return n, err
	}
	m.answered = true
	changed := header.ReplaceAllFunc(bytes.Clone(b[:n]), func(line []byte) []byte { return []byte(m.answer(string(line))) })
	return copy(b, changed), err
}

func TestProxyThatMeddlesWithTheSubprotocolGivesAClearErrorOrAConnection(t *testing.T) {
	t.Parallel()
	dsn := surrealtest.DSN(t)
	dropped := func(string) string { return "" }
	only := func(name string) func(string) string {
		return func(string) string { return "Sec-WebSocket-Protocol: " + name + "\r\n" }
	}
	for name, tc := range map[string]struct {
		request, answer func(string) string
		want            string // of the error; "" for a connection
	}{
		"that drops the request's header": {request: dropped, want: `the server agreed to no subprotocol, expected one of "shaped", "cbor.2", "cbor"`},
		"that drops the answer's header":  {answer: dropped, want: `the server agreed to no subprotocol, expected one of "shaped", "cbor.2", "cbor"`},
		"that invents a subprotocol":      {answer: only("soap"), want: `the server agreed to subprotocol "soap", expected one of "shaped", "cbor.2", "cbor"`},
		"that writes it in upper case":    {answer: strings.ToUpper, want: `", expected one of "shaped", "cbor.2", "cbor"`},
		"that asks for it in upper case":  {request: strings.ToUpper, want: `agreed to no subprotocol`},
		"that agrees to the whole offer":  {answer: only("shaped, cbor.2, cbor"), want: `agreed to subprotocol "shaped, cbor.2, cbor", expected one of`},
		"that agrees to two":              {answer: func(line string) string { return line + line }, want: `agreed to subprotocol "`},
		"that asks for another one":       {request: only("json"), want: `agreed to subprotocol "json"`},
		"that lets cbor through alone": {request: func(line string) string {
			if strings.Contains(line, "cbor") {
				return only("cbor")(line)
			}
			return ""
		}},
		"that writes the header's name in lower case": {
			request: func(line string) string {
				return strings.Replace(line, "Sec-WebSocket-Protocol", "sec-websocket-protocol", 1)
			},
			answer: func(line string) string {
				return strings.Replace(line, "Sec-WebSocket-Protocol", "sec-websocket-protocol", 1)
			},
		},
		"that leaves out the blanks": {request: func(line string) string { return strings.ReplaceAll(line, ", ", ",") }},
	} {
		t.Run("a proxy "+name, func(t *testing.T) {
			t.Parallel()
			var used drivertest.Sockets
			db := drivertest.OpenDB(t, dsn, speaking(surrealsql.ProtocolAuto), func(cfg *surrealsql.Config) {
				cfg.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
					nc, err := used.Dial(ctx, network, addr)
					if err != nil {
						return nil, err
					}
					return &meddler{Conn: nc, request: tc.request, answer: tc.answer}, nil
				}
			})
			err := db.PingContext(t.Context())
			if tc.want == "" {
				require.NoError(t, err)
				return
			}
			const declined = "HTTP 400 Bad Request instead of 101: expected subprotocol cbor" // by the embedded engine, which has no other
			if !strings.Contains(err.Error(), declined) {
				require.ErrorContains(t, err, tc.want)
				require.ErrorContains(t, err, "Sec-WebSocket-Protocol? A proxy that takes only one subprotocol may take protocol=cbor; nothing was sent")
			}
			require.True(t, surrealsql.IsConnectivity(err))
			require.False(t, surrealsql.IsRetryable(err))
			open, opened := used.Count()
			require.Equal(t, []int{0, 1}, []int{open, opened}, "it is not tried again")
		})
	}
}

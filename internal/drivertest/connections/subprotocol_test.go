package connections

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/drivertest"
	"github.com/surrealsql/surrealsql/internal/scripted"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// Which WebSocket subprotocol a connection speaks, where the Config says it.

// speaking makes a Config speak a protocol and no other.
func speaking(p surrealsql.Protocol) func(*surrealsql.Config) {
	return func(cfg *surrealsql.Config) { cfg.Protocol = p }
}

func TestProtocolOfTheConfigIsSpokenByServersThatHaveIt(t *testing.T) {
	t.Parallel()
	for _, p := range []surrealsql.Protocol{surrealsql.ProtocolCBOR, surrealsql.ProtocolCBOR2, surrealsql.ProtocolShaped} {
		if p != surrealsql.ProtocolCBOR {
			surrealtest.Needs(t, "4.0")
		}
		var used drivertest.Sockets
		conn := drivertest.Connect(t, surrealtest.DSN(t), speaking(p), used.Use)
		require.Equal(t, p, conn.Protocol())
		require.NoError(t, conn.Ping(t.Context()))
		_, opened := used.Count()
		require.Equal(t, 1, opened)
	}
}

func TestProtocolThatTheServerLacksIsAnErrorThatSaysWhatToDo(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		script func(*scripted.Conn)
		said   string
	}{
		"by an answer without one": {func(c *scripted.Conn) { c.Upgrade(); _ = c.AwaitEnd() }, // 3.3.5
			`the server agreed to no subprotocol, expected "%s": is this a SurrealDB server that speaks it, and does no proxy drop the header Sec-WebSocket-Protocol?`},
		"by another one": {func(c *scripted.Conn) { c.UpgradeAs("cbor"); _ = c.AwaitEnd() },
			`the server agreed to subprotocol "cbor", expected "%s": is this a SurrealDB server, and does no proxy change the header Sec-WebSocket-Protocol?`},
		"by a refusal": {func(c *scripted.Conn) { c.Refuse(http.StatusBadRequest, "expected subprotocol cbor") },
			"HTTP 400 Bad Request instead of 101: expected subprotocol cbor"},
	} {
		for _, p := range []surrealsql.Protocol{surrealsql.ProtocolShaped, surrealsql.ProtocolCBOR2} {
			t.Run(name+" to "+string(p), func(t *testing.T) {
				t.Parallel()
				srv := scripted.Listen(t, tc.script)
				var used drivertest.Sockets
				db := drivertest.OpenDB(t, srv.DSN("protocol="+string(p), "connect_backoff=1ms"), used.Use)
				err := db.PingContext(t.Context())
				require.ErrorContains(t, err, "(connect): protocol is "+string(p)+": ")
				require.ErrorContains(t, err, strings.Replace(tc.said, "%s", string(p), 1))
				require.ErrorContains(t, err, "; servers speak it from SurrealDB 4.0 on, and protocol=auto takes what the server has; nothing was sent")
				require.True(t, surrealsql.IsConnectivity(err))
				require.False(t, surrealsql.IsRetryable(err))
				open, opened := used.Count()
				require.Zero(t, open)
				require.Equal(t, 1, opened, "it is not tried again")
			})
		}
	}
}

func TestProtocolCBORThatTheServerLacksIsAnError(t *testing.T) {
	t.Parallel()
	srv := scripted.New(t, nil).UseProtocols("shaped", "cbor.2")
	err := drivertest.OpenDB(t, srv.DSN("protocol=cbor")).PingContext(t.Context())
	require.ErrorContains(t, err, `agreed to no subprotocol, expected "cbor"`)
	require.NotContains(t, err.Error(), "4.0")
}

func TestProtocolOfServersBefore40IsCBOR(t *testing.T) {
	t.Parallel()
	if surrealtest.Version(t) >= "4" {
		t.Skip("this one has others")
	}
	dsn := surrealtest.DSN(t)
	require.Equal(t, surrealsql.ProtocolCBOR, drivertest.Connect(t, dsn).Protocol())
	err := drivertest.OpenDB(t, dsn, speaking(surrealsql.ProtocolShaped)).PingContext(t.Context())
	require.ErrorContains(t, err, "protocol is shaped: ")
	require.ErrorContains(t, err, "protocol=auto takes what the server has")
}

func TestProtocolThatBeforeConnectSaysHoldsForItsConnection(t *testing.T) {
	t.Parallel()
	srv := scripted.New(t, nil).UseProtocols("cbor", "shaped")
	next := surrealsql.ProtocolShaped
	connect := func() surrealsql.Protocol {
		return drivertest.Connect(t, srv.DSN(), func(cfg *surrealsql.Config) {
			cfg.BeforeConnect = func(_ context.Context, cfg *surrealsql.Config) error {
				cfg.Protocol = next
				return nil
			}
		}).Protocol()
	}
	require.Equal(t, surrealsql.ProtocolShaped, connect())
	next = "" // as if it had not been set
	require.Equal(t, surrealsql.ProtocolCBOR, connect())
}

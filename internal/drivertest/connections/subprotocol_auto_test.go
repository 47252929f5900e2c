package connections

import (
	"context"
	"database/sql/driver"
	"errors"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/breaker"
	"github.com/surrealsql/surrealsql/internal/drivertest"
	"github.com/surrealsql/surrealsql/internal/scripted"
)

// ProtocolAuto: what is offered to which server, how often it is dialled for that, and what
// the connector has learnt of it by then.

// The orders in which servers take what they are offered.
var (
	like3    = []string{"json", "cbor", "flatbuffers"}                     // 3.3.5
	like4    = []string{"json", "cbor.2", "cbor", "flatbuffers", "shaped"} // 4.0.0-beta.1
	unshaped = []string{"json", "cbor.2", "cbor", "flatbuffers"}           // 4.0.0-beta.1, built without
	willing  = []string{"shaped", "cbor.2", "cbor"}
)

const (
	whole = "shaped, cbor.2, cbor"
	alone = "shaped"
)

// asked is a scripted server, and how many of its offers a test has seen.
type asked struct {
	*scripted.Server
	seen int
}

func newAsked(t testing.TB, speaks []string) *asked {
	return &asked{Server: scripted.New(t, nil).UseProtocols(speaks...)}
}

// offered returns what was offered since it was last called.
func (a *asked) offered() (offers []string) {
	for _, names := range a.Offers()[a.seen:] {
		offers = append(offers, strings.Join(names, ", "))
	}
	a.seen += len(offers)
	return offers
}

// newAuto makes a connector by ProtocolAuto.
func newAuto(t testing.TB, dsn string, change ...func(*surrealsql.Config)) *surrealsql.Connector {
	t.Helper()
	cfg, err := surrealsql.ParseDSN(dsn)
	require.NoError(t, err)
	for _, f := range change {
		f(cfg)
	}
	c, err := surrealsql.NewConnector(cfg)
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// speaks connects, and returns what the connection speaks.
func speaks(t testing.TB, c *surrealsql.Connector) surrealsql.Protocol {
	t.Helper()
	conn, err := c.Connect(t.Context())
	require.NoError(t, err)
	defer conn.Close()
	require.NoError(t, conn.(driver.Pinger).Ping(t.Context()))
	return conn.(*surrealsql.Conn).Protocol()
}

func TestAutoOffersAServerWhatItTakesBestWithAsFewDialsAsCanBe(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		speaks []string
		want   surrealsql.Protocol
		first  []string // offers of the first connect
		later  string   // the offer of each further one
	}{
		"before 4.0":                 {like3, surrealsql.ProtocolCBOR, []string{whole}, whole},
		"that takes cbor.2 first":    {like4, surrealsql.ProtocolShaped, []string{whole, alone}, alone},
		"that takes shaped first":    {willing, surrealsql.ProtocolShaped, []string{whole}, whole},
		"that has no shaped":         {unshaped, surrealsql.ProtocolCBOR2, []string{whole, alone, whole}, whole},
		"that speaks shaped alone":   {[]string{"shaped"}, surrealsql.ProtocolShaped, []string{whole}, whole},
		"that speaks cbor.2 alone":   {[]string{"cbor.2"}, surrealsql.ProtocolCBOR2, []string{whole, alone, whole}, whole},
		"that takes cbor before all": {[]string{"cbor", "shaped", "cbor.2"}, surrealsql.ProtocolCBOR, []string{whole}, whole},
	} {
		t.Run("a server "+name, func(t *testing.T) {
			t.Parallel()
			srv := newAsked(t, tc.speaks)
			c := newAuto(t, srv.DSN())
			require.Equal(t, tc.want, speaks(t, c))
			require.Equal(t, tc.first, srv.offered())
			for range 3 {
				require.Equal(t, tc.want, speaks(t, c))
				require.Equal(t, []string{tc.later}, srv.offered())
			}
			require.Equal(t, 4, srv.Count("version"), "nothing was asked on a connection that was given up")
			require.Equal(t, tc.want, speaks(t, newAuto(t, srv.DSN())))
			require.Equal(t, tc.first, srv.offered(), "another connector knows nothing")
		})
	}
}

func TestAutoNegotiatesAnewWithAServerThatChanges(t *testing.T) {
	t.Parallel()
	srv := newAsked(t, like4)
	c := newAuto(t, srv.DSN())
	for _, step := range []struct {
		speaks []string
		want   surrealsql.Protocol
		offers []string
	}{
		{like4, surrealsql.ProtocolShaped, []string{whole, alone}},
		{like4, surrealsql.ProtocolShaped, []string{alone}},
		{like3, surrealsql.ProtocolCBOR, []string{alone, whole}},
		{like3, surrealsql.ProtocolCBOR, []string{whole}},
		{like4, surrealsql.ProtocolShaped, []string{whole, alone}},
		{willing, surrealsql.ProtocolShaped, []string{alone}},
		{unshaped, surrealsql.ProtocolCBOR2, []string{alone, whole}},
		{unshaped, surrealsql.ProtocolCBOR2, []string{whole}},
		{like3, surrealsql.ProtocolCBOR, []string{whole}},
		{willing, surrealsql.ProtocolShaped, []string{whole}},
	} {
		srv.UseProtocols(step.speaks...)
		require.Equal(t, step.want, speaks(t, c))
		require.Equal(t, step.offers, srv.offered())
	}
}

func TestAutoAsksAServerWithoutShapedAgainAfterItWasGone(t *testing.T) {
	t.Parallel()
	srv := newAsked(t, unshaped)
	db := drivertest.PlainDB(t, srv.DSN("health_check_interval=1h"), speaking(surrealsql.ProtocolAuto))
	require.NoError(t, db.PingContext(t.Context()))
	require.Equal(t, []string{whole, alone, whole}, srv.offered())
	srv.UseProtocols(like4...)
	srv.HangUp()
	require.NoError(t, drivertest.Exec(t.Context(), db, "CREATE x"))
	require.Equal(t, []string{whole, alone}, srv.offered())
	require.Equal(t, surrealsql.ProtocolShaped, drivertest.ConnOf(t, db).Protocol())
}

func TestAutoTakesTheStatus400ForARefusalOfWhatItOffersAlone(t *testing.T) {
	t.Parallel()
	srv := scripted.Listen(t, func(c *scripted.Conn) {
		if c.Number() == 3 {
			c.Refuse(http.StatusBadRequest, "expected subprotocol cbor") // so does the embedded engine
			return
		}
		c.Upgrade()
		c.Serve(nil)
	}).UseProtocols(like4...)
	c := newAuto(t, srv.DSN())
	require.Equal(t, surrealsql.ProtocolShaped, speaks(t, c))
	srv.UseProtocols(like3...)
	require.Equal(t, surrealsql.ProtocolCBOR, speaks(t, c))
	require.Equal(t, 4, srv.Connections())
}

func TestAutoClosesWhatItGivesUpBeforeItDialsAgain(t *testing.T) {
	t.Parallel()
	ends := make(chan scripted.ClientEnd, 1)
	srv := scripted.New(t, func(c *scripted.Conn) {
		if c.Protocol() == "cbor.2" {
			ends <- c.AwaitClose()
			return
		}
		c.Serve(nil)
	}).UseProtocols(like4...)
	used := slowlyClosed{takes: 50 * time.Millisecond}
	c := newAuto(t, srv.DSN(), used.Use)
	began := time.Now()
	require.Equal(t, surrealsql.ProtocolShaped, speaks(t, c))
	require.GreaterOrEqual(t, time.Since(began), used.takes)
	require.Equal(t, uint16(1000), drivertest.Receive(t, ends, "the end of the first").Code, "it is told")
	open, opened := used.Count()
	require.Equal(t, []int{0, 2, 1}, []int{open, opened, used.Most()})
}

func TestAutoWithManyConnectsAtOnceEndsRightForEach(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		speaks []string
		want   surrealsql.Protocol
		most   int // dials for one of them
	}{
		"before 4.0":              {like3, surrealsql.ProtocolCBOR, 1},
		"that takes cbor.2 first": {like4, surrealsql.ProtocolShaped, 2},
		"that has no shaped":      {unshaped, surrealsql.ProtocolCBOR2, 3},
	} {
		t.Run("a server "+name, func(t *testing.T) {
			t.Parallel()
			const connects = 40
			srv := newAsked(t, tc.speaks)
			c := newAuto(t, srv.DSN("reuse_token=false"))
			conns := make([]driver.Conn, connects)
			errs := make([]error, connects)
			var wg sync.WaitGroup
			for i := range conns {
				wg.Go(func() { conns[i], errs[i] = c.Connect(t.Context()) })
			}
			wg.Wait()
			require.NoError(t, errors.Join(errs...))
			for _, conn := range conns {
				require.Equal(t, tc.want, conn.(*surrealsql.Conn).Protocol())
				require.NoError(t, conn.Close())
			}
			require.LessOrEqual(t, len(srv.offered()), tc.most*connects)
			srv.AwaitOpen(0)
			require.Equal(t, tc.want, speaks(t, c))
			require.Len(t, srv.offered(), 1)
		})
	}
}

func TestAutoKnowsEachHostByItself(t *testing.T) {
	t.Parallel()
	old, beta, next := newAsked(t, like3), newAsked(t, like4), newAsked(t, willing)
	c := newAuto(t, old.DSN("load_balance=round_robin"), func(cfg *surrealsql.Config) {
		cfg.Hosts = []string{old.Addr(), beta.Addr(), next.Addr()}
	})
	for range 3 {
		require.Equal(t, surrealsql.ProtocolCBOR, speaks(t, c))
		require.Equal(t, surrealsql.ProtocolShaped, speaks(t, c))
		require.Equal(t, surrealsql.ProtocolShaped, speaks(t, c))
	}
	require.Equal(t, slices.Repeat([]string{whole}, 3), old.offered())
	require.Equal(t, []string{whole, alone, alone, alone}, beta.offered())
	require.Equal(t, slices.Repeat([]string{whole}, 3), next.offered())
}

// second is a server that takes cbor.2 first, and what it does to the dial after that.
func second(t *testing.T, f func(*scripted.Conn)) *scripted.Server {
	return scripted.Listen(t, func(c *scripted.Conn) {
		if c.Number() > 1 {
			f(c)
			return
		}
		c.Upgrade()
		c.Serve(nil)
	}).UseProtocols(like4...)
}

func TestAutoIsBoundedByConnectTimeoutInAllItsDials(t *testing.T) {
	t.Parallel()
	var used drivertest.Sockets
	srv := second(t, func(c *scripted.Conn) { c.ReadUpgrade(); c.Stall() })
	const limit = 300 * time.Millisecond
	drivertest.RequireOnTime(t, func() time.Duration {
		c := newAuto(t, srv.DSN("connect_timeout=300ms"), used.Use)
		began := time.Now()
		_, err := c.Connect(context.Background())
		after := time.Since(began) - limit
		require.True(t, surrealsql.IsTimeout(err))
		require.ErrorContains(t, err, "connect_timeout is over")
		return after
	})
	open, _ := used.Count()
	require.Zero(t, open)
}

func TestAutoEndsWithItsContextBetweenTwoDials(t *testing.T) {
	t.Parallel()
	for name, connected := range map[string]bool{"when the second begins": false, "when the second has connected": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := newAsked(t, like4)
			var used drivertest.Sockets
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			dials := 0
			c := newAuto(t, srv.DSN(), func(cfg *surrealsql.Config) {
				cfg.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
					dials++
					if dials == 2 && !connected {
						cancel()
					}
					nc, err := used.Dial(context.WithoutCancel(ctx), network, addr) // that does not look
					if dials == 2 {
						cancel()
					}
					return nc, err
				}
			})
			_, err := c.Connect(ctx)
			require.ErrorIs(t, err, context.Canceled)
			require.ErrorContains(t, err, "nothing was sent")
			require.Equal(t, 2, dials)
			used.AwaitOpen(t, 0)
			require.Zero(t, srv.Count("version"))
			require.Equal(t, surrealsql.ProtocolShaped, speaks(t, c))
			require.Equal(t, 3, dials, "what was learnt is known")
		})
	}
}

func TestAutoTriesAgainWhatCanPassInItsSecondDial(t *testing.T) {
	t.Parallel()
	failed := false
	srv := second(t, func(c *scripted.Conn) {
		if !failed {
			failed = true
			c.Arrived()
			c.Reset()
			return
		}
		c.Upgrade()
		c.Serve(nil)
	})
	c := newAuto(t, srv.DSN("connect_backoff=1ms"))
	require.Equal(t, surrealsql.ProtocolShaped, speaks(t, c))
	require.Equal(t, 3, srv.Connections())
}

func TestAutoIsOneConnectToHooksAndTracers(t *testing.T) {
	t.Parallel()
	srv := newAsked(t, like4)
	hooked := 0
	var log drivertest.Logbook
	var ends []surrealsql.ConnectEnd
	c := newAuto(t, srv.DSN(), drivertest.WithLog(&log), func(cfg *surrealsql.Config) {
		cfg.BeforeConnect = func(context.Context, *surrealsql.Config) error { hooked++; return nil }
		cfg.Tracer = endsOfConnects{&ends}
	})
	require.Equal(t, surrealsql.ProtocolShaped, speaks(t, c))
	require.Equal(t, 1, hooked)
	require.Len(t, ends, 1)
	require.Equal(t, surrealsql.ProtocolShaped, ends[0].Protocol)
	connected := log.Records(t, "connected")
	require.Len(t, connected, 1)
	require.Equal(t, "shaped", connected[0]["protocol"])
}

// endsOfConnects notes how connects end.
type endsOfConnects struct{ ends *[]surrealsql.ConnectEnd }

func (endsOfConnects) QueryStart(ctx context.Context, _ surrealsql.QueryStart) context.Context {
	return ctx
}
func (endsOfConnects) QueryEnd(context.Context, surrealsql.QueryEnd) {}
func (endsOfConnects) ConnectStart(ctx context.Context, _ surrealsql.ConnectStart) context.Context {
	return ctx
}
func (e endsOfConnects) ConnectEnd(_ context.Context, end surrealsql.ConnectEnd) {
	*e.ends = append(*e.ends, end)
}

// A breaker that is half open lets one connect through, with all its dials.
func TestAutoIsOneConnectToABreaker(t *testing.T) {
	t.Parallel()
	srv := newAsked(t, like4)
	circuit := breaker.New(breaker.Settings{Failures: 1, OpenFor: time.Millisecond})
	down := true
	c := newAuto(t, srv.DSN("connect_attempts=1"), func(cfg *surrealsql.Config) {
		cfg.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
			if down {
				return nil, drivertest.ErrRefused
			}
			return new(net.Dialer).DialContext(ctx, network, addr)
		}
	}, circuit.Install)
	_, err := c.Connect(t.Context())
	require.ErrorIs(t, err, drivertest.ErrRefused)
	down = false
	require.Eventually(t, func() bool { return circuit.State(srv.Addr()) == breaker.HalfOpen }, drivertest.Patience, time.Millisecond)
	require.Equal(t, surrealsql.ProtocolShaped, speaks(t, c))
	require.Equal(t, []string{whole, alone}, srv.offered())
	require.Equal(t, breaker.Closed, circuit.State(srv.Addr()))
}

package replay_test

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/binary"
	"net"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	surrealdb "github.com/surrealdb/surrealdb.go"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/benchmarks/internal/hand"
	"github.com/surrealsql/surrealsql/benchmarks/internal/replay"
	"github.com/surrealsql/surrealsql/internal/cbor"
)

// Replies over each transport, for the driver, the SDK and a client by hand.

const text = "SELECT n FROM number"

// payload is a reply with the rows {n: 0}, {n: 1} and so on.
func payload(rows int) []byte {
	b := cbor.AppendUint(cbor.AppendText(cbor.AppendMapHeader(nil, 2), "id"), 1)
	b = cbor.AppendArrayHeader(cbor.AppendText(b, "result"), 1)
	b = cbor.AppendArrayHeader(cbor.AppendText(cbor.AppendMapHeader(b, 3), "result"), rows)
	for i := range rows {
		b = cbor.AppendInt(cbor.AppendText(cbor.AppendMapHeader(b, 1), "n"), int64(i))
	}
	b = cbor.AppendText(cbor.AppendText(b, "status"), "OK")
	return cbor.AppendText(cbor.AppendText(b, "time"), "1ms")
}

func recording(t *testing.T, rows int) *replay.Recording {
	t.Helper()
	r, err := replay.Parse(payload(rows))
	require.NoError(t, err)
	return r
}

func open(t *testing.T, cfg *surrealsql.Config) *sql.DB {
	t.Helper()
	cfg.User, cfg.Password, cfg.Namespace, cfg.Database = "root", "root", "ns", "db"
	connector, err := surrealsql.NewConnector(cfg)
	require.NoError(t, err)
	db := sql.OpenDB(connector)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}

// numbers reads the rows and returns their numbers.
func numbers(t *testing.T, db *sql.DB) (all []int) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), text)
	require.NoError(t, err)
	defer rows.Close()
	for rows.Next() {
		var n int
		require.NoError(t, rows.Scan(&n))
		all = append(all, n)
	}
	require.NoError(t, rows.Err())
	return all
}

func TestReplyIsReplayedByteForByte(t *testing.T) {
	for _, rows := range []int{0, 1, 3, 23, 24, 300} {
		r := recording(t, rows)
		require.Equal(t, rows, r.Rows())
		require.Equal(t, payload(rows), r.Reply(rows).Payload([]byte{1}))
	}
}

func TestReplyGrowsByRepeatingItsRows(t *testing.T) {
	r := recording(t, 3)
	for want, rows := range map[int][]int{1: {0}, 2: {0, 1}, 3: {0, 1, 2}, 7: {0, 1, 2, 0, 1, 2, 0}} {
		db := open(t, &surrealsql.Config{Hosts: []string{"replay"}, DialContext: replay.Dialer(r.Reply(want))})
		require.Equal(t, rows, numbers(t, db))
	}
}

func TestReplyThatIsNoneIsRefused(t *testing.T) {
	for name, b := range map[string][]byte{
		"nothing":   nil,
		"a text":    cbor.AppendText(nil, "hello"),
		"no id":     cbor.AppendMapHeader(nil, 0),
		"truncated": payload(3)[:20],
		"an error":  bytes.Replace(payload(1), cbor.AppendText(nil, "OK"), cbor.AppendText(nil, "ERR"), 1),
	} {
		_, err := replay.Parse(b)
		require.ErrorContains(t, err, "replay: ", name)
	}
}

// shapedPayload is a reply whose rows, of one integer each, are a block.
func shapedPayload(rows int) []byte {
	shape := "\x07\x00\x00\x00" + "\x00" + "\x00\x00\x00\x00" + "\x08\x00\x00\x00" + "\x00\x00\x00\x00" + "\xff\xff\xff\xff" +
		"\x01\x00\x00\x00" + "\x01\x00n" + "\x02\x00\x00" + "\xff\xff\xff\xff" + "\x00\x00\x00\x00" + "\x00\x00" +
		"\x00\x00\x00\x00" + "\xff\xff\xff\xff"
	var batch []byte
	for i := range rows {
		batch = binary.LittleEndian.AppendUint64(batch, uint64(i))
	}
	block := binary.LittleEndian.AppendUint32([]byte{1, 1}, uint32(len(shape)))
	block = binary.LittleEndian.AppendUint32(append(append(block, shape...), 2), uint32(8+len(batch)))
	block = binary.LittleEndian.AppendUint32(append(block, "\x07\x00\x00\x00"...), uint32(rows))
	block = append(block, batch...)

	b := cbor.AppendUint(cbor.AppendText(cbor.AppendMapHeader(nil, 2), "id"), 1)
	b = cbor.AppendArrayHeader(cbor.AppendText(b, "result"), 1)
	b = cbor.AppendTag(cbor.AppendText(cbor.AppendMapHeader(b, 2), "result"), 57)
	b = append(binary.BigEndian.AppendUint32(append(b, 0x5a), uint32(len(block))), block...)
	return cbor.AppendText(cbor.AppendText(b, "status"), "OK")
}

func TestBlockIsReplayedByteForByte(t *testing.T) {
	for _, rows := range []int{0, 1, 3, 300} {
		r, err := replay.Parse(shapedPayload(rows))
		require.NoError(t, err)
		require.Equal(t, rows, r.Rows())
		require.Equal(t, shapedPayload(rows), r.Reply(rows).Payload([]byte{1}))
	}
}

func TestBlockThatIsCutOrHasAnotherMakeIsRefused(t *testing.T) {
	whole := shapedPayload(3)
	const shape = 49 // bytes
	version := bytes.Index(whole, []byte{1, 1, shape, 0})
	batch := version + 1 + 5 + shape
	for name, change := range map[string]func(b []byte) []byte{
		"another version": func(b []byte) []byte { b[version] = 2; return b },
		"no shape":        func(b []byte) []byte { b[version+1] = 3; return b },
		"a longer shape":  func(b []byte) []byte { b[version+2] = 0xff; return b },
		"one row less":    func(b []byte) []byte { b[batch+9]--; return b },
		"one row more":    func(b []byte) []byte { b[batch+9]++; return b },
		"another kind":    func(b []byte) []byte { b[batch] = 9; return b },
		"rows of less":    func(b []byte) []byte { b[version+6+9]--; return b },
	} {
		_, err := replay.Parse(change(bytes.Clone(whole)))
		require.ErrorContains(t, err, "replay: ", name)
	}
}

func TestClientByHandRefusesAnotherSubprotocol(t *testing.T) {
	_, err := hand.New(replay.NewConn(recording(t, 1).Reply(1)), replay.Shaped)
	require.ErrorIs(t, err, hand.ErrProtocol)
}

func TestDriverReadsFromEachTransport(t *testing.T) {
	for _, rows := range []int{0, 3, 100_000} {
		reply := recording(t, 1_000).Reply(rows)
		s, err := replay.Listen(reply)
		require.NoError(t, err)
		p, err := replay.Start(reply)
		require.NoError(t, err)
		for name, cfg := range map[string]*surrealsql.Config{
			"memory":   {Hosts: []string{"replay"}, DialContext: replay.Dialer(reply)},
			"loopback": {Hosts: []string{s.Addr()}},
			"process":  {Hosts: []string{p.Addr()}},
		} {
			db := open(t, cfg)
			for range 2 {
				require.Len(t, numbers(t, db), rows, name)
			}
		}
		require.Greater(t, s.Sent(), int64(2*reply.Size(1)))
		require.NoError(t, s.Close())
		require.NoError(t, p.Close())
	}
}

func TestSessionsWorkAsOnAServer(t *testing.T) {
	db := open(t, &surrealsql.Config{Hosts: []string{"replay"}, DialContext: replay.Dialer(recording(t, 3).Reply(3))})
	for range 3 { // of which the later ones begin with a reset
		conn, err := db.Conn(t.Context())
		require.NoError(t, err)
		require.NoError(t, conn.Raw(func(c any) error {
			require.Equal(t, "3.0.2", c.(*surrealsql.Conn).ServerVersion())
			return c.(*surrealsql.Conn).Let(t.Context(), "x", 1)
		}))
		require.NoError(t, conn.PingContext(t.Context()))
		require.NoError(t, conn.Close())
	}
	require.Equal(t, []int{0, 1, 2}, numbers(t, db))
}

func TestSDKIsServed(t *testing.T) {
	s, err := replay.Listen(recording(t, 3).Reply(3))
	require.NoError(t, err)
	defer s.Close()
	db, err := surrealdb.FromEndpointURLString(t.Context(), "ws://"+s.Addr())
	require.NoError(t, err)
	defer db.Close(context.Background())
	_, err = db.SignIn(t.Context(), surrealdb.Auth{Username: "root", Password: "root"})
	require.NoError(t, err)
	require.NoError(t, db.Use(t.Context(), "ns", "db"))
	results, err := surrealdb.Query[[]struct{ N int }](t.Context(), db, text, nil)
	require.NoError(t, err)
	require.Equal(t, []struct{ N int }{{0}, {1}, {2}}, (*results)[0].Result)
}

func TestRequestMayComeInPieces(t *testing.T) {
	reply := recording(t, 3).Reply(3)
	conn := replay.NewConn(reply)
	_, err := conn.Write([]byte("GET /rpc HTTP/1.1\r\nSec-WebSocket-Key: x\r\n"))
	require.NoError(t, err)
	_, err = conn.Write([]byte("\r\n"))
	require.NoError(t, err)
	answer := make([]byte, 4096)
	_, err = conn.Read(answer)
	require.NoError(t, err)
	require.Contains(t, string(answer), "101")

	frame := append([]byte{0x82, 0x80 | 18, 0, 0, 0, 0}, "\xa2bid\x07fmethodequery"...)
	for _, b := range frame {
		_, err = conn.Write([]byte{b})
		require.NoError(t, err)
	}
	got := make([]byte, 0, 256)
	for len(got) < 2+reply.Size(1) { // by threes, as a socket might
		n, err := conn.Read(got[len(got) : len(got)+3])
		require.NoError(t, err)
		got = got[:len(got)+n]
	}
	require.Equal(t, reply.Payload([]byte{7}), got[2:])
}

func TestReadThatWouldWaitFails(t *testing.T) {
	conn := replay.NewConn(recording(t, 1).Reply(1))
	_, err := conn.Read(make([]byte, 1))
	require.ErrorContains(t, err, "nothing was asked")
	require.NoError(t, conn.SetReadDeadline(time.Now().Add(time.Hour)))
	_, err = conn.Read(make([]byte, 1))
	require.ErrorIs(t, err, os.ErrDeadlineExceeded)
	require.NoError(t, conn.Close())
	_, err = conn.Read(make([]byte, 1))
	require.ErrorIs(t, err, net.ErrClosed)
	_, err = conn.Write([]byte("x"))
	require.ErrorIs(t, err, net.ErrClosed)
}

func TestServerHangsUpOnNonsense(t *testing.T) {
	s, err := replay.Listen(recording(t, 1).Reply(1))
	require.NoError(t, err)
	defer s.Close()
	for _, nonsense := range []string{
		"GET / HTTP/1.1\r\n\r\n",
		"GET / HTTP/1.1\r\nSec-WebSocket-Key: x\r\n\r\n\x82\x01\x00\x00\x00\x00\x00",         // not masked
		"GET / HTTP/1.1\r\nSec-WebSocket-Key: x\r\n\r\n\x82\x83\x00\x00\x00\x00\xa1\x62\x69", // half an item
	} {
		conn, err := net.Dial("tcp", s.Addr())
		require.NoError(t, err)
		_, err = conn.Write([]byte(nonsense))
		require.NoError(t, err)
		var all bytes.Buffer
		_, _ = all.ReadFrom(conn) // ends, by FIN or RST
		require.NoError(t, conn.Close())
	}
}

func TestThrottledServerIsSlowUntilTheThrottleIsLifted(t *testing.T) {
	reply := recording(t, 1_000).Reply(100_000)
	s, err := replay.Listen(reply)
	require.NoError(t, err)
	defer s.Close()
	c, err := hand.Dial(t.Context(), s.Addr(), replay.CBOR)
	require.NoError(t, err)
	defer c.Close()
	s.Throttle(1 << 20)
	start := time.Now()
	time.AfterFunc(20*time.Millisecond, func() { s.Throttle(0) })
	size, err := c.Exchange(hand.Query(text, nil))
	require.NoError(t, err)
	require.Equal(t, reply.Size(5), size) // the id takes five bytes
	require.GreaterOrEqual(t, time.Since(start), 20*time.Millisecond)
}

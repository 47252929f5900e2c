package rpc

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"testing"

	gobwas "github.com/gobwas/ws"
	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql/internal/cbor"
	"github.com/surrealsql/surrealsql/internal/ws"
)

// What a round trip costs.

// answering starts a server that answers each request with NONE and allocates
// nothing, so that what a client allocates can be counted beside it.
func answering(tb testing.TB) (addr string) {
	tb.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(tb, err)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		nc, err := ln.Accept()
		if err != nil {
			return
		}
		defer nc.Close()
		u := gobwas.Upgrader{Protocol: func([]byte) bool { return true }}
		if _, err := u.Upgrade(nc); err == nil {
			answerAll(nc)
		}
	}()
	tb.Cleanup(func() { _ = ln.Close(); <-ended })
	return ln.Addr().String()
}

func answerAll(nc net.Conn) {
	var d cbor.Decoder
	in, out := make([]byte, 256), make([]byte, 0, 256)
	for {
		// Requests here are short: 2 bytes of header, 4 of mask.
		if _, err := io.ReadFull(nc, in[:6]); err != nil {
			return
		}
		msg := in[6 : 6+int(in[1]&0x7F)]
		if _, err := io.ReadFull(nc, msg); err != nil {
			return
		}
		gobwas.Cipher(msg, [4]byte(in[2:6]), 0)
		d.Reset(msg)
		_, _ = d.MapLen()
		_, _ = d.TextBytes() // "id" comes first
		id, err := d.Uint()
		if err != nil {
			return
		}
		out = append(out[:0], 0x82, 0)
		out = cbor.AppendUint(cbor.AppendText(cbor.AppendMapHeader(out, 2), "id"), id)
		out = append(cbor.AppendText(out, "result"), 0xC6, 0xF6)
		out[1] = byte(len(out) - 2)
		if _, err := nc.Write(out); err != nil {
			return
		}
	}
}

func dial(tb testing.TB) *Conn {
	tb.Helper()
	w, err := ws.Dial(context.Background(), ws.Options{Addr: answering(tb), Path: "/rpc", Protocols: []string{"cbor"}})
	require.NoError(tb, err)
	tb.Cleanup(w.Abort)
	return NewConn(w)
}

func TestRoundTripWithoutAContextAllocatesNothing(t *testing.T) {
	c := dial(t)
	require.Zero(t, testing.AllocsPerRun(200, func() {
		if _, err := ask(context.Background(), c, "RETURN 1"); err != nil {
			t.Error(err)
		}
		if err := c.Poll(false); err != nil {
			t.Error(err)
		}
	}))
}

func TestRoundTripUnderAContextAllocatesLittle(t *testing.T) {
	c := dial(t)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	require.LessOrEqual(t, testing.AllocsPerRun(200, func() {
		if _, err := ask(ctx, c, "RETURN 1"); err != nil {
			t.Error(err)
		}
	}), 3.0)
}

func BenchmarkRoundTrip(b *testing.B) {
	run := func(ctx context.Context) func(b *testing.B) {
		return func(b *testing.B) {
			c := dial(b)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := ask(ctx, c, "RETURN 1"); err != nil {
					b.Fatal(err)
				}
			}
		}
	}
	b.Run("unguarded", run(context.Background()))
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	b.Run("guarded", run(ctx))
	b.Run("baseline", exchangeBare)
}

// exchangeBare is the limit: the same bytes written and read without any of this
// package.
func exchangeBare(b *testing.B) {
	nc, _, _, err := gobwas.Dialer{Protocols: []string{"cbor"}}.Dial(context.Background(), "ws://"+answering(b)+"/rpc")
	require.NoError(b, err)
	defer nc.Close()
	request := cbor.AppendUint(cbor.AppendText(cbor.AppendMapHeader(nil, 3), "id"), 1<<20)
	request = cbor.AppendText(cbor.AppendText(request, "method"), "query")
	request = cbor.AppendText(cbor.AppendArrayHeader(cbor.AppendText(request, "params"), 1), "RETURN 1")
	frame := gobwas.MustCompileFrame(gobwas.MaskFrameWith(gobwas.NewBinaryFrame(request), [4]byte{1, 2, 3, 4}))
	in := make([]byte, 256)
	for b.Loop() {
		if _, err := nc.Write(frame); err != nil {
			b.Fatal(err)
		}
		if n, err := nc.Read(in); err != nil || binary.BigEndian.Uint16(in) != 0x8200|uint16(n-2) {
			b.Fatal(n, err)
		}
	}
}

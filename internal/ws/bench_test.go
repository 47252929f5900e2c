package ws

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"testing"
	"time"

	"github.com/surrealsql/surrealsql/internal/scripted"
)

// What reading a message costs.

// feed is a transport that brings the same bytes over and over, at most step at
// a time, as a socket does. What is written to it is dropped.
type feed struct {
	net.Conn
	bytes []byte
	at    int
	step  int
	given int // bytes, in all
}

func (f *feed) Read(b []byte) (int, error) {
	if f.at == len(f.bytes) {
		f.at = 0
	}
	n := copy(b[:min(len(b), f.step)], f.bytes[f.at:])
	f.at += n
	f.given += n
	return n, nil
}

func (f *feed) Write(b []byte) (int, error)      { return len(b), nil }
func (f *feed) Close() error                     { return nil }
func (f *feed) SetDeadline(time.Time) error      { return nil }
func (f *feed) SetReadDeadline(time.Time) error  { return nil }
func (f *feed) SetWriteDeadline(time.Time) error { return nil }

// BenchmarkReadMessage has as its baseline what it takes to copy the same bytes
// out of the same transport into memory that is there already.
func BenchmarkReadMessage(b *testing.B) {
	for _, size := range []int{100, 4 << 10, 64 << 10, 10 << 20} {
		frame := scripted.Binary(bytes.Repeat([]byte{7}, size))
		b.Run(fmt.Sprintf("%d", size), func(b *testing.B) {
			f := &feed{bytes: frame, step: 64 << 10}
			c := newConn(f, f, 0, nil)
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				if m, err := c.ReadMessage(); err != nil || len(m) != size {
					b.Fatal(len(m), err)
				}
			}
		})
		b.Run(fmt.Sprintf("%d/baseline", size), func(b *testing.B) {
			f := &feed{bytes: frame, step: 64 << 10}
			into := make([]byte, len(frame))
			b.SetBytes(int64(size))
			for b.Loop() {
				if _, err := io.ReadFull(f, into); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

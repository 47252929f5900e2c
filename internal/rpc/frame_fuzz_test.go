package rpc

import (
	"testing"

	"github.com/surrealsql/surrealsql/internal/cbor"
	"github.com/surrealsql/surrealsql/internal/scripted"
)

// Frames of any bytes.

func FuzzFrameIsReadOrRefused(f *testing.F) {
	for _, seed := range []scripted.Raw{
		scripted.StreamBegin(1), scripted.StreamRows(0, 1, "x"), scripted.StreamRows(3), scripted.StreamValue(0, nil),
		scripted.StreamFinished(0), scripted.StreamSingle(1), scripted.StreamFailed(0, "no"), scripted.StreamEnd(1), scripted.StreamStopped(0),
		scripted.Object("values", []any{1}, "stream", "rows", "index", -1), scripted.Object("stream", "hello"), scripted.Object(),
		{0xBF, 0xFF}, {0xBB, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF},
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var d cbor.Decoder
		d.Reset(b)
		got, err := readFrame(&d)
		switch {
		case err != nil || got.Kind == frameUnknown:
		case got.Index < 0:
			t.Fatalf("a frame of statement %d", got.Index)
		case (got.Kind == FrameRows || got.Kind == FrameValue) && got.Body == nil:
			t.Fatal("a frame that should hold something holds nothing")
		case got.revision != streamRevision:
			t.Fatalf("a frame of revision %d", got.revision)
		}
	})
}

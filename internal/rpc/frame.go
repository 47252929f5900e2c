package rpc

import (
	"errors"
	"fmt"
	"math"

	"github.com/surrealsql/surrealsql/internal/cbor"
)

// One frame of a stream, taken apart.

// FrameKind says what a frame tells of its statement.
type FrameKind uint8

// The kinds of frames. That of the stream's begin is read by Open, and what this revision
// does not know is skipped, as the server's authors ask for.
const (
	FrameRows     FrameKind = iota + 1 // some of its rows; they are provisional until it has finished
	FrameValue                         // its result, which is no list; provisional, too
	FrameFinished                      // it is final
	FrameEnd                           // the stream is over, and no further frame comes
)

// Frame is one of a stream.
type Frame struct {
	Kind   FrameKind
	Index  int          // of the statement, from 0; 0 at the end
	Body   []byte       // of rows and values: begins with the CBOR of the array or the value; valid until the next frame is read
	Single bool         // of FrameFinished: the result is a value, NONE where no frame gave one
	Err    *ServerError // of FrameFinished and FrameEnd
}

// streamRevision is the revision of the frames that is read here.
const streamRevision = 1

// frame is a Frame as it comes.
type frame struct {
	Frame
	tag      string
	revision int64
	inPlace  bool // Body has no end yet: the decoder stands before its array, which is the last of the frame
}

// frameBegin is the kind of the begin of a stream, and frameUnknown that of what this revision
// does not know: nothing that the caller need see.
const (
	frameUnknown FrameKind = 0
	frameBegin   FrameKind = 0xFF
)

// readFrame reads a frame, or one of rows up to them.
func readFrame(d *cbor.Decoder) (f frame, err error) {
	f.revision, f.Index = streamRevision, -1
	n, err := d.MapLen()
	for err == nil {
		var more bool
		if more, err = d.More(&n); err != nil || !more {
			break
		}
		var key []byte
		if key, err = d.TextBytes(); err != nil {
			break
		}
		if string(key) == "values" && f.tag == "rows" && n == 0 { // always, as the server sorts
			f.inPlace, f.Body = true, d.Rest()
			break
		}
		err = f.readField(d, key)
	}
	if err == nil {
		err = f.classify()
	}
	return f, err
}

func (f *frame) readField(d *cbor.Decoder, key []byte) (err error) {
	switch string(key) {
	case "stream":
		f.tag, err = d.Text()
	case "index":
		var index int64
		if index, err = d.Int(); index > math.MaxInt32 {
			err = fmt.Errorf("a frame of statement %d", index)
		}
		f.Index = int(index)
	case "version":
		f.revision, err = d.Int()
	case "single":
		f.Single, err = d.Bool()
	case "error":
		f.Err, err = ReadError(d)
	case "values", "value":
		f.Body, err = d.Raw()
	default:
		err = d.Skip()
	}
	return err
}

// classify finds the kind of a frame, and checks that it has what that needs.
func (f *frame) classify() error {
	switch f.tag {
	case "begin":
		f.Kind, f.Index = frameBegin, 0
	case "rows":
		f.Kind = FrameRows
	case "value":
		f.Kind = FrameValue
	case "finished":
		f.Kind = FrameFinished
	case "end":
		f.Kind, f.Index = FrameEnd, 0
	case "":
		return errors.New("a frame without its kind")
	default:
		f.Kind = frameUnknown
		return nil
	}
	switch {
	case f.revision != streamRevision:
		return fmt.Errorf("the server streams its answers by revision %d of its frames, and this driver knows revision %d: set stream=never", f.revision, streamRevision)
	case f.Index < 0:
		return fmt.Errorf("a frame %q of no statement", f.tag)
	case f.Body == nil && (f.Kind == FrameRows || f.Kind == FrameValue):
		return fmt.Errorf("a frame %q that holds nothing", f.tag)
	}
	return nil
}

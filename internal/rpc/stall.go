package rpc

import (
	"fmt"
	"strings"
	"time"

	"github.com/surrealsql/surrealsql/internal/cbor"
	"github.com/surrealsql/surrealsql/internal/clock"
)

// A stream whose end never comes. The server ends a stream of which it cannot send a frame for
// some time (SURREAL_WEBSOCKET_STREAM_SEND_TIMEOUT, 30 s), and the frame that says so is lost
// where the reader pauses for twice as long: then he would wait for ever (3.3.5,
// 4.0.0-beta.1). So after a pause the server is asked whether the stream still runs, by
// another query_stream with the same id: it refuses that while there is one, and otherwise
// answers the empty text.

const (
	// stallPause is from how long a pause of the reader on the stream may have been ended. It is
	// the least time that a server can be set to.
	stallPause = time.Second

	// firstProbe is how long a frame is waited for, after such a pause, before the server is
	// asked. It doubles with each question.
	firstProbe = time.Second
)

// stall is what is known of a stream's stalling.
type stall struct {
	lastRead clock.Instant
	paused   bool // the reader has paused since the stream's begin
	probing  bool // a question is not answered yet
	over     bool // the answer: there is no such stream any more
}

// begin notes that the reader comes for a frame, and end that he has been served.
func (s *stall) begin() { s.paused = s.paused || s.lastRead.Elapsed() >= stallPause }

func (s *stall) end() { s.lastRead = clock.Now() }

// nextAfterPause is Next, after a pause.
func (s *Frames) nextAfterPause() (Frame, error) {
	for wait := firstProbe; ; wait *= 2 {
		f, err := s.NextWithin(wait)
		if err != ErrNotYet {
			return f, err
		}
		if err := s.probe(); err != nil {
			return f, s.failRead(err)
		}
	}
}

// probe asks the server whether the stream still runs.
func (s *Frames) probe() error {
	if s.stall.probing {
		return nil
	}
	s.stall.probing = true
	c := s.conn
	b := c.startAs(s.id, "query_stream", NoTxn, NoTrace, 1)
	if err := c.ws.End(cbor.AppendText(b, "")); err != nil {
		return err
	}
	_, err := c.ws.FlushWithin(cancelTimeout)
	return err
}

// refused notes that the question was refused, as it is while the stream still runs. What else
// the server may say leaves open what is to come, and so what a next message answers.
func (s *stall) refused(err *ServerError) error {
	if !strings.Contains(err.Message, "is already in progress") {
		return fmt.Errorf("rpc: asking whether a stream still runs: %w", err)
	}
	s.probing = false
	return nil
}

// stopped is the error of a stream whose end was lost, in the server's words for it.
func stopped() *ServerError {
	return &ServerError{Code: -32000, Kind: "Internal", Message: "The streaming query was stopped before it completed"}
}

// isNoStream reports whether the answer to a query_cancel says that there is no such stream.
func isNoStream(err *ServerError) bool {
	return err != nil && strings.HasPrefix(err.Message, "No streaming query with this request id")
}

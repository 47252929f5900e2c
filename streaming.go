package surrealsql

import (
	"cmp"
	"context"
	"sync"
)

// Whether an answer is streamed: as the program says, or as the text and the answers to it so
// far tell (analysis.go); and which servers cannot.

// streams reports whether the answer to a text is to be streamed. mode is what its context
// says, or "".
func (c *Conn) streams(ctx context.Context, q *analysis, mode StreamMode) bool {
	if c.session.settingUp { // what is given up then is connecting
		return false
	}
	if !c.rpc.WebSocket().CanInterrupt() { // as each wait for a frame that is bounded does
		return false
	}
	switch cmp.Or(mode, c.cfg.Stream) {
	case StreamNever:
		return false
	case StreamAlways:
	default:
		if !q.wantsStream(ctx) || !c.mayStream() {
			return false
		}
	}
	return !c.connector.unstreamed.hold(c)
}

// mayStream reports whether the server can be expected to stream, which 3.3.0 was the first
// to do. One that does not tell its version is asked.
func (c *Conn) mayStream() bool { return c.major > 3 || c.major == 3 && c.minor >= 3 }

// cannotStream reports whether an error says that the server cannot stream, and remembers
// that: it lacks the method (before 3.3), or denies it.
func (c *Conn) cannotStream(err error) bool {
	if !isUnknownMethod(err) && !isDeniedMethod(err) {
		return false
	}
	c.connector.unstreamed.add(c)
	return true
}

// refusals are the hosts that cannot stream. One is asked again after it seemed to be gone,
// and where it tells another version.
type refusals struct {
	mu sync.Mutex
	of map[string]hostRefusal // by host:port
}

type hostRefusal struct {
	generation uint64
	version    string
}

func (r *refusals) add(c *Conn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.of == nil {
		r.of = make(map[string]hostRefusal)
	}
	r.of[c.addr] = hostRefusal{c.host.generation.Load(), c.version}
}

func (r *refusals) hold(c *Conn) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	was, found := r.of[c.addr]
	return found && was == hostRefusal{c.host.generation.Load(), c.version}
}

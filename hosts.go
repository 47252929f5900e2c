package surrealsql

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/surrealsql/surrealsql/internal/backoff"
)

// What a connector knows of each of its hosts: whether it seemed to be gone, for how long
// it is left alone after a failure, and how long its dials take. Nothing that is learnt of
// one host says anything of another.

const (
	// firstRest is the longest rest of a host after its first failure. It doubles with each
	// further one up to longestRest, so a host that is back is tried again within that.
	firstRest   = time.Second
	longestRest = 10 * time.Second

	// turnedAwayRest is how long a host that has turned a request away is left alone. A
	// server that is shut down ends within seconds (3.3.5: 0.3 s under load), and is then
	// refused by its port alone; one that is out of memory turns away whoever comes.
	turnedAwayRest = 5 * time.Second

	// steadyAfter is how long a host must have served until its failures are forgotten. One
	// that comes and goes more often rests longer each time.
	steadyAfter = 30 * time.Second
)

// host is one server, by its host:port. It is safe for concurrent use.
type host struct {
	addr       string
	generation atomic.Uint64 // counts the times it seemed to be gone

	mu        sync.Mutex
	failures  int           // in a row, or since it last was steady
	restUntil time.Time     // until then it is tried after the others
	claimed   bool          // somebody tries it, and the others rest until they know
	serving   time.Time     // since when it has served without a failure; zero while it does not
	typical   time.Duration // of its dials that succeeded; 0 before the first
	filling   bool          // it has lost connections, and not got its share again yet
	owed      int           // connections that were closed elsewhere for its sake
	probing   bool          // a probe is under way
}

// hostsOf makes one host of each address, however often it is listed.
func hostsOf(addrs []string) []*host {
	hosts := make([]*host, len(addrs))
	for i, addr := range addrs {
		if first := slices.Index(addrs, addr); first < i {
			hosts[i] = hosts[first]
		} else {
			hosts[i] = &host{addr: addr}
		}
	}
	return hosts
}

// failed notes that the host has not served, and lets it rest. Several failures at once,
// and those of a host that is tried while it rests, count as one. It reports for how long it
// rests, and whether it has served until then, as far as is known.
func (h *host) failed(atLeast time.Duration) (rest time.Duration, first bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := time.Now()
	if !h.serving.IsZero() && now.Sub(h.serving) >= steadyAfter {
		h.failures = 0
	}
	first = h.failures == 0 || !h.serving.IsZero()
	if !h.claimed && now.Before(h.restUntil) {
		rest = max(atLeast, h.restUntil.Sub(now))
	} else {
		h.failures++
		rest = max(atLeast, backoff.Half(backoff.Bound(firstRest, longestRest, h.failures)))
	}
	h.restUntil, h.claimed = now.Add(rest), false
	h.serving, h.filling, h.owed = time.Time{}, false, 0
	return rest, first
}

// served notes that the host serves, and reports whether it did not before.
func (h *host) served() (back bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.restUntil, h.claimed = time.Time{}, false
	if !h.serving.IsZero() {
		return false
	}
	h.serving = time.Now()
	back = h.failures > 0
	h.filling = h.filling || back
	return back
}

// lost notes that the host seems to be gone, by a connection to it. Where it is not, or is
// back before anybody has dialled it, it has less than its share all the same.
func (h *host) lost() {
	h.generation.Add(1)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.filling = true
}

// dialled counts in how long a dial took that succeeded, with a quarter of its weight.
func (h *host) dialled(took time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.typical == 0 {
		h.typical = took
	}
	h.typical += (took - h.typical) / 4
}

// longestPatience bounds how long a host is waited for because its dials take long.
const longestPatience = time.Second

// dials is how long its dials take, or 0 if that is not known.
func (h *host) dials() time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.typical
}

// rests reports whether the host is tried after the others for now.
func (h *host) rests(now time.Time) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return now.Before(h.restUntil)
}

// isDown reports whether the host has failed, and not served since.
func (h *host) isDown() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.isDownLocked()
}

func (h *host) isDownLocked() bool { return h.failures > 0 && h.serving.IsZero() }

// claim takes the first try of a host whose rest is over: whoever else connects in the next
// second begins with another one, so that not all of them wait for a host that is still
// gone. It reports whether the caller may begin with this host.
func (h *host) claim(now time.Time) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if now.Before(h.restUntil) {
		return false
	}
	if h.isDownLocked() {
		h.restUntil, h.claimed = now.Add(firstRest), true
	}
	return true
}

// startProbe reports whether the caller is to ask a host that is down whether it is back.
func (h *host) startProbe(now time.Time) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.isDownLocked() || h.probing || now.Before(h.restUntil) {
		return false
	}
	h.probing, h.claimed, h.restUntil = true, true, now.Add(firstRest)
	return true
}

func (h *host) endProbe() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.probing = false
}

// wants reports whether the host serves since then, and has not got its share again yet.
func (h *host) wants(since time.Time) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.filling && !h.serving.IsZero() && !h.serving.After(since)
}

// expect notes that so many connections are closed elsewhere so that this host gets others
// in their place.
func (h *host) expect(n int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.owed += n
}

// expected is how many of them the host has not got yet.
func (h *host) expected() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.owed
}

// filled notes that the host wants no more.
func (h *host) filled() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.filling, h.owed = false, 0
}

// takeOwed reports whether a connection was closed elsewhere so that this host gets one, and
// counts it as made.
func (h *host) takeOwed() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.owed == 0 {
		return false
	}
	h.owed--
	return true
}

// inTurn puts the hosts in the order in which they are tried: from the first on whose turn it
// is and that does not rest, and those that rest behind all others.
func inTurn(hosts []*host) []*host {
	now := time.Now()
	var awake, resting []*host
	for _, h := range hosts {
		fit := !h.rests(now)
		if fit && len(awake) == 0 {
			fit = h.claim(now)
		}
		if fit {
			awake = append(awake, h)
		} else {
			resting = append(resting, h)
		}
	}
	return append(awake, resting...)
}

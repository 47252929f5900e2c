package tokens

import (
	"context"
	"sync"
	"time"

	"github.com/surrealsql/surrealsql/internal/ctxerr"
)

// Store keeps the tokens that connections share, in memory only. The zero value is ready
// for use; its methods may be called by any goroutine.
type Store struct {
	mu      sync.Mutex
	of      map[Key]*entry
	perHost bool // a host has refused what another one gave: they may be several clusters
	denied  bool // a server does not let tokens be used: SURREAL_CAPS_DENY_RPC
}

// Identity is a hash of who signs in, at what level and with what password: another password
// is another identity, so that no token outlives the password that a program gives.
type Identity [32]byte

// Key is whose token is meant, and at which host.
type Key struct {
	Who  Identity
	Addr string
}

// maxEntries bounds what is remembered where a program gives ever other credentials. A
// program of many tenants has a user for each.
const maxEntries = 1024

// entry is the token of one identity.
type entry struct {
	Token
	from    string        // the host that gave it
	alone   bool          // its tokens cannot be shared
	leader  *Turn         // the sign-in whose outcome the others wait for, or nil
	changed chan struct{} // closed, and made anew, when any of it changes
}

// maxPatience is the longest wait for the sign-in of another connection that gives no sign.
const maxPatience = 2 * time.Second

// Take returns a token to sign in with, or the turn to sign in with the password, which must
// be ended. Whoever finds another one's turn goes on with the old token while it is usable,
// and else waits: for the outcome, until ctx ends, or until the other one has lost its
// connection, or tried for so long that its server seems to be silent. lost is closed where
// the connection of the caller is. The error is that of ctx.
func (s *Store) Take(ctx context.Context, key Key, lost <-chan struct{}, patience time.Duration) (Token, *Turn, error) {
	patience = min(patience, maxPatience)
	for {
		token, turn, wait := s.tryTake(key, lost, patience)
		if wait == nil {
			return token, turn, nil
		}
		if err := wait(ctx); err != nil {
			return Token{}, nil, err
		}
	}
}

// tryTake is Take, but it returns how to wait, where there is something to wait for.
func (s *Store) tryTake(key Key, lost <-chan struct{}, patience time.Duration) (t Token, turn *Turn, wait func(context.Context) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.at(key)
	turn = &Turn{s, e, key.Addr, lost, time.Now()}
	left := e.leader.left(patience)
	switch {
	case e.alone || s.denied:
		return Token{}, turn, nil
	case e.Fresh(), e.usable() && left > 0:
		return e.Token, nil, nil
	case left <= 0:
		e.leader = turn
		return Token{}, turn, nil
	}
	leader, changed := e.leader, e.changed
	return Token{}, nil, func(ctx context.Context) error { return leader.await(ctx, changed, left) }
}

// at is the entry of a key. The mutex is held.
func (s *Store) at(key Key) *entry {
	if !s.perHost {
		key.Addr = ""
	}
	if e := s.of[key]; e != nil {
		return e
	}
	for k, e := range s.of {
		if e.leader == nil && (!e.usable() || len(s.of) >= maxEntries) {
			delete(s.of, k)
		}
	}
	if s.of == nil {
		s.of = make(map[Key]*entry)
	}
	e := &entry{changed: make(chan struct{})}
	s.of[key] = e
	return e
}

// Refused forgets a token that the server at addr refuses. denied says that it takes none.
func (s *Store) Refused(t Token, addr string, denied bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.denied = s.denied || denied
	for _, e := range s.of {
		if e.Text == t.Text {
			s.perHost = s.perHost || e.from != addr
			e.Token = Token{}
		}
	}
}

// Turn is one sign-in with a password, which ends by Succeed or by Fail.
type Turn struct {
	store *Store
	of    *entry
	addr  string
	lost  <-chan struct{} // closed where its connection is
	began time.Time
}

// minSharedLife is the life of a token from which on it is shared where sessions end with
// it: half of it is the longest transaction that surely does not meet that end.
const minSharedLife = 10 * time.Minute

// Succeed ends the turn with the token that the server gave. endsSessions says that the
// server ends a session with the token that it signed in with.
func (t *Turn) Succeed(got Token, endsSessions bool) {
	t.end(func(e *entry) {
		e.Token, e.from = got, t.addr
		e.alone = !got.jwt || endsSessions && got.life < minSharedLife
	})
}

// Fail ends the turn without one. Where the password was refused, the old token, which the
// server might still take, is not used either.
func (t *Turn) Fail(refused bool) {
	t.end(func(e *entry) {
		if refused {
			e.Token = Token{}
		}
	})
}

func (t *Turn) end(change func(*entry)) {
	t.store.mu.Lock()
	defer t.store.mu.Unlock()
	change(t.of)
	if t.of.leader == t {
		t.of.leader = nil
	}
	close(t.of.changed)
	t.of.changed = make(chan struct{})
}

// left is how long the turn, if there is one, has still to be waited for.
func (t *Turn) left(patience time.Duration) time.Duration {
	if t == nil {
		return 0
	}
	select {
	case <-t.lost:
		return 0
	default:
		return patience - time.Since(t.began)
	}
}

// await waits until something has changed, or there is nothing left to wait for. The error
// is that of ctx.
func (t *Turn) await(ctx context.Context, changed <-chan struct{}, left time.Duration) error {
	limit := time.NewTimer(left)
	defer limit.Stop()
	select {
	case <-changed:
	case <-t.lost:
	case <-limit.C:
	case <-ctx.Done():
		return ctxerr.Of(ctx)
	}
	return nil
}

package surrealsql

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"

	"github.com/surrealsql/surrealsql/internal/backoff"
	"github.com/surrealsql/surrealsql/internal/lending"
	"github.com/surrealsql/surrealsql/internal/rpc"
)

// How a connection comes to the session that a call's context names, and back to its own.
//
// A socket has one session from the beginning, and since 3.0 further ones, which `attach`
// makes under a UUID of the client's, and which requests name as `session`. Measured on 3.3.5
// and 4.0.0-beta.1:
//   - A new one is nobody's: not signed in, on no database, without variables. Nothing that
//     is done to one session, `reset` included, touches another.
//   - attach, signin, use, let and a query can be written at once: they take their turns.
//   - Each expires by itself, and can then be signed in again. So can one whose sign-in failed.
//   - With the first there are 256 at most (SURREAL_WEBSOCKET_MAX_ATTACHED_SESSIONS); the
//     next attach is "Method not allowed", as where the server denies the method.
//   - A request that names a session which is not there is refused, and runs nowhere: kind
//     NotFound, details kind Session. 2.x does not know the field, and would take the first.
//   - `detach` ends one, with its live queries; of one that is not there it is no error. The
//     end of the socket ends all.
//   - commit, cancel and query_cancel do not ask which session they are sent in.

// attachedSessions are the sessions of a connection beside its own. The zero value has none.
type attachedSessions struct {
	of      map[sessionKey]*sessionState
	parting []rpc.SessionID // that are to be detached with the next attach
	uses    uint64          // counts, so that the least recently used one is known
	limit   int             // of a server that takes fewer than the Config says, or 0

	// switched is the session which the server's first one was made, where none can be
	// attached, or nil where it is the connection's own.
	switched *sessionState
	astray   bool // it is neither
}

// sessionKey is what a session is known by: what was asked for, and the state of the
// connection's own session, which it has the rest of.
type sessionKey struct {
	want  string
	epoch uint64
}

// enter brings the connection to the session of a call, which leave leaves. Where the context
// names none, and the connection is in its own, that costs nothing.
func (c *Conn) enter(ctx context.Context, o *callOptions) error {
	if o.session == nil && !c.sessions.displaced() {
		return nil
	}
	return c.enterSession(ctx, o.session)
}

// displaced reports whether the server's first session is not the connection's own.
func (s *attachedSessions) displaced() bool { return s.switched != nil || s.astray }

func (c *Conn) enterSession(ctx context.Context, choice sessionChoice) error {
	if c.rpc.Broken() || c.session.settingUp {
		return nil // the call says so; the schema runs where it was begun
	}
	want, _ := choice.(*sessionRequest)
	if want == nil {
		if c.tx != nil {
			return nil
		}
		return c.unsent(c.enterOwn(ctx))
	}
	if want.err != nil {
		return want.err
	}
	w := want.write(c.encoding())
	if w.err != nil {
		return fmt.Errorf("surrealsql: WithSession: %w", w.err)
	}
	key := sessionKey{w.key, c.own.epoch}
	if c.tx != nil {
		if c.session.key != key {
			return errOtherSession
		}
		return nil
	}
	done := false
	defer c.abortOnPanic(&done)
	err := c.enterKnown(ctx, key)
	if err == errNotAttached {
		err = c.enterNew(ctx, want, w, key)
	}
	if err != nil {
		c.leave()
	}
	done = true
	return c.unsent(err)
}

// unsent is the error of a call whose session could not be made: of the call itself nothing
// was sent, so that another connection does as well where this one was lost.
func (c *Conn) unsent(err error) error {
	err = unsent(err)
	if lost, ok := err.(*ConnError); ok && !isContextError(lost) {
		return c.notExecuted(lost)
	}
	return err
}

// unsent takes from the error of an exchange that comes before a call what it says of having
// been sent: the call was not. What the program's own source of credentials has met stays.
func unsent(err error) error {
	if _, theirs := errors.AsType[*lending.SourceError](err); theirs {
		return err
	}
	if lost, ok := errors.AsType[*ConnError](err); ok && lost.Sent {
		it := *lost
		it.Sent = false
		return &it
	}
	return err
}

// errNotAttached says that a session is not there yet.
var errNotAttached = errors.New("surrealsql: the session is not attached")

// enterKnown enters a session that is there.
func (c *Conn) enterKnown(ctx context.Context, key sessionKey) error {
	s := c.sessions.of[key]
	if s == nil {
		if s = c.sessions.switched; s == nil || s.key != key || c.sessions.astray {
			return errNotAttached
		}
	}
	c.sessions.uses++
	s.used = c.sessions.uses
	c.present(s)
	return c.renewEnding(ctx)
}

// enterNew makes a session and enters it.
func (c *Conn) enterNew(ctx context.Context, want *sessionRequest, w *writtenSession, key sessionKey) error {
	ctx, cancel := context.WithTimeoutCause(ctx, c.cfg.ConnectTimeout, errConnectTimeout)
	defer cancel()
	target := c.targetOf(want, w)
	if target.ns == "" && target.db != "" {
		return fmt.Errorf("surrealsql: WithSession: database %q without a namespace: expected one in the Session or in the Config", target.db)
	}
	if c.readOnly && !c.own.base.holds(target.ns, target.db) {
		return fmt.Errorf("%w: WithSession would make the namespace %q or the database %q if it were not there: open a connector whose Config names them", ErrReadOnly, target.ns, target.db)
	}
	if err := c.prepareDatabase(ctx, want, target); err != nil {
		return err
	}
	return c.makeSession(ctx, target, key)
}

// prepareDatabase runs the Config's schema in the database of a session, as the connection's
// own user, where it has not run yet.
func (c *Conn) prepareDatabase(ctx context.Context, want *sessionRequest, target session) error {
	_, pending, err := c.connector.schema.pending(ctx, c, target.ns, target.db)
	if err != nil {
		return fmt.Errorf("surrealsql: %w", err)
	}
	if !pending {
		return nil
	}
	if want.login != nil || len(want.Variables) > 0 {
		own := newSessionRequest(Session{Namespace: target.ns, Database: target.db})
		err := c.enterSession(ctx, own)
		c.leave()
		return err
	}
	w := want.write(c.encoding())
	if err := c.makeSession(ctx, target, sessionKey{w.key, c.own.epoch}); err != nil {
		return err
	}
	defer c.leave()
	if err := c.connector.schema.ensure(ctx, c); err != nil {
		c.session.dirty = true // the next call must not find it
		return fmt.Errorf("surrealsql: namespace %q, database %q is not used: %w", target.ns, target.db, err)
	}
	return nil
}

// makeSession attaches a session, or where that cannot be makes the connection's own one
// into it. It is entered then.
func (c *Conn) makeSession(ctx context.Context, target session, key sessionKey) error {
	if c.enterKnown(ctx, key) == nil { // to run the schema it was made
		return nil
	}
	if c.major < 3 || c.connector.unattached.hold(c) {
		return c.switchTo(ctx, target, key)
	}
	for n := 1; ; n++ {
		err := c.attach(ctx, target, key)
		switch {
		case err == nil:
			return nil
		case c.rpc.Broken():
			return err
		case errors.Is(err, errCannotAttach):
			if c.sessions.limit = len(c.sessions.of); c.leastUsed() != nil {
				continue
			}
			if c.live.open() > 0 {
				return errLiveSessions
			}
			c.connector.unattached.add(c)
			return c.switchTo(ctx, target, key)
		// A database that is not there is made, and two sessions that do that at once
		// conflict (3.0.2).
		case IsConflict(err) && n < defaultAttempts && backoff.Sleep(ctx, Retry{}.pause(n)):
			continue
		}
		return err
	}
}

var errCannotAttach = errors.New("surrealsql: the server attaches no session")

// attach makes a session beside the others.
func (c *Conn) attach(ctx context.Context, target session, key sessionKey) error {
	c.makeRoom()
	s := &sessionState{id: newSessionID(), key: key, unattached: true}
	if c.own.current.login == target.login {
		s.token = c.own.token // of the same user, for whom a password need not be checked again
	}
	c.present(s)
	if c.version == "" { // it may be a 2.x, which would sign its first session in
		if err := c.runSteps(ctx, []step{c.attachStep()}); err != nil {
			return c.detach(s, err)
		}
	}
	if err := c.establish(ctx, target, false); err != nil {
		return c.detach(s, err)
	}
	if c.sessions.of == nil {
		c.sessions.of = make(map[sessionKey]*sessionState)
	}
	c.sessions.of[key] = s
	c.sessions.uses++
	s.used = c.sessions.uses
	return nil
}

// attachStep makes the session that is present.
func (c *Conn) attachStep() step {
	s := c.session
	return step{method: "attach", take: func([]byte) error { s.unattached = false; return nil }}
}

// detach gives up a session that could not be made.
func (c *Conn) detach(s *sessionState, why error) error {
	c.present(&c.own)
	if !s.unattached {
		c.sessions.parting = append(c.sessions.parting, s.id)
	} else if isDeniedMethod(why) || isUnknownMethod(why) {
		return fmt.Errorf("%w: %w", errCannotAttach, why)
	}
	return why
}

// partingSteps detach what has to go.
func (c *Conn) partingSteps() []step {
	if c.session.id == rpc.OwnSession {
		return nil
	}
	steps := make([]step, 0, len(c.sessions.parting)+1)
	for _, id := range c.sessions.parting {
		steps = append(steps, step{method: "detach", in: id, answered: func() {
			c.sessions.parting = slices.DeleteFunc(c.sessions.parting, func(gone rpc.SessionID) bool { return gone == id })
		}})
	}
	if c.session.unattached {
		steps = append(steps, c.attachStep())
	}
	return steps
}

// makeRoom has the least recently used session go where there are as many as may be. One with
// a live query stays.
func (c *Conn) makeRoom() {
	limit := c.cfg.MaxSessions
	if c.sessions.limit > 0 {
		limit = min(limit, c.sessions.limit)
	}
	for len(c.sessions.of) >= limit {
		s := c.leastUsed()
		if s == nil {
			return
		}
		c.letGo(s)
	}
}

// leastUsed returns the session that may go first, or nil.
func (c *Conn) leastUsed() (least *sessionState) {
	for _, s := range c.sessions.of {
		if s.lives == 0 && (least == nil || s.used < least.used) {
			least = s
		}
	}
	return least
}

// letGo forgets a session, which is detached with the next attach, or once its live queries,
// which the server would end with it without a word, are over.
func (c *Conn) letGo(s *sessionState) {
	delete(c.sessions.of, s.key)
	if s.gone = true; s.lives == 0 {
		c.sessions.parting = append(c.sessions.parting, s.id)
	}
}

// countLive counts a live query of a session, or counts one no more.
func (c *Conn) countLive(s *sessionState, n int) {
	if s.lives += n; s.gone && s.lives == 0 {
		c.sessions.parting = append(c.sessions.parting, s.id)
	}
}

// leave brings the connection back to its own session after a call, unless a transaction is
// open in another one.
func (c *Conn) leave() {
	s := c.session
	if s == &c.own || c.tx != nil || s.settingUp {
		return
	}
	if s.dirty { // a transaction has changed it
		if c.sessions.of[s.key] == s {
			c.letGo(s)
		}
		c.sessions.astray = c.sessions.astray || c.sessions.switched == s
	}
	c.present(&c.own)
}

// present has the requests that follow be for a session.
func (c *Conn) present(s *sessionState) {
	c.session = s
	c.rpc.Session = s.id
}

func newSessionID() (id rpc.SessionID) {
	_, _ = rand.Read(id[:]) // it never fails
	id[6], id[8] = id[6]&0x0F|0x40, id[8]&0x3F|0x80
	return id
}

// Where no session can be attached, the first one is made into that of the call, and stays
// it until another one is wanted, or the lease ends.

var errLiveSessions = errors.New("surrealsql: the server attaches no more sessions to the connection, all of which have live queries open: use another connection, or Connector.Live for live queries of the Config's session")

var errLiveSession = errors.New("surrealsql: a live query is open on the connection, whose session cannot be changed for another call: use another connection")

// switchTo makes the server's first session into that of a call.
func (c *Conn) switchTo(ctx context.Context, target session, key sessionKey) error {
	if c.live.open() > 0 {
		return errLiveSession
	}
	s := &sessionState{key: key}
	c.sessions.switched, c.sessions.astray, c.own.dirty = nil, true, true
	c.present(s)
	if err := c.establish(ctx, target, true); err != nil {
		return err
	}
	c.sessions.switched, c.sessions.astray = s, false
	return nil
}

// enterOwn makes the server's first session into the connection's own again.
func (c *Conn) enterOwn(ctx context.Context) error {
	if !c.sessions.displaced() {
		return nil
	}
	if c.live.open() > 0 {
		return errLiveSession
	}
	ctx, cancel := context.WithTimeoutCause(ctx, c.cfg.ConnectTimeout, errConnectTimeout)
	defer cancel()
	c.sessions.switched, c.sessions.astray = nil, true
	if err := c.establish(ctx, c.own.current, true); err != nil {
		c.own.dirty = true
		return err
	}
	c.sessions.astray, c.own.dirty = false, c.own.epoch != 0
	return nil
}

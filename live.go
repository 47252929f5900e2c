package surrealsql

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/surrealsql/surrealsql/internal/rpc"
	"github.com/surrealsql/surrealsql/internal/wire"
)

// Live queries on a connection: how they are registered, waited for, kept and killed.

// liveSilence is how long a peer may send nothing before it is asked whether it is there. The
// server pings every 5 s (2.6 to 4.0.0-beta.1). It then has pongTimeout to answer.
const liveSilence = 12 * time.Second

// queryLive registers a live query, whose rows wait for its notifications. ctx ends them.
func (c *Conn) queryLive(ctx context.Context, q *analysis, args []driver.NamedValue, o callOptions, records *recordRequest) (driver.Rows, error) {
	if records != nil && !records.live {
		records.unclaim()
		return nil, errLiveRecords
	}
	args, err := keepArgs(args, c.encoding())
	if err != nil {
		records.unclaim()
		return nil, err
	}
	b, err := c.subscribe(ctx, q, args)
	if err != nil {
		records.unclaim()
		return nil, err
	}
	in := c.session
	keep := func() error { return c.keepLive(ctx, in, b, q, args) }
	f := &feed{inbox: b, records: records, wait: func() error { return c.awaitNotification(ctx, b, keep) }}
	r := newLiveRows(q, c, f, decoding{exact: o.exact, boxes: &c.buffers.boxes})
	c.countLive(in, 1)
	r.leave = func() {
		c.buffers.open--
		defer c.present(c.session)
		c.present(in)
		c.unsubscribe(b)
		c.countLive(in, -1)
	}
	c.buffers.open++
	return handOutLive(r), nil
}

// errLive answers a LIVE SELECT that Exec was called with.
var errLive = errors.New("surrealsql: LIVE SELECT gives its notifications as rows: call QueryContext, and Next waits for each")

var errLiveRecords = errors.New("surrealsql: LIVE SELECT gives changes of records: call LiveQuery, whose Notification tells which")

var errLiveInTx = errors.New("surrealsql: LIVE SELECT cannot be a part of a transaction, whose end its notifications would outlive: call QueryContext of the sql.DB or of an sql.Conn")

// subscribe registers a live query.
func (c *Conn) subscribe(ctx context.Context, q *analysis, args []driver.NamedValue) (*inbox, error) {
	if c.tx != nil {
		return nil, errLiveInTx
	}
	b := newInbox(c.session.id, c.cfg.LiveBufferSize)
	b.changes = c.session.changes
	if err := c.register(ctx, b, q, args); err != nil {
		return nil, err
	}
	ends, err := c.sessionEnd(ctx)
	if err != nil {
		c.unsubscribe(b)
		return nil, err
	}
	b.expires(ends)
	return b, nil
}

// register registers a live query, whose notifications go to the inbox.
func (c *Conn) register(ctx context.Context, b *inbox, q *analysis, args []driver.NamedValue) error {
	c.listen(true)
	defer c.listen(false)
	cur := c.takeCursor(q)
	defer c.putCursor(cur)
	r := cur.reply
	// As a whole: to give up a stream would leave it open whether the live query is there.
	if err := c.run(ctx, r, q.Rewritten, args, StreamNever, false); err != nil {
		return err
	}
	if err := r.firstError(0); err != nil {
		r.log.write(0)
		return err
	}
	r.log.write(noRows)
	if err := c.live.registered(r, b); err != nil {
		return c.abandon(liveOp, false, err) // a live query may be there that nobody reads
	}
	return nil
}

// listen has notifications kept while a live query is being registered, and from then on for
// as long as there are any.
func (c *Conn) listen(registering bool) {
	s := &c.live
	s.registering, s.early, s.earlySize, s.earlyLost = registering, nil, 0, false
	s.limit = c.cfg.LiveBufferSize
	if c.rpc.Notify = nil; registering || len(s.of) > 0 {
		c.rpc.Notify = s.notified
	}
}

// awaitNotification waits until something has come for a live query, and does what keeps it when
// that is due.
func (c *Conn) awaitNotification(ctx context.Context, b *inbox, keep func() error) error {
	for b.isEmpty() {
		if c.rpc.Broken() {
			lost := c.lostLive(c.lossCause())
			if ctx.Err() != nil { // as the answer to the LIVE SELECT came, perhaps
				return ended(ctx, lost, nil)
			}
			return lost
		}
		if err := c.makeReady(ctx); err != nil {
			return err
		}
		ends := b.expiry()
		if ends.isDue() && ends.isFinal() {
			b.finish(errLiveExpired)
			return nil
		}
		if ends.isDue() {
			if err := keep(); err != nil {
				return err
			}
			continue
		}
		at := ends.next()
		if !c.rpc.WebSocket().CanInterrupt() {
			at = ends.at // to wake up costs the connection
		}
		err := c.awaitUntil(ctx, at)
		switch {
		case err == nil:
		case ctx.Err() != nil:
			return err
		default:
			return c.lostLive(err)
		}
	}
	return nil
}

// awaitUntil waits until something has come, or the peer was silent and is asked, or it is a time;
// zero: never. The server's pings do not end it.
func (c *Conn) awaitUntil(ctx context.Context, at time.Time) error {
	bounded := ctx
	if !at.IsZero() {
		var cancel context.CancelFunc
		bounded, cancel = context.WithDeadline(ctx, at)
		defer cancel()
	}
	err := c.rpc.Await(bounded, c.livePatience())
	switch {
	case err == rpc.ErrQuiet:
		return c.askPeer()
	case err == nil || bounded.Err() == nil || ctx.Err() != nil:
		return err
	case c.rpc.Broken():
		return errUninterrupted
	}
	return nil
}

var errUninterrupted = fmt.Errorf("%w: that of the live query, which could not be renewed, for on this transport (Config.DialContext) the waiting for changes cannot be interrupted: run it again, and read what was missed", ErrExpired)

// livePatience is how long the peer may be silent from here on.
func (c *Conn) livePatience() time.Duration {
	if c.rpc.Pinging() {
		return pongTimeout
	}
	return liveSilence
}

// askPeer asks a peer that is silent whether it is there, or says that it has not answered.
func (c *Conn) askPeer() error {
	switch {
	case !c.rpc.Pinging():
		return c.rpc.Ping()
	case c.rpc.Unanswered() >= pongTimeout:
		return errSilent
	}
	return nil
}

// lostLive gives a connection up on which live queries are open, and returns the error of
// their readers.
func (c *Conn) lostLive(cause error) error {
	lost := c.abandon(liveOp, false, explainedLoss(cause, 0))
	if rpc.IsLagging(cause) {
		return fmt.Errorf("%w: %w", ErrLagging, lost)
	}
	return lost
}

// unsubscribe kills a live query. Where it cannot be told whether it is dead, the connection
// is closed, and the server kills it with that.
func (c *Conn) unsubscribe(b *inbox) {
	if c.live.of[b.id] == nil {
		return // it was killed because its reader was too slow
	}
	delete(c.live.of, b.id)
	delete(c.live.of, b.before)
	defer func() { c.listen(false) }()
	if c.rpc.Broken() || b.killed() {
		return
	}
	ctx, cancel := context.WithTimeoutCause(context.Background(), c.cfg.CloseTimeout, errCloseTimeout)
	defer cancel()
	_, err := c.kill(ctx, b.id)
	if b.formerIsOver() && err == nil {
		_, err = c.kill(ctx, b.before)
	}
	if err != nil {
		c.abort()
	}
}

// kill kills a live query, and reports whether it was there.
func (c *Conn) kill(ctx context.Context, id liveID) (there bool, err error) {
	_, err = c.call(ctx, "kill", 1, func(p []byte) ([]byte, error) { return wire.AppendUUID(p, id), nil })
	if isNoLiveQuery(err) {
		return false, nil
	}
	return err == nil, err
}

// isNoLiveQuery reports whether a KILL has found nothing to be killed: the server has ended
// the live query before.
func isNoLiveQuery(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && strings.HasPrefix(e.Message, "Cannot execute KILL statement")
}

// principalMethods change, or may change, who is signed in. The server then ends the live
// queries of who it was, without a word (3.3.5, 4.0.0-beta.1), or sends on what the new one
// may not see (3.0.2).
var principalMethods = map[string]bool{
	"signin": true, "signup": true, "authenticate": true, "refresh": true, "invalidate": true, "reset": true, "revoke": true,
}

// noteMethod ends the live queries where a method changes who is signed in.
func (c *Conn) noteMethod(method string) {
	if !principalMethods[method] {
		return
	}
	c.session.expiry = sessionExpiry{}
	c.live.endSession(c.session.id, fmt.Errorf("surrealsql: the live query has ended: %s was called on its connection, and what the server sends is for who was signed in before", method))
}

// The session of a live query ends, and the server says no more of its changes, and not even that:
// it goes by the session as it was when the live query was registered (3.3.5, 4.0.0-beta.1). So the
// session is signed in again before that, which leaves the live queries of the same user alone, and
// the live query is registered anew, beside the former one, which is killed a while later: a write
// tells the live queries that were there when it began.

// keepLive does what is due to have a live query outlive its session. Where that cannot be it ends
// with the session. An error is that of the connection, or of ctx.
func (c *Conn) keepLive(ctx context.Context, in *sessionState, b *inbox, q *analysis, args []driver.NamedValue) error {
	ends := b.expiry()
	if c.live.of[b.id] != b || c.rpc.Broken() {
		b.formerIsOver()
		b.staysAsItIs()
		return nil
	}
	defer c.present(c.session)
	c.present(in)
	ctx, cancel := context.WithTimeoutCause(ctx, c.cfg.ConnectTimeout, errConnectTimeout)
	defer cancel()
	if !ends.former.IsZero() {
		return c.killFormer(ctx, b)
	}
	b.staysAsItIs() // unless it is renewed
	if ends.tooLate() || c.tx != nil {
		return nil
	}
	err := c.registerAnew(ctx, b, q, args)
	if err != nil && (c.rpc.Broken() || ctx.Err() != nil) {
		return err
	}
	if err != nil && !errors.Is(err, errSameEnd) {
		c.connector.log.liveNotRenewed(ctx, c.attr(), err)
	}
	return nil
}

var errSameEnd = errors.New("surrealsql: to sign in again does not let the session last longer")

var errSessionChanged = errors.New("surrealsql: the session was changed (Conn.Use, Conn.Let) after the live query had begun, which in it would be another one")

func (c *Conn) registerAnew(ctx context.Context, b *inbox, q *analysis, args []driver.NamedValue) error {
	if c.session.changes != b.changes {
		return errSessionChanged
	}
	was := b.expiry()
	if e := c.session.expiry; !e.known || !e.at.IsZero() && !e.at.After(was.at) { // else another one has
		if err := c.signInAgain(ctx, nil); err != nil {
			return err
		}
	}
	ends, err := c.sessionEnd(ctx)
	if err != nil {
		return err
	}
	if !ends.IsZero() && ends.Sub(was.at) < time.Second { // it is counted in whole seconds
		return errSameEnd
	}
	if err := c.register(ctx, b, q, args); err != nil {
		return err
	}
	b.expires(ends)
	if was.tooLate() { // the former one may have been silent before the new one was there
		b.finish(errLiveExpired)
	}
	return nil
}

// killFormer ends the time in which a live query is two.
func (c *Conn) killFormer(ctx context.Context, b *inbox) error {
	b.mark([]byte{markEnding})
	there, err := c.kill(ctx, b.before)
	if err != nil && (c.rpc.Broken() || ctx.Err() != nil) {
		return err // the end of the rows kills it, if it is there still
	}
	b.formerIsOver()
	b.mark([]byte{markEnds})
	if err == nil && !there {
		b.finish(errLiveDropped)
	}
	return nil
}

// errLiveExpired is what ends a live query whose session has expired: the server sends its
// changes no more, and does not say so (3.3.5, 4.0.0-beta.1).
var errLiveExpired = fmt.Errorf("%w: that of the live query, whose changes the server does not send any more: run it again, and read what was missed (DURATION FOR SESSION says how long it lasts)", ErrExpired)

// errLiveDropped is what ends a live query that the sign-in has ended: the server does so, without a
// word, where the user is another one to it, or what the CONTEXT of an access makes of him is (3.3.5,
// 4.0.0-beta.1). That the former one is not there any more is all that is seen of it.
var errLiveDropped = fmt.Errorf("%w: that of the live query, which the server has ended when it was renewed, as it does where the user, or the CONTEXT of the access, is another one than before: run it again, and read what was missed", ErrExpired)

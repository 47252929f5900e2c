package surrealsql

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync/atomic"
	"time"

	"github.com/surrealsql/surrealsql/internal/ctxerr"
	"github.com/surrealsql/surrealsql/internal/lending"
)

// One attempt to connect: the hosts are tried in their turn, the next one beside those
// before it where none of them answers for host_delay. So a host that is gone without a
// word costs milliseconds, and not connect_timeout. Dials overlap, up to the answer to
// the upgrade. Whoever comes first signs in, which costs a server 20 to 90 ms of hashing, and
// another one beside it only where that takes signInPatience. Who is signed in is set up, by
// texts and hooks of the program's: no two are at once.

// race is one attempt to make a T, which is a connection. Only the goroutine of its caller
// uses it, but for events, left and over.
type race[T any] struct {
	hosts []*host       // in the order in which they are tried
	delay time.Duration // of HostDelay

	open   func(context.Context, *runner[T]) (T, error) // calls reached after the dial and after the sign-in
	abort  func(T)
	serves func(*host)
	fails  func(*host, error)

	runners  []*runner[T] // that were started, in that order
	running  int          // of them, those that have not ended
	late     bool         // who signs in has been waited for: another one may, too
	pause    *time.Timer
	finished bool

	events chan event[T]
	left   atomic.Int64 // hosts that have not failed: they share the time that is left
	over   atomic.Bool  // nobody receives events any more
}

// runner tries one host, on a goroutine of its own where there are several.
type runner[T any] struct {
	race  *race[T]
	host  *host
	began time.Time
	end   context.CancelCauseFunc
	gates [gates]chan struct{} // closed when it may go on from there; nil where there is nothing to wait for

	stage  stage // as the race has heard, and allows
	ended  bool
	took   time.Duration // the dial, if it has ended
	signIn time.Time     // when it was let sign in
}

// stage is how far a runner has come.
type stage uint8

const (
	dialling  stage = iota
	dialled         // and waits: it may not sign in yet
	signingIn       // the others wait for it
	signedIn        // and waits: it may not be set up yet
	settingUp       // the others wait for it
)

// gate is where a runner waits until it may go on.
type gate int

const (
	beforeSignIn gate = iota
	beforeSetUp
	gates
)

// event is what a runner tells: that it is at a gate, or its outcome.
type event[T any] struct {
	of *runner[T]
	at gate
	*outcome[T]
}

type outcome[T any] struct {
	conn     T
	err      error
	unwound  bool // by a panic, or by runtime.Goexit
	panicked any
}

var (
	errShare     = fmt.Errorf("this host's share of connect_timeout is over: %w", context.DeadlineExceeded)
	errOvertaken = errors.New("another host was there first")
)

// run starts the runners and hears of them until one has a connection, or none can. again
// tells whether another attempt may succeed where this one failed.
func (r *race[T]) run(ctx context.Context) (conn T, again bool, err error) {
	r.left.Store(int64(len(r.hosts)))
	if len(r.hosts) == 1 {
		conn, err = r.open(ctx, &runner[T]{race: r, host: r.hosts[0]})
		return conn, err != nil && mayPass(err), err
	}
	won := false
	r.events = make(chan event[T], (1+int(gates))*len(r.hosts)) // so that nobody has to wait to tell
	r.pause = time.NewTimer(0)
	r.pause.Stop()
	defer func() {
		if won && !r.finished { // a loser has panicked
			r.abort(conn)
		}
	}()
	defer r.finish()
	var errs []error
	for r.startNext(ctx); r.running > 0; {
		select {
		case <-r.pause.C:
			r.late = true
			if !r.letOn() {
				r.startNext(ctx)
			}
		case e := <-r.events:
			if e.outcome == nil {
				e.of.arrived(e.at)
				r.letOn()
				continue
			}
			if r.collect(e); e.err == nil {
				r.succeeded(e.of)
				won = true
				return e.conn, false, nil
			}
			r.failed(ctx, e)
			errs = append(errs, e.err)
			if isFinal(e) && !r.anyAt(signedIn, settingUp) && (e.of.stage >= signingIn || !r.anyAt(signingIn, signingIn)) {
				return conn, false, errors.Join(errs...)
			}
			again = again || mayPass(e.err)
			if r.letOn(); !r.anyAt(signingIn, settingUp) {
				r.startNext(ctx)
			}
		}
	}
	return conn, again, errors.Join(errs...)
}

// startNext starts the runner of the next host, if there is one, and the pause before the
// one after it.
func (r *race[T]) startNext(ctx context.Context) {
	if len(r.runners) == len(r.hosts) || ctx.Err() != nil && len(r.runners) > 0 {
		return
	}
	n := &runner[T]{race: r, host: r.hosts[len(r.runners)], began: time.Now()}
	for i := range n.gates {
		n.gates[i] = make(chan struct{})
	}
	ctx, n.end = context.WithCancelCause(ctx)
	r.runners = append(r.runners, n)
	r.running++
	if r.delay > 0 {
		r.pause.Reset(r.patience(n.host))
	}
	go n.run(ctx)
}

// patience is how long to wait for a host before the next one is tried beside it: at least
// host_delay, and four times what its dials take, so that one that is far away is not
// overtaken by one that is near, although it comes before that. One of which nothing is known
// yet is taken to be as far away as the others.
func (r *race[T]) patience(h *host) time.Duration {
	typical := h.dials()
	if typical == 0 {
		for _, other := range r.hosts {
			typical = max(typical, other.dials())
		}
	}
	return max(r.delay, min(4*typical, longestPatience))
}

// signInPatience is how long at least to wait for a host that signs a connection in before another
// one does beside it. Under load the hashing takes longer than the 90 ms of an idle machine, and
// where it has to be waited for, two hosts would do it.
const signInPatience = time.Second

// letOn lets a runner go on for which the others have waited, and reports whether it has: the
// first that is signed in is set up, and else the first that has a socket signs in, unless another
// one does who is not late.
func (r *race[T]) letOn() bool {
	switch {
	case r.anyAt(settingUp, settingUp):
		return false
	case r.let(signedIn, beforeSetUp):
		r.pause.Stop()
		return true
	case r.anyAt(signingIn, signingIn) && !r.late, !r.let(dialled, beforeSignIn):
		return false
	}
	if r.late = false; r.delay > 0 {
		r.pause.Reset(max(signInPatience, r.delay))
	} else {
		r.pause.Stop()
	}
	return true
}

// anyAt reports whether a runner is at one of these stages.
func (r *race[T]) anyAt(from, to stage) bool {
	return slices.ContainsFunc(r.runners, func(n *runner[T]) bool { return !n.ended && from <= n.stage && n.stage <= to })
}

// let opens the gate of the first runner that waits at it.
func (r *race[T]) let(waiting stage, at gate) bool {
	i := slices.IndexFunc(r.runners, func(n *runner[T]) bool { return !n.ended && n.stage == waiting })
	if i < 0 {
		return false
	}
	n := r.runners[i]
	if n.stage++; n.stage == signingIn {
		n.signIn = time.Now()
	}
	close(n.gates[at])
	return true
}

// arrived notes that the runner is at a gate.
func (n *runner[T]) arrived(at gate) {
	if n.stage++; at == beforeSignIn {
		n.took = time.Since(n.began)
	}
}

// collect takes in that a runner has ended. What has unwound its goroutine unwinds the
// caller's.
func (r *race[T]) collect(e event[T]) {
	e.of.ended = true
	e.of.end(nil)
	r.running--
	r.left.Add(-1)
	switch {
	case e.unwound && e.panicked == nil:
		runtime.Goexit()
	case e.unwound:
		panic(e.panicked)
	}
}

// isFinal reports whether a runner's failure is that of the connect. Who has reached a server
// and is refused by it is not tried elsewhere. But what keeps one from reaching a host, as a
// certificate that has expired, or a proxy without a server behind it, keeps nobody from
// another.
func isFinal[T any](e event[T]) bool {
	var setUp *setUpError
	refused := e.of.stage >= dialled || IsAuth(e.err) || errors.As(e.err, &setUp)
	return refused && !isTemporary(e.err)
}

// succeeded notes that a host serves, and that those do not that were before it, and have not
// answered in twice the time that its dial took: where that is long, too, it may be this machine
// that is slow. Nor does one that was overtaken while it signed the connection in.
func (r *race[T]) succeeded(winner *runner[T]) {
	r.serves(winner.host)
	for i, n := range r.runners {
		began, took := n.began, winner.took
		switch {
		case n.ended || n.host == winner.host:
			continue
		case n.stage == dialling && i < slices.Index(r.runners, winner):
		case n.stage == signingIn && n.signIn.Before(winner.signIn):
			began, took = n.signIn, 0 // it has had signInPatience more than the other
		default:
			continue
		}
		if waited := time.Since(began); waited >= 2*took {
			r.fails(n.host, fmt.Errorf("no answer for %s, and %w", waited.Round(time.Millisecond), errOvertaken))
		}
	}
}

// failed notes that a host does not serve. One that answers does, and one that was not even
// asked, or not waited for as long as usual, tells nothing. Nor does a source of credentials.
func (r *race[T]) failed(ctx context.Context, e event[T]) {
	h := e.of.host
	left := ctx.Err() != nil && time.Since(e.of.began) < r.patience(h)
	_, source := errors.AsType[*lending.SourceError](e.err)
	if !left && !source && !failsFast(e.err) && !(e.of.stage >= dialled && isFinal(e)) {
		r.fails(h, e.err)
	}
}

// loserGrace is how long the caller waits for those that were overtaken. It takes them less
// than a millisecond, unless a DialContext of the program's does not heed its context.
const loserGrace = 20 * time.Millisecond

// finish ends the runners that have not ended.
func (r *race[T]) finish() {
	r.pause.Stop()
	for _, n := range r.runners {
		n.end(errOvertaken)
	}
	grace := time.NewTimer(loserGrace)
	defer grace.Stop()
	r.sweep(grace.C)
	if r.finished = true; r.running > 0 {
		r.over.Store(true)
		go r.sweep(nil)
	}
}

// sweep takes in what the others have come to, until none is left or limit is reached.
func (r *race[T]) sweep(limit <-chan time.Time) {
	for r.running > 0 {
		select {
		case e := <-r.events:
			if e.outcome == nil {
				continue
			}
			if !e.unwound && e.err == nil { // beside one that has panicked
				r.abort(e.conn)
			}
			r.collect(e)
		case <-limit:
			return
		}
	}
}

// share bounds ctx by an equal share of the time that is left, for this host and for the
// others that have not failed: one that falls silent must not use up their time.
func (r *race[T]) share(ctx context.Context) (context.Context, context.CancelFunc) {
	left := r.left.Load()
	deadline, ok := ctx.Deadline()
	if !ok || left < 2 {
		return ctx, func() {}
	}
	return context.WithTimeoutCause(ctx, time.Until(deadline)/time.Duration(left), errShare)
}

// run is the goroutine of a runner. A panic goes on where nobody can be told of it any more.
func (n *runner[T]) run(ctx context.Context) {
	o := &outcome[T]{unwound: true}
	defer func() {
		if o.unwound && !n.race.over.Load() {
			o.panicked = recover()
		}
		n.race.events <- event[T]{of: n, outcome: o}
	}()
	o.conn, o.err = n.race.open(ctx, n)
	o.unwound = false
}

// reached tells that the runner is at a gate, and waits until that is opened.
func (n *runner[T]) reached(ctx context.Context, at gate) error {
	if n.gates[at] == nil {
		return nil
	}
	n.race.events <- event[T]{of: n, at: at}
	select {
	case <-n.gates[at]:
		return nil
	case <-ctx.Done():
		return ctxerr.Of(ctx)
	}
}

// mayPass reports whether trying the same host again may succeed.
func mayPass(err error) bool { return isTemporary(err) && !failsFast(err) }

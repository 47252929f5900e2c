package surrealsql

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/surrealsql/surrealsql/internal/ctxerr"
	"github.com/surrealsql/surrealsql/internal/rpc"
)

// Many live queries on one socket. The connection belongs to one goroutine, which takes what
// comes and puts it into the inboxes; what is asked of it, to register or to kill a live query,
// are tasks that it is woken for. So everything that a connection can do it does here as it
// does in a pool, and no call of a program's ever waits in its place: who leaves early
// leaves his task behind.

// liveSocket is a connection that live queries share.
type liveSocket struct {
	conn *Conn // belongs to the goroutine of serve

	mu      sync.Mutex
	tasks   []*liveTask
	waiting bool  // the goroutine waits for messages: a task has to wake it
	woken   bool  // it was woken
	users   int   // handles that are open
	err     error // why it is over; nil while it is not

	over chan struct{} // is closed with it
}

// liveTask is something that the goroutine is to do with the connection.
type liveTask struct {
	do   func(*Conn)
	done chan struct{}

	panicked any // what do has panicked with: the caller's to meet
}

// errLiveClosed is why a socket is over that nobody uses any more.
var errLiveClosed = errors.New("surrealsql: the connection of the live queries is closed")

// startLiveSocket has a goroutine serve a connection for its first user.
func startLiveSocket(c *Conn) *liveSocket {
	s := &liveSocket{conn: c, users: 1, over: make(chan struct{})}
	c.live.overflown = func(b *inbox) { s.post(func(c *Conn) { c.unsubscribe(b) }) }
	go s.serve()
	return s
}

// serve is the goroutine.
func (s *liveSocket) serve() {
	defer s.end(errLiveClosed) // also where code of the program's has ended the goroutine
	for {
		task, err := s.next()
		switch {
		case err != nil:
			return
		case task != nil:
			task.run(s.conn)
		default:
			err = s.await()
		}
		if s.conn.rpc.Broken() && err == nil {
			err = s.conn.lostLive(s.conn.lossCause())
		}
		if err != nil {
			s.end(err)
			return
		}
	}
}

// next returns a task, or none: then the goroutine is to wait for messages. An error is the end.
func (s *liveSocket) next() (*liveTask, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.tasks) > 0 {
		task := s.tasks[0]
		s.tasks = s.tasks[1:]
		return task, nil
	}
	s.waiting = s.err == nil
	return nil, s.err
}

// await takes one message, or is woken.
func (s *liveSocket) await() error {
	c := s.conn
	err := c.rpc.Await(context.Background(), c.livePatience())
	s.mu.Lock()
	s.waiting = false
	if s.woken {
		s.woken = false
		c.rpc.Resume()
	}
	s.mu.Unlock()
	switch err {
	case nil, rpc.ErrWoken:
		return nil
	case rpc.ErrQuiet:
		if err = c.askPeer(); err == nil {
			return nil
		}
	}
	return c.lostLive(err)
}

// post has the goroutine do something.
func (s *liveSocket) post(do func(*Conn)) *liveTask {
	t := &liveTask{do: do, done: make(chan struct{})}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tasks = append(s.tasks, t)
	s.wakeLocked()
	return t
}

func (s *liveSocket) wakeLocked() {
	if s.waiting && !s.woken {
		s.woken = true
		s.conn.rpc.Wake()
	}
}

// run does the task.
func (t *liveTask) run(c *Conn) {
	defer close(t.done)
	defer func() { t.panicked = recover() }() // a tracer or a Valuer is the caller's, and so is this
	t.do(c)
}

// wait waits until the task is done, or nobody needs it any more.
func (s *liveSocket) wait(ctx context.Context, t *liveTask) error {
	select {
	case <-t.done:
	case <-s.over:
		return s.cause()
	case <-ctx.Done():
		return ctxerr.Of(ctx)
	}
	if t.panicked != nil {
		panic(t.panicked)
	}
	return nil
}

func (s *liveSocket) cause() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

// end ends all live queries of the socket, and closes it.
func (s *liveSocket) end(err error) {
	s.mu.Lock()
	if s.err == nil {
		s.err = err
	}
	err = s.err
	s.waiting = false
	s.mu.Unlock()
	select {
	case <-s.over:
		return
	default:
	}
	s.conn.live.end(err)
	_ = s.conn.closeNow()
	close(s.over)
}

// use counts a user, unless the socket is over.
func (s *liveSocket) use() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return false
	}
	s.users++
	return true
}

// leave counts a user no more. With the last one the socket is over.
func (s *liveSocket) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.users--; s.users == 0 && s.err == nil {
		s.err = errLiveClosed
		s.wakeLocked()
	}
}

// subscribe registers a live query. Its caller may leave; the registration then goes on, and the
// live query is killed, for to give up the exchange would close the socket of all.
func (s *liveSocket) subscribe(ctx context.Context, q *analysis, args []driver.NamedValue) (*inbox, error) {
	var (
		b   *inbox
		err error

		mu             sync.Mutex
		finished, left bool
	)
	t := s.post(func(c *Conn) {
		bounded, cancel := context.WithTimeoutCause(context.WithoutCancel(ctx), c.cfg.ConnectTimeout, errRegistration)
		defer cancel()
		if err = c.renewEnding(bounded); err == nil {
			b, err = c.subscribe(bounded, q, args)
		}
		mu.Lock()
		defer mu.Unlock()
		if finished = true; left && b != nil {
			c.unsubscribe(b)
		}
	})
	gone := s.wait(ctx, t)
	switch {
	case gone == nil:
		if err == nil {
			s.keepAlive(b, q, args)
		}
		return b, err
	case ctx.Err() == nil: // the socket is over, and the live query with it: another one will do
		return nil, &notExecutedError{gone}
	}
	mu.Lock()
	defer mu.Unlock()
	if left = true; finished && b != nil {
		s.post(func(c *Conn) { c.unsubscribe(b) })
	}
	return nil, gone
}

var errRegistration = fmt.Errorf("the server has not registered a live query within connect_timeout: %w", context.DeadlineExceeded)

// awaitFor waits until something has come for a live query.
func (s *liveSocket) awaitFor(ctx context.Context, b *inbox) error {
	for b.isEmpty() {
		if err := s.awaitOrExpire(ctx, b); err != nil {
			return err
		}
	}
	return nil
}

func (s *liveSocket) awaitOrExpire(ctx context.Context, b *inbox) error {
	var over <-chan time.Time
	ends := b.expiry()
	if !ends.at.IsZero() {
		timer := time.NewTimer(time.Until(ends.at))
		defer timer.Stop()
		over = timer.C
	}
	select {
	case <-b.arrived: // which tells of a later end, too
	case <-ctx.Done():
		return ctxerr.Of(ctx)
	case <-over:
		if b.expiry().at.Equal(ends.at) {
			b.finish(errLiveExpired)
		}
	}
	return nil
}

// keepAlive has done what is due to keep a live query, whether its reader waits or not. Once the
// live query is over the last timer does nothing.
func (s *liveSocket) keepAlive(b *inbox, q *analysis, args []driver.NamedValue) {
	ends := b.expiry()
	if ends.isFinal() {
		return // its reader sees to that
	}
	b.timer.Store(time.AfterFunc(time.Until(ends.next()), func() {
		s.post(func(c *Conn) {
			if c.keepLive(context.Background(), c.session, b, q, args) == nil && c.live.of[b.id] == b {
				s.keepAlive(b, q, args)
			}
		})
	}))
}

// kill ends a live query. It waits for that, so that who comes next finds none left, but no
// longer than close_timeout.
func (s *liveSocket) kill(b *inbox) {
	if timer := b.timer.Load(); timer != nil {
		timer.Stop()
	}
	ctx, cancel := context.WithTimeout(context.Background(), s.conn.cfg.CloseTimeout)
	defer cancel()
	_ = s.wait(ctx, s.post(func(c *Conn) { c.unsubscribe(b) }))
}

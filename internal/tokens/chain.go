package tokens

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/surrealsql/surrealsql/internal/ctxerr"
)

// Chain has the access token of one record user, by which any number of connections sign in
// until it expires. It is got by something that must not be done twice: a refresh token is
// used up by its exchange, also where the answer is lost. So it is got once for all who need
// it meanwhile, beside them: nobody's context that ends takes the answer with it, and nobody
// who waits does it a second time. The zero value is ready for use; its methods may be called
// by any goroutine.
type Chain struct {
	mu     sync.Mutex
	access Token
	flight *flight // that gets another access token, or nil
	closed bool
}

// flight gets an access token.
type flight struct {
	cancel context.CancelFunc
	done   chan struct{} // closed at its end

	got      Token
	err      error
	panicked any // what code of the program's has panicked with
}

var errClosed = errors.New("the connector is closed")

// Take returns an access token to sign in with. Where there is none whose life is less than
// half over, get gets one: on a goroutine of its own, with the values of ctx and limit as its
// time, whatever becomes of ctx. While the old one is usable it serves where get fails, or
// takes longer than patience. The error is that of get, or of ctx. A panic of get is
// one of all who wait for it.
func (c *Chain) Take(ctx context.Context, limit, patience time.Duration, get func(context.Context) (Token, error)) (Token, error) {
	token, f, err := c.board(ctx, limit, get)
	if f == nil {
		return token, err
	}
	late := time.NewTimer(min(patience, maxPatience))
	defer late.Stop()
	for waiting := true; waiting; {
		select {
		case <-f.done:
			waiting = false
		case <-late.C:
			if token.usable() {
				return token, nil
			}
		case <-ctx.Done():
			return Token{}, ctxerr.Of(ctx)
		}
	}
	switch {
	case f.panicked != nil:
		panic(f.panicked)
	case f.err != nil && token.usable():
		return token, nil
	case f.err != nil:
		return Token{}, f.err
	}
	return f.got, nil
}

// board returns the token that there is, and the flight to wait for.
func (c *Chain) board(ctx context.Context, limit time.Duration, get func(context.Context) (Token, error)) (Token, *flight, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.access.Fresh():
		return c.access, nil, nil
	case c.closed:
		return Token{}, nil, errClosed
	}
	if c.flight == nil {
		f := &flight{done: make(chan struct{}), err: errors.New("its goroutine was ended")}
		ctx, f.cancel = context.WithTimeout(context.WithoutCancel(ctx), limit)
		c.flight = f
		go c.fly(ctx, f, get)
	}
	return c.access, c.flight, nil
}

func (c *Chain) fly(ctx context.Context, f *flight, get func(context.Context) (Token, error)) {
	defer func() {
		f.panicked = recover()
		f.cancel()
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.flight = nil; f.err == nil && f.panicked == nil {
			c.access = f.got
		}
		close(f.done)
	}()
	f.got, f.err = get(ctx)
}

// Refused forgets an access token that a server refuses.
func (c *Chain) Refused(t Token) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.access.Text == t.Text {
		c.access = Token{}
	}
}

// Close lets a flight that is under way end by itself, within limit, and begins no other.
func (c *Chain) Close(limit time.Duration) {
	c.mu.Lock()
	f := c.flight
	c.closed = true
	c.mu.Unlock()
	if f == nil {
		return
	}
	defer f.cancel()
	over := time.NewTimer(limit)
	defer over.Stop()
	select {
	case <-f.done:
	case <-over.C:
	}
}

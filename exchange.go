package surrealsql

import (
	"cmp"
	"context"
	"database/sql/driver"
	"errors"
	"fmt"

	"github.com/surrealsql/surrealsql/internal/cbor"
	"github.com/surrealsql/surrealsql/internal/rpc"
)

// One request and its answer: how a text or a method is sent, and what the caller is
// told of its failure.

// exchange sends a text and reads its answer.
func (c *Conn) exchange(ctx context.Context, a *answer, text string, args []driver.NamedValue, early bool) error {
	err := c.sendSignedIn(ctx, &a.reply, text, args, early)
	if c.tx != nil {
		c.tx.used = true
	}
	if err != nil {
		if e, ok := errors.AsType[*Error](err); ok && c.tx == nil {
			e.inForce = writers(a.query.Statements, nil) > 1 && !e.Is(ErrParse)
		}
		return placed(err, a.query, text)
	}
	return a.parse(early)
}

// sendSignedIn is send, and renews a session that has expired.
func (c *Conn) sendSignedIn(ctx context.Context, reply *rpc.Stream, text string, args []driver.NamedValue, early bool) error {
	err := c.send(ctx, reply, text, args, early)
	if !c.renewable(err) {
		return err
	}
	if err := c.signInAgain(ctx); err != nil {
		return err
	}
	if err = c.send(ctx, reply, text, args, early); isSessionExpired(err) {
		c.rpc.Abort() // nothing to sign in with: `reset` does not mend it (3.0.2)
	}
	return err
}

// renewable reports whether an error says that the session has expired, where it may be
// signed in again and the request repeated. The server looks at the session before it
// runs anything, so nothing has run. It does not look at it before `begin` (3.0.2): a
// transaction can be stillborn.
func (c *Conn) renewable(err error) bool {
	return isSessionExpired(err) && (c.tx == nil || !c.tx.used)
}

// send makes the round trip of one query, whose result is to be read from the reply.
func (c *Conn) send(ctx context.Context, reply *rpc.Stream, text string, args []driver.NamedValue, early bool) error {
	c.yieldBuffer(ctx)
	b := c.rpc.Start("query", c.txnID(), 2)
	b = cbor.AppendText(b, text)
	b, err := appendArgs(b, args, c.cfg.encoding())
	if err != nil {
		c.rpc.Discard()
		return err
	}
	c.rpc.End(b)
	refused, err := c.rpc.QueryTrip(ctx, reply, early)
	return c.outcome("query", refused, err)
}

// call makes the round trip of a method other than query. params appends
// exactly count parameters.
func (c *Conn) call(ctx context.Context, method string, count int, params func([]byte) ([]byte, error)) ([]byte, error) {
	ctx, cancel := c.bound(ctx)
	defer cancel()
	done := false
	defer c.unlessPanic(&done)
	reply, err := c.request(ctx, method, count, params)
	done = true
	return reply, err
}

func (c *Conn) request(ctx context.Context, method string, count int, params func([]byte) ([]byte, error)) ([]byte, error) {
	c.yieldBuffer(ctx)
	b := c.rpc.Start(method, rpc.NoTxn, count)
	if params != nil {
		var err error
		if b, err = params(b); err != nil {
			c.rpc.Discard()
			return nil, err
		}
	}
	c.rpc.End(b)
	ctx, started := c.observeStart(ctx, method, 0)
	reply, err := c.roundTrip(ctx, method)
	c.observeEnd(ctx, method, nil, started, err).write(noRows)
	return reply, err
}

func (c *Conn) roundTrip(ctx context.Context, method string) ([]byte, error) {
	reply, err := c.rpc.RoundTrip(ctx)
	return reply.Result, c.outcome(method, reply.Err, err)
}

// outcome is the caller's error for what came of a request: the server refused it,
// or there was no answer.
func (c *Conn) outcome(method string, refused *rpc.ServerError, err error) error {
	if err != nil {
		return c.failure(err)
	}
	if refused != nil {
		return refusal(method, refused)
	}
	return nil
}

// refusal is the server's error to a request. That it denies a method it says without
// its name.
func refusal(method string, refused *rpc.ServerError) error {
	e := serverError(refused)
	if isDeniedMethod(e) {
		e.Hint = fmt.Sprintf("the server denies the RPC method %q: see its --allow-rpc and --deny-rpc (SURREAL_CAPS_ALLOW_RPC, SURREAL_CAPS_DENY_RPC)", method)
	}
	return e
}

// placed says of a text's error where in the text it is.
func placed(err error, q *analysis, sent string) error {
	var e *Error
	if errors.As(err, &e) {
		if len(q.Statements) == 1 {
			e.Statement = 1
		}
		e.relocate(q, sent)
		if e.Hint == "" && e.Is(ErrParse) {
			e.Hint = cmp.Or(textHint(e, q), parseHint(q.Text, e.Line, e.Column, headline(e.Message)))
		}
	}
	return err
}

package surrealsql

import (
	"cmp"
	"context"
	"database/sql/driver"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/surrealsql/surrealsql/internal/cbor"
	"github.com/surrealsql/surrealsql/internal/rpc"
)

// A session is prepared by a flight of requests: one write, then their replies.
// The server (3.x) begins the requests of a socket in their order and the
// session's lock is fair, so a `use` behind a `signin` finds the signed-in
// session. Where a server does it otherwise, the steps that came too early are
// sent again, one by one.

// step is one request that changes the session.
type step struct {
	method string
	count  int // of its parameters
	params func([]byte) ([]byte, error)
	take   func(result []byte) error // reads the result; nil if it does not matter
	hint   string                    // what to look at if the server refuses it for who signs in
}

func textStep(method, text string) step {
	return step{method: method, count: 1, params: func(b []byte) ([]byte, error) {
		return cbor.AppendText(b, text), nil
	}}
}

func useStep(namespace, database string) step {
	return step{method: "use", count: 2, params: func(b []byte) ([]byte, error) {
		b = cbor.AppendText(b, namespace)
		if database == "" {
			return cbor.AppendNull(b), nil
		}
		return cbor.AppendText(b, database), nil
	}}
}

func letStep(name string, value any, enc encoding) step {
	return step{method: "let", count: 2, params: func(b []byte) ([]byte, error) {
		b, err := appendValue(cbor.AppendText(b, name), value, enc)
		if err != nil {
			err = &unsendable{"variable $" + name, value, err}
		}
		return b, err
	}}
}

func cancelStep(txn rpc.TxnID) step {
	return step{method: "cancel", count: 1, params: func(b []byte) ([]byte, error) {
		return rpc.AppendTxnID(b, txn), nil
	}}
}

// versionStep learns the server's version: "surrealdb-3.0.2", or with "+build"
// since 3.1.6.
func (c *Conn) versionStep() step {
	return step{method: "version", take: func(result []byte) error {
		var d cbor.Decoder
		d.Reset(result)
		text, err := d.Text()
		if err != nil {
			return err
		}
		c.version = strings.TrimPrefix(text, "surrealdb-")
		c.major = majorOf(c.version)
		return nil
	}}
}

// majorOf reads the major version. A build that names itself otherwise is taken
// for a recent one.
func majorOf(version string) int {
	text, _, _ := strings.Cut(version, ".")
	if major, err := strconv.Atoi(text); err == nil {
		return major
	}
	return 3
}

// establish brings the server's session to s, after a reset if that is asked
// for. An open transaction is cancelled.
func (c *Conn) establish(ctx context.Context, s session, reset bool) error {
	var steps []step
	if c.tx != nil {
		steps = append(steps, cancelStep(c.tx.id))
	}
	if reset {
		steps = append(steps, step{method: "reset"})
	}
	enc := c.cfg.encoding()
	byToken := s.login == nil && c.token != ""
	who, err := c.login(ctx, s)
	if err != nil {
		return err
	}
	if who.method != "" {
		signIn := who.step(enc)
		if s.login == nil && !byToken {
			signIn.take = c.keepToken
		}
		steps = append(steps, signIn)
	}
	if s.ns != "" {
		steps = append(steps, useStep(s.ns, s.db))
	}
	for _, name := range slices.Sorted(maps.Keys(s.variables)) {
		steps = append(steps, letStep(name, s.variables[name], enc))
	}
	if c.major == 0 {
		steps = append(steps, c.versionStep())
	}
	err = c.fly(ctx, steps)
	if byToken && IsAuth(err) {
		c.token = "" // it has expired: with the password then
		return c.establish(ctx, s, reset)
	}
	if err != nil {
		return err
	}
	c.tx, c.dirty, c.now, c.recordUser = nil, false, s.clone(), recordUser{}
	c.signedWith, _ = who.param.(string)
	return nil
}

// fly sends the steps in one flight. Those whose failure may come from having
// overtaken the sign-in are repeated.
func (c *Conn) fly(ctx context.Context, steps []step) error {
	if len(steps) == 0 {
		return nil
	}
	failed, err := c.flight(ctx, steps)
	if err != nil {
		return err
	}
	for i, s := range steps {
		if failed[i] == nil || s.method == "cancel" && isUnknownTxn(failed[i]) { // it is gone already
			continue
		}
		if !s.mayRepeat() {
			return failed[i]
		}
		again, err := c.flight(ctx, []step{s})
		if err == nil && s.method == "version" && isDeniedMethod(again[0]) {
			c.major = majorOf("") // the server keeps it to itself (SURREAL_CAPS_DENY_RPC)
			continue
		}
		if err := cmp.Or(err, again[0]); err != nil {
			return err
		}
	}
	return nil
}

// hinted adds to the error of a refused sign-in who was refused.
func (s step) hinted(err error) error {
	if e, ok := errors.AsType[*Error](err); ok && s.hint != "" && !isDeniedMethod(e) {
		e.Hint = s.hint
	}
	return err
}

func (s step) mayRepeat() bool {
	return s.method == "use" || s.method == "let" || s.method == "version"
}

// flight sends the steps in one write and returns the error of each, or the
// error that ended the connection.
func (c *Conn) flight(ctx context.Context, steps []step) ([]error, error) {
	done := false
	defer c.unlessPanic(&done)
	failed, err := c.sendFlight(ctx, steps)
	done = true
	return failed, err
}

func (c *Conn) sendFlight(ctx context.Context, steps []step) ([]error, error) {
	c.yieldBuffer(ctx)
	failed := make([]error, len(steps))
	place := make(map[uint64]int, len(steps))
	for i, s := range steps {
		b := c.rpc.Start(s.method, rpc.NoTxn, s.count)
		if s.params != nil {
			var err error
			if b, err = s.params(b); err != nil {
				c.rpc.Discard()
				return failed, err
			}
		}
		place[c.rpc.End(b)] = i
	}
	err := c.rpc.Flight(ctx, func(r rpc.Reply) {
		i := place[r.ID]
		if r.Err != nil {
			failed[i] = steps[i].hinted(refusal(steps[i].method, r.Err))
		} else if take := steps[i].take; take != nil {
			failed[i] = take(r.Result)
		}
	})
	if err != nil {
		return failed, c.failure(err)
	}
	return failed, nil
}

// login returns what the session signs in with: what a lease said, or the token
// that the server gave for the Config's password, or what the Config says.
// TokenSource and Credentials are asked anew each time.
func (c *Conn) login(ctx context.Context, s session) (*login, error) {
	switch {
	case s.login != nil:
		return s.login, nil
	case c.token != "":
		return &login{method: "authenticate", param: c.token}, nil
	}
	method, param, err := c.cfg.authRequest(ctx)
	return &login{method, param, c.cfg.authHint(param)}, err
}

// keepToken remembers the token that a sign-in answers: text, or {access,
// refresh} since 3.0. Signing in with a password costs the server some 20 ms of
// hashing by design (measured on 3.0.2), which a reset need not pay again.
func (c *Conn) keepToken(result []byte) error {
	token := result
	_ = walkObject(result, func(key, raw []byte) bool {
		if string(key) == "access" {
			token = raw
		}
		return true
	})
	var d cbor.Decoder
	d.Reset(token)
	c.token, _ = d.Text() // without one the password does
	return nil
}

// signInAgain renews a session that has expired, with what this lease made of
// it. A transaction in which nothing has run is begun again.
func (c *Conn) signInAgain(ctx context.Context) error {
	c.token = "" // as old as the session
	dirty, open := c.dirty, c.tx
	err := c.establish(ctx, c.now, false)
	c.dirty = dirty || err != nil
	if err != nil || open == nil {
		return err
	}
	if err := open.begin(ctx); err != nil {
		// What comes next in the transaction must not run outside of one.
		c.rpc.Abort()
		c.tx = open
		if errors.Is(err, driver.ErrBadConn) {
			err = c.lost()
		}
		return err
	}
	return nil
}

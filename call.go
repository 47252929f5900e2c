package surrealsql

import (
	"context"
	"errors"
	"fmt"

	"github.com/surrealsql/surrealsql/internal/cbor"
)

// What a lease may ask of the server besides texts: any RPC method, and those of its user.

// insteadOf says for methods that would part the server's session from what the driver knows
// of it, or whose answer would reach nobody, what does the same.
var insteadOf = map[string]string{
	"query": "QueryContext or ExecContext", "query_stream": "QueryContext", "query_cancel": "the end of the call's context",
	"begin": "BeginTx", "commit": "Commit of the sql.Tx", "cancel": "Rollback of the sql.Tx",
	"attach": "WithSession", "detach": "WithSession",
	"live": "LIVE SELECT in QueryContext", "kill": "Close of the rows of the LIVE SELECT",
	"use": "Use", "let": "Let", "set": "Let", "unset": "Unset", "signin": "SignIn", "signup": "SignUp",
	"authenticate": "SignIn with a Token", "refresh": "SignIn with a RefreshToken", "invalidate": "Invalidate", "reset": "Close of the sql.Conn, which resets what was changed",
}

// tracelessMethods only read, and leave the session as it is.
var tracelessMethods = map[string]bool{"ping": true, "version": true, "info": true, "sessions": true, "select": true}

var errCallInTx = errors.New("surrealsql: Call in a transaction, of which it would be no part: run a text in the sql.Tx")

// Call calls an RPC method of the server with parameters, and stores the result in dest, a
// pointer as [Into] takes it; nil drops the result. It is for methods that have no text:
// run, info and whatever a server has that this package does not know. Those that
// it knows another way for (query, begin, use, signin, attach and their like) are
// refused, and the error names that way. So is every Call in a transaction, and on a
// read-only connection all but ping, version, info, sessions and select.
//
// It runs in the session that the context names ([WithSession]), else in that of the lease. A
// method but those may change it: so the lease's is set back at its end, and another one is made
// anew for the next call that names it. A Call whose reply is lost is not repeated.
func (c *Conn) Call(ctx context.Context, dest any, method string, params ...any) error {
	if other, known := insteadOf[method]; known {
		return fmt.Errorf("surrealsql: Call %q is not allowed: use %s", method, other)
	}
	switch {
	case c.tx != nil:
		return errCallInTx
	case c.readOnly && !tracelessMethods[method]:
		return fmt.Errorf("%w: Call %q", ErrReadOnly, method)
	}
	s := step{method: method, count: len(params), params: func(b []byte) (_ []byte, err error) {
		for i, param := range params {
			if b, err = appendValue(b, param, c.encoding()); err != nil {
				return b, &encodeError{fmt.Sprintf("parameter %d", i+1), param, err}
			}
		}
		return b, nil
	}}
	s.take = func(result []byte) error { return storeResult(dest, result) }
	options := optionsOf(ctx)
	if err := c.enter(ctx, &options); err != nil {
		return err
	}
	defer c.leave()
	if tracelessMethods[method] {
		return c.changeRenewed(ctx, s, nil)
	}
	return c.changeRenewed(ctx, s, func(*session) {})
}

// storeResult decodes a result into a destination.
func storeResult(dest any, result []byte) error {
	if dest == nil {
		return nil
	}
	var d cbor.Decoder
	d.Reset(result)
	v, err := decodeValue(&d)
	if err != nil {
		return fmt.Errorf("surrealsql: unreadable result: %w", err)
	}
	return store(dest, v)
}

// Info stores the record of the record user that is signed in, as the server shows it to that
// user. For others there is none: the result is NONE, or the error says so.
func (c *Conn) Info(ctx context.Context, dest any) error { return c.Call(ctx, dest, "info") }

// SignUp makes a user by the SIGNUP clause of a record access, and authenticates this lease as
// that user: Namespace, Database and Access of the credentials are needed, and User, Password
// and AuthParams become variables. The Config's schema runs before, as for [Conn.SignIn].
// [Conn.Tokens] then has what the server gave. A session that expires is renewed by the SIGNIN
// clause with the same variables. It is not repeated when its reply is lost.
func (c *Conn) SignUp(ctx context.Context, cred Credentials) error {
	if cred.Access == "" || cred.Token != "" || cred.RefreshToken != "" {
		return errors.New("surrealsql: SignUp: expected an access, its namespace and its database")
	}
	l, err := cred.login()
	switch {
	case err != nil:
		return err
	case c.tx != nil:
		return errors.New("surrealsql: SignUp in a transaction, of which it would be no part")
	case c.readOnly:
		return fmt.Errorf("%w: SignUp makes a user", ErrReadOnly)
	}
	before := c.session.current
	pending, err := c.prepareSignIn(ctx, cred.Namespace, cred.Database)
	if err != nil {
		return err
	}
	up := l.step(c.encoding())
	up.method = "signup"
	var got Tokens
	up.take = func(result []byte) error { got = readTokens(result); return nil }
	err = c.change(ctx, up, func(s *session) { s.login, s.ns, s.db, s.tokens = l, cred.Namespace, cred.Database, got })
	if err != nil && pending {
		c.reselect(before)
	}
	c.noteSignIn("", err)
	return err
}

// Invalidate signs the lease out: it goes on as nobody, where the server allows that, on the
// namespace and database that it has.
func (c *Conn) Invalidate(ctx context.Context) error {
	if c.tx != nil {
		return errors.New("surrealsql: Invalidate in a transaction: end it first")
	}
	err := c.change(ctx, step{method: "invalidate"}, func(s *session) { s.login, s.tokens = &login{}, Tokens{} })
	c.noteSignIn("", err)
	return err
}

package surrealsql

import (
	"context"
	"fmt"
	"sync"

	"github.com/surrealsql/surrealsql/internal/cbor"
)

// Record users in transactions. A server of 3.0 (3.0.2, and the source up to 3.0.5)
// does not tell an interactive transaction who is signed in: $auth, $session, $token,
// $access and session::*() are NONE in it, also with `session` beside `txn`, and the
// names are protected, so that a client cannot give them. Permissions that ask for
// $auth then hide every record from a record user, and drop what is written, without
// an error. 3.3.5 and 4.0.0-beta.1 tell it. A server is taken for what it does, not for
// its version: it is asked once, where the first record user begins a transaction.

// txUsers remembers of servers whether they tell a transaction who is signed in. Its
// zero value knows none.
type txUsers struct{ told sync.Map } // serverKey to bool

type serverKey struct{ addr, version string }

func (u *txUsers) of(c *Conn) (told, known bool) {
	v, known := u.told.Load(serverKey{c.addr, c.version})
	told, _ = v.(bool)
	return told, known
}

func (u *txUsers) learn(c *Conn, told bool) { u.told.Store(serverKey{c.addr, c.version}, told) }

// beginFor begins the transaction, unless its user would not be known in it.
func (t *tx) beginFor(ctx context.Context) error {
	c := t.conn
	if err := c.renewEnding(ctx); err != nil {
		return err
	}
	told, known := c.connector.txUsers.of(c)
	record := false
	if !told {
		var err error
		if record, err = c.isRecordUser(ctx); err != nil {
			return err
		}
		if record && known {
			return c.txUserError()
		}
	}
	if err := t.begin(ctx); err != nil || !record {
		return err
	}
	err := t.seesUser(ctx)
	if err != nil && c.tx == t {
		_ = t.cancel()
	}
	return err
}

// seesUser returns an error if the transaction does not see the record user that is
// signed in.
func (t *tx) seesUser(ctx context.Context) error {
	c := t.conn
	sees, err := c.askUser(ctx)
	if err != nil {
		return err
	}
	c.connector.txUsers.learn(c, sees)
	if !sees {
		return c.txUserError()
	}
	return nil
}

// isRecordUser reports whether the session is a record user's, and remembers it.
func (c *Conn) isRecordUser(ctx context.Context) (bool, error) {
	if !c.mayBeRecord() {
		return false, nil
	}
	if !c.session.recordUser.asked {
		open := c.tx
		c.tx = nil // the question is not the transaction's
		is, err := c.askUser(ctx)
		c.tx = open
		if err != nil {
			return false, err
		}
		c.session.recordUser = recordUser{true, is}
	}
	return c.session.recordUser.is, nil
}

// signedIn looks after a sign-in within a transaction, which may not see who it is
// now: then it can only be rolled back.
func (t *tx) signedIn(ctx context.Context) error {
	c := t.conn
	if told, _ := c.connector.txUsers.of(c); told {
		return nil
	}
	is, err := c.isRecordUser(ctx)
	if err == nil && is {
		err = t.seesUser(ctx)
	}
	if err != nil && t.doom == nil {
		t.doom = err
	}
	return err
}

func (c *Conn) txUserError() error {
	return &txUserError{fmt.Sprintf("surrealsql: the server at %s (version %s) does not tell a transaction which record user is signed in: $auth is NONE there, so that permissions hide all records and drop what is written: put BEGIN; …; COMMIT into one query text instead, or use a newer server (3.3.5 tells it)", c.addr, c.version)}
}

// recordUser says whether the session is a record user's, as far as it was asked.
type recordUser struct{ asked, is bool }

// txUserError is an ErrTxUnsupported with a text of its own: the server has
// transactions, only not for this user.
type txUserError struct{ text string }

func (e *txUserError) Error() string { return e.text }
func (e *txUserError) Unwrap() error { return ErrTxUnsupported }

// mayBeRecord reports whether the session may be a record user's: of a token only the
// server can tell.
func (c *Conn) mayBeRecord() bool {
	l := c.session.current.login
	if l == nil {
		level := c.cfg.authLevel()
		return level == AuthToken || level == AuthRecord || level != AuthNone && c.cfg.Access != ""
	}
	vars, _ := l.param.(map[string]any)
	_, access := vars["ac"]
	return l.method == "authenticate" || access
}

// askUser asks the server whether $auth has a value where the connection is: in its
// transaction, or outside of one. An answer that says nothing counts as no.
func (c *Conn) askUser(ctx context.Context) (bool, error) {
	r := reply{owner: c}
	err := c.sendSignedIn(ctx, &r, "RETURN $auth", nil, false)
	if err == nil {
		err = r.parse(false)
	}
	if err != nil || len(r.entries) != 1 || r.entries[0].failed {
		return false, err
	}
	var d cbor.Decoder
	d.Reset(r.last().result)
	v, err := decodeValue(&d)
	return v != nil, err
}

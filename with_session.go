package surrealsql

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync/atomic"

	"github.com/surrealsql/surrealsql/internal/cbor"
	"github.com/surrealsql/surrealsql/internal/tokens"
)

// The session that a program wants for a call, as the call's context says it. How a
// connection comes to it is in attached.go.

// Session says where and as whom the calls of a context run; see [WithSession]. What is
// zero is as the connection has it by its Config.
type Session struct {
	// Namespace and Database are selected. Empty ones are those that Credentials name, else
	// those of the connection.
	Namespace, Database string
	// Credentials are who runs the calls. The zero value is the connection's own user.
	Credentials Credentials
	// Variables are set beside those of the connection, and go before them: $name in the
	// texts. Names and values are as those of [Conn.Let].
	Variables map[string]any
}

// WithSession returns a context whose calls run in a session of their own: in another
// namespace and database, as another user, with variables.
//
//	ctx = surrealsql.WithSession(ctx, surrealsql.Session{Database: tenant})
//	rows, err := db.QueryContext(ctx, "SELECT * FROM invoice")
//
// It holds for single calls on an [sql.DB] and an [sql.Conn], and for transactions: BeginTx
// takes the session from its context, and all calls of the [sql.Tx] run in it, whether their
// contexts name it too or no session. One that names another is refused.
//
// Any connection of the pool serves any session. It keeps those that it was used for, up to
// [Config].MaxSessions, beside its own (sessions that are attached to the socket, from
// SurrealDB 3.0 on), so a call in one that is there costs no further round trip, and one in
// another one a single round trip, with the sign-in in it. Where the server cannot do that
// (2.x, or one that denies the method `attach`), the connection's own session is changed for
// the call, and set back for the next one: two round trips more.
//
// The Session is read when the first call uses it, and must not be changed after that.
// What is wrong with it is the error of the call. [IsAuth] tells whether the server refuses
// the credentials. A database in which the Config's schema has not run gets it first, from
// the connection's own user.
func WithSession(ctx context.Context, s Session) context.Context {
	o := optionsOf(ctx)
	o.session = newSessionRequest(s)
	return context.WithValue(ctx, optionsKey{}, o)
}

// sessionRequest is a Session that was checked.
type sessionRequest struct {
	Session
	login   *login // nil: the connection's own user
	err     error  // what is wrong with it
	written atomic.Pointer[writtenSession]
}

// writtenSession is a Session as it is sent. Its values were read once, so that two that are
// the same by their key are the same in all they send.
type writtenSession struct {
	as        encoding
	key       string
	login     *login
	variables map[string]any
	err       error
}

func newSessionRequest(s Session) *sessionRequest {
	r := &sessionRequest{Session: s}
	r.err = r.check()
	if r.err != nil {
		r.err = fmt.Errorf("surrealsql: WithSession: %w", r.err)
	}
	return r
}

// where is the namespace and the database that it names.
func (r *sessionRequest) where() (namespace, database string) { return r.Namespace, r.Database }

func (r *sessionRequest) check() error {
	cred := &r.Credentials
	if cred.RefreshToken != "" {
		return errors.New("a refresh token can be used once, and each connection that serves the session would send it: exchange it by Conn.SignIn, and give the access token of its Tokens as Token")
	}
	if !cred.isZero() {
		l, err := cred.login()
		if err != nil {
			return err
		}
		l.reuse = true
		r.login = l
		ns, db := cred.Namespace, cred.Database
		if cred.Token != "" {
			ns, db = tokens.Database(cred.Token)
		}
		if ns != "" && (r.Namespace == "" || r.Namespace == ns) {
			r.Namespace = ns
			if r.Database == "" {
				r.Database = db
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(r.Variables)) {
		if err := checkVariable(name); err != nil {
			return err
		}
	}
	return checkNames(r.Namespace, r.Database)
}

// isZero reports whether the credentials are nobody's.
func (c *Credentials) isZero() bool {
	return c.User == "" && c.Password == "" && c.Access == "" && c.Token == "" && c.RefreshToken == "" && len(c.AuthParams) == 0
}

// write encodes what the session sends.
func (r *sessionRequest) write(as encoding) *writtenSession {
	if w := r.written.Load(); w != nil && w.as == as {
		return w
	}
	w := &writtenSession{as: as, login: r.login}
	w.err = w.fill(r)
	r.written.Store(w)
	return w
}

func (w *writtenSession) fill(r *sessionRequest) (err error) {
	key := cbor.AppendText(cbor.AppendText(nil, r.Namespace), r.Database)
	if w.variables, key, err = snapshot(key, r.Variables, "variable $", w.as); err != nil {
		return err
	}
	if r.login != nil {
		l := *r.login
		key = cbor.AppendText(key, l.method)
		switch param := l.param.(type) {
		case string:
			key = cbor.AppendText(key, param)
		case map[string]any:
			if l.param, key, err = snapshot(key, param, "parameter ", w.as); err != nil {
				return err
			}
		}
		w.login = &l
	}
	w.key = string(key)
	return nil
}

// snapshot appends the names and values of an object to a key, and returns the object with
// its values as they were then.
func snapshot(key []byte, object map[string]any, what string, as encoding) (map[string]any, []byte, error) {
	key = cbor.AppendMapHeader(key, len(object))
	values := make(map[string]any, len(object))
	for _, name := range slices.Sorted(maps.Keys(object)) {
		key = cbor.AppendText(key, name)
		began := len(key)
		var err error
		if key, err = appendValue(key, object[name], as); err != nil {
			return nil, nil, &encodeError{what + name, object[name], err}
		}
		if text, ok := object[name].(string); ok {
			values[name] = text
		} else {
			values[name] = encodedValue(slices.Clone(key[began:]))
		}
	}
	return values, key, nil
}

// errOtherSession answers a call in a transaction whose context names another session.
var errOtherSession = errors.New("surrealsql: the context names another session than that of the transaction: begin the transaction with a context of WithSession, whose session then holds for all of it")

// targetOf is what the session is to be.
func (c *Conn) targetOf(want *sessionRequest, w *writtenSession) session {
	target := c.own.current.clone()
	if w.login != nil {
		target.login = w.login
	}
	if want.Namespace != "" {
		target.ns = want.Namespace
	}
	if want.Database != "" {
		target.db = want.Database
		if target.ns == "" {
			target.ns, _ = c.own.selected()
		}
	}
	for name, value := range w.variables {
		if target.variables == nil {
			target.variables = make(map[string]any, len(w.variables))
		}
		target.variables[name] = value
	}
	return target
}

package surrealsql

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"time"
	"unicode/utf8"

	"github.com/surrealsql/surrealsql/internal/backoff"
	"github.com/surrealsql/surrealsql/internal/cbor"
	"github.com/surrealsql/surrealsql/internal/rpc"
	"github.com/surrealsql/surrealsql/internal/tokens"
)

// session is what the server remembers about a connection between requests.
type session struct {
	login     *login // nil: as the Config says, asked anew each time
	ns, db    string
	variables map[string]any
	tokens    Tokens // that login was given
}

// sessionState is what a connection knows of its session.
type sessionState struct {
	base    session // what a reset restores
	current session
	dirty   bool   // current may differ from base
	epoch   uint64 // which of its states it is in; 0 is base
	changes uint64 // how often it was changed

	// Of a session that was attached (attached.go); the connection's own has none of these.
	id         rpc.SessionID
	key        sessionKey
	unattached bool   // the server has not made it yet
	used       uint64 // when it was used last, as attachedSessions count
	lives      int    // the live queries that are open in it
	gone       bool   // no further call finds it

	token         tokens.Token // that the server gave for the Config's password
	signedWith    string       // the token that the session signed in with last, or ""
	endsWithToken bool         // the server ends it with the token that it signed in with
	renewAt       time.Time    // likewise, of a JWT of the program's: see Conn.renewalOf
	recordUser    recordUser   // what is known of who is signed in
	settingUp     bool         // what runs is the Config's own
	expiry        sessionExpiry
}

// holds reports whether the session is in this namespace and database: they are there.
func (s session) holds(namespace, database string) bool {
	return namespace == s.ns && (database == "" || database == s.db)
}

// changed notes that the session is another one than before. Sessions that were made beside
// it, and have the rest from it, have that from what it was.
func (s *sessionState) changed() {
	s.changes++
	s.dirty, s.epoch = true, s.changes
}

func (s session) clone() session {
	s.variables = maps.Clone(s.variables)
	return s
}

// Use selects a namespace and a database for this lease, and runs the Config's schema
// where it has not run yet. The database may be empty: then none is selected. The
// namespace may not. The server (3.0.2 to 4.0.0-beta.1) makes what is not there, so on a
// read-only connection ([Config.ReadOnly]) or in a read-only transaction only what the
// connection was opened with can be selected, and the error of any other is [ErrReadOnly].
func (c *Conn) Use(ctx context.Context, namespace, database string) error {
	if namespace == "" {
		// The server (3.0) dies of a database without namespace.
		return fmt.Errorf("surrealsql: Use: got no namespace for the database %q, expected one", database)
	}
	if err := checkNames(namespace, database); err != nil {
		return fmt.Errorf("surrealsql: Use: %w", err)
	}
	if (c.readOnly || c.tx != nil && c.tx.readOnly) && !c.own.base.holds(namespace, database) && !c.session.current.holds(namespace, database) {
		return fmt.Errorf("%w: Use would make the namespace %q or the database %q if it were not there: open a connector whose Config names them", ErrReadOnly, namespace, database)
	}
	return c.selectDatabase(ctx, namespace, database)
}

// Let sets a session variable: $name in the texts of this lease. The name has no
// $, and is none of SurrealDB's own such as auth or value. The value may be
// anything that can be an argument, and is read once, now. An argument of a query
// that has the same name goes before it (3.x).
func (c *Conn) Let(ctx context.Context, name string, value any) error {
	if err := checkVariable(name); err != nil {
		return fmt.Errorf("surrealsql: Let: %w", err)
	}
	// It is set again where the session is renewed, or reset to what AfterConnect has made of
	// it: as it is now, whatever becomes of the program's variable.
	now, _, err := snapshot(nil, map[string]any{name: value}, "variable $", c.encoding())
	if err != nil {
		return err
	}
	return c.changeRenewed(ctx, letStep(name, now[name], c.encoding()), func(s *session) {
		if s.variables == nil {
			s.variables = make(map[string]any)
		}
		s.variables[name] = now[name]
	})
}

// Unset removes a session variable. One that is not set is no error.
func (c *Conn) Unset(ctx context.Context, name string) error {
	if err := checkVariable(name); err != nil {
		return fmt.Errorf("surrealsql: Unset: %w", err)
	}
	return c.changeRenewed(ctx, textStep("unset", name), func(s *session) { delete(s.variables, name) })
}

// SignIn authenticates this lease as somebody else, and selects the namespace and
// database that the credentials name; what they do not name stays selected. Where the
// Config's schema has not run in a database that they name, that is done before, as the user
// that is signed in until then; in one that stays selected in another namespace, [Conn.Use] has
// it run. When it fails the session stays as it was; [IsAuth] tells whether the credentials were
// refused. [Conn.Tokens] then has what the server gave. A session that expires is renewed by the
// same credentials; after a RefreshToken, by the access token that came for it, as long as that
// lives.
func (c *Conn) SignIn(ctx context.Context, cred Credentials) error {
	l, err := cred.login()
	if err != nil {
		return err
	}
	ns, db := cred.Namespace, cred.Database // the server selects what one signs in to
	if cred.Token != "" {
		ns, db = tokens.Database(cred.Token)
	}
	before := c.session.current
	pending, err := c.prepareSignIn(ctx, ns, db)
	if err != nil {
		return err
	}
	var got Tokens
	signIn := l.step(c.encoding())
	signIn.take = func(result []byte) error { got = readTokens(result); return nil }
	err = c.change(ctx, signIn, func(s *session) {
		s.login, s.tokens = l.again(cred, got), got
		s.ns, s.db = cmp.Or(ns, s.ns), cmp.Or(db, s.db) // as the server has it (3.0.2, 3.3.5, 4.0.0-beta.1)
	})
	if lost, ok := errors.AsType[*ConnError](err); ok && lost.Sent && cred.RefreshToken != "" {
		err = fmt.Errorf("%w; %s", err, hintLostExchange)
	}
	if err != nil && pending {
		c.reselect(before)
	}
	c.noteSignIn(cred.Token, err)
	if err == nil && c.tx != nil {
		err = c.tx.signedIn(ctx)
	}
	return err
}

// prepareSignIn runs the schema in the database that a sign-in selects, as who may do it, not as
// who comes, and reports whether it has selected the database for that.
func (c *Conn) prepareSignIn(ctx context.Context, ns, db string) (selected bool, err error) {
	_, pending, err := c.connector.schema.pending(ctx, c, ns, db)
	if err == nil && pending {
		err = c.selectDatabase(ctx, ns, db)
	}
	return pending, err
}

// noteSignIn notes that the session is another user's, if it came to that: by a JWT, if there is
// one.
func (c *Conn) noteSignIn(token string, err error) {
	c.session.recordUser = recordUser{}
	if err == nil {
		c.session.endsWithToken, c.session.renewAt = false, c.renewalOf(token, false)
	}
}

// changeRenewed is change, and renews a session that has expired, as a query does.
func (c *Conn) changeRenewed(ctx context.Context, s step, note func(*session)) error {
	err := c.change(ctx, s, note)
	if !c.renewable(err) {
		return c.expiredInTx(err)
	}
	if err := c.signInAgain(ctx, err); err != nil {
		return err
	}
	return c.change(ctx, s, note)
}

// change runs one step, and once it has succeeded notes what it changed; nil for what
// changes nothing.
func (c *Conn) change(ctx context.Context, s step, note func(*session)) error {
	if c.rpc.Broken() {
		return c.errBroken()
	}
	if c.session == &c.own {
		if err := c.enterOwn(ctx); err != nil {
			return err
		}
	}
	if note != nil {
		c.session.changed() // even when it fails: what the server made of it is not worth a guess
	}
	result, err := c.call(ctx, s.method, s.count, s.params)
	if err != nil {
		return s.hinted(err)
	}
	if s.take != nil {
		err = s.take(result)
	}
	if note != nil {
		note(&c.session.current)
	}
	return err
}

// endsSessionsWithTokens reports whether the server ends a session that was signed in by a
// token when the token's life is over, whatever the duration of sessions is. 4.0.0-beta.1
// does so on purpose; 3.0.2 and 3.3.5 count the user's session duration as after a password.
func (c *Conn) endsSessionsWithTokens() bool { return c.major >= 4 }

// ending reports whether the session may end, with the token that it signed in with, while
// somebody is using it. It is renewed before it is given to anybody: an end between two
// calls is mended without a word, one within a transaction cannot be.
func (c *Conn) ending() bool {
	s := c.session
	return s.endsWithToken && !s.token.Fresh() || !s.renewAt.IsZero() && !time.Now().Before(s.renewAt)
}

// renewalOf is from when on a session that a JWT of the program's has signed in is renewed before
// it is given to anybody: when the JWT has expired, so that a transaction is told so before it
// begins; or a minute before, or in the second half of what is left of its life, where there may
// be another one. Where that would be in the past, although the server has just taken it, the
// clocks differ, and it is left to the server.
func (c *Conn) renewalOf(token string, another bool) time.Time {
	expiry := tokens.Expiry(token)
	left := time.Until(expiry)
	switch {
	case !c.endsSessionsWithTokens() || expiry.IsZero() || left <= -grain:
		return time.Time{}
	case another:
		return expiry.Add(-min(left/2, time.Minute))
	}
	return expiry.Add(grain)
}

// grain is that of the times in a JWT: one that expires in a second is good for all of it.
const grain = time.Second

// renewEnding renews the session where it is ending.
func (c *Conn) renewEnding(ctx context.Context) error {
	if !c.ending() {
		return nil
	}
	ctx, cancel := context.WithTimeoutCause(ctx, c.cfg.ConnectTimeout, errConnectTimeout)
	defer cancel()
	return c.signInAgain(ctx, nil)
}

// checkNames refuses names of a namespace and a database that are not UTF-8.
func checkNames(names ...string) error {
	for _, name := range names {
		if !utf8.ValidString(name) {
			return fmt.Errorf("the name %q is not UTF-8, which SurrealDB's names are", name)
		}
	}
	return nil
}

// selected returns the namespace and the database that the session is on. Where neither
// the Config nor a call has said it, those of its token are.
func (s *sessionState) selected() (ns, db string) {
	if s.current.ns == "" {
		return tokens.Database(s.signedWith)
	}
	return s.current.ns, s.current.db
}

// selectDatabase brings the session to a database and runs its schema there, as the user that
// is signed in. When that fails the session goes back to where it was.
func (c *Conn) selectDatabase(ctx context.Context, ns, db string) error {
	name, pending, err := c.connector.schema.pending(ctx, c, ns, db)
	if err != nil {
		return fmt.Errorf("surrealsql: %w", err)
	}
	if pending && c.tx != nil {
		return fmt.Errorf("surrealsql: %s has not run in namespace %q, database %q, and would be a part of the open transaction: select the database before BeginTx", name, ns, db)
	}
	before := c.session.current
	use := func() error {
		return c.changeRenewed(ctx, useStep(ns, db), func(s *session) { s.ns, s.db = ns, db })
	}
	err = use()
	// What is not there is made, and two sessions that make it at once conflict (3.0.2):
	// nothing of this one is in force.
	for n := 1; n < defaultAttempts && IsConflict(err) && backoff.Sleep(ctx, Retry{}.pause(n)); n++ {
		err = use()
	}
	if err != nil || !pending {
		return err
	}
	if err := c.connector.schema.ensure(ctx, c); err != nil {
		c.reselect(before)
		return fmt.Errorf("surrealsql: namespace %q, database %q is not selected: %w", ns, db, err)
	}
	return nil
}

// reselect selects again what was selected before, or gives the connection up: it must
// not stay on a database without its schema.
func (c *Conn) reselect(before session) {
	ctx, cancel := context.WithTimeoutCause(context.Background(), c.cfg.CloseTimeout, errCloseTimeout)
	defer cancel()
	if before.ns == "" || c.change(ctx, useStep(before.ns, before.db), func(s *session) { s.ns, s.db = before.ns, before.db }) != nil {
		c.rpc.Abort()
	}
}

// sessionExpiry is when a session expires, once the server was asked.
type sessionExpiry struct {
	known bool
	at    time.Time // by this machine's clock; zero: never
}

// sessionEnd asks when the session expires, once for each sign-in.
func (c *Conn) sessionEnd(ctx context.Context) (time.Time, error) {
	if c.session.expiry.known {
		return c.session.expiry.at, nil
	}
	ctx, cancel := c.withTimeout(ctx)
	defer cancel()
	asked := time.Now()
	answer, err := c.roundTrip(ctx, "query", 1, func(p []byte) ([]byte, error) {
		return cbor.AppendText(p, "RETURN $session.exp - time::unix(time::now())"), nil
	})
	if err != nil {
		return time.Time{}, err
	}
	var d cbor.Decoder
	d.Reset(answer)
	c.session.expiry = sessionExpiry{known: true}
	if _, err := d.ArrayLen(); err != nil {
		return time.Time{}, nil
	}
	if found, _ := d.Find("result"); found {
		if left, err := d.Int(); err == nil { // else there is none, and the difference an error
			c.session.expiry.at = asked.Add(time.Duration(left+1) * time.Second) // within that second it has not (source)
		}
	}
	return c.session.expiry.at, nil
}

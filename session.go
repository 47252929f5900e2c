package surrealsql

import (
	"context"
	"fmt"
	"maps"
	"unicode/utf8"
)

// session is what the server remembers about a connection between requests.
type session struct {
	login     *login // nil: as the Config says, asked anew each time
	ns, db    string
	variables map[string]any
}

// holds reports whether the session is in this namespace and database: they are there.
func (s session) holds(namespace, database string) bool {
	return namespace == s.ns && (database == "" || database == s.db)
}

func (s session) clone() session {
	s.variables = maps.Clone(s.variables)
	return s
}

// Use selects a namespace and a database for this lease, and runs the Config's schema
// where it has not run yet. The database may be
// empty: then none is selected. The namespace may not. The server (3.0.2 to
// 4.0.0-beta.1) makes what is not there, so on a read-only connection
// ([Config.ReadOnly]) or in a read-only transaction only what the connection was opened
// with can be selected, and the error of any other is [ErrReadOnly].
func (c *Conn) Use(ctx context.Context, namespace, database string) error {
	if namespace == "" {
		// The server (3.0) dies of a database without namespace.
		return fmt.Errorf("surrealsql: Use: got no namespace for the database %q, expected one", database)
	}
	if err := checkNames(namespace, database); err != nil {
		return fmt.Errorf("surrealsql: Use: %w", err)
	}
	if (c.readOnly || c.tx != nil && c.tx.readOnly) && !c.base.holds(namespace, database) && !c.now.holds(namespace, database) {
		return fmt.Errorf("%w: Use would make the namespace %q or the database %q if it were not there: open a connector whose Config names them", ErrReadOnly, namespace, database)
	}
	return c.enter(ctx, namespace, database)
}

// Let sets a session variable: $name in the texts of this lease. The name has no
// $, and is none of SurrealDB's own such as auth or value. The value may be
// anything that can be an argument. An argument of a query that has the same name
// goes before it (3.x).
func (c *Conn) Let(ctx context.Context, name string, value any) error {
	if err := checkVariable(name); err != nil {
		return fmt.Errorf("surrealsql: Let: %w", err)
	}
	return c.changeRenewed(ctx, letStep(name, value, c.cfg.encoding()), func(s *session) {
		if s.variables == nil {
			s.variables = make(map[string]any)
		}
		s.variables[name] = value
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
// database that the credentials name; where the Config's schema has not run there,
// that is done before, as the user that is signed in until then. When it fails the session stays as it was;
// [IsAuth] tells whether the credentials were refused.
func (c *Conn) SignIn(ctx context.Context, cred Credentials) error {
	l, err := cred.login()
	if err != nil {
		return err
	}
	ns, db := cred.Namespace, cred.Database // the server selects what one signs in to
	if cred.Token != "" {
		ns, db = tokenPlace(cred.Token)
	}
	before := c.now
	_, pending, err := c.connector.schema.pending(ctx, c, ns, db)
	if err == nil && pending { // as who may do it, not as who comes
		err = c.enter(ctx, ns, db)
	}
	if err != nil {
		return err
	}
	err = c.change(ctx, l.step(c.cfg.encoding()), func(s *session) {
		s.login = l
		if ns != "" {
			s.ns, s.db = ns, db
		}
	})
	if err != nil && pending {
		c.comeBack(before)
	}
	c.recordUser = recordUser{}
	if err == nil && c.tx != nil {
		err = c.tx.signedIn(ctx)
	}
	return err
}

// changeRenewed is change, and renews a session that has expired, as a query does.
func (c *Conn) changeRenewed(ctx context.Context, s step, note func(*session)) error {
	err := c.change(ctx, s, note)
	if !c.renewable(err) {
		return err
	}
	if err := c.signInAgain(ctx); err != nil {
		return err
	}
	return c.change(ctx, s, note)
}

// change runs one step, and notes what it changed once it did.
func (c *Conn) change(ctx context.Context, s step, note func(*session)) error {
	if c.rpc.Broken() {
		return c.lost()
	}
	c.dirty = true // even when it fails: what the server made of it is not worth a guess
	if _, err := c.call(ctx, s.method, s.count, s.params); err != nil {
		return s.hinted(err)
	}
	note(&c.now)
	return nil
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

package surrealsql

import (
	"cmp"
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/surrealsql/surrealsql/internal/cbor"
	"github.com/surrealsql/surrealsql/internal/ctxerr"
	"github.com/surrealsql/surrealsql/internal/literal"
	"github.com/surrealsql/surrealsql/internal/rpc"
	"github.com/surrealsql/surrealsql/internal/tokens"
	"github.com/surrealsql/surrealsql/internal/wire"
	"github.com/surrealsql/surrealsql/internal/ws"
)

// A session is prepared by a pipeline of requests: one write, then their replies.
// The server (3.x) begins the requests of a socket in their order and the
// session's lock is fair, so a `use` after a `signin` finds the signed-in
// session. Where a server does it otherwise, the steps that came too early are
// sent again, one by one.

// step is one request that changes the session.
type step struct {
	method string
	count  int // of its parameters
	params func([]byte) ([]byte, error)
	take   func(result []byte) error // reads the result; nil if it does not matter

	answered func() // is called with the reply, whatever it says; may be nil

	hint string // what to look at if the server refuses it for who signs in

	token   string // that it signs in with, or ""
	refused *bool  // becomes true where the server refuses it

	in rpc.SessionID // the attached session that it is for, where that is not the present one
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
			err = &encodeError{"variable $" + name, value, err}
		}
		return b, err
	}}
}

func cancelStep(txn rpc.TxnID) step {
	return step{method: "cancel", count: 1, params: func(b []byte) ([]byte, error) {
		return wire.AppendUUID(b, txn), nil
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
		c.major, c.minor = releaseOf(c.version)
		return nil
	}}
}

// asksVersion reports whether a text is what tools send to each database to show what it is
// (usql, for one). To SurrealDB that is no statement.
func asksVersion(text string) bool {
	const question = "SELECT version()"
	if len(text) < len(question) || len(text) > len(question)+8 {
		return false
	}
	return strings.EqualFold(strings.TrimRight(strings.TrimSpace(text), "; "), question)
}

// answerVersion is a text whose one row has the version, as the server tells it.
func (c *Conn) answerVersion() string {
	return "RETURN { version: " + string(literal.AppendString(nil, "surrealdb-"+c.version)) + " }"
}

// releaseOf reads the major and the minor version. A build that names itself otherwise is
// taken for a recent one.
func releaseOf(version string) (major, minor int) {
	first, rest, _ := strings.Cut(version, ".")
	second, _, _ := strings.Cut(rest, ".")
	major, err := strconv.Atoi(first)
	if err != nil {
		return 3, math.MaxInt
	}
	if minor, err = strconv.Atoi(second); err != nil {
		minor = math.MaxInt
	}
	return major, minor
}

// establish brings the server's session to s, after a reset if that is asked
// for. An open transaction is cancelled.
func (c *Conn) establish(ctx context.Context, s session, reset bool) error {
	ctx = withoutOptions(ctx) // sources of credentials may make calls, too
	if s.login != nil && s.login.reuse {
		return c.establishShared(ctx, s, reset, s.login)
	}
	if s.login != nil {
		return c.establishAs(ctx, s, reset, s.login.step(c.encoding()))
	}
	return c.establishFromConfig(ctx, s, reset)
}

// establishAs is establish, where signIn says who signs in and by what.
func (c *Conn) establishAs(ctx context.Context, s session, reset bool, signIn step) error {
	var steps []step
	if c.tx != nil {
		steps = append(steps, cancelStep(c.tx.id))
	}
	steps = append(steps, c.partingSteps()...)
	if reset {
		steps = append(steps, step{method: "reset"})
	}
	if signIn.method != "" {
		steps = append(steps, signIn)
	}
	if s.ns != "" {
		steps = append(steps, useStep(s.ns, s.db))
	}
	for _, name := range slices.Sorted(maps.Keys(s.variables)) {
		steps = append(steps, letStep(name, s.variables[name], c.encoding()))
	}
	if c.major == 0 {
		steps = append(steps, c.versionStep())
	}
	if err := c.runSteps(ctx, steps); err != nil {
		return err
	}
	c.tx, c.session.dirty, c.session.current, c.session.recordUser = nil, false, s.clone(), recordUser{}
	c.session.signedWith, c.session.endsWithToken = signIn.token, false
	c.session.renewAt = c.renewalOf(signIn.token, s.login == nil && (c.cfg.TokenSource != nil || c.cfg.TokenFile != ""))
	c.session.expiry = sessionExpiry{}
	return nil
}

// runSteps sends the steps as one pipeline. Those whose failure may come from having
// overtaken the sign-in are repeated.
func (c *Conn) runSteps(ctx context.Context, steps []step) error {
	if len(steps) == 0 {
		return nil
	}
	failed, err := c.pipeline(ctx, steps)
	if err != nil {
		return err
	}
	for i, s := range steps {
		if failed[i] == nil || s.method == "cancel" && isUnknownTxn(failed[i]) || s.method == "detach" { // it is gone already
			continue
		}
		if !s.mayRepeat() {
			return failed[i]
		}
		again, err := c.pipeline(ctx, []step{s})
		if err == nil && s.method == "version" && isDeniedMethod(again[0]) {
			c.major, c.minor = releaseOf("") // the server keeps it to itself (SURREAL_CAPS_DENY_RPC)
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
	if e, ok := errors.AsType[*Error](err); ok && s.hint != "" && !isDeniedMethod(e) && !isTurnedAway(e) {
		e.Hint = s.hint
	}
	return err
}

func (s step) mayRepeat() bool {
	return s.method == "use" || s.method == "let" || s.method == "version"
}

// pipeline sends the steps in one write and returns the error of each, or the
// error that ended the connection.
func (c *Conn) pipeline(ctx context.Context, steps []step) ([]error, error) {
	done := false
	defer c.abortOnPanic(&done)
	failed, err := c.sendPipeline(ctx, steps)
	done = true
	return failed, err
}

func (c *Conn) sendPipeline(ctx context.Context, steps []step) ([]error, error) {
	failed := make([]error, len(steps))
	if err := c.makeReady(ctx); err != nil {
		return failed, err
	}
	stepOf := make(map[uint64]int, len(steps))
	trace := c.traceContext(ctx)
	defer c.present(c.session)
	for i, s := range steps {
		if c.rpc.Session = c.session.id; s.in != rpc.OwnSession {
			c.rpc.Session = s.in
		}
		b := c.rpc.Start(s.method, rpc.NoTxn, trace, s.count)
		if s.params != nil {
			var err error
			if b, err = s.params(b); err != nil {
				c.rpc.Discard()
				return failed, err
			}
		}
		stepOf[c.rpc.End(b)] = i
	}
	err := c.rpc.Pipeline(ctx, func(r rpc.Reply) {
		i := stepOf[r.ID]
		if answered := steps[i].answered; answered != nil {
			answered()
		}
		if r.Err != nil {
			failed[i] = steps[i].hinted(refusal(steps[i].method, r.Err))
			if refused := steps[i].refused; refused != nil {
				*refused = !isTurnedAway(failed[i]) && !isNoSession(failed[i])
			}
		} else if take := steps[i].take; take != nil {
			failed[i] = take(r.Result)
		}
	})
	if err != nil {
		return failed, c.transportError(err)
	}
	for _, err := range failed {
		if e, ok := errors.AsType[*Error](err); ok && isTurnedAway(e) {
			return failed, c.refused(e)
		}
	}
	return failed, nil
}

// signInAgain renews a session that has expired, or is not there, as why says, with what this
// lease made of it. A transaction in which nothing has run is begun again.
func (c *Conn) signInAgain(ctx context.Context, why error) error {
	c.session.unattached = isNoSession(why)
	c.session.token = tokens.Token{} // as old as the session
	dirty, open := c.session.dirty, c.tx
	err := c.establish(ctx, c.session.current, false)
	c.session.dirty = dirty || err != nil
	if err != nil || open == nil {
		return c.unsent(err) // what the session is renewed for has not run
	}
	if err := open.begin(ctx); err != nil {
		// What comes next in the transaction must not run outside of one.
		c.rpc.Abort()
		c.tx = open
		if errors.Is(err, driver.ErrBadConn) {
			err = c.errBroken()
		}
		return unsent(err)
	}
	return nil
}

// prepare signs in, and where signedIn allows it runs what the Config wants to have run.
func (c *Conn) prepare(ctx context.Context, signedIn func() error) error {
	first := session{ns: c.cfg.Namespace, db: c.cfg.Database, variables: c.cfg.Variables}
	if err := c.establish(ctx, first, false); err != nil {
		return unsent(err) // of the call for which the connection is made nothing has left
	}
	if err := signedIn(); err != nil {
		return err
	}
	if err := c.setUp(ctx); err != nil {
		return &setUpError{err}
	}
	if err := c.cutShort(ctx); err != nil {
		return err // no hook gets a connection that is given up
	}
	if err := c.afterConnect(ctx); err != nil {
		return &setUpError{err}
	}
	if c.own.epoch != 0 { // the hook has changed it: what was made beside it has the rest from before
		for _, s := range c.sessions.of {
			c.letGo(s)
		}
	}
	// What the hook made of the session is what a reset goes back to.
	c.own.base, c.own.dirty, c.own.epoch = c.own.current.clone(), false, 0
	c.readOnly = c.cfg.ReadOnly
	return nil
}

// cutShort is the error of connecting where ctx ended with an exchange whose answer came all
// the same: the connection has been closed for it.
func (c *Conn) cutShort(ctx context.Context) error {
	if !c.rpc.Broken() {
		return nil
	}
	return &ConnError{Op: "connect", Addr: c.addr, Err: cmp.Or(ctxerr.Of(ctx), ws.ErrClosed)}
}

// setUp runs the schema and the Init statements.
func (c *Conn) setUp(ctx context.Context) error {
	if err := c.connector.schema.ensure(ctx, c); err != nil {
		return err
	}
	c.session.settingUp = true
	for i, text := range c.cfg.Init {
		if _, err := c.ExecContext(ctx, text, nil); err != nil {
			return inPart(fmt.Sprintf("text %d of Init", i+1), err)
		}
	}
	c.session.settingUp = false
	return nil
}

// afterConnect calls the Config's hook, if there is one.
func (c *Conn) afterConnect(ctx context.Context) error {
	if c.cfg.AfterConnect == nil {
		return nil
	}
	if err := c.cfg.AfterConnect(ctx, c); err != nil {
		return inPart("AfterConnect", err)
	}
	if c.tx != nil {
		return errors.New("AfterConnect left a transaction open")
	}
	return nil
}

package surrealsql

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"sync/atomic"
	"time"

	"github.com/surrealsql/surrealsql/internal/cbor"
	"github.com/surrealsql/surrealsql/internal/lending"
	"github.com/surrealsql/surrealsql/internal/printed"
	"github.com/surrealsql/surrealsql/internal/rpc"
	"github.com/surrealsql/surrealsql/internal/tokens"
	"github.com/surrealsql/surrealsql/internal/ws"
)

// Refresh tokens, which a record access WITH REFRESH gives to who signs in, and how a
// connector signs its connections in by them.
//
// Measured on 3.0.2, 3.3.5 and 4.0.0-beta.1: signin and signup answer {access, refresh}.
// signin with {ns, db, ac, refresh} exchanges the refresh token for another pair, once: of
// several at a time one succeeds, and the others, like those that come later, get "There was a
// problem with authentication", whatever became of the answer. The exchange runs no SIGNIN
// clause. The access token that came with it serves on. A refresh token expires with DURATION
// FOR GRANT (30 days), an access token with DURATION FOR TOKEN (an hour).

// Tokens are what a server gives to a record user that signs in. Printing them shows neither;
// encoding/json and the like refuse them, so that they get nowhere unawares.
type Tokens struct {
	// Access is a JWT. Who has it is that user, until it expires, any number of times: see
	// [Credentials].Token.
	Access string
	// Refresh can be exchanged for another pair, once: see [Credentials].RefreshToken and
	// [Config].RefreshToken. It is empty where the access is not one WITH REFRESH.
	Refresh string
}

// String tells which tokens there are, and shows neither.
func (t Tokens) String() string {
	switch {
	case t.Refresh != "":
		return "an access token and a refresh token"
	case t.Access != "":
		return "an access token"
	}
	return "no tokens"
}

// Format prints [Tokens.String] for every verb.
func (t Tokens) Format(f fmt.State, verb rune) { printed.As(f, verb, "surrealsql.Tokens", t.String()) }

// LogValue makes log/slog log [Tokens.String].
func (t Tokens) LogValue() slog.Value { return slog.StringValue(t.String()) }

// MarshalText refuses: what is to be stored is taken by name.
func (t Tokens) MarshalText() ([]byte, error) {
	return nil, errors.New("surrealsql: Tokens are not encoded as a whole, so that none gets into a log: take Access and Refresh by name")
}

// readTokens reads what signin or signup answers: an access token as a text, or {access, refresh}.
func readTokens(result []byte) (t Tokens) {
	var d cbor.Decoder
	field := func(name string) string {
		d.Reset(result)
		if found, _ := d.Find(name); !found {
			return ""
		}
		text, _ := d.Text()
		return text
	}
	if t = (Tokens{field("access"), field("refresh")}); t.Access == "" {
		d.Reset(result)
		t.Access, _ = d.Text()
	}
	return t
}

// Tokens returns what the server gave for the [Conn.SignIn] or [Conn.SignUp] of this lease; the
// zero value where there was none, or it was by a JWT.
func (c *Conn) Tokens() Tokens { return c.session.current.tokens }

const hintUsedUp = "a refresh token can be exchanged once, and this one has been, or was revoked, or has expired (DURATION FOR GRANT), or is of no access WITH REFRESH: sign in anew"

const hintLostExchange = "this was to exchange a refresh token, which is used up if it came to that, and is not sent again: sign in anew"

// loginChain signs the record user of a connector in where the server's tokens are kept for it:
// once by a refresh token or a password, and its connections by the access tokens that follow.
// What is not the Chain's belongs to the flight that is under way, of which there is one at most.
type loginChain struct {
	tokens.Chain
	users atomic.Int32 // connectors that are not closed

	refresh  string    // to exchange next; empty while it is being exchanged, and where there is none
	spent    error     // why there is none any more
	signedUp bool      // a sign-up has been sent, and was not refused
	unsaved  Tokens    // that Config.OnTokens has not taken yet
	asked    time.Time // when the unsaved ones were asked for
}

func newLoginChain(refresh string) *loginChain {
	k := &loginChain{refresh: refresh}
	k.users.Store(1)
	return k
}

// leave is Close for the last connector that uses it.
func (k *loginChain) leave(limit time.Duration) {
	if k.users.Add(-1) == 0 {
		k.Close(limit)
	}
}

// keepsTokens reports whether the connections sign in by a loginChain.
func (c *Config) keepsTokens() bool {
	return c.authLevel() == AuthRecord && (c.RefreshToken != "" || c.OnTokens != nil || c.SignUp)
}

// hasCredentials reports whether a Config of the level record can sign in without a refresh token.
func (c *Config) hasCredentials() bool {
	return c.User != "" || c.CredentialSource != nil || len(c.AuthParams) > 0
}

// checkRefresh checks what is said of refresh tokens.
func (c *Config) checkRefresh() error {
	level := c.authLevel()
	_, misplaced := c.AuthParams[refreshParam]
	switch {
	case misplaced && level == AuthRecord:
		return errRefreshParam("Config")
	case level == AuthRecord:
		return nil
	case c.SignUp:
		return fmt.Errorf("surrealsql: Config.SignUp with auth=%s: expected an access method (access) and auth=record", level)
	case c.RefreshToken != "":
		return fmt.Errorf("surrealsql: Config.RefreshToken with auth=%s: expected an access method (access) and auth=record", level)
	case c.OnTokens != nil:
		return fmt.Errorf("surrealsql: Config.OnTokens with auth=%s, where nobody gets tokens to keep: expected auth=record", level)
	}
	return nil
}

// refreshParam is the variable of signin that the server takes for a refresh token.
const refreshParam = "refresh"

func errRefreshParam(of string) error {
	return fmt.Errorf("surrealsql: %s.AuthParams: %s is what the server takes for a refresh token, which can be used once: give it as RefreshToken", of, refreshParam)
}

// sameTokens reports whether another Config signs the same user in, by the same tokens.
func (c *Config) sameTokens(o *Config) bool {
	return c.keepsTokens() == o.keepsTokens() &&
		(!c.keepsTokens() || c.Namespace == o.Namespace && c.Database == o.Database && c.Access == o.Access &&
			c.RefreshToken == o.RefreshToken && c.SignUp == o.SignUp && c.User == o.User && c.Password == o.Password &&
			c.PasswordFile == o.PasswordFile && reflect.DeepEqual(c.AuthParams, o.AuthParams))
}

var errOtherTokens = errors.New("surrealsql: BeforeConnect changes who signs in, or by which refresh token, where one user's tokens are kept for all connections (Config.RefreshToken, Config.OnTokens, Config.SignUp): use a connector for each user")

// establishByChain is establish by the access token of the connector's record user. A token
// that is refused, as where its access was defined anew, is renewed once.
func (c *Conn) establishByChain(ctx context.Context, s session, reset bool) error {
	for again := false; ; again = true {
		token, err := c.connector.chain.Take(ctx, c.cfg.ConnectTimeout, c.cfg.ConnectTimeout/3, func(ctx context.Context) (tokens.Token, error) {
			return c.connector.renewTokens(ctx, c.cfg, c.host)
		})
		if err != nil {
			return fmt.Errorf("surrealsql: signing in: %w", err)
		}
		refused, err := c.establishByToken(ctx, s, reset, token)
		if !refused {
			return err
		}
		if c.connector.chain.Refused(token); again || isDeniedMethod(err) {
			return err
		}
	}
}

// renewTokens gets an access token, on a connection of its own.
func (c *Connector) renewTokens(ctx context.Context, cfg *Config, h *host) (tokens.Token, error) {
	k := c.chain
	if k.unsaved == (Tokens{}) {
		got, err := c.signInForTokens(ctx, cfg, h)
		if err != nil {
			return tokens.Token{}, err
		}
		k.unsaved, k.refresh = got, got.Refresh
	}
	if cfg.OnTokens != nil {
		if err := cfg.OnTokens(ctx, k.unsaved); err != nil {
			return tokens.Token{}, &lending.SourceError{Source: "Config.OnTokens", Why: err}
		}
	}
	token := tokens.Read(k.unsaved.Access, k.asked)
	k.unsaved = Tokens{}
	return token, nil
}

// signInForTokens exchanges the refresh token, or where there is none signs in by the clauses
// of the access. The error is none of the calls that wait for it: of these nothing was sent.
func (c *Connector) signInForTokens(ctx context.Context, cfg *Config, h *host) (Tokens, error) {
	c.chain.asked = time.Now()
	got, err := c.exchangeTokens(ctx, cfg, h)
	if err == errNoRefreshToken {
		got, err = c.askBeside(ctx, cfg, h, (*Conn).signInByClause)
	}
	return got, unsent(err)
}

// askBeside asks on a connection of its own.
func (c *Connector) askBeside(ctx context.Context, cfg *Config, h *host, ask func(*Conn, context.Context) (Tokens, error)) (Tokens, error) {
	socket, err := c.dial(ctx, h, cfg)
	if err != nil {
		return Tokens{}, err
	}
	defer c.lingering.giveUp(socket)
	return ask(c.newConn(socket, cfg, h), ctx)
}

// errNoRefreshToken leaves it to the clauses of the access.
var errNoRefreshToken = errors.New("surrealsql: there is no refresh token")

// exchangeTokens sends the refresh token, which is forgotten before.
func (c *Connector) exchangeTokens(ctx context.Context, cfg *Config, h *host) (Tokens, error) {
	k := c.chain
	if token := k.refresh; token != "" {
		l, err := Credentials{Namespace: cfg.Namespace, Database: cfg.Database, Access: cfg.Access, RefreshToken: token}.login()
		if err != nil {
			return Tokens{}, err
		}
		// Also where code of the program's ends the goroutine.
		k.refresh, k.spent = "", errors.New("it is not known what became of its exchange")
		got, err := c.askBeside(ctx, cfg, h, func(conn *Conn, ctx context.Context) (Tokens, error) { return conn.askTokens(ctx, l, l.method) })
		switch {
		case err == nil:
			k.spent = nil
			return got, nil
		case isUnexchanged(err):
			k.refresh, k.spent = token, nil
			return got, err
		}
		k.spent = err
	}
	if k.spent == nil || cfg.hasCredentials() {
		return Tokens{}, errNoRefreshToken
	}
	return Tokens{}, &spentError{k.spent}
}

// signInByClause signs in by the SIGNIN clause of the access, and where that finds nobody by
// its SIGNUP clause, which is run once at most: a sign-up whose answer is lost may have made the
// user.
func (c *Conn) signInByClause(ctx context.Context) (Tokens, error) {
	method, param, err := c.cfg.authRequest(ctx)
	if err != nil {
		return Tokens{}, err
	}
	l := &login{method: method, param: param, hint: c.cfg.authHint(param)}
	got, err := c.askTokens(ctx, l, l.method)
	k := c.connector.chain
	switch {
	case !c.cfg.SignUp || !findsNobody(err):
		return got, err
	case k.signedUp:
		return got, fmt.Errorf("%w; a sign-up that was not answered is not sent again", err)
	}
	k.signedUp = true
	got, err = c.askTokens(ctx, l, "signup")
	if _, answered := errors.AsType[*Error](err); answered || err != nil && isUnexchanged(err) {
		k.signedUp = false
	}
	if err != nil {
		err = fmt.Errorf("signing up: %w", err)
	}
	return got, err
}

// findsNobody reports whether a SIGNIN clause has found nobody, or there is none (3.0.2, 3.3.5,
// 4.0.0-beta.1).
func findsNobody(err error) bool {
	e, answered := errors.AsType[*Error](err)
	return answered && (strings.HasPrefix(e.Message, "No record was returned") || strings.HasPrefix(e.Message, "This record access method does not allow signin"))
}

// askTokens signs in by a method, and returns what the server gives for it.
func (c *Conn) askTokens(ctx context.Context, l *login, method string) (got Tokens, err error) {
	s := l.step(c.encoding())
	s.method = method
	s.take = func(result []byte) error { got = readTokens(result); return nil }
	failed, err := c.pipeline(ctx, []step{s})
	if err == nil {
		err = failed[0]
	}
	switch {
	case err != nil:
		return Tokens{}, err
	case got.Access == "":
		return Tokens{}, fmt.Errorf("surrealsql: the access %q gives no token", c.cfg.Access)
	case got.Refresh == "" && (c.cfg.OnTokens != nil || c.cfg.RefreshToken != ""):
		return Tokens{}, fmt.Errorf("surrealsql: the access %q gives no refresh token to keep: expected DEFINE ACCESS … TYPE RECORD … WITH REFRESH", c.cfg.Access)
	}
	return got, nil
}

// isUnexchanged reports whether a refresh token that could not be exchanged is as good as
// before: nothing of it was sent, or the server has looked at no grant yet, or an AUTHENTICATE
// clause has said no, which comes before the token is revoked (3.3.5, 4.0.0-beta.1).
func isUnexchanged(err error) bool {
	if e, answered := errors.AsType[*Error](err); answered {
		return isTurnedAway(e) || isDeniedMethod(e) || IsThrown(e)
	}
	if lost, ok := errors.AsType[*ConnError](err); ok {
		return !lost.Sent
	}
	return isContextError(err)
}

// spentError says that there is nothing left to sign in with. It is an [ErrAuth], whatever has
// become of the refresh token; of the call that needed it nothing was sent.
type spentError struct{ why error }

func (e *spentError) Error() string {
	text := "surrealsql: the refresh token is of no use any more, and not sent again: " + e.why.Error()
	return text + "; sign in with a password, or open a connector with another Config.RefreshToken, such as Config.OnTokens got last"
}

// Unwrap leads to what the server said, and to nothing that says what became of a request: that
// would be taken for the call's.
func (e *spentError) Unwrap() error {
	if said, answered := errors.AsType[*Error](e.why); answered {
		return said
	}
	return nil
}

func (e *spentError) Is(target error) bool { return target == ErrAuth }

// newConn is a connection on a socket, of whose session nothing is made yet.
func (c *Connector) newConn(socket *ws.Conn, cfg *Config, h *host) *Conn {
	conn := &Conn{connector: c, cfg: cfg, id: c.serial.Add(1), rpc: rpc.NewConn(socket), host: h, addr: h.addr, protocol: Protocol(socket.Protocol())}
	conn.frames = rpc.NewFrames(conn.rpc)
	conn.session = &conn.own
	return conn
}

// again is the login that renews the session which l has made: a refresh token is used up.
func (l *login) again(cred Credentials, got Tokens) *login {
	if cred.RefreshToken == "" {
		return l
	}
	return &login{method: "authenticate", param: got.Access, hint: "tried was the access token that a refresh token was exchanged for: SignIn with Tokens().Refresh"}
}

package surrealsql

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/surrealsql/surrealsql/internal/cbor"
	"github.com/surrealsql/surrealsql/internal/files"
	"github.com/surrealsql/surrealsql/internal/lending"
	"github.com/surrealsql/surrealsql/internal/tokens"
)

// Who a connection signs in as, and with what.

// authLevel is the level in force: the one that was set, or what AuthAuto
// derives.
func (c *Config) authLevel() AuthLevel {
	switch {
	case c.Auth != AuthAuto:
		return c.Auth
	case c.hasToken():
		return AuthToken
	case c.Access != "":
		return AuthRecord
	case c.User != "" || c.CredentialSource != nil:
		return AuthRoot
	}
	return AuthNone
}

// checkAuth checks that the level has what it signs in with. More than it
// needs is no error: an environment may override a URL's level.
func (c *Config) checkAuth() error {
	need := func(missing bool, what string) error {
		if !missing {
			return nil
		}
		return fmt.Errorf("surrealsql: auth=%s without %s: expected it to be given, or another auth", c.authLevel(), what)
	}
	// A bearer access signs users in by its key, without a name.
	noUser := c.User == "" && c.CredentialSource == nil && c.Access == ""
	noNamespace, noDatabase := c.Namespace == "", c.Database == ""
	const user, namespace, database = "a user (user:password@ before the host)",
		"a namespace (/namespace/database, or ns)", "a database (/namespace/database, or db)"

	if c.User == "" && (c.Password != "" || c.PasswordFile != "") {
		return errors.New("surrealsql: a password without a user: expected user:password@ before the host")
	}
	if err := c.checkRefresh(); err != nil {
		return err
	}
	switch c.authLevel() {
	case AuthRoot:
		return need(noUser, user)
	case AuthNamespace:
		return errors.Join(need(noUser, user), need(noNamespace, namespace))
	case AuthDatabase:
		return errors.Join(need(noUser, user), need(noNamespace, namespace), need(noDatabase, database))
	case AuthRecord:
		return errors.Join(need(c.Access == "", "an access method (access)"),
			need(noNamespace, namespace), need(noDatabase, database))
	case AuthToken:
		return need(!c.hasToken(), "a token (token, token_file, or Config.TokenSource)")
	}
	return nil
}

// authRequest is the RPC that signs a connection in: its method, empty where
// there is nothing to do, and its one parameter. It asks TokenSource and
// CredentialSource, so it is called once per sign-in.
func (c *Config) authRequest(ctx context.Context) (method string, param any, err error) {
	level := c.authLevel()
	switch level {
	case AuthNone:
		return "", nil, nil
	case AuthToken:
		token, err := c.askToken(ctx)
		if err != nil {
			return "", nil, err
		}
		return "authenticate", token, nil
	}
	user, password, err := c.askPassword(ctx)
	if err != nil {
		return "", nil, err
	}
	cred := Credentials{User: user, Password: password, AuthParams: c.AuthParams}
	if level == AuthRecord || user == "" {
		cred.Access = c.Access
	}
	if level != AuthRoot {
		cred.Namespace = c.Namespace
	}
	if level == AuthDatabase || level == AuthRecord {
		cred.Database = c.Database
	}
	return "signin", cred.variables(), nil
}

// hasToken reports whether there is a token, or something to ask for one.
func (c *Config) hasToken() bool { return c.Token != "" || c.TokenFile != "" || c.TokenSource != nil }

// askToken gives the token to sign in with.
func (c *Config) askToken(ctx context.Context) (token string, err error) {
	switch {
	case c.TokenSource != nil:
		if token, err = c.TokenSource(ctx); err != nil {
			return "", &lending.SourceError{Source: "Config.TokenSource", Why: err}
		}
		if token == "" {
			return "", errors.New("surrealsql: Config.TokenSource: got an empty token, expected a JWT")
		}
		return token, nil
	case c.TokenFile != "":
		return files.Line("token_file", c.TokenFile)
	}
	return c.Token, nil
}

// askPassword gives the user and the password to sign in with.
func (c *Config) askPassword(ctx context.Context) (user, password string, err error) {
	switch {
	case c.CredentialSource != nil:
		if user, password, err = c.CredentialSource(ctx); err != nil {
			return "", "", &lending.SourceError{Source: "Config.CredentialSource", Why: err}
		}
		if user == "" && c.Access == "" { // by an access, its parameters may do
			return "", "", errors.New("surrealsql: Config.CredentialSource: got no user, expected one")
		}
		return user, password, nil
	case c.PasswordFile != "":
		password, err = files.Line("pass_file", c.PasswordFile)
		return c.User, password, err
	}
	return c.User, c.Password, nil
}

// authHint says as whom a connection tried to sign in, at what level, and what else the
// key auth may say: the server's answer to a user of another level is that of a wrong
// password.
func (c *Config) authHint(param any) string {
	level := c.authLevel()
	if level == AuthNone {
		return ""
	}
	vars, _ := param.(map[string]any)
	tried := "tried was " + triedAs(level, vars) + " (auth=" + string(level) + ")"
	var others []string
	for _, o := range []struct {
		level AuthLevel
		can   bool
	}{{AuthRoot, true}, {AuthNamespace, c.Namespace != ""}, {AuthDatabase, c.Database != ""}} {
		if o.can && o.level != level && vars["user"] != nil && c.Access == "" {
			others = append(others, "auth="+string(o.level))
		}
	}
	if level == AuthToken && c.TokenSource == nil && c.TokenFile == "" {
		tried += ", for which Config.TokenSource or token_file could give the next one"
	}
	if len(others) == 0 {
		return tried
	}
	return tried + "; a user that is defined elsewhere needs " + strings.Join(others, " or ")
}

// triedAs names who signs in, without a secret.
func triedAs(level AuthLevel, vars map[string]any) string {
	who := "an access"
	if access, ok := vars["ac"].(string); ok {
		who = fmt.Sprintf("access %q", access)
	}
	if user, ok := vars["user"].(string); ok {
		who = fmt.Sprintf("user %q", user)
		if access, ok := vars["ac"].(string); ok {
			who += fmt.Sprintf(" by access %q", access)
		}
	}
	switch level {
	case AuthToken:
		return "a token"
	case AuthNamespace:
		return fmt.Sprintf("%s of namespace %q", who, vars["ns"])
	case AuthDatabase, AuthRecord:
		return fmt.Sprintf("%s of database %q in namespace %q", who, vars["db"], vars["ns"])
	}
	return who + " of root"
}

// Credentials are what [Conn.SignIn] signs in with. Which fields are set says
// the level: a Token alone is a JWT; an Access needs Namespace and Database;
// User and Password are those of a root user, of a user of Namespace, or of
// Database. Printing them shows no secret.
type Credentials struct {
	User, Password      string
	Namespace, Database string
	Access              string
	Token               string
	AuthParams          map[string]any // further variables for the access method's SIGNIN
	// RefreshToken is exchanged in place of a User, once: [Conn.Tokens] then has the next one.
	// It needs an Access that is WITH REFRESH.
	RefreshToken string
}

// login is the request that signs in.
type login struct {
	method string // "" for none
	param  any
	hint   string // what to look at if it is refused: as whom, and at what level
	reuse  bool   // the token that the server gives for its password may be used in its place
}

func (c Credentials) login() (*login, error) {
	_, misplaced := c.AuthParams[refreshParam]
	switch {
	case c.RefreshToken != "" && (c.Token != "" || c.User != "" || c.Access == ""):
		return nil, errors.New("surrealsql: SignIn: a refresh token takes the place of a user and of a token: expected it alone, with its access, namespace and database")
	case c.Token != "":
		return &login{method: "authenticate", param: c.Token, hint: "tried was a token"}, nil
	case misplaced && c.Access != "":
		return nil, errRefreshParam("Credentials")
	case c.Database != "" && c.Namespace == "":
		return nil, fmt.Errorf("surrealsql: SignIn: database %q needs a namespace", c.Database)
	case c.Access != "" && c.Database == "":
		return nil, fmt.Errorf("surrealsql: SignIn: access %q needs a namespace and a database", c.Access)
	case c.Access == "" && c.User == "":
		return nil, errors.New("surrealsql: SignIn: nobody to sign in: expected a user, an access or a token")
	}
	vars := c.variables()
	l := &login{method: "signin", param: vars, hint: "tried was " + triedAs(c.level(), vars)}
	if c.RefreshToken != "" {
		l.hint = hintUsedUp
	}
	return l, nil
}

// variables are those of the RPC signin.
func (c Credentials) variables() map[string]any {
	vars := maps.Clone(c.AuthParams)
	if vars == nil {
		vars = make(map[string]any, 5)
	}
	for name, value := range map[string]string{"ns": c.Namespace, "db": c.Database, "ac": c.Access, "user": c.User, refreshParam: c.RefreshToken} {
		if value != "" {
			vars[name] = value
		}
	}
	if c.User != "" {
		vars["pass"] = c.Password
	}
	return vars
}

// level is the one that the fields say.
func (c Credentials) level() AuthLevel {
	switch {
	case c.Access != "":
		return AuthRecord
	case c.Database != "":
		return AuthDatabase
	case c.Namespace != "":
		return AuthNamespace
	}
	return AuthRoot
}

// checkToken refuses what is no token. The server answers a request with a text that is not
// UTF-8 with an error that names neither.
func checkToken(token string) error {
	if !utf8.ValidString(token) {
		return errors.New("surrealsql: the token is not UTF-8: expected a JWT")
	}
	return nil
}

func (l *login) step(enc encoding) step {
	if token, ok := l.param.(string); ok {
		return step{method: l.method, hint: l.hint, token: token, count: 1, params: func(b []byte) ([]byte, error) {
			return cbor.AppendText(b, token), checkToken(token)
		}}
	}
	return step{method: l.method, hint: l.hint, count: 1, params: func(b []byte) ([]byte, error) {
		return appendValue(b, l.param, enc)
	}}
}

// whose is the identity whose tokens a login can share. Only users of the levels root,
// namespace and database have one.
func (l *login) whose() (who tokens.Identity, ok bool) {
	vars, _ := l.param.(map[string]any)
	if l.method != "signin" || vars["user"] == nil {
		return who, false
	}
	var all []byte
	for _, name := range slices.Sorted(maps.Keys(vars)) {
		value, isText := vars[name].(string)
		if !isText || !slices.Contains([]string{"ns", "db", "user", "pass"}, name) {
			return who, false // of an access, or unknown
		}
		all = fmt.Appendf(all, "%s=%q ", name, value)
	}
	return sha256.Sum256(all), true
}

// establishFromConfig is establish, where the Config says who signs in: by the token that
// this connection has, or by that of another one, or by the password. A token that is
// refused, because its user was defined anew or another cluster answers, is nobody's error:
// the password decides. TokenSource and CredentialSource are asked where this
// connection's own token does not do.
func (c *Conn) establishFromConfig(ctx context.Context, s session, reset bool) error {
	if c.cfg.keepsTokens() {
		return c.establishByChain(ctx, s, reset)
	}
	if own := c.session.token; own.Fresh() {
		if refused, err := c.establishByToken(ctx, s, reset, own); !refused {
			return err
		}
	}
	method, param, err := c.cfg.authRequest(ctx)
	if err != nil {
		return err
	}
	l := &login{method: method, param: param, hint: c.cfg.authHint(param)}
	return c.establishShared(ctx, s, reset, l)
}

// establishShared is establish by a token that another connection or session of the same
// user was given, where the password of l has been checked before.
func (c *Conn) establishShared(ctx context.Context, s session, reset bool, l *login) error {
	who, shared := l.whose()
	if !shared || c.cfg.NoTokenReuse {
		return c.establishByLogin(ctx, s, reset, l, nil)
	}
	var turn *tokens.Turn
	for tries := 0; turn == nil && tries < 2; tries++ {
		t, next, err := c.connector.tokens.Take(ctx, tokens.Key{Who: who, Addr: c.addr}, c.rpc.WebSocket().Ending(), c.cfg.ConnectTimeout/3)
		if err != nil {
			return c.abandon("connect", false, fmt.Errorf("waiting for another connection to sign in: %w", err))
		}
		if turn = next; turn == nil {
			if refused, err := c.establishByToken(ctx, s, reset, t); !refused {
				return err
			}
		}
	}
	return c.establishByLogin(ctx, s, reset, l, turn)
}

// establishByToken reports whether the server refuses the token.
func (c *Conn) establishByToken(ctx context.Context, s session, reset bool, t tokens.Token) (refused bool, err error) {
	signIn := (&login{method: "authenticate", param: t.Text}).step(c.encoding())
	signIn.refused = &refused
	err = c.establishAs(ctx, s, reset, signIn)
	switch {
	case refused:
		c.session.token = tokens.Token{}
		c.connector.tokens.Refused(t, c.addr, isDeniedMethod(err))
	case err == nil:
		c.session.token, c.session.endsWithToken, c.session.renewAt = t, c.endsSessionsWithTokens(), time.Time{}
	}
	return refused, err
}

// establishByLogin signs in with what the Config says, and keeps the token that the server
// gives for a password. The turn, if there is one, ends with that.
func (c *Conn) establishByLogin(ctx context.Context, s session, reset bool, l *login, turn *tokens.Turn) error {
	var got tokens.Token
	var refused, done bool
	signIn, asked := l.step(c.encoding()), time.Now()
	signIn.refused = &refused
	if l.method == "signin" {
		signIn.take = func(result []byte) error { got = tokens.Read(readTokens(result).Access, asked); return nil }
	}
	if turn != nil {
		defer func() { // also where code of the program's panics
			if done {
				turn.Succeed(got, c.endsSessionsWithTokens())
			} else {
				turn.Fail(refused)
			}
		}()
	}
	if err := c.establishAs(ctx, s, reset, signIn); err != nil {
		return err
	}
	c.session.token, done = got, true
	return nil
}

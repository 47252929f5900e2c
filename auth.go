package surrealsql

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
)

// Who a connection signs in as, and with what.

// authLevel is the level in force: the one that was set, or what AuthAuto
// derives.
func (c *Config) authLevel() AuthLevel {
	switch {
	case c.Auth != AuthAuto:
		return c.Auth
	case c.Token != "" || c.TokenSource != nil:
		return AuthToken
	case c.Access != "":
		return AuthRecord
	case c.User != "" || c.Credentials != nil:
		return AuthRoot
	}
	return AuthNone
}

// validateAuth checks that the level has what it signs in with. More than it
// needs is no error: an environment may override a URL's level.
func (c *Config) validateAuth() error {
	need := func(missing bool, what string) error {
		if !missing {
			return nil
		}
		return fmt.Errorf("surrealsql: auth=%s without %s: expected it to be given, or another auth", c.authLevel(), what)
	}
	// A bearer access signs users in by its key, without a name.
	noUser := c.User == "" && c.Credentials == nil && c.Access == ""
	noNamespace, noDatabase := c.Namespace == "", c.Database == ""
	const user, namespace, database = "a user (user:password@ before the host)",
		"a namespace (/namespace/database, or ns)", "a database (/namespace/database, or db)"

	if c.User == "" && c.Password != "" {
		return errors.New("surrealsql: a password without a user: expected user:password@ before the host")
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
		return need(c.Token == "" && c.TokenSource == nil, "a token (token, or Config.TokenSource)")
	}
	return nil
}

// authRequest is the RPC that signs a connection in: its method, empty where
// there is nothing to do, and its one parameter. It asks TokenSource and
// Credentials, so it is called once per sign-in.
func (c *Config) authRequest(ctx context.Context) (method string, param any, err error) {
	level := c.authLevel()
	switch level {
	case AuthNone:
		return "", nil, nil
	case AuthToken:
		token := c.Token
		if c.TokenSource != nil {
			if token, err = c.TokenSource(ctx); err != nil {
				return "", nil, fmt.Errorf("surrealsql: Config.TokenSource: %w", err)
			}
		}
		if token == "" {
			return "", nil, errors.New("surrealsql: Config.TokenSource: got an empty token, expected a JWT")
		}
		return "authenticate", token, nil
	}
	user, password := c.User, c.Password
	if c.Credentials != nil {
		if user, password, err = c.Credentials(ctx); err != nil {
			return "", nil, fmt.Errorf("surrealsql: Config.Credentials: %w", err)
		}
	}
	vars := maps.Clone(c.AuthParams)
	if vars == nil {
		vars = make(map[string]any, 5)
	}
	if user != "" {
		vars["user"], vars["pass"] = user, password
	}
	if c.Access != "" && (level == AuthRecord || user == "") {
		vars["ac"] = c.Access
	}
	if level != AuthRoot {
		vars["ns"] = c.Namespace
	}
	if level == AuthDatabase || level == AuthRecord {
		vars["db"] = c.Database
	}
	return "signin", vars, nil
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

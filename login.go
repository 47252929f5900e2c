package surrealsql

import (
	"errors"
	"fmt"
	"maps"

	"github.com/surrealsql/surrealsql/internal/cbor"
)

// Credentials are what [Conn.SignIn] signs in with. Which fields are set says
// the level: a Token alone is a JWT; an Access needs Namespace and Database;
// User and Password are those of a root user, of a user of Namespace, or of
// Database. Printing them shows no secret.
type Credentials struct {
	User, Password      string
	Namespace, Database string
	Access              string
	Token               string
	Params              map[string]any // further variables for the access method's SIGNIN
}

// login is the request that signs in.
type login struct {
	method string // "" for none
	param  any
	hint   string // what to look at if it is refused: as whom, and at what level
}

func (c Credentials) login() (*login, error) {
	if c.Token != "" {
		return &login{"authenticate", c.Token, "tried was a token"}, nil
	}
	switch {
	case c.Database != "" && c.Namespace == "":
		return nil, fmt.Errorf("surrealsql: SignIn: database %q needs a namespace", c.Database)
	case c.Access != "" && c.Database == "":
		return nil, fmt.Errorf("surrealsql: SignIn: access %q needs a namespace and a database", c.Access)
	case c.Access == "" && c.User == "":
		return nil, errors.New("surrealsql: SignIn: nobody to sign in: expected a user, an access or a token")
	}
	vars := maps.Clone(c.Params)
	if vars == nil {
		vars = make(map[string]any, 5)
	}
	for name, value := range map[string]string{"ns": c.Namespace, "db": c.Database, "ac": c.Access, "user": c.User} {
		if value != "" {
			vars[name] = value
		}
	}
	if c.User != "" {
		vars["pass"] = c.Password
	}
	return &login{"signin", vars, "tried was " + triedAs(c.level(), vars)}, nil
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

func (l *login) step(enc encoding) step {
	return step{method: l.method, hint: l.hint, count: 1, params: func(b []byte) ([]byte, error) {
		if token, ok := l.param.(string); ok {
			return cbor.AppendText(b, token), nil
		}
		return appendValue(b, l.param, enc)
	}}
}

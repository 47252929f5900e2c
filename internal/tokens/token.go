// Package tokens says which connection signs in with a password, and which with the token
// that the server gave another one for it.
//
// A password is checked once. The server hashes it at each sign-in, which costs 20 to 90 ms
// of its time by design (3.0.2, 3.3.5, 4.0.0-beta.1); a token costs 0.1 to 2 ms. So the first
// connection of a [Store] takes a [Turn] to sign in with the password, the others wait for
// its token and sign in with that.
//
// A session that a token has made is what a password would have made: the user as it is
// defined now, its roles, its session duration counted from now. Two things differ. An
// access, for records or by a bearer's key, runs a SIGNIN clause or looks at a grant, which a
// token leaves out: its tokens do not belong here. And since 4.0 a session ends with the
// token that it signed in with, however long it lasts by a password.
//
// A [Chain] is for the record user of a program that wants just that: to sign in once, and
// then by the tokens that follow from each other.
package tokens

import (
	"encoding/base64"
	"encoding/json"
	"math"
	"strings"
	"time"
)

// Token is what a server gave for a password. The zero value is none.
type Token struct {
	Text string

	asked time.Time     // from when its life is counted, on this side's clock
	life  time.Duration // as its claims say, or endless
	jwt   bool          // it has claims: nothing is known of another
}

const endless time.Duration = math.MaxInt64

// Fresh reports whether the token need not be renewed. It is renewed after half of its life:
// that is cheap, and who has it can count on the other half.
func (t Token) Fresh() bool { return t.Text != "" && time.Since(t.asked) < t.life/2 }

// usable reports whether the server takes the token, as far as its life tells.
func (t Token) usable() bool { return t.Text != "" && time.Since(t.asked) < t.life }

// Read reads how long a token lives that was asked for at that time. One that does not say
// so lives until it is refused.
func Read(text string, asked time.Time) Token {
	t := Token{Text: text, asked: asked, life: endless}
	c, jwt := claimsOf(text)
	t.jwt = jwt
	if c.Exp == nil {
		return t
	}
	// Both times are the server's, so that its clock may differ from this one.
	issued := float64(asked.Unix())
	if c.Iat != nil {
		issued = *c.Iat
	}
	if life := (*c.Exp - issued) * float64(time.Second); life < float64(endless) {
		t.life = time.Duration(max(life, 0))
	}
	return t
}

// Database reads the namespace and the database that a JWT is for, as far as it says so.
func Database(text string) (ns, db string) {
	c, _ := claimsOf(text)
	return c.NS, c.DB
}

// Expiry reads when a JWT expires, by the clock of who gave it; the zero time where it does not
// say so.
func Expiry(text string) time.Time {
	c, _ := claimsOf(text)
	if c.Exp == nil || *c.Exp <= 0 || *c.Exp > math.MaxInt32*1000 {
		return time.Time{}
	}
	return time.UnixMilli(int64(*c.Exp * 1000))
}

// claims are those of a JWT that are read here. The server checks them.
type claims struct {
	NS, DB   string // or in lower case: encoding/json does not mind
	Exp, Iat *float64
}

func claimsOf(text string) (c claims, ok bool) {
	parts := strings.Split(text, ".")
	if len(parts) != 3 {
		return c, false
	}
	part, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[1], "="))
	if err != nil || json.Unmarshal(part, &c) != nil {
		return claims{}, false
	}
	return c, true
}

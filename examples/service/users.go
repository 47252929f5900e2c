package main

import (
	"context"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/surrealsql/surrealsql"
)

// Users: signing up and in, and who it is that asks.

// user is a record, and how the API shows it.
type user struct {
	ID    surrealsql.RecordID `json:"id"`
	Email string              `json:"email"`
	Role  string              `json:"role"`
}

// account is what one signs up or in with.
type account struct {
	Email    string `json:"email"`
	Password string `json:"password"`
}

// tokens are what a client gets: access goes into the header Authorization of each request, until
// it expires; refresh is exchanged for two new ones, once.
type tokens struct {
	Access  string `json:"access"`
	Refresh string `json:"refresh"`
}

const minPassword = 8

func (s *service) signUp(rw http.ResponseWriter, r *http.Request) error {
	var a account
	if err := readJSON(rw, r, &a); err != nil {
		return err
	}
	if len(a.Password) < minPassword {
		return problem{http.StatusUnprocessableEntity, "a password has 8 bytes at least"}
	}
	t, err := s.sign(r.Context(), func(ctx context.Context, c *surrealsql.Conn) error {
		return c.SignUp(ctx, s.credentials(r, a))
	})
	refused, ok := errors.AsType[*surrealsql.Error](err)
	switch {
	case ok && surrealsql.IsThrown(err):
		return problem{http.StatusConflict, refused.Message}
	case ok && s.hasAccount(shopOf(r).asService(r.Context()), a.Email):
		return problem{http.StatusConflict, "the email address has an account"}
	case err != nil:
		return err
	}
	return writeJSON(rw, http.StatusCreated, t)
}

// hasAccount finds out what the database did not say. Of two who sign up with the same address at once
// each finds that it has no account yet, and the second one fails by the index user_email: of that
// the server tells nothing but that the sign-up has failed (3.0.2, 3.3.5, 4.0.0-beta.1).
func (s *service) hasAccount(ctx context.Context, email string) bool {
	found, err := surrealsql.All[surrealsql.RecordID](ctx, s.db, `SELECT VALUE id FROM user WHERE email = $1`, email)
	return err == nil && len(found) > 0
}

func (s *service) signIn(rw http.ResponseWriter, r *http.Request) error {
	var a account
	if err := readJSON(rw, r, &a); err != nil {
		return err
	}
	t, err := s.sign(r.Context(), func(ctx context.Context, c *surrealsql.Conn) error {
		return c.SignIn(ctx, s.credentials(r, a))
	})
	if err != nil {
		return err
	}
	return writeJSON(rw, http.StatusOK, t)
}

// refresh exchanges a refresh token.
func (s *service) refresh(rw http.ResponseWriter, r *http.Request) error {
	var old struct {
		Refresh string `json:"refresh"`
	}
	if err := readJSON(rw, r, &old); err != nil {
		return err
	}
	cred := s.credentials(r, account{})
	cred.RefreshToken = old.Refresh
	t, err := s.sign(r.Context(), func(ctx context.Context, c *surrealsql.Conn) error {
		return c.SignIn(ctx, cred)
	})
	if err != nil {
		return err
	}
	return writeJSON(rw, http.StatusOK, t)
}

// credentials are those of an account of the shop that a request is for.
func (s *service) credentials(r *http.Request, a account) surrealsql.Credentials {
	return surrealsql.Credentials{
		Namespace: s.namespace, Database: shopOf(r).name, Access: "account",
		User: a.Email, Password: a.Password,
	}
}

// sign signs somebody in on a connection that is leased for that, and returns the tokens that the
// server gave. The connection is set back before anybody else has it.
func (s *service) sign(ctx context.Context, do func(context.Context, *surrealsql.Conn) error) (t tokens, err error) {
	lease, err := s.db.Conn(ctx)
	if err != nil {
		return t, err
	}
	defer lease.Close()
	err = lease.Raw(func(c any) error {
		conn := c.(*surrealsql.Conn)
		if err := do(ctx, conn); err != nil {
			return err
		}
		given := conn.Tokens()
		t = tokens{Access: given.Access, Refresh: given.Refresh}
		return nil
	})
	return t, err
}

// whoAmI is the user as whom the calls of ctx run.
func (s *service) whoAmI(ctx context.Context) (user, error) {
	return surrealsql.One[user](ctx, s.db, `SELECT id, email, role FROM ONLY $auth.id`)
}

func (s *service) me(rw http.ResponseWriter, r *http.Request) error {
	u, err := s.whoAmI(r.Context())
	if err != nil {
		return err
	}
	return writeJSON(rw, http.StatusOK, u)
}

// claims are what a token says of itself. Whether that is true the database finds out; we look at
// it to refuse early what has expired, or was given by another shop.
type claims struct {
	Database string `json:"DB"`
	Expires  int64  `json:"exp"` // in seconds since 1970
}

func claimsOf(token string) (c claims, ok bool) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return c, false
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	return c, err == nil && json.Unmarshal(payload, &c) == nil
}

func (c claims) expiry() time.Time { return time.Unix(c.Expires, 0) }

// staffCommand makes a user one of the shop's staff.
func staffCommand(ctx context.Context, cfg config, args []string, diag io.Writer) error {
	set := flag.NewFlagSet("staff", flag.ContinueOnError)
	set.SetOutput(diag)
	name := set.String("shop", "north", "the `shop`")
	if err := set.Parse(args); err != nil {
		return err
	}
	if set.NArg() != 1 {
		return fmt.Errorf("got %d arguments, expected the email address of a user", set.NArg())
	}
	return withShop(ctx, cfg, *name, diag, func(db *sql.DB) error {
		_, err := surrealsql.One[user](ctx, db,
			`UPDATE user SET role = 'staff' WHERE email = $1 RETURN id, email, role`, set.Arg(0))
		if errors.Is(err, sql.ErrNoRows) {
			return fmt.Errorf("the shop %s has no user %s", *name, set.Arg(0))
		}
		if err != nil {
			return err
		}
		fmt.Fprintf(diag, "%s is staff of the shop %s\n", set.Arg(0), *name)
		return nil
	})
}

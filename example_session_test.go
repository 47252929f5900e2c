package surrealsql_test

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"

	"github.com/surrealsql/surrealsql"
)

// Examples of what a program does with one connection, and of record users without a password.

// What a lease changes in its session ends with the lease.
func ExampleConn() {
	db, done := exampleDB()
	defer done()
	ctx := context.Background()

	conn, err := db.Conn(ctx) // a lease
	must(err)
	must(conn.Raw(func(c any) error {
		session := c.(*surrealsql.Conn)
		if err := session.Use(ctx, "archive", "y2024"); err != nil {
			return err
		}
		return session.Let(ctx, "tenant", "acme")
	}))
	var database, tenant string
	must(conn.QueryRowContext(ctx, `RETURN { database: session::db(), tenant: $tenant }`).Scan(&database, &tenant))
	fmt.Println(database, tenant)

	must(conn.Raw(func(c any) error { return c.(*surrealsql.Conn).Unset(ctx, "tenant") }))
	err = conn.QueryRowContext(ctx, `RETURN $tenant`).Scan(&tenant)
	fmt.Println(err)
	must(conn.Close()) // the next lease finds the session of the DSN

	must(db.QueryRowContext(ctx, `RETURN session::db()`).Scan(&database))
	fmt.Println(database)
	must(remove(ctx, db, "archive"))
	// Output:
	// y2024 acme
	// surrealsql: no value for $tenant: pass sql.Named("tenant", …); the server would take NONE silently
	// example
}

// A user of an application signs in for one lease: permissions of tables and
// fields apply to what it does.
func ExampleConn_SignIn() {
	db, done := exampleDB()
	defer done()
	ctx := context.Background()
	_, err := db.ExecContext(ctx, `
		DEFINE TABLE user;
		DEFINE TABLE note PERMISSIONS FOR select WHERE owner = $auth;
		DEFINE ACCESS login ON DATABASE TYPE RECORD
			SIGNIN (SELECT * FROM user WHERE name = $user AND crypto::argon2::compare(hash, $pass));
		CREATE user:ada SET name = "ada", hash = crypto::argon2::generate("s3cret");
		CREATE note:1 SET owner = user:ada;
		CREATE note:2 SET owner = user:kim`)
	must(err)
	var ns, database string
	must(db.QueryRowContext(ctx, `RETURN { a: session::ns(), b: session::db() }`).Scan(&ns, &database))

	conn, err := db.Conn(ctx)
	must(err)
	defer conn.Close()
	must(conn.Raw(func(c any) error {
		return c.(*surrealsql.Conn).SignIn(ctx, surrealsql.Credentials{
			Namespace: ns, Database: database, Access: "login", User: "ada", Password: "s3cret",
		})
	}))
	var user string
	var notes int
	must(conn.QueryRowContext(ctx, `RETURN { notes: count(SELECT * FROM note), user: $auth }`).Scan(&notes, &user))
	fmt.Println(user, "sees", notes, "of 2")
	// Output: user:ada sees 1 of 2
}

func ExampleConn_ServerVersion() {
	db, done := exampleDB()
	defer done()

	conn, err := db.Conn(context.Background())
	must(err)
	defer conn.Close()
	must(conn.Raw(func(c any) error {
		fmt.Println("SurrealDB", c.(*surrealsql.Conn).ServerVersion())
		return nil
	}))
}

// A program that must have a subprotocol says so, and any may ask which one it got.
func ExampleConn_Protocol() {
	db, done := exampleDB(func(cfg *surrealsql.Config) { cfg.Protocol = surrealsql.ProtocolCBOR })
	defer done()

	conn, err := db.Conn(context.Background())
	must(err)
	defer conn.Close()
	must(conn.Raw(func(c any) error {
		fmt.Println(c.(*surrealsql.Conn).Protocol())
		return nil
	}))
	// Output: cbor
}

// Each call runs where its context says, on any connection.
func ExampleWithSession() {
	db, done := exampleDB()
	defer done()
	ctx := context.Background()

	for _, tenant := range []string{"acme", "globex", "acme"} {
		ctx := surrealsql.WithSession(ctx, surrealsql.Session{
			Namespace: "tenants", Database: tenant,
			Variables: map[string]any{"tenant": tenant},
		})
		_, err := db.ExecContext(ctx, `CREATE invoice SET owner = $tenant`)
		must(err)
		var n int
		must(db.QueryRowContext(ctx, `RETURN count(SELECT * FROM invoice WHERE owner = $tenant)`).Scan(&n))
		fmt.Println(tenant, n)
	}
	must(remove(ctx, db, "tenants"))
	// Output:
	// acme 1
	// globex 1
	// acme 2
}

// exampleAccess defines a record access WITH REFRESH, and a user of it.
const exampleAccess = `
	DEFINE TABLE person PERMISSIONS FOR select WHERE id = $auth;
	DEFINE ACCESS app ON DATABASE TYPE RECORD
		SIGNUP (CREATE person SET name = $user, hash = crypto::argon2::generate($pass))
		SIGNIN (SELECT * FROM person WHERE name = $user AND crypto::argon2::compare(hash, $pass))
		WITH REFRESH DURATION FOR GRANT 30d, FOR TOKEN 1h, FOR SESSION 12h`

// A program signs up once, and at each further start goes on with the refresh token that it has
// kept in a file.
func ExampleConfig_refreshToken() {
	dsn, done := exampleDSN()
	defer done()
	ctx := context.Background()
	admin, err := sql.Open("surrealdb", dsn)
	must(err)
	defer admin.Close()
	_, err = admin.ExecContext(ctx, exampleAccess)
	must(err)
	dir, err := os.MkdirTemp("", "example")
	must(err)
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "refresh-token")

	start := func(change func(*surrealsql.Config)) (*sql.DB, error) {
		cfg, err := surrealsql.ParseDSN(dsn)
		if err != nil {
			return nil, err
		}
		cfg.Access, cfg.User, cfg.Password = "app", "", ""
		// Each token is in the file before it is used.
		cfg.OnTokens = func(_ context.Context, t surrealsql.Tokens) error {
			next := file + ".next"
			if err := os.WriteFile(next, []byte(t.Refresh), 0o600); err != nil {
				return err
			}
			return os.Rename(next, file)
		}
		change(cfg)
		connector, err := surrealsql.NewConnector(cfg)
		if err != nil {
			return nil, err
		}
		return sql.OpenDB(connector), nil
	}
	who := func(db *sql.DB) {
		var name string
		must(db.QueryRowContext(ctx, `RETURN $auth.name`).Scan(&name))
		fmt.Println("signed in as", name)
		must(db.Close())
	}

	db, err := start(func(cfg *surrealsql.Config) { cfg.User, cfg.Password, cfg.SignUp = "ada", "s3cret", true })
	must(err)
	who(db)
	for range 2 {
		token, err := os.ReadFile(file)
		must(err)
		db, err := start(func(cfg *surrealsql.Config) { cfg.RefreshToken = string(token) })
		must(err)
		who(db)
	}
	// Output:
	// signed in as ada
	// signed in as ada
	// signed in as ada
}

// A web application signs its users in, gives them their tokens, serves their requests by the
// access token, and exchanges the refresh token when that has expired.
func ExampleConn_Tokens() {
	db, done := exampleDB()
	defer done()
	ctx := context.Background()
	_, err := db.ExecContext(ctx, exampleAccess)
	must(err)
	var ns, database string
	must(db.QueryRowContext(ctx, `RETURN { a: session::ns(), b: session::db() }`).Scan(&ns, &database))

	// sign signs a user up or in, on a lease of its own.
	sign := func(do func(*surrealsql.Conn) error) (got surrealsql.Tokens, err error) {
		conn, err := db.Conn(ctx)
		if err != nil {
			return got, err
		}
		defer conn.Close()
		err = conn.Raw(func(c any) error {
			session := c.(*surrealsql.Conn)
			if err := do(session); err != nil {
				return err
			}
			got = session.Tokens()
			return nil
		})
		return got, err
	}
	ada := surrealsql.Credentials{Namespace: ns, Database: database, Access: "app", User: "ada", Password: "s3cret"}
	tokens, err := sign(func(c *surrealsql.Conn) error { return c.SignUp(ctx, ada) })
	must(err)

	greet := func(tokens surrealsql.Tokens) {
		ctx := surrealsql.WithSession(ctx, surrealsql.Session{Credentials: surrealsql.Credentials{Token: tokens.Access}})
		var name string
		must(db.QueryRowContext(ctx, `RETURN $auth.name`).Scan(&name))
		fmt.Println("hello,", name)
	}
	greet(tokens)

	refresh := surrealsql.Credentials{Namespace: ns, Database: database, Access: "app", RefreshToken: tokens.Refresh}
	tokens, err = sign(func(c *surrealsql.Conn) error { return c.SignIn(ctx, refresh) })
	must(err)
	greet(tokens)

	_, err = sign(func(c *surrealsql.Conn) error { return c.SignIn(ctx, refresh) })
	fmt.Println("again:", surrealsql.IsAuth(err))
	// Output:
	// hello, ada
	// hello, ada
	// again: true
}

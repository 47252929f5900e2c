package surrealsql_test

import (
	"context"
	"fmt"

	"github.com/surrealsql/surrealsql"
)

// Examples of what a program does with one connection.

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

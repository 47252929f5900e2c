package queries

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/drivertest"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// Hints of errors: what a program does that comes from SQL or has the wrong type.

// requireHint asserts that a server's error has the hint, and its text too.
func requireHint(t *testing.T, err error, hint string) {
	t.Helper()
	var e *surrealsql.Error
	require.ErrorAs(t, err, &e)
	if hint == "" {
		require.Empty(t, e.Hint, e.Message)
		return
	}
	require.Contains(t, e.Hint, hint, e.Message)
	require.Contains(t, err.Error(), e.Hint)
}

// Numbers of 4.0 that have a width, as the type of a field and where an int is due.
func TestErrorHintTellsHowNumbersThatHaveAWidthAreSent(t *testing.T) {
	t.Parallel()
	surrealtest.Needs(t, "4.0")
	db := drivertest.NewDB(t, func(c *surrealsql.Config) { c.Protocol, c.SizedNumbers = surrealsql.ProtocolCBOR2, true })
	for _, name := range []string{"i8", "u8", "i16", "u16", "i32", "u32", "u64", "f16", "f32"} {
		requireHint(t, drivertest.Exec(t.Context(), db, "LET $x: option<"+name+"> = $1; RETURN $x", "5"), "made of a text by <"+name+">$1")
		require.Equal(t, name, drivertest.QueryOne[string](t, db, "RETURN type::of(<"+name+">$1)", "5"), "as the hint says")
	}
	drivertest.MustExec(t, db, "CREATE person:1; CREATE person:2")
	for _, text := range []string{"SELECT * FROM person LIMIT $1", "SELECT * FROM person START $1"} {
		requireHint(t, drivertest.Exec(t.Context(), db, text, uint64(1)), "write <int>$1")
		require.NoError(t, drivertest.Exec(t.Context(), db, strings.ReplaceAll(text, "$1", "<int>$1"), uint64(1)))
		requireHint(t, drivertest.Exec(t.Context(), db, text, -1), "")
	}
}

// A fault of 4.0.0-beta.1: it makes a column of the key, which must have a name.
func TestErrorHintTellsByWhichProtocolRowsWithAnEmptyKeyCome(t *testing.T) {
	t.Parallel()
	surrealtest.Needs(t, "4.0")
	text := "SELECT * FROM [{ '': 1 }]"
	db := drivertest.NewDB(t, func(c *surrealsql.Config) { c.Protocol = surrealsql.ProtocolShaped })
	requireHint(t, drivertest.Exec(t.Context(), db, text), "set protocol=cbor.2")
	other := drivertest.NewDB(t, func(c *surrealsql.Config) { c.Protocol = surrealsql.ProtocolCBOR2 })
	require.NoError(t, drivertest.Exec(t.Context(), other, text), "as the hint says")
}

func TestErrorHintTellsHowGoSendsAValueOfTheRightType(t *testing.T) {
	t.Parallel()
	db := ruledDB(t)
	for _, c := range []struct {
		text string
		arg  any
		hint string
	}{
		{`CREATE s SET n = $1`, nil, "pass surrealsql.None, or set null=none in the DSN"},
		{`CREATE s SET at = $1`, nil, "null=none"},
		{`CREATE s CONTENT $1`, map[string]any{"tags": nil}, "null=none"},
		{`CREATE s CONTENT $1`, struct{ Friend *string }{}, ""}, // a field Friend, which s does not have
		{`LET $x: option<int> = $1; RETURN $x`, nil, "null=none"},
		{`CREATE must SET name = $1`, nil, ""}, // it takes NONE no more than NULL
		{`CREATE must CONTENT $1`, map[string]any{}, "gives it no value"},
		{`CREATE s SET at = $1`, "2024-01-01T00:00:00Z", "time.Time"},
		{`CREATE s SET d = $1`, "1h", "time.Duration"},
		{`CREATE s SET u = $1`, "0191f0a4-5c3e-7b7a-9f0e-2d7a4f1c6b55", "surrealsql.UUID"},
		{`CREATE s SET amount = $1`, "12.50", "surrealsql.Decimal"},
		{`CREATE s SET n = $1`, "5", "int64"},
		{`CREATE s SET f = $1`, "5.5", "float64"},
		{`CREATE s SET ok = $1`, "true", "bool"},
		{`CREATE s SET raw = $1`, "raw", "[]byte"},
		{`CREATE s SET tags = $1`, "a", "slice"},
		{`CREATE s SET o = $1`, "{}", "map or a struct"},
		{`CREATE s SET friend = $1`, "person:1", "surrealsql.ParseRecordID"},
		{`CREATE must SET name = $1`, 5, "<string>$1"},
		{`CREATE s SET kind = $1`, "c", ""},
		{`CREATE s SET n = $1`, 1.5, ""},
		{`RETURN math::sum($1)`, "x", "slice"},
		{`RETURN time::floor($1, 1h)`, "x", "time.Time"},
		{`RETURN <int>$1`, "x", ""},         // the cast is there
		{`RETURN fn::whole(5 + $1)`, 1, ""}, // what it returns is wrong, not what it got
		{`CREATE $1`, "person:1", "surrealsql.ParseRecordID"},
		{`UPDATE $1 SET a = 1`, "person:1", "surrealsql.ParseRecordID"},
		{`UPSERT $1 SET a = 1`, "person", "surrealsql.Table"},
		{`DELETE $1`, "person:1", "surrealsql.ParseRecordID"},
		{`DELETE $1`, "person", "surrealsql.Table"},
		{`RELATE $1->likes->person:2`, "person:1", "surrealsql.ParseRecordID"},
		{`INSERT RELATION INTO likes { in: $1, out: person:2 }`, "person:1", "surrealsql.ParseRecordID"},
		{`INSERT INTO free $1`, "x", "a slice of them"},
		{`CREATE s CONTENT $1`, "x", "a map or a struct"},
		{`UPDATE s:1 MERGE $1`, "x", "a map or a struct"},
		{`SELECT * FROM nosuch WHERE a = $1`, 1, "DEFINE TABLE"},
	} {
		requireHint(t, drivertest.Exec(t.Context(), db, c.text, c.arg), c.hint)
		requireHint(t, drivertest.Scan(t.Context(), db, c.text, c.arg), c.hint)
	}
	none := ruledDB(t, func(c *surrealsql.Config) { c.NilAs = surrealsql.NilIsNone })
	require.NoError(t, drivertest.Exec(t.Context(), none, `CREATE s SET n = $1`, nil), "as the hint says")
	require.NoError(t, drivertest.Exec(t.Context(), db, `CREATE s SET n = $1`, surrealsql.None))
}

func TestErrorHintTellsHowRecordsAreMeantWhereAStringIsSelectedFrom(t *testing.T) {
	t.Parallel()
	db := ruledDB(t)
	for _, text := range []string{`SELECT name FROM $1`, `SELECT name, age FROM ONLY $1`, `SELECT name FROM $1 WHERE true`} {
		drivertest.RequireUnbroken(t, db, func() {
			err := drivertest.Scan(t.Context(), db, text, "person:1")
			require.ErrorContains(t, err, "surrealsql.ParseRecordID")
			require.ErrorContains(t, err, "surrealsql.Table")
		})
	}
	id, err := surrealsql.ParseRecordID("person:1")
	require.NoError(t, err)
	require.NoError(t, drivertest.Scan(t.Context(), db, `SELECT VALUE id FROM $1`, id))
}

func TestErrorHintIsThereForSQLThatDoesNotParse(t *testing.T) {
	t.Parallel()
	db := ruledDB(t)
	for text, hint := range map[string]string{
		`CREATE TABLE person (id int)`:                             "DEFINE TABLE",
		`create table if not exists person (id int)`:               "DEFINE TABLE",
		`RETURN 1; CREATE TABLE person (id int)`:                   "DEFINE TABLE",
		`CREATE INDEX i ON person (name)`:                          "DEFINE INDEX",
		`CREATE UNIQUE INDEX i ON person (name)`:                   "UNIQUE",
		`CREATE DATABASE shop`:                                     "DEFINE DATABASE",
		`CREATE USER u`:                                            "DEFINE USER",
		`DROP TABLE person`:                                        "REMOVE TABLE",
		`TRUNCATE TABLE person`:                                    "DELETE person",
		`ALTER TABLE person ADD COLUMN a int`:                      "DEFINE FIELD",
		`SELECT * FROM person LIMIT 5 OFFSET 10`:                   "START",
		`SELECT * FROM person LIMIT 5, 10`:                         "START",
		`SELECT * FROM person p WHERE p.name = 'x'`:                "tables have no other names",
		`SELECT * FROM person AS p`:                                "tables have no other names",
		`SELECT * FROM person JOIN pet ON pet.owner = person.id`:   "FETCH",
		`SELECT * FROM person LEFT OUTER JOIN pet ON true`:         "FETCH",
		`SELECT a, count() FROM person GROUP BY a HAVING b > 1`:    "WHERE",
		`SELECT DISTINCT name FROM person`:                         "GROUP BY",
		`SELECT COUNT(*) FROM person`:                              "count()",
		`SELECT * FROM person WHERE name LIKE 'a%'`:                "string::contains",
		`SELECT * FROM person WHERE name NOT LIKE 'a%'`:            "string::contains",
		`SELECT * FROM person WHERE age BETWEEN 1 AND 2`:           "n >= $1",
		`SELECT * FROM person WHERE NOT name = 'a'`:                "!(",
		`SELECT * FROM person WHERE name <> 'a'`:                   "!=",
		`SELECT CASE WHEN a THEN b END FROM person`:                "IF a",
		`SELECT CAST(a AS int) FROM person`:                        "<int>a",
		`SELECT a::int FROM person`:                                "<int>a",
		`SELECT 1`:                                                 "RETURN",
		`SELECT now() FROM person`:                                 "time::now()",
		`SELECT SUM(age) FROM person`:                              "math::sum",
		`SELECT COALESCE(a, b) FROM person`:                        "??",
		`INSERT INTO person VALUES ('a', 1)`:                       "(name, age) VALUES",
		`INSERT INTO person SET name = 'a'`:                        "INSERT INTO person {",
		`INSERT INTO person (name) VALUES ('a') RETURNING id`:      "RETURN",
		`INSERT INTO person (a) VALUES (1) ON CONFLICT DO NOTHING`: "ON DUPLICATE KEY UPDATE",
		`CREATE person (name) VALUES ('a')`:                        "SET name",
		`CREATE person VALUES ('a')`:                               "SET name",
		`CREATE person { name: 'a' }`:                              "CONTENT",
		`UPSERT INTO person { name: 'a' }`:                         "INTO is for INSERT",
		`UPDATE person SET name = 'a' LIMIT 1`:                     "SELECT VALUE id",
		`DELETE person ORDER BY name LIMIT 1`:                      "SELECT VALUE id",
		`DELETE * FROM person`:                                     "DELETE person",
		`WITH x AS (SELECT * FROM person) SELECT * FROM x`:         "LET $x",
		`SET x = 1`:       "LET $x",
		`SHOW TABLES`:     "INFO FOR DB",
		`DESCRIBE person`: "INFO FOR TABLE",
		`USE shop`:        "USE NS",
		`SELECT * FROM person WHERE name = 'it''s'`: `\'`,
		`SELECT * FROM person WHERE id = ?`:         "$1",
		`SELECT * FROM person WHERE id = :id`:       "$name",
		`SELECT * EXCEPT name FROM person`:          "OMIT",
		`SELECT TOP 5 * FROM person`:                "LIMIT",
		`SELECT * FROM person:018f4c1e-7b7a-7b7a`:   "backticks",

		// What is no more than a slip of the pen gets no hint.
		`CREATE user nmae = 1`:            "",
		`SELECT * FROM person WHRE a = 1`: "",
		`SELECT name left FROM person`:    "",
		`SELECT * FROM person WHERE`:      "",
		`RETURN {`:                        "",
		`SHOW CHANGES x`:                  "",
		`CREATE person SET a = 1 b = 2`:   "",
	} {
		err := drivertest.Exec(t.Context(), db, text)
		require.True(t, surrealsql.IsParse(err), "%s: %v", text, err)
		requireHint(t, err, hint)
		requireHint(t, drivertest.Scan(t.Context(), db, text), hint)
	}
	// What the hints say to write does parse.
	for _, text := range []string{
		`SELECT * FROM person LIMIT 10 START 20`, `SELECT count() FROM person GROUP ALL`, `SELECT name FROM person GROUP BY name`,
		`UPDATE (SELECT VALUE id FROM person LIMIT 10) SET a = 1`, `DELETE (SELECT VALUE id FROM free LIMIT 10)`,
		`INSERT INTO free (SELECT name FROM person)`, `SELECT * OMIT name FROM person`, `RETURN NONE ?? 1`, `RETURN <int>'1'`,
		`UPSERT person:1 MERGE { a: 1 }`, `INSERT IGNORE INTO person { id: 1 }`, `SELECT * FROM (SELECT name FROM person GROUP BY name) WHERE name`,
		`RETURN string::matches('a', 'a')`, `RETURN !(1 = 1)`, `IF true { 1 } ELSE { 2 }`, `INFO FOR TABLE person`, `RETURN [string::slice('abc', 1, 1), array::join(['a'], ','), math::mean([1, 2]), array::group([[1]])]`,
		`DEFINE FIELD OVERWRITE name ON free TYPE option<string>`, `RETURN record::exists(person:1)`, "SELECT * FROM person:`018f-a`", `SELECT * FROM person WHERE name IS NONE`,
	} {
		require.NoError(t, drivertest.Exec(t.Context(), db, text), text)
	}
}

func TestErrorHintIsForTheTypeItselfAndNotForOneWithinIt(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	drivertest.MustExec(t, db, `DEFINE FIELD list ON h TYPE option<array<int | string | bool>>; DEFINE FIELD maybe ON h TYPE array<option<int>>;
		DEFINE FIELD name ON h TYPE option<string>; DEFINE FIELD o ON h TYPE option<{ a: int | string }>`)
	for _, c := range []struct {
		text string
		arg  any
		hint string
	}{
		{`CREATE h SET maybe = [], list = $1`, 5, ""},
		{`CREATE h SET maybe = [], list = $1`, "x", "an array is sent as a slice"},
		{`CREATE h SET maybe = [], list = $1`, nil, "surrealsql.None"},
		{`CREATE h SET maybe = $1`, nil, ""},
		{`CREATE h SET maybe = [], o = $1`, 5, ""},
		{`CREATE h SET maybe = [], name = $1`, 5 * time.Second, ""},
		{`CREATE h SET maybe = [], name = $1`, 5.5, "<string>$1"},
	} {
		err := drivertest.Exec(t.Context(), db, c.text, c.arg)
		require.True(t, surrealsql.IsInvalid(err), "%s: %v", c.text, err)
		requireHint(t, err, c.hint)
	}
}

func TestErrorHintHasNoValueInIt(t *testing.T) {
	t.Parallel()
	db := ruledDB(t)
	const secret = "s3cret'\"`5"
	for _, text := range []string{`CREATE s SET n = $1`, `CREATE $1`, `CREATE s SET at = $1`, `CREATE s CONTENT $1`, `RETURN math::sum($1)`, `INSERT INTO free $1`} {
		var e *surrealsql.Error
		require.ErrorAs(t, drivertest.Exec(t.Context(), db, text, secret), &e)
		require.NotContains(t, e.Hint, "s3cret")
	}
}

func TestErrorOfASignInNamesWhoWasTriedAndAtWhatLevel(t *testing.T) {
	t.Parallel()
	dsn := surrealtest.DSN(t)
	admin := drivertest.OpenDB(t, dsn)
	drivertest.MustExec(t, admin, `DEFINE USER shopper ON DATABASE PASSWORD 'right-one' ROLES VIEWER;
		DEFINE TABLE user; DEFINE ACCESS account ON DATABASE TYPE RECORD SIGNIN (SELECT * FROM user WHERE name = $name)`)
	cfg, err := surrealsql.ParseDSN(dsn)
	require.NoError(t, err)
	for name, c := range map[string]struct {
		change func(*surrealsql.Config)
		want   []string
	}{
		"at root, defined on the database": {func(c *surrealsql.Config) { c.User, c.Password = "shopper", "right-one" }, []string{`user "shopper"`, "auth=root", "auth=database"}},
		"a wrong password": {func(c *surrealsql.Config) {
			c.Auth, c.User, c.Password = surrealsql.AuthDatabase, "shopper", "wrong-one"
		}, []string{`user "shopper"`, "auth=database", cfg.Database, "auth=root"}},
		"of a namespace": {func(c *surrealsql.Config) {
			c.Auth, c.User, c.Password = surrealsql.AuthNamespace, "shopper", "wrong-one"
		}, []string{`user "shopper"`, "auth=namespace", cfg.Namespace}},
		"of an access": {func(c *surrealsql.Config) {
			c.Auth, c.User, c.Password, c.Access = surrealsql.AuthRecord, "", "", "account"
			c.AuthParams = map[string]any{"name": "nobody-of-that-name"}
		}, []string{`access "account"`, "auth=record"}},
		"with a token": {func(c *surrealsql.Config) {
			c.Auth, c.User, c.Password, c.Token = surrealsql.AuthToken, "", "", "wrong.one.token"
		}, []string{"token", "auth=token"}},
	} {
		err := drivertest.OpenDB(t, dsn, c.change).PingContext(t.Context())
		require.True(t, surrealsql.IsAuth(err), "%s: %v", name, err)
		for _, want := range c.want {
			require.ErrorContains(t, err, want, name)
		}
		for _, secret := range []string{"right-one", "wrong-one", "wrong.one", "nobody-of-that-name"} {
			require.NotContains(t, err.Error(), secret, name)
		}
	}
	drivertest.Leased(t, admin, func(c *surrealsql.Conn) error {
		err := c.SignIn(t.Context(), surrealsql.Credentials{User: "shopper", Password: "wrong-one", Namespace: cfg.Namespace, Database: cfg.Database})
		require.True(t, surrealsql.IsAuth(err), "%v", err)
		require.ErrorContains(t, err, `user "shopper" of database`)
		require.NotContains(t, err.Error(), "wrong-one")
		return nil
	})
	// A right that is missing is no sign-in.
	viewer := drivertest.OpenDB(t, dsn, func(c *surrealsql.Config) {
		c.Auth, c.User, c.Password = surrealsql.AuthDatabase, "shopper", "right-one"
	})
	err = drivertest.Exec(t.Context(), viewer, `DEFINE TABLE x`)
	require.True(t, surrealsql.IsAuth(err))
	require.False(t, strings.Contains(err.Error(), "tried was"), err)
	require.False(t, errors.Is(err, surrealsql.ErrInvalid))
}

func TestErrorHintOfASchemaThatItsRecordsHoldBackNamesBothWays(t *testing.T) {
	t.Parallel()
	surrealtest.Needs(t, "4.0")
	db := drivertest.NewDB(t)
	drivertest.MustExec(t, db, `DEFINE TABLE t SCHEMAFULL; CREATE t:1`)
	err := drivertest.Exec(t.Context(), db, `DEFINE FIELD n ON t TYPE int`)
	requireHint(t, err, "MIGRATE EXISTING ROWS AS name USING expression")
	requireHint(t, err, "ALTER DATABASE COMPATIBILITY 3")
	drivertest.MustExec(t, db, `DEFINE FIELD n ON t TYPE int MIGRATE EXISTING ROWS AS zero USING 0`)
	require.Eventually(t, func() bool { return drivertest.QueryOne[int](t, db, `SELECT VALUE n FROM ONLY t:1`) == 0 }, drivertest.Patience, 10*time.Millisecond)
	drivertest.MustExec(t, db, `ALTER DATABASE COMPATIBILITY 3; DEFINE FIELD m ON t TYPE int`)
}

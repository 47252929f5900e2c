package surrealql

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// Passwords and keys in definitions, hidden.

func TestSecretsOfDefinitionsAreHidden(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`DEFINE USER u ON ROOT PASSWORD 's3cret' ROLES OWNER`:                                                                                `DEFINE USER u ON ROOT PASSWORD '…' ROLES OWNER`,
		`define user u on root password "it's s3cret"`:                                                                                       `define user u on root password '…'`,
		"DEFINE USER u ON ROOT PASSWORD -- 'no'\n\t's3\\'cret'; SELECT 1":                                                                    "DEFINE USER u ON ROOT PASSWORD -- 'no'\n\t'…'; SELECT 1",
		`DEFINE USER u ON ROOT PASSHASH r"s3cret" COMMENT 'c'`:                                                                               `DEFINE USER u ON ROOT PASSHASH '…' COMMENT 'c'`,
		`ALTER USER u ON ROOT PASSWORD 's3cret`:                                                                                              `ALTER USER u ON ROOT PASSWORD '…'`,
		`DEFINE ACCESS a ON DATABASE TYPE RECORD SIGNIN (x) WITH JWT ALGORITHM HS512 KEY 's3cret' WITH ISSUER KEY 's3cret'`:                  `DEFINE ACCESS a ON DATABASE TYPE RECORD SIGNIN (x) WITH JWT ALGORITHM HS512 KEY '…' WITH ISSUER KEY '…'`,
		`RETURN { DEFINE USER u ON ROOT PASSWORD 's3cret' }; DEFINE USER v ON DB PASSWORD 's3cret'`:                                          `RETURN { DEFINE USER u ON ROOT PASSWORD '…' }; DEFINE USER v ON DB PASSWORD '…'`,
		`DEFINE ACCESS a ON ROOT TYPE JWT ALGORITHM HS256 KEY $key`:                                                                          `DEFINE ACCESS a ON ROOT TYPE JWT ALGORITHM HS256 KEY $key`,
		`SELECT password, key FROM user WHERE name = 'n'`:                                                                                    `SELECT password, key FROM user WHERE name = 'n'`,
		`INSERT INTO a { id: 1 } ON DUPLICATE KEY UPDATE n = 'x'`:                                                                            `INSERT INTO a { id: 1 } ON DUPLICATE KEY UPDATE n = 'x'`,
		`RETURN 'PASSWORD' + 'x'`:                                                                                                            `RETURN 'PASSWORD' + 'x'`,
		`DEFINE USER u ON ROOT PASSSCRAM 's3cret'`:                                                                                           `DEFINE USER u ON ROOT PASSSCRAM '…'`,
		`DEFINE ACCESS a ON ROOT TYPE JWT ALGORITHM HS256 KEY ('s3cret' + "s3cret") COMMENT 'c'`:                                             `DEFINE ACCESS a ON ROOT TYPE JWT ALGORITHM HS256 KEY ('…' + '…') COMMENT 'c'`,
		`RETURN string::matches(x, /it's/); DEFINE USER u ON ROOT PASSWORD 's3cret'`:                                                         `RETURN string::matches(x, /it's/); DEFINE USER u ON ROOT PASSWORD '…'`,
		`SELECT value / 2 FROM a; DEFINE USER u ON ROOT PASSWORD 's3cret'; RETURN 1 / 2`:                                                     `SELECT value / 2 FROM a; DEFINE USER u ON ROOT PASSWORD '…'; RETURN 1 / 2`,
		`RETURN function() { return "'" + ` + "`'`" + ` }; DEFINE USER u ON ROOT PASSWORD 's3cret'`:                                          `RETURN function() { return "'" + ` + "`'`" + ` }; DEFINE USER u ON ROOT PASSWORD '…'`,
		`DEFINE ACCESS a ON DATABASE TYPE JWT ALGORITHM HS256 KEY string::concat('s3cret', "s3cret") DURATION FOR TOKEN 1h COMMENT 'c'`:      `DEFINE ACCESS a ON DATABASE TYPE JWT ALGORITHM HS256 KEY string::concat('…', '…') DURATION FOR TOKEN 1h COMMENT 'c'`,
		`DEFINE ACCESS a ON ROOT TYPE JWT ALGORITHM HS256 KEY <string> ['s3cret'][0] WITH ISSUER KEY { LET $x = 's3cret'; RETURN 's3cret' }`: `DEFINE ACCESS a ON ROOT TYPE JWT ALGORITHM HS256 KEY <string> ['…'][0] WITH ISSUER KEY { LET $x = '…'; RETURN '…' }`,
		`DEFINE USER u ON ROOT PASSWORD 'a' ?? 's3cret' ROLES OWNER COMMENT 'c'; CREATE p SET name = 'n'`:                                    `DEFINE USER u ON ROOT PASSWORD '…' ?? '…' ROLES OWNER COMMENT 'c'; CREATE p SET name = 'n'`,
		"DEFINE USER u ON ROOT PASSWORD `s3cret`":                                                                                            `DEFINE USER u ON ROOT PASSWORD '…'`,
		`UPDATE p SET name = 'O'Brien'; DEFINE USER u ON ROOT PASSWORD 's3cret'; RETURN 's3cret'`:                                            `UPDATE p SET name = 'O'Brien'; DEFINE USER u ON ROOT PASSWORD '…'`,
		`UPDATE p SET name = 'O'Brien'; DEFINE USER u ON ROOT PASSWORD "s3cret"; UPDATE p SET name = 'it's'`:                                 `UPDATE p SET name = 'O'Brien'; DEFINE USER u ON ROOT PASSWORD '…'`,
		"UPDATE p SET name = `x; DEFINE USER u ON ROOT PASSHASH 's3cret'":                                                                    "UPDATE p SET name = `x; DEFINE USER u ON ROOT PASSHASH '…'",
		`SELECT 'a'AS key FROM p WHERE a IN ['x','y']`:                                                                                       `SELECT 'a'AS key FROM p WHERE a IN ['x','y']`,
		`SELECT password FROM p WHERE name = 'O'Brien'`:                                                                                      `SELECT password FROM p WHERE name = 'O'Brien'`,
		``: ``,
	} {
		require.Equal(t, want, HideSecrets(text))
	}
}

func FuzzSecretsAreHiddenOnce(f *testing.F) {
	f.Add("DEFINE USER u ON ROOT PASSWORD 'x'")
	f.Add("PASSWORD\xff'⟨`/*")
	f.Add("SET name = 'O'Brien'; DEFINE USER u ON ROOT PASSWORD {'x'; /it's/}")
	f.Add("DEFINE PASSWORD b&00")
	f.Fuzz(func(t *testing.T, text string) {
		hidden := HideSecrets(text)
		require.Equal(t, hidden, HideSecrets(hidden))
	})
}
